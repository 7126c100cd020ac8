"""``qipan market``: members and their keys, books and their terms, certified capacity."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from qipan.interfaces.cli import clearing, deliver, monitor, products, session, spot, trade, voucher
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_moment
from qipan.interfaces.cli.print import counted, print_json, print_table, remark, table
from qipan.kernel.errors import BadInputError
from qipan.market.model.contract import Instrument
from qipan.market.model.request import Certification, Listing, Member

app = typer.Typer(
    name="market",
    help="A closed member market of compute: books, orders, margin, marks, delivery; spot auctions and vouchers.",
    no_args_is_help=True,
)
app.add_typer(trade.app)
app.add_typer(clearing.app)
app.add_typer(spot.app)
app.add_typer(voucher.app)
app.add_typer(deliver.app)
app.add_typer(products.app)
app.add_typer(monitor.app)

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]
Ware = Annotated[
    str, typer.Argument(metavar="INSTRUMENT", show_default=False, help="Class, hub, window: h100@gui/2026-03.")
]


@app.command()
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="Where the private key is kept.")],
    *,
    name: Annotated[str, typer.Option("--name", help="Name in the key, as the member's.")],
    as_json: AsJson = False,
) -> None:
    """Make a key that signs a member's requests; print the public one, which the market is given."""
    from qipan.log.note import SIGNS, Signer

    if not name or set(name) & set(" +\n"):
        raise typer.BadParameter(f"--name must be a word without + in it, was {name!r}.")
    signer = Signer(name, SIGNS, secrets.token_bytes(32))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(signer.text() + "\n")
    except OSError as error:
        raise BadInputError(
            f"A key must be written to a new file, was refused ({error.strerror}): {file}.",
            code="key_not_written",
            hint="Choose a path where no file stands, in a folder that you may write to.",
        ) from error
    if as_json:
        print_json({"key": str(signer.verifier)})
    else:
        remark(f"key: {signer.verifier}")


@app.command()
def admit(
    member_id: MemberId,
    *,
    key: Annotated[str, typer.Option("--key", help="Its public key, which must then sign all it asks.")] = "",
    as_json: AsJson = False,
) -> None:
    """Admit a member, and open its accounts of margin and of the mutual fund."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.margins.admit(unit, Member(member_id, key), session.now())
    if as_json:
        print_json({"member": member_id, "key": key, "is_new": is_new})
    else:
        remark(f"{member_id} is {'admitted' if is_new else 'a member already'}.")


@app.command()
def members(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show who may trade."""
    services = session.services()
    with services.books.read() as unit:
        told = list(services.trading.members(unit).values())
    if as_json:
        print_json(told)
        return
    say = spoken(lang).say
    print_table(table((say("member", "会员"), say("key", "密钥")), [(one.member_id, one.key) for one in told]))


@app.command("open")
def open_book(
    ware: Ware,
    *,
    margin: Annotated[int | None, typer.Option("--margin", help="Fen that secure a card-hour; assumed.")] = None,
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="CSV of daily prices that the margin follows from.")
    ] = None,
    coverage: Annotated[float, typer.Option("--coverage", help="Share of losses that the margin covers.")] = 0.99,
    last_trading: Annotated[
        datetime | None,
        typer.Option("--last-trading", parser=read_moment, metavar="MOMENT", help="End; else the window's start."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a book; its margin is stated, or found from a history of prices."""
    from qipan.bootstrap.files import read_prices
    from qipan.market.margin import rate_fen_per_card_h
    from qipan.market.model.margin import MarginRule

    if (margin is None) == (history is None):
        raise typer.BadParameter("One of --margin and --history must be given, and only one.")
    instrument = Instrument.named(ware)
    source, rate = "assumed", margin or 0
    if history is not None:
        data = read_bytes(history)
        rate = rate_fen_per_card_h(read_prices(data), MarginRule(coverage=coverage))
        source = f"history:{sha256(data).hexdigest()}"
    listing = Listing(instrument, last_trading or instrument.window.start, rate, source)
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.trading.open_book(unit, listing, session.now())
    if as_json:
        print_json({**_listing(listing), "is_new": is_new})
    else:
        remark(f"{ware} is {'open' if is_new else 'open already'}, at a margin of {rate} fen a card-hour.")


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
        (one["instrument"], one["last_trading"].isoformat(), f"{one['margin_fen_per_card_h']:,}", one["margin_source"])
        for one in told
    ]
    print_table(table(columns, rows, numbers=(2,), wide=(3,)))


@app.command()
def certify(
    member_id: MemberId,
    *,
    card_class: Annotated[str, typer.Option("--class", help="Class of cards.")],
    hub_id: Annotated[str, typer.Option("--hub", help="Hub.")],
    cards: Annotated[int, typer.Option("--cards", help="How many cards, after derating.")],
    start: Annotated[
        datetime, typer.Option("--start", parser=read_moment, metavar="MOMENT", help="From this hour on.")
    ],
    certificate: Annotated[str, typer.Option("--certificate", help="Number of the paper that says so.")],
    as_json: AsJson = False,
) -> None:
    """Enter what a member has certified at a hub, from an hour on."""
    services = session.services()
    step = Certification(member_id, card_class, hub_id, start, cards, certificate)
    with services.books.begin() as unit:
        services.trading.certify(unit, step, session.now())
    if as_json:
        print_json(step)
    else:
        remark(f"{counted(cards, 'card')} of {card_class} at {hub_id} from {start.isoformat()} on.")


def _listing(listing: Listing) -> dict[str, Any]:
    return {
        "instrument": listing.instrument.name,
        "start": listing.instrument.window.start,
        "end": listing.instrument.window.end,
        "last_trading": listing.last_trading,
        "margin_fen_per_card_h": listing.margin_fen_per_card_h,
        "margin_source": listing.margin_source,
    }
