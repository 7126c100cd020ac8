"""Write an agreement as canonical JSON, so that one digest stands for all of it, and read it back.

Source: RFC 8785 (JSON Canonicalization Scheme).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from qipan.agreements.model.agreement import Agreement, Aid, AidKind, Contribution, Indexation, Pool, Terms
from qipan.agreements.model.enclave import Event, Item
from qipan.agreements.model.sharing import Shares, SharingTable
from qipan.log.canonical import canonical

TEXT_KIND: Final = "agreement"
SIGNATURE_KIND: Final = "agreement_signature"
BILL_KIND: Final = "agreement_bill"
SHARE_KIND: Final = "agreement_share"
EVENT_KIND: Final = "agreement_event"
"""Kinds of the leaves of the log."""


def record(agreement: Agreement) -> str:
    """Return an agreement in canonical JSON.

    Examples
    --------
    >>> month = date(2027, 1, 1)
    >>> terms = Terms(month, card_h_per_month=1000, base_fen_per_card_h=1200, take_or_pay=Decimal("0.80"))
    >>> deal = Agreement("east-west", "310000", "640000", "h100-80g", "ningxia", month, date(2028, 1, 1), (terms,))
    >>> read(record(deal)) == deal, json.loads(record(deal))["versions"][0]["take_or_pay"]
    (True, '0.8')
    """
    told: dict[str, Any] = {
        "agreement": agreement.agreement_id,
        "buyer": agreement.buyer,
        "seller": agreement.seller,
        "card_class": agreement.card_class,
        "hub": agreement.hub_id,
        "from": str(agreement.start),
        "until": str(agreement.end),
        "versions": [_terms(one) for one in agreement.versions],
        "shares": {
            pool.value: [{"holds_from": str(one.holds_from), "parts": _parts(one)} for one in table.versions]
            for pool, table in agreement.tables.items()
        },
    }
    return canonical(told).decode()


def read(text: str) -> Agreement:
    """Return the agreement that a record tells."""
    told: dict[str, Any] = json.loads(text)
    return Agreement(
        told["agreement"],
        told["buyer"],
        told["seller"],
        told["card_class"],
        told["hub"],
        date.fromisoformat(told["from"]),
        date.fromisoformat(told["until"]),
        tuple(_read_terms(one) for one in told["versions"]),
        {Pool(pool): _read_table(versions) for pool, versions in told["shares"].items()},
    )


def event_record(event: Event) -> str:
    """Return an event of an enclave in canonical JSON."""
    amounts = {item.value: amount for item, amount in event.amounts.items()}
    return canonical({"event": event.event_id, "day": str(event.day), "amounts": amounts}).decode()


def read_event(text: str) -> Event:
    """Return the event that a record tells."""
    told: dict[str, Any] = json.loads(text)
    amounts = {Item(item): amount for item, amount in told["amounts"].items()}
    return Event(told["event"], date.fromisoformat(told["day"]), amounts)


def leaf(told: Mapping[str, int | str], at: datetime) -> bytes:
    """Return what is entered in the log of a signature, bill, share or event: what it says, and the moment."""
    return canonical({**told, "at": at.astimezone(UTC).isoformat(timespec="microseconds")})


def decimal_text(value: Decimal | None) -> str:
    """Write a decimal in the one way that equal ones share; nothing for none.

    Examples
    --------
    >>> decimal_text(Decimal("1.50")), decimal_text(Decimal("1E+2")), decimal_text(None)
    ('1.5', '100', '')
    """
    text = "" if value is None else f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parts(shares: Shares) -> list[list[str]]:
    # A list, since what rounding leaves over goes in this order.
    return [[party, decimal_text(part)] for party, part in shares.parts.items()]


def _read_table(versions: list[dict[str, Any]]) -> SharingTable:
    return SharingTable(
        tuple(
            Shares(date.fromisoformat(one["holds_from"]), {party: Decimal(part) for party, part in one["parts"]})
            for one in versions
        )
    )


def _terms(terms: Terms) -> dict[str, Any]:
    index = terms.index
    return {
        "holds_from": str(terms.holds_from),
        "card_h_per_month": terms.card_h_per_month,
        "base_fen_per_card_h": terms.base_fen_per_card_h,
        "index": None if index is None else [index.name, decimal_text(index.base), decimal_text(index.pass_through)],
        "floor_fen_per_card_h": terms.floor_fen_per_card_h,
        "cap_fen_per_card_h": terms.cap_fen_per_card_h,
        "take_or_pay": decimal_text(terms.take_or_pay),
        "contributions": [[one.giver, one.taker, one.fen_per_month] for one in terms.contributions],
        "aid": [
            [one.kind.value, one.giver, one.taker, one.cost_fen_per_month, one.worth_fen_per_month, one.source]
            for one in terms.aid
        ],
    }


def _read_terms(told: dict[str, Any]) -> Terms:
    index = told["index"]
    return Terms(
        date.fromisoformat(told["holds_from"]),
        told["card_h_per_month"],
        told["base_fen_per_card_h"],
        None if index is None else Indexation(index[0], Decimal(index[1]), Decimal(index[2])),
        told["floor_fen_per_card_h"],
        told["cap_fen_per_card_h"],
        Decimal(told["take_or_pay"]),
        tuple(Contribution(*one) for one in told["contributions"]),
        tuple(Aid(AidKind(kind), *rest) for kind, *rest in told["aid"]),
    )
