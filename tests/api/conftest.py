"""A home of its own with one day of forty jobs, and callers in every role."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from tests.api.house import House, made_house

from qipan.access.model import Role
from qipan.access.service import Access
from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.server import create_app
from qipan.settings import Settings
from qipan.workflows.day import DayRequest

HOST = "http://127.0.0.1:8750"
PASSWORD = "four unrelated words"
DAY = date(2026, 6, 1)
WAIT_S = 300
TIERS = ("realtime", "interactive", "batch", "offline")
ORIGINS = ("440000", "110000", "310000", "510000")


def csv(count: int = 40) -> bytes:
    rows = ["job_id,submit,kind,quantity,requested_s,origin,tier"]
    rows += [
        f"job-{i:02d},2026-06-01T{i % 24:02d}:10:00+08:00,intelligent,{1 + i % 8},{1800 * (1 + i % 5)},"
        f"{ORIGINS[i % 4]},{TIERS[i % 4]}"
        for i in range(count - 1)
    ]
    rows.append("giant,2026-06-01T09:00:00+08:00,intelligent,100000,3600,440000,batch")
    return "\n".join(rows).encode()


def ended(client: TestClient, address: str) -> dict[str, Any]:
    """Return a study once nobody works at it any more."""
    until = time.monotonic() + WAIT_S
    while (told := client.get(address).json())["state"] == "running":
        assert time.monotonic() < until, told
        time.sleep(0.2)
    return dict(told)


@pytest.fixture(scope="session")
def trace() -> bytes:
    """Return the jobs of the one day: thirty-nine that fit, one that no site can hold."""
    return csv()


@dataclass(frozen=True)
class Callers:
    """Headers of a program in each role."""

    viewer: dict[str, str]
    operator: dict[str, str]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings = Settings(home=tmp_path_factory.mktemp("api") / "home", map_approval="GS(2026)1")
    now = datetime.now(UTC)
    initialise(settings, now)
    quick = Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = replace(build(settings), access=quick)
    with made.books.begin() as unit:
        for role in (Role.VIEWER, Role.OPERATOR):
            quick.create_user(unit, role.value, password=PASSWORD, role=role, now=now)
    made.day.run(DayRequest(data=csv(), name="jobs.csv", format="generic", day=DAY), now)
    return made


@pytest.fixture(scope="session")
def callers(services: Services) -> Callers:
    headers = {}
    with services.books.begin() as unit:
        for role in (Role.VIEWER, Role.OPERATOR):
            user = services.access.user(unit, role.value)
            key, _ = services.access.issue_token(unit, user, name="tests", now=datetime.now(UTC))
            headers[role.value] = {"Authorization": f"Bearer {key}"}
    return Callers(**headers)


@pytest.fixture
def client(services: Services) -> TestClient:
    return TestClient(create_app(services), base_url=HOST, follow_redirects=False)


@pytest.fixture
def closed(services: Services) -> TestClient:
    """Return a client of a server that shows visitors nothing."""
    settings = services.settings.model_copy(update={"anonymous_role": "none"})
    return TestClient(create_app(replace(services, settings=settings)), base_url=HOST, follow_redirects=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with a caller for each duty, its own for each module."""
    return made_house(tmp_path_factory.mktemp("house"))
