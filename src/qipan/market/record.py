"""Write a request as canonical JSON and read it back; chain requests, so that one digest stands for a whole book.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from qipan.log.canonical import canonical
from qipan.market.model.order import Entry, Order, Side
from qipan.market.model.request import Cancel, Cover, Passing, Request

REQUEST_KIND: Final = "market_request"
"""Kind of a request's leaf in the log."""

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
