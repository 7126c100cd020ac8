"""Homes with a day in them, and a real browser that may ask nothing but this machine."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from qipan.access.model import Duty, Role
from qipan.access.service import Access
from qipan.accounts.model.posting import Account
from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.server import create_app
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.log.note import SIGNS, Signer
from qipan.market.model.contract import Instrument
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Certification, Cover, Listing, Member
from qipan.settings import Settings
from qipan.workflows.day import DayRequest

WAIT_S = 300
PATIENCE_MS = 60_000
"""How long a browser waits for a page, on a machine that does much else."""
PASSWORD = "four unrelated words"
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NODES = b"gpu_model,gpu_capacity_num,cpu_num,node_name\n" + b"".join(b"A10,8,128,%d\n" % n for n in range(40))
PODS = b"name,num_gpu,gpu_milli,deletion_time,scheduled_time\n" + b"".join(
    b"p%d,1,1000,%d,%d\n" % (n, 3600 * (n + 5), 3600 * n) for n in range(60)
)
BOOK, LATER = "h100-80g@ningxia/2198-W10", "h100-80g@ningxia/2198-W11"
TIERS = ("realtime", "interactive", "batch", "offline")


def csv(count: int) -> bytes:
    rows = ["job_id,submit,kind,quantity,requested_s,origin,tier"]
    rows += [
        f"job-{i:02d},2026-06-01T{i % 24:02d}:10:00+08:00,intelligent,{1 + i % 8},3600,440000,{TIERS[i % 4]}"
        for i in range(count - 1)
    ]
    rows.append("giant,2026-06-01T09:00:00+08:00,intelligent,100000,3600,440000,batch")
    return "\n".join(rows).encode()


def planned(client: TestClient, answer: Any) -> str:
    """Return where the plan of a day is seen that a form was sent for, once it is there."""
    assert answer.status_code == 303, answer.text
    until = time.monotonic() + WAIT_S
    while (seen := client.get(answer.headers["location"])).status_code == 200:
        assert 'id="progress"' in seen.text, seen.text
        assert time.monotonic() < until
        time.sleep(0.2)
    assert seen.status_code == 303, seen.text
    return str(seen.headers["location"])


def opened(home: Path) -> Services:
    """Return the services over a new home, with one operator."""
    now = datetime.now(UTC)
    settings = Settings(home=home)
    initialise(settings, now)
    quick = Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = replace(build(settings), access=quick)
    with made.books.begin() as unit:
        quick.create_user(unit, "li.wei", password=PASSWORD, role=Role.OPERATOR, now=now)
        quick.create_user(unit, "visitor", password=PASSWORD, role=Role.VIEWER, now=now)
    return made


def open_market(made: Services, now: datetime) -> None:
    """Let members trade two books, and settle yesterday."""
    before = now - timedelta(days=1)
    with made.books.begin() as unit:
        made.access.create_user(unit, "zhang", password=PASSWORD, role=Role.VIEWER, now=before)
        for party in ("west-1", "east-1", "poor-1", "key-1"):
            made.access.grant(unit, "li.wei", Duty.TRADER, before, party=party)
        made.access.grant(unit, "li.wei", Duty.CLEARING, before)
        made.access.grant(unit, "li.wei", Duty.AUDITOR, before)
        made.access.grant(unit, "visitor", Duty.TRADER, before, party="east-1")
    with made.books.begin() as unit:
        for member in ("west-1", "east-1", "poor-1"):
            made.margins.admit(unit, Member(member), before)
        made.margins.admit(unit, Member("key-1", str(Signer("key-1", SIGNS, bytes(32)).verifier)), before)
        made.accounts.open_account(unit, Account("bank", "bank", "fen", "issued", None), before)
        for member, fen in (("west-1", 200_000_000), ("east-1", 200_000_000), ("poor-1", 100)):
            made.margins.bring(unit, member, before, source="bank", fen=fen, transfer_id=f"deposit-{member}")
        for name in (BOOK, LATER):
            ware = Instrument.named(name)
            made.trading.open_book(unit, Listing(ware, ware.window.start, 150, "assumed"), before)
        hour = before.replace(minute=0, second=0, microsecond=0)
        made.trading.certify(unit, Certification("west-1", "h100-80g", "ningxia", hour, 4000, "NC-7"), before)
        made.margins.send(unit, [Cover("w-0", "west-1", BOOK, 90)], before)
        orders = [Order("w-1", "west-1", BOOK, Side.SELL, 5, 1200), Order("w-2", "west-1", BOOK, Side.SELL, 3, 1260)]
        orders += [Order("e-1", "east-1", BOOK, Side.BUY, 2, 1250), Order("e-2", "east-1", BOOK, Side.BUY, 4, 1150)]
        for order in orders:
            made.margins.send(unit, [order], before)
        made.clearing.mark(unit, before + timedelta(minutes=1))
        made.clearing.settle(unit, before + timedelta(minutes=1))


@pytest.fixture(scope="session")
def trace() -> bytes:
    return csv(30)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, trace: bytes) -> Services:
    """Return services with one small day."""
    made = opened(tmp_path_factory.mktemp("console") / "home")
    made.day.run(DayRequest(data=trace, name="<jobs>.csv", format="generic", day=date(2026, 6, 1)), datetime.now(UTC))
    return made


@pytest.fixture(scope="session")
def empty_services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services in which no day was run."""
    return opened(tmp_path_factory.mktemp("console") / "empty")


@pytest.fixture
def client(services: Services) -> TestClient:
    return TestClient(create_app(services), base_url="http://127.0.0.1:8750", follow_redirects=False)


@pytest.fixture
def signed_in(client: TestClient) -> TestClient:
    """Return a client whose operator signed in as a browser would."""
    client.headers["Origin"] = str(client.base_url)
    answer = client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD})
    assert answer.status_code == 303
    return client


@pytest.fixture(scope="session")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with a market: a seller with cover, a buyer, a poor member, a settled day, open orders."""
    made = opened(tmp_path_factory.mktemp("console") / "traded")
    open_market(made, datetime.now(UTC))
    return made


@pytest.fixture
def trader(traded: Services) -> TestClient:
    """Return a client of the market's home whose operator has signed in, in English."""
    made = TestClient(create_app(traded), base_url="http://127.0.0.1:8750", follow_redirects=False)
    made.headers |= {"Origin": str(made.base_url), "Accept-Language": "en"}
    assert made.post("/sign-in", data={"name": "li.wei", "password": PASSWORD}).status_code == 303
    return made


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with the demo's day: made jobs on the national fleet."""
    made = opened(tmp_path_factory.mktemp("console") / "demo")
    made.day.demo(datetime.now(UTC), date(2026, 6, 1))
    return made


def rehearsed(services: Services) -> date:
    """Let machines tell of yesterday, the day that the atlas shows unasked; return it."""
    now = datetime.now(UTC)
    day = now.astimezone(zone(BOARD_ZONE)).date() - timedelta(days=1)
    services.rehearsal.of_traces(NODES, PODS, now, day=day, days=1)
    return day


@pytest.fixture(scope="session")
def metered_day(demo: Services) -> date:
    """Return a day of which meters told the demo's home."""
    return rehearsed(demo)


@pytest.fixture(scope="session")
def base(demo: Services) -> Iterator[str]:
    """Serve the demo's console on a free port."""
    config = uvicorn.Config(create_app(demo), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def base_url(base: str) -> str:
    """Stand in for the plugin's own fixture, which asks pytest in a way that it warns of."""
    return base


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium must be installed on the build machine.")
        pytest.skip("Chromium is not installed")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return {"executable_path": found, "args": quiet}


@pytest.fixture
def console(page: Any, base: str) -> Iterator[Any]:
    """Return a browser's page; whatever asks another machine or breaks the content policy fails the test."""
    foreign: list[str] = []
    complaints: list[str] = []

    def is_complaint(said: Any) -> bool:
        # The one page that is asked for although it is not there.
        return said.type == "error" and said.location["url"] != f"{base}/nothing"

    def guard(route: Any) -> None:
        if route.request.url.startswith((base, "data:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    page.route("**/*", guard)
    page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    yield page
    assert foreign == []
    assert complaints == []


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the accessibility checker, which npm brought for the tests alone."""
    if not AXE.is_file():
        if os.environ.get("CI"):
            pytest.fail("axe-core must be installed on the build machine: make setup.")
        pytest.skip("axe-core is not installed: make setup")
    return AXE.read_text(encoding="utf-8")
