"""Keep the order book of one instrument: continuous trading by price, then time.

Written rules. (1) A better price goes first, at one price the order that arrived first. (2) Of two orders that trade,
the first to arrive sets the price. (3) A whole order fills wholly or not at all: in the walk along the other side
it is passed over where it is larger than what is left to fill; no combinations are searched. (4) After every change,
standing whole orders that the walk can now fill trade, buys first. (5) Whoever would meet an order of its own is
refused. (6) A sell is covered when it enters, by lots bought in this book or granted to it, or refused; cover of an
open sell is spent until it ends. (7) Time never runs back in a book. (8) An id names one order for good, one that was
rejected too; a refused request changes nothing else.

A book is what its requests made of it: the same requests in the same order give the same events.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Final

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.market.model.contract import Instrument
from qipan.market.model.order import (
    MOST_FEN_PER_CARD_H,
    MOST_LOTS,
    Change,
    Entry,
    Event,
    Order,
    Refusal,
    Side,
    State,
    Trade,
)
from qipan.market.model.request import Carry
from qipan.market.side import Half, Held

Fills = list[tuple[Held, int]]
NOTHING: Final[Fills] = []


class Book:
    """The book of one instrument.

    Parameters
    ----------
    last_trading
        First moment at which nothing is traded any more; not after the start of the window.

    Raises
    ------
    BadInputError
        ``last_trading_late``; ``time_naive``.

    Examples
    --------
    >>> from datetime import UTC
    >>> from qipan.market.model.contract import Window
    >>> wares = Instrument("h100-80g", "ningxia", Window.named("2026-W10"))
    >>> book, now = Book(wares, wares.window.start), datetime(2026, 2, 1, tzinfo=UTC)
    >>> book.grant("site", 5)
    >>> _ = book.enter(Order("s", "site", wares.name, Side.SELL, 5, 1200), now)
    >>> trade, filled = book.enter(Order("b", "firm", wares.name, Side.BUY, 2, 1300), now)
    >>> trade.lots, trade.fen_per_card_h, filled.state.value, dict(book.positions)
    (2, 1200, 'filled', {'firm': 2, 'site': -2})
    """

    def __init__(self, instrument: Instrument, last_trading: datetime) -> None:
        self.instrument = instrument
        self.name = instrument.name
        self.last_trading = in_utc(last_trading)
        if self.last_trading > instrument.window.start:
            raise BadInputError(
                f"Trading must end before delivery starts at {instrument.window.start}, was {last_trading}.",
                code="last_trading_late",
                hint="Give a last moment of trading no later than the start of the window.",
            )
        self._bids, self._asks = Half(is_buy=True), Half(is_buy=False)
        self._bids.other, self._asks.other = self._asks, self._bids
        self._held: dict[str, Held] = {}
        self._positions: dict[str, int] = {}
        self._cover: dict[str, int] = {}
        self._expiries: list[tuple[datetime, int, Held]] = []
        self._due = self.last_trading
        self._now = datetime.min.replace(tzinfo=self.last_trading.tzinfo)
        self._arrivals = 0
        self._sequence = 0

    # --- what one can ask of it ----------------------------------------------------------------------------------

    @property
    def positions(self) -> Mapping[str, int]:
        """Lots bought less lots sold here, by member; they sum to zero."""
        return MappingProxyType(self._positions)

    @property
    def due(self) -> datetime:
        """When the next order expires, or trading ends; later than anything once all is over."""
        return self._due

    def cover_lots(self, member: str) -> int:
        """Return the lots that a member may still sell here."""
        return self._cover.get(member, 0)

    def best_fen_per_card_h(self, side: Side) -> int | None:
        """Return the best limit that stands on a side; none where nothing stands."""
        keys = self._half(side).keys
        return side * keys[-1] if keys else None

    def standing(self, side: Side) -> tuple[tuple[Order, int], ...]:
        """Return the orders of a side with their lots left, by price, then time."""
        half = self._half(side)
        return tuple((held.order, held.left_lots) for key in reversed(half.keys) for held in half.levels[key].values())

    def depth(self, side: Side) -> tuple[tuple[int, int], ...]:
        """Return limit and lots of each level of a side, the best first; no names."""
        half = self._half(side)
        return tuple(
            (side * key, sum(held.left_lots for held in half.levels[key].values())) for key in reversed(half.keys)
        )

    def state(self, order_id: str) -> State | None:
        """Return the state of an order; none where the book never saw it."""
        held = self._held.get(order_id)
        return held.state if held else None

    # --- requests ------------------------------------------------------------------------------------------------

    def grant(self, member: str, lots: int) -> None:
        """Let a member sell so many more lots: certified capacity, or a position brought here.

        Raises
        ------
        BadInputError
            ``cover_negative``.
        """
        self._cover[member] = self.cover_lots(member) + _whole_lots(lots)

    def withdraw(self, member: str, lots: int) -> None:
        """Take cover away that no sell has spent.

        Raises
        ------
        BadInputError
            ``cover_negative``.
        RuleBrokenError
            ``cover_spent``.
        """
        left = self.cover_lots(member) - _whole_lots(lots)
        if left < 0:
            raise RuleBrokenError(
                f"Cover that is withdrawn must be free, was {lots} lots of {self.cover_lots(member)} of {member}.",
                code="cover_spent",
                hint="Cancel open sells first, or withdraw less.",
            )
        self._cover[member] = left

    def enter(self, order: Order, now: datetime) -> list[Event]:
        """Enter an order; return what happened, the order's own change last unless others follow from it."""
        events: list[Event] = []
        if now > self._now:
            self._advance(now, events)
        refusal = self._flaw(order)
        if refusal is not None:
            self._refuse(order, refusal, events)
            return events
        half = self._half(order.side)
        self._arrivals += 1
        held = Held(order, half, self._arrivals, State.OPEN)
        theirs = half.other.keys
        fills = self._walk(held) if theirs and held.key + theirs[-1] >= 0 else NOTHING
        if fills is None or (fills is not NOTHING and order.entry is Entry.PASSIVE):
            self._refuse(order, Refusal.SELF_TRADE if fills is None else Refusal.CROSSED, events)
            return events
        self._held[order.order_id] = held
        if not half.is_buy:
            self._cover[order.member] -= order.lots
        if fills:
            self._fill(held, fills, events)
        if held.left_lots:
            if order.entry is Entry.IMMEDIATE:
                self._end(held, State.CANCELLED, events)
            else:
                half.add(held)
                self._tell(held, events)
                if order.good_until is not None and order.good_until < self.last_trading:
                    heappush(self._expiries, (order.good_until, held.arrival, held))
                    self._due = min(self._due, order.good_until)
        if self._bids.whole_count or self._asks.whole_count:
            self._retry(events)
        return events

    def cancel(self, order_id: str, member: str, now: datetime) -> list[Event]:
        """Cancel what is left of a member's own open order."""
        events: list[Event] = []
        self._advance(now, events)
        held = self._held.get(order_id)
        if held is None or held.order.member != member:
            events.append(self._change(order_id, State.REJECTED, 0, Refusal.UNKNOWN))
        elif held.state is not State.OPEN:
            events.append(self._change(order_id, held.state, held.left_lots, Refusal.CLOSED))
        else:
            held.half.remove(held)
            self._end(held, State.CANCELLED, events)
            self._retry(events)
        return events

    def expire(self, now: datetime) -> list[Event]:
        """Let time pass: orders whose time is over expire, all of them when trading ends."""
        events: list[Event] = []
        self._advance(now, events)
        return events

    def carry(self, request: Carry, now: datetime) -> list[Event]:
        """Let lots change hands at a mark, without an order; trading may be over."""
        events: list[Event] = []
        self._advance(now, events)
        self._sequence += 1
        names = request.request_id, request.request_id, request.buyer, request.seller
        events.append(Trade(self._sequence, self._now, *names, request.lots, request.fen_per_card_h))
        for member, lots in ((request.buyer, request.lots), (request.seller, -request.lots)):
            self._positions[member] = self._positions.get(member, 0) + lots
        if not request.is_out:
            self.grant(request.buyer, request.lots)
        return events

    # --- how it is done ------------------------------------------------------------------------------------------

    def _half(self, side: Side) -> Half:
        return self._bids if side is Side.BUY else self._asks

    def _flaw(self, order: Order) -> Refusal | None:
        """Return why an order is refused before it meets others."""
        known = self._held.get(order.order_id)
        if known is not None:
            return Refusal.REPLAYED if known.order == order else Refusal.DIFFERS
        if order.instrument != self.name:
            return Refusal.ELSEWHERE
        lots, limit, until = order.lots, order.fen_per_card_h, order.good_until
        if not (type(lots) is int is type(limit) and 0 < lots <= MOST_LOTS and 0 <= limit <= MOST_FEN_PER_CARD_H):
            return _form_flaw(order)
        if until is not None and until.tzinfo is None:
            return Refusal.OUT_OF_GRID
        if self._now >= self.last_trading or (until is not None and until <= self._now):
            return Refusal.EXPIRED
        is_covered = order.side is Side.BUY or self._cover.get(order.member, 0) >= lots
        return None if is_covered else Refusal.OVERSOLD

    @staticmethod
    def _walk(held: Held) -> Fills | None:
        """Return whom an order trades with, and how much; empty where a whole one cannot be filled, none if itself."""
        member, need, key = held.member, held.left_lots, held.key
        fills: Fills = []
        other = held.half.other
        for theirs in reversed(other.keys):
            if theirs + key < 0:
                break
            for rest in other.levels[theirs].values():
                if rest.member == member:
                    return None
                take = rest.left_lots
                if take > need:
                    if rest.is_whole:
                        continue
                    take = need
                fills.append((rest, take))
                need -= take
                if not need:
                    return fills
        return [] if held.is_whole else fills

    def _fill(self, held: Held, fills: Fills, events: list[Event]) -> None:
        """Let an order trade with others that stand on the other side."""
        at, positions, cover, is_buy, new = self._now, self._positions, self._cover, held.half.is_buy, tuple.__new__
        for rest, lots in fills:
            fen_per_card_h = (rest if rest.arrival < held.arrival else held).order.fen_per_card_h
            buy, sell = (held, rest) if is_buy else (rest, held)
            buyer, seller = buy.member, sell.member
            self._sequence = sequence = self._sequence + 1
            ids = buy.order.order_id, sell.order.order_id
            events.append(new(Trade, (sequence, at, *ids, buyer, seller, lots, fen_per_card_h)))
            positions[buyer] = positions.get(buyer, 0) + lots
            positions[seller] = positions.get(seller, 0) - lots
            cover[buyer] = cover.get(buyer, 0) + lots
            rest.left_lots -= lots
            held.left_lots -= lots
            if not rest.left_lots:
                rest.half.remove(rest)
                rest.state = State.FILLED
                self._tell(rest, events)
        if not held.left_lots:
            held.state = State.FILLED
            self._tell(held, events)

    def _retry(self, events: list[Event]) -> None:
        """Let standing whole orders trade for as long as the walk can fill one."""
        while held := self._fillable():
            whole, fills = held
            whole.half.remove(whole)
            self._fill(whole, fills, events)

    def _fillable(self) -> tuple[Held, Fills] | None:
        for half in (self._bids, self._asks):
            if half.whole_count and half.other.keys:
                best = half.other.keys[-1]
                for key in reversed(half.keys):
                    if key + best < 0:
                        break
                    for held in half.levels[key].values():
                        if held.is_whole and (fills := self._walk(held)):
                            return held, fills
        return None

    def _advance(self, now: datetime, events: list[Event]) -> None:
        """Move the book's clock, and end what it ends."""
        self._now = max(self._now, now)
        if self._now < self._due:
            return
        if self._now >= self.last_trading:
            over = [
                held for half in (self._bids, self._asks) for level in half.levels.values() for held in level.values()
            ]
            over.sort(key=lambda held: held.arrival)
            self._expiries.clear()
            self._due = datetime.max.replace(tzinfo=self.last_trading.tzinfo)
        else:
            over = []
            while self._expiries and self._expiries[0][0] <= self._now:
                over.append(heappop(self._expiries)[2])
            self._due = self._expiries[0][0] if self._expiries else self.last_trading
        for held in over:
            if held.state is State.OPEN:
                held.half.remove(held)
                self._end(held, State.EXPIRED, events)
        self._retry(events)

    def _end(self, held: Held, state: State, events: list[Event]) -> None:
        """End an order that stands no more, and give a seller its cover back."""
        held.state = state
        if not held.half.is_buy:
            self._cover[held.member] += held.left_lots
        self._tell(held, events)

    def _refuse(self, order: Order, refusal: Refusal, events: list[Event]) -> None:
        known = self._held.get(order.order_id)
        if known is None:
            known = Held(order, self._half(order.side), 0, State.REJECTED)
            if refusal is not Refusal.ELSEWHERE:
                self._held[order.order_id] = known
        events.append(self._change(order.order_id, known.state, known.left_lots, refusal))

    def _tell(self, held: Held, events: list[Event]) -> None:
        self._sequence = sequence = self._sequence + 1
        told = (sequence, self._now, held.order.order_id, held.state, held.left_lots, None)
        events.append(tuple.__new__(Change, told))

    def _change(self, order_id: str, state: State, left_lots: int, refusal: Refusal | None) -> Change:
        self._sequence += 1
        return Change(self._sequence, self._now, order_id, state, left_lots, refusal)


def _form_flaw(order: Order) -> Refusal:
    is_whole = type(order.lots) is int is type(order.fen_per_card_h)
    return Refusal.NEGATIVE if is_whole and (order.lots <= 0 or order.fen_per_card_h < 0) else Refusal.OUT_OF_GRID


def _whole_lots(lots: int) -> int:
    if type(lots) is not int or lots < 0:
        raise BadInputError(
            f"Cover must be a whole number of lots, none of them negative, was {lots!r}.",
            code="cover_negative",
            hint="Give a whole number of at least 0.",
        )
    return lots
