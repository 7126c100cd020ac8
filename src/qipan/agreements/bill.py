"""What a month owes: what was taken, and what was not taken as far as take-or-pay reaches, at the month's price."""

from __future__ import annotations

from decimal import Decimal

from qipan.agreements.model.agreement import Agreement
from qipan.agreements.model.bill import Bill, Use
from qipan.agreements.price import price
from qipan.kernel.errors import RuleBrokenError


def bill(agreement: Agreement, use: Use, index: Decimal | None = None) -> Bill:
    """Return what the buyer owes the seller for a month.

    Raises
    ------
    BadInputError
        ``index_missing``, ``index_unfit``.
    RuleBrokenError
        ``month_outside`` the term; ``use_above_volume``, of what was taken or ready.

    Examples
    --------
    >>> from datetime import date
    >>> from qipan.agreements.model.agreement import Terms
    >>> month = date(2027, 1, 1)
    >>> terms = Terms(month, card_h_per_month=1000, base_fen_per_card_h=1200, take_or_pay=Decimal("0.8"))
    >>> deal = Agreement("east-west", "310000", "640000", "h100-80g", "ningxia", month, date(2028, 1, 1), (terms,))
    >>> owed = bill(deal, Use(month, taken_card_h=700))
    >>> owed.taken_fen, owed.untaken_card_h, owed.due_fen
    (840000, 100, 960000)
    """
    terms = agreement.terms(use.month)
    ready = terms.card_h_per_month if use.available_card_h is None else use.available_card_h
    if max(use.taken_card_h, ready) > terms.card_h_per_month:
        raise RuleBrokenError(
            f"A month's use must lie within the volume of {terms.card_h_per_month} card-hours, was "
            f"{max(use.taken_card_h, ready)} in {use.month:%Y-%m}.",
            code="use_above_volume",
            hint="Buy what exceeds the volume on the market, or agree on a larger one.",
        )
    paid_card_h = max(use.taken_card_h, min(terms.least_card_h, ready))
    return Bill(use.month, price(terms, index), use.taken_card_h, paid_card_h - use.taken_card_h)
