"""How many openings are filled, and who finds one, exactly: how many come is Poisson-binomial.

Each person comes to a job, fit, with a chance of their own, apart from others. How many come is found by taking them
up one after the other; how many others come, by taking one out again, from the side on which that is stable. Of
``n`` who come, ``min(n, openings)`` are hired by lot.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba
import numpy as np

from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.guidance import Prospects

NOTHING: Final = 1e-18
"""Chances below this, at either end, are left out."""


class Seats(NamedTuple):
    """What is filled, ``(jobs,)``, and the chance of a fit person to find an opening if they apply, ``(pairs,)``."""

    filled: Floats
    chance: Floats


def seats(prospects: Prospects, applies: Floats, chosen: Bools) -> Seats:
    """Return what lists fill, and with which chance a person would find an opening beside the others.

    Parameters
    ----------
    applies
        Chance to apply and be fit, ``(pairs,)``.
    chosen
        What is recommended, ``(pairs,)``; for what is not, the chance is that of one more who comes.
    """
    jobs = len(prospects.openings)
    order = np.argsort(prospects.job, kind="stable").astype(np.int64)
    begins = np.searchsorted(prospects.job[order], np.arange(jobs + 1)).astype(np.int64)
    return Seats(*_seats(order, begins, prospects.openings, np.where(chosen, applies, 0.0)))


@numba.njit(cache=True)
def _seats(
    order: Ints, begins: Ints, openings: Ints, applies: Floats
) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    filled, chance = np.zeros(len(openings)), np.zeros(len(order))
    for job in range(len(openings)):
        pairs = order[begins[job] : begins[job + 1]]
        many, low = _many(applies[pairs])
        for at in range(len(many)):
            filled[job] += many[at] * min(low + at, openings[job])
        free = _free(many, low, openings[job])
        for pair in pairs:
            mine = applies[pair]
            chance[pair] = free if mine == 0.0 else _free(_others(many, mine), low - (mine > 0.5), openings[job])
    return filled, chance


@numba.njit(cache=True)
def _many(chances: Floats) -> tuple[Floats, int]:  # pragma: no cover - compiled
    """Return the chances that so many come, and how many the first is of."""
    found = np.zeros(len(chances) + 1)
    found[0] = 1.0
    low, high = 0, 0
    for mine in chances:
        if mine == 0.0:
            continue
        high += 1
        for at in range(high, low, -1):
            found[at] = found[at] * (1.0 - mine) + found[at - 1] * mine
        found[low] *= 1.0 - mine
        while found[low] < NOTHING:
            low += 1
        while found[high] < NOTHING:
            high -= 1
    return found[low : high + 1].copy(), low


@numba.njit(cache=True)
def _others(many: Floats, mine: float) -> Floats:  # pragma: no cover - compiled
    """Return the chances that so many others come; above one half the first is of one fewer."""
    found = np.empty(len(many))
    before = 0.0
    for at in range(len(many)):
        if mine > 0.5:
            here = len(many) - 1 - at
            before = max(0.0, (many[here] - (1.0 - mine) * before) / mine)
            found[here] = before
        else:
            before = max(0.0, (many[at] - mine * before) / (1.0 - mine))
            found[at] = before
    return found


@numba.njit(cache=True)
def _free(many: Floats, low: int, openings: int) -> float:  # pragma: no cover - compiled
    """Return the chance of one more who comes to be hired."""
    found = 0.0
    for at in range(len(many)):
        beside = low + at
        if beside >= 0:
            found += many[at] * (1.0 if beside < openings else openings / (beside + 1.0))
    return min(1.0, found)
