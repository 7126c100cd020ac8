"""Uphold the service of every tier: leave no more of any unserved than its cap, such as what another rule leaves.

The plan loses the least value, so where room is short it may leave more of a tier whose hours are worth little than a
rule that gives up whoever comes late. Caps are kept by prices: a tier over its cap has its lost hours valued higher (a
Lagrange multiplier), just above the least valuable tiers that can spare what is missing; where that breaks another cap,
between the two values. Plan, prices and placement follow from ordinary rules with these values. Costs and bounds are
told at the values that were given.

The placement of a simple rule that keeps the caps, each of its jobs moved to where it costs least, stays where prices
find none that costs less. Where nothing keeps them, the nearest is pressed: whoever is over a cap turns out work of
tiers that can spare it, as long as that brings the caps nearer.

All of these serve each tier by priority, as long as one of them then keeps the caps: caps come before priorities.

Source: `everett1963` (multipliers keep limits where choices are whole).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qipan.dispatch.jobs.classify import planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Floats, Ints, Texts
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import KINDS, Jobs, Tier
from qipan.dispatch.model.plan import Classes, Placement, Plan
from qipan.dispatch.model.upheld import ANY, Upheld, UpheldTier
from qipan.dispatch.placement.baseline import Baseline
from qipan.dispatch.placement.place import NOTHING, follow_priority, keep_seated, place, seat_more
from qipan.dispatch.placement.score import cheapest, planned_fen, unserved_unit_h
from qipan.dispatch.plan import plan as solve

POLICIES: Final = (*(rule.value for rule in Baseline), ANY)
"""Whose service can be upheld."""
ROUNDS: Final = 6
"""How many values are tried."""
PRESSED: Final = 1e3
"""Who may not lose more is worth so many times the most that lost hours are worth, when room is cleared."""
ABOVE: Final = 1.001
"""How far above another tier's value one is raised to come before it."""
ROUNDING_UNIT_H: Final = 1e-6
"""A cap is kept that is overstepped by no more."""


@dataclass(frozen=True, slots=True)
class Capped:
    """A placement under caps, and what it follows from.

    Attributes
    ----------
    rules, plan
        The values of lost hours with which caps are kept, and the plan and prices that follow from them.
    caps_unit_h, unserved_unit_h
        ``(kinds, tiers)``: what may be left of each tier, and what is; hours of two kinds are never added.
    rounds
        How many values were tried besides those that were given.
    is_known
        Whether prices did not find one that costs less, and it is that of a simple rule, with jobs moved.
    """

    rules: Rules
    plan: Plan
    found: Placement
    caps_unit_h: Floats
    unserved_unit_h: Floats
    rounds: int = 0
    is_known: bool = False

    @property
    def excess_unit_h(self) -> Floats:
        """What is left over the caps, ``(kinds, tiers)``."""
        return _excess(self.unserved_unit_h, self.caps_unit_h)

    @property
    def is_kept(self) -> bool:
        """Whether every cap is kept."""
        return not self.excess_unit_h.any()


def uphold(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *,
    refused: Texts, classes: Classes, plan: Plan, found: Placement, caps_unit_h: Floats,
    theirs: Mapping[str, Placement] = NOTHING,
) -> Capped:  # fmt: skip
    """Place jobs so that no more of any tier is left unserved than its cap; if that is not found, with least over them.

    Of the placements that keep every cap the cheapest stays, at the values that were given; it costs no more than that
    of any rule that keeps them, served by priority. Where none that serves by priority keeps them, others do.

    Parameters
    ----------
    refused
        ``(jobs,)`` of `Reason`, from `reach.refusals`; jobs with a reason count towards no cap.
    plan, found
        Without caps; if they keep them, and no rule that keeps them costs less, they stay.
    caps_unit_h
        ``(kinds, tiers)``
    theirs
        Where simple rules put the jobs, as far as that is known.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    takes = reached.takes[classes.streams.sort]

    def capped(rules: Rules, plan: Plan, found: Placement, *, is_known: bool = False) -> Capped:
        return Capped(rules, plan, found, caps_unit_h, unserved_unit_h(jobs, board, found), is_known=is_known)

    def least(ones: list[Capped]) -> Capped:
        return ones[cheapest(sum(planned_fen(jobs, board, rules, reached, one.found)) for one in ones)]

    def ranked(one: Capped) -> Capped:
        placed = follow_priority(*given, refused=refused, plan=one.plan, found=one.found)
        return one if placed is one.found else capped(one.rules, one.plan, placed, is_known=one.is_known)

    given = (jobs, board, rules, reached)
    tried = [capped(rules, plan, found)]
    keepers = [one for one in (capped(rules, plan, one, is_known=True) for one in theirs.values()) if one.is_kept]
    rivals = [one for one in map(ranked, keepers) if one.is_kept]
    if tried[0].is_kept and least([tried[0], *rivals]) is tried[0]:
        return tried[0]
    while not tried[-1].is_kept and len(tried) <= ROUNDS:
        worth = next_worth([(_worth(one.rules), one.unserved_unit_h) for one in tried], caps_unit_h)
        if worth is None:
            break
        raised = valued(rules, worth)
        solved = solve(board, classes, raised, takes)
        placed = place(jobs, board, raised, reached, refused=refused, plan=solved, theirs=theirs)
        tried.append(capped(raised, solved, placed))
    moved = [keep_seated(*given, refused=refused, plan=plan, found=one.found) for one in keepers]
    keep = [one for one in tried if one.is_kept] + [capped(rules, plan, one, is_known=True) for one in moved]
    keep = [one for one in map(ranked, keep) if one.is_kept] + rivals or keep
    best = least(keep) if keep else min(tried, key=_excess_sum)
    while not best.is_kept:
        solved, pressed, over = best.plan, _pressed(rules, best), _over(jobs, board, best)
        placed = seat_more(jobs, board, pressed, reached, refused=refused, plan=solved, found=best.found, more=over)
        placed = keep_seated(*given, refused=refused, plan=solved, found=placed)
        nearer = capped(best.rules, solved, placed)
        nearer = min((ranked(nearer), nearer), key=_excess_sum)
        if _excess_sum(nearer) >= _excess_sum(best):
            break
        best = nearer
    return replace(best, rounds=len(tried) - 1)


def _excess_sum(one: Capped) -> float:
    return float(one.excess_unit_h.sum())


def _pressed(rules: Rules, one: Capped) -> Rules:
    """Return rules by which whoever is over a cap may turn out any work of tiers that can spare some, and no other."""
    spares = ~one.excess_unit_h.any(axis=0) & (one.unserved_unit_h < one.caps_unit_h).any(axis=0)
    return valued(rules, np.where(spares, _worth(rules), PRESSED * _worth(rules).max()))


def _over(jobs: Jobs, board: Board, one: Capped) -> Ints:
    """Return jobs without a seat, the small first, that together are as much as is over the caps."""
    work = jobs.quantity * planned_h(jobs, board)
    over: list[int] = []
    for kind, tier in np.argwhere(one.excess_unit_h > 0.0):
        left = np.flatnonzero((jobs.kind == kind) & (jobs.tier == tier) & one.found.had_no_room)
        left = left[np.argsort(work[left], kind="stable")]
        enough = int(np.searchsorted(np.cumsum(work[left]), one.excess_unit_h[kind, tier] - ROUNDING_UNIT_H))
        over += left[: enough + 1].tolist()
    return np.array(over, dtype=np.int64)


def uphold_against(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *,
    policy: str, theirs: Mapping[str, Placement], refused: Texts, classes: Classes, plan: Plan, found: Placement,
) -> tuple[Capped, Upheld | None]:  # fmt: skip
    """Place jobs so that no tier is served worse than by a policy, and tell what it came to.

    Parameters
    ----------
    policy
        One of ``theirs``; or ``any``, for which the caps are the least of each tier that any of them leaves; or empty,
        and there are no caps.
    theirs
        Where each policy puts the jobs.
    refused, classes, plan, found
        As `uphold` takes them.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    if not policy:
        return Capped(
            rules, plan, found, np.full((len(KINDS), len(Tier)), np.inf), unserved_unit_h(jobs, board, found)
        ), None
    left = {name: unserved_unit_h(jobs, board, one) for name, one in theirs.items()}
    caps = np.min(list(left.values()), axis=0) if policy == ANY else left[policy]
    kept = uphold(
        jobs, board, rules, reached,
        refused=refused, classes=classes, plan=plan, found=found, caps_unit_h=caps, theirs=theirs,
    )  # fmt: skip
    free = unserved_unit_h(jobs, board, found)
    over = kept.excess_unit_h
    cost = [sum(planned_fen(jobs, board, rules, reached, one)) for one in (found, kept.found)]
    tiers = tuple(
        UpheldTier(
            kind=KINDS[kind].value,
            tier=tier.label,
            cap_unit_h=float(caps[kind, tier]),
            free_unit_h=float(free[kind, tier]),
            unserved_unit_h=float(kept.unserved_unit_h[kind, tier]),
            worth_fen_per_unit_h=kept.rules.tiers[tier].unserved_fen_per_unit_h,
            is_kept=not over[kind, tier],
        )
        for kind in np.unique(jobs.kind).tolist()
        for tier in Tier
    )
    return kept, Upheld(policy, tiers, kept.is_kept, kept.rounds, kept.is_known, cost[0], cost[1])


def valued(rules: Rules, worth: Sequence[float] | Floats) -> Rules:
    """Return rules with other values of lost hours.

    Parameters
    ----------
    worth
        Fen for a unit-hour, ``(tiers,)``.
    """
    pairs = zip(rules.tiers, worth, strict=True)
    return replace(rules, tiers=tuple(replace(tier, unserved_fen_per_unit_h=float(fen)) for tier, fen in pairs))


def next_worth(tried: Sequence[tuple[Floats, Floats]], caps_unit_h: Floats) -> Floats | None:
    """Return the values of lost hours to try next, fen for a unit-hour, ``(tiers,)``; None if there are none.

    Parameters
    ----------
    tried
        Values tried so far, those that were given first, ``(tiers,)``, and what they left, ``(kinds, tiers)``.
    """
    given, (worth, left) = tried[0][0], tried[-1]
    over = (_excess(left, caps_unit_h) > 0.0).any(axis=0)
    kept = (worth > given) & ~over
    is_blamed = bool(kept.any()) and bool((over & (worth <= given)).any())
    new = worth.copy()
    for tier in np.flatnonzero(kept if is_blamed else over).tolist():
        low = max(values[tier] for values, was in tried if _excess(was, caps_unit_h)[:, tier].any())
        high = min((values[tier] for values, was in tried if values[tier] > low), default=np.inf)
        new[tier] = (low + high) / 2.0 if np.isfinite(high) else _above(tier, worth, left, caps_unit_h)
    return None if any(np.allclose(new, values, rtol=1e-4, atol=0.0) for values, _ in tried) else new


def _above(tier: int, worth: Floats, left: Floats, caps_unit_h: Floats) -> float:
    """Return a value just above the least valuable tiers that can spare what a tier is over; else twice its own.

    Only work of the kind that is most over can spare anything for it.
    """
    kind = int(np.argmax(left[:, tier] - caps_unit_h[:, tier]))
    spare = np.maximum(caps_unit_h - left, 0.0)[kind]
    givers = [one for one in np.argsort(worth, kind="stable") if spare[one] > 0.0]
    enough = int(np.searchsorted(np.cumsum(spare[givers]), (left - caps_unit_h)[kind, tier]))
    above = [ABOVE * worth[one] for one in givers[min(enough, max(len(givers) - 1, 0)) :]]
    return float(next((fen for fen in above if fen > worth[tier]), 2.0 * worth[tier]))


def _excess(left: Floats, caps_unit_h: Floats) -> Floats:
    return np.where(left > caps_unit_h + ROUNDING_UNIT_H, left - caps_unit_h, 0.0)


def _worth(rules: Rules) -> Floats:
    return np.array([tier.unserved_fen_per_unit_h for tier in rules.tiers])
