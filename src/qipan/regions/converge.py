"""Tell whether regions converge: beta, the speed at which poorer ones catch up, and sigma, whether they lie closer.

Growth is held against where regions began: ``growth = a - (1 - e^(-b T)) / T ln(first)``, by least squares in ``b``
itself. A line through growth over ``ln(first)`` has the same fit, and the same ``b`` follows from its slope; errors of
``b`` follow from those of the slope, usual ones and robust ones (HC1).

Source: `barro1992`, `mackinnon1985` (robust errors).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Floats
from qipan.regions.model.panel import Panel

REGIONS_MIN = 4
"""Regions without which no line is drawn."""
ALIKE = 1e-9
"""By how much of the largest points may differ and still be alike."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A line by least squares: slope and constant, with usual and robust errors.

    Attributes
    ----------
    p_value
        Two-sided, of a slope of zero, with usual errors; like ``r_squared`` nan where all growth is alike.
    """

    slope: float
    constant: float
    standard_error: float
    robust_error: float
    p_value: float
    r_squared: float
    count: int


@dataclass(frozen=True, slots=True)
class Beta:
    """How fast regions catch up from one year to another.

    Attributes
    ----------
    rate, standard_error, robust_error
        ``b`` of a year; above 0 they converge. nan where the line falls so steeply that no ``b`` has it.
    half_life_years
        After how long half of the gap is closed; infinite where it is not.
    """

    first_year: int
    last_year: int
    line: Fit
    rate: float
    standard_error: float
    robust_error: float
    half_life_years: float


@dataclass(frozen=True, slots=True)
class Sigma:
    """How far apart regions lie, by year, and the trend of that; only regions that are there in all of the years."""

    years: tuple[int, ...]
    sigma: tuple[float, ...]
    trend: Fit | None
    count: int


def beta(panel: Panel) -> Beta:
    """Return how fast regions catch up from the first year of a panel to the last.

    Raises
    ------
    BadInputError
        ``points_few``, ``years_few``, ``value_not_positive``.

    Examples
    --------
    >>> import math
    >>> first = np.array([1.0, 2.0, 4.0, 8.0])
    >>> last = first ** math.exp(-0.02 * 10)
    >>> made = Panel(("a", "b", "c", "d"), (2000, 2010), np.array([first, last]), np.ones((2, 4)), {})
    >>> round(beta(made).rate, 12), round(beta(made).half_life_years, 1)
    (0.02, 34.7)
    """
    if len(panel.years) < 2:
        raise BadInputError(
            f"Convergence must be seen over two years or more, was {len(panel.years)}.",
            code="years_few",
            hint="Give a panel with the first and the last year.",
        )
    there = np.isfinite(panel.value[[0, -1]]).all(axis=0)
    first, last = panel.value[0, there], panel.value[-1, there]
    _check_positive(np.concatenate([first, last]))
    took = panel.years[-1] - panel.years[0]
    line = fit(np.log(first), np.log(last / first) / took)
    shrinks = 1.0 + line.slope * took
    rate = float(-np.log(shrinks) / took) if shrinks > 0.0 else float("nan")
    # The slope moves b by 1 / (1 + slope T).
    by_slope = 1.0 / shrinks if shrinks > 0.0 else float("nan")
    return Beta(
        panel.years[0],
        panel.years[-1],
        line,
        rate,
        line.standard_error * by_slope,
        line.robust_error * by_slope,
        float(np.log(2.0) / rate) if rate > 0.0 else float("nan") if np.isnan(rate) else float("inf"),
    )


def sigma(panel: Panel) -> Sigma:
    """Return how far apart the logarithms of regions lie in each year, and the trend of that.

    Raises
    ------
    BadInputError
        ``points_few``, ``value_not_positive``.
    """
    there = np.isfinite(panel.value).all(axis=0)
    value = panel.value[:, there]
    _check_count(int(there.sum()))
    _check_positive(value.ravel())
    apart = np.log(value).std(axis=1, ddof=1)
    trend = fit(np.array(panel.years, dtype=float), apart) if len(panel.years) >= REGIONS_MIN else None
    return Sigma(panel.years, tuple(apart.tolist()), trend, int(there.sum()))


def fit(over: Floats, told: Floats) -> Fit:
    """Return the line through points by least squares.

    Raises
    ------
    BadInputError
        ``points_few``, ``points_alike``.
    """
    count = len(over)
    _check_count(count)
    if np.ptp(over) <= ALIKE * float(np.abs(over).max(initial=1.0)):
        raise BadInputError(
            "Points of a line must differ, were all alike.",
            code="points_alike",
            hint="Where all begin alike nothing can converge.",
        )
    design = np.column_stack([np.ones(count), over])
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ told
    rest = told - design @ found
    free = count - 2
    usual = inverse * float(rest @ rest) / free
    robust = inverse @ (design.T * rest**2 @ design) @ inverse * count / free
    error = float(np.sqrt(usual[1, 1]))
    spread = float(((told - told.mean()) ** 2).sum())
    # Where nothing is left over a slope is sure, but one of 0 tells nothing.
    ratio = float(found[1]) / error if error else float("inf") if found[1] else float("nan")
    return Fit(
        float(found[1]),
        float(found[0]),
        error,
        float(np.sqrt(robust[1, 1])),
        float(2.0 * stdtr(free, -abs(ratio))),
        1.0 - float(rest @ rest) / spread if spread else float("nan"),
        count,
    )


def _check_count(count: int) -> None:
    if count < REGIONS_MIN:
        raise BadInputError(
            f"A line must have {REGIONS_MIN} regions or more that are there throughout, was {count}.",
            code="points_few",
            hint="Name years in which more regions have figures, with --from and --to.",
        )


def _check_positive(value: Floats) -> None:
    if len(value) and value.min() <= 0.0:
        raise BadInputError(
            f"Figures whose logarithm is taken must be above 0, was {value.min():g}.",
            code="value_not_positive",
            hint="Convergence is of levels, as income per head.",
        )
