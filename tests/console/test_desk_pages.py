"""Margin and the clearing desk: a day marked, called for, closed out and settled from its page, each step once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import BOOK, LATER, PASSWORD, open_market, opened

from qipan.accounts.model.posting import Balance
from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel


@pytest.fixture
def desk(tmp_path) -> tuple[Services, TestClient]:
    made = opened(tmp_path / "home")
    open_market(made, datetime.now(UTC))
    client = TestClient(create_app(made), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers |= {"Origin": str(client.base_url), "Accept-Language": "en"}
    client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD})
    return made, client


def money(services: Services, account: str) -> int:
    with services.books.read() as unit:
        return services.accounts.balances(unit, [account]).get((account, None), Balance()).posted


def test_margin_of_a_double_click_moves_once(desk: tuple[Services, TestClient]) -> None:
    services, client = desk
    sent = {"form_id": "web-1", "member": "poor-1", "account": "bank", "yuan": "12.50", "to": "margin"}
    for _ in range(2):
        assert client.post("/market/margin", data=sent).headers["location"] == "/market/positions"
    assert money(services, "poor-1/margin") == 100 + 1250
    back = sent | {"form_id": "web-2", "to": "account", "yuan": "10"}
    client.post("/market/margin", data=back)
    assert money(services, "poor-1/margin") == 350
    refused = client.post("/market/margin", data=back | {"form_id": "web-3", "yuan": "1000"})
    assert refused.status_code == 422
    assert "money_short" in refused.text
    assert "free in poor-1/margin, was 100000 fen of 350 free" in refused.text
    client.post("/market/margin", data=sent | {"form_id": "web-4", "to": "fund", "yuan": "1"})
    assert money(services, "poor-1/fund") == 100


def test_positions_show_the_chosen_member_alone(desk: tuple[Services, TestClient]) -> None:
    _, client = desk
    text = client.get("/market/positions", params={"member": "west-1"}).text
    assert "Positions: west-1" in text
    assert BOOK in text
    assert ">east-1</td>" not in text
    assert "/accounts/one?account=west-1%2Fmargin" in text


def test_day_is_marked_and_settled_once(desk: tuple[Services, TestClient]) -> None:
    services, client = desk
    assert "Fix the marks" in client.get("/market/clearing").text
    for _ in range(2):
        assert client.post("/market/mark").status_code == 303
    assert "Fix the marks" not in client.get("/market/clearing").text
    first, second = (client.post("/market/settle") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert "Settled" in first.text
    with services.books.read() as unit:
        days = services.clearing.days(unit)
        assert len(days) == 2
        assert all(days.values())
        assert {one.instrument for one in services.clearing.marks(unit)} == {BOOK}
    assert "Books follow from their requests" in client.post("/market/check").text


def test_book_without_a_price_asks_for_the_plans(desk: tuple[Services, TestClient]) -> None:
    services, client = desk
    before = datetime.now(UTC) - timedelta(hours=20)
    with services.books.begin() as unit:
        for name, member in (("w-1", "west-1"), ("w-2", "west-1"), ("e-2", "east-1")):
            services.margins.send(unit, [Cancel(f"c-{name}", member, BOOK, name)], before)
    refused = client.post("/market/mark")
    assert refused.status_code == 422
    assert f"Plan&#39;s price of {BOOK}" in refused.text
    assert client.post("/market/mark", data={"instrument": [BOOK], "plan_yuan": ["12.34"]}).status_code == 303
    with services.books.read() as unit:
        assert services.clearing.marks(unit, instrument=BOOK)[-1].mark.fen_per_card_h == 1234


def test_called_member_is_closed_out_from_the_desk(desk: tuple[Services, TestClient]) -> None:
    services, client = desk
    before = datetime.now(UTC) - timedelta(hours=20)
    need = 150 * 8 * 168
    with services.books.begin() as unit:
        services.margins.bring(unit, "poor-1", before, source="bank", fen=need, transfer_id="web-poor")
        services.margins.send(unit, [Order("p-1", "poor-1", BOOK, Side.BUY, 1, 1260)], before)
    for name, side, fen in (("d-1", Side.SELL, 1190), ("d-2", Side.BUY, 1100)):
        member = "west-1" if side is Side.SELL else "east-1"
        with services.books.begin() as unit:
            services.margins.send(unit, [Order(name, member, BOOK, side, 1, fen)], before)
    client.post("/market/mark")
    answer = client.post("/market/settle")
    assert "Nothing was posted: margin is missing" in answer.text
    text = client.get("/market/clearing").text
    assert "must bring" in text
    assert "Margin call" in client.get("/market/positions", params={"member": "poor-1"}).text
    refused = client.post(
        "/market/orders",
        data={"form_id": "web-9", "instrument": BOOK, "member": "poor-1", "side": "buy", "lots": "1", "yuan": "1"},
    )
    assert "margin_called" in refused.text
    assert "default_uncalled" in client.post("/market/default", data={"member": "east-1"}).text
    for _ in range(2):
        assert client.post("/market/default", data={"member": "poor-1"}).status_code == 303
    with services.books.read() as unit:
        assert [one.position for one in services.trading.exposures(unit, member="poor-1")] == [0]
    assert "Close out what is left of poor-1" in client.get("/market/clearing").text
    assert LATER in client.get("/market").text
