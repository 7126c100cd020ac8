"""Recommend jobs: to each person the best for them alone, or lists that know of each other.

Lists that know of each other maximise what `weigh` says, by three steps. First lists may be split: each round takes to
each person what is best at the crowding of the round before, and moves as far there as it brings more (Frank and
Wolfe); the slopes of every round prove what no lists bring more than. Then lists are made whole by a draw that keeps
how often each job is recommended. At last persons change their list one after the other as long as that brings more;
that starts from the better of the draw and everybody's own best, so it never ends below what these bring.

Source: `frank1956`, `jaggi2013`.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

from qipan.talent.guide.fill import filled
from qipan.talent.guide.weigh import Weights, weigh
from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.guidance import Aim, Guidance, Prospects

ROUNDS: Final = 200
NEAR: Final = 1e-3
"""Rounds end where no more than this share could still be gained."""
SWEEPS: Final = 50
HALVINGS: Final = 20


def recommend_alone(prospects: Prospects, most: int, aim: Aim) -> Guidance:
    """Recommend to each person what is best as if nobody else were there."""
    weights = weigh(prospects, most, aim)
    chosen = best_of(weights.applies * weights.worth, prospects.first, most)
    return Guidance(chosen, weights.value(chosen), qualified=weights.qualified(chosen))


def recommend(
    prospects: Prospects, most: int, aim: Aim, rng: np.random.Generator, *, rounds: int = ROUNDS, near: float = NEAR
) -> Guidance:
    """Recommend lists that know of each other; between equal ones the job that comes first is taken.

    Parameters
    ----------
    most
        Jobs on a list; fewer where fewer are possible.
    """
    weights = weigh(prospects, most, aim)
    alone = best_of(weights.applies * weights.worth, prospects.first, most)
    split, bound = _split(weights, prospects.first, most, alone, rounds, near)
    drawn = _whole(split, alone, prospects, most, rng)
    chosen = drawn if weights.value(drawn) > weights.value(alone) else alone
    chosen = chosen.copy()
    for _ in range(SWEEPS):
        if not _improve(weights, prospects.first, chosen):
            break
    value = weights.value(chosen)
    return Guidance(chosen, value, max(bound, value), weights.qualified(chosen))


def _split(weights: Weights, first: Ints, most: int, begin: Bools, rounds: int, near: float) -> tuple[Floats, float]:
    """Return how much of each recommendation is best, ``(pairs,)`` from 0 to 1, and the bound."""
    share, bound = begin.astype(np.float64), np.inf
    for _ in range(rounds):
        slopes = weights.slopes(weights.qualified(share))
        towards = best_of(slopes, first, most) - share
        left, value = float(slopes @ towards), weights.value(share)
        bound = min(bound, value + left)
        if left <= near * abs(value):
            break
        share += _step(weights, share, towards) * towards
    return share, bound


def _step(weights: Weights, share: Floats, towards: Floats) -> float:
    """Return how far to go, from 0 to 1, by halving where the slope along the way turns."""
    qualified, moved = weights.qualified(share), weights.qualified(towards)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        is_rising = weights.slopes(qualified + middle * moved) @ towards > 0.0
        low, high = (middle, high) if is_rising else (low, middle)
    return high if high == 1.0 else low


def _whole(share: Floats, alone: Bools, prospects: Prospects, most: int, rng: np.random.Generator) -> Bools:
    """Draw whole lists in which each job stands with its share as the chance (systematic sampling).

    Where rounding leaves a list too short, it is that of the person alone.
    """
    people = len(prospects.first) - 1
    lengths = prospects.lengths(most)
    running = np.concatenate(([0.0], np.cumsum(share)))
    before = running[prospects.first[:-1]]
    # Sums that are whole up to rounding are made whole, else a list could be one short.
    total = running[prospects.first[1:]] - before
    scale = np.divide(lengths, total, out=np.ones(people), where=total > 0.0)
    offset = rng.random(people) * (1.0 - 1e-9)
    person = prospects.person
    until = (running[1:] - before[person]) * scale[person]
    is_last = np.zeros(len(share), dtype=np.bool_)
    is_last[prospects.first[1:][lengths > 0] - 1] = True
    until = np.where(is_last, lengths[person], np.minimum(until, lengths[person]))
    since = np.concatenate(([0.0], until[:-1]))
    since[prospects.first[:-1][lengths > 0]] = 0.0
    drawn = np.floor(until + offset[person]) > np.floor(since + offset[person])
    is_whole = np.bincount(person[drawn], minlength=people) == lengths
    return np.where(is_whole[person], drawn, alone)


@numba.njit(cache=True)
def best_of(values: Floats, first: Ints, most: int) -> Bools:  # pragma: no cover - compiled
    """Mark the pairs of greatest value of each person; of equal ones the first."""
    chosen = np.zeros(len(values), dtype=np.bool_)
    for person in range(len(first) - 1):
        mine = values[first[person] : first[person + 1]]
        for at in np.argsort(-mine, kind="mergesort")[:most]:
            chosen[first[person] + at] = True
    return chosen


def _improve(weights: Weights, first: Ints, chosen: Bools) -> int:
    """Let each person in turn change to the list that brings the most; return how many did."""
    qualified = weights.qualified(chosen)
    return int(_sweep(weights.arrays, weights.job, weights.openings, first, chosen, qualified))


@numba.njit(cache=True)
def _sweep(
    arrays: tuple[Floats, Floats, Floats], job: Ints, openings: Ints, first: Ints, chosen: Bools, qualified: Floats
) -> int:  # pragma: no cover - compiled
    changed = 0
    for person in range(len(first) - 1):
        begin, end = first[person], first[person + 1]
        many = chosen[begin:end].sum()
        if many == end - begin:
            continue
        _count(arrays[0], job, chosen, qualified, begin, end, -1.0)
        adds = _adds(arrays, job, openings, qualified, begin, end)
        order = np.argsort(-adds, kind="mergesort")[:many]
        now = (adds * chosen[begin:end]).sum()
        if adds[order].sum() > now + 1e-9 * abs(now) + 1e-12:
            changed += 1
            chosen[begin:end] = False
            for at in order:
                chosen[begin + at] = True
        _count(arrays[0], job, chosen, qualified, begin, end, 1.0)
    return changed


@numba.njit(cache=True)
def _count(
    applies: Floats, job: Ints, chosen: Bools, qualified: Floats, begin: int, end: int, times: float
) -> None:  # pragma: no cover - compiled
    """Count a person's list among those who apply, or no longer."""
    for pair in range(begin, end):
        if chosen[pair]:
            qualified[job[pair]] = max(0.0, qualified[job[pair]] + times * applies[pair])


@numba.njit(cache=True)
def _adds(
    arrays: tuple[Floats, Floats, Floats], job: Ints, openings: Ints, qualified: Floats, begin: int, end: int
) -> Floats:  # pragma: no cover - compiled
    """Return what each recommendation to a person would add beside the lists of all others."""
    applies, worth, missed = arrays
    adds = np.empty(end - begin)
    for pair in range(begin, end):
        at, more = job[pair], applies[pair]
        gained = filled(qualified[at] + more, openings[at]) - filled(qualified[at], openings[at])
        adds[pair - begin] = more * worth[pair] - missed[at] * (more - gained)
    return adds
