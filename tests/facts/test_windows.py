"""Written hours of a tariff become the band of each civil hour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.facts.windows import bands_by_hour, hours_of
from qipan.kernel.errors import BadInputError


def test_hours_of_a_window_past_midnight_wrap() -> None:
    assert hours_of("22-6") == (22, 23, 0, 1, 2, 3, 4, 5)
    assert hours_of("0-24") == tuple(range(24))


@pytest.mark.parametrize("written", ["8", "8-8", "24-3", "8-25", "8:00-9:00", "-1-3"])
def test_hours_of_an_unreadable_window_are_refused(written: str) -> None:
    with pytest.raises(BadInputError) as caught:
        hours_of(written)
    assert caught.value.code == "window_unreadable"
    assert written in caught.value.message


@given(st.integers(0, 23), st.integers(1, 23))
def test_bands_of_two_complementary_windows_fill_the_day(start: int, length: int) -> None:
    end = (start + length) % 24
    bands = bands_by_hour({"peak": f"{start}-{end}", "valley": f"{end}-{start}"})
    assert bands.count("peak") == length
    assert bands[start] == "peak"
    assert bands[end] == "valley"


@pytest.mark.parametrize(
    ("windows", "found"),
    [({"peak": "8-22"}, "none at 0:00"), ({"peak": "0-24", "flat": "3-4"}, "peak and flat at 3:00")],
)
def test_bands_with_a_gap_or_an_overlap_are_refused(windows: dict[str, str], found: str) -> None:
    with pytest.raises(BadInputError, match=found) as caught:
        bands_by_hour(windows)
    assert caught.value.code == "windows_uneven"
