"""Random panels of labour: rates that waver in some way, with waves of loss that many cells share, and single ones.

Simulation, and labelled as such: nothing here is measured.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from qipan.labour.model.panel import Cadence, Cell, Panel, Releases

KINDS = ("noise", "persistent", "seasonal", "shared", "corrected")
"""How a rate wavers: each month anew; by steps that fade; with the month of the year; with all cells; and, last, where
first figures are too rosy and are corrected a quarter later."""
REGIONS, INDUSTRIES, YEARS = 6, 4, 30
CORRECTED_YEARS = 12
"""Panels with releases are short: each month is seen anew as it was known."""
WAVE_YEARS = 7.0
LEVEL, SIGMA = 5.0, 0.15
FIRST = date(1990, 1, 1)


def random_panel(rng: np.random.Generator, kind: str) -> Releases:
    """Draw a monthly panel of rates in per cent; a loss is a rise."""
    cells = [Cell(f"r{region}", f"i{industry}") for region in range(REGIONS) for industry in range(INDUSTRIES)]
    periods = 12 * (CORRECTED_YEARS if kind == "corrected" else YEARS)
    values = LEVEL + _wavers(rng, kind, len(cells), periods) + _losses(rng, len(cells), periods)
    starts = tuple(Cadence.MONTH.after(FIRST, at) for at in range(periods))
    panel = Panel(tuple(cells), starts, Cadence.MONTH, "percent", np.maximum(values, 0.0))
    return _released(rng, panel, is_corrected=kind == "corrected")


def _wavers(rng: np.random.Generator, kind: str, cells: int, periods: int) -> np.ndarray:
    own = rng.normal(0.0, SIGMA, (cells, periods)) * rng.uniform(0.5, 1.5, (cells, 1))
    if kind == "noise":
        return own
    faded = _fading(own / 2.0, 0.9)
    if kind == "seasonal":
        month = np.arange(periods) + rng.uniform(0.0, 12.0, (cells, 1))
        return faded + rng.uniform(0.0, 0.4, (cells, 1)) * np.sin(2.0 * np.pi * month / 12.0)
    if kind == "shared":
        return faded + rng.uniform(0.5, 1.5, (cells, 1)) * _fading(rng.normal(0.0, 0.08, (1, periods)), 0.97)
    return faded


def _fading(steps: np.ndarray, kept: float) -> np.ndarray:
    found = steps.copy()
    for at in range(1, steps.shape[1]):
        found[:, at] += kept * found[:, at - 1]
    return found


def _losses(rng: np.random.Generator, cells: int, periods: int) -> np.ndarray:
    """Return what waves of loss, and single ones, add: up within months, down again within years."""
    found = np.zeros((cells, periods))
    at = rng.exponential(6.0 * WAVE_YEARS) + 18.0
    while at < periods:
        share = rng.uniform(0.3, 0.9)
        for cell in np.flatnonzero(rng.random(cells) < share):
            found[cell] += _wave(rng, at + rng.normal(0.0, 3.0), periods)
        at += 12.0 * (3.0 + rng.exponential(WAVE_YEARS - 3.0))
    for cell in range(cells):
        for _ in range(rng.poisson(periods / 12.0 / 30.0)):
            found[cell] += _wave(rng, rng.uniform(0.0, periods), periods)
    return found


def _wave(rng: np.random.Generator, begin: float, periods: int) -> np.ndarray:
    up, down = rng.uniform(6.0, 24.0), rng.uniform(12.0, 36.0)
    at = np.arange(periods) - begin
    return rng.uniform(0.5, 4.5) * (np.clip(at / up, 0.0, 1.0) - np.clip((at - up) / down, 0.0, 1.0))


def _released(rng: np.random.Generator, panel: Panel, *, is_corrected: bool) -> Releases:
    """Return a panel with the day after each month as its release; first figures of a corrected one are too low."""
    cells, periods = panel.values.shape
    cell, period = (axis.ravel() for axis in np.indices((cells, periods)))
    value = panel.values.ravel()
    ends = np.array(
        [panel.cadence.after(start, 1) - timedelta(days=1) for start in panel.starts], dtype="datetime64[D]"
    )
    released = ends[period]
    if is_corrected:
        first = value * (1.0 - np.abs(rng.normal(0.015, 0.01, value.shape)))
        cell, period, value = np.tile(cell, 2), np.tile(period, 2), np.concatenate([first, value])
        released = np.concatenate([released, released + np.timedelta64(91, "D")])
    return Releases(panel.cells, panel.starts, panel.cadence, panel.unit, cell, period, value, released)
