"""Who runs on a reservation, and what that leaves of the board."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.random_day import random_day
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dispatch.flexibility.test_answer import instance_of
from tests.dispatch.programme.test_energy import with_energy
from tests.independent.check_placement import check_placement

from qipan.dispatch.day import Outcome, solve_day
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import DataClass, Jobs, Tier
from qipan.dispatch.model.plan import Reason, Status
from qipan.dispatch.model.reservation import Covered, Nomination, Reservation
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.reservation.allot import allot
from qipan.dispatch.reservation.cover import cover, join
from qipan.dispatch.sources.instance import write
from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind

H_S = 3600.0


def reservation(board: Board, name: str = "r1", **told) -> Reservation:
    """Four cards of the western site, all day, unless told otherwise; hours count from the board's start."""
    from_h, to_h = told.pop("from_h", 0.0), told.pop("to_h", 6.0)
    given = {"holder": "lab", "site_id": "nx", "kind": Kind.INTELLIGENT, "card_model": "", "units": 4.0}
    times = {"from_s": board.start_s + from_h * H_S, "to_s": board.start_s + to_h * H_S}
    return Reservation(name, **given | times | {"price_fen_per_unit_h": 500.0} | told)


def named(jobs: Jobs, *names: str) -> Jobs:
    return replace(jobs, reservation=np.array(names, dtype=object))


def covered_of(jobs: Jobs, board: Board, rules: Rules, *reservations: Reservation) -> Covered:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    return cover(jobs, board, rules, reached, refused=refused, reservations=reservations)


def solved(jobs: Jobs, board: Board, rules: Rules, *reservations: Reservation) -> Outcome:
    return solve_day(jobs, board, rules, lambda _: None, reservations=reservations)


def test_cover_serves_who_comes_first_as_long_as_units_are_free(make_board, make_jobs, rules) -> None:
    board = make_board()
    rows = [(0.0, 2.0, 3.0), (0.0, 2.0, 2.0), (1.0, 2.0, 1.0), (2.0, 1.0, 3.0)]
    jobs = make_jobs(*[{"submit_h": at, "requested_h": h, "quantity": q, "origin": "640000"} for at, h, q in rows])
    found = covered_of(named(jobs, "r1", "r1", "r1", "r1"), board, rules, reservation(board))
    assert found.nomination.tolist() == ["covered", "reservation_used_up", "covered", "covered"]
    assert found.pool.tolist() == [1, -1, 1, 1]
    assert found.held.units.tolist() == [3.0, 1.0, 3.0]


def test_cover_tells_what_became_of_each_nomination(make_board, make_jobs, rules) -> None:
    board = make_board()
    jobs = make_jobs(
        {"origin": "640000"},
        {"origin": "640000", "requested_h": 3.0, "submit_h": 1.0},
        {"origin": "440000", "data_class": 2},
        {"origin": "640000", "kind": Kind.GENERAL},
        {"origin": "640000"},
    )
    found = covered_of(named(jobs, "", "r1", "r1", "r1", "other"), board, rules, reservation(board, to_h=3.5))
    assert found.nomination.tolist() == [
        Nomination.NONE, Nomination.OUTSIDE, Nomination.NOT_ALLOWED, Nomination.NOT_ALLOWED, Nomination.UNKNOWN,
    ]  # fmt: skip
    assert not found.is_covered.any()


def test_solve_serves_covered_work_where_it_is_dear(make_board, make_jobs, rules) -> None:
    board = make_board(price_fen_per_kwh=np.array([[10.0] * 6, [90.0, 90.0, 90.0, 1.0, 1.0, 1.0]]), pue=(1.0, 1.0))
    jobs = named(
        make_jobs(*[{"origin": "640000", "requested_h": 1.5, "slack_h": 3.0, "quantity": 2.0}] * 3), "r1", "", ""
    )
    outcome = solved(jobs, board, rules, reservation(board))
    assert (outcome.found.pool[0], outcome.found.start_s[0]) == (1, board.start_s)
    assert (outcome.found.status[0], outcome.found.reason[0]) == (Status.PLACED, Reason.COVERED)
    assert outcome.found.pool[1:].tolist() == [0, 0] or (outcome.found.start_s[1:] > board.start_s).all()
    # Two cards for an hour and a half at 90 fen, and the rest at the cheapest hours.
    assert outcome.plan_fen == pytest.approx(2.0 * 1.5 * 90.0 + 2 * 2.0 * 1.5 * 1.0)
    assert outcome.served_fen == pytest.approx(outcome.bound_fen) == pytest.approx(outcome.plan_fen)
    assert outcome.planned_unit_h[1, :2].tolist() == [2.0, 1.0]
    assert all(one.work_unit_h == {"intelligent": 9.0} for one in outcome.scores)


def test_solve_sells_what_covered_work_leaves(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(0.0, 4.0))
    rows = [{"origin": "640000", "quantity": 3.0, "slack_h": 0.0}, {"origin": "640000", "slack_h": 0.0}]
    outcome = solved(named(make_jobs(*rows), "r1", ""), board, rules, reservation(board))
    assert outcome.found.pool.tolist() == [1, 1]
    (row,) = outcome.reservations.rows
    assert (row.reserved_unit_h, row.used_unit_h, row.sold_unit_h) == pytest.approx((16.0, 3.0, 1.0))


def test_board_that_is_held_leaves_minutes_beside_it(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(0.0, 4.0))
    rows = [
        {"requested_h": 0.5, "quantity": 4.0},
        {"submit_h": 0.5, "requested_h": 0.5, "quantity": 4.0, "slack_h": 0.0},
    ]
    jobs = named(make_jobs(*[row | {"origin": "640000"} for row in rows]), "r1", "")
    outcome = solved(jobs, board, rules, reservation(board))
    assert (outcome.found.start_s - board.start_s).tolist() == [0.0, 1800.0]
    assert outcome.plan.lmp_fen_per_unit_h.shape == (2, 6)
    assert outcome.bound_fen == pytest.approx(outcome.served_fen)


def test_board_that_is_held_gives_back_its_whole(make_board, make_jobs, rules) -> None:
    board = with_energy(make_board(power_cap_kw=(20.0, 6.0)), fixed_kw=[[1.0], [1.2]])
    jobs = named(make_jobs({"origin": "640000", "requested_h": 1.25, "quantity": 4.0}), "r1")
    held = board.hold(covered_of(jobs, board, rules, reservation(board)).held)
    assert held.capacity[1].tolist() == [6.0, 9.0, 10.0, 10.0, 10.0, 10.0]
    assert held.room_kw[1] == pytest.approx([6.0 - 1.2 - 4.8, 6.0 - 1.2 - 1.2] + [4.8] * 4)
    assert held.room_kw[1, 0] == 0.0
    assert held.whole.capacity == pytest.approx(board.capacity)
    assert held.whole.energy.fixed_kw == pytest.approx(board.energy.fixed_kw)
    west = held.take(np.array([1]))
    assert west.held.pool.tolist() == [0]
    assert west.room_kw[0] == pytest.approx(held.room_kw[1])


def test_board_that_is_held_takes_of_what_may_be_busy_beside_the_reserve(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(10.0, 6.0))
    jobs = named(make_jobs({"origin": "640000", "quantity": 2.0}), "r1")
    held = board.hold(covered_of(jobs, board, rules, reservation(board)).held)
    assert held.spare_units[0].tolist() == [4.0, 6.0, 6.0, 6.0, 6.0, 6.0]


def test_instance_of_a_board_that_is_held_is_not_written(make_board, make_jobs, rules) -> None:
    board = make_board()
    jobs = named(make_jobs({"origin": "640000"}, {}), "r1", "")
    held = board.hold(covered_of(jobs, board, rules, reservation(board)).held)
    programme = instance_of(jobs, board, rules)
    assert write(programme, is_gzipped=False)
    with pytest.raises(BadInputError) as caught:
        write(programme._replace(board=held), is_gzipped=False)
    assert caught.value.code == "instance_holds"


def random_reservations(rng: np.random.Generator, board: Board, count: int) -> list[Reservation]:
    """Draw reservations of products that the board has, small beside them."""
    drawn = []
    for index in range(count):
        site, kind, model = board.products[rng.integers(len(board.products))]
        mine = [
            p for p, pool in enumerate(board.pools) if (pool.site, pool.kind, pool.card_model) == (site, kind, model)
        ]
        first, last = np.sort(rng.integers(-600, board.slot_count * 60 + 600, 2)).tolist()
        drawn.append(
            Reservation(
                f"r{index}", f"holder-{index % 2}", board.sites[site].site_id, kind, model,
                board.start_s + first * 60.0, board.start_s + (last + 1) * 60.0,
                max(float(board.capacity[mine].max()) * rng.uniform(0.1, 0.7), 0.1), float(rng.uniform(0.0, 900.0)),
            )
        )  # fmt: skip
    return drawn


def random_case(seed: int, *, with_meters: bool, keeps_reserve: bool):
    rng = np.random.default_rng(seed)
    board, jobs, rules = random_day(rng)
    board = replace(board, links=None)
    if with_meters:
        size = board.capacity.max() * rng.uniform(0.0, 1.0)
        board = with_energy(
            board,
            {"member": (True,) * len(board.sites)},
            renewable_kw=rng.uniform(0.0, size + 0.1, (len(board.sites), board.slot_count)),
            fixed_kw=np.minimum(rng.uniform(0.0, 0.1, len(board.sites)), 0.5 * board.power_cap_kw)[:, None],
        )
    rules = replace(rules, keeps_reserve=keeps_reserve)
    kept: list[Reservation] = []
    for one in random_reservations(rng, board, 6):
        with contextlib.suppress(BadInputError):
            allot([*kept, one], board, rules)
            kept.append(one)
    names = np.array(["", "nobody", *(one.reservation_id for one in kept)], dtype=object)
    jobs = replace(jobs, reservation=names[rng.integers(0, len(names), len(jobs))])
    # Most jobs ask for what their reservation is of, while it holds.
    by_name = {one.reservation_id: one for one in kept}
    for job in np.flatnonzero(rng.random(len(jobs)) < 0.8).tolist():
        one = by_name.get(jobs.reservation[job])
        first_s = max(one.from_s, board.start_s) if one else np.inf
        if one and first_s < min(one.to_s, board.day_end_s) - 60.0:
            jobs.kind[job], jobs.card_model[job] = list(Kind).index(one.kind), one.card_model
            jobs.tier[job], jobs.data_class[job] = Tier.OFFLINE, DataClass.FREE
            jobs.quantity[job] = min(jobs.quantity[job], one.units * rng.uniform(0.05, 1.0))
            later_s = rng.uniform(first_s, min(one.to_s, board.day_end_s) - 60.0) - jobs.submit_s[job]
            for moment in (jobs.submit_s, jobs.start_by_s, jobs.finish_by_s):
                moment[job] += later_s
            jobs.requested_s[job] = min(jobs.requested_s[job], one.to_s - jobs.submit_s[job])
    return jobs, board, rules, kept


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), with_meters=st.booleans(), keeps_reserve=st.booleans())
def test_solve_on_random_boards_serves_all_covered_work_within_every_limit(seed, with_meters, keeps_reserve) -> None:
    jobs, board, rules, reservations = random_case(seed, with_meters=with_meters, keeps_reserve=keeps_reserve)
    outcome = solved(jobs, board, rules, *reservations)
    assert check_placement(board, jobs, rules, outcome.found, reservations) == []
    scale = max(1.0, abs(outcome.plan_fen), outcome.lost_fen, outcome.served_fen)
    assert outcome.plan_fen <= outcome.bound_fen + 1e-6 * scale
    assert outcome.bound_fen <= outcome.served_fen + outcome.lost_fen + 1e-6 * scale
    if outcome.plan.is_final:
        money = outcome.identities
        assert max(money.payments_error, money.revenue_error, money.slackness_error) <= 1e-6
    posed, rest = outcome.posed, outcome.posed.rest
    for rule in (Baseline.HOME_FIRST, Baseline.MOST_AVAILABLE):
        theirs = place_by(rule, rest.jobs, rest.board, rules, rest.reached, refused=rest.refused)
        found = join(posed.jobs, board, posed.covered, theirs)
        assert check_placement(board, jobs, rules, found, reservations) == []
