"""Price curves and the market-based factor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.dispatch.board.tariff import banded, market_kg_per_kwh, over_slots, shaped


@given(level=st.floats(1.0, 100.0), shape=st.lists(st.floats(0.1, 3.0), min_size=24, max_size=24))
def test_shaped_keeps_the_mean_price(level: float, shape: list[float]) -> None:
    assert shaped(level, shape).mean() == pytest.approx(level)


def test_banded_keeps_the_mean_price_and_the_ratios() -> None:
    curve = banded(60.0, ["valley"] * 8 + ["flat"] * 8 + ["peak"] * 8, {"valley": 0.4, "flat": 1.0, "peak": 1.7})
    assert curve.mean() == pytest.approx(60.0)
    assert curve[23] / curve[0] == pytest.approx(1.7 / 0.4)


def test_over_slots_of_a_day_of_23_hours_skips_the_hour_that_is_not_there() -> None:
    hours = [0, 1, *range(3, 24)]
    assert over_slots(range(24), hours).tolist() == hours


@pytest.mark.parametrize(("green", "change"), [(0.8, -0.72), (0.309, -0.03)])
def test_market_factor_falls_only_as_far_as_certificates_cover(green: float, change: float) -> None:
    home = market_kg_per_kwh(0.4403, green_share=0.0, residual_ratio=1.0) * 1.25
    west = market_kg_per_kwh(0.6423, green_share=green, residual_ratio=1.0) * 1.2
    assert west / home - 1 == pytest.approx(change, abs=0.005)
