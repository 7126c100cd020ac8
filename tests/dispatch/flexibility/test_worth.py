"""What flexibility is worth: by hand, and never less than nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dispatch.flexibility.test_answer import instance_of

from qipan.dispatch.flexibility.worth import split_by_end, worth
from qipan.dispatch.model.board import Pool
from qipan.dispatch.model.job import Tier
from qipan.dispatch.plan import plan
from qipan.kernel.resources import Kind

BY_POOL = ("capacity", "it_kw_per_unit", "opex_fen_per_unit_h")


def test_waiting_is_worth_the_difference_of_the_hours(make_board, make_jobs, rules) -> None:
    prices = np.array([[900.0] * 6, [90.0, 40.0, 90.0, 90.0, 90.0, 90.0]])
    board = make_board(pue=(1.0, 1.0), price_fen_per_kwh=prices)
    jobs = make_jobs({"quantity": 2.0, "slack_h": 1.0, "origin": "640000"})
    by_tier = {one.tier: one for one in worth(jobs, instance_of(jobs, board, rules))}
    assert by_tier["batch"].wait_fen == pytest.approx(2.0 * 50.0)
    assert by_tier["batch"].work_unit_h == pytest.approx(2.0)
    assert by_tier["batch"].energy_kwh == pytest.approx(2.0)
    # Its home is the cheap site, so leaving is worth nothing.
    assert by_tier["batch"].leave_region_fen == pytest.approx(0.0, abs=1e-6)
    assert by_tier.keys() == {"batch"}


def test_leaving_is_worth_the_difference_of_the_places(make_board, make_jobs, rules) -> None:
    jobs = make_jobs({"quantity": 2.0, "slack_h": 0.0}, {"quantity": 1.0, "slack_h": 0.0, "tier": Tier.OFFLINE})
    told = worth(jobs, instance_of(jobs, make_board(pue=(1.0, 1.0)), rules))
    by_tier = {one.tier: one for one in told}
    assert by_tier["batch"].leave_region_fen == pytest.approx(2.0 * 20.0)
    assert by_tier["batch"].leave_macro_fen == pytest.approx(2.0 * 20.0)
    assert by_tier["offline"].leave_region_fen == pytest.approx(20.0)
    assert by_tier["batch"].leave_region_lost_fen == 0.0


def test_worth_tells_kinds_apart(make_board, make_jobs, rules) -> None:
    board = make_board(pue=(1.0, 1.0))
    cores = tuple(Pool(f"{site}-cores", at, Kind.GENERAL, "") for at, site in enumerate(("gz", "nx")))
    twice = {name: np.concatenate([getattr(board, name)] * 2) for name in BY_POOL}
    board = replace(board, pools=(*board.pools, *cores), **twice)
    jobs = make_jobs({"quantity": 2.0, "slack_h": 0.0}, {"quantity": 3.0, "slack_h": 0.0, "kind": Kind.GENERAL})
    told = worth(jobs, instance_of(jobs, board, rules))
    assert [(one.kind, one.tier, one.work_unit_h) for one in told] == [
        ("intelligent", "batch", pytest.approx(2.0)),
        ("general", "batch", pytest.approx(3.0)),
    ]
    assert [one.leave_region_fen for one in told] == pytest.approx([2.0 * 20.0, 3.0 * 20.0])


def test_leaving_saves_work_that_home_has_no_room_for(make_board, make_jobs, rules) -> None:
    board = make_board(pue=(1.0, 1.0), cards=(1.0, 10.0))
    jobs = make_jobs({"quantity": 2.0, "slack_h": 0.0})
    one = next(one for one in worth(jobs, instance_of(jobs, board, rules)) if one.tier == "batch")
    assert one.leave_region_lost_fen == pytest.approx(2000.0)
    assert one.leave_region_fen == pytest.approx((60.0 + 2000.0) - 2 * 40.0)


def test_split_classes_hold_the_same_work(make_board, make_jobs, rules) -> None:
    board = make_board()
    jobs = make_jobs(
        {"quantity": 2.0, "requested_h": 1.0, "slack_h": 2.0}, {"quantity": 3.0, "requested_h": 2.0, "slack_h": 1.0}
    )
    whole = instance_of(jobs, board, rules).classes
    split, ends = split_by_end(jobs, board, whole)
    assert (len(whole), len(split)) == (1, 2)
    assert split.demand_unit_h.sum() == pytest.approx(whole.demand_unit_h.sum())
    assert split.width.sum() == pytest.approx(whole.width.sum())
    assert sorted(ends.tolist()) == [1, 2]
    assert split.of_job.tolist() == [0, 1]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_flexibility_is_worth_less_than_nothing(make_board, make_jobs, rules, data) -> None:
    rows = data.draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "submit_h": st.sampled_from([0.0, 0.5, 1.0, 2.25]),
                    "quantity": st.integers(1, 6).map(float),
                    "requested_h": st.sampled_from([0.5, 1.0, 1.75]),
                    "slack_h": st.sampled_from([0.0, 1.0, 3.0]),
                    "tier": st.sampled_from([Tier.INTERACTIVE, Tier.BATCH, Tier.OFFLINE]),
                    "origin": st.sampled_from(["440000", "640000"]),
                    "data_gb": st.sampled_from([0.0, 2.0]),
                }
            ),
            min_size=1,
            max_size=8,
        )
    )
    prices = data.draw(st.lists(st.integers(1, 99), min_size=12, max_size=12))
    board = make_board(price_fen_per_kwh=np.array(prices, dtype=float).reshape(2, 6), cards=(6.0, 6.0))
    jobs = make_jobs(*rows)
    instance = instance_of(jobs, board, rules)
    least = plan(*instance).objective_fen
    for one in worth(jobs, instance):
        assert min(one.wait_fen, one.leave_region_fen, one.leave_macro_fen) >= 0.0
        assert one.leave_region_fen >= one.leave_macro_fen - 1e-6 * max(least, 1.0)
