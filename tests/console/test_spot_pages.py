"""The pages of spot without a browser: bids entered once, an auction cleared, billed and settled from its page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, opened

from qipan.access.model import Duty, Role
from qipan.accounts.model.posting import Account
from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app
from qipan.log.note import SIGNS, Signer
from qipan.market.model.request import Certification, Member

DAY = "2198-03-06"
NAME = f"h100-80g/{DAY}"
SOUTH = f"h100-80g@guizhou/{DAY}T09"
LINKS = b"link,from,to,gb_per_h,km\nn-s,ningxia,guizhou,24,1200\n"
TERMS = {"card_class": "h100-80g", "day": DAY, "hubs": "ningxia guizhou", "fee_bp": "25"}
PARTIES = ("west-1", "east-1", "key-1")


def open_spot(made: Services) -> None:
    """Let members bid: east has money, west certified cards, one a key; li.wei clears, zhang trades for east."""
    now = datetime.now(UTC)
    with made.books.begin() as unit:
        made.access.create_user(unit, "zhang", password=PASSWORD, role=Role.VIEWER, now=now)
        made.access.create_user(unit, "nobody", password=PASSWORD, role=Role.OPERATOR, now=now)
        for party in PARTIES:
            made.access.grant(unit, "li.wei", Duty.TRADER, now, party=party)
        made.access.grant(unit, "li.wei", Duty.CLEARING, now)
        made.access.grant(unit, "zhang", Duty.TRADER, now, party="east-1")
        for member in ("west-1", "east-1"):
            made.margins.admit(unit, Member(member), now)
        made.margins.admit(unit, Member("key-1", str(Signer("key-1", SIGNS, bytes(32)).verifier)), now)
        made.accounts.open_account(unit, Account("bank", "bank", "fen", "issued", None), now)
        made.margins.bring(unit, "east-1", now, source="bank", fen=200_000, transfer_id="deposit-1")
        hour = now.replace(minute=0, second=0, microsecond=0)
        for hub in ("ningxia", "guizhou"):
            made.trading.certify(unit, Certification("west-1", "h100-80g", hub, hour, 80, "NC-7"), now)


def signed_in(made: Services, name: str) -> TestClient:
    client = TestClient(create_app(made), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers |= {"Origin": str(client.base_url), "Accept-Language": "en"}
    assert client.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
    return client


@pytest.fixture(scope="module")
def spot(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with an open auction of a link that carries three lots."""
    made = opened(tmp_path_factory.mktemp("spot") / "home")
    open_spot(made)
    return made


@pytest.fixture(scope="module")
def desk(spot: Services) -> TestClient:
    return signed_in(spot, "li.wei")


@pytest.fixture(scope="module")
def trader(spot: Services) -> TestClient:
    return signed_in(spot, "zhang")


def bid(name: str, member: str, hub: str, side: str, lots: object, yuan: object) -> dict[str, Any]:
    return {"form_id": name, "auction": NAME, "member": member, "hub": hub, "hour": "9", "side": side,
            "lots": str(lots), "yuan": str(yuan)}  # fmt: skip


def page(client: TestClient, **asked: str) -> str:
    return client.get("/market/auction", params={"auction": NAME} | asked).text


def leaves(made: Services) -> int:
    with made.books.read() as unit:
        return len(list(made.log.leaves(unit)))


def test_auction_is_opened_once_by_clearing_alone(spot: Services, desk: TestClient, trader: TestClient) -> None:
    assert "No auction was opened yet" in trader.get("/market/spot").text
    before = leaves(spot)
    for given, status, code in (
        ({"day": "2198-W10"}, 400, "field_unreadable"),
        ({"hubs": "atlantis"}, 404, "hub_unknown"),
        ({"fee_bp": "x"}, 400, "field_unreadable"),
        ({"card_class": "", "day": DAY}, 400, "auction_unfit"),
    ):
        answer = desk.post("/market/spot/open", data=TERMS | given)
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True), (given, answer.text)
    refused = trader.post("/market/spot/open", data=TERMS)
    assert (refused.status_code, "duty_missing" in refused.text) == (403, True)
    assert 'action="/market/spot/open"' not in trader.get("/market/spot").text
    assert leaves(spot) == before
    opened_at = []
    for _ in range(2):
        answer = desk.post("/market/spot/open", data=TERMS, files={"links": ("links.csv", LINKS)})
        assert answer.headers["location"] == f"/market/auction?auction=h100-80g%2F{DAY}"
        opened_at.append(leaves(spot))
    assert opened_at[0] == opened_at[1] > before
    other = desk.post("/market/spot/open", data=TERMS)
    assert (other.status_code, "auction_taken" in other.text) == (409, True)
    text = trader.get("/market/spot").text
    assert NAME in text
    assert "open for bids" in text


def test_bid_of_a_double_click_is_entered_once_and_taken_back(spot: Services, trader: TestClient) -> None:
    text = page(trader)
    form = re.search(r'action="/market/auction/bid".*?name="form_id" value="([^"]+)"', text, re.DOTALL)
    assert form
    sent = bid(form[1], "east-1", "guizhou", "buy", 1, "7.00")
    first, second = (trader.post("/market/auction/bid", data=sent) for _ in range(2))
    assert first.status_code == second.status_code == 303
    told = trader.get(first.headers["location"]).text
    assert f"Entered: {form[1]}" in told
    assert "bid 1 at 7.00 yuan" in told
    back = {"form_id": "back-1", "auction": NAME, "member": "east-1", "instrument": SOUTH, "order_id": form[1]}
    answer = trader.post("/market/auction/cancel", data=back)
    assert "Taken back:" in trader.get(answer.headers["location"]).text
    again = trader.post("/market/auction/cancel", data=back | {"form_id": "back-2"})
    assert (again.status_code, "order_unknown" in again.text) == (404, True)
    with spot.books.read() as unit:
        assert spot.spot.orders(unit, NAME) == ()


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"lots": "-1"}, 400, "order_negative"),
        ({"lots": "many"}, 400, "field_unreadable"),
        ({"yuan": "7.005"}, 400, "field_unreadable"),
        ({"side": "hold"}, 400, "field_unreadable"),
        ({"hub": "gansu"}, 400, "field_unreadable"),
        ({"hour": "24"}, 400, "field_unreadable"),
        ({"lots": "1000"}, 422, "bid_unfunded"),
        ({"side": "sell"}, 422, "offer_uncovered"),
        ({"member": "west-1"}, 403, "duty_missing"),
        ({"auction": "h100-80g/2198-03-07"}, 404, "auction_unknown"),
    ],
)
def test_bad_bids_are_told_in_the_form_and_nothing_is_entered(
    spot: Services, trader: TestClient, given: dict[str, str], status: int, code: str
) -> None:
    before = leaves(spot)
    answer = trader.post("/market/auction/bid", data=bid("bad-1", "east-1", "guizhou", "buy", 1, 7) | given)
    assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True), answer.text
    assert leaves(spot) == before


def test_who_may_not_bid_finds_no_form(spot: Services, desk: TestClient) -> None:
    nobody = signed_in(spot, "nobody")
    assert "Orders need the duty trader of a member" in page(nobody)
    assert nobody.post("/market/auction/gate", data={"auction": NAME}).status_code == 403
    assert "--sign-with FILE" in page(desk, member="key-1")
    visitor = TestClient(create_app(spot), base_url="http://127.0.0.1:8750", follow_redirects=False)
    assert visitor.get("/market/spot").headers["location"] == "/sign-in?next=/market/spot"
    assert visitor.post("/market/auction/bid", data=bid("v", "east-1", "guizhou", "buy", 1, 7)).status_code == 401


def test_duty_that_is_missing_is_said_in_chinese(spot: Services) -> None:
    nobody = signed_in(spot, "nobody")
    answer = nobody.post("/market/auction/gate", data={"auction": NAME}, headers={"Accept-Language": "zh"})
    assert "请向管理员申请职责 清算" in answer.text
    sent = bid("v", "east-1", "guizhou", "buy", 1, 7)
    answer = nobody.post("/market/auction/bid", data=sent, headers={"Accept-Language": "zh"})
    assert "east-1 的交易" in answer.text


def test_auction_is_cleared_and_billed_from_its_page(spot: Services, desk: TestClient, trader: TestClient) -> None:
    for sent in (
        bid("w-1", "west-1", "ningxia", "sell", 10, 9),
        bid("s-1", "west-1", "guizhou", "sell", 4, 13),
        bid("e-1", "east-1", "guizhou", "buy", 5, 15),
    ):
        assert desk.post("/market/auction/bid", data=sent).status_code == 303
    assert ">w-1<" not in page(trader)
    early = desk.post("/market/auction/clear", data={"auction": NAME})
    assert (early.status_code, "auction_open" in early.text) == (422, True)
    for path in ("gate", "gate", "clear", "clear"):
        assert desk.post(f"/market/auction/{path}", data={"auction": NAME}).status_code == 303
    late = trader.post("/market/auction/bid", data=bid("e-2", "east-1", "guizhou", "buy", 1, 7))
    assert (late.status_code, "auction_gated" in late.text) == (422, True)
    text = page(trader)
    assert 'id="state">cleared' in text
    assert 'data-chart="prices"' in text
    assert re.search(r"09:00</th>\s*<td>Guizhou</td>\s*<td class=\"number\">13.00</td>", text)
    assert "521.30" in text
    assert "congestion rent" not in text
    assert ">west-1<" not in text
    text = page(desk)
    assert "congestion rent" in text
    assert "95.04" in text


def test_day_that_went_otherwise_is_settled_from_the_page(spot: Services, desk: TestClient, trader: TestClient) -> None:
    down = {"form_id": "down-1", "auction": NAME, "offer_id": "s-1", "card_h": "4"}
    for _ in range(2):
        assert desk.post("/market/auction/refund", data=down).status_code == 303
    before = leaves(spot)
    for given, status, code in (
        ({"card_h": "5"}, 409, "refund_differs"),
        ({"form_id": "down-2", "card_h": "1.5"}, 400, "field_unreadable"),
        ({"form_id": "down-2", "offer_id": "none"}, 404, "offer_unknown"),
    ):
        answer = desk.post("/market/auction/refund", data=down | given)
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True)
    named: dict[str, Any] = {"auction": NAME}
    good = ("delivered.csv", b"id,card_h\ne-1,35\n")
    rolling = ("rolling.csv", b"instrument,fen_per_card_h\nh@g/2198,x\n")
    for data, files, status, code in (
        (named, {"delivered": ("d.csv", b"id,card_h\ne-1,x\n")}, 400, "delivered_unreadable"),
        (named, {"delivered": good}, 422, "rolling_missing"),
        (named, {"delivered": good, "rolling": rolling}, 400, "rolling_unreadable"),
        (named | {"at_spot": "yes"}, {"delivered": good, "rolling": rolling}, 400, "prices_ambiguous"),
    ):
        answer = desk.post("/market/auction/deviate", data=data, files=files)
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True), answer.text
    assert trader.post("/market/auction/deviate", data=named, files={"delivered": good}).status_code == 403
    assert leaves(spot) == before
    for _ in range(2):
        answer = desk.post("/market/auction/deviate", data=named | {"at_spot": "yes"}, files={"delivered": good})
        assert answer.status_code == 303
    assert "-13.00" in page(trader)
    assert "Auctions follow from their requests" in desk.post("/market/spot/check").text
    assert trader.post("/market/spot/check").status_code == 403
