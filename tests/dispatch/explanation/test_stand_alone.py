"""What a region would have had alone is worked out by hand, and is never better than the common board at its prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.dispatch.prices.test_price import random_day
from tests.dispatch.programme.test_energy import with_energy

from qipan.dispatch.explanation.stand_alone import stand_alone
from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.model.stand_alone import StandAlone
from qipan.dispatch.plan import plan


def told_of(jobs: Jobs, board: Board, rules: Rules) -> dict[str, StandAlone]:
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    takes = reached.takes[classes.streams.sort]
    solved = plan(board, classes, rules, takes)
    return {one.region_id: one for one in stand_alone(board, classes, rules, takes, plan=solved)}


def test_region_that_sends_its_work_west_gains_what_the_price_is_lower_there(
    make_board: Any, make_jobs: Any, rules: Rules
) -> None:
    told = told_of(make_jobs({"quantity": 2.0, "requested_h": 3.0}), make_board(), rules)
    # 6 card-hours at 1.25 x 60 fen at home, or 1.2 x 40 fen in Ningxia, which asks what running costs it.
    east, west = told.values()
    assert (west.asked_unit_h, west.alone_fen, west.net_fen) == ({}, 0.0, 0.0)
    assert (east.region_id, east.name_zh, east.sites) == ("440000", "广东", 1)
    assert (east.alone_fen, east.net_fen) == pytest.approx((6 * 75.0, 6 * 48.0))
    assert (east.asked_unit_h, east.alone_unserved_unit_h, east.worse_tiers) == (
        {"intelligent": {"batch": 6.0}},
        {"intelligent": {"batch": 0.0}},
        (),
    )


def test_region_whose_site_is_full_of_dearer_work_earns_more_than_it_loses(
    make_board: Any, make_jobs: Any, rules: Rules
) -> None:
    # One slot; Ningxia's ten cards go to interactive work of Guangdong, whose own site has none.
    board = make_board(cards=(0.0, 10.0), day_slots=1, slots=1)
    jobs = make_jobs(
        {"quantity": 10.0, "origin": "440000", "tier": Tier.INTERACTIVE, "slack_h": 0.0},
        {"quantity": 4.0, "origin": "640000", "slack_h": 0.0},
    )
    told = told_of(jobs, board, rules)
    east, west = told["440000"], told["640000"]
    assert west.worse_tiers == ("batch",)
    assert (west.unserved_unit_h, west.alone_unserved_unit_h) == (
        {"intelligent": {"batch": 4.0}},
        {"intelligent": {"batch": 0.0}},
    )
    assert west.alone_fen == pytest.approx(4 * 48.0)
    assert west.net_fen < west.alone_fen
    assert (east.alone_fen, east.worse_tiers) == (pytest.approx(10 * 3000.0), ())
    assert east.net_fen <= east.alone_fen + 1e-6


def test_region_without_a_site_has_nothing_alone(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    board = make_board()
    far = replace(board.origins[0], origin_id="far", adcode="")
    board = replace(board, origins=(*board.origins, far), round_trip_ms=board.round_trip_ms[[0, 1, 0]])
    board = replace(board, transfer_fen_per_gb=board.transfer_fen_per_gb[[0, 1, 0]])
    far_told = told_of(make_jobs({"origin": "far"}), board, rules)["far"]
    assert (far_told.sites, far_told.alone_unserved_unit_h) == (0, {"intelligent": {"batch": 1.0}})
    assert far_told.alone_fen == pytest.approx(2000.0)


def test_region_without_work_pays_its_draw_at_no_load_alone_too(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    board = with_energy(make_board(), fixed_kw=np.ones((2, 6)))
    west = told_of(make_jobs({"quantity": 2.0}), board, rules)["640000"]
    # One kilowatt at 40 fen over six hours, or what the grid makes of it.
    assert west.alone_fen == pytest.approx(240.0)
    assert west.net_fen <= west.alone_fen + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_nobody_is_better_off_alone_at_the_common_prices(seed: int) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    for one in told_of(jobs, board, rules).values():
        assert one.net_fen <= one.alone_fen + 1e-6 * max(1.0, abs(one.alone_fen)), one
        for kind, by_tier in one.asked_unit_h.items():
            left = one.unserved_unit_h[kind]
            assert all(0.0 <= left[tier] <= asked + 1e-6 for tier, asked in by_tier.items())
