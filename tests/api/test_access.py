"""Who has changed what: through every door of the web, for admins only."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.conftest import DAY, PASSWORD, csv, ended
from tests.api.test_readings import FLEET, HOUR, sealed

from qipan.access.model import Role
from qipan.bootstrap.services import Services
from qipan.interfaces.console.pages import sign_in

TRAIL = "/api/v1/access/trail"
RELEASED = HOUR + timedelta(minutes=90)


@pytest.fixture(scope="module")
def boss(services: Services) -> dict[str, str]:
    """Return the headers of a program of an admin."""
    now = datetime.now(UTC)
    with services.books.begin() as unit:
        user = services.access.create_user(unit, "boss", password=PASSWORD, role=Role.ADMIN, now=now)
        key, _ = services.access.issue_token(unit, user, name="tests", now=now)
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def added(client: TestClient, boss: dict[str, str]):
    """Return a way to read what has come to the trail since the test began, the oldest first."""
    last = client.get(TRAIL, headers=boss).json()[0]["entry_id"]

    def read() -> list[tuple[str, str, str]]:
        rows = client.get(TRAIL, headers=boss).json()
        new = [(row["caller"], row["action"], row["subject"]) for row in rows if row["entry_id"] > last]
        return new[::-1]

    return read


def test_trail_is_for_admins(client: TestClient, callers: Any, boss: dict[str, str]) -> None:
    answers = [client.get(TRAIL, headers=headers) for headers in ({}, callers.viewer, callers.operator, boss)]
    assert [answer.status_code for answer in answers] == [401, 403, 403, 200]


def test_trail_is_asked_by_time_caller_and_action(client: TestClient, boss: dict[str, str]) -> None:
    def asked(**values: Any) -> list[dict[str, Any]]:
        answer = client.get(TRAIL, params=values, headers=boss)
        assert answer.status_code == 200, answer.text
        return answer.json()

    (made,) = [row for row in asked(action="user_created") if row["subject"] == "boss"]
    assert made["detail"] == {"role": "admin"}
    assert made in asked(since=made["at"], limit=500)
    assert made not in asked(until=made["at"], limit=500)
    assert asked(caller="user:nobody") == []
    assert len(asked(limit=1)) == 1
    assert client.get(TRAIL, params={"since": "2026-01-01T00:00:00"}, headers=boss).json()["code"] == "time_naive"


def test_a_program_that_writes_is_named_by_its_token(
    client: TestClient, services: Services, callers: Any, added: Any
) -> None:
    def post(path: str, data: bytes, **form: str) -> int:
        answer = client.post(f"/api/v1/{path}", files={"file": ("f", data)}, data=form, headers=callers.operator)
        return answer.status_code

    assert post("ledger/sites", FLEET.replace("Metered", "Metered again").encode()) == 201
    for _ in range(2):
        assert post("ledger/readings", sealed(1, released=RELEASED)) in {200, 201}
    assert post("ledger/readings", sealed(2, released=RELEASED)) == 201
    assert post("ledger/readings", b"nothing at all") == 400
    dispute = client.get("/api/v1/ledger/disputes", headers=callers.viewer).json()[0]["dispute_id"]
    resolution = f"/api/v1/ledger/disputes/{dispute}/resolution"
    for expected in (200, 409):
        answer = client.post(resolution, json={"resolution": "upheld"}, headers=callers.operator)
        assert answer.status_code == expected
    assert post("jobs/import", csv(7)) == 200
    assert post("day/run", csv(8), day=DAY.isoformat(), fleet_id="national") == 202
    assert ended(client, f"/api/v1/day/run/{client.get('/api/v1/day/run').json()[0]['study_id']}")["state"] == "done"
    found = added()
    assert [action for _, action, _ in found] == [
        "fleet_registered",
        "batch_received",
        "batch_received",
        "dispute_resolved",
        "jobs_received",
        "study_asked",
        "jobs_received",
        "plan_kept",
        "use_entered",
    ]
    with services.books.read() as unit:
        (token,) = services.access.tokens(unit, services.access.user(unit, "operator"))
    assert {caller for caller, *_ in found} == {f"token:operator/{token.token_id}"}


def test_who_works_at_the_console_is_named_by_the_sign_in(client: TestClient, added: Any) -> None:
    data = {"name": "operator", "password": PASSWORD}
    assert client.post("/sign-in", data=data | {"password": "wrong"}).status_code == 401
    assert client.post("/sign-in", data=data).status_code == 303
    client.headers["Origin"] = str(client.base_url)
    fleet = FLEET.replace("Metered", "Metered at the console").encode()
    assert client.post("/ledger/sites", files={"file": ("f", fleet)}).status_code == 303
    form = {"format": "generic", "day": DAY.isoformat(), "fleet_id": "national"}
    answer = client.post("/days", files={"file": ("f", csv(9))}, data=form)
    assert answer.status_code == 303
    assert ended(client, f"/api/v1/day/run/{answer.headers['location'].rpartition('=')[2]}")["state"] == "done"
    assert added() == [
        ("visitor", "sign_in_refused", "operator"),
        ("user:operator", "signed_in", "operator"),
        ("user:operator", "fleet_registered", "metered"),
        *[("user:operator", action, subject) for _, action, subject in added()[3:]],
    ]
    assert [action for _, action, _ in added()[3:]] == ["study_asked", "jobs_received", "plan_kept", "use_entered"]


def test_refused_sign_ins_that_are_slowed_leave_nothing(client: TestClient, added: Any) -> None:
    for _ in range(12):
        client.post("/sign-in", data={"name": "nobody at all", "password": "wrong"})
    assert added() == [("visitor", "sign_in_refused", "unknown name")] * 10


def test_duties_are_granted_and_withdrawn_by_admins_and_seen_by_their_user(
    client: TestClient, callers: Any, boss: dict[str, str], added: Any
) -> None:
    of_viewer = "/api/v1/access/users/viewer/mandates"
    wanted = {"duty": "trader", "party": "east-1"}
    refused = [client.post(of_viewer, json=wanted, headers=who) for who in ({}, callers.viewer, callers.operator)]
    assert [answer.json()["code"] for answer in refused] == ["sign_in_needed", "role_too_low", "role_too_low"]
    assert client.get(of_viewer, headers=boss).json() == []
    for _ in range(2):
        made = client.post(of_viewer, json=wanted, headers=boss)
        assert (made.status_code, made.json()) == (201, {"name": "viewer", **wanted})
    assert client.get(of_viewer, headers=callers.viewer).json() == [{"name": "viewer", **wanted}]
    assert client.get(of_viewer, headers=callers.operator).status_code == 403
    assert client.post(of_viewer, json={"duty": "site"}, headers=boss).json()["code"] == "mandate_unfit"
    assert client.post(of_viewer, json={"duty": "king"}, headers=boss).json()["code"] == "request_malformed"
    one = f"{of_viewer}/trader"
    assert client.delete(one, params={"party": "east-1"}, headers=callers.viewer).status_code == 403
    assert client.delete(one, headers=boss).json()["code"] == "mandate_not_found"
    assert client.delete(one, params={"party": "east-1"}, headers=boss).json() == {"name": "viewer", **wanted}
    assert client.get("/api/v1/access/users/nobody/mandates", headers=boss).json()["code"] == "user_not_found"
    assert [action for _, action, _ in added()] == ["mandate_granted", "mandate_withdrawn"]


def test_every_web_door_says_who_asks() -> None:
    doors = Path(inspect.getfile(sign_in)).parents[2]
    pages = [*(doors / "api").rglob("*.py"), *(doors / "console").rglob("*.py")]
    begun = [call for page in pages for call in re.findall(r"\.begin\([^)]*", page.read_text("utf-8"))]
    assert len(begun) > 4
    assert [call for call in begun if "caller=" not in call] == []
