"""Find everything wrong with a matching: what cannot be held together, and contracts that would rather be signed.

Written from the definitions alone, apart from `match`: it goes by points, months and quotas as they were given, looks
at every contract, and shares no rule of choice with what made the matching. A contract *blocks* where both its sides
would sign it now, giving up what is worse to them if need be. Since both sides choose by substitutable rules, a
matching that no contract blocks is blocked by no group of experts and posts either. Who moves together signs nothing
alone: what such a pair would rather sign is told apart, by `move_together`.

Source: `hatfield2017`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np

from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.exchange import Exchange
from qipan.talent.model.terms import Mode

TOTAL = -1
"""In a quota: of all kinds."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """What is wrong with a matching.

    Attributes
    ----------
    overbooked
        Positions of experts whose contracts do not fit into their portions.
    overfull
        Positions of posts that hold more than a quota of theirs lets them.
    contracts
        Positions of contracts that block.
    """

    overbooked: Ints
    overfull: Ints
    contracts: Ints

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (len(self.overbooked) or len(self.overfull) or len(self.contracts))


class _Facts(NamedTuple):
    """An exchange as it was given, in arrays; kinds are region, main field and mode as numbers."""

    expert: Ints
    post: Ints
    terms: Ints
    expert_points: Floats
    post_points: Floats
    expert_name: Ints
    post_name: Ints
    span: Ints
    kind: Ints
    portion: Ints
    first_portion: Ints
    quota: Ints
    first_quota: Ints


class _Held(NamedTuple):
    by_expert: Ints
    first_of_expert: Ints
    by_post: Ints
    first_of_post: Ints


def block(exchange: Exchange, held: Bools) -> Blocks:
    """Return what is wrong with a matching; nothing, where it is stable."""
    facts = _facts(exchange)
    signed = np.flatnonzero(held).astype(np.int64)
    taken = _Held(
        *_grouped(signed, facts.expert, len(exchange.experts)), *_grouped(signed, facts.post, len(exchange.posts))
    )
    over = np.zeros(len(exchange.experts), dtype=np.bool_)
    full = np.zeros(len(exchange.posts), dtype=np.bool_)
    blocking = np.zeros(len(held), dtype=np.bool_)
    _look(facts, taken, over, full)
    _seek(facts, taken, held, blocking)
    blocking &= ~np.isin(facts.expert, [expert for pair in exchange.pairs() for expert in pair])
    return Blocks(*(np.flatnonzero(one).astype(np.int64) for one in (over, full, blocking)))


def _grouped(signed: Ints, owner: Ints, owners: int) -> tuple[Ints, Ints]:
    order = signed[np.argsort(owner[signed], kind="stable")]
    return order, np.searchsorted(owner[order], np.arange(owners + 1)).astype(np.int64)


def _facts(exchange: Exchange) -> _Facts:
    contracts, experts, posts = exchange.contracts, exchange.experts, exchange.posts
    modes = list(Mode)
    regions = {name: at for at, name in enumerate(sorted({one.region for one in experts}))}
    fields = {name: at for at, name in enumerate(sorted({field for one in experts for field in one.fields[:1]}))}
    of_expert = np.array(
        [(regions[one.region], fields[one.fields[0]] if one.fields else len(fields)) for one in experts], dtype=np.int64
    ).reshape(-1, 2)
    of_terms = [
        (one.span.first_month, one.span.until_month, one.span.days_a_month, modes.index(one.mode))
        for post in posts
        for one in post.terms
    ]
    begins = np.concatenate(([0], np.cumsum([len(post.terms) for post in posts]))).astype(np.int64)
    told = np.array(of_terms, dtype=np.int64).reshape(-1, 4)[begins[contracts.post] + contracts.terms]
    quotas, nobody = [], len(regions) + len(fields) + 1
    for post in posts:
        quotas.append([(TOTAL, TOTAL, TOTAL, post.most)])
        for one in post.quotas:
            region = regions.get(one.region, nobody) if one.region else TOTAL
            field = fields.get(one.field, nobody) if one.field else TOTAL
            quotas[-1].append((region, field, modes.index(one.mode) if one.mode else TOTAL, one.most))
    spans = [[(one.first_month, one.until_month, one.days_a_month) for one in expert.portions] for expert in experts]
    return _Facts(
        contracts.expert,
        contracts.post,
        contracts.terms,
        contracts.expert_points,
        contracts.post_points,
        _alphabetical([one.expert_id for one in experts]),
        _alphabetical([one.post_id for one in posts]),
        np.ascontiguousarray(told[:, :3]),
        np.ascontiguousarray(np.column_stack((of_expert[contracts.expert], told[:, 3]))),
        *_joined(spans, 3),
        *_joined(quotas, 4),
    )


def _alphabetical(names: list[str]) -> Ints:
    place = {name: at for at, name in enumerate(sorted(names))}
    return np.array([place[name] for name in names], dtype=np.int64)


def _joined(rows: Sequence[Sequence[tuple[int, ...]]], wide: int) -> tuple[Ints, Ints]:
    flat = np.array([row for of in rows for row in of], dtype=np.int64).reshape(-1, wide)
    return flat, np.concatenate(([0], np.cumsum([len(of) for of in rows]))).astype(np.int64)


@numba.njit(cache=True)
def _look(facts: _Facts, taken: _Held, over: Bools, full: Bools) -> None:  # pragma: no cover - compiled
    """Mark whoever holds what cannot be held together."""
    for expert in range(over.shape[0]):
        states = np.uint64(1)
        for at in range(taken.first_of_expert[expert], taken.first_of_expert[expert + 1]):
            states = _with(facts, states, taken.by_expert[at])
        over[expert] = states == 0
    for post in range(full.shape[0]):
        for at in range(taken.first_of_post[post], taken.first_of_post[post + 1]):
            one = taken.by_post[at]
            for row in range(facts.first_quota[post], facts.first_quota[post + 1]):
                counted = 0
                for other_at in range(taken.first_of_post[post], taken.first_of_post[post + 1]):
                    counted += _counts(facts, row, taken.by_post[other_at])
                full[post] |= counted > facts.quota[row, 3]
            for other_at in range(at + 1, taken.first_of_post[post + 1]):
                full[post] |= _are_twins(facts, one, taken.by_post[other_at])


@numba.njit(cache=True)
def _seek(facts: _Facts, taken: _Held, held: Bools, blocking: Bools) -> None:  # pragma: no cover - compiled
    """Mark every contract that both its sides would sign."""
    for contract in range(held.shape[0]):
        if not held[contract] and _expert_wants(facts, taken, contract):
            blocking[contract] = _post_wants(facts, taken, contract)


@numba.njit(cache=True)
def _expert_wants(facts: _Facts, taken: _Held, contract: int) -> bool:  # pragma: no cover - compiled
    """Tell whether a contract fits beside all that its expert holds and likes better."""
    expert = facts.expert[contract]
    states = _with(facts, np.uint64(1), contract)
    for at in range(taken.first_of_expert[expert], taken.first_of_expert[expert + 1]):
        mine = taken.by_expert[at]
        ahead = facts.expert_points[mine] - facts.expert_points[contract]
        if ahead == 0.0:
            ahead = facts.post_name[facts.post[contract]] - facts.post_name[facts.post[mine]]
            if ahead == 0.0:
                ahead = facts.terms[contract] - facts.terms[mine]
        if ahead > 0.0:
            states = _with(facts, states, mine)
    return bool(states != 0)


@numba.njit(cache=True)
def _post_wants(facts: _Facts, taken: _Held, contract: int) -> bool:  # pragma: no cover - compiled
    """Tell whether each quota that counts a contract has room for it beside what is held and better."""
    post = facts.post[contract]
    rows = facts.first_quota[post + 1] - facts.first_quota[post]
    counted = np.zeros(rows, dtype=np.int64)
    for at in range(taken.first_of_post[post], taken.first_of_post[post + 1]):
        ours = taken.by_post[at]
        ahead = facts.post_points[ours] - facts.post_points[contract]
        if ahead == 0.0:
            ahead = facts.expert_name[facts.expert[contract]] - facts.expert_name[facts.expert[ours]]
            if ahead == 0.0:
                ahead = facts.terms[contract] - facts.terms[ours]
        if ahead > 0.0:
            if _are_twins(facts, contract, ours):
                return False
            for row in range(rows):
                counted[row] += _counts(facts, facts.first_quota[post] + row, ours)
    for row in range(rows):
        at = facts.first_quota[post] + row
        if _counts(facts, at, contract) and counted[row] >= facts.quota[at, 3]:
            return False
    return True


@numba.njit(cache=True)
def _with(facts: _Facts, states: np.uint64, contract: int) -> np.uint64:  # pragma: no cover - compiled
    """Return which sets of portions can be taken once a contract has one too, a bit for each set."""
    expert, found = facts.expert[contract], np.uint64(0)
    first, last = facts.first_portion[expert], facts.first_portion[expert + 1]
    for at in range(first, last):
        span, portion = facts.span[contract], facts.portion[at]
        if portion[0] <= span[0] and span[1] <= portion[1] and span[2] <= portion[2]:
            bit = np.uint64(1) << np.uint64(at - first)
            for chosen in range(1 << (last - first)):
                is_there = states >> np.uint64(chosen) & np.uint64(1)
                if is_there and not np.uint64(chosen) & bit:
                    found |= np.uint64(1) << (np.uint64(chosen) | bit)
    return found


@numba.njit(cache=True)
def _counts(facts: _Facts, row: int, contract: int) -> bool:  # pragma: no cover - compiled
    """Tell whether a quota counts a contract."""
    is_counted = True
    for part in range(3):
        is_counted &= facts.quota[row, part] in (TOTAL, facts.kind[contract, part])
    return is_counted


@numba.njit(cache=True)
def _are_twins(facts: _Facts, one: int, other: int) -> bool:  # pragma: no cover - compiled
    """Tell whether two contracts of a post are of one expert, and the same quotas count them."""
    if facts.expert[one] != facts.expert[other]:
        return False
    post = facts.post[one]
    for row in range(facts.first_quota[post], facts.first_quota[post + 1]):
        if _counts(facts, row, one) != _counts(facts, row, other):
            return False
    return True
