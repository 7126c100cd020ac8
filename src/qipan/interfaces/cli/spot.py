"""``qipan market spot``: auctions are opened, bids and offers entered and taken back, the gate closed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session, spot_bill
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment
from qipan.interfaces.cli.print import clock, counted, print_json, print_table, remark, table
from qipan.interfaces.cli.spot_bill import AuctionName
from qipan.interfaces.cli.trade import MemberId, RequestId, SignWith, Ware, Word, signatures
from qipan.kernel.errors import of_file
from qipan.market.model.contract import Window
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qipan.market.model.auction import Auction, Entered

app = typer.Typer(name="spot", help="Day-ahead auctions of compute by hub and hour.", no_args_is_help=True)
app.add_typer(spot_bill.app)


@app.command("open")
def open_auction(
    card_class: Annotated[str, typer.Argument(metavar="CLASS", show_default=False, help="Class of cards.")],
    day: Annotated[str, typer.Argument(metavar="DAY", show_default=False, help="Day of UTC+8: 2030-03-05.")],
    *,
    hubs: Annotated[list[str], typer.Option("--hub", metavar="HUB", help="A national hub; once for each.")],
    gate: Annotated[
        datetime | None,
        typer.Option("--gate", parser=read_moment, metavar="MOMENT", help="End of bids; else 12 h before the day."),
    ] = None,
    fee_bp: Annotated[int, typer.Option("--fee-bp", help="Fee on both sides, in basis points.")] = 0,
    gb_per_card_h: Annotated[
        float | None, typer.Option("--gb-per-card-h", help="Data moved for a card-hour; else that of the batch tier.")
    ] = None,
    links: Annotated[
        Path | None,
        typer.Option("--links", metavar="FILE", help="Table of links with limits; see docs/links.md."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open the auction of a class and day between national hubs; what carriers ask is taken from the facts."""
    services = session.services()
    auction = services.spot_clearing.terms(
        card_class,
        Window.named(day).start,
        hubs,
        gate=gate,
        fee_bp=fee_bp,
        gb_per_card_h=gb_per_card_h,
        links=None if links is None else read_bytes(links),
        links_name="links" if links is None else links.name,
    )
    with services.books.begin() as unit:
        is_new = services.spot.open(unit, auction, session.now())
    if as_json:
        print_json({**_auction(auction), "is_new": is_new})
    else:
        remark(f"{auction.name} is {'open' if is_new else 'open already'} until {clock(auction.gate)}.")


@app.command()
def auctions(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the auctions, their gates, and which are cleared."""
    services = session.services()
    with services.books.read() as unit:
        cleared = services.spot.clearings(unit)
        told = [
            {
                **_auction(one),
                "gate": services.spot.gate_of(unit, one),
                "digest": cleared[name].digest if name in cleared else None,
            }
            for name, one in services.spot.auctions(unit).items()
        ]
    if as_json:
        print_json(told)
        return
    say = spoken(lang).say
    columns = (say("auction", "拍卖"), say("hubs", "枢纽"), say("gate", "截止"), say("digest", "摘要"))
    rows = [(one["auction"], " ".join(one["hubs"]), clock(one["gate"]), one["digest"] or "") for one in told]
    print_table(table(columns, rows, wide=(1,)))


@app.command()
def place(
    member_id: MemberId,
    ware: Ware,
    side: Annotated[Word, typer.Argument(metavar="SIDE", show_default=False, help="buy or sell.")],
    *,
    lots: Annotated[int, typer.Option("--lots", help="Lots of eight cards for the hour.")],
    fen: Annotated[int, typer.Option("--fen", help="Limit, in fen a card-hour.")],
    request_id: RequestId,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Enter a bid or an offer for an hour at a hub, or for each hour of a day; it is durable before this answers."""
    made = Order(request_id, member_id, ware, Side[side.name], lots, fen)
    _tell(_sent([made], sign_with), as_json=as_json)


@app.command()
def cancel(
    member_id: MemberId,
    ware: Ware,
    order_id: Annotated[str, typer.Argument(metavar="ORDER", show_default=False, help="Id of the bid or offer.")],
    *,
    request_id: RequestId,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Take a bid or an offer back, before the gate."""
    _tell(_sent([Cancel(request_id, member_id, ware, order_id)], sign_with), as_json=as_json)


@app.command("file")
def order_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", show_default=False, help="CSV of bids and offers of hours, or days.")
    ],
    *,
    sign_with: SignWith = None,
    as_json: AsJson = False,
) -> None:
    """Enter a file of bids and offers, all of them or none; every row that is refused is named."""
    from qipan.bootstrap.files import read_orders

    with of_file(file.name):
        told = _sent(read_orders(read_bytes(file)), sign_with, first_row=2)
    _tell(told, as_json=as_json)


@app.command()
def gate(name: AuctionName, *, as_json: AsJson = False) -> None:
    """Close the gate of an auction now: from here on nothing is entered or taken back."""
    services = session.services()
    with services.books.begin() as unit:
        closed = services.spot.close_gate(unit, name, session.now())
    if as_json:
        print_json({"auction": name, "closed": closed})
    else:
        remark(f"The gate of {name} closed at {clock(closed, seconds=True)}.")


def _sent(
    requests: Sequence[Order | Cancel], sign_with: Path | None, *, first_row: int = 1
) -> list[tuple[Entered, bool]]:
    from qipan.workflows.enter import enter_whole, send_spot

    services = session.services()
    return enter_whole(
        services.books,
        requests,
        lambda unit, all_of_it: send_spot(
            unit,
            all_of_it,
            lambda unit, name, some: services.spot.send(unit, name, some, session.now(), signatures(some, sign_with)),
        ),
        first_row=first_row,
    )


def _tell(told: list[tuple[Entered, bool]], *, as_json: bool) -> None:
    ids = {one.request_id for one, _ in told}
    new = len({one.request_id for one, is_new in told if is_new})
    if as_json:
        print_json(
            [
                {"id": one.request_id, "auction": one.auction, "number": one.number, "at": one.at,
                 "digest": one.digest, "is_new": is_new}
                for one, is_new in told
            ]
        )  # fmt: skip
        return
    again = f", {len(ids) - new:,} entered before" if new < len(ids) else ""
    again += f", {len(told) - len(ids):,} named again" if len(ids) < len(told) else ""
    remark(f"{counted(new, 'request')} entered{again}.")


def _auction(auction: Auction) -> dict[str, Any]:
    return {
        "auction": auction.name,
        "gate": auction.gate,
        "fee_bp": auction.fee_bp,
        "hubs": list(auction.network.hubs),
        "transfer_fen_per_card_h": [list(row) for row in auction.network.transfer_fen_per_card_h],
        "links": dict(zip(auction.network.links, auction.network.capacity_lots, strict=True)),
    }
