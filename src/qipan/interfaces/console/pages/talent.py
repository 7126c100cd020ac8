"""``/talent``: files of courses or of the exchange in; each person's path to a job, who signs what. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.courses import COLUMNS as OF_COURSES
from qipan.bootstrap.courses import read_courses
from qipan.bootstrap.exchange import COLUMNS as OF_EXCHANGE
from qipan.bootstrap.exchange import read_exchange
from qipan.interfaces.console.forms import day as read_day
from qipan.interfaces.console.forms import read_file
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import require_user, status_of
from qipan.interfaces.report.numbers import grouped, percent
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.talent import contracts_table, path_table, regions_table, table_csv
from qipan.interfaces.report.words import mark
from qipan.kernel.errors import QipanError
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.talent.plans.find_plans import find_plans
from qipan.talent.tell import tell_matching

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Upload = Annotated[UploadFile | None, File()]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks for: its titles, and of each file the field, how it is called and its columns."""

    path: str
    title: str
    lead: str
    files: tuple[tuple[str, str, Sequence[str]], ...]
    exports: tuple[tuple[str, str], ...]
    guide: str


COURSES: Final = Asked(
    "/talent",
    mark("Course plans"),
    mark("For each person the shortest way through modules to a job that is open, or why there is none."),
    (
        ("persons", mark("Persons"), OF_COURSES["persons"]),
        ("modules", mark("Modules"), OF_COURSES["modules"]),
        ("jobs", mark("Open jobs"), OF_COURSES["jobs"]),
    ),
    (("paths", mark("Paths as CSV")),),
    "docs/skills.md",
)
EXCHANGE: Final = Asked(
    "/talent/exchange",
    mark("Exchange of experts"),
    mark("Who signs what so that nobody would rather sign another contract, and what each region gives and gets."),
    (
        ("experts", mark("Experts"), OF_EXCHANGE["experts"]),
        ("posts", mark("Posts"), OF_EXCHANGE["posts"]),
        ("contracts", mark("Possible contracts"), OF_EXCHANGE["contracts"]),
    ),
    (("signed", mark("Contracts as CSV")), ("regions", mark("Balance as CSV"))),
    "docs/exchange.md",
)


@router.get("/talent")
def ask_courses(request: Request) -> Response:
    """Ask for persons, modules and jobs, and tell what they hold."""
    return _page(request, COURSES)


@router.post("/talent")
def plan(
    request: Request,
    *,
    persons: Upload = None,
    modules: Upload = None,
    jobs: Upload = None,
    day: Annotated[str, Form(max_length=10)] = "",
    subsidies: Annotated[Literal["", "yes"], Form()] = "",
    form: Annotated[Literal["", "paths"], Form()] = "",
) -> Response:
    """Show each person's path to a job, or why there is none."""
    said = words_of(request)
    try:
        read = read_courses(_named(persons, "persons"), _named(modules, "modules"), _named(jobs, "jobs"))
        earliest = read_day(day, "day") if day else datetime.now(UTC).astimezone(zone(BOARD_ZONE)).date()
        found = find_plans(read.persons, read.offer, is_subsidised=bool(subsidies), day=earliest)
    except QipanError as error:
        return _page(request, COURSES, error=error)
    tables = {"paths": path_table(found, said)}
    if form:
        return _csv(tables, form)
    summary = said.say(
        "%(planned)s of %(persons)s persons have a plan; no module begins before %(day)s. Seats and openings are held "
        "by priority, then by lot.",
        planned=grouped(sum(one.plan is not None for one in found)),
        persons=grouped(len(found)),
        day=earliest.isoformat(),
    )
    return _page(request, COURSES, summary=summary, tables=tables, left_out=read.left_out)


@router.get("/talent/exchange")
def ask_exchange(request: Request) -> Response:
    """Ask for experts, posts and contracts, and tell what they hold."""
    return _page(request, EXCHANGE)


@router.post("/talent/exchange")
def match(
    request: Request,
    *,
    experts: Upload = None,
    posts: Upload = None,
    contracts: Upload = None,
    form: Annotated[Literal["", "signed", "regions"], Form()] = "",
) -> Response:
    """Show who signs what, that no contract blocks, and the balance by region."""
    said = words_of(request)
    try:
        read = read_exchange(_named(experts, "experts"), _named(posts, "posts"), _named(contracts, "contracts"))
        told = tell_matching(read.exchange)
    except QipanError as error:
        return _page(request, EXCHANGE, error=error)
    tables = {
        "signed": contracts_table(told["signed"], mark("Signed contracts"), mark("Nobody signs."), said),
        "regions": regions_table(told["regions"], said),
        "blocking": contracts_table(
            told["blocking"],
            mark("Contracts that both sides would rather sign"),
            mark("None: every possible contract was looked at, and no two sides would both rather sign it."),
            said,
        ),
    }
    if form:
        return _csv(tables, form)
    summary = said.say(
        "%(signed)s of %(possible)s possible contracts are signed; %(blocking)s would rather be signed by both sides. "
        "Held beyond time or quotas: %(beyond)s. The points are %(gap)s below a bound that no matching exceeds.",
        signed=grouped(len(told["signed"])),
        possible=grouped(told["possible"]),
        blocking=grouped(len(told["blocking"])),
        beyond=grouped(len(told["overbooked"]) + len(told["overfull"])),
        gap=percent(told["gap"]),
    )
    return _page(request, EXCHANGE, summary=summary, tables=tables, left_out=read.left_out)


def _named(file: UploadFile | None, role: str) -> tuple[str, bytes]:
    data, name = read_file(file)
    return name or role, data


def _csv(tables: dict[str, Table], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    # Excel takes UTF-8 only where its mark comes first.
    return Response(f"\ufeff{table_csv(tables[name])}", media_type="text/csv; charset=utf-8", headers=headers)


def _page(request: Request, asked: Asked, *, error: QipanError | None = None, **shown: object) -> Response:
    status = 200 if error is None else status_of(error)
    values = {"asked": asked, "error": error, "tables": None, "summary": "", "left_out": {}, **shown}
    return render(request, "talent.html", status=status, **values)
