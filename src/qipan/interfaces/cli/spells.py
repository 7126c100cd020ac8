"""``qipan labour panel``: employment spells become a panel that the other commands take."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_day, write_bytes
from qipan.interfaces.cli.print import console, findings_table, print_json, print_table, remark, say, table
from qipan.kernel.errors import BadInputError, of_file
from qipan.kernel.time import BOARD_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.bootstrap.spells import Counted

_LABELS_ZH = {"employment": "在岗岗位数", "separations": "离岗数", "job_loss_rate": "岗位流失率"}
_KEY_BYTES = 32
WITHHELD = "withheld.csv"
"""Cells of which something is withheld."""


def panel(
    file: Annotated[
        Path,
        typer.Argument(metavar="SPELLS", show_default=False, help="CSV or Parquet: person, region, start, and more."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", show_default=False, help="Where the panels go.")],
    within_days: Annotated[
        int | None, typer.Option("--within", min=1, help="Days within which another job means that none was lost.")
    ] = None,
    least: Annotated[int | None, typer.Option("--least", min=1, help="Fewest people behind what is shown.")] = None,
    by_occupation: Annotated[bool, typer.Option("--by-occupation", help="Part cells by occupation too.")] = False,
    since: Annotated[
        date | None, typer.Option("--since", parser=read_day, metavar="DATE", help="Leave out months before.")
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(
            "--until", parser=read_day, metavar="DATE", help="Day from which on the records are not complete."
        ),
    ] = None,
    is_parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet, not CSV.")] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Make panels of employment, separations and the job-loss rate by month out of who held which job when."""
    from qipan.bootstrap.spells import Question, count_spells
    from qipan.facts.catalog import Catalog
    from qipan.settings import Settings

    language, settings = spoken(lang), Settings()
    facts = Catalog.load(settings.facts)
    within_days = within_days or round(facts.number("labour/search_days"))
    least = least or round(facts.number("labour/least_shown"))
    today = datetime.now(ZoneInfo(BOARD_ZONE)).date()
    question = Question(within_days, by_occupation, since, until, today)
    if not file.is_file():
        raise BadInputError(
            f"Spells must be a file that opens for reading, was not: {file}.",
            code="spells_missing",
            hint="Give the path of a CSV or Parquet file.",
        )
    with of_file(file.name):
        counted = count_spells(file, question, key=secrets.token_bytes(_KEY_BYTES), engine=settings.lake_engine)
    told = _written(counted, out, least=least, source=file.name, is_parquet=is_parquet)
    result = {
        "rows": counted.rows, "rows_left_out": counted.left_out, "findings": counted.findings,
        "cells": len(counted.jobs.cells), "months": len(counted.jobs.months), "within_days": within_days,
        "least": least, "panels": told, "withheld": str(out / WITHHELD),
    }  # fmt: skip
    if as_json:
        print_json(result)
    else:
        _show(result, counted.jobs.months, language)


def _written(counted: Counted, out: Path, *, least: int, source: str, is_parquet: bool) -> list[dict[str, Any]]:
    """Write a file for each indicator, and one of what is withheld; return what the files hold."""
    from qipan.bootstrap.spells import panel_file, withheld
    from qipan.labour.model.jobs import Indicator
    from qipan.labour.withhold import withhold

    jobs = counted.jobs
    shown = [withhold(jobs, indicator, least=least) for indicator in Indicator]
    out.mkdir(parents=True, exist_ok=True)
    told = []
    for one in shown:
        path = out / f"{one.indicator}.{'parquet' if is_parquet else 'csv'}"
        write_bytes(path, panel_file(jobs, one, source=source, is_parquet=is_parquet))
        told.append({"indicator": str(one.indicator), "unit": one.indicator.unit, "file": str(path), **one.counts})
    lacking = [f"{c.region},{c.industry},{c.occupation},{m:%Y-%m},{i}\n" for c, m, i in withheld(jobs, shown)]
    write_bytes(out / WITHHELD, "".join(["region,industry,occupation,period,indicator\n", *lacking]).encode())
    return told


def _show(told: dict[str, Any], months: Sequence[date], language: Language) -> None:
    left_out, kept = told["rows_left_out"], told["rows"] - told["rows_left_out"]
    if told["findings"]:
        remark(language.say(f"{left_out:,} rows are left out:", f"略去 {left_out:,} 行："))
        console(stderr=True).print(findings_table(told["findings"], language=language))
    say(
        language.say(
            f"{kept:,} spells, {told['cells']:,} cells, {months[0]:%Y-%m} to {months[-1]:%Y-%m}. A job is lost if no "
            f"other follows within {told['within_days']} days; nothing is shown of fewer than {told['least']}.",
            f"{kept:,} 段就业，{told['cells']:,} 个单元，{months[0]:%Y-%m} 至 {months[-1]:%Y-%m}。"
            f"{told['within_days']} 天内未再就业计为岗位流失；不足 {told['least']} 的不予公布。",
        )
    )
    heads = (
        language.say("panel", "面板"), language.say("values", "数值"), language.say("withheld", "不予公布"),
        language.say("file", "文件"),
    )  # fmt: skip
    rows = [
        (
            language.say(str(one["indicator"]).replace("_", " "), _LABELS_ZH[str(one["indicator"])]),
            f"{one['values']:,}", f"{one['withheld']:,}", str(one["file"]),
        )
        for one in told["panels"]
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=(1, 2)))
