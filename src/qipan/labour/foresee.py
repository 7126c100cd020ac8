"""Foresee: how likely a loss is and how large, by what came after scores like the one of today.

Scores are those that a detector gave to time that it had not learned from, so that what came after them is what comes
after scores of today. Only periods whose time to come is known in full are asked.

Source: `barlow1972` (isotonic regression): the higher the score the likelier the loss, and nothing more is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.optimize import isotonic_regression

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.event import History
from qipan.labour.model.warning import Chance, Size

ALIKE_SHARE: Final = 0.05
"""Share of all scores that look alike: those nearest to the one of today."""
ALIKE_LEAST: Final = 60
"""Least number of scores that are asked for a size."""
INTERVAL: Final = (0.1, 0.9)
"""Quantiles between which a size is told."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A probability that rises with the score by steps.

    Attributes
    ----------
    scores
        From which score on each probability holds, rising.
    usual
        Share of all scores after which it came.
    """

    scores: Floats
    probabilities: Floats
    usual: float

    def at(self, scores: Floats) -> Floats:
        """Return the probability at scores; NaN where there is none."""
        found: Floats = self.probabilities[np.maximum(np.searchsorted(self.scores, scores, side="right") - 1, 0)]
        return np.where(np.isnan(scores), np.nan, found)


def is_open(losses: Floats, depth: float, history: History) -> tuple[Bools, Floats]:
    """Return where a loss could still be warned of, and periods until it comes, ``(cells, periods)``.

    Where a loss has come to the size of the rule and is not made good, nothing is left to warn of. That is told of each
    period by what was known then. Periods are infinite where no loss comes, as far as the panel goes.

    Examples
    --------
    >>> from qipan.labour.find_events import find_events
    >>> path = np.array([[1.0, 0.0, 1.0, 2.5, 3.0, 0.5, 0.5]])
    >>> opens, wait = is_open(path, 2.0, find_events(path, 2.0, allowance=1, horizon=9))
    >>> opens.astype(int).tolist(), wait.tolist()
    ([[1, 1, 1, 0, 0, 1, 1]], [[3.0, 2.0, 1.0, inf, inf, inf, inf]])
    """
    opens, wait = ~np.isnan(losses), np.full(losses.shape, np.inf)
    behind = dict.fromkeys(range(len(losses)), 0)
    for event in history.events:
        cell, since = event.cell, behind[event.cell]
        wait[cell, since : event.crisis] = event.crisis - np.arange(since, event.crisis)
        made_good = np.flatnonzero(losses[cell, event.end] - losses[cell, event.end :] >= depth)
        opens[cell, event.crisis : event.end + int(made_good[0]) if len(made_good) else None] = False
        behind[cell] = event.end + 1
    return opens, wait


def is_under_way(path: Floats, depth: float, end: int) -> bool:
    """Tell whether a loss whose worst was in a period has not been made good by the size of the rule since."""
    return bool(path[end] - np.nanmin(path[end:]) < depth)


def chances(
    scores: Floats, wait: Floats, opens: Bools, until: Sequence[int], per_year: float
) -> tuple[tuple[Steps, ...], int]:
    """Return how likely a loss comes in fewer periods than each of ``until``, and how many scores say so.

    A step that few cell-years speak for is drawn towards what is usual, by one cell-year.

    Parameters
    ----------
    scores, wait, opens
        ``(cells, periods)``: scores, what `is_open` returns.

    Raises
    ------
    RuleBrokenError
        ``history_short`` where the time to come is known in full of no score.
    """
    found, asked = [], 0
    for end in until:
        told = _told(scores, opens, end - 1)
        if not told.any():
            raise RuleBrokenError(
                f"A chance needs scores with {end - 1} known periods after them, had none.",
                code="history_short",
                hint="Bring a longer panel, or ask for less notice.",
            )
        asked = int(told.sum())
        found.append(_steps(scores[told], (wait[told] < end).astype(np.float64), per_year))
    return tuple(found), asked


def split(steps: Sequence[Steps], until: Sequence[int], score: float) -> tuple[Chance, ...]:
    """Return the chance of each stretch of time at a score; the first begins with the next period."""
    below = np.maximum.accumulate([float(one.at(np.array([score]))[0]) for one in steps])
    before = [0.0, *below[:-1].tolist()]
    firsts = [1, *until[:-1]]
    return tuple(
        Chance(first, end, float(upper - lower))
        for first, end, lower, upper in zip(firsts, until, before, below, strict=True)
        if end > first
    )


class Sizes:
    """What was lost further by the end of a horizon, after scores that are known.

    Parameters
    ----------
    losses, scores, opens
        ``(cells, periods)``.
    until
        The horizon ends before so many periods after the score.
    """

    def __init__(self, losses: Floats, scores: Floats, opens: Bools, until: int) -> None:
        further = further_losses(losses, until)
        told = _told(scores, opens, until - 1) & np.isfinite(further)
        order = np.argsort(scores[told], kind="stable")
        self._scores, self._further = scores[told][order], further[told][order]

    def at(self, score: float, lost: float, depth: float) -> Size:
        """Return what is lost by the end of the horizon, where so much is lost already, in sizes of an event."""
        alike = self._alike(score)
        low, high = np.quantile(alike, INTERVAL)
        return Size(*(float(lost + one) / depth for one in (alike.mean(), low, high)))

    def between(self, scores: Floats) -> tuple[Floats, Floats]:
        """Return between what further losses lie after scores of any shape; NaN where there is nothing to say."""
        found = np.full((2, *scores.shape), np.nan)
        is_told = np.isfinite(scores)
        if len(self._scores) and is_told.any():
            windows, of = np.unique(np.stack(self._window(scores[is_told])), axis=1, return_inverse=True)
            plain = windows[1] - windows[0] == self._count
            ends = np.empty((2, windows.shape[1]))
            if plain.any():
                alike = sliding_window_view(self._further, self._count)[windows[0, plain]]
                ends[:, plain] = np.quantile(alike, INTERVAL, axis=1)
            for at in np.flatnonzero(~plain):
                ends[:, at] = np.quantile(self._further[windows[0, at] : windows[1, at]], INTERVAL)
            found[:, is_told] = ends[:, of.ravel()]
        return found[0], found[1]

    @property
    def _count(self) -> int:
        return min(len(self._scores), max(ALIKE_LEAST, round(ALIKE_SHARE * len(self._scores))))

    def _window(self, scores: Floats) -> tuple[Ints, Ints]:
        """Return where those begin and end that look alike: the nearest, and all whose score equals one of theirs."""
        middle = np.searchsorted(self._scores, scores)
        first = np.clip(middle - self._count // 2, 0, len(self._scores) - self._count)
        return (
            np.searchsorted(self._scores, self._scores[first], side="left"),
            np.searchsorted(self._scores, self._scores[first + self._count - 1], side="right"),
        )

    def _alike(self, score: float) -> Floats:
        first, end = (int(one[0]) for one in self._window(np.array([score])))
        return self._further[first:end]


def further_losses(losses: Floats, until: int) -> Floats:
    """Return what is lost at worst in fewer periods than ``until``, beyond what stands, ``(cells, periods)``.

    Not finite where nothing is known.
    """
    worst = np.full(losses.shape, -np.inf)
    for ahead in range(1, min(until, losses.shape[1])):
        worst[:, :-ahead] = np.fmax(worst[:, :-ahead], losses[:, ahead:])
    return np.maximum(worst - losses, np.where(np.isfinite(worst), 0.0, -np.inf))


def _told(scores: Floats, opens: Bools, ahead: int) -> Bools:
    """Return which scores can be asked: those of which so many periods to come are known."""
    told = opens & np.isfinite(scores)
    told[:, max(0, scores.shape[1] - ahead) :] = False
    return told


def _steps(scores: Floats, came: Floats, per_year: float) -> Steps:
    """Return the steps of a probability; scores that are equal stand in one, whatever their order."""
    values, of = np.unique(scores, return_inverse=True)
    count = np.bincount(of).astype(np.float64)
    fitted = isotonic_regression(np.bincount(of, came) / count, weights=count)
    starts, usual = fitted.blocks[:-1], float(came.mean())
    years = np.add.reduceat(count, starts) / per_year
    drawn = (years * fitted.x[starts] + usual) / (years + 1.0)
    return Steps(values[starts], np.maximum.accumulate(drawn), usual)
