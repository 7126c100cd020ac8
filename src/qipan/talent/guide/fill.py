"""How many openings are filled when so many fit people are expected to apply.

Many people each apply with a small chance, so how many come is about Poisson, which fills no more openings than they
do in truth: the search goes by that, and `seat` tells what is exact. Of ``n`` who come, ``min(n, openings)`` are hired.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from qipan.talent.model.array import Floats, Ints

FAR = 10.0
"""So many standard deviations away the outcome is certain, to the last digit."""


@numba.njit(cache=True)
def below(qualified: float, openings: int) -> float:  # pragma: no cover - compiled
    """Return the chance that fewer come than there are openings: what one more who comes would add."""
    if qualified <= 0.0:
        return 1.0 if openings > 0 else 0.0
    wide = FAR * math.sqrt(qualified) + FAR
    if openings > qualified + wide:
        return 1.0
    if openings < qualified - wide:
        return 0.0
    total = 0.0
    for many in range(max(0, int(qualified - wide)), openings):
        total += math.exp(many * math.log(qualified) - qualified - math.lgamma(many + 1.0))
    return min(total, 1.0)


@numba.njit(cache=True)
def filled(qualified: float, openings: int) -> float:  # pragma: no cover - compiled
    """Return how many openings are expected to be filled."""
    if qualified <= 0.0 or openings == 0:
        return 0.0
    fewer = below(qualified, openings)
    last = 0.0
    if 0.0 < fewer < 1.0:
        last = math.exp(openings * math.log(qualified) - qualified - math.lgamma(openings + 1.0))
    return qualified * fewer + openings * (1.0 - fewer - last)


@numba.njit(cache=True)
def below_each(qualified: Floats, openings: Ints) -> Floats:  # pragma: no cover - compiled
    """Return `below` for each job, ``(jobs,)``."""
    found = np.empty(len(qualified))
    for job in range(len(qualified)):
        found[job] = below(qualified[job], openings[job])
    return found


@numba.njit(cache=True)
def filled_each(qualified: Floats, openings: Ints) -> Floats:  # pragma: no cover - compiled
    """Return `filled` for each job, ``(jobs,)``."""
    found = np.empty(len(qualified))
    for job in range(len(qualified)):
        found[job] = filled(qualified[job], openings[job])
    return found
