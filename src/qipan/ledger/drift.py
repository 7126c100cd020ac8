"""Find meters whose relation to what a site reports changed: energy goes on, and the report left it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MEMORY_MOST: Final = 0.995
ROUNDS: Final = 3
NORMAL: Final = 1.4826
HUBER: Final = 2.0
"""Residuals beyond so many robust deviations count less."""


def drift(response: Floats, terms: Floats, since: int) -> tuple[Floats, Floats]:
    """Return by which share the coefficient of the first term is less since an hour than before, and how surely.

    ``response = sum of coefficient x term``, by generalised least squares: what the terms do not explain has a memory
    from hour to hour that is estimated before ``since``, and single hours that stand out count less. Errors are taken
    as proportional to the first term.

    Parameters
    ----------
    response
        Axes (sites, hours), NaN where silent.
    terms
        Axes (terms, sites, hours), NaN where silent; the first is the one that is suspected and must be positive.

    Returns
    -------
    share
        Axis (sites,); positive where the term was reported too large for the response. NaN where the first term
        explains nothing.
    error
        Standard error of the share, axis (sites,).

    Examples
    --------
    >>> used = np.tile(np.array([[50.0, 80.0, 60.0, 90.0]]), (1, 60))
    >>> told = np.where(np.arange(240) < 120, used, used * 1.1)
    >>> share, error = drift(300 * used, np.stack([told, np.full_like(used, 100.0)]), 120)
    >>> share.round(3).tolist(), bool(error[0] < 0.001)
    ([0.091], True)
    """
    hours = np.arange(response.shape[1])
    silent = np.isnan(response) | np.isnan(terms).any(axis=0)
    first = np.where(silent, 1, terms[0])
    columns = np.moveaxis(np.where(silent, 0, terms / first), 0, -1)
    size = np.sqrt(np.mean(columns**2, axis=1, keepdims=True))
    columns = columns / np.where(size > 0, size, 1)
    step = np.broadcast_to((hours >= since)[None, :, None], (*first.shape, 1)).astype(np.float64)
    columns = np.concatenate([columns, step], axis=2)
    scaled = np.where(silent, np.nan, response / first)
    memory = np.zeros(len(first))
    fit, error = _fit(scaled, columns, memory)
    for _ in range(ROUNDS):
        residual = scaled - np.einsum("shk,sk->sh", columns, fit)
        memory = _memory(residual[:, :since])
        fit, error = _fit(scaled, columns, memory)
    before = fit[:, 0] / size[:, 0, 0]
    before = np.where(before > 0, before, np.nan)
    return -fit[:, -1] / before, error / before


def _memory(residual: Floats) -> Floats:
    now, before = residual[:, 1:], residual[:, :-1]
    told = ~(np.isnan(now) | np.isnan(before))
    both = np.where(told, now * before, 0).sum(axis=1)
    alone = np.where(told, before**2, 0).sum(axis=1)
    return np.asarray(np.clip(both / np.where(alone > 0, alone, 1), 0, MEMORY_MOST))


def _fit(response: Floats, columns: Floats, memory: Floats) -> tuple[Floats, Floats]:
    """Return coefficients, axes (sites, columns), of differences that leave no memory, and the last one's error."""
    rho = memory[:, None]
    y = response[:, 1:] - rho * response[:, :-1]
    x = columns[:, 1:] - rho[:, :, None] * columns[:, :-1]
    told = ~np.isnan(y)
    y = np.where(told, y, 0)
    weight = told.astype(np.float64)
    ridge = 1e-9 * np.eye(columns.shape[2])
    for _ in range(ROUNDS):
        weighted = x * weight[:, :, None]
        gram = weighted.transpose(0, 2, 1) @ x
        gram += ridge * np.trace(gram, axis1=1, axis2=2)[:, None, None]
        fit = np.linalg.solve(gram, (weighted.transpose(0, 2, 1) @ y[:, :, None]))[:, :, 0]
        error = np.abs(y - np.einsum("shk,sk->sh", x, fit))
        spread = NORMAL * np.nanmedian(np.where(told, error, np.nan), axis=1, keepdims=True)
        weight = np.where(told, np.minimum(1, HUBER * spread / np.maximum(error, 1e-12)), 0)
    error = np.where(told, y - np.einsum("shk,sk->sh", x, fit), 0)
    gram = (x * told[:, :, None]).transpose(0, 2, 1) @ x
    gram += ridge * np.trace(gram, axis1=1, axis2=2)[:, None, None]
    spread = np.sum(error**2, axis=1) / np.maximum(told.sum(axis=1), 1)
    return np.asarray(fit), np.sqrt(spread * np.linalg.inv(gram)[:, -1, -1])
