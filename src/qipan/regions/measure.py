"""Measure how unequal regions are in one year: Gini, Theil's T and L, Atkinson, and the rest.

Shares of the weight are ``p``, figures ``y``, their weighted mean ``m``. Where a figure is zero, what takes its
logarithm has no answer; figures below zero are refused, since none of these measures means anything there.

Source: `theil1967`, `atkinson1970`, `cowell2011` (definitions and their weights).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Floats

MEASURES: Final = ("gini", "theil_t", "theil_l", "atkinson", "cv", "sigma", "hoover", "hhi")
"""Names of the measures, in the order in which they are told."""
AVERSION: Final = 1.0
"""Atkinson's aversion to inequality where nobody says."""


def measure(value: Floats, weight: Floats, aversion: float = AVERSION) -> Mapping[str, float]:
    """Return every measure; nan where one has no answer.

    Parameters
    ----------
    value, weight
        ``(regions,)``, none of them missing, weights above 0.
    aversion
        Of Atkinson's measure, above 0.

    Raises
    ------
    BadInputError
        ``value_negative``; ``value_nothing`` where all is zero; ``aversion_unfit``.

    Examples
    --------
    >>> found = measure(np.array([10.0, 10.0, 10.0, 20.0, 50.0]), np.ones(5))
    >>> round(found["theil_l"], 7), round(found["theil_t"], 7), round(found["gini"], 4)
    (0.2326302, 0.2502012, 0.36)
    """
    check(value)
    if not 0.0 < aversion < np.inf:
        raise BadInputError(
            f"The aversion of Atkinson's measure must be above 0, was {aversion}.",
            code="aversion_unfit",
            hint="Take 0.5, 1 or 2.",
        )
    share = weight / weight.sum()
    ratio = value / float(share @ value)
    return {
        "gini": gini(value, weight),
        "theil_t": theil_t(value, weight),
        "theil_l": theil_l(value, weight),
        "atkinson": _atkinson(ratio, share, aversion),
        "cv": float(np.sqrt(share @ (ratio - 1.0) ** 2)),
        "sigma": sigma(value),
        "hoover": float(share @ np.abs(ratio - 1.0)) / 2.0,
        "hhi": float(((share * ratio) ** 2).sum()),
    }


def check(value: Floats) -> None:
    """Refuse figures that no measure is made for.

    Raises
    ------
    BadInputError
        ``value_negative``, ``value_nothing``.
    """
    if len(value) and value.min() < 0.0:
        raise BadInputError(
            f"Figures must be 0 or more, was {value.min():g}.",
            code="value_negative",
            hint="Measures of disparity are of amounts, not of changes or balances.",
        )
    if not value.any():
        raise BadInputError(
            f"Some figure must be above 0, was none of {len(value)}.",
            code="value_nothing",
            hint="Leave years out in which nothing is there.",
        )


def gini(value: Floats, weight: Floats) -> float:
    """Return Gini's coefficient: half the mean difference of two regions drawn by weight, over the mean."""
    order = np.argsort(value, kind="stable")
    share = (weight / weight.sum())[order]
    part = share * value[order]
    below = np.cumsum(share) - share / 2.0
    return float(2.0 * (part @ below) / part.sum() - 1.0)


def theil_t(value: Floats, weight: Floats) -> float:
    """Return Theil's T: ``sum p (y/m) ln(y/m)``; a region without anything adds nothing."""
    share = weight / weight.sum()
    ratio = value / float(share @ value)
    return float(share @ (ratio * np.log(np.where(ratio > 0.0, ratio, 1.0))))


def theil_l(value: Floats, weight: Floats) -> float:
    """Return Theil's L, the mean log deviation: ``sum p ln(m/y)``; nan where a figure is zero."""
    share = weight / weight.sum()
    if (value == 0.0).any():
        return float("nan")
    return float(-(share @ np.log(value / float(share @ value))))


def sigma(value: Floats) -> float:
    """Return the standard deviation of logarithms over regions, of a sample, each counted alike; nan with a zero."""
    return float(np.log(value).std(ddof=1)) if (value > 0.0).all() and len(value) > 1 else float("nan")


def _atkinson(ratio: Floats, share: Floats, aversion: float) -> float:
    if (ratio == 0.0).any() and aversion >= 1.0:
        return 1.0
    if aversion == 1.0:
        return float(1.0 - np.exp(share @ np.log(ratio)))
    return float(1.0 - (share @ ratio ** (1.0 - aversion)) ** (1.0 / (1.0 - aversion)))
