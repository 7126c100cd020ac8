"""``/market/spot`` and ``/market/auction``: the auctions; one with its prices, bids, offers, bill and its clearing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.bootstrap.files import read_delivered, read_rolling
from qipan.bootstrap.services import Services, Unit
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, acted_for, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import spot
from qipan.interfaces.report.numbers import grouped, moment
from qipan.interfaces.report.obligations import hub_names
from qipan.interfaces.report.words import Words
from qipan.kernel.errors import BadInputError, Finding, QipanError, of_file
from qipan.kernel.time import BOARD_ZONE
from qipan.market.model.auction import HOURS, Auction
from qipan.market.model.contract import Window
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel, id_of

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Name = Annotated[str, Form(alias="auction", max_length=120)]
Text = Annotated[str, Form(max_length=120)]
Upload = Annotated[UploadFile | None, File()]

EMPTY = dict.fromkeys(("hub", "hour", "lots", "yuan", "offer_id", "card_h"), "") | {"side": "buy", "at_spot": ""}


@router.get("/market/spot")
def auctions(request: Request) -> Response:
    """Show the auctions, and to the clearing desk the form of another."""
    return _list(request)


@router.post("/market/spot/open")
def open_auction(
    request: Request,
    caller: Asker,
    card_class: Text = "",
    day: Text = "",
    hubs: Annotated[str, Form(max_length=2000)] = "",
    gate: Text = "",
    fee_bp: Text = "0",
    links: Upload = None,
) -> Response:
    """Open an auction; the very same again changes nothing."""
    services = services_of(request)
    given = {"card_class": card_class, "day": day, "hubs": hubs, "gate": gate, "fee_bp": fee_bp}
    try:
        caller.require_duty(Duty.CLEARING)
        data, name = forms.read_file(links)
        auction = services.spot_clearing.terms(
            card_class,
            Window.named(str(forms.day(day, "day"))).start,
            hubs.replace(",", " ").replace("、", " ").split(),
            gate=forms.moment(gate, "gate"),
            fee_bp=forms.whole(fee_bp, "fee_bp"),
            links=data if name else None,
            links_name=name or "links",
        )
        with services.books.begin(caller=str(caller)) as unit:
            services.spot.open(unit, auction, datetime.now(UTC))
    except QipanError as error:
        return _list(request, error=error, given=given)
    return RedirectResponse(spot.auction_address(auction.name), status_code=303)


@router.post("/market/spot/check")
def check(request: Request, caller: Asker) -> Response:
    """Make every auction anew from its requests, prices too, and tell what differs."""
    caller.require_duty(Duty.CLEARING, reads=True)
    services = services_of(request)
    with services.books.read() as unit:
        findings = services.spot_clearing.check(unit)
    return _list(request, checked=findings)


@router.get("/market/auction")
def auction(
    request: Request,
    name: Annotated[str, Query(alias="auction", max_length=120)],
    asked: Annotated[str, Query(alias="request", max_length=64)] = "",
) -> Response:
    """Show an auction: prices by hub and hour, the member's own bids, offers and awards, and the forms."""
    return _page(request, name, told_of=asked)


@router.post("/market/auction/bid")
def bid(
    request: Request,
    caller: Asker,
    name: Name,
    form_id: Text,
    member: Text = "",
    side: Text = "",
    hub: Text = "",
    hour: Text = "",
    lots: Text = "",
    yuan: Text = "",
) -> Response:
    """Enter a bid or an offer under the form's id, so that a double click enters one."""
    services = services_of(request)
    given = {"side": side, "hub": hub, "hour": hour, "lots": lots, "yuan": yuan}
    try:
        with services.books.read() as unit:
            terms = services.spot.auction(unit, name)
        hubs = {hub: at for at, hub in enumerate(terms.network.hubs)}
        hours = {str(at): at for at in range(HOURS)}
        made = Order(
            form_id,
            member,
            terms.instrument(
                forms.one_of(hubs, hub, "hub", "Choose one of the list."),
                forms.one_of(hours, hour, "hour", "Choose one of the list."),
            ),
            forms.one_of(Side.__members__, side.upper(), "side", "Choose buy or sell."),
            forms.whole(lots, "lots"),
            forms.fen(yuan, "order_yuan"),
        )
        return _sent(request, caller, name, made)
    except QipanError as error:
        return _page(request, name, error=error, where="bid", given=given)


@router.post("/market/auction/cancel")
def cancel(
    request: Request,
    caller: Asker,
    name: Name,
    form_id: Text,
    instrument: Text,
    order_id: Text,
    member: Text = "",
) -> Response:
    """Take a bid or an offer back."""
    try:
        return _sent(request, caller, name, Cancel(form_id, member, instrument, order_id))
    except QipanError as error:
        return _page(request, name, error=error, where="cancel")


@router.post("/market/auction/gate")
def close_gate(request: Request, caller: Asker, name: Name) -> Response:
    """Close the gate now; closed, it stays as it is."""
    return _cleared(request, caller, name, lambda unit, now: services_of(request).spot.close_gate(unit, name, now))


@router.post("/market/auction/clear")
def clear(request: Request, caller: Asker, name: Name) -> Response:
    """Clear the auction with dispatch and post what it came to, once."""
    return _cleared(request, caller, name, lambda unit, now: services_of(request).spot_clearing.clear(unit, name, now))


@router.post("/market/auction/refund")
def refund(
    request: Request, caller: Asker, name: Name, form_id: Text, offer_id: Text = "", card_h: Text = ""
) -> Response:
    """Refund the downtime of an offer to the bids that it serves."""
    given = {"offer_id": offer_id, "card_h": card_h}

    def done(unit: Unit, now: datetime) -> None:
        down = forms.whole(card_h, "card_h")
        services_of(request).balancing.refund(unit, name, form_id, now, offer_id=offer_id, card_h=down)

    return _cleared(request, caller, name, done, given)


@router.post("/market/auction/deviate")
def deviate(
    request: Request, caller: Asker, name: Name, delivered: Upload = None, rolling: Upload = None, at_spot: Text = ""
) -> Response:
    """Settle what was delivered otherwise than cleared, at rolling prices or at the auction's own; once."""

    def done(unit: Unit, now: datetime) -> None:
        data, file = forms.read_file(delivered)
        prices, priced = forms.read_file(rolling)
        if at_spot and priced:
            raise BadInputError(
                "Deviations must settle at one set of prices, was asked for rolling prices and for the auction's own.",
                code="prices_ambiguous",
                hint="Choose a file of rolling prices, or the prices of the auction itself.",
                field="at_spot",
            )
        # Where neither is chosen, no price is guessed: those that are missing are named.
        with of_file(file):
            told = read_delivered(data)
        with of_file(priced):
            at = None if at_spot else read_rolling(prices) if priced else {}
        services_of(request).balancing.deviate(unit, name, told, at, now)

    return _cleared(request, caller, name, done, {"at_spot": at_spot})


def _sent(request: Request, caller: Caller, name: str, asked: Order | Cancel) -> Response:
    services = services_of(request)
    caller.require_duty(*ACTS, party=asked.member)
    with services.books.begin(caller=str(caller)) as unit:
        services.spot.send(unit, name, [asked], datetime.now(UTC))
    return RedirectResponse(f"{spot.auction_address(name)}&request={id_of(asked)}", status_code=303)


def _cleared(
    request: Request, caller: Caller, name: str, done: Any, given: Mapping[str, str] | None = None
) -> Response:
    """Do what the clearing house does with an auction, all or nothing, and show the auction."""
    services = services_of(request)
    try:
        caller.require_duty(Duty.CLEARING)
        with services.books.begin(caller=str(caller)) as unit:
            done(unit, datetime.now(UTC))
    except QipanError as error:
        return _page(request, name, error=error, where="clearing", given=given)
    return RedirectResponse(spot.auction_address(name), status_code=303)


def _list(
    request: Request,
    *,
    error: QipanError | None = None,
    given: Mapping[str, str] | None = None,
    checked: tuple[Finding, ...] | None = None,
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    with services.books.read() as unit:
        found = [(one, services.spot.gate_of(unit, one)) for one in services.spot.auctions(unit).values()]
        cleared = services.spot.clearings(unit)
    return render(
        request,
        "spot.html",
        status=200 if error is None else status_of(error),
        auctions=spot.auctions(found, cleared, now, hub_names(services.catalog.hubs(), said), said),
        may_clear=caller.has_duty(Duty.CLEARING),
        may_check=caller.has_duty(Duty.CLEARING, reads=True),
        checked=checked,
        error=error,
        given={"card_class": "", "day": "", "hubs": "", "gate": "", "fee_bp": "0"} | dict(given or {}),
    )


def _page(
    request: Request,
    name: str,
    *,
    told_of: str = "",
    error: QipanError | None = None,
    where: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    reads_all = caller.has_duty(Duty.CLEARING, reads=True)
    with services.books.read() as unit:
        terms = services.spot.auction(unit, name)
        gate = services.spot.gate_of(unit, terms)
        cleared = services.spot.clearings(unit)
        outcome = services.spot.outcome(unit, name) if name in cleared else None
        all_orders = services.spot.orders(unit, name)
        known = services.trading.members(unit)
        members = seen_by(caller, known)
        member = chosen_of(request, members)
        shown = set(known) if reads_all else {member}
        answer = _answer(services, unit, name, told_of, members) if told_of else None
        after = _after(services, unit, name, shown, said) if outcome else None
    mine = [one for one in all_orders if one.member == member]
    got = None if outcome is None else {one.order_id: one for one in outcome.awards}
    hubs = hub_names(services.catalog.hubs(), said)
    chart = spot.prices_chart(outcome.published, terms.network.hubs, hubs, said) if outcome else {"series": []}
    return render(
        request,
        "auction.html",
        status=200 if error is None else status_of(error),
        name=name,
        terms=terms,
        hubs=hubs,
        particulars=_particulars(terms, gate, hubs, said),
        state=spot.state(name, gate, cleared, now, said),
        is_open=now < gate,
        is_cleared=outcome is not None,
        digest="" if outcome is None else outcome.digest,
        prices=spot.prices(outcome.published, hubs, said) if outcome else None,
        bill=spot.bill(outcome, shown, hubs, said) if outcome else None,
        totals=spot.totals(outcome, said) if outcome and reads_all else None,
        after=after,
        members=members,
        member=member,
        signs=bool(member) and bool(known[member].key),
        may_trade=bool(acted_for(caller, [member])) if member else False,
        may_clear=caller.has_duty(Duty.CLEARING),
        orders=spot.orders(mine, got, hubs, said),
        offers=sorted({one.offer_id for one in outcome.fills}) if outcome and reads_all else [],
        hours=[(str(hour), spot.clock(hour)) for hour in range(HOURS)],
        new_id=forms.new_form_id,
        answer=answer,
        error=error,
        where=where,
        given=EMPTY | dict(given or {}),
        charts={"prices": chart} if chart["series"] else {},
    )


def _after(services: Services, unit: Unit, name: str, shown: set[str], said: Words) -> Any:
    owner = {one.order_id: one.member for one in services.spot.orders(unit, name)}
    settled = services.balancing.deviation(unit, name)
    paid = {} if settled is None else settled.paid_fen
    return spot.after(services.balancing.refunds(unit, name), paid, owner, shown, said)


def _answer(
    services: Services, unit: Unit, name: str, request_id: str, members: tuple[str, ...]
) -> dict[str, Any] | None:
    """Return what became of a request of one of the caller's members; nothing where there is none of that id."""
    found = [one for one in services.spot.requests(unit, name) if one.request_id == request_id]
    return {"entered": found[0]} if found and found[0].member in members else None


def _particulars(terms: Auction, gate: datetime, hubs: Mapping[str, str], said: Words) -> list[tuple[str, str]]:
    told = [
        (said.say("Class"), terms.card_class),
        (said.say("Delivery"), f"{terms.day}"),
        (said.say("Hubs"), said.say(", ").join(hubs.get(hub, hub) for hub in terms.network.hubs)),
        (said.say("Gate"), moment(gate.isoformat(), BOARD_ZONE)),
        (said.say("Fee"), said.say("%(count)s basis points", count=grouped(terms.fee_bp))),
    ]
    links = zip(terms.network.links, terms.network.capacity_lots, strict=True)
    return told + [
        (said.say("Link %(name)s", name=name), said.say("%(lots)s lots an hour", lots=grouped(lots)))
        for name, lots in links
    ]
