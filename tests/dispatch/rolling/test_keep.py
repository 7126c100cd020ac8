"""What is reserved is there for its holder in rolling operation, however often it is re-planned, and only for it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.dispatch.conftest import BoardMaker, JobsMaker
from tests.dispatch.reservation.test_cover import named, random_case, reservation
from tests.independent.check_placement import check_held, check_limits, check_room, check_windows, sheet

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.model.reservation import Nomination, Reservation, ReservationsDay
from qipan.dispatch.model.roll import Case, Errors, Rolled, RollTerms
from qipan.dispatch.placement.score import ran_s
from qipan.dispatch.pose import pose
from qipan.dispatch.rolling.foresee import draw_drifts, drift
from qipan.dispatch.rolling.regret import foresee_all, regret
from qipan.dispatch.rolling.roll import roll
from qipan.dispatch.rolling.settle import settle_run
from qipan.kernel.errors import BadInputError

TERMS = RollTerms(watches=False, every_s=3600.0)


def case_of(jobs: Jobs, board: Board, rules: Rules, *reservations: Reservation, errors: Errors | None = None) -> Case:
    drifts = draw_drifts(errors or Errors(), len(board.sites), board.slot_count, np.random.default_rng(1))
    jobs = jobs.take(np.argsort(jobs.submit_s, kind="stable"))
    return Case(jobs, drift(board, drifts), board, drifts, rules, np.array([board.start_s]), reservations)


def rolled(case: Case, terms: RollTerms = TERMS) -> Rolled:
    return roll(case, terms, lambda: 0.0, lambda: 0.0, lambda _: None)


def placement_of(case: Case, found: Rolled) -> Placement:
    """Return where jobs ran, units worked out by plain arithmetic."""
    jobs, none = case.jobs, np.full(len(case.jobs), "", dtype=object)
    at, held = np.flatnonzero(found.pool >= 0), case.jobs.quantity.copy()
    held[at] = sheet(case.board, jobs, case.rules).need(jobs, at, found.pool[at])
    return Placement(found.pool, found.start_s, none, none, held=held)


def as_run(jobs: Jobs) -> Jobs:
    """Return jobs that ask for what they really ran, their data moving as fast as they asked for."""
    ran = np.maximum(ran_s(jobs), 1.0)
    return replace(jobs, requested_s=ran, data_gb=jobs.data_gb * ran / jobs.requested_s)


def broken(case: Case, found: Rolled) -> list[str]:
    """Return the hard limits that a run broke: windows by requests, room by what really ran."""
    jobs, where = case.jobs, placement_of(case, found)
    known = sheet(case.board, jobs, case.rules)
    return [
        *check_held(jobs, known, where),
        *check_limits(jobs, known, where),
        *check_windows(jobs, known, where),
        *check_room(case.board, as_run(jobs), known, where),
    ]


def expected(case: Case, notice_s: float = 0.0) -> list[str]:
    """Say which reservation covers each job, minute by minute, told who had ended when it arrived."""
    jobs, board = case.jobs, case.board
    known, ran = sheet(board, jobs, case.rules), np.maximum(ran_s(jobs), 1.0)
    by_name = {one.reservation_id: one for one in case.reservations}
    largest_fits = [bool((jobs.quantity[job] <= board.capacity.max(axis=1) + 1e-9).any()) for job in range(len(jobs))]
    taken: list[tuple[str, int]] = []
    told = [""] * len(jobs)
    for job in range(len(jobs)):
        one = by_name.get(jobs.reservation[job])
        arrives = max(jobs.submit_s[job], board.start_s)
        begins = arrives + notice_s
        ends = begins + jobs.requested_s[job]
        if one is None or not largest_fits[job] or begins > known.horizon_latest_s[job] + 1e-5:
            continue
        product = [
            board.sites[pool.site].site_id == one.site_id and (pool.kind, pool.card_model) == (one.kind, one.card_model)
            for pool in board.pools
        ]
        if not known.allowed[known.sort[job], product].any() or begins < one.from_s or ends > one.to_s + 1e-3:
            continue
        if known.latest_s[job] < jobs.submit_s[job]:
            continue
        minutes = range(minute_of(begins - board.start_s), minute_after(ends - board.start_s))
        used = np.zeros(len(minutes))
        for name, other in taken:
            if name != one.reservation_id:
                continue
            start = max(jobs.submit_s[other], board.start_s) + notice_s
            lasts = ran[other] if start + ran[other] <= jobs.submit_s[job] else jobs.requested_s[other]
            for minute in range(minute_of(start - board.start_s), minute_after(start + lasts - board.start_s)):
                if minute in minutes:
                    used[minute - minutes.start] += jobs.quantity[other]
        if (used + jobs.quantity[job] <= one.units + 1e-9).all():
            taken.append((one.reservation_id, job))
            told[job] = one.reservation_id
    return told


def minute_of(seconds: float) -> int:
    return math.floor(seconds / 60.0 + 1e-9)


def minute_after(seconds: float) -> int:
    return math.ceil(seconds / 60.0 - 1e-9)


def told(case: Case, found: Rolled) -> list[str]:
    return ["" if at < 0 else case.reservations[at].reservation_id for at in found.covered.reservation.tolist()]


def kept_free_short(case: Case, found: Rolled) -> float:
    """Return by how many units other work ever reached into what was reserved, used or not, minute by minute."""
    board, ran = case.board, ran_s(case.jobs)
    width = round(board.slot_s / 60.0)
    left = np.repeat(board.capacity, width, axis=1)
    for one, pool in zip(case.reservations, found.covered.pools.tolist(), strict=True):
        first, last = ((moment - board.start_s) / 60.0 for moment in (one.from_s, one.to_s))
        left[pool, max(round(first), 0) : max(round(last), 0)] -= one.units
    for job in np.flatnonzero((found.pool >= 0) & ~found.covered.is_covered).tolist():
        start = found.start_s[job] - board.start_s
        left[found.pool[job], minute_of(start) : minute_after(start + ran[job])] -= placement_of(case, found).held[job]
    return float(-left.min(initial=0.0))


def settled(case: Case, found: Rolled, terms: RollTerms = TERMS) -> ReservationsDay:
    return settle_run(case, found, terms)


def test_room_is_kept_until_its_holder_comes(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board(cards=(0.0, 6.0))
    rows = [(0.0, 4.0, 0.0), (0.5, 2.0, 0.0), (1.5, 4.0, 0.0)]
    jobs = make_jobs(
        *[{"submit_h": at, "quantity": units, "slack_h": slack, "origin": "640000"} for at, units, slack in rows]
    )
    # Four of six are reserved: who comes first without a contract finds two, and the holder all of its four.
    case = case_of(named(jobs, "", "", "r1"), board, rules, reservation(board))
    found = rolled(case)
    assert found.pool.tolist() == [-1, 1, 1]
    assert ((found.start_s - board.start_s) / 3600.0)[1:].tolist() == [0.5, 1.5]
    assert found.covered.nomination.tolist() == ["", "", Nomination.COVERED]
    (row,) = settled(case, found).rows
    assert (row.reserved_unit_h, row.used_unit_h, row.sold_unit_h) == pytest.approx((16.0, 4.0, 0.0))
    assert (row.contract_fen, row.net_fen) == pytest.approx((16.0 * 500.0, -16.0 * 500.0))


def test_notice_opens_what_its_holder_will_not_use(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board(cards=(0.0, 4.0), day_slots=6)
    jobs = make_jobs(
        {"submit_h": 0.0, "quantity": 3.0, "slack_h": 0.0, "requested_h": 2.0, "origin": "640000"},
        {"submit_h": 0.5, "quantity": 3.0, "slack_h": 2.0, "requested_h": 1.0, "origin": "640000"},
        {"submit_h": 2.5, "quantity": 2.0, "slack_h": 0.0, "requested_h": 2.0, "origin": "640000"},
    )
    terms = replace(TERMS, notice_s=7200.0)
    # Told two hours before, the holder's job starts at 2:30; until then what it left is sold, after that it is not.
    case = case_of(named(jobs, "", "r1", ""), board, rules, reservation(board))
    found = rolled(case, terms)
    assert found.pool.tolist() == [1, 1, -1]
    assert ((found.start_s - board.start_s) / 3600.0)[:2].tolist() == [0.0, 2.5]
    (row,) = settled(case, found).rows
    assert (row.reserved_unit_h, row.used_unit_h, row.sold_unit_h) == pytest.approx((24.0, 3.0, 6.0))
    (seller,) = settled(case, found).sellers
    assert seller.paid_out_fen == pytest.approx(row.sold_fen + row.covered_fen) == pytest.approx(seller.revenue_fen)


def test_what_ends_early_is_the_holders_again(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board(cards=(0.0, 4.0))
    rows = [
        {"requested_h": 4.0, "actual_h": 0.5, "quantity": 4.0},
        {"submit_h": 0.6, "quantity": 1.0, "slack_h": 0.0},
        {"submit_h": 0.7, "quantity": 4.0, "slack_h": 0.0},
    ]
    jobs = make_jobs(*[row | {"origin": "640000"} for row in rows])
    found = rolled(case_of(named(jobs, "r1", "", "r1"), board, rules, reservation(board)))
    assert found.pool.tolist() == [1, -1, 1]
    assert found.covered.reservation.tolist() == [0, -1, 0]


def test_nominations_say_why_a_job_is_not_covered(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board()
    jobs = make_jobs(
        {"origin": "640000", "quantity": 4.0, "requested_h": 2.0},
        {"origin": "640000", "submit_h": 0.5},
        {"origin": "640000", "submit_h": 1.0, "requested_h": 3.0},
        {"origin": "640000", "submit_h": 1.1, "kind": KINDS[1]},
        {"origin": "640000", "submit_h": 1.2},
    )
    case = case_of(named(jobs, "r1", "r1", "r1", "r1", "r2"), board, rules, reservation(board, to_h=3.5))
    found = rolled(case)
    assert found.covered.nomination.tolist() == [
        Nomination.COVERED, Nomination.USED_UP, Nomination.OUTSIDE, Nomination.NOT_ALLOWED, Nomination.UNKNOWN,
    ]  # fmt: skip
    assert (found.pool >= 0).tolist() == [True, True, True, False, True]


def test_job_of_an_unknown_reservation_is_counted_though_no_site_can_take_it(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = make_board()
    jobs = named(make_jobs({"quantity": 11.0}, {"quantity": 11.0}), "r1", "r2")
    found = rolled(case_of(jobs, board, rules, reservation(board)))
    assert found.covered.nomination.tolist() == [Nomination.NOT_ALLOWED, Nomination.UNKNOWN]
    in_a_day = pose(jobs, board, rules, reservations=[reservation(board)]).covered
    assert found.covered.nomination.tolist() == in_a_day.nomination.tolist()


def test_notice_that_comes_too_late_is_the_reason(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board()
    jobs = make_jobs(
        {"origin": "640000", "slack_h": 0.5},
        {"origin": "640000", "submit_h": 1.0},
        {"origin": "640000", "submit_h": 1.0, "requested_h": 4.0},
        {"origin": "640000", "submit_h": 0.5},
    )
    case = case_of(named(jobs, *["r1"] * 4), board, rules, reservation(board, to_h=2.5))
    found = rolled(case, replace(TERMS, notice_s=3600.0))
    # Told an hour before it starts, the first begins after its window and the second ends after the contract.
    by_job = dict(zip(case.jobs.job_id.tolist(), found.covered.nomination.tolist(), strict=True))
    assert by_job == {
        "job-0": Nomination.LATE, "job-1": Nomination.LATE, "job-2": Nomination.OUTSIDE, "job-3": Nomination.COVERED,
    }  # fmt: skip


def test_reservations_that_do_not_fit_are_refused(make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules) -> None:
    board = make_board()
    with pytest.raises(BadInputError) as caught:
        rolled(case_of(make_jobs({}), board, rules, reservation(board, units=11.0)))
    assert caught.value.code == "reservations_unmet"


def test_reserve_for_the_largest_site_is_kept_at_each_replan(
    make_board: BoardMaker, make_jobs: JobsMaker, rules: Rules
) -> None:
    board = make_board(cards=(10.0, 6.0))
    rows: list[dict[str, Any]] = [{"submit_h": 0.5 * n, "quantity": 2.0, "slack_h": 0.2} for n in range(8)]
    case = case_of(make_jobs(*rows), board, replace(rules, keeps_reserve=True))
    found = rolled(case)
    # Six of sixteen may be busy at once, in two: each hour only three of the four that overlap.
    assert broken(case, found) == []
    assert (found.pool >= 0).all()
    busy = rolled(case_of(make_jobs(*[row | {"requested_h": 2.0} for row in rows]), board, case.rules))
    assert int((busy.pool >= 0).sum()) == 6
    assert (rolled(case_of(make_jobs(*[row | {"requested_h": 2.0} for row in rows]), board, rules)).pool >= 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_roll_on_random_boards_covers_keeps_and_breaks_no_limit(seed: int) -> None:
    with_meters, keeps_reserve, notice_s = seed % 3 == 2, seed % 2 == 1, (0.0, 0.0, 0.0, 5400.0)[seed % 4]
    jobs, board, rules, reservations = random_case(1000 + seed, with_meters=with_meters, keeps_reserve=keeps_reserve)
    case = case_of(jobs, board, rules, *reservations, errors=Errors(demand_sd=0.3, price_sd=0.2))
    terms = replace(TERMS, notice_s=notice_s)
    found = rolled(case, terms)
    assert broken(case, found) == []
    assert told(case, found) == expected(case, notice_s)
    mine = found.covered.is_covered
    begins: Floats = np.maximum(case.jobs.submit_s, board.start_s) + notice_s
    assert found.start_s[mine] == pytest.approx(begins[mine], abs=1e-5)
    assert (found.pool[mine] == found.covered.pools[found.covered.reservation[mine]]).all()
    if not notice_s:
        assert kept_free_short(case, found) <= 1e-6
    lost = regret(case, found, foresee_all(case, found.covered))
    scale = max(1.0, abs(lost.bound_fen))
    assert lost.served_fen + lost.unserved_fen >= lost.bound_fen - 1e-6 * scale
    assert lost.by_day_fen.sum() == pytest.approx(
        lost.served_fen + lost.unserved_fen - lost.bound_fen, abs=1e-6 * scale
    )
    day = settled(case, found, terms)
    used = sum(one.used_unit_h for one in day.rows)
    inside = np.minimum(found.start_s + ran_s(case.jobs), board.day_end_s) - np.minimum(found.start_s, board.day_end_s)
    assert used == pytest.approx(float((case.jobs.quantity * inside / 3600.0)[mine].sum()))
    assert all(-1e-6 <= one.sold_unit_h <= one.unused_unit_h + 1e-6 for one in day.rows)
    if not notice_s:
        assert all(one.sold_unit_h == pytest.approx(0.0, abs=1e-6) for one in day.rows)
