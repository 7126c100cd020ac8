"""Who could move prices, and when it is looked at, on boards that a reader can check by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.dispatch.conftest import START_S, BoardMaker, JobsMaker

from qipan.dispatch.model.board import Board, Pool, Rules
from qipan.dispatch.model.job import Tier
from qipan.dispatch.model.roll import Case, Errors, Rolled, RollTerms
from qipan.dispatch.rolling.foresee import draw_drifts
from qipan.dispatch.rolling.roll import roll
from qipan.kernel.resources import Kind

DAYS_BACK = RollTerms().days_back


def watched(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules, rows: list[dict[str, Any]], board: Board | None = None
) -> Rolled:
    """Roll over jobs of two tens of cards; the days before had the same ones, and so they are foreseen."""
    board = make_board() if board is None else board
    drifts = draw_drifts(Errors(), 2, board.slot_count, np.random.default_rng(0))
    before = [row | {"submit_h": row["submit_h"] - 24.0 * back} for back in range(DAYS_BACK, 0, -1) for row in rows]
    case = Case(make_jobs(*before, *rows), board, board, drifts, rules, np.array([board.start_s]))
    return roll(case, RollTerms(), lambda: 0.0, lambda: 0.0, lambda _: None)


def now(submit_h: float, quantity: float, hours: float = 1.0) -> dict[str, Any]:
    return {
        "submit_h": submit_h,
        "quantity": quantity,
        "requested_h": hours,
        "actual_h": hours,
        "slack_h": 0.0,
        "tier": Tier.BATCH,
    }


def test_withholding_is_looked_at_in_the_tightest_hour_of_the_day(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    found = watched(make_board, make_jobs, rules, [now(0.0, 4.0), now(2.0, 8.0), now(2.0, 8.0), now(3.0, 5.0)])
    assert {one.moment_s for one in found.power} == {START_S + 2 * 3600.0}
    assert {one.site_id: one.residual_supply_index for one in found.power} == pytest.approx(
        {"gz": 10.0 / 16.0, "nx": 10.0 / 16.0}
    )
    assert all(one.is_pivotal for one in found.power)


def test_a_site_is_pivotal_as_long_as_the_others_have_less_than_is_run_and_asked(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    found = watched(make_board, make_jobs, rules, [now(0.0, 4.0), now(2.0, 8.0), now(2.0, 8.0), now(3.0, 5.0)])
    # Sixteen of twenty cards run from two to three, four and five at other times: ten do for those.
    assert found.pivotal_s.tolist() == [3600.0, 3600.0]


def test_nobody_is_pivotal_where_either_site_could_do_it_all(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    found = watched(make_board, make_jobs, rules, [now(0.5, 4.0), now(1.0, 5.0)])
    assert found.pivotal_s.tolist() == [0.0, 0.0]
    assert not any(one.is_pivotal for one in found.power)
    assert {one.moment_s for one in found.power} == {START_S + 1 * 3600.0}


def test_work_that_finds_no_cores_makes_no_cards_pivotal(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = make_board()
    board = replace(
        board,
        pools=(*board.pools, Pool("gz-cores", 0, Kind.GENERAL, "")),
        capacity=np.concatenate([board.capacity, np.full((1, board.slot_count), 4.0)]),
        it_kw_per_unit=np.ones(3),
        opex_fen_per_unit_h=np.zeros(3),
    )
    cores = now(1.0, 4.0) | {"kind": Kind.GENERAL}
    found = watched(make_board, make_jobs, rules, [now(1.0, 4.0), *[cores] * 10], board)
    # Cores are in Guangdong only, and short from one to two; four of twenty cards run then.
    assert found.pivotal_s.tolist() == [3600.0, 0.0]
    assert {one.site_id: one.residual_supply_index for one in found.power} == pytest.approx({"gz": 0.0, "nx": 2.5})
