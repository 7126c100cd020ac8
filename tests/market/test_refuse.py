"""Refusals as errors: kind and code of each, what was found, and what to do."""

from __future__ import annotations

import pytest

from qipan.kernel.errors import BadInputError, ConflictError, NotFoundError, RuleBrokenError
from qipan.market.model.order import Order, Refusal, Side
from qipan.market.refuse import refuse

ORDER = Order("o-17", "firm", "h100@gansu/2026-03", Side.SELL, 7, 1234)
TOLD = {
    Refusal.UNKNOWN: (NotFoundError, "o-17 of firm"),
    Refusal.REPLAYED: (ConflictError, "o-17"),
    Refusal.DIFFERS: (ConflictError, "o-17"),
    Refusal.ELSEWHERE: (BadInputError, "h100@gansu/2026-03"),
    Refusal.NEGATIVE: (BadInputError, "7 lots at 1234 fen"),
    Refusal.OUT_OF_GRID: (BadInputError, "7 lots at 1234 fen until None"),
    Refusal.EXPIRED: (RuleBrokenError, "o-17 for h100@gansu/2026-03"),
    Refusal.CLOSED: (RuleBrokenError, "o-17"),
    Refusal.CROSSED: (RuleBrokenError, "7 lots at 1234 fen"),
    Refusal.OVERSOLD: (RuleBrokenError, "7 lots at 1234 fen of firm"),
    Refusal.SELF_TRADE: (RuleBrokenError, "7 lots at 1234 fen of firm"),
}


@pytest.mark.parametrize("refusal", Refusal, ids=str)
def test_refuse_tells_every_refusal_with_its_code(refusal: Refusal) -> None:
    kind, found = TOLD[refusal]
    error = refuse(refusal, ORDER)
    assert type(error) is kind
    assert error.code == refusal.value
    assert f"was {found}" in error.message
    assert error.message.endswith(".")
    assert error.hint.endswith(".")
