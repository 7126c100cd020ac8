"""Nouns of physical delivery in one hour at one hub: who supplies where, who is served where, what failed."""

from __future__ import annotations

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
    """Card-hours of a reservation (FOCUS ``CapacityReservationStatus``): used and unused are what was reserved.

    Attributes
    ----------
    beyond_card_h
        Used without a reservation: a dispute, or bought on spot.
    """

    used_card_h: int
    unused_card_h: int
    beyond_card_h: int


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
