"""What an auction traded is placed at the sites that its suppliers have certified."""

from __future__ import annotations

from qipan.kernel.time import Interval
from qipan.market.model.auction import Auction, Outcome
from qipan.market.model.contract import CARDS_PER_LOT, HOUR
from qipan.market.place import Placed, Room, Supplier, place, suppliers
from qipan.market.service.capacity import Holding, free_of_sites
from qipan.storage.books import UnitOfWork


def place_auction(unit: UnitOfWork, auction: Auction, outcome: Outcome) -> Placed:
    """Return where what an auction traded is served: at sites, as far as nothing else was promised of them by name."""
    return place(outcome, {one: _room(unit, auction, one) for one in suppliers(outcome)})


def _room(unit: UnitOfWork, auction: Auction, supplier: Supplier) -> Room:
    whose = Holding(supplier.member, auction.card_class, supplier.hub_id)
    free = free_of_sites(unit, whose, Interval(auction.window.start, auction.window.end))
    count = (auction.window.end - auction.window.start) // HOUR
    return {
        auction.window.start + at * HOUR: {name: int(cards[at]) // CARDS_PER_LOT for name, cards in free.items()}
        for at in range(count)
    }
