"""Locks of the market: whoever needs several takes them in one order."""

from __future__ import annotations

from tests.market.made_spot import bid

from qipan.market.service import lock
from qipan.market.service.lock import lock_orders
from qipan.storage.books import UnitOfWork


def test_requests_of_several_auctions_take_their_locks_in_one_order_whatever_their_own(books, monkeypatch):
    names: list[str] = []
    monkeypatch.setattr(UnitOfWork, "lock", lambda _unit, name: names.append(name))
    asked = [bid("b-1", "west", 1, 1000), bid("b-2", "east", 1, 1000, hub="guizhou", hour=6), bid("b-3", "west", 1, 9)]
    taken = []
    for some in (asked, asked[::-1]):
        names.clear()
        with books.begin(caller="test") as unit:
            lock_orders(unit, some)
        taken.append(list(names))
    assert taken[0] == taken[1]
    assert taken[0][-2:] == [lock.of_cards("east"), lock.of_cards("west")]
    assert all(name.startswith("market/spot/") for name in taken[0][:-2])
    assert taken[0][:-2] == sorted(taken[0][:-2])
