"""What trades where several volumes are optimal: pro rata, in whole lots, whoever finds the prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.market.model.auction import Network
from qipan.workflows.spot_volumes import Prices, share_volumes

FREE = Network(("a", "b", "c"), ((0, 0, 0),) * 3)


def at(price: float, hubs: int = 3, rent: tuple[float, ...] = ()) -> Prices:
    return Prices(np.full(hubs, price), np.full(hubs, price), np.array(rent))


def test_hubs_that_share_a_shortage_lack_the_same_share() -> None:
    flow = share_volumes(FREE, at(100.0), {(0, 100): 10, (1, 100): 20, (2, 100): 30}, {(0, 90): 30})
    assert flow.sum(axis=0).tolist() == [5, 10, 15]
    assert flow.sum(axis=1).tolist() == [30, 0, 0]


def test_a_lot_that_cannot_be_split_goes_to_one_hub_after_the_other_from_hour_to_hour_and_none_is_lost() -> None:
    bids = {(0, 100): 3, (1, 100): 3, (2, 100): 3}
    flows = [share_volumes(FREE, at(100.0), bids, {(2, 90): 5}, turn) for turn in range(3)]
    assert [flow.sum(axis=0).tolist() for flow in flows] == [[2, 2, 1], [1, 2, 2], [2, 1, 2]]


def test_a_million_lots_on_a_ring_are_shared_out_whole() -> None:
    share = []
    for link in range(5):
        ways = [[0] * 5 for _ in range(5)]
        for start in range(5):
            for end in range(5):
                length = (end - start) % 5
                if length:
                    ways[start][end] = 5 - length if (link - start) % 5 < length else -length
        share.append(tuple(map(tuple, ways)))
    ring = Network(tuple("abcde"), ((0,) * 5,) * 5, tuple("vwxyz"), (3_000_000,) * 5, tuple(share), 5)
    rng = np.random.default_rng(3)
    for turn in range(20):
        bids = {(hub, 100): int(rng.integers(1, 10**6)) for hub in range(5)}
        offers = {(hub, 100): int(rng.integers(1, 10**6)) for hub in range(5)}
        flow = share_volumes(ring, at(100.0, 5, (0.0,) * 5), bids, offers, turn)
        assert (flow == np.rint(flow)).all()
        assert flow.sum() == min(sum(bids.values()), sum(offers.values()))
        served = flow.sum(axis=0) / np.array([bids[hub, 100] for hub in range(5)])
        assert np.ptp(served) <= 2 / min(bids.values()) + 1e-9


def test_limits_better_than_the_price_trade_whole_and_worse_ones_do_not() -> None:
    bids = {(0, 120): 4, (1, 100): 6, (2, 80): 9}
    flow = share_volumes(FREE, at(100.0), bids, {(0, 70): 7, (1, 130): 9})
    assert flow.sum(axis=0).tolist() == [4, 3, 0]
    assert flow.sum(axis=1).tolist() == [7, 0, 0]


def test_each_hub_serves_itself_first() -> None:
    levels = {(0, 90): 4, (1, 90): 4}
    flow = share_volumes(FREE, at(100.0), {(0, 110): 4, (1, 110): 4}, levels)
    assert flow.tolist() == [[4, 0, 0], [0, 4, 0], [0, 0, 0]]


def test_a_flow_that_costs_more_than_is_paid_does_not_run() -> None:
    dear = Network(("a", "b"), ((0, 5), (5, 0)))
    prices = Prices(np.array([100.0, 104.0]), np.array([100.0, 104.0]), np.zeros(0))
    flow = share_volumes(dear, prices, {(1, 104): 6}, {(0, 90): 0, (0, 100): 6, (1, 104): 2})
    assert flow.tolist() == [[0, 0], [0, 2]]


def test_a_link_that_earns_is_full() -> None:
    narrow = Network(("a", "b"), ((0, 0), (0, 0)), ("a-b",), (3,), (((0, 1), (-1, 0)),))
    prices = Prices(np.array([50.0, 100.0]), np.array([50.0, 100.0]), np.array([50.0]))
    flow = share_volumes(narrow, prices, {(0, 50): 9, (1, 100): 9}, {(0, 50): 9, (1, 100): 2})
    assert flow.tolist() == [[6, 3], [0, 2]]


@pytest.mark.parametrize("levels", [{}, {(0, 90): 5}])
def test_without_bids_that_pay_nothing_runs(levels: dict[tuple[int, int], int]) -> None:
    prices = Prices(np.full(3, 50.0), np.full(3, 90.0), np.zeros(0))
    assert not share_volumes(FREE, prices, {(0, 50): 4}, levels).any()


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 40), min_size=4, max_size=4),
    st.lists(st.integers(0, 40), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=16, max_size=16),
)
def test_as_many_lots_trade_as_can_and_every_flow_is_whole(
    asked: list[int], offered: list[int], ways: list[bool]
) -> None:
    carried = np.where(np.reshape(ways, (4, 4)) | np.eye(4, dtype=bool), 0, 7)
    net = Network(("a", "b", "c", "d"), tuple(map(tuple, carried.tolist())))
    bids = {(hub, 100): lots for hub, lots in enumerate(asked)}
    offers = {(hub, 100): lots for hub, lots in enumerate(offered)}
    flow = share_volumes(net, at(100.0, 4), bids, offers)
    assert (flow == np.rint(flow)).all()
    assert (flow >= 0).all()
    assert (flow[carried > 0] == 0).all()
    assert (flow.sum(axis=0) <= asked).all()
    assert (flow.sum(axis=1) <= offered).all()
    # By the theorem of Hall, some set of hubs that bid keeps more from trading.
    most = min(
        sum(lots for hub, lots in enumerate(asked) if not cut >> hub & 1)
        + sum(
            lots for hub, lots in enumerate(offered) if any(cut >> to & 1 and carried[hub, to] == 0 for to in range(4))
        )
        for cut in range(16)
    )
    assert flow.sum() == most
