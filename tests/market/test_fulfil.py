"""What a delivered book comes to: lots, card-hours and fen are conserved whatever was told, failed or bought in."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.market.cascade import pairs
from qipan.market.fulfil import fulfil, hours, owed, price_fen, reserve, serve, supplied
from qipan.market.model.contract import HOUR, Instrument, Window
from qipan.market.model.delivery import Delivery, Failure, Supply

WARE = Instrument("h100", "gui", Window.named("2026-03-03"))
START = WARE.window.start
HOURS = hours(START, WARE.window.end)
MARK = 1000
NAMES = ["a", "b", "c", "d"]
SITES = ["north", "south"]


@st.composite
def positions(draw):
    """Return positions that sum to zero."""
    lots = draw(st.lists(st.integers(-6, 6), min_size=3, max_size=3))
    return dict(zip(NAMES, [*lots, -sum(lots)], strict=True))


@st.composite
def words(draw):
    """Return words on supply: nominations and buy-ins, in hours of the day."""
    found = []
    for number in range(draw(st.integers(0, 6))):
        first = draw(st.integers(0, 23))
        end = draw(st.integers(first + 1, 24))
        price = draw(st.sampled_from([None, None, 800, 1300]))
        member, site = draw(st.sampled_from([*NAMES, "x"])), draw(st.sampled_from(SITES))
        span = START + first * HOUR, START + end * HOUR
        found.append(Supply(f"w{number}", member, WARE.name, site, *span, draw(st.integers(0, 7)), price))
    return found


@st.composite
def cases(draw):
    held, said = draw(positions()), draw(words())
    failures = []
    for one in said:
        if one.lots and draw(st.booleans()):
            failures.append(Failure(one.member, one.site_id, one.start, one.end, draw(st.integers(1, one.lots))))
    spot = {hour: draw(st.sampled_from([700, 1500])) for hour in draw(st.sets(st.sampled_from(HOURS), max_size=4))}
    return held, said, Delivery(WARE.name, tuple(failures), spot, {})


@settings(max_examples=40)
@given(cases())
def test_every_fen_paid_ahead_or_by_who_failed_goes_to_somebody(case):
    held, said, told = case
    ahead = price_fen(reserve(WARE, 1, held, said), MARK)
    found = fulfil(WARE.window, held, said, told, fen_per_card_h=MARK)
    assert sum(found.paid_fen.values()) + found.house_fen == sum(ahead.values())
    assert found.house_fen >= 0
    assert all(card_h > 0 for card_h in (*found.failed_card_h.values(), *found.unserved_card_h.values()))
    # What buyers lack is what sellers failed, less what was bought in and came.
    in_lots = sum(one.lots for hour in HOURS for one in supplied(held, said, hour) if one.fen_per_card_h is not None)
    failed, lacking = sum(found.failed_card_h.values()), sum(found.unserved_card_h.values())
    assert failed - 8 * in_lots <= lacking <= failed
    # Who neither bought, sold nor supplied pays nothing; a buyer never pays more than ahead.
    for member, fen in found.paid_fen.items():
        if held.get(member, 0) >= 0:
            assert fen >= 0


@settings(max_examples=25)
@given(positions(), words())
def test_reservations_are_what_each_hour_serves_and_no_more_than_is_owed(held, said):
    found = reserve(WARE, 7, held, said)
    assert len({one.reservation_id for one in found}) == len(found)
    for hour in HOURS:
        of_hour = sorted((one.member, one.site_id, one.lots) for one in found if one.start <= hour < one.end)
        assert of_hour == sorted((one.member, one.site_id, one.lots) for one in serve(held, said, hour))
        came = sum(one.lots for one in supplied(held, said, hour))
        assert sum(lots for _, _, lots in of_hour) == came <= sum(owed(held).values())


@given(positions())
def test_pairs_use_positions_up(held):
    found = pairs(held)
    for member, lots in held.items():
        bought = sum(n for long, _, n in found if long == member)
        sold = sum(n for _, short, n in found if short == member)
        assert (bought, sold) == (max(lots, 0), max(-lots, 0))


def test_whole_day_of_one_supply_is_one_reservation_and_a_change_makes_another():
    held = {"a": 2, "b": -2}
    whole = Supply("w", "b", WARE.name, "north", START, WARE.window.end, 2)
    (one,) = reserve(WARE, 3, held, [whole])
    assert (one.reservation_id, one.start, one.end, one.lots) == ("a3-1", START, WARE.window.end, 2)
    less = Supply("v", "b", WARE.name, "north", START + 5 * HOUR, START + 6 * HOUR, 1)
    assert [(r.lots, (r.end - r.start) // HOUR) for r in reserve(WARE, 3, held, [whole, less])] == [
        (2, 5),
        (1, 1),
        (2, 18),
    ]
    assert price_fen(reserve(WARE, 3, held, [whole, less]), 10) == {"a": 10 * 8 * (2 * 23 + 1)}


def test_two_sellers_that_fail_share_the_cost_of_one_buy_in():
    held = {"a": 4, "b": -3, "c": -1}
    hour = Instrument("h100", "gui", Window.named("2026-03-03T05"))
    span = hour.window.start, hour.window.end
    words = [Supply("n", "b", hour.name, "north", *span, 1), Supply("in", "x", hour.name, "south", *span, 2, 1300)]
    told = Delivery(hour.name, (), {hour.window.start: 1600}, {})
    found = fulfil(hour.window, held, words, told, fen_per_card_h=MARK)
    # Of three lots that lack two are bought in: 4/3 and 2/3 of them, rounded by name to two and none.
    assert found.paid_fen == {
        "a": 8 * 600,
        "b": 8 * MARK - 2 * 8 * 300,
        "c": -8 * 600,
        "x": 2 * 8 * 1300,
    }
    assert (found.failed_card_h, found.unserved_card_h) == ({"b": 16, "c": 8}, {"a": 8})
