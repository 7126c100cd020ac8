"""Attribute a change to machines, the cycle, the region and the industry, with pseudo-dates that judge the answer.

A cell's change is the mean of a window after a day less that of the window before. In each region, changes are held
against exposures; so the effect of an exposure of one is found for the day, and for pseudo-dates before it, one window
apart. What exposed work usually does, and what it does when all go up or down, is learned from the pseudo-dates alone:
a line through their effects over the mean change of all cells. The effect is what the day has beyond that line, at the
mean change that it would have had without the effect; its error is that of a new point beside the line. So trends of
exposed work, its cyclical ups and downs, and shocks that whole industries share are in the error, whatever their cause.

Source: `bertrand2004` (placebo dates, and why errors of cells are not enough).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import bdtrc, stdtr

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.attribution import LEVEL, Attribution, CellExposures, Estimate
from qipan.labour.model.panel import Cell, Panel

PSEUDO_LEAST: Final = 5
"""Fewest pseudo-dates that an error is learned from."""


def attribute(panel: Panel, values: Floats, exposure: CellExposures, since: int, window: int) -> Attribution:
    """Return what a change since a period is put down to.

    Only differences between more and less exposed work within a region say anything of machines: what hits all alike
    is in the cycle.

    Parameters
    ----------
    values
        What changes are taken of, ``(cells, periods)``: the panel's values, or their logarithms.
    since
        Position of the first period after the day.
    window
        Periods whose means are compared; a year or years of them leave out the seasons.

    Raises
    ------
    RuleBrokenError
        ``attribution_short`` where a window or the pseudo-dates do not fit; ``exposure_unmatched`` where no cell has an
        exposure; ``exposure_alike`` where exposures do not differ within regions, or channels from each other.
    """
    dates = _dates(values.shape[1], since, window)
    exposed = expose(panel.cells, exposure, panel.starts[since].year)
    changes = _changes(values, dates, window)
    is_used = np.isfinite(np.hstack([exposed, changes]).sum(axis=1))
    if not is_used.any():
        raise RuleBrokenError(
            f"Exposures must be of cells that are known in all windows, was of none of {len(is_used)}.",
            code="exposure_unmatched",
            hint="Name industries and occupations as the panel does, or bring one with fewer gaps.",
        )
    regions, industries = (_groups(panel.cells, is_used, name) for name in ("region", "industry"))
    exposed, changes = exposed[is_used], changes[is_used]
    within = _within(exposed, regions)
    if np.linalg.matrix_rank(within, tol=1e-9 * len(within)) < within.shape[1]:
        raise RuleBrokenError(
            "Exposures must differ within regions, and channels from each other, did not in "
            f"{int(is_used.sum())} cells.",
            code="exposure_alike",
            hint="Bring exposures of more industries or occupations, or of one channel less.",
        )
    effects = np.linalg.lstsq(within, _within(changes, regions), rcond=None)[0].astype(np.float64)
    cycle = changes.mean(axis=0)
    line = _line(cycle[:-1], effects[:, :-1])
    # What machines did is in the mean change of the day too: the cycle is what is left of it.
    net = np.linalg.inv(np.eye(len(effects)) - np.outer(line.slope, exposed.mean(axis=0)))
    beyond = net @ (effects[:, -1] - line.at(cycle[-1]))
    turn = cycle[-1] - exposed.mean(axis=0) @ beyond
    spread = net @ line.covariance @ net.T * line.wide(float(turn))
    estimates = tuple(Estimate(float(one), float(np.sqrt(spread[at, at])), line.draws) for at, one in enumerate(beyond))
    placebo, is_placebo_told = _placebo(cycle[:-1], effects[:, :-1])
    rejected, pseudo = is_placebo_told.sum(axis=1), len(dates) - 1
    usual = changes[:, :-1].mean(axis=1)
    with_cycle = exposed @ (line.slope * (turn - line.middle))
    return Attribution(
        since=since,
        window=window,
        channels=exposure.channels,
        estimates=estimates,
        placebo=placebo,
        is_placebo_told=is_placebo_told,
        # So many, or more, by chance alone.
        is_clean=tuple(bool(bdtrc(one - 1, pseudo, LEVEL) >= LEVEL) if one else True for one in rejected.tolist()),
        is_used=is_used,
        parts=_parts(changes[:, -1] - usual, exposed @ beyond, with_cycle, regions, industries),
        machines=exposed * beyond,
        error=np.sqrt(np.einsum("nc,cd,nd->n", exposed, spread, exposed)),
    )


def expose(cells: tuple[Cell, ...], exposure: CellExposures, year: int) -> Floats:
    """Return the exposure of each cell in a year by each channel, ``(cells, channels)``; NaN where none is known.

    A row that names more of a cell counts before one that names less; of the years up to the one asked, the last.
    """
    known: dict[tuple[str, Cell], tuple[int, float]] = {}
    for channel, about, first, share in exposure.rows:
        if first <= year and first >= known.get((channel, about), (-1, 0.0))[0]:
            known[channel, about] = first, share
    found = np.full((len(cells), len(exposure.channels)), np.nan)
    for place, cell in enumerate(cells):
        for at, channel in enumerate(exposure.channels):
            for about in _abouts(cell):
                if (channel, about) in known:
                    found[place, at] = known[channel, about][1]
                    break
    return found


def _abouts(cell: Cell) -> tuple[Cell, ...]:
    """Return what a row may say of a cell, the most first."""
    region, industry, occupation = cell.region, cell.industry, cell.occupation
    each = (
        cell,
        Cell(region, "", occupation),
        Cell(region, industry),
        Cell("", industry, occupation),
        Cell("", "", occupation),
        Cell("", industry),
        Cell(region),
    )
    return tuple(one for one in each if one != Cell(""))


def _dates(periods: int, since: int, window: int) -> Ints:
    """Return pseudo-dates, one window apart and all of their windows before the day, and the day, last."""
    pseudo = np.arange(since - window, window - 1, -window)[::-1]
    if len(pseudo) < PSEUDO_LEAST or since + window > periods:
        most = max(0, periods - since)
        raise RuleBrokenError(
            f"A panel must reach {PSEUDO_LEAST + 1} windows of {window} periods before the day and one after it, "
            f"was {since} before and {most} after.",
            code="attribution_short",
            hint="Bring a longer panel, name a day that fits it, or compare shorter windows.",
        )
    return np.append(pseudo, since)


def _changes(values: Floats, dates: Ints, window: int) -> Floats:
    """Return the mean of the window after each date less that of the window before, ``(cells, dates)``."""
    found = [
        values[:, at : at + window].mean(axis=1) - values[:, at - window : at].mean(axis=1) for at in dates.tolist()
    ]
    return np.stack(found, axis=1)


def _groups(cells: tuple[Cell, ...], is_used: Bools, name: str) -> Ints:
    names = [getattr(one, name) for one, used in zip(cells, is_used.tolist(), strict=True) if used]
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)


def _means(values: Floats, groups: Ints) -> Floats:
    """Return the mean of each one's group, ``(used, …)``."""
    sums = np.zeros((groups.max(initial=-1) + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    found: Floats = (sums.T / np.bincount(groups)).T[groups]
    return found


def _within(values: Floats, groups: Ints) -> Floats:
    return values - _means(values, groups)


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight line through effects over the mean change of all cells, for each channel.

    Attributes
    ----------
    base, slope
        ``(channels,)``; `middle` and `broad` are the mean of the changes and the sum of their squares around it.
    covariance
        Of what lies off the lines, ``(channels, channels)``.
    """

    base: Floats
    slope: Floats
    middle: float
    broad: float
    covariance: Floats
    points: int

    @property
    def draws(self) -> int:
        return self.points - 2

    def at(self, cycle: float) -> Floats:
        found: Floats = self.base + self.slope * (cycle - self.middle)
        return found

    def wide(self, cycle: float) -> float:
        """Return how many times the variance of one point a new point may be off, with what is unsure of the line."""
        return 1.0 + 1.0 / self.points + (cycle - self.middle) ** 2 / self.broad


def _line(cycle: Floats, effects: Floats) -> _Line:
    middle = float(cycle.mean())
    # Where all went alike there is no slope to learn.
    broad = max(float(((cycle - middle) ** 2).sum()), np.finfo(np.float64).tiny)
    base = effects.mean(axis=1)
    slope = (effects - base[:, None]) @ (cycle - middle) / broad
    off = effects - base[:, None] - slope[:, None] * (cycle - middle)
    return _Line(base, slope, middle, broad, off @ off.T / (len(cycle) - 2), len(cycle))


def _placebo(cycle: Floats, effects: Floats) -> tuple[Floats, Bools]:
    """Return effects at pseudo-dates beyond the line of the others, and whether told, ``(channels, pseudo-dates)``."""
    beyond, is_told = np.zeros(effects.shape), np.zeros(effects.shape, dtype=np.bool_)
    for at in range(len(cycle)):
        others = np.arange(len(cycle)) != at
        line = _line(cycle[others], effects[:, others])
        error = np.sqrt(np.diag(line.covariance) * line.wide(float(cycle[at])))
        beyond[:, at] = effects[:, at] - line.at(float(cycle[at]))
        off = np.abs(beyond[:, at]) / np.maximum(error, np.finfo(np.float64).tiny)
        is_told[:, at] = 2.0 * stdtr(line.draws, -off) < LEVEL
    return beyond, is_told


def _parts(change: Floats, machines: Floats, with_cycle: Floats, regions: Ints, industries: Ints) -> Floats:
    """Return a change in parts that add up to it, ``(used, 5)``: each takes the mean of what those before it left."""
    left = change - machines
    cycle = with_cycle - with_cycle.mean() + left.mean()
    left = left - cycle
    region = _means(left, regions)
    left = left - region
    industry = _means(left, industries)
    return np.stack([machines, cycle, region, industry, left - industry], axis=1)
