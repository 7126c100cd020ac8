"""The approach from both sides, held against the programme solved to optimality by HiGHS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_programme import programme
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.dispatch.model.board import Board, Links
from qipan.dispatch.model.plan import Instance
from qipan.dispatch.plan import solve
from qipan.dispatch.programme.formulate import formulate
from qipan.dispatch.solver.approach import Approach, approach

# The kernels compile for half a minute on a fresh machine.
pytestmark = pytest.mark.slow

GAP = 1e-3
ROUNDING = 1e-7


def held(made: Instance, found: Approach) -> None:
    """Hold an approach against HiGHS: bound, optimum and cost in order, and the work within every limit.

    With its work fixed, the programme must still have an answer, and one that costs no more than was said.
    """
    program = formulate(*made)
    best = solve(program).objective
    slack = ROUNDING * max(1.0, abs(best))
    plan = found.plan
    assert found.bound_fen <= best + slack
    assert best <= plan.objective_fen + slack
    assert found.gap == pytest.approx((plan.objective_fen - found.bound_fen) / abs(found.bound_fen))
    work = np.zeros((len(made.classes.streams), len(made.board.products), made.board.slot_count))
    np.add.at(work, (plan.work_stream, plan.work_product, plan.work_slot), plan.work_unit_h)
    columns, cost, upper = program.columns, program.cost.copy(), program.upper.copy()
    fixed = work[columns.stream, columns.product, columns.slot]
    assert fixed.sum() == pytest.approx(plan.work_unit_h.sum())
    # Less work than planned is let through at a price no plan would pay, so that only rounding can use it.
    dear = 1e3 * max(1.0, float(cost.max()))
    upper[: columns.effort] = fixed
    cost[: columns.effort] -= dear
    kept = solve(replace(program, cost=cost, upper=upper))
    missing = fixed - kept.value[: columns.effort]
    assert missing.sum() <= 1e-6 * max(1.0, fixed.sum())
    assert kept.objective + dear * (fixed - missing).sum() <= plan.objective_fen + 10 * slack + 1e-9 * dear


def test_made_programme_comes_within_the_gap_and_keeps_every_limit() -> None:
    made = programme(4, 12, 60, 0)
    found = approach(*made, gap=GAP, whole_most=0, finished_most=0)
    assert 0 <= found.gap <= GAP
    held(made, found)


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), sites=st.integers(1, 4), classes=st.integers(1, 30))
def test_any_programme_is_bounded_from_both_sides(seed: int, sites: int, classes: int) -> None:
    made = programme(sites, 6, classes, seed, origins=3)
    held(made, approach(*made, gap=GAP, steps_most=2000, whole_most=0, finished_most=0))


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), sites=st.integers(1, 4), classes=st.integers(1, 30))
def test_any_coupled_programme_is_bounded_from_both_sides(seed: int, sites: int, classes: int) -> None:
    made = programme(sites, 6, classes, seed, origins=3, coupled=True)
    held(made, approach(*made, gap=GAP, steps_most=2000, whole_most=0, finished_most=0))


def test_store_gives_no_more_than_is_in_it() -> None:
    # One long slot would drain the store below nothing, since the slots after it could fill it again.
    made = programme(3, 6, 2, 6985, origins=3, coupled=True)
    found = approach(*made, gap=GAP, steps_most=2000, whole_most=0, finished_most=0)
    assert found.plan.energy is not None
    assert found.plan.energy.stored_kwh.min() >= 0.0
    held(made, found)


def test_coupled_programme_comes_within_the_gap_and_says_where_its_energy_comes_from() -> None:
    made = programme(4, 12, 60, 2, coupled=True)
    found = approach(*made, gap=GAP, whole_most=0, finished_most=0)
    assert 0 <= found.gap <= GAP
    held(made, found)
    fed, energy, slot_h = found.plan.energy, made.board.energy, made.board.slot_h
    assert fed is not None
    assert energy is not None
    burnt = np.zeros_like(fed.grid_kwh)
    np.add.at(burnt, made.board.pool_site, found.plan.supply_unit_h * made.board.kwh_per_unit_h[:, None])
    given_kwh = fed.grid_kwh + fed.renewable_kwh + fed.drain_kwh - fed.fill_kwh
    assert given_kwh == pytest.approx(burnt + energy.fixed_kw * slot_h)
    assert fed.renewable_kwh.max() > 0
    assert (fed.renewable_kwh <= energy.renewable_kw * slot_h + 1e-9).all()
    assert (fed.stored_kwh <= energy.store_kwh[:, None] + 1e-9).all()
    assert (fed.stored_kwh[:, -1] >= energy.stored_kwh - 1e-9).all()
    drawn = energy.areas.member @ fed.grid_kwh - fed.over_kwh
    assert (drawn <= energy.areas.most_kw * slot_h + 1e-6).all()


def without_limits(board: Board) -> Board:
    return replace(board, power_cap_kw=np.full(len(board.sites), np.inf), links=None)


def two_pools_a_product(board: Board) -> Board:
    """Split every pool in two of unlike cost and power."""
    split = [replace(pool, pool_id=f"{pool.pool_id}-{half}") for pool in board.pools for half in "ab"]
    return replace(
        board,
        pools=tuple(split),
        capacity=np.repeat(board.capacity / 2, 2, axis=0),
        it_kw_per_unit=np.repeat(board.it_kw_per_unit, 2) * np.tile([1.0, 1.3], len(board.pools)),
        opex_fen_per_unit_h=np.tile([0.0, 7.0], len(board.pools)),
    )


def links_both_ways(board: Board) -> Board:
    """One link that some flows cross one way and some the other, with little room."""
    factor = np.zeros((1, len(board.origins), len(board.sites)))
    factor[0, :, 0], factor[0, :, 1:] = 1.0, -1.0
    return replace(board, links=Links(("ring",), np.full((1, board.slot_count), 100.0), factor))


@pytest.mark.parametrize("change", [without_limits, two_pools_a_product, links_both_ways])
def test_board_of_another_kind_comes_within_the_gap(change) -> None:
    made = programme(3, 8, 40, 3, origins=3)
    made = made._replace(board=change(made.board))
    found = approach(*made, gap=GAP, whole_most=0, finished_most=0)
    assert 0 <= found.gap <= GAP
    held(made, found)


def test_stopped_early_the_bound_holds_all_the_same() -> None:
    made = programme(3, 8, 40, 1, origins=3)
    found = approach(*made, gap=0.0, steps_most=100, whole_most=0)
    assert found.steps == 100
    held(made, found)


def test_same_programme_gives_the_same_plan_to_the_last_bit() -> None:
    made = programme(3, 8, 40, 2, origins=3)
    one, other = (approach(*made, gap=GAP, whole_most=0, finished_most=0) for _ in range(2))
    assert one.plan.objective_fen == other.plan.objective_fen
    assert (one.plan.lmp_fen_per_unit_h == other.plan.lmp_fen_per_unit_h).all()
    assert not one.plan.is_final


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("most", [{"whole_most": 10**6}, {"whole_most": 0, "finished_most": 10**6}])
def test_small_programme_ends_at_its_optimum_with_final_prices(coupled: bool, most: dict[str, int]) -> None:
    made = programme(3, 8, 40, 5, origins=3, coupled=coupled)
    found = approach(*made, gap=1e-9, **most)
    assert found.plan.is_final
    assert found.gap <= 1e-9
    assert found.plan.objective_fen == pytest.approx(solve(formulate(*made)).objective)


def test_nothing_to_do_costs_nothing() -> None:
    made = programme(2, 4, 5, 0, origins=2)
    none = np.zeros(0, dtype=np.int64)
    empty = replace(
        made.classes, stream=none, first_slot=none, end_slot=none, demand_unit_h=np.zeros(0), width=np.zeros(0)
    )
    found = approach(made.board, empty, made.rules, made.takes, gap=GAP, whole_most=0)
    assert (found.plan.objective_fen, found.bound_fen, found.gap) == (0.0, 0.0, 0.0)
