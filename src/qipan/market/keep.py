"""Keep a book with what each member has at stake in it, request by request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qipan.market.book import Book
from qipan.market.model.order import Change, Event, Order, Refusal, Side, State, Trade
from qipan.market.model.request import Cancel, Carry, Cover, Exposure, Listing, Request


class Kept:
    """A book and its open lots by member; made anew from its requests at any time.

    Attributes
    ----------
    number, digest
        Of the last request that it has taken.
    at
        When that was entered; ``None`` before the first.
    """

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.book = Book(listing.instrument, listing.last_trading)
        self.number = 0
        self.digest = ""
        self.at: datetime | None = None
        self._orders: dict[str, Order] = {}
        self._left: dict[str, int] = {}
        self._open: dict[tuple[str, Side], int] = {}
        self._granted: dict[str, int] = {}

    def take(self, request: Request, at: datetime) -> list[Event]:
        """Take one request and return what happened.

        Raises
        ------
        BadInputError
            ``cover_negative``.
        RuleBrokenError
            ``cover_spent``.
        """
        if isinstance(request, Order):
            self._orders.setdefault(request.order_id, request)
            events = self.book.enter(request, at)
        elif isinstance(request, Cancel):
            events = self.book.cancel(request.order_id, request.member, at)
        elif isinstance(request, Cover):
            events = []
            if request.lots < 0:
                self.book.withdraw(request.member, -request.lots)
            else:
                self.book.grant(request.member, request.lots)
            self._granted[request.member] = self.granted_lots(request.member) + request.lots
        elif isinstance(request, Carry):
            events = self.book.carry(request, at)
        else:
            events = self.book.expire(at)
        for event in events:
            self._count(event)
        return events

    def exposures(self, members: Iterable[str]) -> tuple[Exposure, ...]:
        """Return what members have at stake here, in the order of their names."""
        return tuple(
            Exposure(
                self.book.name,
                member,
                self.book.positions.get(member, 0),
                self._open.get((member, Side.BUY), 0),
                self._open.get((member, Side.SELL), 0),
                self.book.cover_lots(member),
                self.granted_lots(member),
            )
            for member in sorted(set(members))
        )

    def granted_lots(self, member: str) -> int:
        """Return the lots of certified capacity that a member has brought here."""
        return self._granted.get(member, 0)

    def open_orders(self, member: str) -> tuple[Order, ...]:
        """Return the open orders of a member, in the order of their arrival."""
        return tuple(
            order
            for name, order in self._orders.items()
            if order.member == member and self.book.state(name) is State.OPEN
        )

    def touched(self, request: Request, events: Iterable[Event]) -> set[str]:
        """Return whose exposure a request may have changed."""
        found = {request.member} - {""}
        for event in events:
            if isinstance(event, Trade):
                found |= {event.buyer, event.seller}
            elif event.order_id in self._orders:
                found.add(self._orders[event.order_id].member)
        return found

    def _count(self, event: Event) -> None:
        if isinstance(event, Trade):
            for name in (event.buy_id, event.sell_id):
                if name in self._left:
                    self._set_left(name, self._left[name] - event.lots)
        elif event.refusal is None:
            self._set_left(event.order_id, event.left_lots if event.state is State.OPEN else 0)

    def _set_left(self, name: str, lots: int) -> None:
        order = self._orders[name]
        side = order.member, order.side
        self._open[side] = self._open.get(side, 0) + lots - self._left.get(name, 0)
        self._left[name] = lots


def outcome(request: Request, events: Iterable[Event]) -> tuple[State | None, int, Refusal | None]:
    """Return what became of the order that a request speaks of; no state where it speaks of none."""
    if not isinstance(request, Order | Cancel):
        return None, 0, None
    told = [one for one in events if isinstance(one, Change) and one.order_id == request.order_id]
    return told[-1].state, told[-1].left_lots, told[-1].refusal
