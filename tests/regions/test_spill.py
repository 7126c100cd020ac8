"""Growth that spills over: the figures of spreg, and a planted world."""

from __future__ import annotations

import numpy as np
import pytest
from tests.regions.test_correlate import BOARD, square

from qipan.kernel.errors import BadInputError
from qipan.regions.spill import spill

FIRST = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3])
LAST = np.array([8.0, 5, 9, 4, 11, 16, 7, 13, 12, 9, 10, 15, 16, 14, 17, 8])


def test_both_lines_are_those_of_spreg() -> None:
    # spreg 1.x: OLS(..., spat_diag=True), ML_Lag and ML_Error (method "full") on the same board.
    found = spill(FIRST, LAST, 10, BOARD)
    assert found.lag_missing.statistic == pytest.approx(2.389898867173679)
    assert found.lag_missing.p_value == pytest.approx(0.12212152885836472)
    assert found.error_missing.statistic == pytest.approx(1.9221230006085206)
    lag, error = found.lag, found.error
    told = [lag.constant, lag.slope, lag.space, lag.slope_error, lag.space_error, lag.log_likelihood]
    assert told == pytest.approx(
        [0.1583058816527043, -0.04087799199057588, -0.12143397461465254, 0.0022954091827889957, 0.07617948901850002,
         58.55591283465179], rel=2e-5,
    )  # fmt: skip
    told = [error.constant, error.slope, error.space, error.slope_error, error.space_error, error.log_likelihood]
    assert told == pytest.approx(
        [0.14600641972415676, -0.039704873002219865, -0.5356190337165705, 0.002061397914862799, 0.22547489010032445,
         58.7977396943574], rel=2e-5,
    )  # fmt: skip


def test_a_planted_lag_is_found() -> None:
    board, rng = square(9), np.random.default_rng(2)
    first = rng.lognormal(0, 0.5, 81)
    growth = np.linalg.solve(np.eye(81) - 0.6 * board, 0.05 - 0.02 * np.log(first) + rng.normal(0, 0.002, 81))
    found = spill(first, first * np.exp(10 * growth), 10, board)
    assert abs(found.lag.space - 0.6) < 2 * found.lag.space_error
    assert found.lag.rate == pytest.approx(-np.log(1 - 0.2) / 10, abs=0.003)
    assert found.lag_missing.p_value < 0.001
    assert found.lag.log_likelihood > found.error.log_likelihood


@pytest.mark.parametrize(("first", "code"), [(np.ones(4), "points_few"), (np.zeros(16), "value_not_positive")])
def test_what_no_line_is_fitted_to_is_refused(first, code) -> None:
    with pytest.raises(BadInputError) as caught:
        spill(first, first + 1.0, 10, np.ones((len(first), len(first))))
    assert caught.value.code == code
