"""An auction in whole numbers: by hand, and flows on links beside a loop that knows no arrays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.market.auction import clear, group, serve, whole_fen, whole_lots
from qipan.market.model.auction import HOURS, Auction, Award, Fill, Found, Network, Price
from qipan.market.model.order import Order, Side

DAY = date(2026, 3, 3)
TWO = Network(("gui", "ningxia"), ((0, 0), (20, 0)))
THREE = ("a", "b", "c")


def auction(network=TWO, fee_bp=25):
    return Auction("a100", DAY, datetime(2026, 3, 2, 4, tzinfo=UTC), fee_bp, network)


def order(name, side, hub, hour, lots, fen, member="m"):
    return Order(name, member, f"a100@{hub}/{DAY}T{hour:02d}", Side[side.upper()], lots, fen)


def found(hubs=2, **told):
    """Return what dispatch found: nothing, but where a price of bids or offers, or a flow is told."""
    bid, offer = np.full((HOURS, hubs), np.nan), np.full((HOURS, hubs), np.nan)
    flow = np.zeros((HOURS, hubs, hubs))
    for whole, name in ((bid, "bid"), (offer, "offer"), (flow, "flow")):
        for place, value in told.get(name, {}).items():
            whole[place] = value
    return Found(bid, offer, flow)


def test_prices_are_whole_fen_and_half_goes_up():
    told = whole_fen(np.array([[12.4, 12.5, 12.5 - 1e-9], [12.4997, 0.0, np.nan]]))
    assert told.tolist() == [[12, 13, 13], [12, 0, 0]]
    assert told.dtype == np.int64


def test_flows_are_whole_lots_but_for_errors_of_rounding():
    told = whole_lots(TWO, np.array([[[8.0, 8.0 - 1e-7], [15.9, 16.1]]]))
    assert told.tolist() == [[[1, 1], [1, 2]]]
    assert told.dtype == np.int64


def line(capacity_lots, parts=1, share=None):
    """Return three hubs with one link between the first and the others."""
    whole = share or ((0, parts, parts), (-parts, 0, 0), (-parts, 0, 0))
    return Network(THREE, ((0,) * 3,) * 3, ("l",), (capacity_lots,), (whole,), parts)


def test_a_link_that_rounding_fills_too_much_gives_up_lots_of_what_fills_it_most():
    flow = np.array([[[0, 5.0, 4.0], [2.9, 0, 0], [2.9, 0, 0]]]) * 8
    # 5 + 4 - 2 - 2 is one more than 4: of equal ones the last gives it up.
    assert whole_lots(line(4, 2), flow).tolist() == [[[0, 5, 3], [2, 0, 0], [2, 0, 0]]]
    assert whole_lots(line(5, 2), flow).tolist() == [[[0, 5, 4], [2, 0, 0], [2, 0, 0]]]
    assert whole_lots(line(2, 2), flow).tolist() == [[[0, 5, 1], [2, 0, 0], [2, 0, 0]]]
    # The other direction.
    back = flow.transpose(0, 2, 1)
    assert whole_lots(line(4), back).tolist() == [[[0, 2, 2], [5, 0, 0], [3, 0, 0]]]
    # What crosses by a larger share gives up first; what is nothing gives up nothing.
    uneven = ((0, 2, 1), (-2, 0, 0), (-2, 0, 0))
    assert whole_lots(line(2, 2, uneven), flow).tolist() == [[[0, 4, 4], [2, 0, 0], [2, 0, 0]]]
    none = np.array([[[0, 5.0, 0], [0.9, 0, 0], [0.9, 0, 0]]]) * 8
    assert whole_lots(line(4), none).tolist() == [[[0, 4, 0], [0, 0, 0], [0, 0, 0]]]


@st.composite
def flows(draw):
    links = draw(st.integers(1, 3))
    parts = draw(st.integers(1, 4))
    share = tuple(
        tuple(tuple(0 if start == end else draw(st.integers(-parts, parts)) for end in range(3)) for start in range(3))
        for _ in range(links)
    )
    capacity = tuple(draw(st.integers(0, 12)) for _ in range(links))
    network = Network(THREE, ((0,) * 3,) * 3, tuple(f"l{i}" for i in range(links)), capacity, share, parts)
    eighths = draw(st.lists(st.integers(0, 80), min_size=18, max_size=18))
    return network, np.array(eighths, dtype=np.float64).reshape(2, 3, 3)


@given(flows())
def test_every_link_is_kept_as_a_loop_keeps_it(told):
    network, flow = told
    before = flow.copy()
    kept = whole_lots(network, flow).tolist()
    assert (flow == before).all()
    for hour in range(2):
        lots = {(a, b): int(Fraction(float(flow[hour, a, b])) // 8) for a in range(3) for b in range(3)}
        while True:
            crossing = [sum(share[a][b] * lots[a, b] for a, b in lots) for share in network.share]
            over = [i for i, one in enumerate(crossing) if abs(one) > network.capacity_lots[i] * network.parts]
            if not over:
                break
            sign, share = (1 if crossing[over[0]] > 0 else -1), network.share[over[0]]
            filling = {(a, b): sign * share[a][b] for (a, b), some in lots.items() if some}
            place = max(place for place, fills in filling.items() if fills == max(filling.values()))
            lots[place] -= 1
        assert kept[hour] == [[lots[a, b] for b in range(3)] for a in range(3)]


def test_orders_of_other_auctions_are_in_no_group():
    own = [order("b", "buy", "ningxia", 7, 1, 100), order("c", "buy", "ningxia", 7, 2, 90)]
    other = Order("x", "m", "a100@gui/2026-03-04T07", Side.BUY, 1, 100)
    sold = order("s", "sell", "gui", 7, 1, 100)
    assert group(auction(), [own[0], other, sold, own[1]]) == {(7, 1, Side.BUY): own, (7, 0, Side.SELL): [sold]}


def test_the_earlier_bid_is_served_by_the_earlier_offer():
    orders = [
        order("b1", "buy", "gui", 3, 4, 100),
        order("none", "buy", "gui", 3, 4, 100),
        order("b2", "buy", "gui", 3, 4, 100),
        order("s1", "sell", "gui", 3, 3, 90),
        order("empty", "sell", "gui", 3, 3, 90),
        order("s2", "sell", "gui", 3, 5, 90),
        order("s3", "sell", "ningxia", 3, 2, 90),
        order("b3", "buy", "ningxia", 5, 1, 90),
        order("s4", "sell", "ningxia", 5, 1, 90),
        order("b5", "buy", "gui", 6, 2, 90),
        order("b6", "buy", "ningxia", 6, 1, 90),
        order("s5", "sell", "gui", 6, 2, 90),
        order("s6", "sell", "ningxia", 6, 1, 90),
    ]
    lots = {
        "b1": 4,
        "none": 0,
        "b2": 4,
        "s1": 3,
        "empty": 0,
        "s2": 4,
        "s3": 1,
        "b3": 1,
        "s4": 1,
        "b5": 2,
        "b6": 1,
        "s5": 2,
        "s6": 1,
    }
    flow = np.zeros((HOURS, 2, 2), dtype=np.int64)
    flow[3, 0, 0], flow[3, 1, 0], flow[5, 1, 1] = 7, 1, 1
    flow[6] = [[1, 1], [1, 0]]
    assert serve(group(auction(), orders), lots, flow) == [
        Fill("b1", "s1", 3),
        Fill("b1", "s2", 1),
        Fill("b2", "s2", 3),
        Fill("b2", "s3", 1),
        Fill("b3", "s4", 1),
        Fill("b5", "s5", 1),
        Fill("b6", "s5", 1),
        Fill("b5", "s6", 1),
    ]
    assert lots["b1"] == 4


def test_an_auction_is_made_whole_to_the_fen():
    orders = [
        order("b1", "buy", "gui", 1, 3, 120, "east"),
        order("s1", "sell", "gui", 1, 2, 80, "west"),
        order("s2", "sell", "ningxia", 1, 4, 70, "north"),
        order("b2", "buy", "ningxia", 2, 2, 60, "east"),
        order("s3", "sell", "ningxia", 2, 1, 50, "north"),
        order("b3", "buy", "gui", 23, 1, 10, "east"),
    ]
    told = found(
        bid={(1, 0): 100.5, (2, 1): 55.0, (23, 0): 30.0},
        offer={(1, 0): 100.4, (1, 1): 75.6, (2, 1): 55.0},
        # 2 lots at home, and 1.9 of what comes from the other hub.
        flow={(1, 0, 0): 8.0, (1, 1, 0): 15.2, (2, 1, 1): 8.0},
    )
    done = clear(auction(fee_bp=25), orders, told)
    assert done.prices == (
        Price("a100@gui/2026-03-03T01", Side.BUY, 101),
        Price("a100@gui/2026-03-03T01", Side.SELL, 100),
        Price("a100@ningxia/2026-03-03T01", Side.SELL, 76),
        Price("a100@ningxia/2026-03-03T02", Side.BUY, 55),
        Price("a100@ningxia/2026-03-03T02", Side.SELL, 55),
        Price("a100@gui/2026-03-03T23", Side.BUY, 30),
    )
    assert done.awards == (
        Award("b1", "east", orders[0].instrument, Side.BUY, 2, 101, 1616 + 4, 4, 19 * 8),
        Award("s1", "west", orders[1].instrument, Side.SELL, 1, 100, -800 + 2, 2, 20 * 8),
        Award("s2", "north", orders[2].instrument, Side.SELL, 1, 76, -608 + 1, 1, 6 * 3 * 8),
        Award("b2", "east", orders[3].instrument, Side.BUY, 1, 55, 440 + 1, 1, 5 * 8),
        Award("s3", "north", orders[4].instrument, Side.SELL, 1, 55, -440 + 1, 1, 0),
        Award("b3", "east", orders[5].instrument, Side.BUY, 0, 30, 0, 0, 0),
    )
    assert done.fills == (Fill("b1", "s1", 1), Fill("b1", "s2", 1), Fill("b2", "s3", 1))
    assert done.auction == "a100/2026-03-03"
    # 8 card-hours from ningxia to gui at 20 fen; at home they cost nothing, and the two prices of gui differ by a fen.
    assert (done.transfer_fen, done.rent_fen, done.remainder_fen) == (160, (101 - 76) * 8 - 160 + 8, 0)
    assert done.payment_fen - done.revenue_fen == done.fee_fen + done.transfer_fen + done.rent_fen + done.remainder_fen


def test_an_auction_of_nobody_comes_to_nothing():
    done = clear(auction(), [], found())
    assert (done.prices, done.awards, done.fills) == ((), (), ())
    assert (done.transfer_fen, done.rent_fen, done.remainder_fen) == (0, 0, 0)


def test_flows_that_prices_do_not_back_are_refused():
    orders = [order("b", "buy", "gui", 0, 1, 100), order("s", "sell", "gui", 0, 1, 90)]
    told = found(bid={(0, 0): 101.0}, offer={(0, 0): 95.0}, flow={(0, 0, 0): 8.0})
    with pytest.raises(BadInputError) as raised:
        clear(auction(), orders, told)
    assert raised.value.code == "volume_unbacked"


def test_a_fee_beyond_the_value_is_refused():
    with pytest.raises(BadInputError) as raised:
        clear(auction(fee_bp=10_001), [], found())
    assert raised.value.code == "fee_bad"
