"""Made markets to watch: an honest one, whose members meet by chance, and what is planted in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from qipan.market.model.monitor import Deal, Hour, Limits
from qipan.market.model.order import Order, Side

LIMITS = Limits(
    hhi=1800,
    residual_supply=1,
    withheld_share=0.1,
    conduct_share=3,
    impact_share=2,
    reference_days=90,
    reference_offers=5,
    like_price_share=0.01,
    false_flag_share=0.01,
    permutations=199,
)
MARKET = "h100@gui"
BOOK = "h100@gui/2026-W20"
START = datetime(2026, 3, 1, 16, tzinfo=UTC)


def honest_deals(rng, count=300, members=12):
    """Return trades of members who meet at random."""
    names = [f"m-{number:02d}" for number in range(members)]
    deals = []
    for number in range(count):
        seller, buyer = rng.choice(names, 2, replace=False)
        day = f"2026-03-{1 + number * 20 // count:02d}"
        price = int(1000 + rng.normal(0, 5))
        deals.append(Deal(f"{BOOK}#{number}", MARKET, BOOK, day, seller, buyer, int(rng.integers(1, 6)), price))
    return deals


def washing(members, lots, days=("2026-03-05", "2026-03-06", "2026-03-07")):
    """Return trades in which members pass lots around a circle, day after day."""
    ends = list(zip(members, (*members[1:], members[0]), strict=True))
    return [
        Deal(f"{BOOK}#w{day}{number}", MARKET, BOOK, day, seller, buyer, lots, 1000)
        for day in days
        for number, (seller, buyer) in enumerate(ends)
    ]


def hour(at, offers, *, bids=((20, 2000),), price=1000, certified=None, forward=None, awarded=None):
    """Return an hour whose offers are lots and price by member; all of them are awarded unless told."""
    start = START + timedelta(hours=at)
    name = f"{MARKET}/{start:%Y-%m-%dT%H}"
    made = tuple(Order(f"o-{at}-{who}", who, name, Side.SELL, lots, fen) for who, (lots, fen) in offers.items())
    asked = tuple(Order(f"b-{at}-{n}", "buyer", name, Side.BUY, lots, fen) for n, (lots, fen) in enumerate(bids))
    got = {one.order_id: one.lots for one in made} if awarded is None else awarded
    return Hour(MARKET, start, price, asked, made, got, certified or {}, forward or {})


def seeded(seed=7):
    return np.random.default_rng(seed)
