"""``qipan market spot``: an auction is cleared, shown and billed, downtime refunded, deviations settled; a check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.log import FAILED
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes
from qipan.interfaces.cli.print import counted, findings_table, print_json, print_table, remark, say, table
from qipan.kernel.errors import of_file
from qipan.market.model.order import Side

if TYPE_CHECKING:
    from qipan.market.model.auction import Outcome

app = typer.Typer()

AuctionName = Annotated[
    str, typer.Argument(metavar="AUCTION", show_default=False, help="Class and day: h100/2030-03-05.")
]
ByOrder = Annotated[str | None, typer.Option("--member", help="Only of this member.")]


@app.command()
def clear(name: AuctionName, *, lang: Lang = None, as_json: AsJson = False) -> None:
    """Clear an auction with dispatch and post what it came to, once; cleared, it is told again."""
    services = session.services()
    with services.books.begin() as unit:
        outcome = services.spot_clearing.clear(unit, name, session.now())
    if as_json:
        print_json(_totals(outcome))
        return
    _print_totals(outcome, lang)


@app.command()
def show(name: AuctionName, *, member_id: ByOrder = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the prices and awards of an auction; before it is cleared, the bids and offers that stand."""
    services = session.services()
    to_say = spoken(lang).say
    with services.books.read() as unit:
        if member_id is not None:
            services.trading.member(unit, member_id)
        orders = services.spot.orders(unit, name)
        is_cleared = name in services.spot.clearings(unit)
        outcome = services.spot.outcome(unit, name) if is_cleared else None
    mine = [one for one in orders if member_id in {None, one.member}]
    got = {one.order_id: one for one in outcome.awards} if outcome else {}
    if as_json:
        print_json(
            {
                "auction": name,
                "is_cleared": is_cleared,
                "prices": [_worded(one._asdict()) for one in outcome.published] if outcome else [],
                "orders": [
                    _worded({"id": one.order_id, "member": one.member, "instrument": one.instrument, "side": one.side,
                             "lots": one.lots, "limit_fen_per_card_h": one.fen_per_card_h,
                             "awarded_lots": got[one.order_id].lots if got else None})
                    for one in mine
                ],
            }
        )  # fmt: skip
        return
    if outcome:
        columns = (to_say("instrument", "合约"), to_say("side", "方向"), to_say("fen a card-hour", "分/卡时"))
        rows = [(one.instrument, _side(one.side, lang), f"{one.fen_per_card_h:,}") for one in outcome.published]
        print_table(table(columns, rows, numbers=(2,)))
    heads = (
        to_say("order", "订单"),
        to_say("member", "会员"),
        to_say("instrument", "合约"),
        to_say("side", "方向"),
        to_say("lots", "手数"),
        to_say("limit, fen", "限价，分"),
        to_say("awarded", "成交手数"),
    )
    lines = [
        (one.order_id, one.member, one.instrument, _side(one.side, lang), f"{one.lots:,}", f"{one.fen_per_card_h:,}",
         f"{got[one.order_id].lots:,}" if got else "")
        for one in mine
    ]  # fmt: skip
    print_table(table(heads, lines, numbers=(4, 5, 6)))


@app.command()
def bill(name: AuctionName, *, member_id: ByOrder = None, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show who pays and gets what in an auction, by order: fees, uplift, what vouchers pay, and with whom."""
    services = session.services()
    with services.books.read() as unit:
        if member_id is not None:
            services.trading.member(unit, member_id)
        outcome = services.spot.outcome(unit, name)
    by_voucher: dict[str, int] = {}
    for part in outcome.redeemed:
        by_voucher[part.bid_id] = by_voucher.get(part.bid_id, 0) + part.fen
    members = {one.order_id: one.member for one in outcome.awards}
    served: dict[str, list[str]] = {}
    for one in outcome.fills:
        served.setdefault(one.bid_id, []).append(f"{members[one.offer_id]}:{one.lots}")
        served.setdefault(one.offer_id, []).append(f"{members[one.bid_id]}:{one.lots}")
    told = [
        {**_worded(one._asdict()), "voucher_fen": by_voucher.get(one.order_id, 0), "with": served.get(one.order_id, [])}
        for one in outcome.awards
        if one.lots and member_id in {None, one.member}
    ]
    if as_json:
        print_json({**_totals(outcome), "lines": told})
        return
    to_say = spoken(lang).say
    columns = (
        to_say("order", "订单"),
        to_say("member", "会员"),
        to_say("lots", "手数"),
        to_say("fen a card-hour", "分/卡时"),
        to_say("paid, fen", "付款，分"),
        to_say("fee", "费用"),
        to_say("uplift", "补偿"),
        to_say("by voucher", "算力券支付"),
        to_say("with", "对方"),
    )
    rows = [
        (one["order_id"], one["member"],
         *(f"{one[key]:,}" for key in ("lots", "fen_per_card_h", "paid_fen", "fee_fen", "uplift_fen", "voucher_fen")),
         " ".join(one["with"]))
        for one in told
    ]  # fmt: skip
    print_table(table(columns, rows, numbers=(2, 3, 4, 5, 6, 7), wide=(8,)))
    _print_totals(outcome, lang)


@app.command()
def refund(
    name: AuctionName,
    offer_id: Annotated[str, typer.Argument(metavar="OFFER", show_default=False, help="Id of the offer that failed.")],
    *,
    card_h: Annotated[int, typer.Option("--card-h", help="Card-hours that were down.")],
    refund_id: Annotated[str, typer.Option("--id", help="Its id; the same again changes nothing.")],
    as_json: AsJson = False,
) -> None:
    """Refund the downtime of an offer to the bids that it serves, at what they paid."""
    services = session.services()
    with services.books.begin() as unit:
        made, is_new = services.balancing.refund(unit, name, refund_id, session.now(), offer_id=offer_id, card_h=card_h)
    if as_json:
        print_json({"refund": made, "is_new": is_new})
    else:
        parts = ", ".join(f"{bid} {part:,}" for bid, part in made.parts.items())
        remark(f"{'Refunded' if is_new else 'Refunded before'}, card-hours by bid: {parts}.")


@app.command()
def deviate(
    name: AuctionName,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", show_default=False, help="CSV of id, card_h: what was given.")
    ],
    *,
    rolling: Annotated[
        Path | None,
        typer.Option("--rolling", metavar="FILE", help="CSV of instrument, fen_per_card_h that you state."),
    ] = None,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Settle what was delivered otherwise than cleared, once, at the auction's prices, or at rolling ones as stated."""
    from qipan.bootstrap.files import read_delivered, read_rolling

    with of_file(file.name):
        delivered = read_delivered(read_bytes(file))
    prices = None
    if rolling is not None:
        with of_file(rolling.name):
            prices = read_rolling(read_bytes(rolling))
    services = session.services()
    with services.books.begin() as unit:
        found, is_new = services.balancing.deviate(unit, name, delivered, prices, session.now())
    if as_json:
        print_json({"auction": name, "paid_fen": dict(found.paid_fen), "remainder_fen": found.remainder_fen,
                    "digest": found.digest, "is_new": is_new})  # fmt: skip
        return
    to_say = spoken(lang).say
    columns = (to_say("order", "订单"), to_say("paid, fen", "付款，分"))
    print_table(table(columns, [(one, f"{fen:,}") for one, fen in found.paid_fen.items()], numbers=(1,)))
    say(
        to_say(
            f"The one who balances gets {found.remainder_fen:,} fen: {found.digest}",
            f"平衡方得 {found.remainder_fen:,} 分：{found.digest}",
        )
    )


@app.command()
def check(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Make every auction anew from its requests, prices too; end with code 5 if anything differs."""
    services = session.services()
    with services.books.read() as unit:
        findings = services.spot_clearing.check(unit)
    if as_json:
        print_json({"findings": findings})
    elif findings:
        print_table(findings_table(findings))
    else:
        say(
            spoken(lang).say(
                "Auctions follow from their requests, prices from dispatch, payments from both; vouchers are backed.",
                "拍卖由请求得出，价格由调度得出，付款由两者得出；算力券均有资金。",
            )
        )
    if findings:
        raise typer.Exit(FAILED)


def _side(side: Side, lang: Any) -> str:
    to_say = spoken(lang).say
    return to_say("buy", "买") if side is Side.BUY else to_say("sell", "卖")


def _worded(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "side": told["side"].name.lower()}


def _totals(outcome: Outcome) -> dict[str, Any]:
    names = ("payment_fen", "revenue_fen", "transfer_fen", "rent_fen", "fee_fen", "remainder_fen", "uplift_fen")
    lots = sum(one.lots for one in outcome.fills)
    by_voucher = sum(one.fen for one in outcome.redeemed)
    return {
        "auction": outcome.auction,
        "lots": lots,
        **{name: getattr(outcome, name) for name in names},
        "voucher_fen": by_voucher,
        "digest": outcome.digest,
    }


def _print_totals(outcome: Outcome, lang: Any) -> None:
    to_say = spoken(lang).say
    told = _totals(outcome)
    names = {
        "payment_fen": to_say("bids pay", "买方付款"),
        "revenue_fen": to_say("offers get", "卖方所得"),
        "transfer_fen": to_say("carriers", "承运方"),
        "rent_fen": to_say("congestion rent", "阻塞租金"),
        "fee_fen": to_say("fees", "费用"),
        "remainder_fen": to_say("remainder", "余数"),
        "uplift_fen": to_say("uplift", "补偿"),
        "voucher_fen": to_say("of it by voucher", "其中算力券支付"),
    }
    columns = (to_say("what", "项目"), to_say("fen", "分"))
    print_table(table(columns, [(text, f"{told[name]:,}") for name, text in names.items()], numbers=(1,)))
    traded = counted(told["lots"], "lot")
    say(to_say(f"{traded} cleared: {outcome.digest}", f"成交 {told['lots']:,} 手：{outcome.digest}"))
