"""``qipan market forward``: cover and orders; what stands in a book, what was traded, who holds what."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.exits import EXIT_CODES
from qipan.interfaces.cli.language import Language, spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment, read_ware
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, remark, table
from qipan.kernel.errors import RuleBrokenError, of_file
from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Cover, id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.log.note import Signer
    from qipan.market.model.request import Answer, Request

app = typer.Typer()


class Word(StrEnum):
    """A side as it is typed."""

    BUY = "buy"
    SELL = "sell"


MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]
Ware = Annotated[
    str,
    typer.Argument(
        parser=read_ware, metavar="INSTRUMENT", show_default=False, help="Class, hub, window: h100@guizhou/2026-03."
    ),
]
RequestId = Annotated[str, typer.Option("--id", help="Its id, chosen by the member; the same again changes nothing.")]
SignWith = Annotated[
    Path | None, typer.Option("--sign-with", metavar="FILE", help="The member's private key, where it has one.")
]


@app.command()
def cover(
    member_id: MemberId,
    ware: Ware,
    *,
    lots: Annotated[int, typer.Option("--lots", help="Lots to bring; below 0, to take away.")],
    request_id: RequestId,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Bring certified capacity to a book, so that it may be sold there; each hour can be promised once."""
    _tell(_sent([Cover(request_id, member_id, ware, lots)], sign_with), as_json=as_json)


@app.command()
def place(
    member_id: MemberId,
    ware: Ware,
    side: Annotated[Word, typer.Argument(metavar="SIDE", show_default=False, help="buy or sell.")],
    *,
    lots: Annotated[int, typer.Option("--lots", help="Lots of eight cards for every hour of the window.")],
    fen: Annotated[int, typer.Option("--fen", help="Limit, in fen a card-hour.")],
    request_id: RequestId,
    entry: Annotated[Entry, typer.Option("--entry", help="What it does when it arrives.")] = Entry.STANDING,
    whole: Annotated[bool, typer.Option("--whole", help="All of it or nothing.")] = False,
    until: Annotated[
        datetime | None, typer.Option("--until", parser=read_moment, metavar="MOMENT", help="When it expires.")
    ] = None,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Place an order; it is durable before this answers."""
    made = Order(request_id, member_id, ware, Side[side.name], lots, fen, entry, whole, until)
    _tell(_sent([made], sign_with), as_json=as_json)


@app.command("cancel")
def cancel_order(
    member_id: MemberId,
    ware: Ware,
    order_id: Annotated[str, typer.Argument(metavar="ORDER", show_default=False, help="Id of the order.")],
    *,
    request_id: RequestId,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Take back what is left of an order."""
    _tell(_sent([Cancel(request_id, member_id, ware, order_id)], sign_with), as_json=as_json)


@app.command("file")
def order_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="CSV of orders.")],
    *,
    sign_with: SignWith = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Place a file of orders, book by book; if a row could stand in no book, nothing is entered and all such are named.

    What a book itself refuses, as a sell without cover, is kept and uses its id up; the other rows stand, and the
    command ends with 5.
    """
    from qipan.bootstrap.files import read_orders

    with of_file(file.name):
        told = _sent(read_orders(read_bytes(file)), sign_with, first_row=2)
    if as_json:
        print_json([_answer(answer) for _, answer in told])
    else:
        _tell_file(told, lang)
    if any(answer.entered.refusal is not None for _, answer in told):
        raise typer.Exit(EXIT_CODES[RuleBrokenError])


def _tell_file(told: Sequence[tuple[Request, Answer]], lang: Language | None) -> None:
    say = spoken(lang).say
    columns = (
        say("order", "订单"),
        say("state", "状态"),
        say("lots left", "未成手数"),
        say("trades", "成交笔数"),
        say("refused", "拒绝"),
    )
    rows = [
        (
            id_of(request),
            str(one.entered.state or ""),
            f"{one.entered.left_lots:,}",
            f"{len(one.trades):,}",
            one.entered.refusal or "",
        )
        for request, one in told
    ]
    print_table(table(columns, rows, numbers=(2, 3)))
    rejected = sum(one.entered.refusal is not None for _, one in told)
    if rejected:
        verb = "was" if rejected == 1 else "were"
        remark(say(f"{counted(rejected, 'row')} of {len(told):,} {verb} refused by the book; the others stand.",
                   f"{len(told):,} 行中有 {rejected:,} 行被订单簿拒绝；其余有效。"))  # fmt: skip


@app.command()
def depth(ware: Ware, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the levels of a book: limits and lots, no names."""
    services = session.services()
    with services.books.read() as unit, services.trading.look(unit, ware, session.now()) as kept:
        asks, bids = kept.book.depth(Side.SELL), kept.book.depth(Side.BUY)
    if as_json:
        print_json({side: [{"fen_per_card_h": fen, "lots": lots} for fen, lots in levels]
                    for side, levels in (("asks", asks), ("bids", bids))})  # fmt: skip
        return
    say = spoken(lang).say
    columns = (say("side", "方向"), say("fen a card-hour", "分/卡时"), say("lots", "手数"))
    rows = [(say("sell", "卖"), f"{fen:,}", f"{lots:,}") for fen, lots in reversed(asks)]
    rows += [(say("buy", "买"), f"{fen:,}", f"{lots:,}") for fen, lots in bids]
    print_table(table(columns, rows, numbers=(1, 2)))


@app.command()
def trades(
    ware: Ware,
    *,
    member_id: Annotated[str | None, typer.Option("--member", help="Only of this member.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show the trades of a book, the clearing house between buyer and seller."""
    services = session.services()
    with services.books.read() as unit:
        services.trading.listing(unit, ware)
        if member_id is not None:
            services.trading.member(unit, member_id)
        told = [one for one in services.trading.trades(unit, ware) if member_id in {None, one.buyer, one.seller}]
    if as_json:
        print_json([one._asdict() for one in told])
        return
    say = spoken(lang).say
    columns = (
        say("number", "编号"),
        say("at", "时间"),
        say("buyer", "买方"),
        say("seller", "卖方"),
        say("lots", "手数"),
        say("fen a card-hour", "分/卡时"),
    )
    rows = [
        (
            str(one.sequence),
            clock(one.at, seconds=True),
            one.buyer,
            one.seller,
            f"{one.lots:,}",
            f"{one.fen_per_card_h:,}",
        )
        for one in told
    ]
    print_table(table(columns, rows, numbers=(0, 4, 5)))


@app.command()
def positions(
    *,
    member_id: Annotated[str | None, typer.Option("--member", help="Only of this member.")] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Show what members hold, have open, and may still sell, in lots."""
    services = session.services()
    with services.books.read() as unit:
        if member_id is not None:
            services.trading.member(unit, member_id)
        told = services.trading.exposures(unit, member=member_id)
    if as_json:
        print_json(told)
        return
    say = spoken(lang).say
    columns = (
        say("instrument", "合约"),
        say("member", "会员"),
        say("position", "持仓"),
        say("open buys", "未成买单"),
        say("open sells", "未成卖单"),
        say("cover", "可卖"),
        say("brought", "已备"),
    )
    rows = [(one.instrument, one.member, *(f"{lots:,}" for lots in tuple(asdict(one).values())[2:])) for one in told]
    print_table(table(columns, rows, numbers=(2, 3, 4, 5, 6)))


def _sent(requests: Sequence[Request], sign_with: Path | None, *, first_row: int = 1) -> list[tuple[Request, Answer]]:
    from qipan.workflows.enter import enter_whole, send_forward

    services = session.services()
    return enter_whole(
        services.books,
        requests,
        lambda unit, all_of_it: send_forward(
            unit,
            all_of_it,
            lambda unit, some: services.margins.send(unit, some, session.now(), signatures(some, sign_with)),
        ),
        first_row=first_row,
    )


def signatures(requests: Sequence[Request], sign_with: Path | None) -> dict[str, str]:
    """Return what signs each request, by its id; nothing without a key."""
    from qipan.log.note import sign, signer_of
    from qipan.market.record import record, signed_text

    if sign_with is None:
        return {}
    signer: Signer = signer_of(read_bytes(sign_with).decode(errors="replace").strip())
    return {id_of(one): str(sign(signed_text(record(one)), signer)) for one in requests}


def _tell(told: list[tuple[Request, Answer]], *, as_json: bool) -> None:
    """Tell what became of one request; what the book refused ends as its error, though it is kept."""
    from qipan.market.refuse import refuse

    ((request, answer),) = told
    entered = answer.entered
    if entered.refusal is not None and isinstance(request, Order | Cancel):
        raise refuse(entered.refusal, request)
    if as_json:
        print_json(_answer(answer))
        return
    again = "" if answer.is_new else " Entered before; nothing has changed."
    state = "entered" if entered.state is None else f"{entered.state}, {counted(entered.left_lots, 'lot')} left"
    remark(f"{id_of(request)}: {state}, {counted(len(answer.trades), 'trade')}.{again}")


def _answer(answer: Answer) -> dict[str, Any]:
    entered = answer.entered
    return {
        "id": entered.request_id,
        "instrument": entered.instrument,
        "number": entered.number,
        "at": entered.at,
        "state": entered.state,
        "left_lots": entered.left_lots,
        "refusal": entered.refusal,
        "trades": [one._asdict() for one in answer.trades],
        "digest": entered.digest,
        "is_new": answer.is_new,
    }
