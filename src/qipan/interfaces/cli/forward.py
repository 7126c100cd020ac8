"""``qipan market forward``: books are opened and shown; trading and the day are rooms of their own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli import clearing, session, trade
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment
from qipan.interfaces.cli.print import clock, print_json, print_table, remark, table
from qipan.interfaces.cli.trade import Ware
from qipan.market.model.request import Listing

app = typer.Typer(name="forward", help="Books of windows to come: orders, positions, marks.", no_args_is_help=True)


@app.command("open")
def open_book(
    ware: Ware,
    *,
    margin: Annotated[int | None, typer.Option("--margin", help="Fen that secure a card-hour; assumed.")] = None,
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="CSV of daily prices that the margin follows from.")
    ] = None,
    coverage: Annotated[float, typer.Option("--coverage", help="Share of losses that the margin covers.")] = 0.99,
    is_plain: Annotated[
        bool, typer.Option("--plain", help="Take past moves as they were, not scaled to how prices move now.")
    ] = False,
    last_trading: Annotated[
        datetime | None,
        typer.Option("--last-trading", parser=read_moment, metavar="MOMENT", help="End; else the window's start."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a book; its margin is stated, or found from a history of prices."""
    from qipan.bootstrap.files import listing_of
    from qipan.workflows.wares import opened

    if (margin is None) == (history is None):
        raise typer.BadParameter("One of --margin and --history must be given, and only one.")
    listing = listing_of(
        ware,
        margin_fen_per_card_h=margin,
        history=None if history is None else read_bytes(history),
        coverage=coverage,
        is_plain=is_plain,
        last_trading=last_trading,
    )
    services, now = session.services(), session.now()
    listing = opened(listing, services.catalog, now)
    with services.books.begin() as unit:
        is_new = services.trading.open_book(unit, listing, now)
    if as_json:
        print_json({**_listing(listing), "is_new": is_new})
    else:
        name, rate = listing.instrument.name, listing.margin_fen_per_card_h
        remark(f"{name} is {'open' if is_new else 'open already'}, at a margin of {rate} fen a card-hour.")


@app.command()
def books(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the books and their terms."""
    services = session.services()
    with services.books.read() as unit:
        told = [_listing(one) for one in services.trading.listings(unit).values()]
    if as_json:
        print_json(told)
        return
    say = spoken(lang).say
    columns = (
        say("instrument", "合约"),
        say("last trading", "最后交易"),
        say("margin, fen a card-hour", "保证金，分/卡时"),
        say("its source", "依据"),
    )
    rows = [
        (one["instrument"], clock(one["last_trading"]), f"{one['margin_fen_per_card_h']:,}", one["margin_source"])
        for one in told
    ]
    print_table(table(columns, rows, numbers=(2,), wide=(3,)))


def _listing(listing: Listing) -> dict[str, Any]:
    return {
        "instrument": listing.instrument.name,
        "start": listing.instrument.window.start,
        "end": listing.instrument.window.end,
        "last_trading": listing.last_trading,
        "margin_fen_per_card_h": listing.margin_fen_per_card_h,
        "margin_source": listing.margin_source,
    }


for room in (trade.app, clearing.app):
    app.add_typer(room)
