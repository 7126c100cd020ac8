"""``qipan market``: margin is brought, the day marked and settled, defaults closed out; statements, a check of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.log import FAILED
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import counted, findings_table, print_json, print_table, remark, say, table

if TYPE_CHECKING:
    from qipan.market.model.clearing import DayMark, Settlement

app = typer.Typer()

CALLED = 5
"""Exit code of a day that waits for margin: a rule was broken."""

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]
Fen = Annotated[int, typer.Option("--fen", help="How much, in fen.")]
TransferId = Annotated[str, typer.Option("--id", help="Id of the transfer; the same again changes nothing.")]


@app.command()
def bring(
    member_id: MemberId,
    *,
    source: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help="Account that it comes from.")],
    fen: Fen,
    transfer_id: TransferId,
    fund: Annotated[bool, typer.Option("--fund", help="To its share of the mutual fund, not to its margin.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring money to a member's margin, or to its share of the mutual fund."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.margins.bring(
            unit, member_id, session.now(), source=source, fen=fen, transfer_id=transfer_id, to_fund=fund
        )
    _told_paid(member_id, fen, is_new=is_new, as_json=as_json)


@app.command("take-back")
def take_back(
    member_id: MemberId,
    *,
    to: Annotated[str, typer.Option("--to", metavar="ACCOUNT", help="Account that it goes to.")],
    fen: Fen,
    transfer_id: TransferId,
    as_json: AsJson = False,
) -> None:
    """Take free margin back; what is held stays."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.margins.take_back(
            unit, member_id, session.now(), account=to, fen=fen, transfer_id=transfer_id
        )
    _told_paid(member_id, fen, is_new=is_new, as_json=as_json)


@app.command()
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
    print_table(table(columns, [(words[one.what], one.subject, one.waits_for) for one in found], wide=(2,)))
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
def margin(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show what each member has, what of it is held, what its positions and open orders need, and open calls."""
    services = session.services()
    with services.books.read() as unit:
        purses, needed = services.margins.purses(unit), services.margins.required(unit)
        calls = services.margins.calls(unit)
    told = [
        {
            "member": one.member,
            "margin_fen": one.margin_fen,
            "held_fen": one.hold.fen if one.hold else 0,
            "required_fen": needed.get(one.member, 0),
            "fund_fen": one.share_fen,
            "call_fen": calls.get(one.member, 0),
            "is_defaulted": one.is_defaulted,
        }
        for one in purses
    ]
    if as_json:
        print_json(told)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("member", "会员"),
        to_say("margin, fen", "保证金，分"),
        to_say("held", "已冻结"),
        to_say("required", "应有"),
        to_say("fund", "风险基金"),
        to_say("called", "追缴"),
        to_say("in default", "违约"),
    )
    rows = [
        (
            str(one["member"]),
            *(f"{one[name]:,}" for name in ("margin_fen", "held_fen", "required_fen", "fund_fen", "call_fen")),
            to_say("yes", "是") if one["is_defaulted"] else "",
        )
        for one in told
    ]
    print_table(table(columns, rows, numbers=(1, 2, 3, 4, 5)))


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


@app.command()
def statement(member_id: MemberId, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show what moved on a member's margin account; with proofs: qipan accounts statement MEMBER/margin."""
    from qipan.accounts.model.posting import Action

    services = session.services()
    with services.books.read() as unit:
        services.trading.member(unit, member_id)
        account = services.margins.account(member_id)
        found = list(services.accounts.transfers(unit, account))
    balance, told = 0, []
    for one in found:
        is_in = (one.credit == account) is not (one.action in {Action.VOID, Action.LAPSE})
        fen = one.amount if is_in else -one.amount
        balance += fen if one.action in {Action.MOVE, Action.POST} else 0
        told.append(
            {
                "at": one.at,
                "transfer": one.transfer_id,
                "reason": one.reason,
                "action": one.action,
                "fen": fen,
                "balance_fen": balance,
            }
        )
    if as_json:
        print_json({"member": member_id, "account": account, "transfers": told})
        return
    to_say = spoken(lang).say
    columns = (
        to_say("at", "时间"),
        to_say("transfer", "转移"),
        to_say("reason", "事由"),
        to_say("action", "动作"),
        to_say("fen", "分"),
        to_say("balance, fen", "余额，分"),
    )
    rows: list[tuple[str, ...]] = [_line(one) for one in told]
    print_table(table(columns, rows, numbers=(4, 5)))


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Make every book anew from its requests and every day from its marks; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = services.trading.check(unit) + services.clearing.check(unit)
        findings += services.nominating.check(unit) + services.deliveries.check(unit)
        findings += services.insurance.check(unit) + services.leasing.check(unit) + services.bank.check(unit)
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


def _told_paid(member_id: str, fen: int, *, is_new: bool, as_json: bool) -> None:
    if as_json:
        print_json({"member": member_id, "fen": fen, "is_new": is_new})
    else:
        remark(f"{fen:,} fen of {member_id}{'' if is_new else ' moved before; nothing has changed'}.")


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


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    at = one["at"].isoformat(timespec="seconds")
    return at, one["transfer"], one["reason"], one["action"], f"{one['fen']:,}", f"{one['balance_fen']:,}"
