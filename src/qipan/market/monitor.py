"""Watch how a market is shared out: concentration, and offerers without whom demand cannot be met.

Shares say nothing about conduct: a small market is concentrated by its size. They say where conduct is worth watching.

Source: Merger Guidelines of the U.S. Department of Justice and the Federal Trade Commission (2023), Guideline 1:
markets with an HHI above 1,800 are highly concentrated. `sheffrin2002` (residual supply index, below 1: pivotal).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from qipan.market.model.monitor import Concentration, Flag, FlagKind, Hour, Limits, Measure

LARGEST = 4
"""How many of the largest shares are told."""


def concentration(market: str, measure: Measure, amounts: Mapping[str, int]) -> Concentration:
    """Return how amounts are shared out among members.

    Examples
    --------
    >>> concentration("h100@gui", Measure.SOLD, {"a": 50, "b": 30, "c": 20}).hhi
    3800
    """
    held = {member: amount for member, amount in amounts.items() if amount > 0}
    total = sum(held.values())
    ordered = sorted(held.items(), key=lambda one: (-one[1], one[0]))
    hhi = round(sum((100 * amount / total) ** 2 for amount in held.values())) if total else 0
    return Concentration(market, measure, total, hhi, tuple((name, lots / total) for name, lots in ordered[:LARGEST]))


def concentrated(found: Iterable[Concentration], limits: Limits) -> tuple[Flag, ...]:
    """Return markets that are highly concentrated."""
    return tuple(
        Flag(
            FlagKind.CONCENTRATION,
            one.market,
            (one.measure.value, *(name for name, _ in one.largest)),
            {"hhi": one.hhi, "largest_share": one.largest[0][1], "limit": limits.hhi},
        )
        for one in found
        if one.hhi > limits.hhi
    )


def pivotal(hours: Iterable[Hour], limits: Limits) -> tuple[Flag, ...]:
    """Return offerers without whom offers at a hub cannot serve its bids, and in how many hours; other hubs aside."""
    index: dict[tuple[str, str], list[float]] = defaultdict(list)
    counted: Counter[str] = Counter()
    for one in hours:
        demand = sum(order.lots for order in one.bids)
        if not demand:
            continue
        counted[one.market] += 1
        supply = sum(order.lots for order in one.offers)
        for member in sorted({order.member for order in one.offers}):
            own = sum(order.lots for order in one.offers if order.member == member)
            if (supply - own) / demand < limits.residual_supply:
                index[one.market, member].append((supply - own) / demand)
    return tuple(
        Flag(
            FlagKind.PIVOTAL,
            market,
            (member,),
            {"hours": len(found), "hours_watched": counted[market], "least_residual_supply": round(min(found), 4)},
        )
        for (market, member), found in sorted(index.items())
    )
