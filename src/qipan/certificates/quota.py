"""What quota, deliveries and declarations must be; and which dated rule is in force.

A quota is a part of a budget, a certificate an attribute of a kWh. Either may be matched with compute that was
delivered, never both and never the one made into the other: the same kWh would lower a buyer's emissions, and be sold
again as a right to emit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from qipan.certificates.admit import check_holder
from qipan.certificates.model.month import ZONE, Month
from qipan.certificates.model.quota import Declaration, Delivery, QuotaRule
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR, in_utc

MOST: Final = 10**12
"""Most card-hours of a delivery, or kg of a declaration."""

CARBON_MARKET: Final = "carbon-market"
"""Who takes quota that is sold; no holder bears this name."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_TICK: Final = timedelta(microseconds=1)


def check_delivery(delivery: Delivery, now: datetime) -> None:
    """Refuse a delivery that cannot be matched.

    Raises
    ------
    BadInputError
        ``delivery_unfit``, ``holder_unfit``.
    """
    check_quota_holder(delivery.site)
    check_quota_holder(delivery.buyer)
    start, end = delivery.start, delivery.end
    has_zone = start.tzinfo is not None and end.tzinfo is not None
    is_dated = has_zone and start < end <= in_utc(now) and Month.of(end - _TICK) == delivery.month
    is_told = _NAME.fullmatch(delivery.delivery_id) and 1 <= delivery.card_h <= MOST
    if not is_dated or not is_told or delivery.site == delivery.buyer:
        raise BadInputError(
            f"A delivery must have a name of letters, figures and . _ : -, go from a site to somebody else, be of 1 to "
            f"{MOST} card-hours and lie in one month that has come, was {delivery.delivery_id!r} from {delivery.site} "
            f"to {delivery.buyer}, {delivery.card_h} card-hours from {start.isoformat()} to {end.isoformat()}.",
            code="delivery_unfit",
            hint="Take it from the ledger's metered use, a month at most at a time.",
        )


def check_declaration(declaration: Declaration) -> None:
    """Refuse a declaration that says nothing.

    Raises
    ------
    BadInputError
        ``declaration_unfit``, ``holder_unfit``.
    """
    check_quota_holder(declaration.holder)
    is_dated = FIRST_YEAR <= declaration.year <= LAST_YEAR
    if not _NAME.fullmatch(declaration.declaration_id) or not is_dated or not 1 <= declaration.kg <= MOST:
        raise BadInputError(
            f"A declaration must have a name of letters, figures and . _ : -, a year and 1 to {MOST} kg, was "
            f"{declaration.declaration_id!r}, {declaration.year}, {declaration.kg} kg.",
            code="declaration_unfit",
            hint="Declare what is left after retired certificates, in whole kg of carbon dioxide.",
        )


def check_amount(year: int, kg: int) -> None:
    """Refuse quota of no year or of no amount.

    Raises
    ------
    BadInputError
        ``quota_unfit``.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= kg <= MOST:
        raise BadInputError(
            f"Quota must be of a year from {FIRST_YEAR} to {LAST_YEAR} and 1 to {MOST} kg, was {kg} kg of {year}.",
            code="quota_unfit",
            hint="Give whole kg of carbon dioxide.",
        )


def check_quota_holder(name: str) -> None:
    """Refuse the name of a holder of quota.

    Raises
    ------
    BadInputError
        ``holder_unfit``, ``holder_reserved``.
    """
    check_holder(name)
    if name == CARBON_MARKET:
        raise BadInputError(
            f"A holder must not be {CARBON_MARKET}, which takes what is sold, was {name}.",
            code="holder_reserved",
            hint="Choose another name.",
        )


def rule_in_force(rules: Sequence[QuotaRule], day: datetime) -> QuotaRule:
    """Return the newest rule that is in force on a day.

    Raises
    ------
    NotFoundError
        ``quota_rule_unknown`` before the first.
    """
    today = in_utc(day).astimezone(ZONE).date()
    found = [one for one in rules if one.since <= today]
    if not found:
        raise NotFoundError(
            f"A rule of quota must be in force when compute is delivered, was none on {today.isoformat()}.",
            code="quota_rule_unknown",
            hint="See them with qipan facts search quota.",
        )
    return max(found, key=lambda one: one.since)
