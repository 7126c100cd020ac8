from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

from qipan.interfaces.cli import session


@pytest.fixture
def empty(qipan: Qipan, tmp_path: Path) -> Path:
    assert qipan("init", at=tmp_path / "home").exit_code == 0
    return tmp_path / "home"


def test_user_is_created_with_a_password_that_only_stdout_holds(qipan: Qipan, empty: Path) -> None:
    made = qipan("access", "user", "Li.Wei", "--role", "operator", at=empty)
    assert made.exit_code == 0
    assert re.fullmatch(r"[\w-]{24}\n", made.stdout)
    assert made.stdout.strip() not in made.stderr
    users = shown(qipan("access", "users", "--json", at=empty))
    assert [(user["name"], user["role"]) for user in users] == [("admin", "admin"), ("li.wei", "operator")]
    assert "li.wei" in qipan("access", "users", at=empty).stdout
    assert_refused(qipan("access", "user", "li.wei", "--role", "viewer", at=empty), 6, "user_exists", "li.wei")


def test_user_with_a_name_or_role_that_cannot_be_is_refused(qipan: Qipan) -> None:
    assert_refused(qipan("access", "user", "a b", "--role", "viewer"), 3, "user_name_malformed")
    assert qipan("access", "user", "li.wei", "--role", "king").exit_code == 2
    assert qipan("access", "user", "li.wei").exit_code == 2


def test_password_of_a_user_is_drawn_anew(qipan: Qipan, empty: Path) -> None:
    drawn = {qipan("access", "password", "admin", at=empty).stdout for _ in range(2)}
    assert len(drawn) == 2
    assert_refused(qipan("access", "password", "nobody", at=empty), 4, "user_not_found")


def test_token_of_a_user_is_shown_once_on_stdout(qipan: Qipan) -> None:
    issued = qipan("access", "token", "admin", "--for", "nightly import", "--days", "7")
    assert issued.exit_code == 0
    assert re.fullmatch(r"qipan_[\w-]{43}\n", issued.stdout)
    assert_refused(qipan("access", "token", "nobody"), 4, "user_not_found", "nobody")


def test_scope_of_a_user_is_given_shown_and_taken_back(qipan: Qipan, empty: Path) -> None:
    site = shown(qipan("ledger", "fleets", "--json", at=empty))[0]["sites"][0]["site_id"]
    made = qipan("access", "user", "guizhou", "--role", "viewer", "--region", "贵州", "--site", site, at=empty)
    assert made.exit_code == 0, made.output

    def seen() -> dict[str, list[str]]:
        return {user["name"]: user["scope"] for user in shown(qipan("access", "users", "--json", at=empty))}

    assert seen() == {"admin": [], "guizhou": ["520000", site]}
    assert f"520000, {site}" in qipan("access", "users", at=empty, COLUMNS="200").stdout
    assert "sees the country" in qipan("access", "scope", "guizhou", at=empty).stderr
    assert seen()["guizhou"] == []
    assert_refused(qipan("access", "scope", "guizhou", "--site", "nowhere", at=empty), 4, "site_unknown", "nowhere")
    assert_refused(qipan("access", "scope", "nobody", at=empty), 4, "user_not_found")


def test_trail_names_the_account_that_typed_whatever_the_environment_says(qipan: Qipan, empty: Path) -> None:
    drawn = [
        qipan("access", *words, at=empty, LOGNAME="mallory", USER="mallory").stdout.strip()
        for words in (
            ("user", "li.wei", "--role", "viewer", "--region", "贵州"),
            ("password", "li.wei"),
            ("token", "li.wei"),
        )
    ]
    found = shown(qipan("access", "trail", "--json", at=empty))
    assert [(one["action"], one["subject"]) for one in found] == [
        ("token_issued", "li.wei/1"),
        ("password_changed", "li.wei"),
        ("scope_changed", "li.wei"),
        ("user_created", "li.wei"),
        ("fleet_registered", "national"),
        ("user_created", "admin"),
    ]
    assert {one["caller"] for one in found} == {session.caller()}
    assert session.caller() == f"shell:{pwd.getpwuid(os.getuid()).pw_name}"
    assert [secret for secret in drawn if secret in str(found)] == []
    printed = qipan("access", "trail", "--limit", "3", at=empty).stdout
    assert "regions 520000, sites none" in printed
    assert "user_created" not in printed


def test_trail_is_asked_by_time_caller_and_action(qipan: Qipan, empty: Path) -> None:
    def asked(*words: str) -> list[str]:
        return [one["action"] for one in shown(qipan("access", "trail", *words, "--json", at=empty))]

    last = shown(qipan("access", "trail", "--json", at=empty))[0]["at"]
    assert asked("--since", last)[0] == "fleet_registered"
    assert len(asked("--until", last)) < len(asked())
    assert asked("--caller", "visitor") == []
    assert asked("--action", "user_created") == ["user_created"]
    assert_refused(qipan("access", "trail", "--since", "2026-01-01T00:00:00", at=empty), 3, "time_naive")


def test_duties_of_a_user_are_granted_listed_and_withdrawn(qipan: Qipan, empty: Path) -> None:
    qipan("access", "user", "li.wei", "--role", "viewer", at=empty)
    given = qipan("access", "grant", "li.wei", "trader", "--party", "east-1", at=empty)
    assert "li.wei is trader of east-1." in given.stderr
    assert qipan("access", "grant", "li.wei", "clearing", at=empty).exit_code == 0

    def listed(*words: str) -> list[dict[str, str]]:
        return shown(qipan("access", "mandates", *words, "--json", at=empty))

    assert listed() == [
        {"name": "li.wei", "duty": "clearing", "party": ""},
        {"name": "li.wei", "duty": "trader", "party": "east-1"},
    ]
    assert listed("admin") == []
    assert "east-1" in qipan("access", "mandates", "li.wei", at=empty).stdout
    assert qipan("access", "withdraw", "li.wei", "clearing", at=empty).exit_code == 0
    assert [one["duty"] for one in listed("li.wei")] == ["trader"]
    assert_refused(qipan("access", "withdraw", "li.wei", "clearing", at=empty), 4, "mandate_not_found", "clearing")
    assert_refused(qipan("access", "grant", "li.wei", "site", at=empty), 3, "mandate_unfit", "site")
    assert_refused(qipan("access", "mandates", "nobody", at=empty), 4, "user_not_found")
    assert qipan("access", "grant", "li.wei", "king", at=empty).exit_code == 2
