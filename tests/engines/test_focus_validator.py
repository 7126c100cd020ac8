"""The validator of FinOps reads what a rehearsed day exports as FOCUS 1.2, in an environment of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.engines.conftest import missing
from typer.testing import CliRunner

from qipan.interfaces.cli.app import app

pytestmark = pytest.mark.engine

PYTHONS = ("python3.12", "python3.13", "python3.14")
VERSIONS = ("", "3.12.1", "3.13.0")
"""Versions that pyenv is asked for; "" is the one it takes by itself."""
NEEDED = ("focus-validator==2.2.1", "pyarrow<24")
CONTRADICTORY = {"InvoiceId-C-004-C", "InvoiceId-C-005-C"}
"""One wants an invoice's number null where there is no invoice, the other never null."""


def called(*words: str | Path, folder: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **env}
    return subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def python() -> tuple[str, str] | None:
    for name in PYTHONS:
        for version in VERSIONS:
            try:
                found = called(name, "--version", **({"PYENV_VERSION": version} if version else {}))
            except FileNotFoundError:
                continue
            if found.returncode == 0:
                return name, version
    return None


@pytest.fixture(scope="session")
def validator(request: pytest.FixtureRequest) -> Path:
    """Return the validator's environment; it is built once and kept beside pytest's cache."""
    kept = request.config.cache.mkdir("focus-validator") / "venv"
    program = kept / "bin/focus-validator"
    if program.exists():
        return kept
    found = python()
    if found is None:
        missing("Python 3.12 or newer")
    name, version = found
    env = {"PYENV_VERSION": version} if version else {}
    assert called(name, "-m", "venv", "--clear", kept, **env).returncode == 0
    installed = called(kept / "bin/python", "-m", "pip", "install", "-q", *NEEDED)
    if installed.returncode or not program.exists():
        missing(f"focus-validator ({installed.stderr.strip()[-300:]})")
    return kept


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the export, hour by hour, of the day that the demonstration plans and rehearses."""
    folder = tmp_path_factory.mktemp("focus")
    env = {"QIPAN_HOME": str(folder / "home"), "LANG": "C.UTF-8"}
    day = ("--day", "2026-01-05")
    out = folder / "usage.parquet"
    for words in (
        ("init",),
        ("demo", *day, "--json"),
        ("ledger", "rehearse", *day),
        ("ledger", "focus", *day, "--step", "hour", "--modelled", str(out)),
    ):
        typed = CliRunner().invoke(app, words, env=env)
        assert typed.exit_code == 0, typed.output
    return out


def test_export_fails_no_rule_but_the_contradictory_pair(validator: Path, exported: Path) -> None:
    (packages,) = validator.glob("lib/python*/site-packages")
    words = ("--data-file", exported, "--validate-version", "1.2", "--block-download")
    # It looks for its rules from the folder of its package.
    told = called(validator / "bin/focus-validator", *words, folder=packages).stdout
    counts = re.search(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+)", told)
    assert counts, told[-2000:]
    total, passed, _ = map(int, counts.groups())
    assert set(re.findall(r"❌ (\S+): FAIL", told)) <= CONTRADICTORY
    assert total > 500
    assert passed >= 136
