"""Draw small spot auctions with many ties: few limits, round prices of carriers, links that fill up, in shares."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from qipan.market.model.auction import Auction, Network
from qipan.market.model.order import Order, Side

DAY = date(2026, 3, 3)
GATE = datetime(2026, 3, 2, 4, tzinfo=UTC)


def random_auction(rng: np.random.Generator) -> tuple[Auction, list[Order]]:
    """Draw an auction of 1 to 4 hubs, one or two hours, and up to 24 orders; a few of very many lots."""
    times = int(rng.choice([1, 1, 1, 1, 1000, 100_000]))
    hubs = tuple(f"hub-{number}" for number in range(int(rng.integers(1, 5))))
    auction = Auction("h100", DAY, GATE, int(rng.choice([0, 0, 25, 100])), _network(rng, hubs, times))
    hours = rng.choice(24, int(rng.integers(1, 3)), replace=False).tolist()
    width = int(rng.choice([3, 10, 60]))
    orders = []
    for number in range(int(rng.integers(1, 25))):
        side = Side.BUY if rng.random() < 0.5 else Side.SELL
        hub, hour = int(rng.integers(len(hubs))), int(rng.choice(hours))
        # Offers lie a little lower, so that most auctions trade.
        fen = 100 + int(rng.integers(width)) - (width // 3 if side is Side.SELL else 0)
        member = f"{side.name.lower()}-{int(rng.integers(3))}"
        orders.append(
            Order(f"o-{number}", member, auction.instrument(hub, hour), side, int(rng.integers(1, 9 * times)), fen),
        )
    return auction, orders


def _network(rng: np.random.Generator, hubs: tuple[str, ...], times: int) -> Network:
    """Draw prices of carriers, and up to three links that all flows cross in shares, against each other with a sign."""
    count = len(hubs)
    asked = rng.choice([0, 0, 1, 2, 5, 12], size=(count, count))
    np.fill_diagonal(asked, 0)
    transfer = tuple(map(tuple, asked.tolist()))
    links = int(rng.choice([0, 0, 1, 2, 3]))
    if count < 2 or not links:
        return Network(hubs, transfer)
    parts = int(rng.choice([1, 1, 2, 3]))
    # As on a grid, a flow crosses a link by what its ends do to it, so flows that pass on add up.
    pull = rng.integers(-parts, parts + 1, size=(links, count))
    share = pull[:, :, None] - pull[:, None, :]
    return Network(
        hubs,
        transfer,
        tuple(f"link-{number}" for number in range(links)),
        tuple(int(lots) * times for lots in rng.choice([0, 1, 2, 3, 5, 12], size=links)),
        tuple(tuple(map(tuple, link)) for link in share.tolist()),
        parts,
    )
