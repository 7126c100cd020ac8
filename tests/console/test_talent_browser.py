"""Talent in a real browser: files are sent, tables fit on a phone, axe finds nothing, a CSV comes down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from tests.console.conftest import opened
from tests.console.test_browser import is_fit
from tests.console.test_obligations_browser import sign_in
from tests.console.test_talent_pages import COURSES, EXCHANGE

from qipan.interfaces.server import create_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a console on a free port."""
    made = opened(tmp_path_factory.mktemp("talent") / "home")
    server = uvicorn.Server(uvicorn.Config(create_app(made), port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("path", "files", "table"), [("talent", COURSES, "paths"), ("talent/exchange", EXCHANGE, "signed")]
)
def test_files_are_sent_and_what_comes_of_them_fits(
    console: Any, base: str, axe: str, tmp_path: Path, path: str, files: Any, table: str, lang: str
) -> None:
    sign_in(console, base, lang)
    console.goto(f"{base}/{path}")
    is_fit(console, axe)
    for field, (name, text) in files.items():
        (tmp_path / name).write_text(text)
        console.set_input_files(f"#{field}", tmp_path / name)
    with console.expect_download() as coming:
        console.locator(f'button[value="{table}"]').click()
    assert coming.value.suggested_filename == f"{table}.csv"
    console.locator("form.stack button.button").click()
    expect(console.locator(f"#{table} tbody tr").first).to_be_visible()
    is_fit(console, axe)
