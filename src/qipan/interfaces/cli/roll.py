"""``qipan dispatch roll``: operate a fleet over days of a trace, and hold it against perfect foresight."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.day import Links, ReservationsFile, Substitutes
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.live import Drill, operate
from qipan.interfaces.cli.options import AsJson, Epoch, Format, Lang, Seed, Zone, as_typed, read_bytes, read_day
from qipan.interfaces.cli.print import advancing, counted, print_json, print_table, remark, say, table
from qipan.interfaces.cli.show import show_reservations
from qipan.interfaces.report.numbers import grouped, percent, yuan
from qipan.interfaces.report.roll import run_name, settings, terms, unfinished
from qipan.interfaces.report.words import words
from qipan.kernel.errors import BadInputError

if TYPE_CHECKING:
    from qipan.workflows.roll import RollReport, RunReport

app = typer.Typer()

STEPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        step: (step, step_zh)
        for step, step_zh in (
            ("run without forecast errors", "无预测误差的运行"),
            ("run without forecast errors: offline bound", "无预测误差的运行：离线下界"),
            ("run with forecast errors", "有预测误差的运行"),
            ("run with forecast errors: offline bound", "有预测误差的运行：离线下界"),
        )
    }
)
"""What each step of a run is called."""


def read_every(text: str) -> float:
    """Read a time between re-plans, in seconds.

    Examples
    --------
    >>> read_every("15m"), read_every("900s"), read_every("1h")
    (900.0, 900.0, 3600.0)
    """
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        return float(text[:-1]) * units[text[-1:]]
    except (KeyError, ValueError) as error:
        raise typer.BadParameter(f"A time is written as 15m, 900s or 1h, was {text!r}.") from error


def read_errors(text: str) -> dict[str, float]:
    """Read sizes of forecast errors.

    Examples
    --------
    >>> read_errors("demand=0.2,price=0.1")
    {'demand': 0.2, 'price': 0.1}
    """
    try:
        return {name.strip(): float(size) for name, size in (one.split("=") for one in text.split(",") if one.strip())}
    except ValueError as error:
        raise typer.BadParameter(f"Errors are written as demand=0.2,price=0.1, was {text!r}.") from error


@app.command()
def roll(
    *,
    jobs: Annotated[
        Path | None, typer.Option("--jobs", metavar="FILE", show_default=False, help="Trace of jobs.")
    ] = None,
    first_day: Annotated[
        date | None,
        typer.Option("--from", parser=read_day, metavar="DATE", show_default=False, help="First civil day."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, show_default="7, live without end", help="How many days.")
    ] = None,
    is_live: Annotated[bool, typer.Option("--live", help="Operate on a real clock, as jobs come in.")] = False,
    intake: Annotated[
        Path | None,
        typer.Option("--intake", metavar="DIR", show_default=False, help="Live: folder into which files of jobs come."),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            "--speed", metavar="TIMES", min=1, show_default=False, help="Live: a drill, so many times faster."
        ),
    ] = None,
    trace_format: Format = "generic",
    every: Annotated[
        float, typer.Option("--every", parser=read_every, metavar="TIME", help="Between re-plans, as 15m.")
    ] = "15m",  # type: ignore[assignment]
    errors: Annotated[
        str, typer.Option("--errors", metavar="LIST", help="Sizes of forecast errors: demand=0.2,price=0.1.")
    ] = "",
    plants: Annotated[
        float, typer.Option("--plants", metavar="SHARE", min=0, help="Made solar plants, as a share of power caps.")
    ] = 0,
    reservations: ReservationsFile = None,
    notice: Annotated[
        float,
        typer.Option("--notice", parser=read_every, metavar="TIME", help="How long before it a covered job is told."),
    ] = "0m",  # type: ignore[assignment]
    reserve: Annotated[
        bool, typer.Option("--reserve", help="Keep free what the largest site has of each kind and model (N-1).")
    ] = False,
    substitutes: Substitutes = None,
    links: Links = None,
    load: Annotated[float, typer.Option("--load", help="Raise the load by copying jobs; below 1 thins them out.")] = 1,
    seed: Seed = 0,
    epoch: Epoch = None,
    zone: Zone = None,
    fleet_id: Annotated[str, typer.Option("--fleet", metavar="NAME", help="Fleet to operate.")] = "national",
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Re-plan every few minutes as jobs arrive, on a simulated clock or a real one; the ledger is left alone."""
    if is_live:
        operate(
            Drill(
                intake=intake,
                every_s=every,
                first_day=first_day,
                days=days,
                speed=speed,
                fleet_id=fleet_id,
                keeps_reserve=reserve,
                reservations=reservations,
                substitutes=substitutes,
                links=links,
            ),
            spoken(lang),
            as_json=as_json,
        )
        return
    if jobs is None or first_day is None:
        given = as_typed("dispatch roll", {"--jobs": jobs, "--from": first_day})
        raise BadInputError(
            f"A simulated run must have a trace and a first day, was {given}.",
            code="roll_incomplete",
            hint="Write --jobs FILE --from DATE, or --live --intake DIR.",
        )
    from qipan.workflows.request import RollRequest

    tables = {"reservations": reservations, "substitutes": substitutes, "links": links}
    request = RollRequest(
        data=read_bytes(jobs),
        name=jobs.name,
        format=trace_format,
        first_day=first_day,
        days=days or 7,
        every_s=every,
        errors=read_errors(errors),
        load=load,
        seed=seed,
        fleet_id=fleet_id,
        epoch=epoch,
        zone_name=zone,
        plants_share=plants,
        reservations=None if reservations is None else read_bytes(reservations),
        notice_s=notice,
        keeps_reserve=reserve,
        substitutes=None if substitutes is None else read_bytes(substitutes),
        links=None if links is None else read_bytes(links),
        file_names={kind: path.name for kind, path in tables.items() if path is not None},
    )
    language = spoken(lang)
    with advancing(STEPS, language) as progress:
        report = session.services().rolling.run(request, time.process_time, time.perf_counter, progress)
    if as_json:
        print_json(report)
    else:
        _show(report, language)


def _show(report: RollReport, language: Language) -> None:
    told, said = asdict(report), words(language)
    say(
        language.say(
            f"{counted(report.jobs, 'job')} in {counted(report.days, 'day')} from {report.first_day}; "
            f"{grouped(report.past_jobs)} before them serve the forecast; {grouped(report.refused)} refused; "
            f"{counted(report.rows_set_aside, 'row')} of the file set aside.",
            f"自 {report.first_day} 起 {report.days} 天共 {grouped(report.jobs)} 个作业；"
            f"此前 {grouped(report.past_jobs)} 个用于预测；拒绝 {grouped(report.refused)} 个；"
            f"文件中隔离 {grouped(report.rows_set_aside)} 行。",
        )
    )
    for name, value in settings(told, report.fleet_id, said):
        say(language.say(f"{name}: {value}", f"{name}：{value}"))
    if report.unfinished:
        remark(unfinished(told, said))
    columns = (
        language.say("forecast errors", "预测误差"),
        language.say("served\nyuan", "已服务\n元"),
        language.say("unserved\njobs", "未服务\n作业"),
        language.say("offline bound\nyuan", "离线下界\n元"),
        language.say("regret", "遗憾值"),
        language.say("95 %", "95 %"),
        language.say("re-plans", "重规划"),
        language.say("CPU s\np99", "CPU 秒\np99"),
        language.say("placement\np99 us", "安排\np99 微秒"),
        language.say("spikes", "尖峰"),
        language.say("pivotal\nhours", "关键站点\n小时"),
    )
    print_table(table(columns, [tuple(_row(run, language)) for run in report.runs], numbers=range(1, 11)))
    for run in report.runs:
        if run.reservations is not None:
            name = run_name({"errors": run.errors}, said)
            show_reservations(run.reservations, _names(run, language), name, language)
    for term, meaning in terms(said):
        say(language.say(f"{term}: {meaning}", f"{term}：{meaning}"))


def _row(run: RunReport, language: Language) -> Iterator[str]:
    yield ", ".join(f"{name} {size:g}" for name, size in run.errors.items()) or language.say("none", "无")
    yield yuan(run.served_fen)
    yield grouped(run.unserved)
    yield yuan(run.bound_fen)
    yield percent(run.regret, 2)
    yield f"{run.regret_low:.2%} - {run.regret_high:.2%}" if run.regret_low == run.regret_low else "-"
    yield grouped(run.replans)
    yield f"{run.replan_cpu_s_p99:.3f}"
    yield f"{run.placement_us_p99:.0f}"
    yield grouped(len(run.spikes))
    names = _names(run, language)
    yield ", ".join(f"{names[site_id]} {hours:g}" for site_id, hours in run.pivotal_h.items()) or "-"


def _names(run: RunReport, language: Language) -> dict[str, str]:
    """Return what each site is called, by its id."""
    return {site_id: language.name_in(names) for site_id, names in run.sites.items()}
