"""Delivery over REST: a seller nominates its sites, the house allocates and settles, each is told its own part."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.api.delivered import AHEAD, SITE, over, past_day, sell_days
from tests.api.house import FORBIDDEN, House, code

from qipan.access.model import Duty


@pytest.fixture(scope="module")
def market(house: House) -> House:
    """Return a market with a sold day that is over and one to come; ``west`` sells, ``east`` buys."""
    sell_days(house.services, "west", "east", "north")
    with house.services.books.begin() as unit:
        house.services.access.grant(unit, "trustee", Duty.SITE, datetime.now(UTC), party="north")
    return house


def word(name: str, lots: int, **more: object) -> dict[str, object]:
    return {"supply_id": name, "member": "west", "instrument": AHEAD, "site_id": SITE, "lots": lots, **more}


def test_nominations_are_said_once_by_who_acts_for_the_seller(market: House) -> None:
    told = market.new("west", "market/delivery/nominations", **word("n-1", 3, end="2198-03-08T22:00:00+08:00"))
    assert (told["lots"], told["start"], told["fen_per_card_h"]) == (3, "2198-03-07T16:00:00Z", None)
    assert market.get("west", "market/delivery/nominations", instrument=AHEAD)["rows"] == [
        {name: told[name] for name in told if name != "is_new"}
    ]
    assert market.get("east", "market/delivery/nominations", instrument=AHEAD)["rows"] == []
    lacking = market.get("west", "market/delivery/owed", instrument=AHEAD)
    assert [(one["hour"], one["member"], one["lots"]) for one in lacking] == [
        ("2198-03-08T14:00:00Z", "west", 3),
        ("2198-03-08T15:00:00Z", "west", 3),
    ]
    assert {one["member"] for one in market.get("east", "market/delivery/owed", instrument=AHEAD)} == {None}
    names = ("nobody", "east", "clearing", "registry", "auditor")
    assert market.refusals("POST", "market/delivery/nominations", *names, **word("n-2", 1)) == FORBIDDEN
    assert market.refusals("POST", "market/delivery/nominations", "visitor", **word("n-2", 1)) == {
        (401, "sign_in_needed")
    }
    assert market.refusals("GET", "market/delivery/nominations", "nobody", instrument=AHEAD) == FORBIDDEN


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (word("n-1", 2), (409, "supply_differs")),
        (word("x", -1), (400, "supply_unfit")),
        (word("x", 1, end="2198-03-08T22:30:00+08:00"), (400, "supply_unfit")),
        (word("x", 4), (422, "nomination_above_owed")),
        (word("x", 1, site_id="nowhere", start="2198-03-08T22:00:00+08:00"), (422, "nomination_above_certified")),
        (word("x", 1, instrument="h100-80g@ningxia/2198-03-09"), (404, "book_unknown")),
        (word("x", 1, instrument="h100"), (400, "instrument_name_bad")),
        (word("x", 1, cards=8), (422, "request_malformed")),
        (word("x", 1, start="2198-03-08T22:00:00"), (422, "request_malformed")),
    ],
)
def test_bad_nominations_are_refused_and_leave_nothing(market: House, body: dict, expected: tuple) -> None:
    before = market.leaves()
    assert code(market.send("west", "market/delivery/nominations", **body)) == expected
    assert market.leaves() == before


def test_sites_are_certified_by_clearing_and_told_to_their_member(market: House) -> None:
    step = {"member": "west", "site_id": "guyuan", "card_class": "h100-80g", "hub_id": "ningxia",
            "start": "2090-01-01T00:00:00+08:00", "cards": 40, "derating_percent": 10,
            "certificate": "NC-9"}  # fmt: skip
    made = market.send("clearing", "market/delivery/sites", **step)
    assert (made.status_code, made.json()["usable_cards"]) == (201, 36)
    assert code(market.send("clearing", "market/delivery/sites", **step | {"cards": -1})) == (400, "site_step_unfit")
    assert code(market.send("clearing", "market/delivery/sites", **step | {"member": "none"})) == (
        404,
        "member_unknown",
    )
    assert (
        market.refusals("POST", "market/delivery/sites", "nobody", "west", "registry", "auditor", **step) == FORBIDDEN
    )
    assert {one["site_id"] for one in market.get("west", "market/delivery/sites")["rows"]} == {SITE, "guyuan"}
    assert market.refusals("GET", "market/delivery/sites", "east", member="west") == FORBIDDEN


def test_a_day_that_is_over_is_bought_in_allocated_and_paid(market: House) -> None:
    book = {"instrument": over()}
    more = {"supply_id": "i-1", "member": "north", "site_id": "wulan", "lots": 1, "fen_per_card_h": 1300}
    late = {"supply_id": "n-9", "member": "west", "site_id": SITE, "lots": 3}
    assert code(market.send("west", "market/delivery/nominations", **book, **late)) == (422, "gate_closed")
    names = ("nobody", "west", "trustee", "auditor")
    for path, body in (("buy-ins", more), ("allocations", {}), ("cascades", {}), ("outturns", {})):
        assert market.refusals("POST", f"market/delivery/{path}", *names, **book, **body) == FORBIDDEN
    above = market.send("clearing", "market/delivery/buy-ins", **book, **more | {"lots": 2})
    assert code(above) == (422, "buy_in_above_lacking")
    unpriced = market.send("clearing", "market/delivery/buy-ins", **book, **more | {"fen_per_card_h": None})
    assert code(unpriced) == (422, "spot_unpriced")
    market.new("clearing", "market/delivery/buy-ins", **book, **more)
    assert market.refusals("GET", "market/delivery/outturns", "east", **book) == {(404, "delivery_unallocated")}
    told = market.send("clearing", "market/delivery/allocations", **book).json()
    assert (told["is_new"], told["calls_fen"], told["paid_fen"]) == (True, {}, {"east": 3 * 8 * 24 * 1200})
    again = market.send("clearing", "market/delivery/allocations", **book).json()
    assert again == told | {"is_new": False}
    (listed,) = market.get("nobody", "market/delivery/allocations")["rows"]
    assert (listed["instrument"], listed["fen_per_card_h"], listed["is_settled"]) == (over(), 1200, False)
    seen = market.get("east", "market/delivery/reservations", **book)
    assert (seen["total"], sum(one["lots"] for one in seen["rows"])) == (2, 3)
    assert market.get("west", "market/delivery/reservations", **book)["rows"] == []
    answer = market.client.get(
        f"/api/v1/market/delivery/reservations.csv?window={past_day()}", headers=market.headers["clearing"]
    )
    assert (answer.status_code, answer.text.count("\n")) == (200, 3)
    assert market.refusals("GET", "market/delivery/reservations.csv", "east", window=f"{past_day()}") == FORBIDDEN

    wrong = book | {"failures": [{"member": "west", "site_id": SITE, "lots": 9}]}
    refused = market.send("clearing", "market/delivery/outturns", **wrong)
    assert (code(refused), refused.json()["findings"][0]["rule"]) == ((400, "delivery_unfit"), "failure_unsupplied")
    hour = f"{past_day()}T05"
    failed = {"member": "west", "site_id": SITE, "lots": 1}
    figures = book | {"failures": [failed], "spot_fen_per_card_h": {f"{past_day()}": 1400, hour: 1500}}
    paid = market.send("clearing", "market/delivery/outturns", **figures).json()
    assert (paid["is_new"], paid["spot_rule"], paid["failed_card_h"]) == (True, "given", {"west": 384})
    assert sum(paid["paid_fen"].values()) + paid["house_fen"] == 3 * 8 * 24 * 1200
    assert market.send("clearing", "market/delivery/outturns", **figures).json() == paid | {"is_new": False}
    assert code(market.send("clearing", "market/delivery/outturns", **book)) == (409, "delivery_differs")
    own = market.get("west", "market/delivery/outturns", **book)
    assert (set(own["paid_fen"]), own["house_fen"], own["unserved_card_h"]) == ({"west"}, None, {})
    assert market.get("auditor", "market/delivery/outturns", **book)["paid_fen"] == paid["paid_fen"]
    assert market.refusals("GET", "market/delivery/outturns", "west", **book, member="east") == FORBIDDEN
    assert market.get("auditor", "market/check") == []


def test_what_cannot_be_cascaded_is_refused(market: House) -> None:
    assert code(market.send("clearing", "market/delivery/cascades", instrument=AHEAD)) == (422, "book_unsettled")
    assert code(market.send("clearing", "market/delivery/cascades", instrument="h100-80g@ningxia/2198")) == (
        404,
        "book_unknown",
    )
