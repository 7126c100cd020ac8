"""``qipan labour panel``: employment spells become a panel that the other commands take."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from fractions import Fraction
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_day, read_epsilon, write_bytes
from qipan.interfaces.cli.print import console, findings_table, print_json, print_table, remark, say, table
from qipan.kernel.errors import BadInputError, of_file
from qipan.kernel.time import BOARD_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.bootstrap.spells import Counted, Question
    from qipan.labour.model.jobs import Shown

_LABELS_ZH = {"employment": "在岗岗位数", "separations": "离岗数", "job_loss_rate": "岗位流失率"}
_KEY_BYTES = 32

Since = Annotated[
    date | None, typer.Option("--since", parser=read_day, metavar="DATE", help="Leave out months before.")
]
Until = Annotated[
    date | None,
    typer.Option("--until", parser=read_day, metavar="DATE", help="Day from which on the records are not complete."),
]
Noise = Annotated[
    Fraction | None,
    typer.Option("--noise", parser=read_epsilon, metavar="EPSILON", help="Noise each month's jobs held by so much."),
]
Feed = Annotated[
    str | None,
    typer.Option(
        "--feed", metavar="NAME", help="With --noise: the feed that it is of, from whose privacy budget it is taken."
    ),
]


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
    since: Since = None,
    until: Until = None,
    is_parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet, not CSV.")] = False,
    noise: Noise = None,
    feed: Feed = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Make panels of employment, separations and the job-loss rate by month out of who held which job when."""
    from qipan.bootstrap.spells import Question
    from qipan.facts.catalog import Catalog
    from qipan.labour.model.jobs import Indicator
    from qipan.labour.withhold import withhold
    from qipan.settings import Settings

    language, settings = spoken(lang), Settings()
    facts = Catalog.load(settings.facts)
    within_days = within_days or round(facts.number("labour/search_days"))
    least = least or round(facts.number("labour/least_shown"))
    today = datetime.now(ZoneInfo(BOARD_ZONE)).date()
    question = Question(within_days, by_occupation, since, until, today)
    _check_noise(noise, feed)
    counted = _counted(file, question, settings.lake_engine)
    jobs = counted.jobs
    if noise is not None and feed is not None:
        _release(out, counted, noise, feed, file=file, is_parquet=is_parquet, language=language, as_json=as_json)
        return
    shown = [withhold(jobs, indicator, least=least) for indicator in Indicator]
    told = _written(out, counted, shown, source=file.name, is_parquet=is_parquet)
    if as_json:
        asked = {"within_days": within_days, "least": least}
        rows = {"rows": counted.rows, "rows_left_out": counted.left_out, "findings": counted.findings}
        print_json({**rows, "cells": len(jobs.cells), "months": len(jobs.months), **asked, **told})
        return
    _say(counted, told["panels"], question, least, language)


def _check_noise(noise: Fraction | None, feed: str | None) -> None:
    if (noise is None) != (feed is None):
        raise BadInputError(
            "Noise must be asked for with a feed, and a feed with noise, was one without the other.",
            code="noise_without_feed",
            hint="Write both: --noise 0.01 --feed NAME.",
        )


def _release(
    out: Path,
    counted: Counted,
    noise: Fraction,
    feed: str,
    *,
    file: Path,
    is_parquet: bool,
    language: Language,
    as_json: bool,
) -> None:
    """Write employment with noise, once its epsilon is taken from the feed's budget."""
    from qipan.bootstrap.spells import noised, panel_file
    from qipan.labour.model.jobs import Indicator, Shown
    from qipan.labour.model.privacy import told

    services, months, name = session.services(), len(counted.jobs.months), file.name
    with file.open("rb") as opened:
        digest = file_digest(opened, "sha256").hexdigest()
    since, until = (f"{counted.jobs.months[at]:%Y-%m}" for at in (0, -1))
    with services.books.begin() as unit:
        what = f"employment, {since} to {until}, {name}"
        budget = services.budgets.spend(unit, feed, noise * months, what, session.now(), data=digest)
    jobs = noised(counted.jobs, noise, secrets.randbelow)
    values = jobs.held.astype("float64")
    shown = Shown(Indicator.EMPLOYMENT, values, values < 0.0)
    path = out / f"employment.{'parquet' if is_parquet else 'csv'}"
    out.mkdir(parents=True, exist_ok=True)
    write_bytes(path, panel_file(jobs, shown, source=f"{name}, noise {float(noise):g} a month", is_parquet=is_parquet))
    spent, left = noise * months, told(budget.left_millionths)
    if as_json:
        print_json(
            {
                "rows": counted.rows,
                "rows_left_out": counted.left_out,
                "findings": counted.findings,
                "feed": budget.feed,
                "cells": len(jobs.cells),
                "months": months,
                "epsilon_a_month": float(noise),
                "epsilon_spent": float(spent),
                "epsilon_left": float(left),
                "file": str(path),
            }
        )
        return
    say(
        language.say(
            f"{path}: jobs held of {len(jobs.cells):,} cells in {months} months, with noise. Of the privacy "
            f"budget of {budget.feed} {float(spent):g} is spent, {left} is left.",
            f"{path}：{len(jobs.cells):,} 个单元 {months} 个月的在岗岗位数，已加噪声。{budget.feed} 的隐私预算"
            f"已用 {float(spent):g}，余 {left}。",
        )
    )


def _counted(file: Path, question: Question, engine: str) -> Counted:
    from qipan.bootstrap.spells import count_spells

    if not file.is_file():
        raise BadInputError(
            f"Spells must be a file that opens for reading, was not: {file}.",
            code="spells_missing",
            hint="Give the path of a CSV or Parquet file.",
        )
    with of_file(file.name):
        return count_spells(file, question, key=secrets.token_bytes(_KEY_BYTES), engine=engine)


def _written(out: Path, counted: Counted, shown: Sequence[Shown], *, source: str, is_parquet: bool) -> dict[str, Any]:
    """Write a panel for each indicator, and what stays back; return what was written."""
    from qipan.bootstrap.spells import panel_file, withheld

    jobs = counted.jobs
    out.mkdir(parents=True, exist_ok=True)
    panels = []
    for one in shown:
        path = out / f"{one.indicator}.{'parquet' if is_parquet else 'csv'}"
        write_bytes(path, panel_file(jobs, one, source=source, is_parquet=is_parquet))
        panels.append({"indicator": one.indicator, "unit": one.indicator.unit, "file": str(path), **one.counts})
    lacking = [f"{c.region},{c.industry},{c.occupation},{m:%Y-%m},{i}\n" for c, m, i in withheld(jobs, shown)]
    kept_back = out / "withheld.csv"
    write_bytes(kept_back, "".join(["region,industry,occupation,period,indicator\n", *lacking]).encode())
    return {"panels": panels, "withheld": str(kept_back)}


def _say(
    counted: Counted, panels: Sequence[dict[str, Any]], question: Question, least: int, language: Language
) -> None:
    jobs = counted.jobs
    if counted.findings:
        remark(language.say(f"{counted.left_out:,} rows are left out:", f"略去 {counted.left_out:,} 行："))
        console(stderr=True).print(findings_table(counted.findings, language=language))
    since, until = f"{jobs.months[0]:%Y-%m}", f"{jobs.months[-1]:%Y-%m}"
    spells = counted.rows - counted.left_out
    say(
        language.say(
            f"{spells:,} spells, {len(jobs.cells):,} cells, {since} to {until}. A job is lost if no other follows "
            f"within {question.within_days} days; nothing is shown of fewer than {least}.",
            f"{spells:,} 段就业，{len(jobs.cells):,} 个单元，{since} 至 {until}。"
            f"{question.within_days} 天内未再就业计为岗位流失；不足 {least} 的不予公布。",
        )
    )
    heads = (
        language.say("panel", "面板"), language.say("values", "数值"), language.say("withheld", "不予公布"),
        language.say("file", "文件"),
    )  # fmt: skip
    rows = [
        (
            language.say(str(one["indicator"]).replace("_", " "), _LABELS_ZH[str(one["indicator"])]),
            f"{one['values']:,}", f"{one['withheld']:,}", one["file"],
        )
        for one in panels
    ]  # fmt: skip
    print_table(table(heads, rows, numbers=(1, 2)))
