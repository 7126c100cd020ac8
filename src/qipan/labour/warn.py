"""Warn: what can be said on a day of each cell of a panel, from what had been released by then and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import numpy as np
from scipy.special import chdtri

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.back_test import back_test
from qipan.labour.calibrate import calibrate
from qipan.labour.count_false import UPPER
from qipan.labour.detect.choose import choose
from qipan.labour.detect.hazard import BROAD
from qipan.labour.detect.sahm import rise
from qipan.labour.detect.windows import earlier
from qipan.labour.find_events import find_events
from qipan.labour.foresee import is_under_way, split
from qipan.labour.learn_chances import Foresight, learn_chances
from qipan.labour.model.alarm import NONE
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.back_test import MISSED, BackTest
from qipan.labour.model.detector import Detector, Watch
from qipan.labour.model.event import History
from qipan.labour.model.notice import AHEAD, HORIZON, SETTLING_YEARS
from qipan.labour.model.panel import Cadence, Panel, Releases
from qipan.labour.model.warning import (
    Basis,
    CannotTell,
    CellState,
    CellWarning,
    Contribution,
    Movement,
    Outlook,
    Standing,
    Terms,
    TrackRecord,
)
from qipan.labour.raise_alarms import raise_alarms
from qipan.labour.score_releases import score_releases

SHOWN_YEARS: Final = 5.0
"""How much of a cell's path is told."""
UNTOLD: Final = frozenset({"history_short", "panel_short", "panel_unknown", "panel_without_events", "promise_unproved"})
"""Codes of what keeps one from telling anything: the panel is as it should be, and there is too little of it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What is seen of a panel on the day, and what was learned until then."""

    panel: Panel
    watch: Watch
    history: History
    detector: Detector
    seen: Floats
    learned: Foresight
    scores: Floats
    threshold: float
    rest: int


def notice(cadence: Cadence, ahead: int | None) -> int:
    """Return the periods of notice that count as early: those asked for, else what is usual for a panel."""
    return ahead or AHEAD[cadence]


def warn(releases: Releases, day: date, terms: Terms, *, as_released: bool = False) -> Outlook | CannotTell:
    """Return what can be said of a panel on a day, or why nothing can.

    Parameters
    ----------
    as_released
        Whether the track record is that of detectors that saw in each period what had been released by then, as
        `compare` has it.

    Raises
    ------
    NotFoundError
        ``detector_unknown``.
    RuleBrokenError
        ``panel_not_positive``.
    """
    try:
        known = releases.until(day)
        panel = known.as_of(day)
        watch = Watch.over(panel, terms.rule)
        history = find_events(
            watch.losses,
            watch.depth,
            allowance=terms.ahead // 2,
            horizon=HORIZON * terms.ahead,
            settling=watch.periods(SETTLING_YEARS),
        )
        detector = choose(terms.detector)
        see = partial(score_releases, known, terms.rule, detector) if as_released else None
        tested = back_test(watch, history, detector, terms.promise, rest=2 * terms.ahead, see=see)
        _check_proved(tested, terms)
        look = _look(panel, watch, history, detector, terms)
    except RuleBrokenError as error:
        if error.code not in UNTOLD:
            raise
        return CannotTell(day, error.code, error.message, error.hint)
    return _outlook(day, terms, _basis(known), _track(tested, terms), look)


def _check_proved(tested: BackTest, terms: Terms) -> None:
    """Refuse a promise that could not be proved if no alarm at all had been false."""
    years = tested.false.years
    least = float(chdtri(2, 1.0 - UPPER)) / 2.0 / years if years else np.inf
    if least > terms.promise.a_year:
        raise RuleBrokenError(
            f"A promise of {terms.promise.a_year:g} false alarms a year needs quiet time to prove it, was {years:.1f} "
            f"years of cells: even none would prove only {least:.3f}.",
            code="promise_unproved",
            hint="Bring a longer panel or more cells, or promise less.",
        )


def _look(panel: Panel, watch: Watch, history: History, detector: Detector, terms: Terms) -> _Look:
    """Learn from all that had become of the panel until the day."""
    seen, rest = detector.see(watch), 2 * terms.ahead
    learned = learn_chances(seen, detector, watch, history, terms.ahead)
    threshold = calibrate(learned.apart, history, watch.per_year, terms.promise, rest)
    return _Look(panel, watch, history, detector, seen, learned, learned.scorer(seen), threshold, rest)


def _outlook(day: date, terms: Terms, basis: Basis, track: TrackRecord, look: _Look) -> Outlook:
    watch = look.watch
    since = raise_alarms(look.scores, look.threshold, look.history, look.rest).since[:, -1]
    lost = rise(watch)
    under_way = {
        one.cell: one for one in look.history.events if is_under_way(watch.losses[one.cell], watch.depth, one.end)
    }
    is_heard = np.isfinite(look.scores[:, -1]) & (day <= _speaks_until(look.panel))
    warned = [at for at in np.flatnonzero((since != NONE) & is_heard).tolist() if at not in under_way]
    soon, late = _likely(look)
    states = []
    for at, cell in enumerate(look.panel.cells):
        path = tuple(look.panel.values[at, -watch.periods(SHOWN_YEARS) :].tolist())
        if at in under_way:
            event = under_way[at]
            fallen = float(watch.losses[at, -1] - watch.losses[at, event.onset]) / watch.depth
            crisis = look.panel.starts[event.crisis]
            states.append(CellState(cell, Standing.UNDER_WAY, fallen, float("nan"), float("nan"), crisis, path))
            continue
        standing = Standing.QUIET if is_heard[at] else Standing.SILENT
        standing = Standing.WARNED if at in warned else standing
        lost_now, likely = float(lost[at, -1]) / watch.depth, (float(late[at] - soon[at]), float(late[at]))
        states.append(CellState(cell, standing, lost_now, *likely, None, path))
    moved = _moved(watch, lost)
    weights = _contributions(look, warned)
    told = [
        _warning(look, terms, at, int(since[at]), float(lost[at, -1]), moved(at), weights.get(at, ())) for at in warned
    ]
    order = sorted(told, key=lambda one: (-one.size.expected, -one.chance(terms.horizon), one.cell))
    return Outlook(day, terms, basis, track, look.threshold, tuple(order), tuple(states))


def _speaks_until(panel: Panel) -> date:
    """Return until when the last period says something of today: a quarter of a year, and two periods at least."""
    end = panel.cadence.after(panel.starts[-1], 1)
    return max(panel.cadence.after(end, 2), Cadence.QUARTER.after(end, 1))


def _likely(look: _Look) -> tuple[Floats, Floats]:
    """Return how likely the loss is before the horizon, and until its end, ``(cells,)``."""
    now = look.scores[:, -1]
    soon, late = (one.at(now) for one in look.learned.steps[:2])
    return soon, np.maximum(soon, late)


def _warning(
    look: _Look,
    terms: Terms,
    at: int,
    since: int,
    lost: float,
    moved: tuple[Movement, ...],
    contributions: tuple[Contribution, ...],
) -> CellWarning:
    score = float(look.scores[at, -1])
    size = look.learned.sizes.at(score, lost, look.watch.depth)
    return CellWarning(
        cell=look.panel.cells[at],
        grade=terms.limits.grade(size.expected),
        since=look.panel.starts[since],
        score=score,
        chances=split(look.learned.steps, look.learned.until, score),
        size=size,
        moved=moved,
        contributions=contributions,
    )


def _moved(watch: Watch, lost: Floats) -> _Moved:
    fast = (watch.losses[:, -1] - earlier(watch.losses, watch.periods(0.25))[:, -1]) / watch.depth
    return _Moved(watch, lost[:, -1] / watch.depth, fast)


@dataclass(frozen=True, slots=True)
class _Moved:
    """What moved in the last period, by the cell that is asked for."""

    watch: Watch
    lost: Floats
    fast: Floats

    def __call__(self, at: int) -> tuple[Movement, ...]:
        found = [self._of("cell", np.arange(len(self.lost)) == at)]
        found += [
            self._of(way, group == group[at]) for way, group in zip(self.watch.ways, self.watch.groups, strict=True)
        ]
        return tuple(found)

    def _of(self, way: str, among: Bools) -> Movement:
        lost, fast = self.lost[among], self.fast[among]
        is_known, is_fast = ~np.isnan(lost), ~np.isnan(fast)
        return Movement(
            way,
            _mean(lost[is_known]),
            _mean(fast[is_fast]),
            _mean((lost[is_known] >= BROAD).astype(np.float64)),
        )


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _contributions(look: _Look, warned: Sequence[int]) -> dict[int, tuple[Contribution, ...]]:
    """Return by how much the score of each cell would be lower, were an input what is usual where it was quiet."""
    names = look.detector.inputs(look.watch)
    if not names or not warned:
        return {}
    quiet = look.seen[look.history.is_quiet & ~np.isnan(look.seen).any(axis=-1)]
    usual = np.median(quiet, axis=0)
    now = look.seen[warned, -1]
    other = np.repeat(now[:, None, :], len(names), axis=1)
    at = np.arange(len(names))
    other[:, at, at] = usual
    weights = look.scores[warned, -1][:, None] - look.learned.scorer(other)
    return {
        cell: tuple(
            Contribution(names[one], float(weights[row, one]))
            for one in np.argsort(-np.abs(weights[row]), kind="stable")
        )
        for row, cell in enumerate(warned)
    }


def _basis(known: Releases) -> Basis:
    return Basis(
        digest=known.digest(),
        unit=known.unit,
        cadence=known.cadence,
        cells=len(known.cells),
        rows=len(known.value),
        first_period=known.starts[0],
        last_period=known.starts[-1],
        last_release=known.days[-1],
    )


def _track(tested: BackTest, terms: Terms) -> TrackRecord:
    lead = tested.lead
    early, late = int((lead >= terms.ahead).sum()), int((lead < 1).sum())
    median = None if tested.median_lead <= MISSED / 2 else tested.median_lead
    return TrackRecord(len(lead), early, len(lead) - early - late, late, median, tested.false)
