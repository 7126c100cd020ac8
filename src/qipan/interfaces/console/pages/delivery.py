"""``/market/delivery``: what is to be delivered; one book with its nominations, reservations and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.bootstrap.services import Services, Unit
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import ACTS, acted_for, chosen_of, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import delivery, market
from qipan.interfaces.report.obligations import hub_names
from qipan.kernel.errors import QipanError
from qipan.market.deliver import by_hour, gate_of
from qipan.market.model.contract import Instrument, Tenor, Window
from qipan.market.model.delivery import Delivery, Failure, SiteStep, Supply
from qipan.market.model.request import Listing
from qipan.workflows.wares import certified

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Ware = Annotated[str, Form(max_length=120)]
Text = Annotated[str, Form(max_length=120)]
Lines = Annotated[str, Form(max_length=20_000)]

EMPTY = dict.fromkeys(("site_id", "lots", "start", "end", "yuan", "supplier", "failures", "spot", "plan_id"), "")
EMPTY_SITE = dict.fromkeys(("site_id", "owner", "card_class", "hub_id", "start", "cards", "certificate"), "")
FAILED = re.compile(r"(?P<member>[^@=/\s]+)@(?P<site>[^@=/\s]+)(?:/(?P<window>[^@=/\s]+))?=(?P<lots>\d{1,7})")


@router.get("/market/delivery")
def deliveries(request: Request) -> Response:
    """Show the books that are to be delivered, and the certified sites of the chosen member."""
    return _list(request)


@router.post("/market/delivery/site")
def certify_site(
    request: Request,
    caller: Asker,
    owner: Text = "",
    site_id: Text = "",
    card_class: Text = "",
    hub_id: Text = "",
    start: Text = "",
    cards: Text = "",
    derating: Text = "0",
    certificate: Text = "",
) -> Response:
    """Enter what a member has certified at a site; the last word on an hour counts."""
    services, now = services_of(request), datetime.now(UTC)
    given = {"owner": owner, "site_id": site_id, "card_class": card_class, "hub_id": hub_id, "start": start,
             "cards": cards, "derating": derating, "certificate": certificate}  # fmt: skip
    try:
        caller.require_duty(Duty.CLEARING)
        begins = forms.moment(start, "start") or now.replace(minute=0, second=0, microsecond=0)
        held, back = forms.whole(cards, "cards"), forms.whole(derating, "derating")
        step = certified(
            SiteStep(owner, site_id, card_class, hub_id, begins, held, back, certificate), services.catalog
        )
        with services.books.begin(caller=str(caller)) as unit:
            services.nominating.certify_site(unit, step, now)
    except QipanError as error:
        return _list(request, error=error, given=given)
    return RedirectResponse("/market/delivery", status_code=303)


@router.get("/market/delivery/book")
def book(request: Request, instrument: Annotated[str, Query(max_length=120)]) -> Response:
    """Show the delivery of a book: who supplies, what lacks, what is reserved, what came of it, and the forms."""
    return _page(request, instrument)


@router.post("/market/delivery/nominate")
def nominate(
    request: Request,
    caller: Asker,
    instrument: Ware,
    form_id: Text,
    member: Text = "",
    site_id: Text = "",
    lots: Text = "",
    start: Text = "",
    end: Text = "",
) -> Response:
    """Say which site supplies lots that were sold, under the form's id, so that a double click says it once."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(*ACTS, party=member)
        said = _supply(form_id, member, instrument, site_id, lots, start, end, None)
        services_of(request).nominating.supply(unit, said, now)

    given = {"site_id": site_id, "lots": lots, "start": start, "end": end}
    return _done(request, caller, instrument, done, "nominate", given)


@router.post("/market/delivery/buy-in")
def buy_in(
    request: Request,
    caller: Asker,
    instrument: Ware,
    form_id: Text,
    supplier: Text = "",
    site_id: Text = "",
    lots: Text = "",
    yuan: Text = "",
    start: Text = "",
    end: Text = "",
) -> Response:
    """Buy in what sellers did not nominate, at the price of the auction where none is stated."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        fen = forms.fen(yuan, "yuan") if yuan else None
        said = _supply(form_id, supplier, instrument, site_id, lots, start, end, fen, at_spot=fen is None)
        services_of(request).nominating.supply(unit, said, now)

    given = {"supplier": supplier, "site_id": site_id, "lots": lots, "yuan": yuan, "start": start, "end": end}
    return _done(request, caller, instrument, done, "clearing", given)


@router.post("/market/delivery/cascade")
def cascade(request: Request, caller: Asker, instrument: Ware) -> Response:
    """Carry the positions of a book into those of shorter windows; once done, nothing is left to carry."""

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        services_of(request).deliveries.cascade(unit, instrument, now)

    return _done(request, caller, instrument, done, "clearing")


@router.post("/market/delivery/allocate")
def allocate(request: Request, caller: Asker, instrument: Ware) -> Response:
    """Reserve sites for buyers, who pay ahead, or tell who is called for what; allocated, it stays as it is."""
    called: dict[str, int] = {}

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        called.update(services_of(request).deliveries.allocate(unit, instrument, now).calls_fen)

    return _done(request, caller, instrument, done, "clearing", called=called)


@router.post("/market/delivery/settle")
def settle(
    request: Request, caller: Asker, instrument: Ware, failures: Lines = "", spot: Lines = "", plan_id: Text = ""
) -> Response:
    """Pay a delivered book by what is told of it, or tell who is called; the same again changes nothing."""
    called: dict[str, int] = {}

    def done(unit: Unit, now: datetime) -> None:
        caller.require_duty(Duty.CLEARING)
        services = services_of(request)
        window = Instrument.named(instrument).window
        used: dict[str, int] = {}
        if plan_id:
            ids = {one.reservation_id for one, _ in services.deliveries.uses(unit, instrument)}
            used = services.delivering.used_card_s(ids, plan_id)
        told = Delivery(instrument, _failures(failures, window), _spot(spot, window), used)
        called.update(services.deliveries.settle(unit, told, now).calls_fen)

    given = {"failures": failures, "spot": spot, "plan_id": plan_id}
    return _done(request, caller, instrument, done, "clearing", given, called=called)


def _done(
    request: Request,
    caller: Caller,
    instrument: str,
    done: Callable[[Unit, datetime], None],
    where: str,
    given: Mapping[str, str] | None = None,
    called: Mapping[str, int] | None = None,
) -> Response:
    """Do something with the delivery of a book, all or nothing, and show it with who is called."""
    try:
        with services_of(request).books.begin(caller=str(caller)) as unit:
            done(unit, datetime.now(UTC))
    except QipanError as error:
        return _page(request, instrument, error=error, where=where, given=given)
    if called:
        return _page(request, instrument, called=called, given=given)
    return RedirectResponse(delivery.delivery_address(instrument), status_code=303)


def _supply(
    name: str,
    member: str,
    ware: str,
    site_id: str,
    lots: str,
    start: str,
    end: str,
    fen: int | None,
    *,
    at_spot: bool = False,
) -> Supply:
    window = Instrument.named(ware).window
    begins, ends = forms.moment(start, "start") or window.start, forms.moment(end, "end") or window.end
    return Supply(name, member, ware, site_id, begins, ends, forms.whole(lots, "lots"), fen, at_spot)


def _failures(text: str, window: Window) -> tuple[Failure, ...]:
    """Read failures, one a line: MEMBER@SITE=LOTS or MEMBER@SITE/WINDOW=LOTS."""

    def read(line: str) -> Failure:
        found = FAILED.fullmatch(line)
        if found is None:
            raise ValueError(line)
        span = Window.named(found["window"]) if found["window"] else window
        return Failure(found["member"], found["site"], span.start, span.end, int(found["lots"]))

    hint = "Write one a line, such as west-1@zhongwei=1 or west-1@zhongwei/2030-03-08T05=1."
    return tuple(forms.read_field(line, read, "failures", hint) for line in text.split())


def _spot(text: str, window: Window) -> dict[datetime, int]:
    """Read prices on spot in yuan, one a line: of all hours, or WINDOW=YUAN."""
    pairs = (line.rpartition("=") for line in text.split())
    return by_hour({name or window.name: forms.fen(yuan, "spot") for name, _, yuan in pairs})


def _dues(services: Services, unit: Unit) -> list[delivery.Due]:
    held: dict[str, int] = {}
    for one in services.trading.exposures(unit):
        held[one.instrument] = held.get(one.instrument, 0) + max(one.position, 0)
    allocated, settled = services.deliveries.allocations(unit), services.deliveries.settled(unit)
    found = [
        delivery.Due(listing, held.get(name, 0), name in allocated, name in settled)
        for name, listing in services.trading.listings(unit).items()
        if held.get(name) or name in allocated
    ]
    return sorted(found, key=lambda one: (one.is_settled, one.listing.instrument.window, one.listing.instrument.name))


def _list(request: Request, *, error: QipanError | None = None, given: Mapping[str, str] | None = None) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    with services.books.read() as unit:
        members = seen_by(caller, services.trading.members(unit))
        member = chosen_of(request, members)
        found = _dues(services, unit)
        steps = services.nominating.sites(unit, member) if member else ()
    return render(
        request,
        "deliveries.html",
        status=200 if error is None else status_of(error),
        dues=delivery.dues(found, now, said),
        sites=delivery.sites(steps, hub_names(services.catalog.hubs(), said), said),
        members=members,
        member=member,
        may_clear=caller.has_duty(Duty.CLEARING),
        error=error,
        given=EMPTY_SITE | {"derating": "0"} | dict(given or {}),
    )


def _page(
    request: Request,
    instrument: str,
    *,
    error: QipanError | None = None,
    where: str = "",
    given: Mapping[str, str] | None = None,
    called: Mapping[str, int] | None = None,
) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    reads_all = caller.has_duty(Duty.CLEARING, reads=True)
    with services.books.read() as unit:
        listing = services.trading.listing(unit, instrument)
        known = services.trading.members(unit)
        members = seen_by(caller, known)
        member = chosen_of(request, members)
        shown = set(known) if reads_all else {member}
        due = _due(services, unit, listing)
        is_short = listing.instrument.window.tenor in {Tenor.DAY, Tenor.HOUR}
        lacks = services.nominating.lacking(unit, instrument) if is_short and not due.is_allocated else {}
        words = [one for one in services.nominating.supplies(unit, instrument) if one.member in shown]
        uses = [(one, use) for one, use in services.deliveries.uses(unit, instrument) if one.member in shown]
        outturn = services.deliveries.outturn(unit, instrument) if due.is_settled else None
        marks = services.clearing.marks(unit, instrument=instrument)
        own_sites = sorted({one.site_id for one in services.nominating.sites(unit, member)}) if member else []
    gate = gate_of(listing.instrument.window)
    return render(
        request,
        "delivery.html",
        status=200 if error is None else status_of(error),
        instrument=instrument,
        state=due.state(now, said),
        particulars=delivery.particulars(
            listing, gate, marks[-1] if marks else None, hub_names(services.catalog.hubs(), said), said
        ),
        may_nominate=bool(acted_for(caller, [member])) and is_short and now < gate if member else False,
        may_clear=caller.has_duty(Duty.CLEARING),
        is_short=is_short,
        is_gated=now >= gate,
        is_over=now >= listing.instrument.window.end,
        is_allocated=due.is_allocated,
        is_settled=due.is_settled,
        lacking=delivery.lacking(lacks, shown, said),
        supplies=delivery.supplies(words, said),
        reservations=delivery.reservations(uses, said),
        outturn=None if outturn is None else delivery.outturn(outturn, shown, said),
        members=members,
        member=member,
        signs=bool(member) and bool(known[member].key),
        sites=own_sites,
        called=[(name, market.price(fen)) for name, fen in (called or {}).items()],
        new_id=forms.new_form_id,
        error=error,
        where=where,
        given=EMPTY | dict(given or {}),
    )


def _due(services: Services, unit: Unit, listing: Listing) -> delivery.Due:
    name = listing.instrument.name
    is_allocated = name in services.deliveries.allocations(unit)
    return delivery.Due(listing, 0, is_allocated, name in services.deliveries.settled(unit))
