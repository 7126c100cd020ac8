"""Match everybody, those who move together included, as far as that can be done.

Where some experts move together, a matching that nobody wants to leave may not exist. So this is a heuristic: each
pair asks for one choice of two contracts over the same months, the best first; everybody is matched; pairs of whom not
both were taken go on to their next choice, and everybody is matched anew, until no pair has to. So no contract of a
single expert ever blocks. A pair goes by the points that both give together, and never goes back to a choice that it
left: one that has become free since may block.

Source: `roth1999`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qipan.talent.lay_out import Layout
from qipan.talent.match import match
from qipan.talent.model.array import Floats, Ints
from qipan.talent.model.exchange import Exchange, Matching
from qipan.talent.model.terms import Mode
from qipan.talent.model.together import Together

Choice = tuple[int, int]
Taken = Mapping[int, Sequence[int]]


@dataclass(slots=True)
class _Pair:
    """Two experts, their choices, the best first, and at which one they are."""

    experts: tuple[int, int]
    choices: list[Choice]
    at: int = 0

    @property
    def asked(self) -> Choice | tuple[()]:
        """What they ask for now."""
        return self.choices[self.at] if self.at < len(self.choices) else ()


def match_everybody(exchange: Exchange, layout: Layout) -> tuple[Matching, tuple[Together, ...]]:
    """Return a matching, and what came of those who move together."""
    pairs = [_Pair(both, _choices(exchange, layout, both)) for both in exchange.pairs()]
    if not pairs:
        return Matching(match(layout)), ()
    is_alone = np.ones(len(exchange.experts), dtype=np.bool_)
    is_alone[[expert for pair in pairs for expert in pair.experts]] = False
    rounds = 0
    while True:
        rounds += 1
        is_open = is_alone[layout.expert]
        is_open[[contract for pair in pairs for contract in pair.asked]] = True
        held = match(layout, is_open)
        split = [pair for pair in pairs if not all(held[contract] for contract in pair.asked)]
        if not split:
            break
        for pair in split:
            pair.at += 1
    matching = Matching(held, rounds)
    taken: dict[int, list[int]] = defaultdict(list)
    for contract in matching.signed.tolist():
        taken[int(layout.post[contract])].append(contract)
    return matching, tuple(Together(pair.experts, pair.asked, tuple(_missed(exchange, taken, pair))) for pair in pairs)


def _choices(exchange: Exchange, layout: Layout, both: tuple[int, int]) -> list[Choice]:
    """Return what two experts could sign over the same months, the best first."""
    points: Floats = exchange.contracts.expert_points
    mine, theirs = ([(one, _months(exchange, one)) for one in _listed(layout, expert)] for expert in both)
    found = []
    for place, (one, months) in enumerate(mine):
        for other_place, (other, other_months) in enumerate(theirs):
            if other_months == months:
                found.append((-float(points[one] + points[other]), place, other_place, (one, other)))
    return [choice for *_, choice in sorted(found)]


def _listed(layout: Layout, expert: int) -> list[int]:
    """Return what an expert can sign, the best first."""
    mine: Ints = layout.listed[layout.first[expert] : layout.first[expert + 1]]
    found: list[int] = mine[layout.fits[mine] > 0].tolist()
    return found


def _months(exchange: Exchange, contract: int) -> tuple[int, int]:
    span = exchange.terms_of(contract).span
    return span.first_month, span.until_month


def _missed(exchange: Exchange, taken: Taken, pair: _Pair) -> Iterator[Choice]:
    """Yield better choices of a pair that their posts would take now."""
    for choice in pair.choices[: pair.at]:
        posts = {int(exchange.contracts.post[contract]) for contract in choice}
        if all(_would_take(exchange, taken[post], post, (pair.asked, choice)) for post in posts):
            yield choice


def _would_take(exchange: Exchange, held: Sequence[int], post: int, moving: tuple[Choice | tuple[()], Choice]) -> bool:
    """Tell whether a post, chosen from all it holds anew, would take what a pair brings it."""
    contracts, seat, (leaving, choice) = exchange.contracts, exchange.posts[post], moving
    offered = [one for one in held if one not in leaving]
    brought = [one for one in choice if contracts.post[one] == post]
    taken: list[int] = []
    for one in sorted([*offered, *brought], key=lambda one: _order(exchange, one)):
        counted = [_kind(exchange, other) for other in taken]
        quotas = [quota for quota in seat.quotas if quota.holds(*_kind(exchange, one))]
        if len(taken) < seat.most and all(sum(quota.holds(*kind) for kind in counted) < quota.most for quota in quotas):
            taken.append(one)
    return set(brought) <= set(taken)


def _order(exchange: Exchange, contract: int) -> tuple[float, str, int]:
    contracts = exchange.contracts
    name = exchange.experts[contracts.expert[contract]].expert_id
    return -float(contracts.post_points[contract]), name, int(contracts.terms[contract])


def _kind(exchange: Exchange, contract: int) -> tuple[str, str, Mode]:
    """Return what quotas count a contract by."""
    expert = exchange.experts[exchange.contracts.expert[contract]]
    return expert.region, (expert.fields or ("",))[0], exchange.terms_of(contract).mode
