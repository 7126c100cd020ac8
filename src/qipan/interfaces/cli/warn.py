"""``qipan labour warn``: what can be said of a panel on a day, of every region and industry."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_day
from qipan.interfaces.cli.panels import Ahead, Events, PanelOrFeed, Promised, read_panel_or_feed, say_findings
from qipan.interfaces.cli.print import print_json, print_table, remark, say, table
from qipan.interfaces.report.errors import hint, message
from qipan.interfaces.report.labour import GRADES, cumulative_text, end_text, horizon_text, size_interval
from qipan.kernel.errors import BadInputError, QipanError, RuleBrokenError, of_file

if TYPE_CHECKING:
    from qipan.kernel.errors import Finding
    from qipan.labour.model.warning import CannotTell, Outlook

app = typer.Typer()

AsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=read_day, metavar="DAY", help="What had been released by its end; else today."),
]
SHOWN = 40
"""Rows of a table at most; JSON has them all."""


@app.command()
def warn(
    file: PanelOrFeed,
    *,
    events: Events,
    as_of: AsOf = None,
    detector: Annotated[str, typer.Option("--detector", metavar="NAME", help="hazard or turn.")] = "hazard",
    promised: Promised = 0.05,
    is_sure: Annotated[
        bool, typer.Option("--surely/--on-average", help="Keep the promise with a bound of what is to come, or so far.")
    ] = True,
    ahead: Ahead = None,
    as_released: Annotated[
        bool, typer.Option("--releases", help="Test the track record on what had been released by then.")
    ] = False,
    panel: Annotated[
        str | None,
        typer.Option("--issue", metavar="NAME", help="Enter the warnings in the books, of a panel so named."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Warn of losses of jobs: how bad, how likely and when, from what was known on a day, and what promises it."""
    from qipan.labour.tell_warnings import tell_warnings

    language, now = spoken(lang), session.now()
    if as_of and as_of > session.today():
        raise BadInputError(
            f"What can be said must be as of a day that has come, was as of {as_of}.",
            code="outlook_ahead",
            hint="Ask as of today, or of a day before.",
            field="--as-of",
        )
    found, findings, noted = _found(
        file,
        as_of or session.today(),
        events,
        detector,
        promised,
        is_sure=is_sure,
        ahead=ahead,
        as_released=as_released,
    )
    say_findings(findings, noted, language)
    told = tell_warnings(found)
    if panel is not None:
        services = session.services()
        with services.books.begin() as unit:
            issued = services.warnings.issue(unit, panel, found, now)
        told["issued"] = issued
    if as_json:
        print_json({**told, "rows_left_out": findings, "noted": noted})
        return
    _show(told, language)
    if panel is not None:
        steps = ", ".join(f"{count} {act.replace('_', ' ')}" for act, count in told["issued"].items())
        remark(f"Entered in the books, of {panel}: {steps or 'no warning'}.")


def _found(
    file: Path,
    day: date,
    events: str,
    detector: str,
    promised: float,
    *,
    is_sure: bool,
    ahead: int | None,
    as_released: bool,
) -> tuple[Outlook | CannotTell, tuple[Finding, ...], tuple[Finding, ...]]:
    """Read the panel and return what can be said, what is wrong with rows that were left out, and what is odd."""
    from qipan.bootstrap.panels import grade_limits
    from qipan.facts.catalog import Catalog
    from qipan.labour.detect.choose import choose_offered
    from qipan.labour.model.event import EventRule
    from qipan.labour.model.feed import Purpose
    from qipan.labour.model.promise import Promise
    from qipan.labour.model.warning import Terms
    from qipan.labour.warn import notice
    from qipan.labour.warn import warn as warn_of

    rule, promise = EventRule.read(events), Promise(promised, is_sure)
    choose_offered(detector)
    with of_file(file.name):
        releases, findings = read_panel_or_feed(file, day, Purpose.WARNING)
        rule.must_suit(releases)
        limits = grade_limits(Catalog.load(session.settings().facts))
        terms = Terms(rule, promise, detector, notice(releases.cadence, ahead), limits)
        try:
            return warn_of(releases, day, terms, as_released=as_released), findings, releases.noted
        except QipanError as error:
            error.findings += findings
            raise


def _show(told: dict[str, Any], language: Language) -> None:
    day = told["as_of"]
    if told["cannot_tell"]:
        why = told["cannot_tell"]
        error = RuleBrokenError(why["message"], code=why["code"], hint=why["hint"])
        said, advice = message(error, language).text, hint(error, language).text
        say(language.say(f"Cannot tell as of {day}: {said} {advice}", f"截至 {day} 无法判断：{said}{advice}"))
        return
    data, false, track = told["data"], told["false_alarms"], told["track"]
    when, count = horizon_text(told, language), len(told["warnings"])
    upper = false["upper_95_a_year"]
    say(
        language.say(
            f"{count} of {data['cells']:,} cells are warned of as of {day}: a loss ({told['events_rule']}) {when}. "
            f"Data until {data['last_period']}, released {data['last_release']}, {data['digest'][:12]}.",
            f"截至 {day}，{data['cells']:,} 个单元中 {count} 个预警：{when}发生损失（{told['events_rule']}）。"
            f"数据至 {data['last_period']}，发布于 {data['last_release']}，{data['digest'][:12]}。",
        )
    )
    say(
        language.say(
            f"Promised: {false['promised_a_year']:g} false alarms a quiet year of a cell. Until then: "
            f"{false['realised_a_year']:.3f}, at most {upper or 0:.3f}; of {track['events']} events "
            f"{track['warned_early']} warned of early, {track['warned_late']} late, {track['late_or_missed']} too late "
            "or never.",
            f"承诺：每单元平静年误报 {false['promised_a_year']:g} 次。截至当时实为 {false['realised_a_year']:.3f}，"
            f"上限 {upper or 0:.3f}；{track['events']} 次事件中 {track['warned_early']} 次预警及时、"
            f"{track['warned_late']} 次偏迟、{track['late_or_missed']} 次过迟或漏报。",
        )
    )
    if not count:
        return
    heads = (
        ("cell", "单元"),
        ("grade", "等级"),
        (when, when),
        (end_text(told, "en"), end_text(told, "zh")),
        ("expected loss, 80 %", "预期损失（80%）"),
        ("since", "起始"),
        ("what weighs most", "主要因素"),
    )
    rows = [
        (
            "/".join(part for part in (one["region"], one["industry"], one["occupation"]) if part),
            language.say(*GRADES[one["grade"]]),
            f"{one['probability']:.0%}",
            cumulative_text(one),
            size_interval(one, told),
            str(one["since"]),
            ", ".join(part["name"] for part in one["contributions"][:2]),
        )
        for one in told["warnings"][:SHOWN]
    ]
    print_table(table([language.say(*head) for head in heads], rows, numbers=(2, 3, 4)))
    if count > SHOWN:
        say(
            language.say(
                f"… and {count - SHOWN} more; --json has all.", f"……另有 {count - SHOWN} 个；--json 列出全部。"
            )
        )
