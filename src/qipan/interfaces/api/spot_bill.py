"""``/market/spot``: an auction is cleared, prices and bill are told, downtime refunded, deviations settled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from qipan.access.model import Duty
from qipan.interfaces.api.market import Clearing, Only
from qipan.interfaces.api.party import (
    ROWS_MOST,
    USERS,
    Body,
    Count,
    Name,
    PageNumber,
    PageSize,
    RequestId,
    User,
    is_entered,
    now,
    paged,
    plain,
    sight,
)
from qipan.interfaces.api.spot import AuctionName, NamedAuctionBody
from qipan.interfaces.entry import services_of
from qipan.market.model.auction import Award, Outcome

router = APIRouter(prefix="/market/spot", tags=["market"])


class RefundBody(Body):
    """Card-hours of an offer that were down."""

    refund_id: RequestId
    auction: Name
    offer_id: Name = Field(description="Id of the offer that failed.")
    card_h: Count


class DeviationBody(Body):
    """What was taken or supplied otherwise than it was cleared; orders that are not named went as cleared."""

    auction: Name
    delivered_card_h: dict[Annotated[str, Field(max_length=100)], Count] = Field(
        max_length=ROWS_MOST, description="Card-hours taken or supplied by the id of the order."
    )
    rolling_fen_per_card_h: dict[Annotated[str, Field(max_length=100)], Count] | None = Field(
        max_length=ROWS_MOST, description="Price by instrument; null settles at the prices of the auction itself."
    )


@router.post("/clearings", operation_id="market.spot.clear")
def clear(request: Request, caller: Clearing, body: NamedAuctionBody) -> dict[str, Any]:
    """Clear an auction with dispatch and post what it came to, whole and once; cleared, it is told again.

    Needs the duty clearing.
    """
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        return _totals(services.spot_clearing.clear(unit, body.auction, now()))


@router.get("/prices", operation_id="market.spot.prices", dependencies=[USERS])
def prices(request: Request, auction: AuctionName) -> list[dict[str, Any]]:
    """Return what bids pay and offers get at each hub and hour with trades, in fen a card-hour; no names."""
    services = services_of(request)
    with services.books.read() as unit:
        found = services.spot.outcome(unit, auction)
    return [{**one._asdict(), "side": one.side.name.lower()} for one in found.published]


@router.get("/bill", operation_id="market.spot.bill")
def bill(
    request: Request,
    caller: User,
    auction: AuctionName,
    member: Only = None,
    page: PageNumber = 1,
    size: PageSize = 100,
) -> dict[str, Any]:
    """Return who pays and gets what, by order: fees, uplift, what vouchers pay, the lots that serve it.

    ``rows`` are of members one may read; of the other side no id is told but of those. ``total`` counts rows, and
    ``totals``, of the whole auction, are for clearing and auditors.
    """
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    reads_all = caller.has_duty(Duty.CLEARING, reads=True)
    with services.books.read() as unit:
        found = services.spot.outcome(unit, auction)
    owner = {one.order_id: one.member for one in found.awards}
    readable = sight(caller, None, Duty.CLEARING)
    by_voucher: dict[str, int] = {}
    for part in found.redeemed:
        by_voucher[part.bid_id] = by_voucher.get(part.bid_id, 0) + part.fen
    served: dict[str, list[dict[str, Any]]] = {}
    for one in found.fills:
        bid, offer = (name if readable(owner[name]) else None for name in (one.bid_id, one.offer_id))
        for name in (one.bid_id, one.offer_id):
            served.setdefault(name, []).append({"bid_id": bid, "offer_id": offer, "lots": one.lots})

    def line(one: Award) -> dict[str, Any]:
        supplies = served.get(one.order_id, [])
        told = {"side": one.side.name.lower(), "voucher_fen": by_voucher.get(one.order_id, 0), "supplies": supplies}
        return one._asdict() | told

    rows = [line(one) for one in found.awards if one.lots and is_seen(one.member)]
    return paged(rows, page, size) | {"totals": _totals(found) if reads_all else None}


@router.post("/refunds", operation_id="market.spot.refund", status_code=201)
def refund(request: Request, response: Response, caller: Clearing, body: RefundBody) -> dict[str, Any]:
    """Refund the downtime of an offer to the bids that it serves, at what they paid, once. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        made, is_new = services.balancing.refund(
            unit, body.auction, body.refund_id, now(), offer_id=body.offer_id, card_h=body.card_h
        )
    return {**plain(made), "is_new": is_entered(response, is_new=is_new)}


@router.get("/refunds", operation_id="market.spot.refunds")
def refunds(request: Request, caller: User, auction: AuctionName, member: Only = None) -> list[dict[str, Any]]:
    """Return the refunds of an auction; of offers and bids of members that one may read.

    Who reads the bids alone is told their own ``parts``, and no offer.
    """
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        owner = {one.order_id: one.member for one in services.spot.orders(unit, auction)}
        found = services.balancing.refunds(unit, auction)
    told = []
    for one in found:
        parts = {bid: card_h for bid, card_h in one.parts.items() if is_seen(owner[bid])}
        if is_seen(owner[one.offer_id]):
            told.append(plain(one) | {"parts": parts})
        elif parts:
            told.append(plain(one) | {"parts": parts, "offer_id": None, "card_h": sum(parts.values())})
    return told


@router.post("/deviations", operation_id="market.spot.deviate", status_code=201)
def deviate(request: Request, response: Response, caller: Clearing, body: DeviationBody) -> dict[str, Any]:
    """Settle what was delivered otherwise than cleared, once, at rolling prices. Needs the duty clearing."""
    services = services_of(request)
    with services.books.begin(caller=str(caller)) as unit:
        found, is_new = services.balancing.deviate(
            unit, body.auction, body.delivered_card_h, body.rolling_fen_per_card_h, now()
        )
    return {**plain(found), "is_new": is_entered(response, is_new=is_new)}


@router.get("/deviations", operation_id="market.spot.deviations")
def deviations(request: Request, caller: User, auction: AuctionName, member: Only = None) -> dict[str, Any]:
    """Return what settled deviations paid, by order of members one may read; null where none are settled.

    ``remainder_fen``, what the one who balances gets, is for clearing and auditors.
    """
    services, is_seen = services_of(request), sight(caller, member, Duty.CLEARING)
    with services.books.read() as unit:
        found = services.balancing.deviation(unit, auction)
        owner = {one.order_id: one.member for one in services.spot.orders(unit, auction)}
    if found is None:
        return {"auction": auction, "paid_fen": None, "remainder_fen": None, "digest": None}
    told: dict[str, Any] = plain(found) | {
        "paid_fen": {name: fen for name, fen in found.paid_fen.items() if is_seen(owner[name])}
    }
    return told if caller.has_duty(Duty.CLEARING, reads=True) else told | {"remainder_fen": None}


def _totals(outcome: Outcome) -> dict[str, Any]:
    names = ("payment_fen", "revenue_fen", "transfer_fen", "rent_fen", "fee_fen", "remainder_fen", "uplift_fen")
    return {
        "auction": outcome.auction,
        "lots": sum(one.lots for one in outcome.fills),
        **{name: getattr(outcome, name) for name in names},
        "voucher_fen": sum(one.fen for one in outcome.redeemed),
        "digest": outcome.digest,
    }
