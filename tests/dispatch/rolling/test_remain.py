"""What a re-plan has left of a board on which work runs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.dispatch.conftest import BoardMaker, JobsMaker
from tests.dispatch.rolling.conftest import metered

from qipan.dispatch.model.board import Board, Pool, Rules
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.model.roll import Case, Errors, RollTerms
from qipan.dispatch.placement.choose import empty_seat
from qipan.dispatch.rolling.foresee import draw_drifts
from qipan.dispatch.rolling.roll import arrive, begin, pin_if_due, prepare, replan
from qipan.dispatch.solver.approach import Approach
from qipan.kernel.resources import Kind

TERMS = RollTerms(watches=False)
RUNS = {"requested_h": 3.0, "slack_h": 0.0, "quantity": 6.0}
WAITS = {"submit_h": 0.5, "slack_h": 0.0, "quantity": 8.0, "kind": Kind.GENERAL}


def two_pools(board: Board) -> Board:
    """Put both pools of a board, one of cards and one of processors, into its first site."""
    pools = (board.pools[0], Pool("gz-cores", 0, Kind.GENERAL, ""))
    return replace(board, pools=pools)


def replanned(board: Board, jobs: JobsMaker, rules: Rules, hour: float) -> tuple[Instance, Approach]:
    """Start `RUNS` as the board opens, and plan anew at an hour, in which `WAITS` is known."""
    drifts = draw_drifts(Errors(), len(board.sites), board.slot_count, np.random.default_rng(0))
    desk = prepare(Case(jobs(RUNS, WAITS), board, board, drifts, rules, np.array([board.start_s])), TERMS)
    state = begin(desk)
    replan(desk, state, board.start_s)
    arrive(desk, state, empty_seat(board.slot_count), 0)
    pin_if_due(desk, state, 0)
    state.waiting.append(1)
    return replan(desk, state, board.start_s + 3600.0 * hour)


def test_replan_leaves_the_power_of_running_work_to_it(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = two_pools(make_board(power_cap_kw=(12.5, math.inf)))
    instance, found = replanned(board, make_jobs, rules, 1.0)
    # Six of ten units run until three, at 1.25 kW each.
    assert_allclose(instance.board.room_kw[0], [5.0, 5.0, 12.5, 12.5, 12.5])
    assert_allclose(instance.board.capacity[0], [4.0, 4.0, 10.0, 10.0, 10.0])
    assert_allclose(instance.board.capacity[1], 10.0)
    assert (found.plan.supply_unit_h.sum(axis=0) * 1.25 <= instance.board.room_kw[0] * (1.0 + 1e-6)).all()


@pytest.mark.parametrize("has_meters", [False, True])
def test_of_the_present_slot_only_what_is_left_counts(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules, has_meters: bool
) -> None:
    board = two_pools(make_board(power_cap_kw=(12.5, math.inf)))
    if has_meters:
        board = metered(board, fixed_kw=1.0, plant_kw=8.0)
    instance, _ = replanned(board, make_jobs, rules, 0.75)
    left, idle = instance.board, 1.0 if has_meters else 0.0
    assert_allclose(left.capacity[:, 0], [4.0 / 4.0, 10.0 / 4.0])
    assert_allclose(left.room_kw[0, :2], [(5.0 - idle) / 4.0, 5.0 - idle])
    assert math.isinf(left.room_kw[1, 0])
    if left.energy is not None:
        assert_allclose(left.energy.fixed_kw[:, 0], [(1.0 + 7.5) / 4.0, 1.0 / 4.0])
        assert_allclose(left.energy.renewable_kw[0, :2], [8.0 / 4.0, 8.0])
