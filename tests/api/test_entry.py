"""Who asks, and what they may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qipan.access.model import Duty, Mandate, Role, User
from qipan.bootstrap.services import Services
from qipan.interfaces.entry import FAILURES_MAX, FAILURES_WINDOW, Attempts, Caller
from qipan.kernel.errors import NotAllowedError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FACTS = "/api/v1/facts?size=1"


def test_caller_may_what_the_role_includes() -> None:
    assert Caller("li", Role.ADMIN).may(Role.OPERATOR)
    assert not Caller("li", Role.VIEWER).may(Role.OPERATOR)
    assert not Caller("", None).may(Role.VIEWER)


def test_caller_has_one_of_some_duties_whatever_the_role() -> None:
    user = User(7, "li", Role.VIEWER, NOW, None, None)
    caller = Caller(
        "li", Role.VIEWER, user=user, mandates=(Mandate(7, Duty.TRADER, "east-1"), Mandate(7, Duty.CLEARING))
    )
    caller.require_duty(Duty.SITE, Duty.TRADER, party="east-1")
    caller.require_duty(Duty.TRADER, Duty.CLEARING, party="west-1")
    assert not caller.has_duty(Duty.SITE, Duty.TRADER, party="west-1")
    with pytest.raises(NotAllowedError) as caught:
        caller.require_duty(Duty.SITE, Duty.TRADER, party="west-1")
    assert (caught.value.code, "site of west-1" in caught.value.message) == ("duty_missing", True)


def test_visitor_has_no_duty() -> None:
    visitor = Caller("", Role.VIEWER)
    assert not visitor.has_duty(Duty.AUDITOR, reads=True)
    with pytest.raises(NotAllowedError) as caught:
        visitor.require_duty(Duty.AUDITOR, reads=True)
    assert caught.value.code == "sign_in_needed"


def test_closed_server_shows_visitors_nothing(closed: TestClient, callers: Any) -> None:
    assert closed.get(FACTS).json()["code"] == "sign_in_needed"
    assert closed.get("/metrics").status_code == 401
    assert closed.get(FACTS, headers=callers.viewer).status_code == 200
    assert closed.get("/healthz").text == "ok\n"


@pytest.mark.parametrize(
    ("header", "code"),
    [("Basic bGk6cHc=", "token_malformed"), ("Bearer ", "token_malformed"), ("Bearer qipan_none", "token_refused")],
)
def test_a_bad_token_is_refused_even_where_visitors_may_look(client: TestClient, header: str, code: str) -> None:
    answer = client.get(FACTS, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_revoked_token_is_refused(client: TestClient, services: Services) -> None:
    now = datetime.now(UTC)
    with services.books.begin() as unit:
        user = services.access.user(unit, "viewer")
        key, token = services.access.issue_token(unit, user, name="short", now=now)
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get(FACTS, headers=headers).status_code == 200
    with services.books.begin() as unit:
        services.access.revoke_token(unit, token.token_id, now)
    assert client.get(FACTS, headers=headers).json()["code"] == "token_refused"


def test_attempts_refuse_an_address_until_the_window_has_passed() -> None:
    attempts = Attempts()
    for _ in range(FAILURES_MAX):
        attempts.check("192.0.2.1", NOW)
        attempts.note("192.0.2.1", NOW)
    with pytest.raises(NotAllowedError) as caught:
        attempts.check("192.0.2.1", NOW)
    assert caught.value.code == "sign_in_too_often"
    attempts.check("192.0.2.2", NOW)
    attempts.check("192.0.2.1", NOW + FAILURES_WINDOW)
