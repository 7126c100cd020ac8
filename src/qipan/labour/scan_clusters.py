"""Scan for clusters: adjoining regions in which one industry loses work at once, and more than it does elsewhere.

What a cell has lost over the last periods, less the median over regions of its industry, is held against what it was
like in the year before, as if it had heavy tails: ten standard errors count little more than five, so one wild series
makes no cluster. The score of an area is the sum over its regions. Which score is rare is learned from the same past
with regions dealt out anew: each series stays as it is, only who adjoins whom is chance.

Source: `neill2009` (expectation-based scan over subsets and windows), `kulldorff2001` (space-time scan), `lange1989`
(Student errors).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.cluster import Board, Cluster
from qipan.labour.model.panel import Cell

WINDOWS: Final = (1, 2, 4)
"""Periods over which losses are looked at."""
TAILS: Final = 4.0
"""Degrees of freedom of the Student distribution that losses beyond the usual are taken to have."""
DEALS: Final = 40
"""How often regions are dealt out anew."""
REST: Final = 8
"""Periods after which a score that is reached again is a cluster of its own."""
REGIONS_LEAST: Final = 5
"""Fewest regions: what happens elsewhere is a median."""
MAD: Final = 1.4826
"""Standard deviations of a normal in its median absolute deviation."""


def lay_out(cells: tuple[Cell, ...], neighbours: Mapping[str, frozenset[str]]) -> Board:
    """Return cells by region and branch, with areas of up to three regions, and of each with all that adjoin it.

    Raises
    ------
    RuleBrokenError
        ``regions_few``.
    """
    regions = tuple(sorted({one.region for one in cells}))
    if len(regions) < REGIONS_LEAST:
        raise RuleBrokenError(
            f"Clusters need {REGIONS_LEAST} regions at least, were {len(regions)}.",
            code="regions_few",
            hint="Bring a panel of more regions.",
        )
    branches = tuple(sorted({(one.industry, one.occupation) for one in cells}))
    where = {name: at for at, name in enumerate(regions)}
    place = [where[one.region] * len(branches) + branches.index((one.industry, one.occupation)) for one in cells]
    beside = {
        where[name]: sorted(where[one] for one in neighbours.get(name, ()) if one in where and one != name)
        for name in regions
    }
    areas = {(at,) for at in beside} | {tuple(sorted((at, *near))) for at, near in beside.items()}
    for at, near in beside.items():
        for other in near:
            pair = {at, other}
            areas |= {tuple(sorted(pair)), *(tuple(sorted({*pair, third})) for third in {*near, *beside[other]} - pair)}
    return Board(regions, branches, np.array(place, dtype=np.int64), tuple(sorted(areas)))


def scan_clusters(
    cells: tuple[Cell, ...],
    losses: Floats,
    board: Board,
    at: int,
    chance: np.random.Generator,
    *,
    per_year: float,
    false_a_year: float,
) -> tuple[Cluster, ...]:
    """Return the clusters of a period, the strongest first; no two share a cell.

    Parameters
    ----------
    losses
        ``(cells, periods)``, more is worse; nothing after ``at`` is looked at.
    false_a_year
        How many clusters a year there may be where only chance joins regions.

    Raises
    ------
    RuleBrokenError
        ``panel_short`` where there is less than a year of scores to learn from.
    """
    laid = _grid(losses[:, : at + 1], board)
    base = max(4, round(per_year))
    first = base // 2 + max(WINDOWS)
    if at - first < per_year:
        raise RuleBrokenError(
            f"A scan must have a year and a half to learn from, had {at} periods of {per_year:g} a year.",
            code="panel_short",
            hint="Bring a longer panel.",
        )
    seen = [deviations(laid, period, base) for period in range(first, at + 1)]
    weights = board.weights
    threshold = learn_threshold(seen[:-1], weights, per_year, false_a_year, chance)
    return _clusters(cells, laid, board, seen[-1], threshold)


def deviations(laid: Floats, at: int, base: int) -> Floats:
    """Return how far each cell's loss lies beyond that of its branch elsewhere, ``(regions, branches, windows)``.

    As the signed root of the log likelihood ratio to what it was like in the ``base`` periods before, which is in
    standard errors where they are few; 0 where unknown.
    """
    found = []
    for window in WINDOWS:
        least = max(window, at - window - base)
        lost = laid[:, :, least : at + 1] - laid[:, :, least - window : at + 1 - window]
        beyond = lost - _median(lost)
        own = MAD * _median_over_time(np.abs(beyond[:, :, :-window]))
        # Where a series hardly moved anything would be rare: none counts as quieter than the middle of its branch.
        spread = np.fmax(own, _median(own))
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.nan_to_num(beyond[:, :, -1] / spread, posinf=0.0, neginf=0.0)
        found.append(np.sign(errors) * np.sqrt((TAILS + 1.0) * np.log1p(errors**2 / TAILS)))
    return np.stack(found, axis=-1)


def learn_threshold(
    seen: list[Floats], weights: Floats, per_year: float, false_a_year: float, chance: np.random.Generator
) -> float:
    """Return the lowest score that chance reaches no more often than promised, where it deals the regions out."""
    highest = np.empty((DEALS, len(seen)))
    branches = seen[0].shape[1]
    for deal in range(DEALS):
        order = chance.permuted(np.tile(np.arange(weights.shape[1])[:, None], (1, branches)), axis=0)
        for period, one in enumerate(seen):
            dealt = np.take_along_axis(one, order[:, :, None], axis=0)
            highest[deal, period] = (weights @ dealt.reshape(len(dealt), -1)).max()
    years = DEALS * len(seen) / per_year
    kept = float(np.nextafter(highest.max(), np.inf))
    for threshold in np.unique(highest)[::-1].tolist():
        if count_begun(highest >= threshold) > false_a_year * years:
            break
        kept = threshold
    return kept


def count_begun(is_reached: Bools) -> int:
    """Return how many clusters begin: a score that is reached with `REST` periods without before."""
    at = np.arange(is_reached.shape[1])
    last = np.maximum.accumulate(np.where(is_reached, at, -REST - 1), axis=1)
    before = np.concatenate([np.full((len(is_reached), 1), -REST - 1), last[:, :-1]], axis=1)
    return int((is_reached & (at - before > REST)).sum())


def _clusters(
    cells: tuple[Cell, ...], laid: Floats, board: Board, seen: Floats, threshold: float
) -> tuple[Cluster, ...]:
    scores = (board.weights @ seen.reshape(len(seen), -1)).reshape(len(board.areas), *seen.shape[1:])
    where = {int(place): cell for place, cell in zip(board.place, cells, strict=True)}
    at = laid.shape[2] - 1
    found: list[Cluster] = []
    taken: set[Cell] = set()
    for flat in np.argsort(-scores, axis=None, kind="stable"):
        area, branch, window = (int(one) for one in np.unravel_index(flat, scores.shape))
        if scores[area, branch, window] < threshold:
            break
        regions = list(board.areas[area])
        members = [where.get(region * len(board.branches) + branch) for region in regions]
        if None in members or not taken.isdisjoint(members):
            continue
        since = at - WINDOWS[window]
        lost = laid[:, branch, at] - laid[:, branch, since]
        told = tuple(one for one in members if one is not None)
        taken.update(told)
        loss = float(np.nanmean(lost[regions]) - np.nanmedian(lost))
        found.append(Cluster(told, since, at, float(scores[area, branch, window]), loss))
    return tuple(found)


def _grid(losses: Floats, board: Board) -> Floats:
    """Return losses by region, branch and period; NaN where there is no cell."""
    found = np.full((len(board.regions) * len(board.branches), losses.shape[1]), np.nan)
    found[board.place] = losses
    return found.reshape(len(board.regions), len(board.branches), -1)


def _median(values: Floats) -> Floats:
    """Return the median over regions, kept as an axis of one; NaN where nothing is known."""
    found: Floats = np.nanmedian(np.where(np.isnan(values).all(axis=0), 0.0, values), axis=0, keepdims=True)
    return found


def _median_over_time(values: Floats) -> Floats:
    is_unknown = np.isnan(values).all(axis=2, keepdims=True)
    middle = np.nanmedian(np.where(is_unknown, 0.0, values), axis=2, keepdims=True)
    found: Floats = np.where(is_unknown, np.nan, middle)[:, :, 0]
    return found
