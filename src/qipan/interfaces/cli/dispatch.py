"""``qipan dispatch``: solve any programme; carry a plan out at its sites, write job files, ask what a plan says."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qipan.interfaces.cli import expansion, instance, roll, session
from qipan.interfaces.cli.explain import explain
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, PlanId, read_bytes, write_text
from qipan.interfaces.cli.power import call, flexibility, power
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, remark, say, table
from qipan.interfaces.cli.stand_alone import stand_alone
from qipan.interfaces.cli.volumes import volumes
from qipan.interfaces.report.numbers import NOTHING, grouped

if TYPE_CHECKING:
    from qipan.workflows.model import Followed

app = typer.Typer(
    name="dispatch",
    help="Solve a day's programme; plan what to build; carry a plan out at its sites.",
    no_args_is_help=True,
)
app.add_typer(instance.app)
app.add_typer(expansion.app)
app.add_typer(roll.app)
app.command()(volumes)
app.command()(stand_alone)
app.command()(explain)
app.command()(power)
app.command()(call)
app.command()(flexibility)

EnginesFile = Annotated[
    Path, typer.Option("--engines", metavar="FILE.toml", show_default=False, help="How each site is reached.")
]


@app.command()
def submit(plan_id: PlanId = None, *, engines: EnginesFile, lang: Lang = None, as_json: AsJson = False) -> None:
    """Enter every placed job of a plan for its site; `follow` then gives them to the sites."""
    from qipan.bootstrap.files import read_engines

    services = session.services()
    told = services.following.submit(plan_id, read_engines(engines, read_bytes(engines)), session.now())
    _print(told, lang, as_json=as_json)


@app.command()
def follow(
    plan_id: PlanId = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Go round the sites once, as a timer would call it.")] = False,
    every_s: Annotated[float, typer.Option("--every", metavar="SECONDS", min=0.1, help="Between two rounds.")] = 5.0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Give jobs to their sites and follow them until all have ended; stop and start it again at any moment."""
    services, language = session.services(), spoken(lang)
    told = services.following.follow(plan_id, session.now)
    while not (once or told.is_over):
        remark(_in_short(told, language))
        time.sleep(every_s)
        told = services.following.follow(told.plan_id, session.now)
    _print(told, lang, as_json=as_json)


@app.command()
def show(plan_id: PlanId = None, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show how far a submitted plan is carried out; no site is asked."""
    _print(session.services().following.account(plan_id), lang, as_json=as_json)


@app.command()
def fence(
    site_id: Annotated[str, typer.Argument(metavar="SITE", show_default=False, help="Site, as its fleet names it.")],
    *,
    lift: Annotated[bool, typer.Option("--lift", help="The site may take work again.")] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Declare that nothing of ours runs at a site: its work goes elsewhere at once, and it is given none."""
    state = session.services().following.fence(site_id, session.now(), lift=lift)
    language = spoken(lang)
    if as_json:
        print_json(state)
    elif lift:
        say(language.say(f"{site_id} may take work again.", f"{site_id} 可再次接收作业。"))
    else:
        say(language.say(f"{site_id} is fenced: its work goes elsewhere.", f"{site_id} 已隔离：其作业将改派。"))


@app.command()
def render(
    plan_id: PlanId = None,
    *,
    form: Annotated[Literal["kueue", "skypilot"], typer.Option("--as", show_default=False, help="Form of the files.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", show_default=False, help="Folder, made if missing.")],
    engines: EnginesFile,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Write a file for each placed job at the sites of one kind of engine."""
    from qipan.bootstrap.files import RENDERERS, read_engines

    services = session.services()
    reached = read_engines(engines, read_bytes(engines))
    orders, _ = services.following.orders(plan_id, reached)
    to.mkdir(parents=True, exist_ok=True)
    written = []
    for order in orders:
        site = reached.site(order.attempt.site_id)
        if site is not None and site.engine == form:
            path = to / f"{order.attempt.name}.yaml"
            write_text(path, RENDERERS[form](order, site))
            written.append(str(path))
    left = len(orders) - len(written)
    if as_json:
        print_json({"written": written, "left_out": left})
        return
    files = counted(len(written), "file")
    say(
        spoken(lang).say(
            f"{files} written to {to}; {counted(left, 'job')} at sites of other engines.",
            f"已在 {to} 写入 {grouped(len(written))} 个文件；另有 {grouped(left)} 个作业属于其他引擎的站点。",
        )
    )


def _in_short(told: Followed, language: Language) -> str:
    return language.say(
        f"{told.finished} finished, {told.running} running, {told.open - told.running} to run, "
        f"{told.failed + told.cancelled} failed, {told.unplaced} without a place, of {told.jobs}",
        f"共 {told.jobs} 个：完成 {told.finished}，运行 {told.running}，待运行 {told.open - told.running}，"
        f"失败 {told.failed + told.cancelled}，无处可去 {told.unplaced}",
    )


def _print(told: Followed, lang: Language | None, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    language = spoken(lang)
    columns = (
        language.say("site", "站点"),
        language.say("answered", "最近应答"),
        language.say("fenced", "已隔离"),
        language.say("open", "未结束"),
        language.say("finished", "完成"),
        language.say("failed", "失败"),
        language.say("lost", "丢失"),
        language.say("late", "迟到"),
        language.say("accounted until", "记账至"),
    )
    rows = [
        (
            one.site_id,
            _second(one.answered),
            _second(one.fenced),
            grouped(one.open),
            grouped(one.finished),
            grouped(one.failed),
            grouped(one.lost),
            grouped(one.late),
            _second(one.told_until),
        )
        for one in told.sites
    ]
    print_table(table(columns, rows, numbers=range(3, 8), title=f"{told.plan_id} (UTC)"))
    say(_in_short(told, language))
    if told.twice:
        say(
            language.say(
                f"{counted(told.twice, 'job')} ended in two places: a site that was given up had finished it.",
                f"有 {grouped(told.twice)} 个作业在两处完成：被放弃的站点其实已完成。",
            )
        )


def _second(moment: datetime | None) -> str:
    return NOTHING if moment is None else clock(moment, seconds=True)
