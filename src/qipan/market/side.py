"""Keep one side of an order book: levels of price, and at each the orders in the order of their arrival."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict

from qipan.market.model.order import Order, State


class Held:
    """An order that the book knows, and how it stands."""

    __slots__ = ("arrival", "half", "is_whole", "key", "left_lots", "member", "order", "state")

    def __init__(self, order: Order, half: Half, arrival: int, state: State) -> None:
        self.order = order
        self.half = half
        self.arrival = arrival
        self.state = state
        self.member = order.member
        self.is_whole = order.is_whole
        self.left_lots = order.lots
        self.key = order.fen_per_card_h if half.is_buy else -order.fen_per_card_h


class Half:
    """One side of a book: levels by key, the best last. A key is the limit with the sign of the side.

    Two orders of opposite sides cross where their keys add up to at least nothing.
    """

    __slots__ = ("is_buy", "keys", "levels", "other", "whole_count")

    def __init__(self, *, is_buy: bool) -> None:
        self.is_buy = is_buy
        self.other = self
        self.keys: list[int] = []
        self.levels: dict[int, OrderedDict[int, Held]] = {}
        self.whole_count = 0

    def add(self, held: Held) -> None:
        """Let an order stand behind those of its level."""
        level = self.levels.get(held.key)
        if level is None:
            level = self.levels[held.key] = OrderedDict()
            insort(self.keys, held.key)
        level[held.arrival] = held
        self.whole_count += held.is_whole

    def remove(self, held: Held) -> None:
        """Take an order away, and its level if nothing stands there any more."""
        level = self.levels[held.key]
        del level[held.arrival]
        self.whole_count -= held.is_whole
        if not level:
            del self.levels[held.key]
            if self.keys[-1] == held.key:
                self.keys.pop()
            else:
                del self.keys[bisect_left(self.keys, held.key)]
