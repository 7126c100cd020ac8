"""Spot auctions cleared by dispatch: golden prices, identities on random ones, the network of the facts, tampering."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
import sqlalchemy as sa
from benchmarks.prove_clearings import wrong_in
from benchmarks.random_auction import random_auction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market.made_spot import AFTER, BEFORE, NARROW, SpotMarket, auction, bid, offer

from qipan.dispatch.model.board import Link
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError
from qipan.market.auction import clear
from qipan.market.model.auction import Auction, Network
from qipan.market.model.order import Order, Side
from qipan.storage.books import Books
from qipan.workflows.clear_spot import find
from qipan.workflows.spot_network import network_of

GRID = Network(
    ("n-1", "n-2", "n-3"),
    ((0, 0, 0),) * 3,
    ("1-2", "1-3", "2-3"),
    (5000, 5000, 5000),
    # Of three equal lines in a ring, two thirds of a flow between neighbours take the short way.
    (
        ((0, 2, 1), (-2, 0, -1), (-1, 1, 0)),
        ((0, 1, 2), (-1, 0, 1), (-2, -1, 0)),
        ((0, -1, 1), (1, 0, 2), (-1, -2, 0)),
    ),
    3,
)
"""A ring of three equal lines, as ASSUME's nodal test has it."""
HOURS = ((2400, 2400, 17400), (4400, 4400, 14400), (2400, 2400, 16400))
"""What is bid for at each node at any price, in each hour."""


def nodal() -> tuple[Auction, list[Order]]:
    """Return the auction of ASSUME's nodal tests: 30 offers of 1,000 at 5 to 34; in the third hour a store besides."""
    made = Auction("mw", date(2026, 3, 3), datetime(2026, 3, 2, tzinfo=UTC), 0, GRID)
    orders = []
    for hour, asked in enumerate(HOURS):
        for hub, lots in enumerate(asked):
            orders.append(Order(f"b-{hour}-{hub}", "b", made.instrument(hub, hour), Side.BUY, lots, 300_000))
        for price in range(5, 35):
            name, hub = f"g-{hour}-{price}", (price - 5) // 10
            orders.append(Order(name, "g", made.instrument(hub, hour), Side.SELL, 1000, price * 100))
    orders.append(Order("store-out", "s", made.instrument(0, 2), Side.SELL, 1000, 500))
    orders.append(Order("store-in", "s", made.instrument(2, 2), Side.BUY, 1000, 5000))
    return made, orders


def test_assume_nodal_cases_have_the_published_prices_and_flows() -> None:
    made, orders = nodal()
    found = find(made, orders)
    told = {one.instrument: one.fen_per_card_h for one in clear(made, orders, found).prices if one.side is Side.SELL}
    prices = [[told[made.instrument(hub, hour)] for hub in range(3)] for hour in range(3)]
    assert prices[0] == [1200, 2200, 3200]
    # Here several prices are optimal: node 3 may cost 29 to 30, and ASSUME's 17, 23, 29 is an end of the range.
    assert prices[1] == [1650, 2300, 2950]
    assert prices[2] == [1100, 2150, 3200]
    lots = np.rint(found.flow_card_h / 8).astype(int)
    share = np.array(GRID.share)
    crossing = [(share * lots[hour]).sum(axis=(1, 2)) // 3 for hour in range(3)]
    # In the first hour 22 is the mean of 12 and 32, so many volumes are optimal: ASSUME sells 7600, 7000 and 7600, our
    # rule 400 of each 1,000 at the price.
    assert [list(map(int, one)) for one in crossing] == [[0, 5000, 5000], [600, 5000, 4400], [200, 5000, 4800]]
    outcome = clear(made, orders, found)
    sold = Counter({})
    for one in outcome.awards:
        if one.side is Side.SELL:
            sold[one.instrument] += one.lots
    assert [sold[made.instrument(hub, 0)] for hub in range(3)] == [7400, 7400, 7400]
    assert [sold[made.instrument(hub, 1)] for hub in range(3)] == [10000, 8200, 5000]
    assert outcome.payment_fen == outcome.revenue_fen + outcome.rent_fen


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_random_auctions_keep_every_identity_whoever_solves_them(seed: int) -> None:
    rng = np.random.default_rng([3, seed])
    made, orders = random_auction(rng)
    assert wrong_in(made, orders, rng, Counter()) == []


def test_an_auction_that_kept_the_rule_of_prices_busy_is_final() -> None:
    rng = np.random.default_rng([11, 468])
    made, orders = random_auction(rng)
    assert wrong_in(made, orders, rng, Counter()) == []


def test_a_hub_that_buys_nothing_is_told_its_best_bid_and_one_that_sells_nothing_its_best_offer() -> None:
    made = auction()
    bids = [bid("b-1", "east", 3, 800), bid("b-2", "north", 3, 700)]
    offers = [offer("o-1", "west", 3, 900), offer("o-2", "site", 3, 950), offer("o-3", "site", 1, 100, hour=3)]
    outcome = clear(made, [*bids, *offers], find(made, [*bids, *offers]))
    assert [(one.side.name, one.fen_per_card_h) for one in outcome.prices] == [
        ("SELL", 100),
        ("BUY", 800),
        ("SELL", 900),
    ]
    assert not any(one.lots for one in outcome.awards)


def test_networks_of_the_facts_ask_by_distance_and_carry_whole_lots() -> None:
    catalog = Catalog.load(None)
    hubs = ("guizhou", "ningxia", "yangtze_delta")
    net = network_of(hubs, catalog, date(2026, 3, 3), gb_per_card_h=10.0)
    asked = np.array(net.transfer_fen_per_card_h)
    assert (np.diag(asked) == 0).all()
    assert (asked[~np.eye(3, dtype=bool)] > 0).all()
    assert net.links == ()
    links = (
        Link("g-n", "guizhou", "ningxia", 500.0, 1200.0),
        Link("n-y", "ningxia", "yangtze_delta", None, 1700.0),
    )
    limited = network_of(hubs, catalog, date(2026, 3, 3), gb_per_card_h=10.0, links=links)
    assert (limited.links, limited.capacity_lots, limited.parts) == (("g-n",), (6,), 1)
    share = np.array(limited.share[0])
    # Work of ningxia and of the delta reaches guizhou over the link, and the other way round with the other sign.
    assert (np.abs(share) == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]).all()
    assert (share == -share.T).all()
    with pytest.raises(NotFoundError) as unknown:
        network_of(("gui",), catalog, date(2026, 3, 3))
    assert unknown.value.code == "hub_unknown"
    with pytest.raises(BadInputError) as unfit:
        network_of(hubs, catalog, date(2026, 3, 3), gb_per_card_h=0.0)
    assert unfit.value.code == "data_unfit"


def test_indicative_prices_settle_nothing() -> None:
    made, orders = auction(), [bid("b-1", "east", 1, 900), offer("o-1", "west", 1, 800)]

    def indicative(day):
        from qipan.dispatch.plan import plan

        return replace(plan(*day), is_final=False)

    with pytest.raises(RuleBrokenError) as raised:
        find(made, orders, indicative)
    assert raised.value.code == "price_indicative"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("UPDATE spot_award SET paid_fen = paid_fen + 1 WHERE number = 1", "clearing_differs"),
        ("UPDATE spot_price SET fen_per_card_h = fen_per_card_h + 1", "clearing_differs"),
        ("UPDATE spot_request SET record = replace(record, '1500', '1501')", "request_differs"),
        ("UPDATE spot_auction SET fee_bp = 0", "auction_differs"),
    ],
)
def test_what_was_changed_behind_the_back_is_found(books: Books, change: str, rule: str) -> None:
    market = SpotMarket(books)
    market.open_spot(auction(NARROW, 25), BEFORE)
    market.enter(BEFORE, bid("b-1", "east", 5, 1500), offer("o-1", "west", 10, 1000), offer("o-2", "site", 4, 1300,
                                                                                           "guizhou"))  # fmt: skip
    market.clear(AFTER)
    assert market.wrong() == ()
    with books.begin() as unit:
        table = change.split()[1]
        unit.execute(sa.text(f"DROP TRIGGER {table}_no_update"))
        unit.execute(sa.text(change))
    assert rule in {one.rule for one in market.wrong()}
