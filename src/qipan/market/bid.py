"""What bids and offers of an auction must be beside others, and how they are entered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from qipan.kernel.errors import BadInputError, ConflictError, RuleBrokenError
from qipan.log.canonical import canonical
from qipan.market.admit import BASIS_POINTS
from qipan.market.model.auction import HOURS, Auction, Entered
from qipan.market.model.contract import CARDS_PER_LOT, Instrument, Tenor
from qipan.market.model.order import Order, Refusal, Side
from qipan.market.model.request import Cancel, id_of
from qipan.market.record import moment
from qipan.market.refuse import refuse


def terms(auction: Auction) -> bytes:
    """Return the terms of an auction as the log holds them; the chain of its requests begins with their digest."""
    told: dict[str, Any] = {
        "auction": auction.name,
        "fee_bp": auction.fee_bp,
        "gate": moment(auction.gate),
        "network": asdict(auction.network),
    }
    return canonical(told)


def cleared_leaf(auction: str, digest: str) -> bytes:
    """Return what an auction came to as the log holds it."""
    return canonical({"auction": auction, "digest": digest})


def most_fen(order: Order, fee_bp: int) -> int:
    """Return what a bid can cost at most, fee included.

    Examples
    --------
    >>> most_fen(Order("b", "firm", "h100@gui/2026-03-02T13", Side.BUY, 2, 1000), 25)
    16040
    """
    value = order.lots * CARDS_PER_LOT * order.fen_per_card_h
    return value + value * fee_bp // BASIS_POINTS


def check_backs(new: Sequence[Entered], standing: Sequence[Order]) -> None:
    """Refuse to take back what does not stand under its member's name, before or in the same sending.

    Raises
    ------
    NotFoundError
        ``order_unknown``.
    """
    own = {one.order_id: (one.member, one.instrument) for one in standing}
    for one in new:
        if one.side:
            own[one.request_id] = one.member, one.instrument
        elif own.pop(one.cancels or "", None) != (one.member, one.instrument):
            raise refuse(Refusal.UNKNOWN, Cancel(one.request_id, one.member, one.instrument, one.cancels or ""))


def check_own(orders: Sequence[Order]) -> None:
    """Refuse a bid and an offer of one member that would trade with each other.

    Raises
    ------
    RuleBrokenError
        ``order_self_trade``.
    """
    least: dict[str, int] = {}
    for order in orders:
        if order.side is Side.SELL:
            least[order.instrument] = min(order.fen_per_card_h, least.get(order.instrument, order.fen_per_card_h))
    for order in orders:
        if order.side is Side.BUY and order.fen_per_card_h >= least.get(order.instrument, order.fen_per_card_h + 1):
            raise refuse(Refusal.SELF_TRADE, order)


def entered(
    auction: str,
    request: Order | Cancel,
    text: str,
    *,
    number: int,
    at: datetime,
    signature: str,
    digest: str,
) -> Entered:
    """Return a request as it is entered."""
    order = request if isinstance(request, Order) else None
    return Entered(
        auction,
        number,
        id_of(request),
        request.member,
        request.instrument,
        int(order.side) if order else 0,
        order.lots if order else 0,
        order.fen_per_card_h if order else 0,
        request.order_id if isinstance(request, Cancel) else None,
        at,
        text,
        signature,
        digest,
    )


def by_hour(requests: Iterable[Order | Cancel]) -> tuple[Order | Cancel, ...]:
    """Return requests of hours: what names a whole day stands for one in each of its hours, under ids that end in them.

    Examples
    --------
    >>> day = Order("n-1", "west", "h100@gui/2030-03-06", Side.SELL, 5, 1300)
    >>> first, *_, last = by_hour([day])
    >>> first.order_id, first.instrument, last.order_id
    ('n-1.00', 'h100@gui/2030-03-06T00', 'n-1.23')
    """
    found: list[Order | Cancel] = []
    for one in requests:
        ware = Instrument.named(one.instrument)
        if ware.window.tenor is not Tenor.DAY:
            found.append(one)
            continue
        for hour in range(HOURS):
            name = f"{one.instrument}T{hour:02d}"
            if isinstance(one, Order):
                found.append(replace(one, order_id=f"{one.order_id}.{hour:02d}", instrument=name))
            else:
                ids = f"{one.request_id}.{hour:02d}", f"{one.order_id}.{hour:02d}"
                found.append(replace(one, request_id=ids[0], order_id=ids[1], instrument=name))
    return tuple(found)


def check_same(before: Entered, text: str, auction: str) -> None:
    """Refuse another request under an id that stands.

    Raises
    ------
    ConflictError
        ``order_differs``.
    """
    if (before.record, before.auction) != (text, auction):
        raise ConflictError(
            f"An id must name one request for good, was {before.request_id} with other content.",
            code="order_differs",
            hint="Give a new request a new id.",
        )


def gated(auction: str, closes: datetime, at: datetime) -> RuleBrokenError:
    """Return the error of a request that comes too late."""
    return RuleBrokenError(
        f"A request must come before the gate of {auction}, {closes}, was {at}.",
        code="auction_gated",
        hint="Bid in a later auction; deviations of this one settle at the rolling price.",
    )


def too_early(auction: str, closes: datetime, at: datetime) -> RuleBrokenError:
    """Return the error of clearing before the gate."""
    return RuleBrokenError(
        f"An auction must be cleared from its gate on, {closes}, was {at}: {auction}.",
        code="auction_open",
        hint="Wait for the gate, or close it with qipan market spot gate; until then members may bid.",
    )


def uncovered(order: Order, lots: int) -> RuleBrokenError:
    """Return the error of an offer that so many lots of are not the member's to sell."""
    return RuleBrokenError(
        f"Offers must be certified in their hour and promised nowhere else, was {lots} lots too many at "
        f"{order.instrument} of {order.member}.",
        code="offer_uncovered",
        hint="Offer less, take cover away from other books, or certify more.",
    )


def elsewhere(request: Order | Cancel) -> Exception:
    """Return the error of a request for what its auction does not trade."""
    if isinstance(request, Order):
        return refuse(Refusal.ELSEWHERE, request)
    return BadInputError(
        f"An order must name the instrument of the book it is sent to, was {request.instrument}.",
        code="order_elsewhere",
        hint="Send it to the book of its instrument.",
    )
