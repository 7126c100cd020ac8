"""``qipan labour warnings``: warnings that were issued, and what people do to them; nothing is changed afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.log import FAILED
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import clock, findings_table, print_json, print_table, remark, say, table
from qipan.interfaces.report.labour import ACTS, GRADES, OUTCOMES, cumulative_text, told_kept, told_warning

if TYPE_CHECKING:
    from qipan.labour.model.issued import Kept

app = typer.Typer()

WarningId = Annotated[str, typer.Argument(metavar="WARNING", show_default=False, help="Id, as warnings lists it.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", show_default=False, help="Why, in a sentence.")]


@app.command()
def warnings(
    warning_id: Annotated[
        str | None, typer.Argument(metavar="[WARNING]", show_default=False, help="Id of one, with all that was done.")
    ] = None,
    *,
    panel: Annotated[str | None, typer.Option("--panel", metavar="NAME", help="Only those of a panel.")] = None,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """List warnings that were issued, and what they came to beside what was promised; or one with its steps."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        if warning_id is not None:
            told = told_warning(services.warnings.warning(unit, warning_id))
            _show_one(told, language, as_json=as_json)
            return
        found = [told_warning(one) for one in services.warnings.warnings(unit, panel=panel, open_only=is_open)]
        names = services.warnings.panels(unit) if panel is None else [panel]
        kept = [services.warnings.kept(unit, name) for name in names]
    if as_json:
        print_json({"warnings": found, "kept": [told_kept(one) for one in kept]})
        return
    heads = (
        ("warning", "预警"),
        ("cell", "单元"),
        ("grade", "等级"),
        ("likely by its horizon", "期末前概率"),
        ("state", "状态"),
        ("as of", "截至"),
    )
    rows = [
        (
            one["warning"],
            one["cell"],
            language.say(*GRADES[one["grade"]]),
            cumulative_text(one["told"]),
            language.say(*ACTS[one["state"]]),
            one["as_of"],
        )
        for one in found
    ]
    print_table(table([language.say(*head) for head in heads], rows, numbers=(3,)))
    for one in kept:
        say(_kept(one, language))


@app.command()
def confirm(warning_id: WarningId, *, reason: Reason, as_json: AsJson = False) -> None:
    """Say that the loss of which a warning told has come; a later panel says so by itself."""
    _act(warning_id, "confirmed", reason, as_json=as_json)


@app.command()
def treat(warning_id: WarningId, *, reason: Reason, as_json: AsJson = False) -> None:
    """Say that help was given to a cell, so that a loss that does not come is no false alarm."""
    _act(warning_id, "treated", reason, as_json=as_json)


@app.command()
def resolve(warning_id: WarningId, *, reason: Reason, as_json: AsJson = False) -> None:
    """Say that it is over; a later panel says so by itself."""
    _act(warning_id, "resolved", reason, as_json=as_json)


@app.command()
def withdraw(warning_id: WarningId, *, reason: Reason, as_json: AsJson = False) -> None:
    """Take a warning back that should not have been issued; it stays on record."""
    _act(warning_id, "withdrawn", reason, as_json=as_json)


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Hold all that was told and done against its digest and the log; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = (
            *services.warnings.check(unit), *services.budgets.check(unit), *services.feeds.check(unit),
        )  # fmt: skip
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(spoken(lang).say("All that was told and done stands as it was logged.", "所有告知与处置均与日志一致。"))
    if findings:
        raise typer.Exit(FAILED)


def _act(warning_id: str, act: str, reason: str, *, as_json: bool) -> None:
    from qipan.labour.model.issued import Act

    services = session.services()
    with services.books.begin() as unit:
        found = services.warnings.act(unit, warning_id, Act(act), reason, session.now())
    if as_json:
        print_json(told_warning(found))
        return
    remark(f"{warning_id} is {act}.")


def _show_one(told: dict[str, Any], language: Language, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    state = language.say(*ACTS[told["state"]])
    outcome = language.say(*OUTCOMES[told["outcome"]])
    say(f"{told['warning']} · {told['cell']} · {language.say(*GRADES[told['grade']])} · {state} · {outcome}")
    heads = (("step", "步骤"), ("at", "时间"), ("as of", "截至"), ("by", "由"), ("reason", "理由"))
    rows = [
        (language.say(*ACTS[one["act"]]), clock(one["at"]), str(one["as_of"]), one["by"], one["reason"])
        for one in told["steps"]
    ]
    print_table(table([language.say(*head) for head in heads], rows, wide=(4,)))


def _kept(one: Kept, language: Language) -> str:
    counts = one.counts
    if not one.years:
        return language.say(
            f"{one.panel}: of no time the outcome is known yet; promised {one.promised_a_year:g} false alarms a year.",
            f"{one.panel}：尚无已知结果的时段；承诺每年误报 {one.promised_a_year:g} 次。",
        )
    return language.say(
        f"{one.panel}: promised {one.promised_a_year:g} false alarms a quiet year of a cell; {one.false} in "
        f"{one.years:.1f} years, {one.a_year:.3f}, at most {one.upper:.3f}. Came true: {counts['came']}; helped: "
        f"{counts['treated']}; withdrawn: {counts['withdrawn']}; open: {counts['open']}.",
        f"{one.panel}：承诺每单元平静年误报 {one.promised_a_year:g} 次；{one.years:.1f} 年中 {one.false} 次，即 "
        f"{one.a_year:.3f}，上限 {one.upper:.3f}。应验 {counts['came']}；已帮扶 {counts['treated']}；"
        f"撤回 {counts['withdrawn']}；进行中 {counts['open']}。",
    )
