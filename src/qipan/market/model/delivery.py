"""Nouns of physical delivery at a hub: who supplies where, who is served where, what failed, what a book came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Nomination:
    """A seller's word before the gate closes: so many lots of what it owes come from this site."""

    member: str
    site_id: str
    lots: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """Lots of a site that a buyer may use in the hour, or sell on; dispatch must serve them."""

    member: str
    site_id: str
    lots: int


@dataclass(frozen=True, slots=True)
class Use:
    """Card-seconds of a reservation (FOCUS ``CapacityReservationStatus``): used and unused are what was reserved.

    Attributes
    ----------
    beyond_card_s
        Used without a reservation: a dispute, or bought on spot.
    """

    used_card_s: int
    unused_card_s: int
    beyond_card_s: int


@dataclass(frozen=True, slots=True)
class BuyIn:
    """What is paid for a failed delivery, fen; positive amounts are received. They sum to zero.

    Attributes
    ----------
    buyer_fen
        Pays the mark for what was bought in, gets damages for what could not be had.
    spot_fen
        What suppliers on spot get.
    seller_fen
        The failed seller pays what the buy-in costs above the mark, and the damages.
    house_fen
        What the buy-in costs below the mark: whoever fails gains nothing by it.
    """

    buyer_fen: int
    spot_fen: int
    seller_fen: int
    house_fen: int


@dataclass(frozen=True, slots=True)
class SiteStep:
    """Cards of a class that a member has certified at a site of a hub, from an hour on until the next step.

    Attributes
    ----------
    derating_percent
        Part of them that is kept back, for repairs and heat.
    """

    member: str
    site_id: str
    card_class: str
    hub_id: str
    start: datetime
    cards: int
    derating_percent: int
    certificate: str

    @property
    def usable_cards(self) -> int:
        """Cards that may be promised."""
        return self.cards * (100 - self.derating_percent) // 100


@dataclass(frozen=True, slots=True)
class Supply:
    """A member's word that lots of a book come from a site in the hours from start to end; the last word counts.

    Attributes
    ----------
    fen_per_card_h
        Stated price of a buy-in, for hours that no auction has priced.
    at_spot
        Whether it is a buy-in at the prices of the cleared auction.
    """

    supply_id: str
    member: str
    instrument: str
    site_id: str
    start: datetime
    end: datetime
    lots: int
    fen_per_card_h: int | None = None
    at_spot: bool = False

    @property
    def is_bought_in(self) -> bool:
        """Whether it stands for lots that others sold and did not nominate; else the member nominates its own."""
        return self.at_spot or self.fen_per_card_h is not None


@dataclass(frozen=True, slots=True)
class Reserved:
    """Lots of a site that a holder may use from start to end."""

    reservation_id: str
    instrument: str
    member: str
    site_id: str
    start: datetime
    end: datetime
    lots: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Lots that a member was to supply from a site and did not, from start to end."""

    member: str
    site_id: str
    start: datetime
    end: datetime
    lots: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """The positions of a book as they are served.

    Attributes
    ----------
    number
        Its place among all allocations; part of the ids of what is paid.
    last_trade
        Sequence of the last trade that the positions follow from.
    fen_per_card_h
        Last mark, which buyers pay.
    """

    instrument: str
    number: int
    last_trade: int
    fen_per_card_h: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was told of a book that is over, and what its payments follow from.

    Attributes
    ----------
    spot_fen_per_card_h
        Price of such cards on spot by the start of the hour: of the cleared auction, or as stated where none has one.
    used_card_s
        Card-seconds that were used of a reservation, by its id, as far as it is told.
    """

    instrument: str
    failures: tuple[Failure, ...]
    spot_fen_per_card_h: Mapping[datetime, int]
    used_card_s: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Outturn:
    """What a delivered book comes to.

    Attributes
    ----------
    paid_fen
        By member, above 0 where it gets some: sellers the mark or less, buyers what they paid ahead and did not get.
    house_fen
        What buy-ins cost below the mark.
    failed_card_h
        What each seller failed, by name; those that failed nothing are left out.
    unserved_card_h
        What each buyer did not get.
    """

    paid_fen: Mapping[str, int]
    house_fen: int
    failed_card_h: Mapping[str, int]
    unserved_card_h: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Allocated:
    """What an allocation led to.

    Attributes
    ----------
    allocation
        None where members are called first: then nothing is reserved and nothing posted.
    paid_fen
        What buyers pay ahead, by name.
    """

    allocation: Allocation | None
    reserved: tuple[Reserved, ...]
    paid_fen: Mapping[str, int]
    calls_fen: Mapping[str, int]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivered book led to; where members are called first, nothing is posted.

    Attributes
    ----------
    spot_rule
        Where prices of hours come from, beside what buy-ins state: ``auction``, ``given``, ``auction_or_given``, or
        ``none`` where nothing has a price.
    """

    outturn: Outturn
    calls_fen: Mapping[str, int]
    is_new: bool
    spot_rule: str
