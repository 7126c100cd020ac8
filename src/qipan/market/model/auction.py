"""Nouns of an auction: its terms, what dispatch found for it, what orders get and who serves whom, what came after.

Axes: hubs; hours of a day of UTC+8. Amounts are fen, quantities card-hours or lots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, NamedTuple

from qipan.accounts.model.posting import Draft
from qipan.market.model.array import Floats
from qipan.market.model.contract import Instrument, Tenor, Window
from qipan.market.model.order import Side

HOURS: Final = 24
"""Hours of a day of UTC+8."""


@dataclass(frozen=True, slots=True)
class Network:
    """What may pass between the hubs of an auction in an hour; all in whole numbers.

    Attributes
    ----------
    hubs
        Names, in the order of the axes below.
    transfer_fen_per_card_h
        ``[from][to]``: what carriers ask for a card-hour that one hub supplies to another.
    links, capacity_lots
        Links with a limit, and the most that crosses each, in either direction.
    share
        ``[link][from][to]``: how many ``parts`` of what one hub supplies to another cross a link, signed by direction.
    parts
        How many parts are the whole.
    """

    hubs: tuple[str, ...]
    transfer_fen_per_card_h: tuple[tuple[int, ...], ...]
    links: tuple[str, ...] = ()
    capacity_lots: tuple[int, ...] = ()
    share: tuple[tuple[tuple[int, ...], ...], ...] = ()
    parts: int = 1


@dataclass(frozen=True)
class Auction:
    """The terms of one day's auction of one class of cards; they never change.

    Attributes
    ----------
    gate
        First moment at which nothing is entered or taken back any more.
    fee_bp
        Fee on the value of each award, both sides, in basis points.
    """

    card_class: str
    day: date
    gate: datetime
    fee_bp: int
    network: Network

    @property
    def name(self) -> str:
        """Class and day in one text."""
        return f"{self.card_class}/{self.day}"

    @cached_property
    def window(self) -> Window:
        """The day that is traded."""
        return Window.named(str(self.day))

    def instrument(self, hub: int, hour: int) -> str:
        """Return the name of what is traded at a hub in an hour."""
        return f"{self.card_class}@{self.network.hubs[hub]}/{self.day}T{hour:02d}"

    def place(self, instrument: str) -> tuple[int, int] | None:
        """Return hub and hour of an instrument; none where it is not of this auction."""
        ware = Instrument.named(instrument)
        is_ours = ware.card_class == self.card_class and ware.hub_id in self.network.hubs
        if not is_ours or ware.window.tenor is not Tenor.HOUR or not ware.window.name.startswith(f"{self.day}T"):
            return None
        return self.network.hubs.index(ware.hub_id), int(ware.window.name[-2:])


def auction_of(instrument: str) -> str:
    """Return the name of the auction that an instrument of an hour is traded in.

    Raises
    ------
    BadInputError
        ``instrument_name_bad``, ``window_name_bad``.

    Examples
    --------
    >>> auction_of("h100@gui/2030-03-05T09")
    'h100/2030-03-05'
    """
    ware = Instrument.named(instrument)
    return f"{ware.card_class}/{ware.window.name[:10]}"


@dataclass(frozen=True, slots=True)
class Found:
    """What dispatch found for an auction, before anything is whole.

    Attributes
    ----------
    bid_fen_per_card_h, offer_fen_per_card_h
        Price of bids and of offers at each hub ``(hours, hubs)``; ``nan`` where there are none.
    flow_card_h
        What one hub supplies to another ``(hours, from, to)``, to itself too.
    """

    bid_fen_per_card_h: Floats
    offer_fen_per_card_h: Floats
    flow_card_h: Floats


class Price(NamedTuple):
    """Price of one side at a hub in an hour."""

    instrument: str
    side: Side
    fen_per_card_h: int

    def key(self) -> tuple[str, str, int]:
        """Return what prices are put in order by: hour, hub, bids first."""
        return self.instrument.rpartition("/")[2], self.instrument, -self.side


class Award(NamedTuple):
    """What an order gets.

    Attributes
    ----------
    paid_fen
        Paid (above 0) or received (below), the fee in it.
    uplift_fen
        What it gets for lots that the price was good for, and whole lots left out.
    """

    order_id: str
    member: str
    instrument: str
    side: Side
    lots: int
    fen_per_card_h: int
    paid_fen: int
    fee_fen: int
    uplift_fen: int


class Fill(NamedTuple):
    """Lots of an offer that fill a bid, wholly or in part."""

    bid_id: str
    offer_id: str
    lots: int


class Redeemed(NamedTuple):
    """What a voucher paid of a purchase: of a bid, from one supplier; below 0 where it came back."""

    programme_id: str
    holder: str
    bid_id: str
    supplier: str
    fen: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an auction came to.

    Attributes
    ----------
    awards
        One for each order, in the order in which they were entered.
    drafts
        Linked transfers, all or nothing.
    digest
        SHA-256 of all of this, and of the digest of the last request, in hex.
    """

    auction: str
    prices: tuple[Price, ...]
    awards: tuple[Award, ...]
    fills: tuple[Fill, ...]
    transfer_fen: int
    rent_fen: int
    remainder_fen: int
    redeemed: tuple[Redeemed, ...] = ()
    drafts: tuple[Draft, ...] = ()
    digest: str = ""

    @property
    def published(self) -> tuple[Price, ...]:
        """Prices that members are told: those at which something was traded; others are limits of somebody's."""
        traded = {(one.instrument, one.side) for one in self.awards if one.lots}
        return tuple(one for one in self.prices if (one.instrument, one.side) in traded)

    @property
    def fee_fen(self) -> int:
        """All fees."""
        return sum(one.fee_fen for one in self.awards)

    @property
    def uplift_fen(self) -> int:
        """All uplift."""
        return sum(one.uplift_fen for one in self.awards)

    @property
    def payment_fen(self) -> int:
        """What bids pay, fees included."""
        return sum(one.paid_fen for one in self.awards if one.side is Side.BUY)

    @property
    def revenue_fen(self) -> int:
        """What offers get, fees taken off."""
        return -sum(one.paid_fen for one in self.awards if one.side is Side.SELL)


@dataclass(frozen=True, slots=True)
class Entered:
    """A request as it stands; it is never changed.

    Attributes
    ----------
    side
        0 where it takes an order back.
    cancels
        Id of the order that it takes back.
    """

    auction: str
    number: int
    request_id: str
    member: str
    instrument: str
    side: int
    lots: int
    fen_per_card_h: int
    cancels: str | None
    at: datetime
    record: str
    signature: str
    digest: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Card-hours that an offer did not give, and how many of each bid that it serves.

    Attributes
    ----------
    parts
        Card-hours by the id of the bid.
    """

    refund_id: str
    auction: str
    offer_id: str
    card_h: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Clearing:
    """That an auction is cleared.

    Attributes
    ----------
    redeemed_after
        Number of the last redemption of a voucher before.
    """

    auction: str
    cleared: datetime
    transfer_fen: int
    rent_fen: int
    remainder_fen: int
    redeemed_after: int
    digest: str
