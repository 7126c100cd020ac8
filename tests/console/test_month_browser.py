"""One yuan of `docs/month.md`, in a real browser: from the firm's statement to who gets it, and to its proof."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from argon2 import PasswordHasher
from playwright.sync_api import expect
from tests.console.conftest import PASSWORD
from tests.console.test_obligations_browser import sign_in
from tests.page import play

from qipan.access.model import Duty, Role
from qipan.access.service import Access
from qipan.accounts.record import transfer_record
from qipan.bootstrap.services import Services, build, log_signer
from qipan.interfaces.server import create_app
from qipan.log.proof import check_proof, proof_of
from qipan.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = Path(__file__).parents[2] / "docs/month.md"
SPOT = "spot/2030-03-06/h100-80g"


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return the services over the home that the page leaves, with an auditor."""
    home = play(PAGE, tmp_path_factory.mktemp("month"))
    quick = Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = replace(build(Settings(home=home)), access=quick)
    now = datetime.now(UTC)
    with made.books.begin() as unit:
        quick.create_user(unit, "li.wei", password=PASSWORD, role=Role.VIEWER, now=now)
        quick.grant(unit, "li.wei", Duty.AUDITOR, now)
    return made


@pytest.fixture(scope="session")
def base(played: Services) -> Iterator[str]:
    """Serve the month's console on a free port."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(played), port=0, log_level="warning", timeout_graceful_shutdown=1)
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


def line(console: Any, transfer: str) -> Any:
    """Return the line of the statement at hand that a transfer left."""
    return console.locator("tbody tr").filter(has=console.locator("code", has_text=transfer))


def test_a_yuan_of_spot_leads_from_the_firm_to_ningxia_and_to_its_proof(
    console: Any, base: str, played: Services
) -> None:
    sign_in(console, base, "en")
    console.goto(f"{base}/accounts/one?account=firm/margin")
    for transfer, other, amount in (
        (f"{SPOT}/pay/firm", "market/spot", "17,000.00"),
        (f"{SPOT}/rent", "market/rent", "2,800.00"),
        ("share/sh-nx/rent/2030-03", "agreements/640000", "1,960.00"),
    ):
        found = line(console, transfer).filter(has_text=other)
        expect(found).to_have_count(1)
        expect(found).to_contain_text(amount)
        found.get_by_role("link", name=other).click()
        expect(console.locator("h1")).to_contain_text(other)
    with console.expect_download() as told:
        line(console, "share/sh-nx/rent/2030-03").locator("td").last.get_by_role("link").click()
    shown = proof_of(Path(told.value.path()).read_text("utf-8"))
    with played.books.read() as unit:
        (moved,) = [one for one in played.accounts.transfers(unit, "agreements/640000") if one.amount == 196_000]
    assert check_proof(shown, transfer_record(moved), log=log_signer(played.settings).verifier) == ()
