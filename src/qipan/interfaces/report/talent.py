"""Plans of courses and the exchange of experts in words: the tables that pages show and give as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report.numbers import NOTHING, grouped, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words, mark

if TYPE_CHECKING:
    from qipan.talent.model.course import Module
    from qipan.talent.model.plan import Plan, Planned

OBSTACLES: Final = {
    "taken": mark("seats or openings are taken"),
    "money": mark("too little money"),
    "time": mark("too little time"),
    "start": mark("modules begin too early"),
    "wage": mark("wage asked"),
    "region": mark("another region"),
    "no_opening": mark("no opening or seat"),
    "skills": mark("no modules teach what is lacking"),
}
MODES: Final = {
    "visit": mark("visit"),
    "migratory": mark("migratory"),
    "project": mark("project"),
    "enclave": mark("enclave"),
    "equity": mark("equity"),
    "workstation": mark("workstation"),
    "exchange": mark("exchange in pairs"),
}
DAYS: Final = ("own_days", "out_days", "in_days", "net_days", "returned_days", "home_grown_days", "external_days")
_FORMULA: Final = tuple("=+-@\t\r")


def path_table(found: Sequence[Planned], said: Words) -> Table:
    """Return each person's path: a row a module in order of time, the bar as far as its hours lead, then the job."""
    heads = (
        Head(said.say("Person"), is_number=False),
        Head(said.say("Step")),
        Head(said.say("Module or job"), is_number=False),
        Head(said.say("Course begins"), is_number=False),
        Head(said.say("Hours so far")),
        Head(said.say("Pays"), said.say("yuan")),
    )
    rows = [line for one in found for line in _path(one, said)]
    return Table(said.say("Paths to jobs"), heads, tuple(rows), empty=said.say("Nobody was told of."))


def _path(one: Planned, said: Words) -> list[Row]:
    person = one.person.person_id
    if one.plan is None:
        return [row(person, NOTHING, Cell(_why(one, said), tone="yellow"), NOTHING, NOTHING, NOTHING)]
    lines, hours = [], 0
    for step, module in enumerate(sorted(one.plan.modules, key=_when), start=1):
        hours += module.hours
        begins = said.say("at any time") if module.start is None else module.start.isoformat()
        pays = module.cost_fen - (module.subsidy_fen if one.plan.is_subsidised else 0)
        far = Cell(grouped(hours), bar=hours / one.plan.hours, value=hours)
        lines.append(row(person, _number(step), module.module_id, begins, far, Cell(yuan(pays), value=pays / 100)))
    return [*lines, row(person, _number(len(lines) + 1), _job(one.plan, said), NOTHING, _number(hours), NOTHING)]


def _when(module: Module) -> tuple[str, str]:
    """Return by what modules are set in order: what may begin at any time comes first."""
    return module.start.isoformat() if module.start else "", module.module_id


def _job(plan: Plan, said: Words) -> str:
    job = plan.job
    wage = yuan(job.wage_fen_per_month)
    return said.say("Job %(job)s in %(region)s, %(yuan)s yuan a month", job=job.job_id, region=job.region, yuan=wage)


def _why(one: Planned, said: Words) -> str:
    why = said.say(", ").join(said.say(OBSTACLES[obstacle.value]) for obstacle in one.obstacles)
    told = [said.say("No plan: %(why)s.", why=why)]
    if one.relaxed:
        told.append(
            said.say(
                "Without that: job %(job)s, %(hours)s h.", job=one.relaxed.job.job_id, hours=grouped(one.relaxed.hours)
            )
        )
    if one.subsidised:
        told.append(said.say("With subsidies: job %(job)s.", job=one.subsidised.job.job_id))
    return " ".join(told)


def contracts_table(signed: Sequence[Mapping[str, Any]], title: str, empty: str, said: Words) -> Table:
    """Return contracts, those that are signed or those that block."""
    heads = (
        Head(said.say("Expert"), is_number=False),
        Head(said.say("Post"), is_number=False),
        Head(said.say("Mode"), is_number=False),
        Head(said.say("Months"), is_number=False),
        Head(said.say("Days a month")),
        Head(said.say("Pay a month"), said.say("yuan")),
        Head(said.say("Equity")),
    )
    rows = [
        row(
            one["expert"],
            one["post"],
            said.say(MODES[one["mode"]]),
            f"{one['from']}/{one['until']}",
            _number(one["days_a_month"]),
            Cell(yuan(one["pay_fen_per_month"]), value=one["pay_fen_per_month"] / 100),
            Cell(percent(one["equity_ppm"] / 1e6, 2), value=one["equity_ppm"] / 1e6),
        )
        for one in signed
    ]
    return Table(said.say(title), heads, tuple(rows), empty=said.say(empty))


def regions_table(regions: Sequence[Mapping[str, Any]], said: Words) -> Table:
    """Return what each region gives and gets, in days."""
    titles = (
        mark("Stay"), mark("Go out"), mark("Come in"), mark("Net"), mark("Of these back home"), mark("Home-grown"),
        mark("External"),
    )  # fmt: skip
    heads = (
        Head(said.say("Region"), is_number=False),
        *(Head(said.say(title), said.say("days")) for title in titles),
        Head(said.say("Retention")),
    )
    rows = [
        row(
            one["region"],
            *(_number(one[name]) for name in DAYS),
            Cell(percent(one["retention"]), value=one["retention"]),
        )
        for one in regions
    ]
    return Table(said.say("Balance by region"), heads, tuple(rows))


def table_csv(table: Table) -> str:
    """Return a table as CSV: numbers as they are, and no text that a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(f"{head.title}, {head.unit}" if head.unit else head.title for head in table.heads)
    writer.writerows([_plain(cell) for cell in line.cells] for line in table.rows)
    return out.getvalue()


def _plain(cell: Cell) -> str:
    if cell.value is not None:
        return str(cell.value)
    text = "" if cell.text == NOTHING else cell.text
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(value: int) -> Cell:
    return Cell(grouped(value), value=value)
