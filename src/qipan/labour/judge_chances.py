"""Judge chances: what would have been foretold, each quarter of a year from what was known then, and what came.

Learned is from the past alone, anew each quarter, as `warn` does it: unlike in the folds of a back-test nothing comes
from later time. What is foretold is held against what came where that is known in full.

Source: `dimitriadis2021` (Brier score in three parts by isotonic regression, without bins).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import stdtrit

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.calibrate import calibrate
from qipan.labour.find_events import find_events
from qipan.labour.foresee import Sizes, further_losses, is_open
from qipan.labour.learn_chances import Foresight, learn_chances
from qipan.labour.learn_folds import EQUAL_FOLDS_LEAST, cut
from qipan.labour.model.alarm import NONE
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.detector import Detector, Watch
from qipan.labour.model.event import History
from qipan.labour.model.notice import HORIZON, SETTLING_YEARS, horizon_of
from qipan.labour.model.promise import Promise
from qipan.labour.model.reliability import Bin, Coverage, Judgement, Reliability, Share
from qipan.labour.raise_alarms import raise_alarms

STRIDE_YEARS: Final = 0.25
"""How often all is learned anew."""
LIMITS: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Between which chances are put together; low ones are the most."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Foretold:
    """What was foretold of every cell in every period, and what came; NaN where nothing was, or is known.

    Attributes
    ----------
    until
        Ends of the stretches of time, in periods after the one in which it was told.
    below, usual, came
        Chances of a loss before each end, the usual share as it was known then, and 1 where it came, else 0,
        ``(ends, cells, periods)``.
    lies
        Where a further loss lay by each end: below its interval (-1), in it (0), above (1), ``(ends, cells, periods)``.
    is_open, is_warned
        Where a loss was still to come, and where of these an alarm stood, ``(cells, periods)``.
    """

    until: tuple[int, ...]
    below: Floats
    usual: Floats
    came: Floats
    lies: Floats
    is_open: Bools
    is_warned: Bools

    @classmethod
    def joined(cls, parts: Sequence[Foretold]) -> Foretold:
        """Return the same of several panels of as many cells, one after the other."""
        fields = ("below", "usual", "came", "lies", "is_open", "is_warned")
        return cls(parts[0].until, *(np.concatenate([getattr(one, name) for one in parts], axis=-1) for name in fields))


def draws_of(watch: Watch) -> int:
    """Return in how many equal parts time is cut that count as draws: years, six at least."""
    years: int = round(watch.losses.shape[1] / watch.per_year)
    return max(EQUAL_FOLDS_LEAST, years)


def judge_chances(told: Foretold, draws: int) -> tuple[Judgement, ...]:
    """Return what came of all that was foretold, of all cells and of those warned of.

    Parameters
    ----------
    draws
        In so many equal parts of time what comes is taken as independent.
    """
    asked = {"open": told.is_open, "warned": told.is_warned}
    return tuple(
        Judgement(of, _reliabilities(told, among, draws), _coverages(told, among, draws)) for of, among in asked.items()
    )


def foretell(
    watch: Watch,
    detector: Detector,
    promise: Promise,
    ahead: int,
    *,
    seen: Floats | None = None,
    stride_years: float = STRIDE_YEARS,
) -> Foretold:
    """Return what would have been foretold in each period, from that period and those before it alone, and what came.

    Parameters
    ----------
    promise
        What the threshold that warns keeps, each time by what was known then.
    seen
        What the detector saw in each period, where that is not the panel as it is now.
    stride_years
        How often all is learned anew.
    """
    final = detector.see(watch)
    seen = final if seen is None else seen
    cells, periods = watch.losses.shape
    ends = (*horizon_of(ahead), HORIZON * ahead + 1)
    below, usual, low, high = (np.full((len(ends), cells, periods), np.nan) for _ in range(4))
    is_warned = np.zeros((cells, periods), dtype=np.bool_)
    for first, until, past, history, learned in _learned(watch, final, detector, ahead, watch.periods(stride_years)):
        scores = learned.scorer(seen[:, :until])
        threshold = calibrate(learned.apart, history, watch.per_year, promise, 2 * ahead)
        now = scores[:, first:]
        is_warned[:, first:until] = _stands(scores, threshold, history, 2 * ahead)[:, first:] & np.isfinite(now)
        for at, (end, steps) in enumerate(zip(learned.until, learned.steps, strict=True)):
            below[at, :, first:until], usual[at, :, first:until] = steps.at(now), steps.usual
            sizes = Sizes(past.losses, learned.apart, learned.opens, end)
            low[at, :, first:until], high[at, :, first:until] = sizes.between(now)
    opens, wait = is_open(watch.losses, watch.depth, _history(watch, ahead))
    came, lies = _what_came(watch.losses, wait, ends, low, high)
    return Foretold(ends, _rising(below), usual, came, lies, opens, opens & is_warned)


def _learned(
    watch: Watch, seen: Floats, detector: Detector, ahead: int, stride: int
) -> Iterator[tuple[int, int, Watch, History, Foresight]]:
    """Yield what is learned from the past, each time anew, with the periods that it then speaks of."""
    periods = watch.losses.shape[1]
    for first in range(stride, periods, stride):
        past = replace(watch, losses=watch.losses[:, :first], counts=None)
        history = _history(past, ahead)
        # As a back-test asks: something to learn from, and something else to try it on.
        if not history.events or len(cut(history, past)) < 3:
            continue
        try:
            learned = learn_chances(seen[:, :first], detector, past, history, ahead)
        except RuleBrokenError as error:
            if error.code != "history_short":
                raise
            continue
        yield first, min(first + stride, periods), past, history, learned


def _history(watch: Watch, ahead: int) -> History:
    settling = watch.periods(SETTLING_YEARS)
    return find_events(watch.losses, watch.depth, allowance=ahead // 2, horizon=HORIZON * ahead, settling=settling)


def _stands(scores: Floats, threshold: float, history: History, rest: int) -> Bools:
    nowhere = replace(history, is_quiet=np.zeros(scores.shape, dtype=np.bool_))
    stands: Bools = raise_alarms(scores, threshold, nowhere, rest).since != NONE
    return stands


def _rising(below: Floats) -> Floats:
    """Return chances that a longer time never lowers."""
    return np.where(np.isnan(below), np.nan, np.fmax.accumulate(below, axis=0))


def _what_came(losses: Floats, wait: Floats, ends: tuple[int, ...], low: Floats, high: Floats) -> tuple[Floats, Floats]:
    came, lies = np.full_like(low, np.nan), np.full_like(low, np.nan)
    for at, end in enumerate(ends):
        until = max(0, losses.shape[1] - (end - 1))
        came[at, :, :until] = (wait < end)[:, :until]
        further = further_losses(losses, end)
        is_known = np.isfinite(further) & np.isfinite(low[at])
        where = (further > high[at]).astype(np.float64) - (further < low[at])
        lies[at, :, :until] = np.where(is_known, where, np.nan)[:, :until]
    return came, lies


def _reliabilities(told: Foretold, among: Bools, draws: int) -> tuple[Reliability, ...]:
    soon, late, _ = told.until
    asked = [((1, end), told.below[at], told.usual[at], told.came[at]) for at, end in enumerate(told.until)]
    asked.insert(1, ((soon, late), *(one[1] - one[0] for one in (told.below, told.usual, told.came))))
    found = [_reliability(*one, among, draws) for one in asked]
    return tuple(one for one in found if one is not None)


def _reliability(
    stretch: tuple[int, int], chance: Floats, usual: Floats, came: Floats, among: Bools, draws: int
) -> Reliability | None:
    asked = among & np.isfinite(chance) & np.isfinite(came)
    if not asked.any():
        return None
    told, outcome = chance[asked], came[asked]
    brier, mean = float(((told - outcome) ** 2).mean()), float(outcome.mean())
    best = float(((_calibrated(told, outcome) - outcome) ** 2).mean())
    uncertainty = mean * (1.0 - mean)
    bins = []
    for low, high in pairwise(LIMITS):
        within = asked & (chance >= low) & ((chance < high) | (high == LIMITS[-1]))
        if within.any():
            bins.append(Bin(low, high, float(chance[within].mean()), _share(came == 1.0, within, draws)))
    return Reliability(
        first=stretch[0],
        until=stretch[1],
        foretold=float(told.mean()),
        share=_share(came == 1.0, asked, draws),
        brier=brier,
        climatology=float(((usual[asked] - outcome) ** 2).mean()),
        miscalibration=brier - best,
        discrimination=uncertainty - best,
        uncertainty=uncertainty,
        bins=tuple(bins),
    )


def _calibrated(told: Floats, outcome: Floats) -> Floats:
    """Return the chances that would have been right, of all that rise with those told."""
    of = np.unique(told, return_inverse=True)[1]
    count = np.bincount(of).astype(np.float64)
    fitted: Floats = isotonic_regression(np.bincount(of, outcome) / count, weights=count).x
    found: Floats = fitted[of]
    return found


def _coverages(told: Foretold, among: Bools, draws: int) -> tuple[Coverage, ...]:
    found = []
    for end, lies in zip(told.until, told.lies, strict=True):
        asked = among & np.isfinite(lies)
        if asked.any():
            off = lies[asked]
            share = _share(lies == 0.0, asked, draws)
            found.append(Coverage(end, share, float((off < 0.0).mean()), float((off > 0.0).mean())))
    return tuple(found)


def _share(came: Bools, among: Bools, draws: int) -> Share:
    """Return how often it came, with an interval in which parts of time are draws."""
    cuts = np.unique(np.arange(draws) * came.shape[1] // draws)
    counts = np.add.reduceat(among.sum(axis=0), cuts).astype(np.float64)
    hits = np.add.reduceat((among & came).sum(axis=0), cuts).astype(np.float64)
    total, count = float(counts.sum()), int((counts > 0.0).sum())
    mean = float(hits.sum()) / total
    if count < 2:
        return Share(int(total), mean, None, None)
    spread = float(np.sqrt(count / (count - 1) * ((hits - mean * counts) ** 2).sum())) / total
    far = float(stdtrit(count - 1, (1.0 + CONFIDENCE) / 2.0)) * spread
    # Never, or always, in so many draws: no more is known than that.
    least = (1.0 - CONFIDENCE) ** (1.0 / count)
    low = least if mean == 1.0 else max(0.0, mean - far)
    high = 1.0 - least if mean == 0.0 else min(1.0, mean + far)
    return Share(int(total), mean, low, high)
