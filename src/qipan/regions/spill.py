"""Tell whether growth spills over to neighbours: beta with what lies around, as a spatial lag or in the errors.

Growth is held against the logarithm of where regions began. Lagrange multipliers say of a plain line which of the two
is missing; both are then fitted by maximum likelihood.

Source: `anselin1988` (likelihoods, multipliers), `rey1999` (convergence of regions).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import minimize_scalar

from qipan.kernel.errors import BadInputError
from qipan.regions.converge import Fit, fit
from qipan.regions.model.array import Floats

REGIONS_MIN = 8
"""Regions without which nothing is fitted."""
EDGE = 1e-6
"""How near to its ends a spatial coefficient may be."""


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A Lagrange multiplier, chi-squared with one degree of freedom, and its p."""

    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Spatial:
    """A line with space in it, by maximum likelihood.

    Attributes
    ----------
    space, space_error
        What the growth of neighbours (lag), or their error (error), adds, and its standard error.
    rate
        ``b`` of a year that follows from the slope; nan where none has it.
    """

    slope: float
    slope_error: float
    constant: float
    space: float
    space_error: float
    rate: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Spill:
    """A plain line, what is missing in it, and both lines with space."""

    line: Fit
    lag_missing: Multiplier
    error_missing: Multiplier
    lag: Spatial
    error: Spatial


def spill(first: Floats, last: Floats, years: int, weights: Floats) -> Spill:
    """Return growth against where regions began, with what lies around.

    Parameters
    ----------
    first, last
        Levels ``(regions,)``, above 0.
    years
        Between the two.
    weights
        ``(regions,) * 2``, of `row_weights`; no row of zeros.

    Raises
    ------
    BadInputError
        ``points_few``, ``value_not_positive``, ``points_alike``.
    """
    if len(first) < REGIONS_MIN:
        raise BadInputError(
            f"A line with space must have {REGIONS_MIN} regions or more with neighbours, was {len(first)}.",
            code="points_few",
            hint="Name years in which more regions have figures, with --from and --to.",
        )
    if min(first.min(), last.min()) <= 0.0:
        raise BadInputError(
            f"Figures whose logarithm is taken must be above 0, was {min(first.min(), last.min()):g}.",
            code="value_not_positive",
            hint="Convergence is of levels, as income per head.",
        )
    growth, start = np.log(last / first) / years, np.log(first)
    line = fit(start, growth)
    design = np.column_stack([np.ones(len(start)), start])
    rest = growth - design @ [line.constant, line.slope]
    lag_missing, error_missing = _multipliers(design, growth, rest, weights, np.array([line.constant, line.slope]))
    return Spill(
        line,
        lag_missing,
        error_missing,
        _lag(design, growth, weights, years),
        _error(design, growth, weights, years),
    )


def _multipliers(
    design: Floats, growth: Floats, rest: Floats, weights: Floats, found: Floats
) -> tuple[Multiplier, Multiplier]:
    count = len(growth)
    spread = float(rest @ rest) / count
    trace = float(np.trace((weights.T + weights) @ weights))
    moved = weights @ (design @ found)
    off = moved - design @ np.linalg.lstsq(design, moved, rcond=None)[0]
    lag = float(rest @ weights @ growth / spread) ** 2 / (float(off @ off) / spread + trace)
    error = float(rest @ weights @ rest / spread) ** 2 / trace
    return _chance(lag), _chance(error)


def _chance(statistic: float) -> Multiplier:
    return Multiplier(statistic, float(stats.chi2.sf(statistic, 1)))


def _lag(design: Floats, growth: Floats, weights: Floats, years: int) -> Spatial:
    """Fit ``growth = rho W growth + a + b start + e``."""
    count = len(growth)
    solve = np.linalg.lstsq(design, np.column_stack([growth, weights @ growth]), rcond=None)[0]
    plain, moved = (np.column_stack([growth, weights @ growth]) - design @ solve).T

    def spread(space: float) -> float:
        rest = plain - space * moved
        return float(rest @ rest) / count

    space = _best(spread, weights)
    found, variance = solve[:, 0] - space * solve[:, 1], spread(space)
    around = weights @ np.linalg.inv(np.eye(count) - space * weights)
    reached = around @ design @ found
    size = design.shape[1]
    information = np.zeros((size + 2, size + 2))
    information[:size, :size] = design.T @ design / variance
    information[:size, size] = information[size, :size] = design.T @ reached / variance
    twice = float(np.trace(around @ around) + np.trace(around.T @ around))
    information[size, size] = twice + float(reached @ reached) / variance
    information[size, size + 1] = information[size + 1, size] = float(np.trace(around)) / variance
    information[size + 1, size + 1] = count / (2.0 * variance**2)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    return _told(found, errors[:size], (space, float(errors[size])), years, _likelihood(space, variance, weights))


def _error(design: Floats, growth: Floats, weights: Floats, years: int) -> Spatial:
    """Fit ``growth = a + b start + u`` with ``u = lambda W u + e``."""
    count = len(growth)

    def fitted(space: float) -> tuple[Floats, Floats, float]:
        away = np.eye(count) - space * weights
        straight, told = away @ design, away @ growth
        found: Floats = np.linalg.lstsq(straight, told, rcond=None)[0].astype(float)
        rest = told - straight @ found
        return found, straight, float(rest @ rest) / count

    space = _best(lambda one: fitted(one)[2], weights)
    found, straight, variance = fitted(space)
    around = weights @ np.linalg.inv(np.eye(count) - space * weights)
    information = np.array(
        [
            [float(np.trace(around @ around) + np.trace(around.T @ around)), float(np.trace(around)) / variance],
            [float(np.trace(around)) / variance, count / (2.0 * variance**2)],
        ]
    )
    errors = np.sqrt(np.diag(variance * np.linalg.inv(straight.T @ straight)))
    space_error = float(np.sqrt(np.linalg.inv(information)[0, 0]))
    return _told(found, errors, (space, space_error), years, _likelihood(space, variance, weights))


def _best(spread: Callable[[float], float], weights: Floats) -> float:
    """Return the spatial coefficient with the greatest likelihood."""
    values = np.linalg.eigvals(weights).real
    least = float(1.0 / values.min()) if values.min() < 0.0 else -1.0
    most = float(1.0 / values.max())
    found = minimize_scalar(
        lambda one: -_likelihood(float(one), spread(float(one)), weights),
        bounds=(least + EDGE, most - EDGE),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x)


def _likelihood(space: float, variance: float, weights: Floats) -> float:
    count = len(weights)
    whole = np.linalg.slogdet(np.eye(count) - space * weights)[1]
    return float(whole - count / 2.0 * (np.log(2.0 * np.pi * variance) + 1.0))


def _told(found: Floats, errors: Floats, space: tuple[float, float], years: int, likelihood: float) -> Spatial:
    shrinks = 1.0 + float(found[1]) * years
    rate = -np.log(shrinks) / years if shrinks > 0.0 else np.nan
    return Spatial(float(found[1]), float(errors[1]), float(found[0]), *space, float(rate), float(likelihood))
