"""``qipan dispatch explain``: why a job is here and not there, what made a price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, PlanId
from qipan.interfaces.cli.print import print_json, print_table, say, table
from qipan.interfaces.report import explanation
from qipan.interfaces.report.numbers import clock
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.words import words
from qipan.kernel.errors import BadInputError


def explain(
    plan_id: PlanId = None,
    *,
    job: Annotated[str, typer.Option("--job", metavar="ID", help="Job that is asked about.")] = "",
    site: Annotated[str, typer.Option("--site", metavar="ID", help="Site whose price is asked about.")] = "",
    slot: Annotated[int | None, typer.Option("--slot", metavar="N", help="Slot of that price; the first is 0.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell why a job is here and not there, or which constraint made a price."""
    if bool(job) == bool(site) or (bool(site) != (slot is not None)):
        given = {"job": job, "site": site, "slot": slot}
        asked = ", ".join(f"{name} {value}" for name, value in given.items() if value not in ("", None))
        raise BadInputError(
            f"An explanation must be of a job, or of a site and a slot, was of {asked or 'nothing'}.",
            code="explanation_unclear",
            hint="Write --job ID, or --site ID --slot N.",
        )
    services = session.services()
    with services.books.read() as unit:
        if slot is None:
            told = services.dispatch.explain_job(unit, plan_id, job)
        else:
            told = services.dispatch.explain_price(unit, plan_id, site, slot)
    if as_json:
        print_json(told)
    elif job:
        _show_job(told, spoken(lang))
    else:
        _show_price(told, spoken(lang))


def _show_job(told: Mapping[str, Any], language: Language) -> None:
    said = words(language)
    say(f"{told['job_id']}: {explanation.job_sentence(told, said)}")
    if told["chosen"] or told["alternatives"]:
        say()
        print_shown(explanation.options(told, said))
    stretches = explanation.stretches(told, said)
    if stretches:
        say()
        print_shown(stretches)
    for name, why in explanation.excluded(told, said):
        say(language.say(f"Not {name}: {why}", f"{name}不可用：{why}"))


def _show_price(told: Mapping[str, Any], language: Language) -> None:
    said = words(language)
    say(f"{language.name_in(told, 'site')}, {clock(told['start'], told['zone_name'], told['day'])}")
    for price in told["rows"]:
        say()
        print_shown(explanation.price_parts(price, said))
        say(language.name_in(price, "why"))


def print_shown(shown: Table) -> None:
    """Print a table of the report."""
    columns = [f"{head.title}\n{head.unit}".strip() for head in shown.heads]
    rows = [["\n".join(filter(None, (cell.text, cell.note))) for cell in one.cells] for one in shown.rows]
    numbers = [index for index, head in enumerate(shown.heads) if head.is_number]
    print_table(table(columns, rows, numbers=numbers, wide=(0,), title=shown.caption))
