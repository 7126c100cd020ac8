"""``/market/spot``: auctions are opened, bids and offers entered and taken back, the gate is closed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.interfaces.api.market import READERS, Clearing, Only
from qipan.interfaces.api.party import (
    USERS,
    Body,
    Count,
    MaybeName,
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
    sight,
)
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import services_of
from qipan.market.model.auction import Auction, auction_of
from qipan.market.model.contract import Window
from qipan.market.model.order import Order, Side
from qipan.market.model.request import Cancel
from qipan.workflows.enter import enter_whole

router = APIRouter(prefix="/market/spot", tags=["market"])

AuctionName = Annotated[str, Query(max_length=100, description="Class and day: h100-80g/2030-03-05.")]

REQUESTS_MOST = 1000
"""How many bids, offers and cancellations can be sent together."""


class AuctionBody(Body):
    """The terms of an auction; what carriers ask is taken from the facts."""

    card_class: Name
    day: date = Field(description="Day of UTC+8 that is traded.")
    hubs: list[Name] = Field(min_length=1, max_length=100, description="National hubs.")
    gate: Moment | None = Field(default=None, description="End of bids; else 12 hours before the day.")
    fee_bp: Count = Field(default=0, description="Fee on both sides, in basis points.")
    gb_per_card_h: float | None = Field(
        default=None, ge=0, le=1e6, description="Data moved for a card-hour; else that of the batch tier."
    )
    links: str | None = Field(default=None, max_length=1 << 20, description="Table of links with limits, as CSV.")


class _Asked(Body):
    request_id: RequestId
    member: Name
    instrument: Name = Field(description="Class, hub, hour: h100-80g@guizhou/2030-03-05T09.")
    signature: Text = Field(default="", description="Of the member's key, where it has one.")


class SpotOrderBody(_Asked):
    """Bid for or offer lots of eight cards in an hour at a hub, at a limit or better."""

    kind: Literal["order"]
    side: Literal["buy", "sell"]
    lots: Count
    fen_per_card_h: Count = Field(description="Limit.")

    def asked(self) -> Order:
        """Return what is asked of the auction."""
        side = Side[self.side.upper()]
        return Order(self.request_id, self.member, self.instrument, side, self.lots, self.fen_per_card_h)


class SpotCancelBody(_Asked):
    """Take a bid or an offer back, before the gate."""

    kind: Literal["cancel"]
    order_id: MaybeName

    def asked(self) -> Cancel:
        """Return what is asked of the auction."""
        return Cancel(self.request_id, self.member, self.instrument, self.order_id)


class SpotRequestsBody(Body):
    """Bids, offers and cancellations of one auction in their order."""

    requests: list[Annotated[SpotOrderBody | SpotCancelBody, Field(discriminator="kind")]] = Field(
        min_length=1, max_length=REQUESTS_MOST
    )


class NamedAuctionBody(Body):
    """Which auction."""

    auction: Name = Field(description="Class and day: h100-80g/2030-03-05.")


@router.post("/auctions", operation_id="market.spot.open", status_code=201)
def open_auction(request: Request, response: Response, caller: Clearing, body: AuctionBody) -> dict[str, Any]:
    """Open the auction of a class and day between national hubs; 200 says that it is open. Needs the duty clearing."""
    services = services_of(request)
    auction = services.spot_clearing.terms(
        body.card_class,
        Window.named(str(body.day)).start,
        body.hubs,
        gate=body.gate,
        fee_bp=body.fee_bp,
        gb_per_card_h=body.gb_per_card_h,
        links=None if body.links is None else body.links.encode(),
    )
    with services.books.begin(caller=str(caller)) as unit:
        is_new = services.spot.open(unit, auction, now())
    return {**_auction(auction), "is_new": is_entered(response, is_new=is_new)}


@router.get("/auctions", operation_id="market.spot.auctions", dependencies=[USERS])
def auctions(request: Request, page: PageNumber = 1, size: PageSize = 100) -> dict[str, Any]:
    """Return the auctions in the order of their days, their gates, and which are cleared: those have a digest."""
    services = services_of(request)
    with services.books.read() as unit:
        told = paged(list(services.spot.auctions(unit)), page, size)
        cleared, terms = services.spot.clearings(unit), services.spot.auctions(unit)
        rows = [
            {
                **_auction(terms[name]),
                "gate": services.spot.gate_of(unit, terms[name]),
                "digest": cleared[name].digest if name in cleared else None,
            }
            for name in told["rows"]
        ]
    return told | {"rows": rows}


@router.post("/requests", operation_id="market.spot.send", status_code=201)
def send(request: Request, response: Response, caller: User, body: SpotRequestsBody) -> list[dict[str, Any]]:
    """Enter bids, offers and cancellations of one auction, together whole or not at all; needs the duty trader or site.

    Each is durable before it is answered; what bids can cost is held of the member's margin. What is refused leaves
    nothing behind, and its id stays free.

    Of several, each that is refused is a finding. The same request again is told the same; 200 says that all were
    entered before. The first one says which auction it is.
    """
    asked = [one.asked() for one in body.requests]
    for one in asked:
        act_for(caller, one.member)
    signatures = {one.request_id: one.signature for one in body.requests if one.signature}
    services, name = services_of(request), auction_of(asked[0].instrument)
    told = enter_whole(
        services.books,
        asked,
        lambda unit, some: services.spot.send(unit, name, some, now(), signatures),
        caller=str(caller),
    )
    is_entered(response, is_new=any(is_new for _, is_new in told))
    names = ("request_id", "auction", "number", "at", "digest")
    return [{name: getattr(one, name) for name in names} | {"is_new": is_new} for one, is_new in told]


@router.get("/orders", operation_id="market.spot.orders")
def orders(
    request: Request,
    caller: User,
    auction: AuctionName,
    member: Only = None,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return the bids and offers that stand, and what they got once the auction is cleared; of members one may read."""
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = [one for one in services.spot.orders(unit, auction) if is_seen(one.member)]
        is_cleared = auction in services.spot.clearings(unit)
        got = {one.order_id: one for one in services.spot.outcome(unit, auction).awards} if is_cleared else {}
    names = ("order_id", "member", "instrument", "lots", "fen_per_card_h")
    rows = [
        {name: getattr(one, name) for name in names}
        | {"side": one.side.name.lower(), "awarded_lots": got[one.order_id].lots if is_cleared else None}
        for one in found
    ]
    return paged(rows, page, size) | {"is_cleared": is_cleared}


@router.post("/gates", operation_id="market.spot.gate")
def gate(request: Request, caller: Clearing, body: NamedAuctionBody) -> dict[str, Any]:
    """Close the gate of an auction now: from here on nothing is entered or taken back. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        closed = services.spot.close_gate(unit, body.auction, now())
    return {"auction": body.auction, "closed": closed}


@router.get("/check", operation_id="market.spot.check", dependencies=[READERS])
def check(request: Request) -> list[FindingOut]:
    """Make every auction anew from its requests, prices too, and hold vouchers against their money; nothing if well."""
    services = services_of(request)
    with services.books.read() as unit:
        return [FindingOut(**asdict(one)) for one in services.spot_clearing.check(unit)]


def _auction(auction: Auction) -> dict[str, Any]:
    network = auction.network
    return {
        "auction": auction.name,
        "gate": auction.gate,
        "fee_bp": auction.fee_bp,
        "hubs": network.hubs,
        "transfer_fen_per_card_h": network.transfer_fen_per_card_h,
        "links": dict(zip(network.links, network.capacity_lots, strict=True)),
    }
