"""Nouns of the order book: orders, trades, what became of an order, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from qipan.kernel.errors import BadInputError

MOST_LOTS: Final = 1_000_000
"""Largest order, in lots: eight million cards."""
MOST_FEN_PER_CARD_H: Final = 10_000_000
"""Highest limit, 100,000 yuan a card-hour: larger ones are slips of the pen."""


class Side(IntEnum):
    """Which way an order goes; the number is its sign in a position."""

    BUY = 1
    SELL = -1


class Entry(StrEnum):
    """What an order does when it arrives.

    ``standing`` trades what it can and the rest stands; ``immediate`` trades what it can and the rest is cancelled;
    ``passive`` stands, and is refused where it could trade at once.
    """

    STANDING = "standing"
    IMMEDIATE = "immediate"
    PASSIVE = "passive"


class State(StrEnum):
    """What became of an order; all but ``open`` are final."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Refusal(StrEnum):
    """Why a request is refused; what was refused changed nothing."""

    UNKNOWN = "order_unknown"
    REPLAYED = "order_replayed"
    DIFFERS = "order_differs"
    ELSEWHERE = "order_elsewhere"
    NEGATIVE = "order_negative"
    OUT_OF_GRID = "order_out_of_grid"
    EXPIRED = "order_expired"
    CLOSED = "order_final"
    CROSSED = "order_crossed"
    OVERSOLD = "order_oversold"
    SELF_TRADE = "order_self_trade"


@dataclass(frozen=True, slots=True)
class Order:
    """A wish to buy or sell lots of one instrument, at a limit or better.

    Attributes
    ----------
    order_id
        Made by the member; the same id with the same content is the same order.
    instrument
        Name of the instrument.
    fen_per_card_h
        Limit, on a grid of one fen a card-hour.
    is_whole
        Whether it fills wholly or not at all; otherwise it may fill in parts.
    good_until
        When it expires; at the last moment of trading if nobody says.

    Raises
    ------
    BadInputError
        ``order_malformed`` unless side and entry are words of the market.
    """

    order_id: str
    member: str
    instrument: str
    side: Side
    lots: int
    fen_per_card_h: int
    entry: Entry = Entry.STANDING
    is_whole: bool = False
    good_until: datetime | None = None

    def __post_init__(self) -> None:
        if type(self.side) is not Side or type(self.entry) is not Entry:
            raise BadInputError(
                f"An order must have a side and an entry that the market knows, was {self.side!r} and {self.entry!r}.",
                code="order_malformed",
                hint="Say buy or sell, and standing, immediate or passive.",
            )


class Trade(NamedTuple):
    """Lots that changed hands. The clearing house stands between the two."""

    sequence: int
    at: datetime
    buy_id: str
    sell_id: str
    buyer: str
    seller: str
    lots: int
    fen_per_card_h: int

    @property
    def is_carried(self) -> bool:
        """Whether it came of no order, and so tells no price."""
        return self.buy_id == self.sell_id


class Change(NamedTuple):
    """What became of an order by a request.

    Attributes
    ----------
    left_lots
        What is not filled; of an order in a final state nothing of it stands.
    refusal
        Why the request was refused; the state then is the one that the order had before.
    """

    sequence: int
    at: datetime
    order_id: str
    state: State
    left_lots: int
    refusal: Refusal | None = None


Event = Trade | Change
