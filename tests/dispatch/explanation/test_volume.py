"""Work of the east is excluded, moved or held back, each hour once, by the reason that a reader can check by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.explanation.volume import volumes
from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules, TierRule
from qipan.dispatch.model.job import DataClass, Jobs, Tier, Workload
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.model.volume import Volume
from qipan.dispatch.placement.place import place
from qipan.dispatch.plan import plan
from qipan.kernel.resources import Kind

HOLDS = ("moved_unit_h", "price_unit_h", "nearness_unit_h", "room_unit_h")


def volumes_of(jobs: Jobs, board: Board, rules: Rules) -> tuple[Volume, ...]:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    found = place(jobs, board, rules, reached, refused=refused, plan=solved)
    return volumes(jobs, board, rules, reached, found=found, plan=solved)


def held(row: Volume) -> dict[str, float]:
    return {name: getattr(row, name) for name in HOLDS if getattr(row, name)}


def near(rules: Rules, fen: float) -> Rules:
    return replace(rules, tiers=tuple(replace(tier, nearness_fen_per_unit_h_ms=fen) for tier in rules.tiers))


def test_volumes_of_work_that_is_cheaper_in_the_west_is_moved(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    (row,) = volumes_of(make_jobs({"quantity": 2.0, "requested_h": 3.0}), make_board(), rules)
    assert (row.kind, row.tier, row.workload, row.data_class) == ("intelligent", "batch", "training", "free")
    assert (row.jobs, row.asked_unit_h, row.eligible_unit_h, row.standard_unit_h) == (1, 6.0, 6.0, 6.0)
    assert held(row) == {"moved_unit_h": 6.0}


def test_volumes_leave_out_work_of_the_west(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    assert volumes_of(make_jobs({"origin": "640000"}), make_board(), rules) == ()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"data_class": DataClass.REGION}, "data_may_not_leave"),
        ({"tier": Tier.REALTIME}, "too_far"),
        ({"kind": Kind.GENERAL}, "no_such_resource"),
        ({"quantity": 11.0}, "too_large"),
        ({"slack_h": -1.0}, "window_too_short"),
    ],
)
def test_volumes_name_the_limit_that_excludes_the_west(
    make_board: Any, make_jobs: Any, rules: Rules, changed: dict[str, Any], reason: str
) -> None:
    board = make_board(cards=(20.0, 10.0))
    (row,) = volumes_of(make_jobs(changed), board, rules)
    assert row.excluded_unit_h == {reason: row.asked_unit_h}
    assert (row.eligible_unit_h, held(row)) == (0.0, {})


def test_volumes_held_by_price_where_the_west_costs_more(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    (row,) = volumes_of(make_jobs({}), make_board(price_fen_per_kwh=(40.0, 60.0)), rules)
    assert held(row) == {"price_unit_h": 1.0}
    # Energy is cheaper in the west, moving ten gigabytes undoes it.
    (row,) = volumes_of(make_jobs({"data_gb": 20.0}), make_board(), rules)
    assert held(row) == {"price_unit_h": 1.0}


def test_volumes_held_by_nearness_where_distance_alone_undoes_the_gain(
    make_board: Any, make_jobs: Any, rules: Rules
) -> None:
    # The west saves 75 - 48 = 27 fen an hour and is 28 ms farther.
    (row,) = volumes_of(make_jobs({}), make_board(), near(rules, 1.0))
    assert held(row) == {"nearness_unit_h": 1.0}
    (row,) = volumes_of(make_jobs({}), make_board(), near(rules, 0.9))
    assert held(row) == {"moved_unit_h": 1.0}


def test_volumes_held_by_room_where_the_west_is_full(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(*({"quantity": 5.0, "requested_h": 2.0, "slack_h": 0.0} for _ in range(4)))
    (row,) = volumes_of(jobs, make_board(), rules)
    assert held(row) == {"moved_unit_h": 20.0, "room_unit_h": 20.0}
    assert row.standard_unit_h == 40.0


def test_volumes_held_by_room_where_power_is_what_lacks(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(*({"quantity": 5.0, "slack_h": 0.0} for _ in range(2)))
    (row,) = volumes_of(jobs, make_board(power_cap_kw=(math.inf, 6.0)), rules)
    assert (row.price_unit_h, row.nearness_unit_h, row.standard_unit_h) == (0.0, 0.0, 10.0)
    assert row.room_unit_h >= 5.0


def test_volumes_of_work_that_no_site_had_room_for_lack_room(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(*({"quantity": 10.0, "slack_h": 0.0} for _ in range(3)))
    (row,) = volumes_of(jobs, make_board(), rules)
    assert held(row) == {"moved_unit_h": 10.0, "room_unit_h": 20.0}


def test_volumes_stand_in_order_of_tier_workload_and_data_class(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(
        {"tier": Tier.OFFLINE, "workload": Workload.SCIENTIFIC},
        {"tier": Tier.BATCH, "workload": Workload.RENDERING, "data_class": DataClass.PROVINCE},
        {"tier": Tier.BATCH, "workload": Workload.RENDERING},
    )
    rows = volumes_of(jobs, make_board(), rules)
    assert [(row.tier, row.workload, row.data_class) for row in rows] == [
        ("batch", "rendering", "free"),
        ("batch", "rendering", "province"),
        ("offline", "scientific", "free"),
    ]


ASKED = st.fixed_dictionaries(
    {
        "origin": st.sampled_from(["440000", "640000"]),
        "tier": st.sampled_from(list(Tier)),
        "workload": st.sampled_from(list(Workload)),
        "data_class": st.sampled_from(list(DataClass)),
        "quantity": st.sampled_from([0.5, 2.0, 6.0, 12.0]),
        "requested_h": st.sampled_from([0.5, 2.0, 8.0]),
        "slack_h": st.sampled_from([-1.0, 0.0, 3.0, 24.0]),
        "data_gb": st.sampled_from([0.0, 30.0]),
    }
)


@settings(max_examples=40)
@given(rows=st.lists(ASKED, max_size=12), fen=st.sampled_from([0.0, 0.5, 2.0]), cap_kw=st.sampled_from([6.0, math.inf]))
def test_volumes_count_every_hour_of_the_east_once(
    make_board: Any, make_jobs: Any, rows: list[dict[str, Any]], fen: float, cap_kw: float
) -> None:
    limits = (20.0, 40.0, 100.0, math.inf)
    jobs = make_jobs(*rows)
    told = volumes_of(
        jobs, make_board(power_cap_kw=(math.inf, cap_kw)), Rules(tuple(TierRule(limit, fen, 2e3) for limit in limits))
    )
    east = jobs.origin == "440000"
    assert sum(row.jobs for row in told) == east.sum()
    assert sum(row.asked_unit_h for row in told) == pytest.approx(float(np.sum(jobs.work_unit_h[east])))
    for row in told:
        assert row.asked_unit_h == pytest.approx(row.eligible_unit_h + sum(row.excluded_unit_h.values()))
        assert row.eligible_unit_h == pytest.approx(sum(getattr(row, name) for name in HOLDS))
        assert row.standard_unit_h == row.moved_unit_h + row.room_unit_h
