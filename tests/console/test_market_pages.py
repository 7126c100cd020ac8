"""The pages of the market without a browser: what they show to whom, what their forms do, once."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient
from tests.console.conftest import BOOK, LATER, PASSWORD

from qipan.bootstrap.services import Services
from qipan.interfaces.console.page import section_of
from qipan.interfaces.server import create_app
from qipan.market.model.order import State


def book(client: TestClient, **asked: str) -> str:
    return client.get("/market/book", params={"instrument": BOOK} | asked).text


def form_id(text: str, address: str) -> str:
    found = re.search(rf'action="{address}".*?name="form_id" value="([^"]+)"', text, re.DOTALL)
    assert found
    return found[1]


def ticket(text: str, **given: str) -> dict[str, str]:
    asked = {"instrument": BOOK, "member": "east-1", "side": "buy", "lots": "1", "yuan": "11.4"}
    return {"form_id": form_id(text, "/market/orders")} | asked | given


def requests(services: Services) -> int:
    with services.books.read() as unit:
        return len(services.trading.requests(unit, BOOK))


def test_user_sees_books_and_levels_but_nobodys_positions(traded: Services) -> None:
    visitor = TestClient(create_app(traded), base_url="http://127.0.0.1:8750", follow_redirects=False)
    assert visitor.get("/market").headers["location"] == "/sign-in?next=/market"
    assert visitor.post("/market/settle").status_code == 401
    visitor.headers |= {"Origin": str(visitor.base_url), "Accept-Language": "en"}
    visitor.post("/sign-in", data={"name": "zhang", "password": PASSWORD})
    assert "12.00" in visitor.get("/market").text  # the mark, the mean of the trades of the closing hour
    shown = visitor.get("/market/book", params={"instrument": BOOK}).text
    for secret in ("east-1", "west-1", "w-1"):
        assert secret not in shown
    for path in ("/market/positions", "/market/clearing"):
        assert visitor.get(path).status_code == 403
    assert visitor.post("/market/settle").status_code == 403


def test_list_shows_best_limits_last_trade_mark_and_open_interest(trader: TestClient) -> None:
    row = re.search(rf"<tr>\s*<th[^>]*><a[^>]*>{BOOK}</a>.*?</tr>", trader.get("/market").text, re.DOTALL)
    assert row
    cells = re.findall(r"<td[^>]*>([^<]*)", row[0])
    assert cells[2:7] == ["11.50", "12.00", "12.00", "12.00", "2"]
    assert LATER in trader.get("/market").text


def test_book_shows_levels_beside_their_chart_and_the_members_own_orders(trader: TestClient) -> None:
    text = book(trader, member="east-1")
    assert 'data-chart="depth"' in text
    assert '"levels": [[12.0, 3], [12.6, 6]]' in text
    assert "buy 4 at 11.50 yuan" in text
    assert "bought" in text
    # The member stays chosen.
    assert "east-1 in this book" in book(trader)


def test_order_of_a_double_click_is_placed_once(trader: TestClient, traded: Services) -> None:
    sent = ticket(book(trader, member="east-1"))
    before = requests(traded)
    first, second = (trader.post("/market/orders", data=sent) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert requests(traded) == before + 1
    told = trader.get(first.headers["location"]).text
    assert f"Order {sent['form_id']}" in told
    assert "lots traded: 0; left when it was entered: 1" in told


def test_order_under_a_used_id_with_other_content_is_refused(trader: TestClient) -> None:
    sent = ticket(book(trader, member="east-1"))
    trader.post("/market/orders", data=sent)
    answer = trader.post("/market/orders", data=sent | {"lots": "2"})
    assert answer.status_code == 409
    assert "order_differs" in answer.text


def test_refusals_are_told_in_the_form_which_keeps_what_was_typed(trader: TestClient) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"yuan": "12.5", "entry": "passive"}, 422, "order_crossed"),
        ({"yuan": "11.405"}, 400, "field_unreadable"),
        ({"lots": "0"}, 400, "order_negative"),
        ({"side": "sell", "lots": "7", "yuan": "13"}, 422, "order_oversold"),
        ({"member": "poor-1"}, 422, "margin_short"),
        ({"member": "nobody"}, 403, "duty_missing"),
        ({"member": "key-1"}, 403, "request_forged"),
        ({"side": "hold"}, 400, "field_unreadable"),
    ]
    for given, status, code in cases:
        answer = trader.post("/market/orders", data=ticket(book(trader, member="east-1"), **given))
        assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True), given
        assert (
            f'name="lots" type="number" min="1" step="1" inputmode="numeric" required value="{given.get("lots", "1")}"'
            in (answer.text)
        )
    chinese = trader.post(
        "/market/orders",
        data=ticket(book(trader, member="east-1"), yuan="12.5", entry="passive"),
        headers={"Accept-Language": "zh"},
    )
    assert "已拒绝" in chinese.text or "拒绝" in chinese.text


def test_order_is_taken_back_with_a_click(trader: TestClient, traded: Services) -> None:
    placed = ticket(book(trader, member="east-1"), yuan="10.01")
    trader.post("/market/orders", data=placed)
    text = book(trader)
    back = {"form_id": form_id(text, "/market/cancels"), "instrument": BOOK, "member": "east-1"}
    answer = trader.post("/market/cancels", data=back | {"order_id": placed["form_id"]})
    assert answer.status_code == 303
    assert "Cancellation of" in trader.get(answer.headers["location"]).text
    with traded.books.read() as unit, traded.trading.look(unit, BOOK) as kept:
        assert kept.book.state(placed["form_id"]) is State.CANCELLED
    again = trader.post("/market/cancels", data=back | {"form_id": "web-again", "order_id": placed["form_id"]})
    assert "<code>order_final</code>" in again.text


def test_cover_that_nobody_certified_is_refused(trader: TestClient) -> None:
    text = book(trader, member="west-1")
    sent = {"form_id": form_id(text, "/market/cover"), "instrument": BOOK, "member": "west-1", "lots": "100000"}
    assert "<code>cover_uncertified</code>" in trader.post("/market/cover", data=sent).text
    answer = trader.post("/market/cover", data=sent | {"lots": "1"})
    assert "Certified capacity of west-1, lots: 1" in trader.get(answer.headers["location"]).text


def test_member_with_a_key_is_told_where_to_sign(trader: TestClient) -> None:
    text = book(trader, member="key-1")
    assert "--sign-with FILE" in text
    assert 'action="/market/orders"' not in text


def test_unknown_book_is_a_page_that_says_so(trader: TestClient) -> None:
    answer = trader.get("/market/book", params={"instrument": "h100-80g@ningxia/2031-W10"})
    assert answer.status_code == 404
    assert "book_unknown" in answer.text


def test_pages_stand_in_their_section() -> None:
    found = {path: section_of(path) for path in ("/", "/explain", "/atlas/site/x", "/market/clearing", "/market/book")}
    assert {path: one and one.title for path, one in found.items()} == {
        "/": "Dispatch",
        "/explain": "Dispatch",
        "/atlas/site/x": "Ledger",
        "/market/clearing": "Market",
        "/market/book": "Market",
    }


def test_menu_opens_the_section_and_marks_the_page(trader: TestClient) -> None:
    text = trader.get("/market/positions").text
    assert re.findall(r'<a href="([^"]+)" aria-current="(\w+)"', text) == [
        ("/market", "true"),
        ("/market/positions", "page"),
    ]


def test_menu_leads_each_to_its_own_work(traded: Services, trader: TestClient) -> None:
    def menu(client: TestClient, path: str) -> list[str]:
        head = client.get(path, headers={"Accept-Language": "en"}).text.split("</header>")[0]
        return re.findall(r'<li><a href="([^"]+)"', head)

    visitor = TestClient(create_app(traded), base_url="http://127.0.0.1:8750", follow_redirects=False)
    assert menu(visitor, "/facts") == ["/", "/atlas", "/agreements", "/facts"]
    pillars = ["/market", "/certificates", "/agreements", "/accounts", "/labour", "/talent"]
    assert menu(trader, "/facts") == ["/", "/atlas", *pillars, "/facts"]
    open_to_all = ["/market", "/market/spot", "/market/delivery"]
    own = ["/market/vouchers", "/market/products", "/market/positions", "/market/clearing", "/market/monitor"]
    assert menu(trader, "/market")[-8:] == open_to_all + own
    visitor.headers |= {"Origin": str(visitor.base_url)}
    visitor.post("/sign-in", data={"name": "zhang", "password": PASSWORD})
    assert "/accounts" not in menu(visitor, "/market")
    assert menu(visitor, "/market")[-3:] == open_to_all
