"""A spot auction and a nomination in a real browser: entered once, drawn, cleared, accessible, in both languages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from tests.api.delivered import AHEAD, SITE, over, sell_days
from tests.console.conftest import opened
from tests.console.test_browser import DESK, is_fit
from tests.console.test_obligations_browser import sign_in

from qipan.access.model import Duty
from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app
from qipan.market.model.contract import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DAY = "2198-03-06"
NAME = f"h100-80g/{DAY}"
PAGES = [
    "/market/spot",
    f"/market/auction?auction={NAME}&member=west-1",
    "/market/delivery",
    f"/market/delivery/book?instrument={AHEAD}&member=west-1",
    f"/market/delivery/book?instrument={over()}",
    "/market/vouchers",
    "/market/products",
    "/market/clearing",
]


@pytest.fixture(scope="session")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with sold days and an open auction; li.wei acts for both members and clears."""
    made, now = opened(tmp_path_factory.mktemp("dealt") / "home"), datetime.now(UTC)
    sell_days(made, "west-1", "east-1", "north-1")
    terms = made.spot_clearing.terms("h100-80g", Window.named(DAY).start, ["ningxia", "guizhou"], fee_bp=25)
    with made.books.begin() as unit:
        for party in ("west-1", "east-1"):
            made.access.grant(unit, "li.wei", Duty.TRADER, now, party=party)
        made.access.grant(unit, "li.wei", Duty.CLEARING, now)
        made.spot.open(unit, terms, now)
    return made


@pytest.fixture(scope="session")
def base(dealt: Services) -> Iterator[str]:
    """Serve the console on a free port."""
    server = uvicorn.Server(uvicorn.Config(create_app(dealt), port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def base_url(base: str) -> str:
    """Stand in for the plugin's own fixture."""
    return base


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_fit_and_are_accessible_light_and_dark(console: Any, base: str, axe: str, lang: str) -> None:
    sign_in(console, base, lang)
    for path in PAGES:
        console.set_viewport_size(DESK)
        console.goto(base + path)
        is_fit(console, axe)


def bid(console: Any, base: str, member: str, side: str, lots: str, yuan: str) -> None:
    console.goto(f"{base}/market/auction?auction={NAME}&member={member}")
    console.get_by_role("radio", name=side).check()
    console.get_by_label("Hub", exact=True).select_option("ningxia")
    console.get_by_label("Hour, UTC+8").select_option("9")
    console.get_by_label("Lots of eight cards").fill(lots)
    console.get_by_label("Limit, yuan a card-hour").fill(yuan)
    console.get_by_role("button", name="Enter").dblclick()
    expect(console.locator("#answer")).to_contain_text("Entered")


def test_auction_is_bid_for_cleared_and_drawn(console: Any, base: str, axe: str, dealt: Services) -> None:
    sign_in(console, base, "en")
    bid(console, base, "west-1", "Offer", "4", "9")
    expect(console.locator("#orders tbody tr")).to_have_count(1)
    bid(console, base, "east-1", "Bid", "1", "8")
    console.locator("#orders").get_by_role("button").click()
    expect(console.locator("#answer")).to_contain_text("Taken back")
    bid(console, base, "east-1", "Bid", "3", "12")
    with dealt.books.read() as unit:
        assert [one.lots for one in dealt.spot.orders(unit, NAME)] == [4, 3]
    console.get_by_role("button", name="Close the gate now").click()
    expect(console.locator("#state")).to_have_text("gate closed")
    console.get_by_role("button", name="Clear the auction").click()
    expect(console.locator("#state")).to_have_text("cleared")
    console.wait_for_selector("#prices[data-ready]")
    expect(console.locator("#prices-table tbody tr")).to_have_count(1)
    expect(console.locator("#prices-table tbody tr")).to_contain_text("9.00")
    expect(console.locator("#orders tbody tr")).to_contain_text("3")
    is_fit(console, axe)


def test_nomination_of_a_double_click_is_said_once(console: Any, base: str, dealt: Services) -> None:
    sign_in(console, base, "en")
    console.goto(f"{base}/market/delivery/book?instrument={AHEAD}&member=west-1")
    expect(console.locator("#lacking tbody tr")).to_have_count(1)
    console.get_by_label("Site", exact=True).select_option(SITE)
    console.get_by_label("Lots in each hour").fill("3")
    console.get_by_role("button", name="Nominate").dblclick()
    expect(console.locator("#supplies tbody tr")).to_have_count(1)
    expect(console.locator("#supplies tbody tr")).to_contain_text(SITE)
    expect(console.locator("#lacking")).to_contain_text("Nothing lacks")
    with dealt.books.read() as unit:
        assert [one.lots for one in dealt.nominating.supplies(unit, AHEAD)] == [3]
