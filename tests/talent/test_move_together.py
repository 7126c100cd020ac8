"""Those who move together both sign or neither does; what they would rather sign is told; no single expert blocks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.random_exchange import random_exchange
from hypothesis import given, settings
from tests.talent.made import exchange_of, exchanges, is_stable

from qipan.talent.block import block
from qipan.talent.lay_out import lay_out
from qipan.talent.model.exchange import Exchange
from qipan.talent.model.expert import Expert
from qipan.talent.model.post import Post
from qipan.talent.model.terms import Mode, Span, Terms
from qipan.talent.move_together import match_everybody

YEAR, HALF = Span(0, 12, 10), Span(0, 6, 10)


def post(name: str, most: int = 1, *spans: Span) -> Post:
    terms = tuple(Terms(number, Mode.EXCHANGE, span) for number, span in enumerate(spans or (YEAR,), start=1))
    return Post(name, "", "", (), most, terms)


def expert(name: str, partner: str = "") -> Expert:
    return Expert(name, "", "", (), (YEAR,), partner)


def test_pair_takes_the_best_choice_that_both_get() -> None:
    exchange = exchange_of(
        [expert("a", "b"), expert("b", "a"), expert("c")],
        [post("p"), post("q"), post("r"), post("s")],
        {
            (0, 0, 0): (9, 5), (0, 1, 0): (5, 5), (1, 2, 0): (9, 1), (1, 3, 0): (5, 5), (2, 2, 0): (9, 5),
        },
    )  # fmt: skip
    matching, (pair,) = match_everybody(exchange, lay_out(exchange))
    assert pair.contracts == (0, 3)
    assert pair.blocking == ()
    assert matching.rounds == 2
    assert block(exchange, matching.held).is_clean


def test_pair_whose_months_never_agree_signs_nothing() -> None:
    exchange = exchange_of(
        [expert("a", "b"), expert("b", "a")],
        [post("p", 1, YEAR), post("q", 1, HALF)],
        {(0, 0, 0): (1, 1), (1, 1, 0): (1, 1)},
    )
    matching, (pair,) = match_everybody(exchange, lay_out(exchange))
    assert (pair.contracts, matching.held.tolist()) == ((), [False, False])
    assert block(exchange, matching.held).contracts.tolist() == []


def test_pair_that_left_a_choice_which_became_free_is_told() -> None:
    """Pair a, b loses p to pair c, d, which then loses its other contract to e, and nobody comes back for p."""
    exchange = exchange_of(
        [expert("a", "b"), expert("b", "a"), expert("c", "d"), expert("d", "c"), expert("e")],
        [post("p"), post("q"), post("r")],
        {
            (0, 0, 0): (5, 1), (1, 1, 0): (5, 5), (2, 0, 0): (5, 5), (3, 2, 0): (5, 1), (4, 2, 0): (5, 5),
        },
    )  # fmt: skip
    matching, (first, second) = match_everybody(exchange, lay_out(exchange))
    assert (first.contracts, second.contracts) == ((), ())
    assert first.blocking == ((0, 1),)
    assert second.blocking == ()
    assert block(exchange, matching.held).is_clean


def test_pair_may_share_a_post_and_keeps_its_quota() -> None:
    exchange = exchange_of(
        [expert("a", "b"), expert("b", "a"), expert("c")],
        [post("p", 2)],
        {(0, 0, 0): (1, 3), (1, 0, 0): (1, 1), (2, 0, 0): (1, 2)},
    )
    matching, (pair,) = match_everybody(exchange, lay_out(exchange))
    assert pair.contracts == pair.blocking == ()
    assert matching.held.tolist() == [False, False, True]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(exchanges(portions=1))
def test_any_exchange_with_a_pair_leaves_single_experts_stable(exchange) -> None:
    if len(exchange.experts) < 2:
        return
    one, other, *rest = exchange.experts
    paired = (replace(one, partner=other.expert_id), replace(other, partner=one.expert_id), *rest)
    exchange = Exchange(paired, exchange.posts, exchange.contracts)
    matching, (pair,) = match_everybody(exchange, lay_out(exchange))
    assert len(pair.contracts) in {0, 2}
    assert block(exchange, matching.held).is_clean
    alone = Exchange(exchange.experts, exchange.posts, exchange.contracts)
    kept = [at for at in range(len(alone.contracts)) if alone.contracts.expert[at] > 1 or at in pair.contracts]
    c = alone.contracts
    seen = Exchange(alone.experts, alone.posts, type(c)(*(getattr(c, name)[kept] for name in c.__dataclass_fields__)))
    assert is_stable(seen, {at for at, one in enumerate(kept) if matching.held[one]})


@pytest.mark.slow
def test_made_exchange_with_pairs_settles() -> None:
    exchange = random_exchange(2_000, 200, seed=3, pairs=50)
    matching, together = match_everybody(exchange, lay_out(exchange))
    assert len(together) == 50
    assert sum(bool(one.contracts) for one in together) > 10
    assert block(exchange, matching.held).is_clean
