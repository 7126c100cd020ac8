"""An order book that keeps a list and answers each question from scratch, by the written rules of `market`.

It takes no verb of the market, only its nouns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from qipan.market.model.order import Change, Entry, Order, Side, Trade


@dataclass
class Stands:
    """An order that stands: lots left, and when it came."""

    order: Order
    left: int
    came: int


class NaiveBook:
    """The written rules, each question answered from scratch. Answers (buy, sell, lots, price) and (order, state)."""

    def __init__(self, last_trading: datetime) -> None:
        self.last_trading = last_trading
        self.stands: list[Stands] = []
        self.state: dict[str, tuple[Order, str, int]] = {}
        self.bought: Counter[str] = Counter()
        self.granted: Counter[str] = Counter()
        self.arrivals = count(1)

    def free(self, member: str) -> int:
        open_sells = sum(s.left for s in self.stands if s.order.member == member and s.order.side == Side.SELL)
        return self.granted[member] + self.bought[member] - open_sells

    def against(self, order: Order) -> list[Stands]:
        if order.side == Side.BUY:
            theirs = [s for s in self.stands if s.order.side == Side.SELL]
            theirs = [s for s in theirs if s.order.fen_per_card_h <= order.fen_per_card_h]
            return sorted(theirs, key=lambda s: (s.order.fen_per_card_h, s.came))
        theirs = [s for s in self.stands if s.order.side == Side.BUY]
        theirs = [s for s in theirs if s.order.fen_per_card_h >= order.fen_per_card_h]
        return sorted(theirs, key=lambda s: (-s.order.fen_per_card_h, s.came))

    def meets_itself(self, order: Order) -> bool:
        need = order.lots
        for s in self.against(order):
            if s.order.member == order.member:
                return True
            if s.left <= need or not s.order.is_whole:
                need -= min(need, s.left)
            if need == 0:
                return False
        return False

    def plan(self, mine: Stands) -> list[tuple[Stands, int]]:
        need, found = mine.left, []
        for s in self.against(mine.order):
            if need and (s.left <= need or not s.order.is_whole):
                found.append((s, min(need, s.left)))
                need -= min(need, s.left)
        return [] if need and mine.order.is_whole else found

    def trade(self, mine: Stands, told: list[tuple[object, ...]]) -> None:
        for s, lots in self.plan(mine):
            buy, sell = (mine, s) if mine.order.side == Side.BUY else (s, mine)
            price = min((mine, s), key=lambda one: one.came).order.fen_per_card_h
            told.append((buy.order.order_id, sell.order.order_id, lots, price))
            self.bought[buy.order.member] += lots
            self.bought[sell.order.member] -= lots
            s.left -= lots
            mine.left -= lots
            if s.left == 0:
                self.end(s, "filled", told)
        if mine.left == 0:
            self.end(mine, "filled", told)

    def end(self, s: Stands, state: str, told: list[tuple[object, ...]]) -> None:
        self.stands = [one for one in self.stands if one is not s]
        self.state[s.order.order_id] = (s.order, state, s.left)
        told.append((s.order.order_id, state, s.left, None))

    def again(self, told: list[tuple[object, ...]]) -> None:
        sides = (Side.BUY, Side.SELL)
        while True:
            wholes = [s for s in self.stands if s.order.is_whole]
            wholes.sort(key=lambda s: (sides.index(s.order.side), -s.order.side * s.order.fen_per_card_h, s.came))
            able = [s for s in wholes if self.plan(s)]
            if not able:
                break
            self.trade(able[0], told)
        for s in self.stands:
            self.state[s.order.order_id] = (s.order, "open", s.left)

    def enter(self, order: Order, now: datetime) -> list[tuple[object, ...]]:
        told = self.pass_time(now)
        known = self.state.get(order.order_id)
        if known:
            code = "order_replayed" if known[0] == order else "order_differs"
            return [*told, (order.order_id, known[1], known[2], code)]
        code = None
        crosses = bool(self.against(order))
        if now >= self.last_trading or (order.good_until is not None and now >= order.good_until):
            code = "order_expired"
        elif order.side == Side.SELL and self.free(order.member) < order.lots:
            code = "order_oversold"
        elif self.meets_itself(order):
            code = "order_self_trade"
        elif order.entry == Entry.PASSIVE and crosses:
            code = "order_crossed"
        if code:
            self.state[order.order_id] = (order, "rejected", order.lots)
            return [*told, (order.order_id, "rejected", order.lots, code)]
        mine = Stands(order, order.lots, next(self.arrivals))
        self.trade(mine, told)
        if mine.left and order.entry == Entry.IMMEDIATE:
            self.end(mine, "cancelled", told)
        elif mine.left:
            self.stands.append(mine)
            self.state[order.order_id] = (order, "open", mine.left)
            told.append((order.order_id, "open", mine.left, None))
        self.again(told)
        return told

    def cancel(self, order_id: str, member: str, now: datetime) -> list[tuple[object, ...]]:
        told = self.pass_time(now)
        order, state, left = self.state.get(order_id, (None, "rejected", 0))
        if order is None or order.member != member:
            return [*told, (order_id, "rejected", 0, "order_unknown")]
        if state != "open":
            return [*told, (order_id, state, left, "order_final")]
        self.end(next(s for s in self.stands if s.order.order_id == order_id), "cancelled", told)
        self.again(told)
        return told

    def pass_time(self, now: datetime) -> list[tuple[object, ...]]:
        told: list[tuple[object, ...]] = []
        over = [s for s in self.stands if s.order.good_until is not None and s.order.good_until <= now]
        over.sort(key=lambda s: (s.order.good_until, s.came))
        if now >= self.last_trading:
            over = sorted(self.stands, key=lambda s: s.came)
        for s in over:
            self.end(s, "expired", told)
        self.again(told)
        return told


def plain(events: Sequence[Trade | Change]) -> list[tuple[object, ...]]:
    """Return events of a real book as the naive one tells them."""
    return [
        (e.buy_id, e.sell_id, e.lots, e.fen_per_card_h)
        if isinstance(e, Trade)
        else (e.order_id, e.state.value, e.left_lots, e.refusal.value if e.refusal else None)
        for e in events
    ]
