"""``qipan agreements``: months are billed, pools shared, events split, revenue pledged and released."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.agreements.model.agreement import Pool
from qipan.agreements.model.enclave import Event, Item
from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_day, read_decimal, read_month
from qipan.interfaces.cli.print import print_json, print_table, remark, table

if TYPE_CHECKING:
    from qipan.agreements.model.posted import Pledge, PostedBill

app = typer.Typer()

AgreementId = Annotated[str, typer.Argument(metavar="AGREEMENT", show_default=False, help="Id of the agreement.")]
Month = Annotated[date, typer.Option("--month", parser=read_month, metavar="MONTH", help="As 2027-01.")]


@app.command()
def bill(
    agreement_id: AgreementId,
    *,
    month: Month,
    taken: Annotated[int, typer.Option("--taken", min=0, help="Card-hours that the buyer took.")],
    available: Annotated[
        int | None, typer.Option("--available", min=0, help="Card-hours that were ready; else all of the volume.")
    ] = None,
    index: Annotated[
        Decimal | None, typer.Option("--index", parser=read_decimal, metavar="DECIMAL", help="The index, as published.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bill a month once, and pay it: to the seller, to holders of pledges, and into industry-transfer funds."""
    from qipan.agreements.model.bill import Use

    services = session.services()
    with services.books.begin() as unit:
        use = Use(month, taken, available)
        posted, is_new = services.settling.bill(unit, agreement_id, use, session.now(), index)
    if as_json:
        print_json({**told_bill(posted), "is_new": is_new})
        return
    owed = posted.bill
    remark(
        f"{owed.due_fen:,} fen of {agreement_id} for {month:%Y-%m}, {owed.taken_card_h:,} card-hours taken and "
        f"{owed.untaken_card_h:,} not, at {owed.price.fen_per_card_h:,} fen"
        f"{'.' if is_new else '; paid before, nothing has changed.'}"
    )


@app.command()
def share(
    agreement_id: AgreementId,
    pool: Annotated[Pool, typer.Argument(metavar="POOL", show_default=False, help="rent or green_premium.")],
    *,
    month: Month,
    fen: Annotated[int, typer.Option("--fen", help="How much there is to share, in fen.")],
    source: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help="Account that it comes from.")],
    as_json: AsJson = False,
) -> None:
    """Share congestion rent or green premium of a month out, once, by the agreement's sharing table."""
    from qipan.agreements.model.posted import PostedShare

    services = session.services()
    with services.books.begin() as unit:
        told = PostedShare(agreement_id, pool, month, fen, source)
        parts, is_new = services.settling.share(unit, told, session.now())
    if as_json:
        print_json({"agreement": agreement_id, "pool": pool, "month": month, "parts_fen": parts, "is_new": is_new})
        return
    words = ", ".join(f"{party} {part:,}" for party, part in parts.items())
    remark(f"{words} fen{'.' if is_new else '; shared before, nothing has changed.'}")


@app.command()
def split(
    agreement_id: AgreementId,
    event_id: Annotated[
        str, typer.Argument(metavar="EVENT", show_default=False, help="Its id; the same changes nothing.")
    ],
    *,
    day: Annotated[date, typer.Option("--day", parser=read_day, metavar="DAY", help="Whose sharing table counts.")],
    source: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help="The enclave's own account.")] = "",
    tax: Annotated[int, typer.Option("--tax", min=0, help="Fen, paid to the regions.")] = 0,
    income: Annotated[int, typer.Option("--income", min=0, help="Fen, paid to the regions.")] = 0,
    memo: Annotated[int, typer.Option("--memo", min=0, help="Output as statistics count it, fen.")] = 0,
    cost: Annotated[int, typer.Option("--cost", min=0, help="Fen, paid by the regions.")] = 0,
    loss: Annotated[int, typer.Option("--loss", min=0, help="Fen, paid by the regions.")] = 0,
    land: Annotated[int, typer.Option("--land", min=0, help="Square metres.")] = 0,
    energy: Annotated[int, typer.Option("--energy", min=0, help="Watt-hours.")] = 0,
    data: Annotated[int, typer.Option("--data", min=0, help="Bytes.")] = 0,
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Split one event of the agreement's enclave over its regions, once: nothing is counted twice."""
    told = dict(zip(Item, (tax, income, memo, cost, loss, land, energy, data), strict=True))
    event = Event(event_id, day, {item: amount for item, amount in told.items() if amount})
    services = session.services()
    with services.books.begin() as unit:
        found, is_new = services.settling.split(unit, agreement_id, event, session.now(), source)
    if as_json:
        print_json({"agreement": agreement_id, "event": event_id, "parts": found.parts, "is_new": is_new})
        return
    to_say = spoken(lang).say
    columns = (to_say("item", "项目"), *found.parts, to_say("all", "合计"))
    rows = [
        (item, *(f"{parts[item]:,}" for parts in found.parts.values()), f"{amount:,}")
        for item, amount in event.amounts.items()
    ]
    print_table(table(columns, rows, numbers=range(1, len(columns))))


@app.command()
def pledge(
    agreement_id: AgreementId,
    *,
    pledge_id: Annotated[str, typer.Option("--id", help="Its id; the same again changes nothing.")],
    holder: Annotated[str, typer.Option("--holder", help="Who gets that share of each bill, as a bond's trustee.")],
    share: Annotated[Decimal, typer.Option("--share", parser=read_decimal, metavar="DECIMAL", help="As 0.6.")],
    start: Annotated[date, typer.Option("--from", parser=read_month, metavar="MONTH", help="First month.")],
    until: Annotated[date, typer.Option("--until", parser=read_month, metavar="MONTH", help="Month after the last.")],
    as_json: AsJson = False,
) -> None:
    """Pledge a share of an agreement's revenue for months to come; no part can be pledged twice at a time."""
    from qipan.agreements.model.posted import Pledge

    services = session.services()
    made = Pledge(pledge_id, agreement_id, holder, share, start, until)
    with services.books.begin() as unit:
        is_new = services.pledging.pledge(unit, made, session.now())
    if as_json:
        print_json({**told_pledge(made), "is_new": is_new})
    else:
        remark(f"{share} of {agreement_id} is pledged to {holder}{'' if is_new else ' already'}.")


@app.command()
def release(
    agreement_id: AgreementId,
    pledge_id: Annotated[str, typer.Argument(metavar="PLEDGE", show_default=False, help="Id of the pledge.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Release a pledge, as when its bond is paid off."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.pledging.release(unit, agreement_id, pledge_id, session.now())
    if as_json:
        print_json({"agreement": agreement_id, "pledge": pledge_id, "is_new": is_new})
    else:
        remark(f"{pledge_id} of {agreement_id} is released{'' if is_new else ' already'}.")


def told_bill(one: PostedBill) -> dict[str, Any]:
    """Return a bill as JSON tells it."""
    owed = one.bill
    return {
        "agreement": one.agreement_id,
        "month": one.use.month,
        "taken_card_h": owed.taken_card_h,
        "untaken_card_h": owed.untaken_card_h,
        "base_fen": owed.price.base_fen,
        "indexed_fen": owed.price.indexed_fen,
        "fen_per_card_h": owed.price.fen_per_card_h,
        "taken_fen": owed.taken_fen,
        "untaken_fen": owed.untaken_fen,
        "due_fen": owed.due_fen,
        "text": one.number,
    }


def told_pledge(one: Pledge) -> dict[str, Any]:
    """Return a pledge as JSON tells it."""
    return {
        "pledge": one.pledge_id,
        "agreement": one.agreement_id,
        "holder": one.holder,
        "share": float(one.share),
        "from": one.start,
        "until": one.end,
    }
