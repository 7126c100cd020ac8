"""Nouns of a book that is kept: who may trade, what is asked of a book, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qipan.market.model.contract import Instrument
from qipan.market.model.order import Order, Refusal, State, Trade


@dataclass(frozen=True, slots=True)
class Member:
    """Who may trade.

    Attributes
    ----------
    key
        Line of the public key that must have signed what the member asks; empty where the door vouches for it.
    """

    member_id: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The terms of a book.

    Attributes
    ----------
    last_trading
        First moment at which nothing is traded any more.
    margin_fen_per_card_h
        What one card-hour of a position must be secured by.
    margin_source
        Where that comes from: the digest of a price history, or ``assumed``.
    """

    instrument: Instrument
    last_trading: datetime
    margin_fen_per_card_h: int
    margin_source: str

    @property
    def margin_fen_per_lot(self) -> int:
        """What one lot must be secured by."""
        return self.margin_fen_per_card_h * self.instrument.window.card_h_per_lot


@dataclass(frozen=True, slots=True)
class Certification:
    """Cards of a class at a hub that a member has certified, from an hour on until the next step."""

    member: str
    card_class: str
    hub_id: str
    start: datetime
    cards: int
    certificate: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take back what is left of an order."""

    request_id: str
    member: str
    instrument: str
    order_id: str


@dataclass(frozen=True, slots=True)
class Cover:
    """Bring so many lots of certified capacity to a book; below 0, take them away again."""

    request_id: str
    member: str
    instrument: str
    lots: int


@dataclass(frozen=True, slots=True)
class Passing:
    """Nothing but time: what is over ends."""

    request_id: str
    instrument: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Carry:
    """Lots that change hands at a mark without an order: into the books of shorter windows, or out for delivery.

    Attributes
    ----------
    is_out
        Whether they leave the book; then nobody may sell more for it.
    """

    request_id: str
    instrument: str
    buyer: str
    seller: str
    lots: int
    fen_per_card_h: int
    is_out: bool
    member: str = ""


Request = Order | Cancel | Cover | Passing | Carry
"""What changes a book; nothing else does."""


def id_of(request: Request) -> str:
    """Return the id under which a request stands for good."""
    return request.order_id if isinstance(request, Order) else request.request_id


@dataclass(frozen=True, slots=True)
class Entered:
    """A request as it stands in its book; it is never changed.

    Attributes
    ----------
    number
        Its place among the requests of its book, without gaps.
    at
        When it was entered; never earlier than the one before it.
    record
        The request in canonical JSON.
    signature
        The member's, where it has a key.
    digest
        SHA-256 of all of this and of the digest before it, in hex: one digest stands for the whole book.
    state, left_lots, refusal
        What became of the order it speaks of, then; no state where it speaks of none.
    """

    instrument: str
    number: int
    request_id: str
    member: str
    at: datetime
    record: str
    signature: str
    digest: str
    state: State | None
    left_lots: int
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request; the same request again is told the same.

    Attributes
    ----------
    trades
        Those that it led to at once, of other members too.
    is_new
        Whether it was entered now.
    """

    entered: Entered
    trades: tuple[Trade, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a member has at stake in a book, in lots.

    Attributes
    ----------
    position
        Bought less sold.
    cover_lots
        What it may still sell.
    granted_lots
        What it brought from certified capacity, less what it took away again.
    """

    instrument: str
    member: str
    position: int = 0
    open_buy_lots: int = 0
    open_sell_lots: int = 0
    cover_lots: int = 0
    granted_lots: int = 0

    @property
    def worst_lots(self) -> int:
        """Largest position, long or short, that open orders can lead to."""
        return max(abs(self.position + self.open_buy_lots), abs(self.position - self.open_sell_lots))
