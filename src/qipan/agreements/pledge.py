"""Find the parts of an agreement's revenue that a pledge can have: those that no other holds at any time of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qipan.accounts.model.claim import Claim
from qipan.agreements.model.posted import REVENUE_PARTS, Pledge
from qipan.agreements.pay import month_start
from qipan.kernel.errors import RuleBrokenError


def revenue(agreement_id: str) -> str:
    """Return the id of what of an agreement's revenue can be pledged."""
    return f"revenue/{agreement_id}"


def claims_of(pledge: Pledge, standing: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the claims of a pledge: the lowest free parts, a claim for each stretch of them.

    Raises
    ------
    RuleBrokenError
        ``revenue_pledged`` where too little is free.
    """
    start, end = month_start(pledge.start), month_start(pledge.end)
    left = pledge.parts
    found: list[Claim] = []
    for first, behind in free(standing, start, end):
        taken = min(left, behind - first)
        if taken:
            name = f"pledge/{pledge.agreement_id}/{pledge.pledge_id}/{len(found) + 1}"
            found.append(
                Claim(name, revenue(pledge.agreement_id), pledge.holder, "pledge", first, first + taken, start, end)
            )
        left -= taken
    if left:
        raise RuleBrokenError(
            f"Revenue must be pledged once at a time, was {pledge.share} of {pledge.agreement_id} with "
            f"{(pledge.parts - left) / REVENUE_PARTS} free from {pledge.start} to {pledge.end}.",
            code="revenue_pledged",
            hint="Pledge what is free, or other months; qipan agreements show tells what is pledged.",
        )
    return tuple(found)


def free(standing: Sequence[Claim], start: datetime, end: datetime) -> tuple[tuple[int, int], ...]:
    """Return the stretches of parts that no claim holds at any moment of ``[start, end)``, the lowest first."""
    held = sorted((one.unit_start, one.unit_end) for one in standing if one.start < end and start < one.end)
    found: list[tuple[int, int]] = []
    at = 0
    for first, behind in [*held, (REVENUE_PARTS, REVENUE_PARTS)]:
        if at < first:
            found.append((at, first))
        at = max(at, behind)
    return tuple(found)


def holders(standing: Sequence[Claim], moment: datetime) -> dict[str, int]:
    """Return how many parts of the revenue each holder has at a moment, in the order of the parts."""
    found: dict[str, int] = {}
    for one in sorted(standing, key=lambda claim: claim.unit_start):
        if one.start <= moment < one.end:
            found[one.holder] = found.get(one.holder, 0) + one.unit_end - one.unit_start
    return found
