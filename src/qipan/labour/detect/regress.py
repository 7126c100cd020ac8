"""Regressions of many cells at once on one design: normal, or counts that waver more than Poisson's (log link).

Source: `mccullagh1989` (quasi-likelihood, dispersion); `farrington1996` (Anscombe residuals of counts).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.labour.model.array import Bools, Floats

RIDGE: Final = 1e-9
"""Share of the diagonal that is added to it: a column that says nothing new gets no weight of its own."""
STEPS_MOST: Final = 30
STEP_LEAST: Final = 1e-8
MEAN_LEAST: Final = 1e-3
"""Least expected count: the logarithm of none is nowhere."""
LOG_MEAN_MOST: Final = 40.0
DISPERSION_LEAST: Final = 1.0
"""Counts waver no less than Poisson's."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a regression says of each cell.

    Attributes
    ----------
    weights
        Of each column, ``(cells, columns)``.
    inverse
        Of the weighted products of columns, ``(cells, columns, columns)``.
    dispersion
        Variance beside what the mean implies, ``(cells,)``.
    residuals
        Standardised, ``(cells, periods)``.
    """

    weights: Floats
    inverse: Floats
    dispersion: Floats
    residuals: Floats


Regression = Callable[[Floats, Floats, Floats, Bools], Fit]


def fit_normal(values: Floats, counted: Floats, design: Floats, used: Bools) -> Fit:
    """Return the fit of values that waver evenly.

    Parameters
    ----------
    values, counted
        ``(cells, periods)``: what is fitted, and how much each value counts; none where it is not known.
    design
        ``(periods, columns)``.
    used
        Which columns each cell has, ``(cells, columns)``.
    """
    inverse = _inverse(counted, design, used)
    weights = np.einsum("cpq,cq->cp", inverse, (counted * values) @ design)
    off = values - weights @ design.T
    variance = (counted * off**2).sum(axis=1) / _freedom(counted, used)
    spread = np.sqrt(variance[:, None] * _left(counted, inverse, design))
    return Fit(weights, inverse, variance, np.divide(off, spread, out=np.zeros_like(off), where=spread > 0.0))


def fit_counts(values: Floats, counted: Floats, design: Floats, used: Bools) -> Fit:
    """Return the fit of counts whose variance is in proportion to their mean; residuals are Anscombe's."""
    mean: Floats = np.maximum(values, 0.5)
    weights = np.zeros((len(values), design.shape[1]))
    for _ in range(STEPS_MOST):
        inverse = _inverse(counted * mean, design, used)
        working = np.log(mean) + (values - mean) / mean
        found = np.einsum("cpq,cq->cp", inverse, (counted * mean * working) @ design)
        step, weights = float(np.abs(found - weights).max(initial=0.0)), found
        mean = np.maximum(np.exp(np.minimum(weights @ design.T, LOG_MEAN_MOST)), MEAN_LEAST)
        if step <= STEP_LEAST:
            break
    inverse = _inverse(counted * mean, design, used)
    pearson = (counted * (values - mean) ** 2 / mean).sum(axis=1) / _freedom(counted, used)
    dispersion = np.maximum(pearson, DISPERSION_LEAST)
    spread = mean ** (1 / 6) * np.sqrt(dispersion[:, None] * _left(counted * mean, inverse, design))
    off = 1.5 * (values ** (2 / 3) - mean ** (2 / 3))
    return Fit(weights, inverse, dispersion, np.divide(off, spread, out=np.zeros_like(off), where=spread > 0.0))


def _inverse(counted: Floats, design: Floats, used: Bools) -> Floats:
    columns = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    # Seasons do not overlap, so most products are nothing.
    said = products.any(axis=0)
    gram = np.zeros((len(counted), columns * columns))
    gram[:, said] = counted @ products[:, said]
    gram = gram.reshape(-1, columns, columns) * (used[:, :, None] & used[:, None, :])
    at = np.arange(columns)
    # A column that a cell does not have, or never saw, keeps a weight of nothing.
    gram[:, at, at] += RIDGE * np.maximum(gram[:, at, at].max(axis=1, keepdims=True), RIDGE)
    inverse: Floats = np.linalg.inv(gram) * (used[:, :, None] & used[:, None, :])
    return inverse


def _freedom(counted: Floats, used: Bools) -> Floats:
    freedom: Floats = np.maximum((counted > 0.0).sum(axis=1) - used.sum(axis=1), 1.0)
    return freedom


def _left(counted: Floats, inverse: Floats, design: Floats) -> Floats:
    """Return what of its variance is left to a value that was fitted itself, ``(cells, periods)``."""
    hat: Floats = counted * np.einsum("np,cpq,nq->cn", design, inverse, design, optimize=True)
    left: Floats = np.clip(1.0 - hat, 0.01, 1.0)
    return left
