"""When certificates expire: two years from the first moment of their month on.

Source: 国能发新能规〔2024〕67号: valid two years, the month of production counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from qipan.certificates.model.certificate import Holding
from qipan.certificates.model.month import Month
from qipan.kernel.time import in_utc

VALID_MONTHS: Final = 24
"""How long Wh of a month are valid, that month counted."""


def expires(month: Month) -> datetime:
    """Return the first moment at which Wh of a month can no longer be moved.

    Examples
    --------
    >>> expires(Month.named("2026-01")).isoformat()
    '2027-12-31T16:00:00+00:00'
    """
    return month.later(VALID_MONTHS).start


def is_over(holding: Holding, now: datetime) -> bool:
    """Tell whether the time of a holding is over."""
    return expires(holding.month) <= in_utc(now)


def expired(holdings: Iterable[Holding], now: datetime) -> tuple[Holding, ...]:
    """Return what must expire: what is over, and neither retired nor withdrawn nor expired."""
    return tuple(one for one in holdings if not one.state.is_final and is_over(one, now))
