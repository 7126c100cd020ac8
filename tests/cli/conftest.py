"""A home of its own, a day that was run in it, and a way to type commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from qipan.access import service
from qipan.interfaces.cli.app import app

HEADER = "job_id,submit,kind,quantity,requested_s,tier,origin"
GOOD = [
    f"job-{number:02d},2025-01-06T{number:02d}:00:00+08:00,intelligent,{1 + number % 4},7200,{tier},110000"
    for number, tier in enumerate(["realtime", "interactive", "batch", "offline"] * 3)
]

Qipan = Callable[..., Result]


def csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def shown(result: Result) -> Any:
    """Return what a command printed as JSON; it must have gone well."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def assert_refused(result: Result, exit_code: int, code: str, *words: str) -> None:
    """Check that a command was refused on the error stream, without a traceback: in words, or as the JSON asked for."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == exit_code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    if result.stderr.startswith("{"):
        told = json.loads(result.stderr)
        assert (told["code"], told["exit_code"]) == (code, exit_code)
        assert told["detail"].endswith(".")
        assert told["hint"]
        return
    lines = result.stderr.splitlines()
    assert f"code: {code}" in lines
    assert any(line.startswith("error: ") for line in lines)
    assert any(line.startswith("hint: ") and line.endswith((".", "qipan init", "FILE", ")")) for line in lines)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "QIPAN_LANG", "COLUMNS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash passwords cheaply: what is typed here guards nothing, and every command opens the services anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Return a home that was initialised and holds one day with twelve jobs."""
    folder = tmp_path_factory.mktemp("cli")
    jobs = folder / "jobs.csv"
    jobs.write_bytes(csv(*GOOD))
    runner, env = CliRunner(), {"QIPAN_HOME": str(folder / "home"), "LANG": "C.UTF-8"}
    assert runner.invoke(app, ["init"], env=env).exit_code == 0
    run = runner.invoke(app, ["day", "run", "--jobs", str(jobs), "--day", "2025-01-06"], env=env)
    assert run.exit_code == 0, run.output
    return folder / "home"


@pytest.fixture
def qipan(home: Path) -> Qipan:
    """Return a way to type a command in the home with one day; ``at`` names another home."""

    def typed(*words: str | Path, at: Path = home, **env: str) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], env={"QIPAN_HOME": str(at), **env})

    return typed


@pytest.fixture
def trace(tmp_path: Path) -> Callable[..., Path]:
    """Return a way to write a file of jobs."""

    def written(data: bytes, name: str = "trace.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return written
