"""Whole jobs on links: what crosses them, what a plan, a bound and simple rules make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import _links, random_day
from benchmarks.random_meters import random_meters
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dispatch.placement.test_substitutes import solved, with_substitutes
from tests.independent.check_placement import check_placement, link_flow_gb, sheet

from qipan.dispatch.explanation.why import explain
from qipan.dispatch.model.board import Links
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.bound import bound_fen, proven_fen
from qipan.dispatch.placement.carbon_time import place_by_carbon_time
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import planned_fen, price_fen


def wire(gb: float, slots: int = 6) -> Links:
    """One link from Guangdong to Ningxia, crossed backward the other way."""
    return Links(("wire",), np.full((1, slots), gb), np.array([[[0.0, 1.0], [-1.0, 0.0]]]))


def test_link_lets_one_job_through_an_hour_and_the_rest_pays_for_staying(make_board, make_jobs, rules) -> None:
    # Away an hour of a card costs 48 and 2 fen for each of 4 GB, at home 75; the wire carries five of them in all.
    board = make_board(links=wire(5.0, 2), slots=2, day_slots=2)
    jobs = make_jobs(*[{"data_gb": 4.0, "slack_h": 1.0}] * 3)
    reached, refused, best = solved(jobs, board, rules)
    # In the plan, 2.5 jobs go away: 2.5 x 56 + 0.5 x 75.
    assert best.objective_fen == pytest.approx(2.5 * 56.0 + 0.5 * 75.0)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert sorted(found.pool.tolist()) == [0, 1, 1]
    # The second follows as soon as the wire takes the rest of an hour's five.
    assert link_flow_gb(board, jobs, sheet(board, jobs, rules), found).tolist() == [[[5.0, 3.0]], [[0.0, 0.0]]]
    assert sum(planned_fen(jobs, board, rules, reached, found)) == pytest.approx(2 * 56.0 + 75.0)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    assert best.objective_fen - 1e-6 <= bound <= 2 * 56.0 + 75.0
    # Each pays the rent of the wire with its data: all are as dear as at home.
    paid = price_fen(jobs, board, reached, found, best.lmp_fen_per_unit_h, link_fen_per_gb=best.link_rent_fen_per_gb)
    assert paid == pytest.approx([75.0] * 3)


def test_data_spread_over_the_run_and_leave_what_a_slot_can_carry(make_board, make_jobs, rules) -> None:
    # Eight GB over two hours and a quarter of an hour earlier: 1, 4 and 3 GB in three slots.
    board = make_board(cards=(0.0, 9.0), links=wire(4.0), day_slots=6)
    jobs = make_jobs(
        {"submit_h": 0.75, "requested_h": 2.0, "data_gb": 8.0, "slack_h": 0.0},
        {"submit_h": 0.0, "requested_h": 1.0, "data_gb": 4.0, "slack_h": 5.0},
        {"submit_h": 0.0, "requested_h": 0.5, "data_gb": 4.5, "slack_h": 0.4, "tier": 3},
    )
    reached, refused, best = solved(jobs, board, rules)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert check_placement(board, jobs, rules, found) == []
    flow = link_flow_gb(board, jobs, sheet(board, jobs, rules), found)[0, 0]
    assert flow.max() <= 4.0 + 1e-9
    assert flow.sum() == pytest.approx(12.0)
    assert found.reason.tolist() == ["", "", Reason.NO_ROOM]
    english, chinese = explain(jobs, board, rules, reached, found, index=2)
    assert "links for its data" in english
    assert "数据链路" in chinese


def test_flows_against_each_other_make_no_room(make_board, make_jobs, rules) -> None:
    # Cards of each site are cheap for the other's work alone, by nearness none: both flows fit, three one way do not.
    board = make_board(cards=(9.0, 9.0), links=wire(4.0, 1), slots=1, day_slots=1)
    jobs = make_jobs(*[{"data_gb": 3.0, "slack_h": 0.0, "card_model": ""}] * 2, {"data_gb": 3.0, "slack_h": 0.0})
    board = replace(board, capacity=np.array([[0.0], [9.0]]))
    reached, refused, best = solved(jobs, board, rules)
    found = place(jobs, board, rules, reached, refused=refused, plan=best)
    assert (found.pool >= 0).sum() == 1
    assert best.unserved_unit_h.sum() == pytest.approx(3 - 4 / 3)


def test_no_data_cross_a_link_that_carries_nothing(make_board, make_jobs, rules) -> None:
    board = make_board(links=wire(0.0))
    jobs = make_jobs({"data_gb": 1.0}, {"data_gb": 0.0})
    reached, refused, best = solved(jobs, board, rules)
    placements = [place(jobs, board, rules, reached, refused=refused, plan=best)]
    placements += [place_by(rule, jobs, board, rules, reached, refused=refused) for rule in Baseline]
    assert placements[0].pool.tolist() == [0, 1]
    for found in placements:
        assert found.pool[0] == 0
        assert check_placement(board, jobs, rules, found) == []


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(["plain", "substitutes", "meters"]))
def test_no_link_is_broken_and_the_bound_holds_on_random_boards(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = replace(board, links=_links(rng, (len(board.origins), len(board.sites)), board.slot_count))
    if kind == "substitutes":
        board = with_substitutes(rng, board)
    if kind == "meters":
        board = random_meters(rng, board)
    reached, refused, best = solved(jobs, board, rules)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=best)
    slack = 1e-6 * max(1.0, abs(bound))
    if kind == "plain" or best.lmp_fen_per_unit_h.min() >= 0.0:
        assert proven_fen(jobs, board, rules, reached, refused=refused, plan=best) >= best.objective_fen - slack
    placements = [place(jobs, board, rules, reached, refused=refused, plan=best)]
    placements += [place_by(rule, jobs, board, rules, reached, refused=refused) for rule in Baseline]
    kg = np.repeat(board.location_kg_per_kwh[:, None], board.slot_count, axis=1)
    placements.append(place_by_carbon_time(jobs, board, rules, reached, refused=refused, kg_per_kwh=kg))
    for found in placements:
        assert check_placement(board, jobs, rules, found) == []
        assert sum(planned_fen(jobs, board, rules, reached, found)) >= bound - slack
