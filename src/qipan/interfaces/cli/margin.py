"""``qipan market member``: margin is brought and taken back, and told; statements."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import clock, print_json, print_table, remark, table

app = typer.Typer()

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
    from qipan.workflows import pay_margin

    services = session.services()
    with services.books.begin() as unit:
        is_new = pay_margin.bring(
            unit,
            services.margins,
            services.accounts,
            session.now(),
            member=member_id,
            source=source,
            fen=fen,
            transfer_id=transfer_id,
            to_fund=fund,
        )
    way = f"brought from {source} to the {'fund share' if fund else 'margin'} of {member_id}"
    _told_paid(member_id, fen, way, is_new=is_new, as_json=as_json)


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
    from qipan.workflows import pay_margin

    services = session.services()
    with services.books.begin() as unit:
        is_new = pay_margin.take_back(
            unit,
            services.margins,
            services.accounts,
            session.now(),
            member=member_id,
            account=to,
            fen=fen,
            transfer_id=transfer_id,
        )
    _told_paid(member_id, fen, f"taken back from the margin of {member_id} to {to}", is_new=is_new, as_json=as_json)


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


def _told_paid(member_id: str, fen: int, way: str, *, is_new: bool, as_json: bool) -> None:
    if as_json:
        print_json({"member": member_id, "fen": fen, "is_new": is_new})
    else:
        remark(f"{fen:,} fen {way}{'' if is_new else ' before; nothing has changed'}.")


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    at = clock(one["at"], seconds=True)
    return at, one["transfer"], one["reason"], one["action"], f"{one['fen']:,}", f"{one['balance_fen']:,}"
