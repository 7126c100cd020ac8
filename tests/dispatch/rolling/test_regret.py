"""Runs on boards with links and substitutes keep within every limit, and their bound counts what links are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import _links, random_day
from tests.dispatch.conftest import BoardMaker, JobsMaker
from tests.dispatch.placement.test_links import wire
from tests.dispatch.placement.test_substitutes import with_substitutes
from tests.dispatch.reservation.test_cover import named, reservation
from tests.dispatch.rolling.conftest import metered
from tests.dispatch.rolling.test_keep import TERMS, broken, case_of, placement_of, rolled

from qipan.dispatch.model.board import Rules, Substitute
from qipan.dispatch.model.roll import Errors
from qipan.dispatch.rolling.regret import foresee_all, regret
from qipan.kernel.resources import Kind


def test_bound_counts_what_a_full_link_is_worth(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    # Away an hour of a card costs 48 and 2 fen for each of 4 GB, at home 75; the wire carries one and a quarter.
    board = make_board(links=wire(5.0))
    case = case_of(make_jobs(*[{"data_gb": 4.0, "slack_h": 0.0}] * 3), board, rules)
    found = rolled(case)
    assert sorted(found.pool.tolist()) == [0, 0, 1]
    lost = regret(case, found, foresee_all(case))
    assert lost.served_fen == pytest.approx(56.0 + 2 * 75.0)
    # At its rent of 19 / 4 fen a GB all cost what they cost at home, and the wire earns it on five.
    assert lost.bound_fen == pytest.approx(3 * 75.0 - 5 * 19.0 / 4, rel=1e-3)


def test_bound_moves_as_much_as_a_run_does_that_ends_early(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = make_board(links=wire(5.0))
    case = case_of(make_jobs(*[{"data_gb": 4.0, "slack_h": 0.0, "actual_h": 0.5}] * 3), board, rules)
    lost = regret(case, rolled(case), foresee_all(case))
    # In half an hour each moves two of its four GB: 32 or 37.5 fen, so a rent of 5.5 / 2.
    assert lost.bound_fen == pytest.approx(3 * 37.5 - 5 * 5.5 / 2, rel=1e-3)
    assert lost.by_day_fen.min() >= -1e-6


def test_bound_leaves_covered_work_where_it_was_sold(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = make_board(price_fen_per_kwh=(10.0, 90.0), pue=(1.0, 1.0))
    jobs = named(make_jobs({"origin": "640000", "quantity": 2.0}, {"origin": "640000"}), "r1", "")
    case = case_of(jobs, board, rules, reservation(board))
    found = rolled(case)
    assert found.pool.tolist() == [1, 0]
    lost = regret(case, found, foresee_all(case, found.covered))
    assert lost.bound_fen == pytest.approx(2 * 90.0 + 10.0) == pytest.approx(lost.served_fen)


def test_what_sites_draw_at_no_load_is_paid_and_takes_of_their_plants(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = metered(make_board(cards=(10.0, 0.0)), fixed_kw=4.0, plant_kw=5.0)
    case = case_of(make_jobs({"slack_h": 0.0}), board, rules)
    lost = regret(case, rolled(case), foresee_all(case))
    # Of 1.25 kWh the plant gives what the site leaves of it, 1; the grid the rest at 60 fen.
    assert lost.served_fen == pytest.approx(0.25 * 60.0)
    assert lost.bound_fen == pytest.approx(lost.served_fen, rel=1e-3)
    assert lost.by_day_fen.sum() == pytest.approx(lost.served_fen - lost.bound_fen, abs=1e-9)


def test_roll_uses_a_link_again_once_a_job_has_ended(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = make_board(cards=(0.0, 9.0), links=wire(4.0))
    jobs = make_jobs(
        {"requested_h": 1.0, "actual_h": 0.25, "data_gb": 4.0, "slack_h": 0.0},
        {"submit_h": 0.1, "requested_h": 0.5, "data_gb": 2.0, "slack_h": 0.0},
        {"submit_h": 0.5, "requested_h": 0.5, "data_gb": 2.0, "slack_h": 0.0},
    )
    case = case_of(jobs, board, rules)
    found = rolled(case)
    # A quarter of an hour moved one GB of four; the three that are free then carry the last job, not the one before.
    assert found.pool.tolist() == [1, -1, 1]
    assert broken(case, found) == []


def test_roll_holds_whole_units_of_a_substitute(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board(cards=(0.0, 4.0), card_model="H20")
    board = replace(board, substitutes=(Substitute(Kind.INTELLIGENT, "A100", Kind.INTELLIGENT, "H20", 1.5),))
    rows = [{"submit_h": at, "card_model": "A100", "slack_h": 0.0} for at in (0.0, 0.1, 0.2)]
    case = case_of(make_jobs(*rows), board, rules)
    found = rolled(case)
    assert found.pool.tolist() == [1, 1, -1]
    assert placement_of(case, found).held[:2].tolist() == [2.0, 2.0]
    assert broken(case, found) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["links", "substitutes", "both"])
@pytest.mark.parametrize("seed", range(4))
def test_roll_on_random_boards_breaks_no_link_and_no_bound(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    drawn = _links(rng, (len(board.origins), len(board.sites)), board.slot_count)
    board = replace(board, links=None if kind == "substitutes" else drawn)
    if kind != "links":
        board = with_substitutes(rng, board)
    case = case_of(jobs, board, rules, errors=Errors(demand_sd=0.3, price_sd=0.2))
    found = rolled(case, TERMS)
    assert broken(case, found) == []
    offline = foresee_all(case)
    lost = regret(case, found, offline)
    scale = 1e-6 * max(1.0, abs(lost.bound_fen))
    assert lost.served_fen + lost.unserved_fen >= lost.bound_fen - scale
    assert lost.by_day_fen.min() >= -scale
    without = foresee_all(replace(case, board=replace(case.board, links=None)))
    assert offline.bound_fen >= without.bound_fen - 1e-3 * abs(without.bound_fen) - scale
