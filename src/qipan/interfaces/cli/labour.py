"""``qipan labour``: where jobs are about to be lost, and what detectors of that are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import feeds, indicators, labour_bulletin, revisions, session, subscriptions, warn, warnings
from qipan.interfaces.cli.attribute import attribute
from qipan.interfaces.cli.budget import budget
from qipan.interfaces.cli.clusters import clusters
from qipan.interfaces.cli.crosswalks import cross
from qipan.interfaces.cli.home import home
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, write_text
from qipan.interfaces.cli.panels import Ahead, Events, PanelOrFeed, Promised, Surely, read_panel_or_feed, say_findings
from qipan.interfaces.cli.print import print_json, print_table, remark, say, table
from qipan.interfaces.cli.spells import panel
from qipan.interfaces.cli.titles import code, postings
from qipan.interfaces.report.numbers import NOTHING
from qipan.kernel.errors import QipanError, of_file

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(
    name="labour", help="Warn where jobs are about to be lost, and prove such warnings.", no_args_is_help=True
)
app.add_typer(feeds.app)
app.add_typer(feeds.feed, name="feed")
app.add_typer(indicators.app)
app.add_typer(revisions.app)
app.add_typer(warn.app)
app.add_typer(warnings.app)
app.add_typer(labour_bulletin.app)
app.add_typer(subscriptions.app)


@app.callback()
def root() -> None:
    """Warn where jobs are about to be lost, and prove such warnings."""


@app.command()
def backtest(
    file: PanelOrFeed,
    *,
    events: Events,
    detectors: Annotated[
        list[str] | None, typer.Option("--detector", metavar="NAME", help="May be given again; else all of them.")
    ] = None,
    promised: Promised = 0.05,
    is_sure: Surely = False,
    ahead: Ahead = None,
    as_released: Annotated[bool, typer.Option("--releases", help="See only what had been released by then.")] = False,
    is_corrected: Annotated[
        bool, typer.Option("--corrected", help="With --releases: corrected by revisions that were known by then.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE.svg", help="Draw it; its numbers go to FILE.numbers.csv."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell how early each detector would have warned, and what its false alarms were, on what it had not learned."""
    from qipan.labour.compare import compare
    from qipan.labour.detect.choose import DETECTORS
    from qipan.labour.model.event import EventRule
    from qipan.labour.model.feed import Purpose
    from qipan.labour.model.promise import Promise

    language, rule, promise = spoken(lang), EventRule.read(events), Promise(promised, is_sure)
    with of_file(file.name):
        releases, findings = read_panel_or_feed(file, session.today(), Purpose.BACKTEST)
        try:
            rule.must_suit(releases)
            seen_as = {"as_released": as_released, "is_corrected": is_corrected}
            in_full = as_json or picture is not None
            asked = detectors or list(DETECTORS)
            told = compare(releases, rule, asked, promise, ahead=ahead, in_full=in_full, **seen_as)
        except QipanError as error:
            # What was left out may be why nothing can be told.
            error.findings += findings
            raise
    say_findings(findings, releases.noted, language)
    if picture is not None:
        _draw(told, picture, language)
    if as_json:
        told_of = {"rows_left_out": findings, "noted": releases.noted}
        print_json({"as_released": as_released, **told_of, "detectors": told})
        return
    first = told[0]
    say(
        language.say(
            f"{first['cells']:,} cells by the {first['cadence']}, {first['from']} to {first['until']}: "
            f"{first['events']} events ({first['events_rule']}).",
            f"{first['cells']:,} 个单元，{_CADENCES_ZH[first['cadence']]}数据，{first['from']} 至 {first['until']}："
            f"{first['events']} 次事件（{first['events_rule']}）。",
        )
    )
    print_table(table(_columns(first["ahead"], language), [_row(one, language) for one in told], numbers=range(1, 7)))
    if picture is not None:
        print_table(_chances(told, language))


app.command()(panel)
app.command()(budget)
app.command()(attribute)
app.command()(clusters)
app.command()(home)
app.command()(code)
app.command()(cross)
app.command()(postings)


def _chances(told: list[dict[str, Any]], language: Language) -> Table:
    """Return how often what was foretold came, and how often intervals held, of all cells and of those warned of."""
    heads = (
        ("detector", "检测方法"),
        ("cells", "单元"),
        ("in periods", "期数"),
        ("foretold", "预告"),
        ("came (95 %)", "实际（95%）"),
        ("Brier skill", "Brier 技巧"),
        ("80 % intervals held (95 %)", "80% 区间命中（95%）"),
    )
    of = {"open": ("all", "全部"), "warned": ("warned of", "已预警")}
    rows = []
    for one in told:
        for judged in one["chances"]:
            held = {each["until"]: _share(each) for each in judged["intervals"]}
            for chance in judged["reliability"]:
                first, until = chance["first"], chance["until"]
                skill = NOTHING if chance["skill"] is None else f"{chance['skill']:.2f}"
                spoken_of = (one["detector"], language.say(*of[judged["of"]]), f"{first}–{until - 1}")
                interval = held.get(until, NOTHING) if first == 1 else NOTHING
                rows.append((*spoken_of, f"{chance['probability']:.1%}", _share(chance), skill, interval))
    return table([language.say(*head) for head in heads], rows, numbers=(3, 4, 5, 6))


def _share(told: dict[str, Any]) -> str:
    if told["lower_95"] is None:
        return f"{told['came']:.1%}"
    return f"{told['came']:.1%} ({told['lower_95']:.0%}–{told['upper_95']:.0%})"


def _draw(told: list[dict[str, Any]], picture: Path, language: Language) -> None:
    from qipan.interfaces.report.back_test_picture import draw, numbers

    # Never the panel itself, which may have the picture's name.
    table_of = picture.with_name(f"{picture.stem}.numbers.csv")
    write_text(picture, draw(told, language.say))
    write_text(table_of, numbers(told))
    remark(language.say(f"Drawn: {picture}; its numbers: {table_of}.", f"图：{picture}；数字：{table_of}。"))


_CADENCES_ZH = {"week": "周", "month": "月", "quarter": "季", "year": "年"}


def _columns(ahead: int, language: Language) -> tuple[str, ...]:
    half = max(1, ahead // 2)
    return (
        language.say("detector", "检测方法"),
        language.say(f"warned >= {ahead} ahead", f"提前 {ahead} 期以上"),
        language.say(f">= {half}", f"提前 {half} 期以上"),
        language.say("median lead", "提前期中位数"),
        language.say("late or missed", "过迟或漏报"),
        language.say("false alarms a year", "每年误报"),
        language.say("at most, 95 %", "95% 上限"),
        language.say("promise", "承诺"),
    )


def _row(told: dict[str, Any], language: Language) -> tuple[str, ...]:
    false = told["false_alarms"]
    upper = false["upper_95_a_year"]
    return (
        told["detector"],
        f"{told['warned_ahead']:.0%}",
        f"{told['warned_half_as_far']:.0%}",
        NOTHING if told["median_lead"] is None else f"{told['median_lead']:g}",
        f"{told['late_or_missed']:.0%}",
        f"{false['realised_a_year']:.3f}",
        NOTHING if upper is None else f"{upper:.3f}",
        language.say("kept", "兑现") if false["is_kept"] else language.say("not kept", "未兑现"),
    )
