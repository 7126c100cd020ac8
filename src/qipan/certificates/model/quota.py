"""Carbon quota: the right to emit, out of a budget fixed before; no certificate is made of it, nor it of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from qipan.certificates.model.month import ZONE, Month


class Backing(StrEnum):
    """What delivered compute is matched with: one of both, once."""

    QUOTA = "quota"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """One dated release of how much a card-hour is matched with.

    Attributes
    ----------
    since
        First day on which it is in force.
    g_per_card_h
        Quota, in g of carbon dioxide.
    wh_per_card_h
        Certificates, as the alternative.
    """

    version: str
    since: date
    g_per_card_h: int
    wh_per_card_h: int

    def quota_kg(self, card_h: int) -> int:
        """Return the quota for card-hours, rounded down to whole kg.

        Examples
        --------
        >>> QuotaRule("2025", date(2025, 1, 1), g_per_card_h=450, wh_per_card_h=900).quota_kg(9)
        4
        """
        return card_h * self.g_per_card_h // 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """Compute that a certified site has delivered, as it was metered."""

    delivery_id: str
    site: str
    buyer: str
    start: datetime
    end: datetime
    card_h: int

    @property
    def month(self) -> Month:
        """Month that it lies in."""
        return Month.of(self.start)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody declares to have emitted in a year; each kg can be surrendered for once."""

    declaration_id: str
    holder: str
    year: int
    kg: int


def year_of(moment: datetime) -> int:
    """Return the year of UTC+8 that a moment lies in."""
    return moment.astimezone(ZONE).year


def year_start(year: int) -> datetime:
    """Return the first moment of a year of UTC+8."""
    return datetime(year, 1, 1, tzinfo=ZONE).astimezone(UTC)
