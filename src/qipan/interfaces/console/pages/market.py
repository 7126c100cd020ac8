"""``/market``: the books; one book with its levels, trades and marks; orders are placed and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.services import Services, Unit
from qipan.facts.catalog import Catalog
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, acted_for, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import market, obligations
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, moment
from qipan.interfaces.report.obligations import hub_names
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import QipanError
from qipan.kernel.time import BOARD_ZONE
from qipan.market.model.clearing import DayMark
from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Cover, Listing, id_of
from qipan.market.record import read
from qipan.market.refuse import refuse

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Ware = Annotated[str, Form(max_length=120)]
Text = Annotated[str, Form(max_length=64)]


@router.get("/market")
def books(request: Request) -> Response:
    """Show all books: those that trade, by window, with the curve of their prices, then those that have ended."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        marked = {one.instrument: one for one in services.clearing.marks(unit)}
        held: dict[str, int] = {}
        standing = set()
        for one in services.trading.exposures(unit):
            held[one.instrument] = held.get(one.instrument, 0) + max(one.position, 0)
            standing |= {one.instrument} if one.open_buy_lots or one.open_sell_lots else set()
        quotes = [
            _quote(services, unit, listing, marked.get(name), held.get(name, 0), now if name in standing else None)
            for name, listing in services.trading.listings(unit).items()
        ]
    quotes.sort(key=lambda one: (one.listing.instrument.window, one.listing.instrument.name))
    open_ones = [one for one in quotes if now < one.listing.last_trading]
    ended = [one for one in quotes if now >= one.listing.last_trading]
    drawn = market.curve(open_ones, said)
    return render(
        request,
        "market.html",
        books=market.books(open_ones, said),
        ended=market.books(ended, said) if ended else None,
        is_drawn=bool(drawn["series"]),
        charts={"curve": drawn} if drawn["series"] else {},
    )


@router.get("/market/book")
def book(
    request: Request,
    instrument: Annotated[str, Query(max_length=120)],
    asked: Annotated[str, Query(alias="request", max_length=64)] = "",
) -> Response:
    """Show a book, what became of a request if one is named, and the forms to ask for more."""
    return _page(request, instrument, told_of=asked)


@router.post("/market/orders")
def place(
    request: Request,
    caller: Asker,
    instrument: Ware,
    form_id: Text,
    member: Text = "",
    side: Text = "",
    lots: Text = "",
    yuan: Text = "",
    entry: Text = Entry.STANDING.value,
    whole: Text = "",
    until: Text = "",
) -> Response:
    """Place an order under the form's id, so that a double click places one."""
    given = {"side": side, "lots": lots, "yuan": yuan, "entry": entry, "whole": whole, "until": until}
    try:
        made = Order(
            form_id,
            member,
            instrument,
            forms.one_of(Side.__members__, side.upper(), "side", "Choose buy or sell."),
            forms.whole(lots, "lots"),
            forms.fen(yuan, "order_yuan"),
            forms.one_of({one.value: one for one in Entry}, entry, "entry", "Choose one of the list."),
            bool(whole),
            forms.moment(until, "until"),
        )
        return _sent(request, caller, made)
    except QipanError as error:
        return _page(request, instrument, error=error, where="order", given=given)


@router.post("/market/cancels")
def cancel(
    request: Request, caller: Asker, instrument: Ware, form_id: Text, order_id: Text, member: Text = ""
) -> Response:
    """Take back what is left of an order."""
    try:
        return _sent(request, caller, Cancel(form_id, member, instrument, order_id))
    except QipanError as error:
        return _page(request, instrument, error=error, where="cancel")


@router.post("/market/cover")
def cover(
    request: Request, caller: Asker, instrument: Ware, form_id: Text, member: Text = "", lots: Text = ""
) -> Response:
    """Bring certified capacity to a book; below 0, take it away again."""
    try:
        return _sent(request, caller, Cover(form_id, member, instrument, forms.whole(lots, "lots")))
    except QipanError as error:
        return _page(request, instrument, error=error, where="cover", given={"cover_lots": lots})


def _sent(request: Request, caller: Caller, asked: Order | Cancel | Cover) -> Response:
    """Enter a request and lead to what became of it; what the book refuses is raised, though it is kept."""
    services = services_of(request)
    caller.require_duty(*ACTS, party=asked.member)
    with services.books.begin(caller=str(caller)) as unit:
        (answer,) = services.margins.send(unit, [asked], datetime.now(UTC))
    if answer.entered.refusal is not None and isinstance(asked, Order | Cancel):
        raise refuse(answer.entered.refusal, asked)
    return RedirectResponse(f"{market.book_address(asked.instrument)}&request={id_of(asked)}", status_code=303)


def _quote(
    services: Services, unit: Unit, listing: Listing, marked: DayMark | None, held: int, now: datetime | None
) -> market.Quote:
    """Return how a book is listed; it is made anew only where orders stand, which a moment says."""
    name = listing.instrument.name
    bid = ask = None
    if now is not None:
        with services.trading.look(unit, name, now) as kept:
            bid, ask = kept.book.best_fen_per_card_h(Side.BUY), kept.book.best_fen_per_card_h(Side.SELL)
    traded = services.trading.trades(unit, name)
    return market.Quote(
        listing,
        bid,
        ask,
        traded[-1] if traded else None,
        marked,
        held,
    )


def _page(
    request: Request,
    instrument: str,
    *,
    told_of: str = "",
    error: QipanError | None = None,
    where: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    with services.books.read() as unit:
        listing = services.trading.listing(unit, instrument)
        members = seen_by(caller, services.trading.members(unit))
        member = chosen_of(request, members)
        with services.trading.look(unit, instrument, now) as kept:
            asks, bids = kept.book.depth(Side.SELL), kept.book.depth(Side.BUY)
            left = {order.order_id: lots for side in Side for order, lots in kept.book.standing(side)}
            mine = kept.open_orders(member) if member else ()
        exposure = services.trading.exposures(unit, member=member, instrument=instrument) if member else ()
        traded = services.trading.trades(unit, instrument)
        marks = services.clearing.marks(unit, instrument=instrument)
        signs = bool(member) and bool(services.trading.member(unit, member).key)
        answer = _answer(services, unit, instrument, told_of, members) if told_of else None
    return render(
        request,
        "book.html",
        status=200 if error is None else status_of(error),
        listing=listing,
        particulars=_particulars(listing, services.catalog, said),
        is_trading=now < listing.last_trading,
        levels=market.levels(asks, bids, said),
        trades=market.trades(traded, member, said),
        marks=market.marks(marks, said),
        members=members,
        member=member,
        signs=signs,
        may_trade=bool(acted_for(caller, [member])) if member else False,
        exposure=exposure[0] if exposure else None,
        orders=[(one.order_id, market.order_said(one, said), grouped(left.get(one.order_id, 0))) for one in mine],
        new_id=forms.new_form_id,
        entries=[(one.value, label(obligations.ENTRY, one.value, said)) for one in Entry],
        error=error,
        where=where,
        answer=answer,
        given={"side": "buy", "lots": "", "yuan": "", "entry": "standing", "whole": "", "until": "", "cover_lots": ""}
        | dict(given or {}),
        charts=({"depth": market.depth(asks, bids, said)} if asks or bids else {})
        | ({"marks": market.marks_line(marks, said)} if len(marks) > 1 else {}),
    )


def _answer(
    services: Services, unit: Unit, instrument: str, request_id: str, members: Sequence[str]
) -> dict[str, Any] | None:
    """Return what became of a request of one of the caller's members; nothing where there is none of that id."""
    found = [one for one in services.trading.requests(unit, instrument) if one.request_id == request_id]
    if not found or found[0].member not in members:
        return None
    entered = found[0]
    asked = read(entered.record)
    filled = sum(
        one.lots for one in services.trading.trades(unit, instrument) if request_id in {one.buy_id, one.sell_id}
    )
    return {"request": asked, "entered": entered, "filled": filled, "kind": type(asked).__name__.lower()}


def _particulars(listing: Listing, catalog: Catalog, said: Words) -> list[tuple[str, str]]:
    ware = listing.instrument
    hubs = hub_names(catalog.hubs(), said)
    return [
        (said.say("Class"), ware.card_class),
        (said.say("Hub"), hubs.get(ware.hub_id, ware.hub_id)),
        (
            said.say("Delivery"),
            f"{moment(ware.window.start.isoformat(), BOARD_ZONE)} – {moment(ware.window.end.isoformat(), BOARD_ZONE)}",
        ),
        (said.say("One lot"), said.say("8 cards, %(hours)s card-hours", hours=grouped(ware.window.card_h_per_lot))),
        (said.say("Last trading"), moment(listing.last_trading.isoformat(), BOARD_ZONE)),
        (
            said.say("Margin"),
            said.say("%(yuan)s yuan a lot", yuan=grouped(listing.margin_fen_per_lot / 100)),
        ),
    ]
