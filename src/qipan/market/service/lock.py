"""Locks of the market, in the order in which they are taken; that of the log comes last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from qipan.market.model.auction import auction_of
from qipan.market.model.order import Order
from qipan.market.model.request import Cancel
from qipan.market.store import clearing as store
from qipan.storage.books import UnitOfWork

DAY: Final = "market/clearing"
"""Name of the lock of the day's clearing."""
BOOKS: Final = "market/books"
"""Name of the lock of which books there are."""
VOUCHERS: Final = "market/vouchers"
"""Name of the lock of programmes of vouchers and of what they have paid."""


def of_book(instrument: str) -> str:
    """Return the name of the lock that lets one writer at a time pass to a book."""
    return f"market/book/{instrument}"


def of_auction(name: str) -> str:
    """Return the name of the lock that lets one writer at a time pass to an auction."""
    return f"market/spot/{name}"


def of_cards(member: str) -> str:
    """Return the name of the lock of whoever promises an hour of a member."""
    return f"market/cover/{member}"


def lock_orders(unit: UnitOfWork, requests: Iterable[Order | Cancel]) -> None:
    """Let one writer at a time pass to the auctions and members of requests: no two wait for each other."""
    asked = tuple(requests)
    for name in sorted({auction_of(one.instrument) for one in asked}):
        unit.lock(of_auction(name))
    for member in sorted({one.member for one in asked}):
        unit.lock(of_cards(member))


def lock_books(unit: UnitOfWork, besides: Iterable[str] = ()) -> None:
    """Let nobody trade, open a book or settle until the unit of work ends.

    Parameters
    ----------
    besides
        Books that are locked also where they were marked for the last time, for positions are to change there.
    """
    unit.lock(DAY)
    unit.lock(BOOKS)
    for name in sorted({*store.books_to_mark(unit), *besides}):
        unit.lock(of_book(name))
