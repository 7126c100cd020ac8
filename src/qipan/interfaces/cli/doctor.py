"""Examine an installation: is everything there that Qipan needs, and does it work."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.text import Text

from qipan.bootstrap.services import Services, build, initialise
from qipan.facts.catalog import Catalog
from qipan.interfaces.cli import session
from qipan.interfaces.cli.print import counted, print_table, table
from qipan.interfaces.report import assets
from qipan.kernel.errors import EngineError, QipanError
from qipan.settings import Settings
from qipan.workflows.fleet import NATIONAL
from qipan.workflows.request import DayRequest

PYTHON_MIN = (3, 11)

ONE_JOB = b"job_id,submit,kind,quantity,requested_s\nexamined,2025-01-06T09:00:00+08:00,intelligent,1,3600\n"
"""The smallest day that has to be planned, priced and placed."""

NEWEST = 5
"""How many of the newest batches are read back from the archive."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found, and what to do if it failed."""

    name: str
    is_ok: bool
    found: str
    hint: str = ""


def examine() -> tuple[Check, ...]:
    """Make every check; a failed one does not stop the others."""
    return tuple(_checks())


def print_checks(checks: tuple[Check, ...]) -> None:
    """Print one line for each check."""
    rows = [
        (
            Text("ok", style="green") if check.is_ok else Text("failed", style="bold red"),
            check.name,
            f"{check.found} {check.hint}".strip(),
        )
        for check in checks
    ]
    print_table(table(("", "check", "found"), rows, wide=(2,)))


def _checks() -> Iterator[Check]:
    yield _check("python", _python)
    try:
        settings = session.settings()
    except QipanError as error:
        yield Check("settings", False, error.message, error.hint)
        return
    yield Check("settings", True, f"home {settings.home.resolve()}")
    yield _check("home", partial(_home, settings.home))
    opened: list[Services] = []
    yield _check("books", partial(_books, settings, opened))
    for services in opened:
        yield _check("lake", partial(_lake, services))
        yield _check("archive", partial(_archive, services))
        services.books.close()
    yield _check("facts", partial(_facts, settings))
    yield _check("assets", _assets)
    yield _check("solver", partial(_solver, settings))


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except QipanError as error:
        return Check(name, False, error.message, error.hint)


def _python() -> str:
    if sys.version_info < PYTHON_MIN:
        raise EngineError(
            f"Python must be 3.11 or newer, was {platform.python_version()}.",
            code="python_old",
            hint="Install a newer Python and Qipan in it.",
        )
    return f"Python {platform.python_version()} on {platform.machine()}"


def _home(home: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"qipan")
    except OSError as error:
        raise EngineError(
            f"The home folder must exist and be writable, was not ({error.strerror}): {home.resolve()}.",
            code="home_unwritable",
            hint="Run: qipan init",
        ) from error
    return f"{home.resolve()} is writable"


def _books(settings: Settings, opened: list[Services]) -> str:
    services = build(settings)
    opened.append(services)
    return f"{services.books} at revision {services.books.revision()}"


def _lake(services: Services) -> str:
    names = services.lake.tables()
    for name in names:
        services.lake.schema(name)
    if not names:
        raise EngineError("The lake must hold its tables, was empty.", code="lake_empty", hint="Run: qipan init")
    with services.books.read() as unit:
        lacking = services.metering.lacking(unit)
    late = counted(lacking, "batch", "batches")
    return f"{counted(len(names), 'table')} open: {', '.join(names)}; {late} of readings not there yet"


def _archive(services: Services) -> str:
    with services.books.read() as unit:
        batches = services.observations.batches(unit)
    for receipt in batches[-NEWEST:]:
        services.observations.data(receipt)
    kept = counted(len(batches), "batch", "batches")
    return f"{kept}; the newest {len(batches[-NEWEST:])} read back as received"


def _facts(settings: Settings) -> str:
    catalog = Catalog.load(settings.facts)
    return f"{counted(len(catalog.facts), 'fact')} from {counted(len(catalog.sources()), 'source')}"


def _assets() -> str:
    names = (assets.ECHARTS, assets.HTMX)
    for name in names:
        assets.content(name)
    return f"{', '.join(names)} are in the package"


def _solver(settings: Settings) -> str:
    """Plan a day with one job in a home that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        aside = settings.model_copy(update={"home": Path(folder) / "home", "books": ""})
        initialise(aside, session.now())
        services = build(aside)
        request = DayRequest(data=ONE_JOB, name="one job", format="generic", fleet_id=NATIONAL)
        account = services.day.run(request, session.now()).account
        services.books.close()
    if account.placed != 1:
        raise EngineError(
            f"A day with one job must place it, was {account.placed} placed, {account.refused_by_reason} refused.",
            code="solver_places_nothing",
            hint="Look at the replaced facts in QIPAN_FACTS; without any, report this.",
        )
    return "a day with one job is planned, priced and placed"
