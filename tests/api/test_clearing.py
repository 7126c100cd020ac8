"""The clearing house over REST: money by who owns it, the day marked and settled once, calls answered or closed out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.api.house import FORBIDDEN, LOT_FEN, WEEK, House, code, open_market, order

from qipan.accounts.statement import check_statement
from qipan.log.note import verifier_of


@pytest.fixture(scope="module")
def market(house: House) -> House:
    """Return a market in which west has sold east five lots at 1,200 fen, each with cash of its own."""
    open_market(house)
    for member in ("east", "west"):
        cash = {"owner": member, "asset_id": "fen", "purpose": "cash"}
        house.new("clearing", "accounts", account_id=f"{member}/cash", **cash)
    paid = {"debit": "bank", "credit": "east/cash", "amount": 1000, "reason": "opening"}
    house.new("clearing", "accounts/transfers", transfers=[{"transfer_id": "cash", **paid}])
    house.new("west", "market/requests", requests=[order("s-1", "west", "sell", 5, 1200)])
    house.new("east", "market/requests", requests=[order("b-1", "east", "buy", 5, 1200)])
    return house


def purse(market: House, member: str) -> dict:
    (told,) = market.get("auditor", "market/margin", member=member)
    return told


def test_members_move_their_own_money_only(market: House) -> None:
    before = market.leaves()
    bring = {"member": "east", "fen": 100, "transfer_id": "m-1"}
    for source, names in (("east/cash", ("west", "nobody", "auditor", "registry")), ("bank", ("east",))):
        assert market.refusals("POST", "market/margin/bring", *names, source=source, **bring) == FORBIDDEN
    for account, names in (("east/cash", ("west", "nobody", "auditor")), ("west/cash", ("east",))):
        assert market.refusals("POST", "market/margin/take-back", *names, account=account, **bring) == FORBIDDEN
    west = bring | {"member": "west"}
    assert market.refusals("POST", "market/margin/bring", "east", source="east/cash", **west) == FORBIDDEN
    none = market.send("east", "market/margin/bring", source="none", **bring)
    assert code(none) == (404, "account_unknown")
    assert market.leaves() == before


def test_margin_is_brought_once_and_what_is_free_taken_back(market: House) -> None:
    bring = {"member": "east", "source": "east/cash", "fen": 1000, "transfer_id": "m-2"}
    assert market.new("east", "market/margin/bring", **bring) == {"member": "east", "fen": 1000, "is_new": True}
    told = purse(market, "east")
    assert (told["margin_fen"], told["held_fen"], told["required_fen"]) == (
        10 * LOT_FEN + 1000,
        5 * LOT_FEN,
        5 * LOT_FEN,
    )
    before = market.leaves()
    other = market.send("east", "market/margin/bring", **bring | {"fen": 999})
    assert code(other) == (422, "transfers_refused")
    back = {"member": "east", "account": "east/cash", "transfer_id": "m-3"}
    assert code(market.send("east", "market/margin/take-back", fen=6 * LOT_FEN, **back)) == (422, "money_short")
    theirs = back | {"account": "west/margin"}
    assert code(market.send("clearing", "market/margin/take-back", fen=1, **theirs)) == (422, "margin_of_another")
    assert market.leaves() == before
    market.new("east", "market/margin/take-back", fen=1000, **back)
    fund = {"member": "east", "source": "east/cash", "fen": 10, "transfer_id": "m-4", "to_fund": True}
    market.new("east", "market/margin/bring", **fund)
    assert (purse(market, "east")["margin_fen"], purse(market, "east")["fund_fen"]) == (10 * LOT_FEN, 10)
    assert {one["member"] for one in market.get("east", "market/margin")} == {"east"}
    assert {one["member"] for one in market.get("clearing", "market/margin")} == {"east", "west"}
    assert market.refusals("GET", "market/margin", "west", "nobody", member="east") == FORBIDDEN


def test_day_is_marked_and_settled_once_or_called(market: House) -> None:
    # West takes all that is free back, then buys one lot back at 1,500: the mean of the closing window is 1,250, and
    # four lots lose 50 fen a card-hour, the one that came back 300. All that it has is gone.
    back = {"member": "west", "account": "west/cash", "fen": 5 * LOT_FEN, "transfer_id": "w-1"}
    market.new("west", "market/margin/take-back", **back)
    market.new("east", "market/requests", requests=[order("s-2", "east", "sell", 1, 1500)])
    market.new("west", "market/requests", requests=[order("b-2", "west", "buy", 1, 1500)])
    (marked,) = market.send("clearing", "market/marks").json()
    assert (marked["mark"]["fen_per_card_h"], marked["is_final"]) == (1250, False)
    assert market.send("clearing", "market/marks").json() == [marked]
    before = market.leaves()
    called = market.send("clearing", "market/settlements").json()
    assert (called["is_settled"], called["calls_fen"]) == (False, {"west": 4 * LOT_FEN})
    assert market.leaves() == before
    assert market.get("west", "market/calls") == [{"member": "west", "call_fen": 4 * LOT_FEN}]
    assert market.get("east", "market/calls") == []
    assert market.refusals("GET", "market/calls", "nobody", "registry") == FORBIDDEN
    late = order("b-3", "west", "buy", 1, 900)
    assert code(market.send("west", "market/requests", requests=[late])) == (403, "margin_called")
    assert code(market.send("west", "market/margin/take-back", **back | {"transfer_id": "w-2"})) == (
        403,
        "margin_called",
    )
    answer = {"member": "west", "source": "west/cash", "fen": 4 * LOT_FEN, "transfer_id": "w-3"}
    market.new("west", "market/margin/bring", **answer)
    settled = market.send("clearing", "market/settlements").json()
    assert (settled["is_settled"], settled["paid_fen"]) == (True, {"east": 5 * LOT_FEN, "west": -5 * LOT_FEN})
    after = market.leaves()
    assert market.send("clearing", "market/settlements").json()["digest"] == settled["digest"]
    assert market.leaves() == after
    assert code(market.send("clearing", "market/defaults", member="west")) == (422, "default_uncalled")
    assert market.get("clearing", "market/check") == []


def test_margin_account_is_told_and_its_statement_verified_offline(market: House) -> None:
    told = market.get("east", "market/statement", member="east")
    assert (told["account"], told["transfers"][0]["reason"]) == ("east/margin", "margin")
    assert told["transfers"][-1]["balance_fen"] == purse(market, "east")["margin_fen"]
    assert market.get("auditor", "market/statement", member="east") == told
    assert market.refusals("GET", "market/statement", "west", "nobody", member="east") == FORBIDDEN
    assert market.refusals("GET", "market/statement", "clearing", member="none") == {(404, "member_unknown")}
    proved = market.send("east", "accounts/statements", account_id="east/margin").json()
    assert check_statement(proved["statement"], log=verifier_of(proved["key"])) == ()
    assert proved["transfers"] == len(told["transfers"])


def test_member_that_does_not_answer_its_call_is_closed_out(market: House) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    clearing = market.services.clearing
    with market.services.books.begin() as unit:
        clearing.mark(unit, tomorrow, {WEEK: 1400.0})
        called = clearing.settle(unit, tomorrow)
    assert set(called.calls_fen) == {"west"}
    market.new("east", "market/requests", requests=[order("s-3", "east", "sell", 2, 1400)])
    assert market.refusals("POST", "market/defaults", "east", "auditor", member="west") == FORBIDDEN
    told = market.send("clearing", "market/defaults", member="west").json()
    assert [(one["buyer"], one["seller"], one["lots"]) for one in told["trades"]] == [("west", "east", 2)]
    assert [(one["member"], one["position"]) for one in told["left"]] == [("west", -2)]
    assert purse(market, "west")["is_defaulted"] is True
    late = order("b-4", "west", "buy", 1, 900)
    assert code(market.send("west", "market/requests", requests=[late])) == (403, "member_defaulted")
