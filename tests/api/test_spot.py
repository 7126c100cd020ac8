"""Spot auctions over REST: sealed bids of a member by who acts for it, cleared and billed once; no names of others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.house import FORBIDDEN, House, code

DAY = "2090-03-05"
NAME = f"h100-80g/{DAY}"
NORTH, SOUTH = f"h100-80g@ningxia/{DAY}T09", f"h100-80g@guizhou/{DAY}T09"
LINKS = "link,from,to,gb_per_h,km\nn-s,ningxia,guizhou,24,1200\n"
TERMS: dict[str, Any] = {
    "card_class": "h100-80g",
    "day": DAY,
    "hubs": ["ningxia", "guizhou"],
    "fee_bp": 25,
    "links": LINKS,
}


def asks(kind: str, name: str, member: str, ware: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "request_id": name, "member": member, "instrument": ware, **more}


def bid(name: str, member: str, ware: str, side: str, lots: int, fen: int) -> dict[str, Any]:
    return asks("order", name, member, ware, side=side, lots=lots, fen_per_card_h=fen)


@pytest.fixture(scope="module")
def spot(house: House) -> House:
    """Return a market with an auction for which east has bid and west offered, and a voucher of east."""
    for member in ("east", "west"):
        house.new("clearing", "market/members", member_id=member)
    house.new("clearing", "accounts", account_id="bank", owner="bank", asset_id="fen", purpose="issued", floor=None)
    money = {"member": "east", "source": "bank", "fen": 200_000, "transfer_id": "in-1"}
    house.new("clearing", "market/margin/bring", **money)
    for hub in ("ningxia", "guizhou"):
        certified = {"card_class": "h100-80g", "hub_id": hub, "start": "2090-03-01T00:00:00+08:00", "cards": 80}
        made = house.send("clearing", "market/certifications", member="west", certificate="NC-1", **certified)
        assert made.status_code == 201, made.text
    house.new("clearing", "market/spot/auctions", **TERMS)
    return house


def test_auctions_are_opened_by_clearing_and_told_to_who_has_signed_in(spot: House) -> None:
    told = spot.get("nobody", "market/spot/auctions")
    (auction,) = told["rows"]
    assert (told["total"], auction["auction"], auction["hubs"]) == (1, NAME, ["ningxia", "guizhou"])
    assert (auction["links"], auction["digest"], auction["fee_bp"]) == ({"n-s": 3}, None, 25)
    assert spot.get("nobody", "market/spot/auctions", page=2)["rows"] == []
    assert spot.refusals("GET", "market/spot/auctions", "visitor") == {(401, "sign_in_needed")}
    before = spot.leaves()
    for path, body in (
        ("auctions", TERMS | {"day": "2090-03-06"}),
        ("gates", {"auction": NAME}),
        ("clearings", {"auction": NAME}),
        ("refunds", {"refund_id": "r", "auction": NAME, "offer_id": "w-1", "card_h": 1}),
        ("deviations", {"auction": NAME, "delivered_card_h": {}, "rolling_fen_per_card_h": None}),
    ):
        names = ("nobody", "east", "west", "registry", "auditor")
        assert spot.refusals("POST", f"market/spot/{path}", *names, **body) == FORBIDDEN
    for body, expected in (
        (TERMS | {"fee_bp": 30}, (409, "auction_taken")),
        (TERMS | {"hubs": ["atlantis"]}, (404, "hub_unknown")),
        (TERMS | {"links": "a\n"}, (400, "columns_missing")),
        (TERMS | {"day": "2090-W10"}, (422, "request_malformed")),
    ):
        assert code(spot.send("clearing", "market/spot/auctions", **body)) == expected
    assert spot.leaves() == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (bid("x", "east", SOUTH, "buy", -1, 900), (400, "order_negative")),
        (bid("x", "east", SOUTH, "buy", 1, 10**9), (400, "order_out_of_grid")),
        (bid("a b", "east", SOUTH, "buy", 1, 900), (400, "request_id_malformed")),
        (bid("x", "east", "h100-80g@gansu/2090-03-05T09", "buy", 1, 900), (400, "order_elsewhere")),
        (bid("x", "east", "h100-80g@guizhou/2090-03-06T09", "buy", 1, 900), (400, "order_elsewhere")),
        (bid("x", "east", "nonsense", "buy", 1, 900), (400, "instrument_name_bad")),
        (bid("x", "east", SOUTH, "sell", 1, 1600), (422, "offer_uncovered")),
        (bid("x", "east", SOUTH, "buy", 100, 900), (422, "bid_unfunded")),
        (bid("x", "east", SOUTH, "hold", 1, 900), (422, "request_malformed")),
        (asks("cancel", "x", "east", SOUTH, order_id="none"), (404, "order_unknown")),
        (bid("x", "west", SOUTH, "buy", 1, 900), (403, "duty_missing")),
    ],
)
def test_bad_bids_are_refused_with_all_that_came_with_them(spot: House, body: dict, expected: tuple) -> None:
    before, money = spot.leaves(), spot.get("clearing", "market/margin")
    good = bid("with-it", "east", SOUTH, "buy", 1, 1)
    assert code(spot.send("east", "market/spot/requests", requests=[good, body])) == expected
    assert (spot.leaves(), spot.get("clearing", "market/margin")) == (before, money)


def test_a_day_of_spot_is_bid_for_cleared_and_settled(spot: House) -> None:
    offers = [bid("w-1", "west", NORTH, "sell", 10, 900), bid("s-1", "west", SOUTH, "sell", 4, 1300)]
    assert [one["request_id"] for one in spot.new("west", "market/spot/requests", requests=offers)] == ["w-1", "s-1"]
    spot.new("east", "market/spot/requests", requests=[bid("e-1", "east", SOUTH, "buy", 5, 1500)])
    spot.new("east", "market/spot/requests", requests=[bid("e-2", "east", SOUTH, "buy", 1, 700)])
    (back,) = spot.new("east", "market/spot/requests", requests=[asks("cancel", "x-1", "east", SOUTH, order_id="e-2")])
    assert (back["auction"], back["number"]) == (NAME, 5)
    told = spot.get("east", "market/spot/orders", auction=NAME)
    assert (told["is_cleared"], [one["order_id"] for one in told["rows"]]) == (False, ["e-1"])
    assert spot.get("auditor", "market/spot/orders", auction=NAME)["total"] == 3
    assert spot.refusals("GET", "market/spot/orders", "nobody", "registry", auction=NAME) == FORBIDDEN
    assert spot.refusals("GET", "market/spot/orders", "east", auction=NAME, member="west") == FORBIDDEN

    named = {"auction": NAME}
    assert code(spot.send("clearing", "market/spot/clearings", **named)) == (422, "auction_open")
    assert spot.refusals("GET", "market/spot/prices", "nobody", auction=NAME) == {(404, "auction_uncleared")}
    closed = spot.send("clearing", "market/spot/gates", **named).json()
    assert spot.send("clearing", "market/spot/gates", **named).json() == closed
    other = {"requests": [bid("e-3", "east", "h100-80g@guizhou/2090-03-06T09", "buy", 1, 900)]}
    assert code(spot.send("east", "market/spot/requests", **other)) == (404, "auction_unknown")
    late = {"requests": [bid("e-3", "east", SOUTH, "buy", 1, 700)]}
    assert code(spot.send("east", "market/spot/requests", **late)) == (422, "auction_gated")
    cleared = spot.send("clearing", "market/spot/clearings", **named).json()
    assert spot.send("clearing", "market/spot/clearings", **named).json() == cleared
    assert (cleared["lots"], cleared["rent_fen"], cleared["payment_fen"]) == (5, 9504, 52_130)

    prices = {(one["instrument"], one["side"]): one["fen_per_card_h"]
              for one in spot.get("nobody", "market/spot/prices", auction=NAME)}  # fmt: skip
    assert prices == {(NORTH, "sell"): 900, (SOUTH, "sell"): 1300, (SOUTH, "buy"): 1300}
    bill = spot.get("east", "market/spot/bill", auction=NAME)
    (line,) = bill["rows"]
    assert (line["order_id"], line["paid_fen"], bill["totals"]) == ("e-1", 52_130, None)
    assert line["supplies"] == [{"bid_id": "e-1", "offer_id": None, "lots": lots} for lots in (3, 2)]
    assert spot.get("auditor", "market/spot/bill", auction=NAME)["totals"] == cleared
    assert [one["awarded_lots"] for one in spot.get("west", "market/spot/orders", auction=NAME)["rows"]] == [3, 2]


def test_what_came_after_the_day_is_settled_once(spot: House) -> None:
    down = {"refund_id": "r-1", "auction": NAME, "offer_id": "s-1", "card_h": 4}
    assert spot.new("clearing", "market/spot/refunds", **down)["parts"] == {"e-1": 4}
    assert code(spot.send("clearing", "market/spot/refunds", **down | {"card_h": 5})) == (409, "refund_differs")
    assert code(spot.send("clearing", "market/spot/refunds", **down | {"refund_id": "r-2", "card_h": 99})) == (
        400,
        "downtime_unfit",
    )
    (seen,) = spot.get("east", "market/spot/refunds", auction=NAME)
    assert (seen["offer_id"], seen["parts"], seen["card_h"]) == (None, {"e-1": 4}, 4)
    (seen,) = spot.get("west", "market/spot/refunds", auction=NAME)
    assert (seen["offer_id"], seen["parts"], seen["card_h"]) == ("s-1", {}, 4)
    assert spot.get("east", "market/spot/deviations", auction=NAME)["paid_fen"] is None
    told = {"auction": NAME, "delivered_card_h": {"e-1": 35}}
    assert code(spot.send("clearing", "market/spot/deviations", **told)) == (422, "request_malformed")
    wrong = told | {"delivered_card_h": {"e-1": 99, "none": 1}, "rolling_fen_per_card_h": None}
    refused = spot.send("clearing", "market/spot/deviations", **wrong)
    assert (code(refused), len(refused.json()["findings"])) == ((400, "delivered_unfit"), 2)
    missing = told | {"rolling_fen_per_card_h": {}}
    assert code(spot.send("clearing", "market/spot/deviations", **missing)) == (422, "rolling_missing")
    made = spot.new("clearing", "market/spot/deviations", **told, rolling_fen_per_card_h=None)
    assert (made["paid_fen"], made["remainder_fen"]) == ({"e-1": -1300}, -1300)
    seen = spot.get("east", "market/spot/deviations", auction=NAME)
    assert (seen["paid_fen"], seen["remainder_fen"], seen["digest"]) == ({"e-1": -1300}, None, made["digest"])
    assert spot.get("west", "market/spot/deviations", auction=NAME)["paid_fen"] == {}
    assert spot.get("auditor", "market/spot/check") == spot.get("clearing", "market/spot/check") == []
    assert spot.refusals("GET", "market/spot/check", "nobody", "east", "registry") == FORBIDDEN
