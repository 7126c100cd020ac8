"""Convergence: a planted speed is found, and the known lines are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.made import panel

from qipan.kernel.errors import BadInputError
from qipan.regions.converge import beta, fit, sigma
from qipan.regions.model.panel import Panel
from qipan.regions.tell import tell_convergence, tell_disparity


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.1])
def test_a_planted_speed_is_found_exactly(rate) -> None:
    first = np.array([1.0, 2.0, 3.0, 5.0, 8.0])
    found = beta(panel([first, 1.5 * first ** np.exp(-rate * 20)], years=(2000, 2020)))
    assert found.rate == pytest.approx(rate)
    assert found.half_life_years == pytest.approx(np.log(2) / rate)
    assert found.standard_error == pytest.approx(0.0, abs=1e-9)


def test_regions_that_part_have_a_speed_below_zero_and_no_half_life() -> None:
    first = np.array([1.0, 2.0, 3.0, 5.0])
    found = beta(panel([first, first**1.2], years=(2000, 2010)))
    assert found.rate < 0
    assert found.half_life_years == np.inf


def test_a_line_has_usual_and_robust_errors_by_their_formulas() -> None:
    over, told = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.9, 2.3, 2.7, 4.4])
    found = fit(over, told)
    slope = float(np.polyfit(over, told, 1)[0])
    rest = told - np.polyval(np.polyfit(over, told, 1), over)
    away = over - over.mean()
    assert found.slope == pytest.approx(slope)
    assert found.standard_error == pytest.approx(np.sqrt(rest @ rest / 3 / (away @ away)))
    assert found.robust_error == pytest.approx(np.sqrt(5 / 3 * (away**2 @ rest**2)) / (away @ away))
    assert found.r_squared == pytest.approx(np.corrcoef(over, told)[0, 1] ** 2)


def test_sigma_counts_regions_that_are_there_throughout() -> None:
    found = sigma(panel([[1, 2, 4, 8, np.nan], [1, 2, 4, 8, 99], [2, 2, 2, 2, 2], [1, 1, 1, 1.1, 5]]))
    assert found.count == 4
    assert found.sigma[0] == pytest.approx(np.log([1, 2, 4, 8]).std(ddof=1))
    assert found.sigma[2] == 0.0
    assert found.trend is not None
    assert found.trend.slope < 0


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([[1.0, 2, 3, 4]], "years_few"),
        ([[1.0, 2, 3], [1, 2, 3]], "points_few"),
        ([[0.0, 2, 3, 4], [1, 2, 3, 4]], "value_not_positive"),
    ],
)
def test_what_no_line_is_drawn_through_is_refused(value, code) -> None:
    with pytest.raises(BadInputError) as caught:
        beta(panel(value))
    assert caught.value.code == code


def test_regions_that_begin_alike_have_no_line() -> None:
    with pytest.raises(BadInputError) as caught:
        beta(panel([[3.3] * 5, [1, 2, 3, 4, 5]], years=(2000, 2010)))
    assert caught.value.code == "points_alike"


def test_regions_that_have_no_part_are_named() -> None:
    value = np.exp(np.random.default_rng(1).normal(0.0, 1.0, (3, 7)))
    value[1, 5], value[2, 6] = np.nan, np.nan
    panel = Panel(tuple("abcdefg"), (2000, 2001, 2002), value, np.ones((3, 7)), {})
    told = tell_convergence(panel, 2)
    assert (told["beta"]["left_out"], told["sigma"]["left_out"]) == (["g"], ["f", "g"])
    assert told["classes"]["left_out"] == ["f", "g"]
    assert [one["left_out"] for one in tell_disparity(panel)["years"]] == [[], ["f"], ["g"]]


def test_a_line_through_growth_that_is_all_alike_tells_nothing() -> None:
    found = fit(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4))
    assert (found.slope, found.standard_error) == (0.0, 0.0)
    assert np.isnan([found.p_value, found.r_squared]).all()
