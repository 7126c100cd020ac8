"""Hazard: how likely it is that an event has begun, from a cell's own movement and that of all it belongs with.

A logistic regression, pooled over cells, of whether a period lies between the onset of an event and its crisis. What it
sees is scaled by the size of an event, so that it means the same for any panel. A cell's own loss tells that something
has begun; how broadly and how fast its groups lose tells a recession from noise.

Source: `cox1972` (pooled hazard), `hoerl1970` (ridge).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from qipan.labour.detect.cusum import cusum
from qipan.labour.detect.sahm import rise
from qipan.labour.detect.turn import RECOVERED, lost_since_turn, turn
from qipan.labour.detect.windows import earlier, over_last
from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.detector import Lesson, Scorer, Watch

RIDGE: Final = 30.0
"""Penalty on squared weights of standardised columns: as much as thirty periods say."""
BROAD: Final = 0.1
"""Share of an event that a cell must have lost in a year to count as losing."""
RESTLESS_YEARS: Final = 0.5
RESTLESS_LEAST: Final = 0.01
"""Least movement of a cell, as a share of an event: one that never moved is not alarmed by rounding."""
STEPS_MOST: Final = 100
STEP_LEAST: Final = 1e-9
"""Newton's steps at most, and the least change of a weight that is worth one."""


def see(watch: Watch) -> Floats:
    """Return what is seen of each cell in each period, ``(cells, periods, columns)``."""
    month, quarter = _change(watch, 1 / 12), _change(watch, 0.25)
    year_lost, turn_lost = rise(watch) / watch.depth, turn(watch) / watch.depth
    restless = _restless(watch)
    own = [np.log1p(cusum(watch)), year_lost, month, quarter]
    own += [turn_lost, lost_since_turn(watch.losses, watch.depth) / watch.depth, np.log(restless), turn_lost / restless]
    both = (_is_over(year_lost, BROAD), _is_over(turn_lost, RECOVERED))
    shared = [_mean(one, group) for group in watch.groups for one in (year_lost, turn_lost, month, quarter, *both)]
    return np.stack([*own, *shared], axis=-1)


def inputs(watch: Watch) -> tuple[str, ...]:
    """Return what the columns of `see` are called."""
    own = ["cusum", "lost", "lost_month", "lost_quarter"]
    own += ["lost_since_turn", "lost_since_whole_turn", "restless", "lost_since_turn_by_restless"]
    seen = ("lost", "lost_since_turn", "lost_month", "lost_quarter", "losing", "losing_since_turn")
    return (*(f"cell/{name}" for name in own), *(f"{way}/{name}" for way in watch.ways for name in seen))


def learn(seen: Floats, lesson: Lesson) -> Scorer:
    """Learn the log odds that an event has begun and has not come to its crisis.

    Scores are NaN everywhere where the lesson holds no event or no quiet time.

    Parameters
    ----------
    seen
        What `see` returns, ``(cells, periods, columns)``.
    """
    is_onset = _onsets(seen.shape[:2], lesson)
    taught = ~np.isnan(seen).any(axis=-1) & lesson.periods & (is_onset | lesson.history.is_quiet)
    told = is_onset[taught]
    if told.all() or not told.any():
        return lambda other: np.full(other.shape[:2], np.nan)
    mean, spread = seen[taught].mean(axis=0), seen[taught].std(axis=0)
    spread[spread == 0.0] = 1.0
    weights = _fit((seen[taught] - mean) / spread, told.astype(np.float64))

    def score(other: Floats) -> Floats:
        odds: Floats = (other - mean) / spread @ weights[1:] + weights[0]
        return odds

    return score


def _change(watch: Watch, years: float) -> Floats:
    return (watch.losses - earlier(watch.losses, watch.periods(years))) / watch.depth


def _restless(watch: Watch) -> Floats:
    """Return how far a cell moves in a period, the root of a mean square of half a year, ``(cells, periods)``."""
    moved = (watch.losses - earlier(watch.losses, 1)) / watch.depth
    square = over_last(moved**2, watch.periods(RESTLESS_YEARS), np.nanmean)
    return np.maximum(np.sqrt(square), RESTLESS_LEAST)


def _is_over(values: Floats, least: float) -> Floats:
    return np.where(np.isnan(values), np.nan, values >= least)


def _mean(values: Floats, group: Ints) -> Floats:
    """Return the mean over the cells of each cell's group of which something is known, ``(cells, periods)``."""
    is_known = ~np.isnan(values)
    sums = np.zeros((group.max() + 1, values.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, group, np.where(is_known, values, 0.0))
    np.add.at(counts, group, is_known)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return means[group]


def _onsets(shape: tuple[int, ...], lesson: Lesson) -> Bools:
    found = np.zeros(shape, dtype=np.bool_)
    for event in lesson.history.events:
        found[event.cell, max(event.onset, event.opens) : event.crisis] = True
    return found


def _fit(seen: Floats, told: Floats) -> Floats:
    """Return the weights of a logistic regression, the first that of the constant, which is not penalised.

    Newton's steps, halved where one goes too far.
    """
    with_one = np.column_stack([np.ones(len(seen)), seen])
    ridge = np.full(with_one.shape[1], RIDGE)
    ridge[0] = 0.0

    def loss(weights: Floats) -> float:
        odds = with_one @ weights
        return float((np.logaddexp(0.0, odds) - told * odds).sum() + (ridge * weights**2).sum() / 2)

    weights = np.zeros(with_one.shape[1])
    least = loss(weights)
    for _ in range(STEPS_MOST):
        likely = expit(with_one @ weights)
        slope = with_one.T @ (likely - told) + ridge * weights
        curve = (with_one * (likely * (1.0 - likely))[:, None]).T @ with_one + np.diag(ridge)
        step = np.linalg.lstsq(curve, slope)[0]
        while (found := loss(weights - step)) > least and np.abs(step).max() > STEP_LEAST:
            step = step / 2
        if found > least or np.abs(step).max() <= STEP_LEAST:
            break
        weights, least = weights - step, found
    return weights
