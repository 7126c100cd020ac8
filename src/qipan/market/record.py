"""Write a request as canonical JSON and read it back; chain requests, so that one digest stands for a whole book.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from qipan.log.canonical import canonical
from qipan.market.model.delivery import Allocation, Delivery, Failure, Reserved, Supply
from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Carry, Cover, Passing, Request

REQUEST_KIND: Final = "market_request"
"""Kind of a request's leaf in the log."""

SUPPLY_KIND: Final = "market_supply"
ALLOCATION_KIND: Final = "market_allocation"
DELIVERY_KIND: Final = "market_delivery"

_SIGNED: Final = "qipan market request\n{}\n"


def record(request: Request) -> str:
    """Return a request in canonical JSON.

    Examples
    --------
    >>> record(Cover("c1", "site", "h100@ningxia/2026-03", 5))
    '{"cover":"c1","instrument":"h100@ningxia/2026-03","lots":5,"member":"site"}'
    """
    told: dict[str, Any] = {"instrument": request.instrument, "member": request.member}
    if isinstance(request, Order):
        until = request.good_until
        told |= {
            "order": request.order_id,
            "side": request.side.name.lower(),
            "lots": request.lots,
            "fen_per_card_h": request.fen_per_card_h,
            "entry": request.entry.value,
            "whole": request.is_whole,
            "until": "" if until is None else moment(until),
        }
    elif isinstance(request, Cancel):
        told |= {"cancel": request.request_id, "order_id": request.order_id}
    elif isinstance(request, Cover):
        told |= {"cover": request.request_id, "lots": request.lots}
    elif isinstance(request, Carry):
        told |= {
            "carry": request.request_id,
            "buyer": request.buyer,
            "seller": request.seller,
            "lots": request.lots,
            "fen_per_card_h": request.fen_per_card_h,
            "out": request.is_out,
        }
    else:
        told |= {"passing": request.request_id}
    return canonical(told).decode()


def read(text: str) -> Request:
    """Return the request that a record tells."""
    told: dict[str, Any] = json.loads(text)
    member, instrument = told["member"], told["instrument"]
    if "cancel" in told:
        return Cancel(told["cancel"], member, instrument, told["order_id"])
    if "cover" in told:
        return Cover(told["cover"], member, instrument, told["lots"])
    if "carry" in told:
        names = (told["buyer"], told["seller"])
        return Carry(told["carry"], instrument, *names, told["lots"], told["fen_per_card_h"], told["out"], member)
    if "passing" in told:
        return Passing(told["passing"], instrument, member)
    return Order(
        told["order"],
        member,
        instrument,
        Side[told["side"].upper()],
        told["lots"],
        told["fen_per_card_h"],
        Entry(told["entry"]),
        told["whole"],
        datetime.fromisoformat(told["until"]) if told["until"] else None,
    )


def supply_record(supply: Supply) -> str:
    """Return a word on supply in canonical JSON."""
    told: dict[str, Any] = {
        "supply": supply.supply_id,
        "member": supply.member,
        "instrument": supply.instrument,
        "site": supply.site_id,
        "start": moment(supply.start),
        "end": moment(supply.end),
        "lots": supply.lots,
    }
    if supply.fen_per_card_h is not None:
        told["fen_per_card_h"] = supply.fen_per_card_h
    if supply.at_spot:
        told["at_spot"] = True
    return canonical(told).decode()


def supply_leaf(supply: Supply, signature: str) -> bytes:
    """Return what is entered in the log of a word on supply."""
    return canonical({"signature": signature, "supply": supply_record(supply)})


def allocation_leaf(allocation: Allocation, reserved: Iterable[Reserved]) -> bytes:
    """Return what is entered in the log of an allocation."""
    return canonical(
        {
            "instrument": allocation.instrument,
            "number": allocation.number,
            "last_trade": allocation.last_trade,
            "fen_per_card_h": allocation.fen_per_card_h,
            "reserved": [
                [one.reservation_id, one.member, one.site_id, moment(one.start), moment(one.end), one.lots]
                for one in reserved
            ],
        }
    )


def delivery_record(delivery: Delivery) -> str:
    """Return what was told of a delivered book in canonical JSON."""
    failures = [[one.member, one.site_id, moment(one.start), moment(one.end), one.lots] for one in delivery.failures]
    spot = {moment(hour): fen for hour, fen in delivery.spot_fen_per_card_h.items()}
    used = dict(delivery.used_card_s)
    told: dict[str, Any] = {"instrument": delivery.instrument, "failures": failures, "spot": spot, "used": used}
    return canonical(told).decode()


def read_delivery(text: str) -> Delivery:
    """Return the delivery that a record tells."""
    told: dict[str, Any] = json.loads(text)
    at = datetime.fromisoformat
    failures = (Failure(member, site, at(start), at(end), lots) for member, site, start, end, lots in told["failures"])
    spot = {at(hour): fen for hour, fen in told["spot"].items()}
    return Delivery(told["instrument"], tuple(failures), spot, told["used"])


def signed_text(text: str) -> str:
    """Return what a member signs of a record."""
    return _SIGNED.format(text)


def link(text: str, *, number: int, at: datetime, signature: str, before: str) -> bytes:
    """Return what is entered in the log of a request: its record, place and moment, and the digest before it."""
    return canonical(
        {"at": moment(at), "before": before, "number": number, "request": text, "signature": signature},
    )


def moment(at: datetime) -> str:
    """Write a moment in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
