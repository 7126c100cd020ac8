"""What was bought on spot stands at sites of its suppliers: every lot once, no site above its room."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from tests.market.made_spot import AFTER, BEFORE, CLASS, DAY, NARROW, SpotMarket, auction
from tests.market.test_spot import filled

from qipan.market.model.auction import Award, Fill, Outcome
from qipan.market.model.contract import HOUR
from qipan.market.model.delivery import SiteStep
from qipan.market.model.order import Side
from qipan.market.place import Placement, Supplier, place, suppliers
from qipan.market.service.placing import place_auction
from qipan.workflows.deliver import Delivering

START = datetime(2026, 3, 2, 16, tzinfo=UTC)


def outcome(fills):
    """Return what an auction came to: fills of hour, holder, supplier and lots, all at one hub and price."""
    awards, pairs = [], []
    for number, (hour, holder, supplier, lots) in enumerate(fills):
        ware = f"{CLASS}@ningxia/{DAY}T{hour:02d}"
        for name, member, side in ((f"b{number}", holder, Side.BUY), (f"o{number}", supplier, Side.SELL)):
            awards.append(Award(name, member, ware, side, lots, 1000, 0, 0, 0))
        pairs.append(Fill(f"b{number}", f"o{number}", lots))
    return Outcome(f"{CLASS}/{DAY}", (), tuple(awards), tuple(pairs), 0, 0, 0)


HOLDERS, SUPPLIERS = st.sampled_from(["east", "west"]), st.sampled_from(["north", "south"])
FILLS = st.lists(st.tuples(st.integers(0, 3), HOLDERS, SUPPLIERS, st.integers(1, 9)), min_size=1, max_size=12)


@given(FILLS, st.lists(st.integers(-2, 12), min_size=2, max_size=2))
def test_every_lot_stands_once_and_no_site_above_its_room(fills, room):
    found = outcome(fills)
    rooms = {one: {START + at * HOUR: {f"{one.member}-1": room[0], f"{one.member}-2": room[1]} for at in range(24)}
             for one in suppliers(found)}  # fmt: skip
    placed = place(found, rooms)
    held: Counter[tuple[datetime, str]] = Counter()
    got: Counter[str] = Counter()
    for one in placed.placements:
        for at in range((one.end - one.start) // HOUR):
            held[one.start + at * HOUR, one.site_id] += one.lots
            got[one.holder] += one.lots
    for (hour, site_id), lots in held.items():
        assert lots <= rooms[Supplier(site_id[:-2], "ningxia")][hour][site_id]
    asked: Counter[str] = Counter()
    for _, holder, _, lots in fills:
        asked[holder] += lots
    assert got.total() + sum(placed.without_site.values()) == asked.total()
    assert all(got[name] <= lots for name, lots in asked.items())
    bought: Counter[tuple[int, str]] = Counter()
    for hour, _, supplier, lots in fills:
        bought[hour, supplier] += lots
    lacking = sum(max(lots - sum(max(one, 0) for one in room), 0) for lots in bought.values())
    assert sum(placed.without_site.values()) == lacking


def test_hours_alike_are_one_placement():
    found = outcome(
        [(3, "east", "north", 2), (4, "east", "north", 2), (6, "east", "north", 2), (5, "east", "north", 3)]
    )
    rooms = {Supplier("north", "ningxia"): {START + at * HOUR: {"n": 4} for at in range(24)}}
    told = [(one.start, one.end, one.lots) for one in place(found, rooms).placements]
    assert told == [
        (START + 3 * HOUR, START + 5 * HOUR, 2),
        (START + 5 * HOUR, START + 6 * HOUR, 3),
        (START + 6 * HOUR, START + 7 * HOUR, 2),
    ]


def test_file_of_reservations_holds_what_was_bought_on_spot(books):
    made = SpotMarket(books)
    made.open_spot(auction(NARROW, 25), BEFORE)
    filled(made)
    step = SiteStep("west", "zhongwei", CLASS, "ningxia", START, 40, 10, "NC-9")
    with made.books.begin(caller="test") as unit:
        made.nominating.certify_site(unit, step, AFTER)
        placed = place_auction(unit, auction(NARROW, 25), made.spot.outcome(unit, made.name))
        nine = START + 9 * HOUR
        # Site has no certified site: its two lots have no place.
        assert placed == ((Placement(nine, nine + HOUR, "east", "zhongwei", 3, 1300),), {"site": 2})
        kept = []
        delivering = Delivering(made.deliveries, made.spot, None, lambda rows: kept.extend(rows) or b"")
        file = delivering.file(unit, START, START + 24 * HOUR, {CLASS: "H100"})
        assert (file.rows, dict(file.without_site)) == (1, {"site": 2})
        ((name, holder, site_id, model, units, fen),) = [
            (one.reservation_id, one.holder, one.site_id, one.card_model, one.units, one.price_fen_per_unit_h)
            for one in kept
        ]
        assert (name, holder, site_id, model, units) == (f"{CLASS}-{DAY}-1", "east", "zhongwei", "H100", 24.0)
        assert fen == 1300.0
        assert delivering.file(unit, nine + HOUR, nine + 2 * HOUR).rows == 0
