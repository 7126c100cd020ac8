"""Nouns of products that are kept: policies sold, leases that run, deposits and draws of the compute bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from qipan.market.model.contract import MARKET_ZONE
from qipan.market.model.insurance import Policy


@dataclass(frozen=True, slots=True)
class Sold:
    """A policy as it was sold.

    Attributes
    ----------
    past_claims_fen, loading_bp
        What its premium follows from.
    """

    policy: Policy
    past_claims_fen: tuple[int, ...]
    loading_bp: int
    premium_fen: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was settled, once.

    Attributes
    ----------
    figure
        Card-hours that failed, or the last mark.
    held_card_h
        What the insured had at stake.
    """

    policy_id: str
    figure: int
    held_card_h: int
    fen: int


@dataclass(frozen=True, slots=True)
class Lease:
    """Cards that a lessee pays in level instalments, one a month.

    Attributes
    ----------
    ware
        Cards, class, hub and site: ``64 h100-80g@ningxia/zhongwei``. The lessor promises them to nobody else.
    rate_bp
        Interest of a month, in basis points.
    grace_count
        Instalments that may be behind before it is in default.
    first_due
        Day on which the first is due; the others follow on that day of each month, at most the 28th.
    """

    lease_id: str
    lessor: str
    lessee: str
    ware: str
    asset_fen: int
    rate_bp: int
    periods: int
    grace_count: int
    first_due: date

    @property
    def since(self) -> datetime:
        """When it begins, in UTC: a month before the first instalment is due."""
        before = self.first_due.replace(day=1) - timedelta(days=1)
        day = before.replace(day=min(self.first_due.day, before.day))
        return datetime.combine(day, time(), MARKET_ZONE).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Repossessed:
    """Cards taken back and sold again.

    Attributes
    ----------
    overdue_fen
        Interest of instalments that were due and not paid.
    source
        Account that the price of resale comes from.
    """

    lease_id: str
    balance_fen: int
    overdue_fen: int
    resale_fen: int
    source: str


@dataclass(frozen=True, slots=True)
class BankDeposit:
    """Idle card-hours of a site in an hour that a member lets others draw."""

    deposit_id: str
    member: str
    instrument: str
    site_id: str
    card_h: int


@dataclass(frozen=True, slots=True)
class BankDraw:
    """Card-hours that a member draws, at the price of their hour and hub.

    Attributes
    ----------
    taken_card_h
        By the id of the deposit.
    """

    draw_id: str
    member: str
    instrument: str
    card_h: int
    fen_per_card_h: int
    taken_card_h: Mapping[str, int]
