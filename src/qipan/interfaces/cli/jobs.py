"""``qipan jobs``: traces in, their written form, and what was wrong with them."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Epoch, Format, Lang, Strict, TraceFile, Zone, read_bytes
from qipan.interfaces.cli.print import counted, findings_table, print_json, print_table, remark, say, table, working
from qipan.interfaces.report.numbers import grouped

if TYPE_CHECKING:
    from qipan.workflows.model import JobsImport

app = typer.Typer(name="jobs", help="Bring traces of jobs in.", no_args_is_help=True)

DAYS_SHOWN = 10
"""How many days of a trace are listed, those with most jobs."""


@app.command("import")
def import_jobs(
    file: TraceFile,
    *,
    trace_format: Format = "generic",
    epoch: Epoch = None,
    zone: Zone = None,
    strict: Strict = False,
    fleet_id: Annotated[
        str | None,
        typer.Option("--fleet", metavar="NAME", show_default=False, help="Fleet whose origins the jobs name."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Read a trace, keep its bytes, and say what was accepted and what was quarantined."""
    data = read_bytes(file)
    from qipan.workflows.request import DayRequest

    request = DayRequest(
        data=data,
        name=file.name,
        format=trace_format,
        fleet_id=fleet_id,
        epoch=epoch,
        zone_name=zone,
        strict=strict,
    )
    language = spoken(lang)
    services = session.services()
    with working({"read": ("Read the trace", "读取作业")}, language) as progress:
        progress("read")
        account = services.day.import_jobs(request, session.now())
    if as_json:
        print_json(account)
        return
    _print_account(account, language)


@app.command()
def schema() -> None:
    """Print the JSON Schema of one row of the generic format."""
    say((resources.files("qipan.dispatch") / "jobs.schema.json").read_text(encoding="utf-8").rstrip())


@app.command()
def findings(
    sequence: Annotated[
        int | None,
        typer.Argument(metavar="[SEQUENCE]", show_default=False, help="Number of the import; else the newest of jobs."),
    ] = None,
    *,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List what was wrong with the rows of an import."""
    day = session.services().day
    sequence = day.newest_import() if sequence is None else sequence
    found = tuple(day.findings(sequence))
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    if not found:
        say(language.say(f"Nothing was wrong with import {sequence}.", f"第 {sequence} 次导入没有问题。"))
        return
    print_table(findings_table(found, most=len(found), language=language))
    remark(
        language.say(
            f"Import {sequence}: {counted(len(found), 'finding')}", f"第 {sequence} 次导入：{len(found)} 项问题"
        )
    )


def _print_account(account: JobsImport, language: Language) -> None:
    of_hours = account.are_hours_of_requests
    outside = sum(account.out_of_scope.values())
    say(
        language.say(
            f"{counted(account.rows_read, 'row')} read = {grouped(account.rows_accepted)} accepted + "
            f"{grouped(account.rows_quarantined)} quarantined + {grouped(outside)} out of scope",
            f"读取 {grouped(account.rows_read)} 行 = 接受 {grouped(account.rows_accepted)} + "
            f"隔离 {grouped(account.rows_quarantined)} + 范围之外 {grouped(outside)}",
        )
    )
    for reason, rows in account.out_of_scope.items():
        say(language.say(f"  out of scope: {grouped(rows)} {reason}", f"  范围之外：{reason} {grouped(rows)}"))
    days = sorted(account.days.items(), key=lambda item: (-item[1], item[0]))
    print_table(
        table(
            (
                language.say("day", "日期"),
                language.say("hours of requests", "有请求的小时") if of_hours else language.say("jobs", "作业"),
            ),
            [(day, grouped(jobs)) for day, jobs in days[:DAYS_SHOWN]],
            numbers=(1,),
            title=language.say(f"The busiest of {counted(len(days), 'day')}", f"共 {len(days)} 天，最繁忙的几天"),
        )
    )
    if of_hours:
        say(
            language.say(
                "A day splits each hour of requests over the regions; each part is a job.",
                "规划当日时，每小时的请求会分摊到各地区，每一份为一个作业。",
            )
        )
    if account.findings:
        print_table(findings_table(account.findings, language=language))
    sequence = account.sequence
    say(
        language.say(
            f"Kept as import {sequence}; `qipan jobs findings {sequence}` lists what was wrong.",
            f"已存为第 {sequence} 次导入；`qipan jobs findings {sequence}` 列出有问题的行。",
        )
        if account.findings
        else language.say(
            f"Kept as import {sequence}; nothing was wrong with it.", f"已存为第 {sequence} 次导入，没有问题。"
        )
    )
