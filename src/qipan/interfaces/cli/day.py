"""``qipan day``: run a day, list the days that were run, look into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import (
    AsJson,
    Day,
    Epoch,
    Format,
    Lang,
    PlanId,
    Power,
    Seed,
    Strict,
    Zone,
    read_bytes,
    write_text,
)
from qipan.interfaces.cli.print import change, counted, print_json, print_table, remark, say, table, working
from qipan.interfaces.cli.show import show_day, steps
from qipan.interfaces.report import day as day_report
from qipan.interfaces.report import labels
from qipan.interfaces.report import substitutes as substitutes_report
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, clock, grouped, moment, yuan
from qipan.interfaces.report.words import words
from qipan.kernel.time import BOARD_ZONE

if TYPE_CHECKING:
    from qipan.settings import Settings

app = typer.Typer(name="day", help="Plan a day, compare it, look into it.", no_args_is_help=True)

FleetId = Annotated[
    str | None,
    typer.Option("--fleet", metavar="NAME", help="Fleet to plan on; else your newest, else the national hubs."),
]
CarbonPrice = Annotated[
    float, typer.Option("--carbon-price", metavar="YUAN", help="What a tonne of carbon costs in the plan.")
]
GreenShare = Annotated[
    float | None,
    typer.Option("--green-share", min=0, max=1, help="Share of use covered by retired certificates, at every site."),
]
GridLoad = Annotated[
    Path | None,
    typer.Option("--grid-load", metavar="FILE", help="Hourly load by region in MW; else typical days of the facts."),
]
GridLoadScale = Annotated[
    float, typer.Option("--grid-load-scale", metavar="TIMES", help="By how much that load is multiplied.")
]
ReservationsFile = Annotated[
    Path | None,
    typer.Option("--reservations", metavar="FILE", help="Contracts of reserved capacity, whose jobs must be served."),
]
NoWorseThan = Annotated[
    Literal["", "home_first", "cheapest_site", "greenest_site", "most_available", "cheapest_start", "any"],
    typer.Option("--no-worse-than", help="Leave no more of any tier unserved than this rule does, or any of them."),
]
Substitutes = Annotated[
    Path | None,
    typer.Option(
        "--substitutes", metavar="FILE", help="On what else work may run, and how many units of that it takes."
    ),
]
Links = Annotated[
    Path | None,
    typer.Option("--links", metavar="FILE", help="Backbone links that limit what moves; else nothing does."),
]
HtmlFile = Annotated[Path | None, typer.Option("--report", metavar="FILE.html", help="Write the report as HTML, too.")]


@app.command()
def run(
    *,
    jobs: Annotated[Path, typer.Option("--jobs", metavar="FILE", show_default=False, help="Trace of jobs.")],
    trace_format: Format = "generic",
    day: Day = None,
    fleet_id: FleetId = None,
    load: Annotated[float, typer.Option("--load", help="Raise the load by copying jobs; below 1 thins them out.")] = 1,
    seed: Seed = 0,
    strict: Strict = False,
    epoch: Epoch = None,
    zone: Zone = None,
    carbon_price: CarbonPrice = 0,
    carbon_account: Annotated[
        Literal["location", "market"], typer.Option("--carbon-account", help="Which carbon that price applies to.")
    ] = "location",
    green_share: GreenShare = None,
    outlook: Annotated[int, typer.Option("--outlook", metavar="HOURS", min=0, help="Hours planned past the day.")] = 24,
    power: Power = False,
    grid_load: GridLoad = None,
    grid_load_scale: GridLoadScale = 1,
    reservations: ReservationsFile = None,
    no_worse_than: NoWorseThan = "",
    substitutes: Substitutes = None,
    links: Links = None,
    report_to: HtmlFile = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Plan one day of real work, enter it in the ledger and compare it with what people do today."""
    data = read_bytes(jobs)
    files = {"grid_load": grid_load, "reservations": reservations, "substitutes": substitutes, "links": links}
    from qipan.workflows.request import DayRequest

    request = DayRequest(
        data=data,
        name=jobs.name,
        format=trace_format,
        day=day,
        fleet_id=fleet_id,
        load=load,
        seed=seed,
        strict=strict,
        epoch=epoch,
        zone_name=zone,
        carbon_yuan_per_t=carbon_price,
        carbon_account=carbon_account,
        green_share=green_share,
        outlook_h=outlook,
        models_power=power,
        grid_load=None if grid_load is None else read_bytes(grid_load),
        grid_load_scale=grid_load_scale,
        reservations=None if reservations is None else read_bytes(reservations),
        no_worse_than=no_worse_than,
        substitutes=None if substitutes is None else read_bytes(substitutes),
        links=None if links is None else read_bytes(links),
        file_names={kind: path.name for kind, path in files.items() if path is not None},
    )
    language = spoken(lang)
    services = session.services()
    with working(steps(), language) as progress:
        document = services.day.run(request, session.now(), progress).document()
    if report_to is not None:
        _write_report(document, report_to, language, services.settings)
    if as_json:
        print_json(document)
        return
    show_day(document, language)


@app.command()
def links(
    *,
    fleet_id: FleetId = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", show_default=False, help="Where it is written.")],
    lang: Lang = None,
) -> None:
    """Write a table of links that joins all places of a fleet without a limit; write limits into gb_per_h."""
    services = session.services()
    with services.books.read() as unit:
        fleet = services.day.fleet(unit, fleet_id)
    found = services.boards.links_joining(fleet)
    rows = [f"{one.name},{one.start},{one.end},,{one.km:g}" for one in found]
    write_text(out, "\n".join(["link,from,to,gb_per_h,km", *rows, ""]))
    remark(
        spoken(lang).say(
            f"Table of links written: {out} ({counted(len(found), 'link')})", f"链路表已写入：{out}（{len(found)} 条）"
        )
    )


@app.command("list")
def reports(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """List the days that were run, the newest first."""
    found = session.services().day.reports()
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    if not found:
        say(language.say("No day was run yet. Run: qipan demo", "尚未运行任何一天。运行：qipan demo"))
        return
    columns = (
        language.say("plan", "计划"),
        language.say("fleet", "机群"),
        language.say("jobs from", "作业来源"),
        language.say("planned at", "规划时间"),
        language.say("jobs", "作业"),
        language.say("cost\nyuan", "费用\n元"),
        language.say("cost", "费用"),
        language.say("location\ncarbon", "碳排放\n按地点"),
        language.say("market\ncarbon", "碳排放\n按市场"),
    )
    rows = [
        (
            row["plan_id"],
            row["fleet_id"],
            language.say("generated", "生成") if row["is_generated"] else f"{row['jobs_name']} ({row['jobs_format']})",
            moment(row["created"], BOARD_ZONE),
            grouped(row["jobs"]),
            yuan(row["cost_fen"]),
            change(row["cost_change"]),
            change(row["location_change"]),
            change(row["market_change"]),
        )
        for row in found
    ]
    title = language.say("Changes are against home region first", "变化与本地优先相比")
    print_table(table(columns, rows, numbers=range(4, len(columns)), wide=(1, 2, 3), title=title))


@app.command()
def show(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the report of a plan."""
    document = session.services().day.report(plan_id)
    if as_json:
        print_json(document)
        return
    show_day(document, spoken(lang))


@app.command()
def jobs(
    plan_id: PlanId = None,
    *,
    status: Annotated[
        Literal["", "placed", "carried_over", "refused"], typer.Option("--status", help="Only jobs that ended so.")
    ] = "",
    tier: Annotated[
        Literal["", "realtime", "interactive", "batch", "offline"], typer.Option("--tier", help="Only this tier.")
    ] = "",
    site_id: Annotated[str, typer.Option("--site", metavar="ID", help="Only jobs at this site.")] = "",
    text: Annotated[str, typer.Option("--text", help="Only jobs that hold this text.")] = "",
    sort: Annotated[str, typer.Option("--sort", metavar="COLUMN", help="Column that orders them.")] = "submit",
    descending: Annotated[bool, typer.Option("--descending", help="The largest first.")] = False,
    page: Annotated[int, typer.Option("--page", min=1)] = 1,
    size: Annotated[int, typer.Option("--size", min=1, help="Jobs on a page.")] = 20,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List the jobs of a plan: where each went, when, at what price, or why not."""
    services = session.services()
    document = services.day.report(plan_id)
    found = services.day.jobs(
        document["plan_id"],
        text=text,
        status=status,
        tier=tier,
        site_id=site_id,
        sort=sort,
        descending=descending,
        page=page,
        size=size,
    )
    if as_json:
        print_json(found)
        return
    language = spoken(lang)
    _print_jobs(found.rows, language, str(document["zone_name"]))
    pages = max(1, -(-found.total // found.size))
    remark(
        language.say(
            f"{counted(found.total, 'job')}, page {found.page} of {grouped(pages)}",
            f"共 {grouped(found.total)} 个作业，第 {found.page} / {grouped(pages)} 页",
        )
    )


@app.command()
def report(
    plan_id: PlanId = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", show_default=False, help="Where it is written.")],
    lang: Lang = None,
) -> None:
    """Write the report of a plan as one HTML file that works offline."""
    services = session.services()
    _write_report(services.day.report(plan_id), out, spoken(lang), services.settings)


def _print_jobs(rows: Sequence[Mapping[str, Any]], language: Language, zone_name: str) -> None:
    """Print two lines for each job, so that a page fits a terminal, and then every reason once."""
    columns = (
        language.say("job\ntier", "作业\n时延层级"),
        language.say("submitted\nstart", "提交\n开始"),
        language.say("from\nto", "来源\n站点"),
        language.say("units\nasked h", "数量\n申请 h"),
        language.say("wait h\nms", "等待 h\n往返 ms"),
        language.say("cost\nyuan", "费用\n元"),
        language.say("status", "状态"),
    )
    shown = [
        (
            f"{row['job_id']}\n{label(labels.TIER, row['tier'], words(language))}",
            f"{moment(row['submit'], zone_name)}\n{moment(row['start'], zone_name)}",
            f"{language.name_in(row, 'origin')}\n{language.name_in(row, 'site') if row['site_id'] else NOTHING}",
            f"{substitutes_report.quantity(row, words(language))}\n{grouped(row['requested_h'], 2)}",
            f"{grouped(row['wait_h'], 2)}\n{grouped(row['round_trip_ms'], 1)}",
            yuan(row["cost_fen"], 2),
            label(labels.JOB_STATUS, row["status"], words(language)),
        )
        for row in rows
    ]
    print_table(table(columns, shown, numbers=(3, 4, 5), wide=(2,)))
    for row in rows:
        if len(row["stretches"]) > 1:
            told = "; ".join(_stretch(one, zone_name) for one in row["stretches"])
            say(language.say(f"{row['job_id']} stops and goes: {told}", f"{row['job_id']} 分段运行：{told}"))
    jobs_of: dict[str, list[str]] = {}
    for row in rows:
        if row["why_en"]:
            jobs_of.setdefault(language.name_in(row, "why"), []).append(row["job_id"])
    for why, named in jobs_of.items():
        say(f"{why} {', '.join(named)}")
    if any(row["status"] == "carried_over" for row in rows):
        say(day_report.carried_over(words(language)))


def _stretch(one: Mapping[str, str], zone_name: str) -> str:
    begins = moment(one["start"], zone_name)
    return f"{begins} - {clock(one['end'], zone_name, begins[:10])}"


def _write_report(document: dict[str, Any], path: Path, language: Language, settings: Settings) -> None:
    from qipan.interfaces.report import assets
    from qipan.interfaces.report.page import html

    map_text = assets.geometry(settings.geometry)
    write_text(path, html(document, language, map_text, assets.echarts(), map_approval=settings.map_approval))
    remark(language.say(f"Report written: {path}", f"报告已写入：{path}"))
