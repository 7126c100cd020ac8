"""Scan for clusters: adjoining regions in which an industry loses work at once, or several, and more than elsewhere.

What a cell has lost over the last periods, less the median over regions of its industry, is held against what it was
like in the year before, as if it had heavy tails: ten standard errors count little more than five, so one wild series
makes no cluster. The score of an area is the sum over its cells; of branches that adjoin each other any two or three
may be in it, which are found by sorting. Which score is rare is learned from the same past with regions dealt out anew:
each series stays as it is, and moves with those of its region as it does; only who adjoins whom is chance.

Source: `neill2009` (expectation-based scan over subsets and windows), `neill2012` (the best subset by sorting),
`kulldorff2001` (space-time scan), `lange1989` (Student errors).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.cluster import Board, Cluster
from qipan.labour.model.panel import Cell

WINDOWS: Final = (1, 2, 4)
"""Periods over which losses are looked at."""
TAILS: Final = 4.0
"""Degrees of freedom of the Student distribution that losses beyond the usual are taken to have."""
DEALS: Final = 40
"""How often regions are dealt out anew."""
REST_YEARS: Final = 8 / 52.18
"""Time after which a score that is reached again is a cluster of its own; what stands on for longer is new, too."""
BRANCHES_MOST: Final = 3
"""Most branches of an area that has not all of their kind."""
MAD: Final = 1.4826
"""Standard deviations of a normal in its median absolute deviation."""


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
    laid = grid(losses[:, : at + 1], board)
    base = max(4, round(per_year))
    first = base // 2 + max(WINDOWS)
    if at - first < per_year:
        raise RuleBrokenError(
            f"A scan must have a year and a half to learn from, had {at} periods of {per_year:g} a year.",
            code="panel_short",
            hint="Bring a longer panel.",
        )
    seen = [deviations(laid, period, base) for period in range(first, at + 1)]
    threshold = learn_threshold(seen[:-1], board, per_year, false_a_year, chance)
    return _clusters(cells, laid, board, seen[-1], threshold)


def deviations(laid: Floats, at: int, base: int) -> Floats:
    """Return how far each cell's loss lies beyond that of its branch elsewhere, ``(windows, regions, branches)``.

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
    return np.stack(found)


def highest_score(seen: Floats, board: Board) -> float:
    """Return the highest score of all areas in what `deviations` returned."""
    scores = board.weights @ seen
    best = float(scores.max())
    for kind in board.kinds:
        some = scores[:, :, kind]
        best = max(best, float(some.sum(axis=2).max()) / np.sqrt(len(kind)))
        most = min(BRANCHES_MOST, len(kind))
        # A sum of so many is no higher than as many of the highest: few areas have to be sorted.
        reaching = some[some.max(axis=2) * np.sqrt(most) > best]
        if len(reaching):
            top = np.sort(np.partition(reaching, len(kind) - most, axis=1)[:, -most:], axis=1)[:, ::-1]
            best = max(best, float((top.cumsum(axis=1) / np.sqrt(np.arange(1, most + 1))).max()))
    return best


def learn_threshold(
    seen: list[Floats], board: Board, per_year: float, false_a_year: float, chance: np.random.Generator
) -> float:
    """Return the lowest score that chance reaches no more often than promised, where it deals the regions out."""
    highest = np.empty((DEALS, len(seen)))
    for dealt in range(DEALS):
        order = chance.permutation(len(board.regions))
        highest[dealt] = [highest_score(one[:, order], board) for one in seen]
    years = DEALS * len(seen) / per_year
    kept = float(np.nextafter(highest.max(), np.inf))
    for threshold in np.unique(highest)[::-1].tolist():
        if count_begun(highest >= threshold, per_year) > false_a_year * years:
            break
        kept = threshold
    return kept


def count_begun(is_reached: Bools, per_year: float) -> int:
    """Return how many clusters begin, ``(deals, periods)``: a score that is reached after a rest, or stands on."""
    rest = max(1, round(REST_YEARS * per_year))
    found = 0
    reached = np.full(len(is_reached), -rest - 1)
    counted = np.full(len(is_reached), -rest - max(WINDOWS) - 1)
    for at, is_now in enumerate(is_reached.T):
        is_new = is_now & ((at - reached > rest) | (at - counted > rest + max(WINDOWS)))
        reached, counted = np.where(is_now, at, reached), np.where(is_new, at, counted)
        found += int(is_new.sum())
    return found


def areas_above(seen: Floats, board: Board, threshold: float) -> list[tuple[float, int, int, tuple[int, ...]]]:
    """Return what reaches a threshold, the highest first: score, window, regions as an area, and branches."""
    scores = board.weights @ seen
    found: list[tuple[float, int, int, tuple[int, ...]]] = [
        (float(scores[window, area, branch]), window, area, (branch,))
        for window, area, branch in np.argwhere(scores >= threshold).tolist()
    ]
    for kind in board.kinds:
        names = np.array(kind)
        order = np.argsort(-scores[:, :, kind], axis=2, kind="stable")
        sums = np.take_along_axis(scores[:, :, kind], order, axis=2).cumsum(axis=2) / np.sqrt(
            np.arange(1, len(kind) + 1)
        )
        for count in sorted({*range(2, min(BRANCHES_MOST, len(kind)) + 1), len(kind)}):
            found += [
                (float(sums[window, area, count - 1]), window, area, _sorted(names[order[window, area, :count]]))
                for window, area in np.argwhere(sums[:, :, count - 1] >= threshold).tolist()
            ]
    return sorted(found, key=lambda one: (-one[0], *one[1:]))


def grid(losses: Floats, board: Board) -> Floats:
    """Return losses by region, branch and period; NaN where there is no cell."""
    found = np.full((len(board.regions) * len(board.branches), losses.shape[1]), np.nan)
    found[board.place] = losses
    return found.reshape(len(board.regions), len(board.branches), -1)


def _clusters(
    cells: tuple[Cell, ...], laid: Floats, board: Board, seen: Floats, threshold: float
) -> tuple[Cluster, ...]:
    where = {int(place): cell for place, cell in zip(board.place, cells, strict=True)}
    at = laid.shape[2] - 1
    found: list[Cluster] = []
    taken: set[Cell] = set()
    for score, window, area, branches in areas_above(seen, board, threshold):
        regions = board.areas[area]
        members = [where.get(region * len(board.branches) + branch) for region in regions for branch in branches]
        if None in members or not taken.isdisjoint(members):
            continue
        told = tuple(one for one in members if one is not None)
        taken.update(told)
        since = at - WINDOWS[window]
        lost = laid[:, branches, at] - laid[:, branches, since]
        loss = float(np.nanmean((lost - _median(lost))[list(regions)]))
        found.append(Cluster(told, since, at, score, loss))
    return tuple(found)


def _sorted(names: Ints) -> tuple[int, ...]:
    return tuple(sorted(names.tolist()))


def _median(values: Floats) -> Floats:
    """Return the median over regions, kept as an axis of one; NaN where nothing is known."""
    found: Floats = np.nanmedian(np.where(np.isnan(values).all(axis=0), 0.0, values), axis=0, keepdims=True)
    return found


def _median_over_time(values: Floats) -> Floats:
    is_unknown = np.isnan(values).all(axis=2, keepdims=True)
    middle = np.nanmedian(np.where(is_unknown, 0.0, values), axis=2, keepdims=True)
    found: Floats = np.where(is_unknown, np.nan, middle)[:, :, 0]
    return found
