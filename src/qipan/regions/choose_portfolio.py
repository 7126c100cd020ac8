"""Choose what each region is to build up, all regions together: worth most, and not all the same.

An activity is worth to a region what it fits (density of what is near to what the region does), times how complex it
is, times the demand for it. Two regions that choose one activity cost both something: sameness. Each region chooses one
at least that it has room for, and so many at most, within what it has of each resource. The choice is the optimum of an
integer programme; the n-th region of an activity costs as many pairs as it joins, which is convex, so these costs need
no whole numbers of their own.

Source: `hidalgo2007` (density), `hidalgo2009` (complexity), `krugman1991` (sameness).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from qipan.kernel.errors import EngineError
from qipan.regions.model.array import Bools, Floats
from qipan.regions.model.portfolio import Choice, Frontier, Question
from qipan.regions.specialise import complexity, density, proximity, rca, sameness

WEIGHTS: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Weights of sameness for which the frontier is told."""
REVEALED: Final = 1.0
"""RCA from which a region has an activity."""
DRAWN_GAP: Final = 0.001
"""By which part the best may be better where amounts are drawn anew."""
TIME_S: Final = 60.0
"""Longest time for one choice."""


def worths(value: Floats, demand: Floats) -> Floats:
    """Return what each activity is worth to each region, ``(regions, activities)``, 0 to the largest demand.

    Complexity counts from 0 for the least complex activity to 1 for the most. What a region does already counts as what
    it could: a strategy may keep it.

    Parameters
    ----------
    value
        Amounts ``(regions, activities)``.
    demand
        ``(activities,)``, 1 where nothing is told.

    Raises
    ------
    BadInputError
        ``activity_nowhere``.
    """
    has = rca(value) >= REVEALED
    close, pci = density(has, proximity(has)), complexity(has).activity
    spread = float(np.ptp(pci))
    fine = (pci - pci.min()) / spread if spread else np.ones(len(pci))
    return np.asarray(close * fine * demand)


def choose(question: Question, gap: float = 0.0) -> Choice:
    """Return the choice of all regions that is worth most after sameness.

    Parameters
    ----------
    gap
        By which part the best may still be better; 0 for the proved optimum.

    Raises
    ------
    EngineError
        ``choice_unproved`` where no optimum was proved in time.
    """
    regions, activities = question.worth.shape
    pair = _pair_cost(question)
    ranks = np.tile(np.arange(regions, dtype=np.float64), activities)
    cost = np.concatenate([-question.worth.ravel(), pair * ranks])
    whole = np.concatenate([np.ones(regions * activities), np.zeros(activities * regions)])
    picks = sparse.kron(np.eye(regions), np.ones((1, activities)))
    rows = [sparse.hstack([picks, sparse.csr_array((regions, activities * regions))])]
    has_room: Bools = np.all(question.need[None] <= question.limit[:, None], axis=-1)
    fits: Bools = np.any(has_room, axis=1)
    least, most = [np.where(fits & (question.most > 0), 1.0, 0.0)], [question.most.astype(np.float64)]
    rows.append(
        sparse.hstack([
            sparse.kron(np.ones((1, regions)), np.eye(activities)),
            -sparse.kron(np.eye(activities), np.ones((1, regions))),
        ])
    )  # fmt: skip
    least.append(np.zeros(activities))
    most.append(np.zeros(activities))
    for need, limit in zip(question.need.T, question.limit.T, strict=True):
        # The solver keeps limits to a millionth: of the largest need, whatever its unit.
        scale = float(need.max(initial=0.0)) or 1.0
        taken = sparse.kron(np.eye(regions), need[None, :] / scale)
        rows.append(sparse.hstack([taken, sparse.csr_array((regions, activities * regions))]))
        least.append(np.full(regions, -np.inf))
        most.append(limit / scale)
    matrix = sparse.csr_array(sparse.vstack(rows))
    found = milp(
        cost,
        integrality=whole,
        bounds=Bounds(0.0, np.concatenate([has_room.ravel(), np.ones(activities * regions)])),
        constraints=LinearConstraint(matrix, np.concatenate(least), np.concatenate(most)),
        options={"mip_rel_gap": gap, "time_limit": TIME_S},
    )
    if found.status != 0:
        raise EngineError(
            f"A choice must be proved to be the best within {TIME_S:g} s, was not: {found.message}.",
            code="choice_unproved",
            hint="Leave limits or activities out, or let regions choose fewer.",
        )
    return choice_of(question, found.x[: regions * activities].reshape(regions, activities) > 0.5)


def choice_of(question: Question, picks: Bools) -> Choice:
    """Return what a choice is worth, and how alike it makes regions.

    Parameters
    ----------
    picks
        ``(regions, activities)``.
    """
    count = picks.sum(axis=0)
    share = picks.astype(np.float64)
    length = np.linalg.norm(share, axis=1)
    both = np.outer(length, length)
    cosine = np.divide(share @ share.T, both, out=np.zeros(both.shape), where=both > 0.0)
    upper = np.triu_indices(len(share), 1)
    return Choice(
        picks,
        float(question.worth[picks].sum()),
        int((count * (count - 1) // 2).sum()),
        float(sameness(share)[upper].mean()) if len(upper[0]) else float("nan"),
        float(cosine[upper].mean()) if len(upper[0]) else float("nan"),
    )


def frontier(question: Question, also: tuple[float, ...] = ()) -> tuple[Frontier, ...]:
    """Return what is chosen as sameness weighs more and more, from not at all; at other weights too."""
    return tuple(Frontier(weight, choose(replace(question, sameness=weight))) for weight in sorted({*WEIGHTS, *also}))


def kept(value: Floats, demand: Floats, question: Question, *, noise: float, draws: int, seed: int) -> Floats:
    """Return in which share of draws each pick would be made, were amounts told otherwise, ``(regions, activities)``.

    Parameters
    ----------
    noise
        Standard deviation of the logarithm of each amount.
    """
    found = np.zeros(value.shape)
    made = 0
    for drawn in _drawn(value, noise, draws, seed):
        found += choose(replace(question, worth=worths(drawn, demand)), DRAWN_GAP).picks
        made += 1
    return np.asarray(found / max(made, 1))


def _drawn(value: Floats, noise: float, draws: int, seed: int) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        drawn = value * np.exp(rng.normal(0.0, noise, value.shape) - noise**2 / 2.0)
        has = rca(drawn) >= REVEALED
        if has.any(axis=0).all() and has.any(axis=1).all():
            yield drawn


def _pair_cost(question: Question) -> float:
    """Return what two regions with one activity cost: at weight 1, if all chose it, each would lose a mean worth."""
    best = np.sort(question.worth, axis=1)[:, ::-1][:, : int(question.most.max(initial=1))]
    return 2.0 * question.sameness * float(best.mean()) / max(len(question.worth) - 1, 1)
