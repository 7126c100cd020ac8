"""``qipan labour feed`` and ``fresh``: who sends figures of labour, on which agreement, and what is late."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.log import FAILED
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_day
from qipan.interfaces.cli.print import (
    console,
    counted,
    findings_table,
    pairs,
    print_json,
    print_table,
    remark,
    say,
    table,
)
from qipan.interfaces.report.feeds import CADENCES, parted, told_delivery, told_feed, told_fresh
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import BadInputError, of_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.bootstrap.services import Services
    from qipan.labour.model.feed import Freshness

app = typer.Typer()
SILENT_MOST = 20
"""Silent cells that are named for each feed; JSON has them all."""
feed = typer.Typer(
    help="Keep feeds of figures: who sends them, on which agreement, and what came.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="FEED", show_default=False, help="Name, as feed list shows it.")]


@feed.callback()
def root() -> None:
    """Keep feeds of figures: who sends them, on which agreement, and what came."""


@feed.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="TOML, as docs/feeds.md has it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Enter a feed, with the agreement that it rests on; its terms are never changed."""
    with of_file(file.name):
        told = _read_toml(read_bytes(file))
        services = session.services()
        with services.books.begin() as unit:
            found = services.feeds.add(unit, told, session.now())
    if as_json:
        print_json(told_feed(found))
        return
    remark(f"The feed {found.name} is kept.")


@feed.command("list")
def list_(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """List feeds: whose figures they are, of what, how often, and until when they are shared."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        found = services.feeds.feeds(unit)
    if as_json:
        print_json([told_feed(one) for one in found])
        return
    heads = (
        language.say("feed", "数据源"), language.say("holder", "提供方"), language.say("indicator", "指标"),
        language.say("every", "周期"), language.say("shared until", "共享至"), language.say("ended", "终止"),
    )  # fmt: skip
    rows = [
        (
            one.name,
            one.holder,
            f"{one.indicator} ({one.unit})",
            language.say(*CADENCES[one.cadence.value]),
            str(one.sharing.until),
            str(one.ended or NOTHING),
        )
        for one in found
    ]
    print_table(table(heads, rows, wide=(1, 2)))


@feed.command()
def show(name: Name, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show a feed, its agreement, and what came of it."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        found, came = services.feeds.feed(unit, name), services.feeds.deliveries(unit, name)
    told = told_feed(found)
    if as_json:
        print_json({**told, "deliveries": [told_delivery(one) for one in came]})
        return
    shared = told.pop("sharing")
    flat = {**told, **{f"sharing.{key}": value for key, value in shared.items()}}
    print_table(pairs((key, ", ".join(v) if isinstance(v, list) else str(v)) for key, v in flat.items()))
    heads = (
        language.say("delivery", "批次"), language.say("received", "收到"), language.say("newest period", "最新时期"),
        language.say("rows", "行数"), language.say("refused", "拒收"),
    )  # fmt: skip
    rows = [
        (str(one.sequence), str(one.received), str(one.newest_period or NOTHING), f"{one.rows:,}", f"{one.refused:,}")
        for one in came
    ]
    print_table(table(heads, rows, numbers=(0, 3, 4)))


@feed.command()
def end(
    name: Name,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", show_default=False, help="Why, in a sentence.")],
    as_json: AsJson = False,
) -> None:
    """End a feed: from the next day on nothing is expected of it, and nothing taken; what came stays."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.feeds.end(unit, name, reason, session.now())
    if as_json:
        print_json(told_feed(found))
        return
    remark(f"The feed {name} ends on {found.ended}.")


@feed.command()
def receive(
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", show_default=False, help="CSV, Parquet or Excel: region, period, value.")
    ],
    *,
    released: Annotated[
        date | None,
        typer.Option("--released", parser=read_day, metavar="DAY", help="Of rows that name no release; else today."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Take a delivery in: bytes are archived and acknowledged, rows outside of the agreement refused."""
    services, language = session.services(), spoken(lang)
    with of_file(file.name):
        data = read_bytes(file)
        with services.books.begin() as unit:
            made, findings, is_new = services.feeds.receive(unit, name, data, session.now(), released=released)
    _bring_in(services)
    refused, moved = parted(findings)
    if as_json:
        print_json({**told_delivery(made), "is_new": is_new, "refused_rows": refused, "moved_rows": moved})
        return
    for found, en, zh in (
        (refused, f"{made.refused} rows are refused:", f"拒收 {made.refused} 行："),
        (
            moved,
            f"{len(moved)} rows count from {made.received}, not from the release that they claim:",
            f"{len(moved)} 行自 {made.received} 起计，而非自其所称发布日：",
        ),
    ):
        if found:
            remark(language.say(en, zh))
            console(stderr=True).print(findings_table(found, language=language))
    kept = made.rows - made.refused
    say(
        language.say(
            f"Delivery {made.sequence} of {name} is {'acknowledged' if is_new else 'known already'}: "
            f"{kept:,} of {made.rows:,} rows let in.",
            f"{name} 的批次 {made.sequence} {'已确认' if is_new else '此前已收'}：{made.rows:,} 行中接收 {kept:,} 行。",
        )
    )


@app.command()
def fresh(
    *,
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=read_day, metavar="DAY", help="At the end of this day; else today.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Say which feed is late, since when, by how much, and which cells are silent; end with code 5 if one is late."""
    services, language = session.services(), spoken(lang)
    _bring_in(services)
    with services.books.read() as unit:
        found = services.feeds.fresh(unit, as_of or session.today())
    if as_json:
        print_json([told_fresh(one) for one in found])
    elif not found:
        say(language.say("No feed is kept yet.", "尚无数据源。"))
    else:
        _show_fresh(found, language)
    if any(one.is_late for one in found):
        raise typer.Exit(FAILED)


def _show_fresh(found: Sequence[Freshness], language: Language) -> None:
    heads = (
        language.say("feed", "数据源"), language.say("newest period", "最新时期"), language.say("released", "发布于"),
        language.say("late", "迟到"), language.say("silent cells", "无数据单元"), language.say("agreement", "协议"),
    )  # fmt: skip
    rows = []
    for one in found:
        late = language.say("no", "否")
        if one.is_late:
            late = language.say(
                f"{one.missing} until {one.due_period}, since {one.late_since}, {counted(one.late_days, 'day')}",
                f"至 {one.due_period} 共 {one.missing} 期，自 {one.late_since} 起 {one.late_days} 天",
            )
        over = language.say(f"over since {one.over_since}", f"自 {one.over_since} 起终止")
        rows.append(
            (
                one.feed,
                str(one.newest_period or NOTHING),
                str(one.newest_release or NOTHING),
                late,
                str(len(one.silent)),
                over if one.over_since else language.say("in force", "有效"),
            )
        )
    print_table(table(heads, rows, numbers=(4,), wide=(3,)))
    for one in found:
        for silent in one.silent[:SILENT_MOST]:
            say(
                language.say(
                    f"{one.feed}: {silent.cell} is silent since {silent.since}.",
                    f"{one.feed}：{silent.cell} 自 {silent.since} 起无数据。",
                )
            )


def _bring_in(services: Services) -> None:
    with services.books.read() as unit:
        services.feeds.project(unit)


def _read_toml(data: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(
            f"A feed must be written as TOML in UTF-8, was not: {error}.",
            code="feed_unreadable",
            hint="Begin with the example in docs/feeds.md.",
        ) from error
