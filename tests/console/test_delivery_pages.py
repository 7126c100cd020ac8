"""The pages of delivery without a browser: nominations once and in time, a past day allocated and paid."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.delivered import AHEAD, SITE, over, past_day, sell_days
from tests.console.conftest import opened
from tests.console.test_spot_pages import leaves, signed_in

from qipan.access.model import Duty, Role
from qipan.bootstrap.services import Services

PASSWORD = "four unrelated words"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with a sold day that is over and one to come; zhang acts for the seller, li.wei clears."""
    made, now = opened(tmp_path_factory.mktemp("delivery") / "home"), datetime.now(UTC)
    sell_days(made, "west-1", "east-1", "north-1")
    with made.books.begin() as unit:
        for name in ("zhang", "nobody"):
            made.access.create_user(unit, name, password=PASSWORD, role=Role.VIEWER, now=now)
        made.access.grant(unit, "zhang", Duty.SITE, now, party="west-1")
        made.access.grant(unit, "li.wei", Duty.CLEARING, now)
        made.access.grant(unit, "visitor", Duty.TRADER, now, party="east-1")
    return made


@pytest.fixture(scope="module")
def seller(market: Services) -> TestClient:
    return signed_in(market, "zhang")


@pytest.fixture(scope="module")
def desk(market: Services) -> TestClient:
    return signed_in(market, "li.wei")


def page(client: TestClient, instrument: str) -> str:
    return client.get("/market/delivery/book", params={"instrument": instrument}).text


def word(name: str, **given: str) -> dict[str, str]:
    return {"form_id": name, "instrument": AHEAD, "member": "west-1", "site_id": SITE, "lots": "3"} | given


def test_list_shows_books_to_deliver_and_own_sites(seller: TestClient, market: Services) -> None:
    text = seller.get("/market/delivery").text
    for shown in (AHEAD, over(), SITE, "nominations open", "waits to be allocated"):
        assert shown in text
    assert 'action="/market/delivery/site"' not in text
    nobody = signed_in(market, "nobody").get("/market/delivery").text
    assert (AHEAD in nobody, SITE in nobody) == (True, False)


def test_nomination_of_a_double_click_is_said_once(seller: TestClient, market: Services) -> None:
    sent = word("n-1", end="2198-03-08T22:00")
    told = []
    for _ in range(2):
        answer = seller.post("/market/delivery/nominate", data=sent)
        assert answer.headers["location"] == "/market/delivery/book?instrument=h100-80g%40ningxia%2F2198-03-08"
        told.append(leaves(market))
    assert told[0] == told[1]
    text = page(seller, AHEAD)
    assert "2198-03-08 22:00" in text
    assert ">west-1<" in text
    buyer = page(signed_in(market, "visitor"), AHEAD)
    assert ">west-1<" not in buyer
    assert "Nothing was nominated" in buyer


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"lots": "2"}, 409, "supply_differs"),
        ({"form_id": "x", "lots": "-1"}, 400, "supply_unfit"),
        ({"form_id": "x", "lots": "many"}, 400, "field_unreadable"),
        ({"form_id": "x", "start": "noon"}, 400, "field_unreadable"),
        ({"form_id": "x", "lots": "4"}, 422, "nomination_above_owed"),
        ({"form_id": "x", "member": "east-1"}, 403, "duty_missing"),
        ({"form_id": "x", "instrument": "h100-80g@ningxia/2198-03-09"}, 404, "book_unknown"),
    ],
)
def test_bad_nominations_are_told_and_leave_nothing(
    seller: TestClient, market: Services, given: dict[str, str], status: int, code: str
) -> None:
    before = leaves(market)
    answer = seller.post("/market/delivery/nominate", data=word("n-1", end="2198-03-08T22:00") | given)
    assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True), answer.text
    assert leaves(market) == before


def test_who_may_not_finds_no_form_and_is_refused(seller: TestClient, market: Services) -> None:
    before, nobody = leaves(market), signed_in(market, "nobody")
    assert "Nominations need the duty" in page(nobody, AHEAD)
    assert 'action="/market/delivery/allocate"' not in page(seller, over())
    for path, data in (
        ("nominate", word("x")),
        ("buy-in", {"instrument": over(), "form_id": "x", "supplier": "north-1", "lots": "1", "yuan": "1"}),
        ("allocate", {"instrument": over()}),
        ("cascade", {"instrument": over()}),
        ("settle", {"instrument": over()}),
        ("site", {"owner": "west-1", "cards": "8"}),
    ):
        for client in (nobody, *((seller,) if path != "nominate" else ())):
            answer = client.post(f"/market/delivery/{path}", data=data)
            assert (answer.status_code, "duty_missing" in answer.text) == (403, True), path
    assert leaves(market) == before


def test_site_is_certified_from_the_page(desk: TestClient, seller: TestClient, market: Services) -> None:
    step = {"owner": "west-1", "site_id": "guyuan", "card_class": "h100-80g", "hub_id": "ningxia", "cards": "40",
            "derating": "10", "start": "2198-03-01T00:00", "certificate": "NC-9"}  # fmt: skip
    for given, status, code in (
        ({"cards": "-1"}, 400, "site_step_unfit"),
        ({"cards": "x"}, 400, "field_unreadable"),
        ({"start": "2198-03-01T00:30"}, 400, "site_step_unfit"),
        ({"owner": "none"}, 404, "member_unknown"),
    ):
        answer = desk.post("/market/delivery/site", data=step | given)
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True)
    assert desk.post("/market/delivery/site", data=step).status_code == 303
    text = seller.get("/market/delivery").text
    assert ">guyuan<" in text
    assert ">36<" in text


def test_day_that_is_over_is_bought_in_allocated_and_paid(
    desk: TestClient, seller: TestClient, market: Services
) -> None:
    named: dict[str, Any] = {"instrument": over()}
    late = seller.post("/market/delivery/nominate", data=word("late") | named)
    assert (late.status_code, "gate_closed" in late.text) == (422, True)
    more = named | {"form_id": "i-1", "supplier": "north-1", "site_id": "wulan", "lots": "1", "yuan": "13"}
    above = desk.post("/market/delivery/buy-in", data=more | {"lots": "2"})
    assert (above.status_code, "buy_in_above_lacking" in above.text) == (422, True)
    unpriced = desk.post("/market/delivery/buy-in", data=more | {"yuan": ""})
    assert (unpriced.status_code, "spot_unpriced" in unpriced.text) == (422, True)
    for path, data in (("buy-in", more), ("buy-in", more), ("allocate", named), ("allocate", named)):
        assert desk.post(f"/market/delivery/{path}", data=data).status_code == 303, path
    assert "waits to be settled" in page(seller, over())
    buyer = signed_in(market, "visitor")
    assert page(buyer, over()).count(">east-1<") == 2 + 1  # two reservations, and the choice of the member
    before = leaves(market)
    for given, status, code in (
        ({"failures": "west-1=1"}, 400, "field_unreadable"),
        ({"failures": f"west-1@{SITE}=9"}, 400, "delivery_unfit"),
        ({"spot": "14.001"}, 400, "field_unreadable"),
        ({"spot": "2198-03=14"}, 400, "delivery_unfit"),
        ({"plan_id": "none"}, 404, "plan_unknown"),
    ):
        answer = desk.post("/market/delivery/settle", data=named | given)
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True), answer.text
    assert leaves(market) == before
    told = named | {"failures": f"west-1@{SITE}=1", "spot": f"14\n{past_day()}T05=15"}
    for _ in range(2):
        assert desk.post("/market/delivery/settle", data=told).status_code == 303
    text = page(seller, over())
    assert 'id="state">settled' in text
    assert ">384<" in text
    assert ">north-1<" not in text
    assert ">north-1<" in page(desk, over())
    assert "Books follow from their requests" in desk.post("/market/check").text
