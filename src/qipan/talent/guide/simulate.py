"""Simulate what people and employers make of lists: who applies where, who is fit, who is hired.

With `one`, each person takes one place of the list by chance, and applies to the job there. With `all`, they apply to
every job of it. An employer finds each who applies fit with the chance of the pair, and hires fit people by lot until
openings are taken. Who is wanted by several takes the job of
the most gain, and its lot goes on to the next (deferred acceptance).

The same generator state gives the same lots for other lists, so that lists are compared like with like.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.guidance import Behaviour, Prospects


def simulate(prospects: Prospects, chosen: Bools, most: int, behaviour: Behaviour, rng: np.random.Generator) -> Ints:
    """Return the pairs that end in a placement: at most one a person, and as many a job as it has openings."""
    is_fit = rng.random(len(prospects.job)) < prospects.chance
    lots = rng.random(len(prospects.job))
    place = rng.integers(0, np.maximum(prospects.lengths(most), 1))
    applies = chosen & is_fit
    if behaviour is Behaviour.ONE:
        so_far = np.cumsum(chosen)
        before = np.concatenate(([0], so_far))[prospects.first[:-1]]
        applies &= so_far - 1 - before[prospects.person] == place[prospects.person]
    return np.flatnonzero(
        _hire(applies, lots, prospects.gain, prospects.first, prospects.job, prospects.openings)
    ).astype(np.int64)


@numba.njit(cache=True)
def _hire(
    applies: Bools, lots: Floats, gain: Floats, first: Ints, job: Ints, openings: Ints
) -> Bools:  # pragma: no cover - compiled
    """Let fit people propose by gain; a job keeps the lowest lots."""
    people = len(first) - 1
    seat = np.zeros(len(openings) + 1, dtype=np.int64)
    seat[1:] = np.cumsum(openings)
    taken = np.full(seat[-1], -1, dtype=np.int64)
    hired = np.zeros(len(job), dtype=np.bool_)
    owner = np.zeros(len(job), dtype=np.int64)
    for person in range(people):
        owner[first[person] : first[person + 1]] = person
    left = applies.copy()
    for begins in range(people):
        person = begins
        while person >= 0:
            pair = _dearest(left, gain, first[person], first[person + 1])
            if pair < 0:
                break
            left[pair] = False
            at = _weakest(taken, lots, seat[job[pair]], seat[job[pair] + 1])
            if at >= 0 and (taken[at] < 0 or lots[pair] < lots[taken[at]]):
                out = taken[at]
                taken[at], hired[pair] = pair, True
                person = -1
                if out >= 0:
                    hired[out] = False
                    person = owner[out]
    return hired


@numba.njit(cache=True)
def _dearest(left: Bools, gain: Floats, begin: int, end: int) -> int:  # pragma: no cover - compiled
    """Return the pair of most gain that is left, or -1."""
    best = -1
    for pair in range(begin, end):
        if left[pair] and (best < 0 or gain[pair] > gain[best]):
            best = pair
    return best


@numba.njit(cache=True)
def _weakest(taken: Ints, lots: Floats, begin: int, end: int) -> int:  # pragma: no cover - compiled
    """Return a free opening, or the one whose lot is highest, or -1 where there is none."""
    worst = -1
    for at in range(begin, end):
        if taken[at] < 0:
            return at
        if worst < 0 or lots[taken[at]] > lots[taken[worst]]:
            worst = at
    return worst
