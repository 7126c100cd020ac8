"""Figures as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.interfaces.report.numbers import NOTHING, carbon, clock, grouped, moment, money, mwh, percent, yuan
from qipan.interfaces.report.words import words


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_missing_figure_is_a_dash(missing: float | None) -> None:
    assert grouped(missing) == percent(missing) == NOTHING


def test_yuan_of_nothing_is_a_dash() -> None:
    assert yuan(None) == NOTHING


@given(st.floats(min_value=-1e12, max_value=1e12), st.integers(min_value=0, max_value=4))
def test_grouped_reads_back_to_the_rounded_number(value: float, digits: int) -> None:
    written = grouped(value, digits)
    assert float(written.replace(",", "")) == pytest.approx(value, abs=0.5 * 10**-digits + 1e-3)
    assert not written.startswith("-0.0") or float(written) != 0


@given(st.floats(min_value=1e-3, max_value=1e15), st.integers(min_value=0, max_value=3))
def test_mwh_of_something_is_never_zero(energy_wh: float, digits: int) -> None:
    assert float(mwh(energy_wh, digits).replace(",", "")) != 0
    assert mwh(-energy_wh, digits) == f"-{mwh(energy_wh, digits)}"


@pytest.mark.parametrize(("energy_wh", "text"), [(0.0, "0.0"), (49_000, "0.049"), (51_000, "0.1"), (2e9, "2,000.0")])
def test_mwh_has_more_digits_only_where_it_would_read_as_zero(energy_wh: float, text: str) -> None:
    assert mwh(energy_wh) == text
    assert mwh(None) == mwh(math.nan) == NOTHING


@pytest.mark.parametrize(
    ("amount_fen", "en", "zh"),
    [
        (0, "¥0", "0 元"),
        (9_999_900, "¥99,999", "99,999 元"),
        (10_000_000, "¥100,000", "10.0 万元"),
        (123_456_789_00, "¥123.46 million", "12,345.7 万元"),
    ],
)
def test_money_takes_the_unit_of_its_language(amount_fen: float, en: str, zh: str) -> None:
    assert (money(amount_fen, words("en")), money(amount_fen, words("zh"))) == (en, zh)


@pytest.mark.parametrize(("amount_kg", "en", "zh"), [(999.9, "999.9 kg", "999.9 千克"), (1000, "1.0 t", "1.0 吨")])
def test_carbon_changes_to_tonnes_at_a_thousand(amount_kg: float, en: str, zh: str) -> None:
    assert (carbon(amount_kg, words("en")), carbon(amount_kg, words("zh"))) == (en, zh)


def test_moment_stands_on_the_wall_clock_of_its_zone() -> None:
    assert moment("2024-10-27T00:30:00Z", "Europe/Berlin") == "2024-10-27 02:30"
    assert moment(None, "Europe/Berlin") == NOTHING


def test_clock_names_the_date_only_of_another_day() -> None:
    assert clock("2017-10-09T15:59:00Z", "Asia/Shanghai", "2017-10-09") == "23:59"
    assert clock("2017-10-09T16:00:00Z", "Asia/Shanghai", "2017-10-09") == "10-10 00:00"
