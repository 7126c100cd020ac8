"""``qipan market``: all that is due, a check of all; ``forward``: the day marked and settled, defaults closed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.log import FAILED
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import counted, findings_table, print_json, print_table, remark, say, table

if TYPE_CHECKING:
    from qipan.market.model.clearing import DayMark, Settlement

app = typer.Typer()
house = typer.Typer()

CALLED = 5
"""Exit code of a day that waits for margin: a rule was broken."""

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]


@house.command()
def advance(
    *,
    plans: Annotated[
        list[str] | None, typer.Option("--plan", metavar="PLAN", help="Day whose report tells what was used.")
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Do all that is due now: clear, mark, settle, cascade, allocate, deliver, pay; tell what waits for what."""
    found = session.services().advancing.advance(session.now(), plans or ())
    if as_json:
        print_json(found)
        return
    to_say = spoken(lang).say
    if not found:
        say(to_say("Nothing is due.", "没有到期事项。"))
        return
    words = {
        "clear": to_say("clear", "出清"),
        "mark": to_say("mark", "盯市"),
        "settle": to_say("settle", "结算"),
        "cascade": to_say("cascade", "级联"),
        "allocate": to_say("allocate", "分配"),
        "deliver": to_say("deliver", "交割"),
        "claim": to_say("claim", "赔付"),
        "close": to_say("close", "关闭"),
        "instalment": to_say("instalment", "分期"),
    }
    columns = (to_say("what", "事项"), to_say("of", "对象"), to_say("waits for", "等待"))
    print_table(table(columns, [(words[one.what], one.subject, one.waits_for) for one in found]))
    for one in found:
        if one.told:
            remark(f"{one.subject}: {one.told}")


@app.command()
def mark(
    *,
    plan: Annotated[
        list[str] | None,
        typer.Option(
            "--plan",
            metavar="INSTRUMENT=FEN",
            help="Price of the plan, only of books without trades, quotes and auctions.",
        ),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Fix the marks of this day, once: closing window, else middle of bid and ask, else auctions, else as stated."""
    services = session.services()
    prices = dict(_plan_price(text) for text in plan or ())
    with services.books.begin() as unit:
        marks = services.clearing.mark(unit, session.now(), prices)
    if as_json:
        print_json(marks)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("day", "日"),
        to_say("instrument", "合约"),
        to_say("fen a card-hour", "分/卡时"),
        to_say("rule", "规则"),
        to_say("lots", "手数"),
        to_say("last", "末次"),
    )
    rows = [_mark_row(one, to_say("yes", "是")) for one in marks]
    print_table(table(columns, rows, numbers=(2, 4)))


@app.command()
def settle(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Pay what the newest marks lead to, whole; or call for missing margin, post nothing, and end with code 5."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.clearing.settle(unit, session.now())
    if as_json:
        print_json({name: getattr(found, name) for name in (
            "day", "paid_fen", "required_fen", "calls_fen", "digest", "is_settled")})  # fmt: skip
    else:
        to_say = spoken(lang).say
        columns = (
            to_say("member", "会员"),
            to_say("paid, fen", "盯市盈亏，分"),
            to_say("held, fen", "已冻结，分"),
            to_say("called, fen", "追缴，分"),
        )
        print_table(table(columns, _settled_rows(found), numbers=(1, 2, 3)))
        if found.is_settled:
            say(to_say(f"{found.day} is settled: {found.digest}", f"{found.day} 已结算：{found.digest}"))
    if found.calls_fen:
        raise typer.Exit(CALLED)


@app.command()
def default(member_id: MemberId, *, as_json: AsJson = False) -> None:
    """Declare that a member did not answer its call, and close out what it holds; then settle again."""
    services = session.services()
    with services.books.begin() as unit:
        closed = services.clearing.default(unit, member_id, session.now())
        left = [one for one in services.trading.exposures(unit, member=member_id) if one.position]
    if as_json:
        print_json({"member": member_id, "trades": [one._asdict() for one in closed], "left": left})
    else:
        remark(f"{member_id} is in default: {counted(len(closed), 'trade')}, {counted(len(left), 'position')} left.")


@house.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Make every book anew from its requests and every day from its marks; end with code 5 if anything differs."""
    from qipan.bootstrap.checks import check_market

    services = session.services()
    with services.books.read() as unit:
        findings = check_market(services, unit)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(
            spoken(lang).say(
                "Books follow from their requests, payments from marks, and the log holds every request.",
                "订单簿由请求得出，付款由盯市价得出，日志载有每项请求。",
            )
        )
    if findings:
        raise typer.Exit(FAILED)


def _plan_price(text: str) -> tuple[str, float]:
    name, _, fen = text.rpartition("=")
    try:
        price = float(fen)
    except ValueError as error:
        raise typer.BadParameter(f"--plan must be INSTRUMENT=FEN, was {text!r}.") from error
    if not name or not 0 <= price < float("inf"):
        raise typer.BadParameter(f"--plan must be INSTRUMENT=FEN, of at least 0 fen, was {text!r}.")
    return name, price


def _mark_row(one: DayMark, yes: str) -> tuple[str, ...]:
    found = one.mark
    last = yes if one.is_final else ""
    return str(one.day), one.instrument, f"{found.fen_per_card_h:,}", found.rule.value, f"{found.lots:,}", last


def _settled_rows(found: Settlement) -> list[tuple[str, ...]]:
    amounts = (found.paid_fen, found.required_fen, found.calls_fen)
    names = sorted({name for some in amounts for name in some})
    return [(name, *(f"{some.get(name, 0):,}" for some in amounts)) for name in names]
