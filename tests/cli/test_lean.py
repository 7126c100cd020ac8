"""A command loads its own pillar, and libraries that take long to load only where it uses them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from inspect import get_annotations
from pathlib import Path

import pytest
from typer.testing import CliRunner

import qipan.bootstrap.compose
from qipan.bootstrap.services import Pillars, build
from qipan.interfaces.cli.app import app
from qipan.settings import Settings

SOLVERS = {"clarabel", "highspy", "numba", "ortools"}
LAKE = {"deltalake", "duckdb", "ibis", "pyarrow"}
SLOW = {*SOLVERS, *LAKE, "alembic", "fastapi", "httpx", "jinja2", "numpy", "openpyxl", "scipy", "sqlalchemy", "typst"}
PILLARS = {"agreements", "certificates", "dispatch", "labour", "ledger", "market", "regions", "talent"}
BOOKS = {"numpy", "sqlalchemy"}
RUN = """
import sys
from qipan.interfaces.cli.start import main

try:
    main()
finally:
    print(*{name.removeprefix("qipan.").partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def unused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home in it in which nothing was done yet, and a panel."""
    folder = tmp_path_factory.mktemp("lean")
    assert CliRunner().invoke(app, ["init"], env={"QIPAN_HOME": str(folder / "home")}).exit_code == 0
    (folder / "panel.csv").write_text("region,year,value\n宁夏,2000,1\n广东,2000,3\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("words", "may_load"),
    [
        ("--version", set()),
        ("doctor --help", set()),
        ("facts 中卫", set()),
        ("talent match --help", set()),
        ("labour warn --help", {"numpy", "labour"}),
        ("access users", {"sqlalchemy"}),
        ("accounts check", BOOKS | {"market"}),
        ("agreements check", BOOKS | {"agreements"}),
        ("certificates devices", BOOKS | {"certificates", "market"}),
        ("market member list", BOOKS | {"certificates", "market"}),
        ("labour warnings", BOOKS | {"labour", "scipy"}),
        ("labour subscriptions", BOOKS | {"labour", "httpx"}),
        ("ledger fleets", BOOKS | LAKE | {"dispatch", "ledger"}),
        ("jobs findings --help", set()),
        ("regions disparity panel.csv", {"numpy", "regions", "scipy"}),
        ("day list", BOOKS | LAKE | SOLVERS | {"dispatch", "ledger", "scipy"}),
    ],
)
def test_a_command_loads_its_own_pillar(words: str, may_load: set[str], unused: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", RUN, *words.split()],
        cwd=unused,
        env=os.environ | {"QIPAN_HOME": str(unused / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found = set(told.stderr.splitlines()[-1].split())
    assert "typer" in found
    assert found & (SLOW | PILLARS) <= may_load


def test_every_service_is_made_by_its_room(unused: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QIPAN_HOME", str(unused / "home"))
        services = build(Settings())
    services.make_all()
    declared = get_annotations(Pillars)
    assert {name: f"Made[{type(getattr(services, name)).__name__}]" for name in declared} == declared
    services.books.close()
    rooms = {path.stem: set() for path in Path(*qipan.bootstrap.compose.__path__).glob("[a-z]*.py")}
    for name in declared:
        rooms[vars(Pillars)[name].room].add(name)
    assert {room: set(import_module(f"qipan.bootstrap.compose.{room}").MAKERS) for room in rooms} == rooms
