"""``/market``: members, books and their terms, certified capacity, orders; depth, trades and positions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.bootstrap.checks import check_market
from qipan.bootstrap.files import listing_of
from qipan.interfaces.api.party import (
    USERS,
    Body,
    Count,
    MaybeName,
    Moment,
    Name,
    RequestId,
    Text,
    User,
    act_for,
    has,
    is_entered,
    now,
    plain,
    sight,
)
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import Caller, services_of
from qipan.market.model.order import Entry, Order, Side, Trade
from qipan.market.model.request import Answer, Cancel, Certification, Cover, Listing, Member
from qipan.market.model.request import Request as Asked
from qipan.workflows.enter import enter_whole
from qipan.workflows.wares import certified, opened

router = APIRouter(prefix="/market", tags=["market"])

Clearing = Annotated[Caller, has(Duty.CLEARING)]
READERS = has(Duty.CLEARING, reads=True)
Ware = Annotated[str, Query(max_length=100, description="Class, hub, window: h100@gui/2026-03.")]
Only = Annotated[str | None, Query(max_length=100, description="Only of this member.")]

REQUESTS_MOST = 1000
"""How many requests of a book can be sent together."""


class MemberBody(Body):
    """Who may trade."""

    member_id: Name
    key: Text = Field(default="", description="Line of its public key, which must then sign all it asks.")


class BookBody(Body):
    """The terms of a book; its margin is stated, or found from a history of prices."""

    instrument: Name = Field(description="Class, hub, window: h100@gui/2026-03.")
    margin_fen_per_card_h: Count | None = Field(default=None, description="What secures a card-hour; assumed.")
    history: str | None = Field(
        default=None, max_length=1 << 20, description="CSV of daily prices: day, fen_per_card_h."
    )
    coverage: float = Field(default=0.99, description="Share of losses that the margin covers.", gt=0, lt=1)
    is_plain: bool = Field(
        default=False, description="Take past moves as they were, not scaled to how prices move now."
    )
    last_trading: Moment | None = Field(default=None, description="End of trading; else the window's start.")


class CertificationBody(Body):
    """Cards of a class at a hub that a member has certified, from an hour on."""

    member: Name
    card_class: Name
    hub_id: Name
    start: Moment
    cards: Count = Field(description="After derating.")
    certificate: Name = Field(description="Number of the paper that says so.")


class _Asked(Body):
    request_id: RequestId
    member: Name
    instrument: Name
    signature: Text = Field(default="", description="Of the member's key, where it has one.")


class OrderBody(_Asked):
    """Place an order: lots of eight cards for every hour of the window, at a limit or better."""

    kind: Literal["order"]
    side: Literal["buy", "sell"]
    lots: Count
    fen_per_card_h: Count = Field(description="Limit.")
    entry: Entry = Field(default=Entry.STANDING, description="What it does when it arrives.")
    is_whole: bool = Field(default=False, description="All of it or nothing.")
    good_until: Moment | None = Field(default=None, description="When it expires.")

    def asked(self) -> Order:
        """Return what is asked of the book."""
        side = Side[self.side.upper()]
        return Order(
            self.request_id,
            self.member,
            self.instrument,
            side,
            self.lots,
            self.fen_per_card_h,
            self.entry,
            self.is_whole,
            self.good_until,
        )


class CancelBody(_Asked):
    """Take back what is left of an order."""

    kind: Literal["cancel"]
    order_id: MaybeName

    def asked(self) -> Cancel:
        """Return what is asked of the book."""
        return Cancel(self.request_id, self.member, self.instrument, self.order_id)


class CoverBody(_Asked):
    """Bring certified capacity to a book, so that it may be sold there; below 0 lots, take it away again."""

    kind: Literal["cover"]
    lots: Count

    def asked(self) -> Cover:
        """Return what is asked of the book."""
        return Cover(self.request_id, self.member, self.instrument, self.lots)


RequestBody = Annotated[OrderBody | CancelBody | CoverBody, Field(discriminator="kind")]


class RequestsBody(Body):
    """Requests of one book in their order."""

    requests: list[RequestBody] = Field(min_length=1, max_length=REQUESTS_MOST)


@router.post("/members", operation_id="market.member.admit", status_code=201)
def admit(request: Request, response: Response, caller: Clearing, body: MemberBody) -> dict[str, Any]:
    """Admit a member and open its accounts of margin and of the mutual fund. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.margins.admit(unit, Member(body.member_id, body.key), now())
    return {"member": body.member_id, "key": body.key, "is_new": is_entered(response, is_new=is_new)}


@router.get("/members", operation_id="market.member.list", dependencies=[USERS])
def members(request: Request) -> list[Member]:
    """Return who may trade."""
    services = services_of(request)
    with services.books.read() as unit:
        return list(services.trading.members(unit).values())


@router.post("/books", operation_id="market.forward.open", status_code=201)
def open_book(request: Request, response: Response, caller: Clearing, body: BookBody) -> dict[str, Any]:
    """Open a book; 200 says that it is open already on the same terms. Needs the duty clearing."""
    listing = listing_of(
        body.instrument,
        margin_fen_per_card_h=body.margin_fen_per_card_h,
        history=None if body.history is None else body.history.encode(),
        coverage=body.coverage,
        is_plain=body.is_plain,
        last_trading=body.last_trading,
    )
    services, at = services_of(request), now()
    listing = opened(listing, services.catalog, at)
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.trading.open_book(unit, listing, at)
    return {**_listing(listing), "is_new": is_entered(response, is_new=is_new)}


@router.get("/books", operation_id="market.forward.books", dependencies=[USERS])
def books(request: Request) -> list[dict[str, Any]]:
    """Return the books and their terms."""
    services = services_of(request)
    with services.books.read() as unit:
        return [_listing(one) for one in services.trading.listings(unit).values()]


@router.post("/certifications", operation_id="market.member.certify", status_code=201)
def certify(request: Request, caller: Clearing, body: CertificationBody) -> Certification:
    """Enter what a member has certified at a hub, from an hour on; the last word counts. Needs the duty clearing."""
    services = services_of(request)
    step = certified(Certification(**body.model_dump()), services.catalog)
    with services.books.begin(caller=str(caller)) as unit:
        services.trading.certify(unit, step, now())
    return step


@router.post("/requests", operation_id="market.forward.send", status_code=201)
def send(request: Request, response: Response, caller: User, body: RequestsBody) -> list[dict[str, Any]]:
    """Send orders, cancellations and cover to one book, together whole or not at all; needs the duty trader or site.

    Each is durable before it is answered. Of several, each that no book could keep is a finding.

    What the book refuses is kept, too: its answer has the ``refusal``, and its
    id is used up. The same request again is told the same; 200 says that all of them were entered before. Trades name
    no member but those that one acts for.
    """
    asked: list[Asked] = [one.asked() for one in body.requests]
    for one in asked:
        act_for(caller, one.member)
    signatures = {one.request_id: one.signature for one in body.requests if one.signature}
    services = services_of(request)
    answers = enter_whole(
        services.books,
        asked,
        lambda unit, some: services.margins.send(unit, some, now(), signatures),
        caller=str(caller),
    )
    is_entered(response, is_new=any(one.is_new for one in answers))
    return [_answer(one, caller) for one in answers]


@router.get("/depth", operation_id="market.forward.depth", dependencies=[USERS])
def depth(request: Request, instrument: Ware) -> dict[str, list[dict[str, int]]]:
    """Return the levels of a book, the best first: limits and lots, no names."""
    services = services_of(request)
    with services.books.read() as unit, services.trading.look(unit, instrument, now()) as kept:
        return {
            side: [{"fen_per_card_h": fen, "lots": lots} for fen, lots in kept.book.depth(way)]
            for side, way in (("asks", Side.SELL), ("bids", Side.BUY))
        }


@router.get("/trades", operation_id="market.forward.trades")
def trades(
    request: Request,
    caller: User,
    instrument: Ware,
    member: Only = None,
    after: Annotated[int, Query(ge=0, description="Only trades behind this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Return the trades of a book in their order; they name no member but those that one may read."""
    services = services_of(request)
    if member is not None:
        sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        services.trading.listing(unit, instrument)
        found = services.trading.trades(unit, instrument)
    wanted = [one for one in found if one.sequence > after and member in {None, one.buyer, one.seller}]
    return [_trade(one, caller) for one in wanted[:limit]]


@router.get("/positions", operation_id="market.forward.positions")
def positions(request: Request, caller: User, member: Only = None) -> list[dict[str, Any]]:
    """Return what members hold, have open, and may still sell, in lots; of those that one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.trading.exposures(unit, member=member)
    return [asdict(one) for one in found if is_seen(one.member)]


@router.get("/check", operation_id="market.check", dependencies=[READERS])
def check(request: Request) -> list[FindingOut]:
    """Make books anew from their requests, days from marks, and what was delivered, insured, leased and lent with them.

    Nothing when all is well.
    """
    services = services_of(request)
    with services.books.read() as unit:
        return [FindingOut(**asdict(one)) for one in check_market(services, unit)]


def _listing(one: Listing) -> dict[str, Any]:
    window = one.instrument.window
    told = {"instrument": one.instrument.name, "start": window.start, "end": window.end}
    terms = ("last_trading", "margin_fen_per_card_h", "margin_source")
    return told | {name: getattr(one, name) for name in terms}


def _answer(answer: Answer, caller: Caller) -> dict[str, Any]:
    entered = answer.entered
    names = ("request_id", "instrument", "number", "at", "state", "left_lots", "refusal", "digest")
    told = {name: getattr(entered, name) for name in names}
    return told | {"trades": [_trade(one, caller) for one in answer.trades], "is_new": answer.is_new}


def _trade(one: Trade, caller: Caller) -> dict[str, Any]:
    """Return a trade; who stands on a side is told to whom may read it, the clearing house being between the two."""
    told: dict[str, Any] = plain(one)
    for party, order in (("buyer", "buy_id"), ("seller", "sell_id")):
        if not caller.has_duty(Duty.TRADER, Duty.SITE, Duty.CLEARING, party=told[party], reads=True):
            told |= {party: None, order: None}
    return told
