"""What blocks is found, all of it and nothing else, and what cannot be held together is named."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.random_exchange import random_exchange
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.talent.made import best, can_do, can_take, exchanges

from qipan.talent.block import block
from qipan.talent.lay_out import lay_out
from qipan.talent.match import match


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(exchanges(), st.data())
def test_block_any_set_of_contracts_finds_what_the_definition_finds(exchange, data) -> None:
    c = exchange.contracts
    held = np.array([data.draw(st.booleans()) for _ in range(len(c))], dtype=np.bool_)
    found = block(exchange, held)
    signed = np.flatnonzero(held).tolist()
    by_expert = [[one for one in signed if c.expert[one] == at] for at in range(len(exchange.experts))]
    by_post = [[one for one in signed if c.post[one] == at] for at in range(len(exchange.posts))]
    assert found.overbooked.tolist() == [at for at, some in enumerate(by_expert) if not can_do(exchange, at, some)]
    assert found.overfull.tolist() == [at for at, some in enumerate(by_post) if not can_take(exchange, at, some)]
    if len(found.overbooked) or len(found.overfull):
        assert not found.is_clean
        return
    blocking = [
        one
        for one in np.flatnonzero(~held).tolist()
        if one in best(exchange, [*by_expert[c.expert[one]], one], expert=int(c.expert[one]))
        and one in best(exchange, [*by_post[c.post[one]], one], post=int(c.post[one]))
    ]
    assert found.contracts.tolist() == blocking
    assert found.is_clean == (not blocking)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_block_a_made_exchange_finds_nothing_after_match_and_what_is_taken_away(seed) -> None:
    exchange = random_exchange(3_000, 300, seed=seed)
    held = match(lay_out(exchange))
    assert block(exchange, held).is_clean
    for one in np.flatnonzero(held)[::300].tolist():
        without = held.copy()
        without[one] = False
        assert one in block(exchange, without).contracts
