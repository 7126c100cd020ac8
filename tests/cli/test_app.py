from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

from qipan.interfaces.cli import app as door
from qipan.interfaces.cli.exits import EXIT_WORDS


def test_init_twice_changes_nothing_and_shows_the_password_once(qipan: Qipan, tmp_path: Path) -> None:
    at = tmp_path / "home"
    first, second = qipan("init", at=at), qipan("init", at=at)
    assert re.search(r"Sign in as admin with the password [\w-]{24} \(shown only now\)", first.stderr)
    assert "password" not in second.stderr + second.stdout
    assert "Nothing to do" in second.stdout
    assert shown(qipan("init", "--json", at=at)) == {"home": str(at), "created": False}


def test_init_where_nothing_can_be_written_is_refused(qipan: Qipan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert_refused(qipan("init", at=tmp_path / "file" / "home"), 8, "home_unwritable", "QIPAN_HOME")


@pytest.mark.parametrize(
    "words", [("day", "list"), ("day", "jobs"), ("ledger", "fleets"), ("access", "users"), ("jobs", "findings", "1")]
)
def test_commands_before_init_say_how_to_begin(qipan: Qipan, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert_refused(qipan(*words, at=tmp_path / "none"), 4, "not_initialised", "Run: qipan init")


def test_commands_with_a_broken_setting_name_the_variable(qipan: Qipan) -> None:
    assert_refused(qipan("day", "list", QIPAN_PORT="eighty"), 3, "setting_invalid", "QIPAN_PORT")


def test_commands_with_books_of_an_unknown_engine_are_refused(qipan: Qipan) -> None:
    assert_refused(qipan("day", "list", QIPAN_BOOKS="oracle://somewhere"), 3, "books_address_unknown")


@pytest.mark.parametrize(
    "words", [("fly",), ("day", "run"), ("day", "fly"), ("facts", "--fly"), ("day", "show", "a", "b")]
)
def test_a_mistyped_command_is_told_and_ends_in_2(qipan: Qipan, words: tuple[str, ...]) -> None:
    result = qipan(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_help_lists_every_command_and_exit_code(qipan: Qipan) -> None:
    text = qipan("--help", COLUMNS="400").stdout
    for command in ("init", "demo", "serve", "doctor", "facts", "jobs", "ledger", "day", "access"):
        assert re.search(rf"\b{command}\b", text)
    assert EXIT_WORDS in text


def test_version_is_printed(qipan: Qipan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "version_of", {"qipan": "1.2.3"}.get)
    assert qipan("--version").stdout == "1.2.3\n"


@pytest.mark.slow
def test_demo_runs_a_generated_day_in_a_home_it_makes_itself(qipan: Qipan, tmp_path: Path) -> None:
    at = tmp_path / "home"
    result = qipan("demo", "--day", "2025-01-06", "--seed", "3", at=at)
    assert result.exit_code == 0, result.output
    assert "not real jobs" in result.stdout
    assert all(f"  {title}: " in result.stdout for title in ("Cost", "Carbon, location-based", "Carbon, market-based"))
    document = shown(qipan("day", "show", "--json", at=at))
    assert (document["day"], document["seed"], document["is_generated"]) == ("2025-01-06", 3, True)
    again = shown(qipan("demo", "--day", "2025-01-06", "--seed", "3", "--json", at=at))
    assert again["scores"] == document["scores"]


def test_version_of_the_distribution_is_known() -> None:
    assert re.match(r"\d+\.\d+", door.version_of("qipan"))


def test_door_opens_without_stores_and_solvers() -> None:
    heavy = ("alembic", "highspy", "ibis", "numba", "pyarrow", "scipy", "sqlalchemy")
    asked = f"import sys, qipan.interfaces.cli.app; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
