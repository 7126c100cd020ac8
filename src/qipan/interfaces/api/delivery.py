"""``/market/delivery``: sites are certified and nominated, buyers allocated, and what was delivered is paid for."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.interfaces.api.market import READERS, Clearing, Only, Ware
from qipan.interfaces.api.party import (
    ROWS_MOST,
    USERS,
    Body,
    Count,
    Moment,
    Name,
    PageNumber,
    PageSize,
    RequestId,
    Text,
    User,
    act_for,
    is_entered,
    now,
    paged,
    plain,
    sight,
)
from qipan.interfaces.entry import Caller, services_of
from qipan.market.deliver import by_hour
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.delivery import Delivery, Failure, SiteStep, Supply
from qipan.workflows.wares import certified

router = APIRouter(prefix="/market/delivery", tags=["market"])


class SiteBody(Body):
    """Cards of a class that a member has certified at a site of a hub, from an hour on."""

    member: Name
    site_id: Name = Field(description="Site, by its id in the fleet.")
    card_class: Name
    hub_id: Name
    start: Moment
    cards: Count
    derating_percent: Count = Field(default=0, description="Part of them that is kept back.")
    certificate: Name = Field(description="Number of the paper that says so.")


class BookBody(Body):
    """Which book."""

    instrument: Name = Field(description="Class, hub, window: h100-80g@ningxia/2090-03-08.")


class NominationBody(Body):
    """A seller's word that lots of what it sold come from a site; the last word on an hour counts."""

    supply_id: RequestId
    member: Name
    instrument: Name
    site_id: Name
    lots: Count = Field(description="Lots of eight cards in each hour; 0 takes a nomination back.")
    start: Moment | None = Field(default=None, description="First hour; else the window's.")
    end: Moment | None = Field(default=None, description="End; else the window's.")
    signature: Text = Field(default="", description="Of the member's key, where it has one.")

    def asked(self, fen_per_card_h: int | None = None, *, at_spot: bool = False) -> Supply:
        """Return what is said."""
        window = Instrument.named(self.instrument).window
        start, end = self.start or window.start, self.end or window.end
        place = self.supply_id, self.member, self.instrument, self.site_id
        return Supply(*place, start, end, self.lots, fen_per_card_h, at_spot)


class BuyInBody(NominationBody):
    """Lots of a member with cards to spare, in the place of what sellers did not nominate."""

    fen_per_card_h: Count | None = Field(
        default=None, description="Price on spot, only for hours that no auction has priced; else the auction's."
    )


class FailureBody(Body):
    """Lots that a member was to supply from a site and did not."""

    member: Name
    site_id: Name
    start: Moment | None = Field(default=None, description="First hour; else the window's.")
    end: Moment | None = Field(default=None, description="End; else the window's.")
    lots: Count


class OutturnBody(Body):
    """What is told of a book that is over."""

    instrument: Name
    failures: list[FailureBody] = Field(default=[], max_length=ROWS_MOST)
    spot_fen_per_card_h: dict[Annotated[str, Field(max_length=40)], Count] = Field(
        default={},
        max_length=1000,
        description="Price on spot by window, 2090-03-08T05, only for hours that no auction has priced.",
    )
    plan_id: Name | None = Field(default=None, description="Day whose report tells what was used.")


@router.post("/sites", operation_id="market.deliver.site", status_code=201)
def certify_site(request: Request, caller: Clearing, body: SiteBody) -> dict[str, Any]:
    """Enter what a member has certified at a site, from an hour on; the last word counts. Needs the duty clearing."""
    services = services_of(request)
    step = certified(SiteStep(**body.model_dump()), services.catalog)
    with services.books.begin(caller=str(caller)) as unit:
        services.nominating.certify_site(unit, step, now())
    return {**plain(step), "usable_cards": step.usable_cards}


@router.get("/sites", operation_id="market.deliver.sites")
def sites(
    request: Request, caller: User, member: Only = None, page: PageNumber = 1, size: PageSize = 100
) -> dict[str, Any]:
    """Return what is certified at sites, as it was entered; of members one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = [one for one in services.nominating.sites(unit, member) if is_seen(one.member)]
    return paged([{**plain(one), "usable_cards": one.usable_cards} for one in found], page, size)


@router.post("/cascades", operation_id="market.deliver.cascade")
def cascade(request: Request, caller: Clearing, body: BookBody) -> list[dict[str, Any]]:
    """Carry the positions of a book into those of shorter windows; once done, nothing is left. Needs clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found = services.deliveries.cascade(unit, body.instrument, now())
    return [
        {
            "member": one.member,
            "instrument": one.instrument.name,
            "lots": one.lots,
            "fen_per_card_h": one.carried_fen_per_card_h,
        }
        for one in found
    ]


@router.post("/nominations", operation_id="market.deliver.nominate", status_code=201)
def nominate(request: Request, response: Response, caller: User, body: NominationBody) -> dict[str, Any]:
    """Say before the gate which site supplies lots that were sold; needs the duty trader or site of the member."""
    act_for(caller, body.member)
    return _said(request, response, caller, body.asked(), body.signature)


@router.post("/buy-ins", operation_id="market.deliver.buy_in", status_code=201)
def buy_in(request: Request, response: Response, caller: Clearing, body: BuyInBody) -> dict[str, Any]:
    """Buy in after the gate what sellers did not nominate; they pay what it costs above the mark. Needs clearing."""
    fen = body.fen_per_card_h
    return _said(request, response, caller, body.asked(fen, at_spot=fen is None), body.signature)


@router.get("/nominations", operation_id="market.deliver.nominations")
def nominations(
    request: Request,
    caller: User,
    instrument: Ware,
    member: Only = None,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return the words on supply of a book in their order, buy-ins with their price; of members one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        services.trading.listing(unit, instrument)
        found = [one for one in services.nominating.supplies(unit, instrument) if is_seen(one.member)]
    return paged(found, page, size)


@router.get("/owed", operation_id="market.deliver.owed")
def owed(request: Request, caller: User, instrument: Ware) -> list[dict[str, Any]]:
    """Return what sellers owe and did not nominate, hour by hour; they are named to who may read them."""
    services = services_of(request)
    with services.books.read() as unit:
        found = services.nominating.lacking(unit, instrument)
    named = {name for gaps in found.values() for name in gaps if _reads(caller, name)}
    return [
        {"hour": hour, "member": member if member in named else None, "lots": lots}
        for hour, gaps in found.items()
        for member, lots in gaps.items()
    ]


@router.post("/allocations", operation_id="market.deliver.allocate")
def allocate(request: Request, caller: Clearing, body: BookBody) -> dict[str, Any]:
    """Reserve sites for buyers, who pay ahead; or call for missing money and post nothing. Needs the duty clearing.

    ``calls_fen`` names who is called. Once it is done, it is told again.
    """
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        told: dict[str, Any] = plain(services.deliveries.allocate(unit, body.instrument, now()))
    return told


@router.get("/allocations", operation_id="market.deliver.allocations", dependencies=[USERS])
def allocations(request: Request, page: PageNumber = 1, size: PageSize = 100) -> dict[str, Any]:
    """Return the books that are allocated, in their order, each with the mark that buyers pay; no names."""
    services = services_of(request)
    with services.books.read() as unit:
        found, settled = services.deliveries.allocations(unit), services.deliveries.settled(unit)
    return paged([{**plain(one), "is_settled": name in settled} for name, one in found.items()], page, size)


@router.get("/reservations", operation_id="market.deliver.show")
def reservations(
    request: Request,
    caller: User,
    instrument: Ware,
    member: Only = None,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return what is reserved in a book, and what of it was used and unused; of holders one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        services.trading.listing(unit, instrument)
        found = [(one, use) for one, use in services.deliveries.uses(unit, instrument) if is_seen(one.member)]
    return paged([{**plain(one), "use": plain(use)} for one, use in found], page, size)


@router.get("/reservations.csv", operation_id="market.deliver.reservations", dependencies=[READERS])
def reservations_file(
    request: Request,
    window: Annotated[str, Query(max_length=40, description="Window, as 2090-03-08.")],
    card_class: Annotated[
        str | None, Query(max_length=100, description="A class that the fleet calls otherwise.")
    ] = None,
    model: Annotated[str, Query(max_length=100, description="What the fleet calls it; empty for any model.")] = "",
) -> Response:
    """Return the reservations of a window as the file that a day of dispatch serves. Needs the duty clearing.

    The header ``Qipan-Without-Site`` counts lot-hours of spot that no certified site of their suppliers has room for.
    """
    services, span = services_of(request), Window.named(window)
    models = {} if card_class is None else {card_class: model}
    with services.books.read() as unit:
        made = services.delivering.file(unit, span.start, span.end, models)
    headers = {"Qipan-Without-Site": str(sum(made.without_site.values()))}
    return Response(made.data, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/outturns", operation_id="market.deliver.settle")
def settle(request: Request, caller: Clearing, body: OutturnBody) -> dict[str, Any]:
    """Pay a delivered book, whole; or call for missing money and post nothing. Needs the duty clearing.

    ``calls_fen`` names who is called, and ``spot_rule`` says where prices on spot come from: ``auction``, ``given``,
    ``auction_or_given``, or ``none``. Once it is done, the same is told again, and other figures are refused.
    """
    services, window = services_of(request), Instrument.named(body.instrument).window
    used: dict[str, int] = {}
    if body.plan_id is not None:
        with services.books.read() as unit:
            ids = {one.reservation_id for one, _ in services.deliveries.uses(unit, body.instrument)}
        used = services.delivering.used_card_s(ids, body.plan_id)
    failures = tuple(
        Failure(one.member, one.site_id, one.start or window.start, one.end or window.end, one.lots)
        for one in body.failures
    )
    told = Delivery(body.instrument, failures, by_hour(body.spot_fen_per_card_h), used)
    with services.books.begin(caller=str(caller)) as unit:
        found = services.deliveries.settle(unit, told, now())
    return {**plain(found.outturn), "spot_rule": found.spot_rule, "calls_fen": found.calls_fen, "is_new": found.is_new}


@router.get("/outturns", operation_id="market.deliver.outturn")
def outturn(request: Request, caller: User, instrument: Ware, member: Only = None) -> dict[str, Any]:
    """Return what a settled delivery came to; of members one may read, and of the house for clearing and auditors."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.deliveries.outturn(unit, instrument)
    names = ("paid_fen", "failed_card_h", "unserved_card_h")
    told = {name: {who: some for who, some in getattr(found, name).items() if is_seen(who)} for name in names}
    house = found.house_fen if caller.has_duty(Duty.CLEARING, reads=True) else None
    return {"instrument": instrument, **told, "house_fen": house}


def _reads(caller: Caller, member: str) -> bool:
    return caller.has_duty(Duty.TRADER, Duty.SITE, Duty.CLEARING, party=member, reads=True)


def _said(request: Request, response: Response, caller: Caller, made: Supply, signature: str) -> dict[str, Any]:
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.nominating.supply(unit, made, now(), signature)
    return {**plain(made), "is_new": is_entered(response, is_new=is_new)}
