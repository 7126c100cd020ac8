"""Matchings are stable as the definition has it, the best stable ones for experts, and the same in any order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.talent.made import all_matchings, best, exchange_of, exchanges, expert_order, is_stable, shuffled

from qipan.talent.lay_out import lay_out
from qipan.talent.match import match
from qipan.talent.model.exchange import Contracts, Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.model.terms import Mode, Span, Terms

YEAR = Span(0, 12, 10)


def matched(exchange: Exchange) -> set[int]:
    return set(np.flatnonzero(match(lay_out(exchange))).tolist())


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(exchanges())
def test_match_any_exchange_is_stable_by_the_definition(exchange) -> None:
    assert is_stable(exchange, matched(exchange))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(exchanges(rows=7))
def test_match_gives_experts_the_best_of_all_stable_matchings(exchange) -> None:
    """Whoever could choose between what they get and what any other stable matching gives them keeps what they get."""
    ours = matched(exchange)
    for other in all_matchings(exchange):
        if is_stable(exchange, other):
            for expert in range(len(exchange.experts)):
                mine, theirs = (
                    {one for one in some if exchange.contracts.expert[one] == expert} for some in (ours, other)
                )
                assert best(exchange, sorted(mine | theirs), expert=expert) == mine


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(exchanges(), st.randoms(use_true_random=False))
def test_match_does_not_depend_on_the_order_of_rows_experts_and_posts(exchange, random) -> None:
    ours = names(exchange, matched(exchange))
    order = list(range(len(exchange.contracts)))
    random.shuffle(order)
    assert names(shuffled(exchange, order), matched(shuffled(exchange, order))) == ours
    turned = turned_round(exchange)
    assert names(turned, matched(turned)) == ours


def names(exchange: Exchange, held: set[int]) -> set[tuple[str, str, int]]:
    c = exchange.contracts
    return {
        (exchange.experts[c.expert[one]].expert_id, exchange.posts[c.post[one]].post_id, int(c.terms[one]))
        for one in held
    }


def turned_round(exchange: Exchange) -> Exchange:
    """Return the exchange with experts and posts in the opposite order."""
    c = exchange.contracts
    turned = Contracts(
        len(exchange.experts) - 1 - c.expert, len(exchange.posts) - 1 - c.post, c.terms, c.expert_points, c.post_points
    )
    return Exchange(exchange.experts[::-1], exchange.posts[::-1], turned)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(exchanges(portions=1, experts=3, rows=7))
def test_match_rewards_no_misreport_where_experts_sign_one_contract(exchange) -> None:
    """Every list that an expert could hand in, any order of any part of the true one, is tried."""
    ours = matched(exchange)
    for expert in range(len(exchange.experts)):
        assert not any(is_better(exchange, expert, ours, lied) for lied in lies(exchange, expert))


def test_match_can_reward_a_misreport_where_an_expert_signs_several_contracts() -> None:
    """What the theory says is lost with several contracts is lost: an expert gains by leaving a contract out."""
    posts = [Post(name, "", "", (), 1, (Terms(1, Mode.VISIT, YEAR),)) for name in "pq"]
    experts = [Expert("a", "", "", (), (YEAR, YEAR)), Expert("b", "", "", (), (YEAR,))]
    points = {(0, 0, 0): (2, 1), (0, 1, 0): (1, 2), (1, 1, 0): (2, 1), (1, 0, 0): (1, 2)}
    exchange = exchange_of(experts, posts, points)
    assert names(exchange, matched(exchange)) == {("a", "q", 0), ("b", "p", 0)}
    assert any(is_better(exchange, 0, matched(exchange), lied) for lied in lies(exchange, 0))


def lies(exchange: Exchange, expert: int):
    """Yield what comes of each other list that an expert could hand in."""
    c = exchange.contracts
    mine = np.flatnonzero(c.expert == expert).tolist()
    for size in range(len(mine) + 1):
        for some in permutations(mine, size):
            points = c.expert_points.copy()
            points[list(some)] = range(len(some), 0, -1)
            kept = [one for one in range(len(c)) if one not in mine or one in some]
            told = Contracts(c.expert[kept], c.post[kept], c.terms[kept], points[kept], c.post_points[kept])
            yield {kept[one] for one in matched(Exchange(exchange.experts, exchange.posts, told))}


def is_better(exchange: Exchange, expert: int, ours: set[int], other: set[int]) -> bool:
    """Tell whether another matching gives an expert as many contracts, each at least as good by the true list."""
    c = exchange.contracts
    mine, theirs = (
        sorted(expert_order(exchange, one) for one in some if c.expert[one] == expert) for some in (ours, other)
    )
    return mine != theirs and len(theirs) >= len(mine) and all(theirs[at] <= one for at, one in enumerate(mine))


def test_match_moves_contracts_between_portions_to_make_room() -> None:
    half, year = Span(0, 6, 10), Span(0, 12, 10)
    posts = [Post(name, "", "", (), 1, (Terms(1, Mode.VISIT, span),)) for name, span in (("p", half), ("q", year))]
    expert = Expert("a", "", "", (), (year, half))
    assert matched(exchange_of([expert], posts, {(0, 0, 0): (2, 1), (0, 1, 0): (1, 1)})) == {0, 1}


def test_match_signs_one_contract_of_an_expert_with_a_post() -> None:
    post = Post("p", "", "", (), 2, (Terms(1, Mode.VISIT, YEAR), Terms(2, Mode.VISIT, YEAR)))
    expert = Expert("a", "", "", (), (YEAR, YEAR))
    assert matched(exchange_of([expert], [post], {(0, 0, 0): (2, 1), (0, 0, 1): (1, 2)})) == {1}


def test_match_without_contracts_signs_none() -> None:
    assert matched(exchange_of([Expert("a", "", "", (), (YEAR,))], [Post("p", "", "", (), 1, ())], {})) == set()
