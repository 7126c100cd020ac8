from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown


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
