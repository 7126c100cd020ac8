"""Market, accounts, certificates and agreements in a real browser: drawn, usable, accessible, in both languages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from tests.console.conftest import BOOK, PASSWORD
from tests.console.test_agreements_pages import AGREEMENT, COURSES
from tests.console.test_browser import DESK, is_fit, speak

from qipan.access.model import Duty, Role
from qipan.accounts.model.dispute import Opening
from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    "/market",
    f"/market/book?instrument={BOOK}&member=east-1",
    "/market/positions",
    "/market/clearing",
    "/accounts",
    "/accounts/one?account=west-1/margin",
    "/accounts/disputes",
    "/accounts/dispute?dispute=web-1",
    "/market/monitor",
    "/certificates",
    "/certificates/centres",
    "/certificates/quota",
    "/agreements",
    "/agreements/simulate",
    "/agreements/value",
]


@pytest.fixture(scope="session")
def base(traded: Services) -> Iterator[str]:
    """Serve the market's console on a free port."""
    now = datetime.now(UTC)
    with traded.books.begin() as unit:
        for party in ("310000", "640000"):
            traded.access.grant(unit, "li.wei", Duty.TRADER, now, party=party)
        traded.access.create_user(unit, "judge", password=PASSWORD, role=Role.VIEWER, now=now)
        traded.access.grant(unit, "judge", Duty.AUDITOR, now)
        named = ("deposit-east-1",)
        asked = Opening(dispute_id="web-1", party="east-1", by="li.wei", transfer_ids=named, ground="Too much came.")
        traded.disputes.open(unit, asked, now)
    server = uvicorn.Server(
        uvicorn.Config(create_app(traded), port=0, log_level="warning", timeout_graceful_shutdown=1)
    )
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


def sign_in(console: Any, base: str, lang: str, name: str = "li.wei") -> None:
    speak(console, base, lang)
    console.set_viewport_size(DESK)
    console.goto(f"{base}/sign-in")
    console.locator("#name").fill(name)
    console.locator("#password").fill(PASSWORD)
    console.locator("main button").click()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_fit_and_are_accessible_light_and_dark(console: Any, base: str, axe: str, lang: str) -> None:
    sign_in(console, base, lang)
    for path in PAGES:
        console.set_viewport_size(DESK)
        console.goto(base + path)
        is_fit(console, axe)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_form_that_decides_a_dispute_is_accessible(console: Any, base: str, axe: str, lang: str) -> None:
    sign_in(console, base, lang, "judge")
    console.goto(f"{base}/accounts/dispute?dispute=web-1")
    expect(console.locator("#amount-1")).to_be_visible()
    is_fit(console, axe)


def test_double_click_places_one_order_which_is_taken_back(console: Any, base: str, traded: Services) -> None:
    sign_in(console, base, "en")
    console.goto(f"{base}/market/book?instrument={BOOK}&member=east-1")
    console.wait_for_selector("#depth[data-ready]")
    console.get_by_label("Lots", exact=True).fill("2")
    console.get_by_label("Limit, yuan a card-hour").fill("10.07")
    console.get_by_role("button", name="Place the order").dblclick()
    expect(console.locator("#answer")).to_contain_text("open")
    row = console.locator("#orders tbody tr", has_text="buy 2 at 10.07 yuan")
    expect(row).to_have_count(1)
    row.get_by_role("button").click()
    expect(console.locator("#answer")).to_contain_text("cancelled")
    expect(row).to_have_count(0)
    with traded.books.read() as unit:
        found = [one for one in traded.trading.requests(unit, BOOK) if '"fen_per_card_h":1007' in one.record]
    assert len(found) == 1


def test_simulation_is_drawn_and_leads_to_signing(console: Any, base: str, axe: str) -> None:
    sign_in(console, base, "en")
    console.goto(f"{base}/agreements/simulate")
    console.get_by_label("Agreement, TOML").fill(AGREEMENT)
    console.get_by_label("Scenarios, CSV").fill(COURSES)
    console.get_by_role("button", name="See who gains").click()
    console.wait_for_selector("#gains[data-ready]")
    expect(console.locator("[data-rational=yes]")).to_have_count(2)
    is_fit(console, axe)
    console.set_viewport_size(DESK)
    console.get_by_role("button", name="Sign this text").click()
    expect(console.locator("h1")).to_have_text("sh-nx")
    expect(console.locator("main")).to_contain_text("waits for a signature")
