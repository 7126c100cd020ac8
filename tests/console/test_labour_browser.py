"""Jobs at risk in a real browser: map and history are drawn, squares are reached by keyboard, axe finds nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from tests.console.conftest import opened
from tests.console.test_browser import is_fit
from tests.console.test_obligations_browser import sign_in
from tests.labour.explained import explained_files
from tests.labour.issued import issue_clustered, issue_some

from qipan.access.model import Duty
from qipan.interfaces.server import create_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    "/labour",
    "/labour/cell?panel=insured&region=440000&industry=I64",
    "/labour/clusters?panel=places",
]
BULLETIN = "/labour/bulletin?panel=insured&month=2026-03"


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a console with warnings on a free port."""
    made = opened(tmp_path_factory.mktemp("labour") / "home")
    issue_clustered(made)
    issue_some(made)
    with made.books.begin() as unit:
        made.access.grant(unit, "li.wei", Duty.LABOUR, datetime.now(UTC))
    server = uvicorn.Server(uvicorn.Config(create_app(made), port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_drawn_and_accessible(console: Any, base: str, axe: str, path: str, lang: str) -> None:
    sign_in(console, base, lang)
    console.goto(f"{base}{path}")
    expect(console.locator("[data-chart]").first).to_have_attribute("data-ready", "1")
    is_fit(console, axe)


def test_a_square_is_reached_and_opened_by_keyboard(console: Any, base: str) -> None:
    sign_in(console, base, "en")
    console.goto(f"{base}/labour")
    console.locator("#heat tbody a").first.focus()
    console.keyboard.press("Tab")
    console.keyboard.press("Enter")
    expect(console.locator("#path caption")).to_be_visible()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_bulletin_is_accessible_in_both_languages(console: Any, base: str, axe: str, lang: str) -> None:
    sign_in(console, base, lang)
    console.goto(f"{base}{BULLETIN}")
    expect(console.get_by_role("heading", level=1)).to_contain_text(
        {"en": "bulletin of 2026-03", "zh": "就业风险月报"}[lang]
    )
    expect(console.get_by_role("table")).to_have_count(9)
    is_fit(console, axe)


@pytest.mark.parametrize(("lang", "link"), [("en", "Monthly bulletin"), ("zh", "月报")])
def test_from_heat_map_to_history_to_bulletin_and_its_files_by_keyboard(
    console: Any, base: str, lang: str, link: str
) -> None:
    sign_in(console, base, lang)
    console.goto(f"{base}/labour")
    tab_to(console, "#heat tbody a")
    console.keyboard.press("Enter")
    expect(console.locator("#path caption")).to_be_visible()
    tab_to(console, "main .heading a")
    console.keyboard.press("Enter")
    tab_to(console, f"main a:text-is('{link}')")
    console.keyboard.press("Enter")
    expect(console.locator("#month")).to_be_visible()
    tab_to(console, "#month")
    console.keyboard.press("End")
    tab_to(console, "main form button")
    console.keyboard.press("Enter")
    console.wait_for_url("**/labour/bulletin?panel=insured&month=2026-03")
    for form in ("pdf", "xlsx"):
        tab_to(console, f"main a[href$='form={form}']")
        with console.expect_download() as kept:
            console.keyboard.press("Enter")
        assert kept.value.suggested_filename == f"jobs-at-risk-insured-2026-03.{form}"
    # Wide tables are reached too, so that they can be scrolled.
    tab_to(console, "main .scroll-long")


def tab_to(console: Any, wanted: str) -> None:
    """Press Tab until something of a kind has the focus."""
    for _ in range(150):
        console.keyboard.press("Tab")
        if console.locator(f"{wanted}:focus").count():
            return
    raise AssertionError(f"{wanted} is not reached by keyboard")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_change_is_explained_from_files_and_drawn(console: Any, base: str, axe: str, lang: str) -> None:
    sign_in(console, base, lang)
    console.goto(f"{base}/labour/attribute")
    is_fit(console, axe)
    for field in ("file", "exposures"):
        given = [
            {"name": name, "mimeType": "text/csv", "buffer": data}
            for one, (name, data) in explained_files()
            if one == field
        ]
        console.locator(f"#{field}").set_input_files(given)
    console.locator("#since").fill("2022-01-01")
    console.locator("main button.button").click()
    for chart in ("parts", "placebo"):
        expect(console.locator(f"[data-chart={chart}]")).to_have_attribute("data-ready", "1")
    expect(console.locator("#placebo-table tbody tr")).to_have_count(10)
    is_fit(console, axe)
