"""The pages of vouchers, insurance, leases and the compute bank: each form once, by its duty, refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from tests.api.delivered import AHEAD, SITE, over, sell_days
from tests.console.conftest import PASSWORD, opened
from tests.console.test_opening_pages import refused
from tests.console.test_spot_pages import leaves, signed_in

from qipan.access.model import Duty, Role
from qipan.bootstrap.services import Services

HOUR = f"{AHEAD}T05"
POLICY = {"form_id": "policy-1", "insured": "east-1", "risk": "failure", "instrument": AHEAD, "card_h": "500",
          "yuan": "3", "limit_yuan": "1500", "past": "0 240", "loading_bp": "2500"}  # fmt: skip
LEASE = {"form_id": "lease-1", "lessor": "west-1", "lessee": "east-1", "ware": f"8 h100-80g@ningxia/{SITE}",
         "asset_yuan": "10000",
         "rate_bp": "50", "periods": "12", "grace": "1", "first_due": "2020-01-01",
         "owner": "east-1"}  # fmt: skip
PROGRAMME = {"programme": "gz", "fund": "bank", "percent": "30", "cap_yuan": "50", "holders": "east-1=90",
             "suppliers": "west-1 north-1", "ends": "2091-01-01T00:00"}  # fmt: skip


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with three members; li.wei clears, zhang acts for the seller, visitor for the buyer."""
    made, now = opened(tmp_path_factory.mktemp("products") / "home"), datetime.now(UTC)
    sell_days(made, "west-1", "east-1", "north-1")
    with made.books.begin() as unit:
        for name in ("zhang", "nobody"):
            made.access.create_user(unit, name, password=PASSWORD, role=Role.VIEWER, now=now)
        made.access.grant(unit, "zhang", Duty.SITE, now, party="west-1")
        made.access.grant(unit, "visitor", Duty.TRADER, now, party="east-1")
        made.access.grant(unit, "li.wei", Duty.CLEARING, now)
    return made


@pytest.fixture(scope="module")
def desk(market: Services) -> TestClient:
    return signed_in(market, "li.wei")


@pytest.fixture(scope="module")
def west(market: Services) -> TestClient:
    return signed_in(market, "zhang")


@pytest.fixture(scope="module")
def east(market: Services) -> TestClient:
    return signed_in(market, "visitor")


def twice(market: Services, client: TestClient, path: str, data: dict[str, str]) -> None:
    """Send a form twice, as a double click does; the second changes nothing."""
    told = []
    for _ in range(2):
        answer = client.post(f"/market/{path}", data=data)
        assert answer.status_code == 303, answer.text
        told.append(leaves(market))
    assert told[0] == told[1]


def test_vouchers_are_issued_and_shown_to_their_holder(
    market: Services, desk: TestClient, west: TestClient, east: TestClient
) -> None:
    before = leaves(market)
    for given, expected in (
        ({"percent": "0.001"}, (400, "field_unreadable")),
        ({"holders": "east-1"}, (400, "field_unreadable")),
        ({"holders": "east-1=ten"}, (400, "field_unreadable")),
        ({"holders": "none=1"}, (404, "member_unknown")),
        ({"ends": ""}, (400, "field_unreadable")),
        ({"percent": "101"}, (400, "programme_unfit")),
        ({"fund": "none"}, (422, "transfers_refused")),
    ):
        assert refused(desk, "/market/vouchers/issue", PROGRAMME | given) == expected, given
    assert refused(east, "/market/vouchers/issue", PROGRAMME) == (403, "duty_missing")
    assert leaves(market) == before
    twice(market, desk, "vouchers/issue", PROGRAMME)
    text = east.get("/market/vouchers").text
    assert "30 %" in text
    assert ">90.00<" in text
    assert 'action="/market/vouchers/issue"' not in text
    assert ">gz<" not in west.get("/market/vouchers").text
    assert refused(desk, "/market/vouchers/close", {"programme": "gz"}) == (422, "programme_running")
    assert refused(west, "/market/vouchers/close", {"programme": "gz"}) == (403, "duty_missing")
    assert signed_in(market, "nobody").get("/market/vouchers").status_code == 403


def test_policies_are_sold_by_the_desk_and_claimed_by_the_insured(
    market: Services, desk: TestClient, west: TestClient, east: TestClient
) -> None:
    assert refused(desk, "/market/products/sell", POLICY) == (422, "pool_short")
    pool = {"form_id": "pool-1", "source": "bank", "yuan": "5000"}
    assert refused(east, "/market/products/pool", pool) == (403, "duty_missing")
    twice(market, desk, "products/pool", pool)
    before = leaves(market)
    for given, expected in (
        ({"risk": "fire"}, (400, "field_unreadable")),
        ({"card_h": "some"}, (400, "field_unreadable")),
        ({"past": "0 x"}, (400, "field_unreadable")),
        ({"card_h": "0"}, (400, "policy_unfit")),
        ({"past": ""}, (422, "history_short")),
        ({"instrument": over()}, (422, "policy_late")),
    ):
        assert refused(desk, "/market/products/sell", POLICY | given) == expected, given
    assert refused(east, "/market/products/sell", POLICY) == (403, "duty_missing")
    assert leaves(market) == before
    twice(market, desk, "products/sell", POLICY)
    text = east.get("/market/products").text
    assert "failed delivery" in text
    assert ">150.00<" in text
    assert "Claim policy-1" in text
    assert "policy-1" not in west.get("/market/products").text
    claim = {"policy_id": "policy-1"}
    assert refused(east, "/market/products/claim", claim) == (404, "delivery_unallocated")
    assert refused(west, "/market/products/claim", claim) == (403, "duty_missing")


def test_leases_are_agreed_and_paid_by_the_lessee(
    market: Services, desk: TestClient, west: TestClient, east: TestClient
) -> None:
    before = leaves(market)
    for given, expected in (
        ({"periods": "601"}, (400, "lease_unfit")),
        ({"periods": "x"}, (400, "field_unreadable")),
        ({"first_due": "soon"}, (400, "field_unreadable")),
        ({"lessor": "east-1"}, (400, "lease_unfit")),
        ({"lessor": "none"}, (404, "member_unknown")),
    ):
        assert refused(east, "/market/products/lease", LEASE | given) == expected, given
    assert refused(west, "/market/products/lease", LEASE) == (403, "duty_missing")
    assert leaves(market) == before
    twice(market, east, "products/lease", LEASE)
    assert "waits for the other side" in east.get("/market/products").text
    assert "Agree to lease-1 for west-1" not in east.get("/market/products").text
    assert "Agree to lease-1 for west-1" in west.get("/market/products").text
    word = {"lease_id": "lease-1", "owner": "west-1"}
    assert refused(east, "/market/products/accept", word) == (403, "duty_missing")
    twice(market, west, "products/accept", word)
    text = east.get("/market/products").text
    assert "Pay instalment 1 of lease-1" in text
    assert "in default" in text
    first = {"lease_id": "lease-1", "number": "1"}
    assert refused(west, "/market/products/pay", first) == (403, "duty_missing")
    assert refused(east, "/market/products/pay", first | {"number": "2"}) == (422, "instalment_out_of_order")
    twice(market, east, "products/pay", first)
    assert "1 / 12" in west.get("/market/products").text
    resale = {"lease_id": "lease-1", "yuan": "9500", "source": "bank"}
    assert refused(east, "/market/products/repossess", resale) == (403, "duty_missing")
    twice(market, desk, "products/repossess", resale)
    assert "cards taken back" in east.get("/market/products").text


def test_idle_hours_are_deposited_and_drawn(
    market: Services, desk: TestClient, west: TestClient, east: TestClient
) -> None:
    given = {"form_id": "deposit-1", "member": "west-1", "instrument": HOUR, "site_id": SITE, "card_h": "16"}
    assert 'action="/market/products/deposit"' not in west.get("/market/products").text
    assert refused(west, "/market/products/deposit", given) == (404, "bank_unjoined")
    assert refused(west, "/market/products/join", {"owner": "west-1"}) == (403, "duty_missing")
    for owner, limit in (("west-1", "0"), ("east-1", "200")):
        twice(market, desk, "products/join", {"owner": owner, "limit_yuan": limit})
    before = leaves(market)
    for change, expected in (
        ({"card_h": "0"}, (400, "deposit_unfit")),
        ({"card_h": "x"}, (400, "field_unreadable")),
        ({"instrument": AHEAD}, (400, "deposit_unfit")),
        ({"card_h": "400"}, (422, "deposit_uncertified")),
        ({"member": "east-1"}, (403, "duty_missing")),
    ):
        assert refused(west, "/market/products/deposit", given | change) == expected, change
    assert leaves(market) == before
    twice(market, west, "products/deposit", given)
    drawn = {"form_id": "draw-1", "owner": "east-1", "instrument": HOUR, "card_h": "10", "yuan": "9"}
    assert refused(east, "/market/products/draw", drawn) == (403, "duty_missing")
    assert refused(desk, "/market/products/draw", drawn | {"card_h": "17"}) == (422, "deposits_short")
    twice(market, desk, "products/draw", drawn)
    assert ">-90.00<" in east.get("/market/products").text
    assert "deposit-1" not in east.get("/market/products").text
    text = west.get("/market/products").text
    assert ">90.00<" in text
    assert ">6<" in text
    assert "Books follow from their requests" in desk.post("/market/check").text
    chinese = west.get("/market/products", headers={"Accept-Language": "zh"}).text
    assert "算力银行" in chinese
