"""Compare skills: how much what an occupation asks for has changed, and how much of that is chance.

The index is half the sum of absolute changes of the skills' shares (`deming2020` sums the changes of shares of ads):
the share of what is asked for that would have to be exchanged. Counts are taken as draws; those of two periods differ
even where nothing has changed, so the plain sum is too large. Two remedies, both by drawing anew:

- the floor: both periods drawn from what they have in common;
- the index: counts of each period are cut in two at random. One half says which skills rise and which fall, the other
  by how much. Where a sign is wrong the sum gets smaller, so on average it is at most the truth.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Floats, Ints
from qipan.labour.model.skills import Moved, SkillChange, SkillCounts

LEVEL = 0.9
"""Probability with which an interval holds."""
FLOOR = 0.95
TOLD = 5
"""How many rising and how many falling skills are told."""


def compare_skills(
    counts: SkillCounts,
    *,
    rng: np.random.Generator,
    base: str = "",
    alike: float = 1.0,
    draws: int = 400,
) -> tuple[SkillChange, ...]:
    """Return the change of each region and occupation from a base period to each later one, in their order.

    Parameters
    ----------
    rng
        A cell's draws do not depend on which other cells there are.
    base
        Period with which others are compared; else the first of each cell. Cells without it are left out.
    alike
        How many times the variance is what it would be were skills asked for one by one: those of a posting come
        together, so counts are worth that much less.

    Raises
    ------
    RuleBrokenError
        ``alike_below_one``; ``periods_too_few`` where no cell has two periods.

    Source: `deming2020`.
    """
    if not 1.0 <= alike < np.inf:
        raise RuleBrokenError(
            f"Skills of a posting must not count for more than one by one: 1 or more, was {alike:g}.",
            code="alike_below_one",
            hint="State how many times the variance is that of independent counts, such as 3.",
        )
    seeds = rng.integers(0, 2**63, size=4)
    found = []
    for (region, occupation), periods in counts.cells.items():
        first = base or next(iter(periods))
        for period in periods:
            if first in periods and period > first:
                found.append(_compared(region, occupation, first, period, periods, seeds, alike, draws))
    if not found:
        raise RuleBrokenError(
            f"Skills must be known of two periods of a cell, were of none of {len(counts.cells)}.",
            code="periods_too_few",
            hint="Bring counts of an earlier and of a later period of the same region and occupation.",
        )
    return tuple(found)


def _compared(
    region: str,
    occupation: str,
    base: str,
    period: str,
    periods: Mapping[str, Mapping[str, int]],
    seeds: Ints,
    alike: float,
    draws: int,
) -> SkillChange:
    skills = sorted({*periods[base], *periods[period]})
    before, after = (np.array([periods[at].get(one, 0) for one in skills], dtype=np.int64) for at in (base, period))
    then, now = before / max(1, before.sum()), after / max(1, after.sum())
    rng = np.random.default_rng(seeds.tolist())
    plain = float(_exchanged(then, now))
    if before.sum() < 2 * alike or after.sum() < 2 * alike:
        index, low, high, floor, chance = 0.0, 0.0, 1.0, 1.0, 1.0
    else:
        index, low, high, floor, chance = _tested(_worth(before, alike), _worth(after, alike), plain, rng, draws)
    moves = np.argsort(now - then, kind="stable")
    return SkillChange(
        region, occupation, base, period, int(before.sum()), int(after.sum()), plain, _turned(then, now),
        index, low, high, floor, chance,
        tuple(_moved(skills, then, now, at) for at in moves[::-1][:TOLD].tolist() if now[at] > then[at]),
        tuple(_moved(skills, then, now, at) for at in moves[:TOLD].tolist() if now[at] < then[at]),
    )  # fmt: skip


def _moved(skills: list[str], then: Floats, now: Floats, at: int) -> Moved:
    return Moved(skills[at], float(then[at]), float(now[at]))


def _exchanged(then: Floats, now: Floats) -> Floats:
    half: Floats = 0.5 * np.abs(now - then).sum(axis=-1)
    return half


def _turned(then: Floats, now: Floats) -> float:
    length = float(np.linalg.norm(then) * np.linalg.norm(now))
    return max(0.0, 1.0 - float(then @ now) / length) if length else 0.0


def _worth(counts: Ints, alike: float) -> Ints:
    """Return so many counts as are worth theirs, were each skill asked for by itself; their sum is what is left."""
    whole = np.floor(counts / alike).astype(np.int64)
    missing = round(float(counts.sum()) / alike) - int(whole.sum())
    largest = np.argsort(whole - counts / alike, kind="stable")[: max(0, missing)]
    whole[largest] += 1
    return whole


def _tested(
    before: Ints, after: Ints, plain: float, rng: np.random.Generator, draws: int
) -> tuple[float, float, float, float, float]:
    """Return the index, its interval, the floor, and how often chance alone would reach what was found."""
    old, new = int(before.sum()), int(after.sum())
    then, now = before / old, after / new
    same = (before + after) / (old + new)
    unchanged = _exchanged(rng.multinomial(old, same, draws) / old, rng.multinomial(new, same, draws) / new)
    again = _exchanged(rng.multinomial(old, then, draws) / old, rng.multinomial(new, now, draws) / new)
    index = _crossed(before, after, rng, draws)
    half = float(-ndtri((1.0 - LEVEL) / 2.0)) * float(again.std())
    # What drawing again adds once more it has added before; half of that is seldom enough, never too much.
    high = max(index, 2.0 * plain - float(again.mean())) + half
    chance = (1.0 + float((unchanged >= plain).sum())) / (draws + 1.0)
    return (
        max(0.0, index),
        max(0.0, index - half),
        min(1.0, max(0.0, high)),
        float(np.quantile(unchanged, FLOOR)),
        chance,
    )


def _crossed(before: Ints, after: Ints, rng: np.random.Generator, draws: int) -> float:
    """Return the index by halves: which skills rise in one, by how much in the other, over many cuts."""
    moves = []
    halves = [
        (counts, counts.sum() // 2, rng.multivariate_hypergeometric(counts, counts.sum() // 2, size=draws))
        for counts in (before, after)
    ]
    for is_other in (False, True):
        then, now = (
            ((counts - cut) / (counts.sum() - size) if is_other else cut / size) for counts, size, cut in halves
        )
        moves.append(now - then)
    one, other = moves
    return float((0.25 * (np.sign(one) * other + np.sign(other) * one).sum(axis=-1)).mean())
