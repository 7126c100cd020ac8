"""What reservations come to in money, added up minute by minute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dispatch.reservation.test_cover import named, random_case, reservation, solved

from qipan.dispatch.day import Outcome
from qipan.dispatch.model.reservation import ReservationsDay

MINUTES = 60


def test_settle_pays_the_lmp_of_all_that_is_reserved(make_board, make_jobs, rules) -> None:
    # Ningxia runs at 48 fen an hour of a card and is full in the first hour, where work is lost that is worth 1,000.
    board = make_board(cards=(0.0, 4.0))
    rows = [{"quantity": 3.0, "tier": 0}, {"quantity": 4.0, "tier": 3}, {"quantity": 1.0, "tier": 3}]
    jobs = named(make_jobs(*[row | {"slack_h": 0.0, "origin": "640000"} for row in rows]), "r1", "", "")
    outcome = solved(jobs, board, rules, reservation(board, to_h=2.0, price_fen_per_unit_h=500.0))
    (row,), (seller,) = outcome.reservations.rows, outcome.reservations.sellers
    first, second = outcome.plan.lmp_fen_per_unit_h[1, :2]
    assert first == pytest.approx(1000.0)
    assert second == pytest.approx(48.0)
    assert (row.reserved_unit_h, row.used_unit_h, row.sold_unit_h) == pytest.approx((8.0, 3.0, 1.0))
    assert (row.covered_jobs, row.nominated_jobs) == (1, 1)
    assert row.lmp_fen == pytest.approx(4.0 * first + 4.0 * second)
    assert (row.covered_fen, row.sold_fen) == pytest.approx((3.0 * first, 1.0 * first))
    assert row.contract_fen == pytest.approx(8.0 * 500.0)
    # For what it used it pays the contract's price alone, for what it left it has the LMP less that price.
    assert row.net_fen == pytest.approx(-3.0 * 500.0 + 1.0 * (first - 500.0) + 4.0 * (second - 500.0))
    assert seller.revenue_fen == pytest.approx(4.0 * first)
    assert seller.net_fen == pytest.approx(4.0 * first - row.lmp_fen + row.contract_fen)
    assert outcome.reservations.nominations == {"covered": 1}


def test_settle_shares_what_is_sold_by_what_each_leaves(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(0.0, 10.0))
    jobs = make_jobs({"quantity": 7.0, "slack_h": 0.0, "origin": "640000"})
    both = reservation(board, units=6.0), reservation(board, "r2", units=2.0)
    rows = solved(jobs, board, rules, *both).reservations.rows
    # Two cards are nobody's; of the five beyond them three quarters are of the larger one.
    assert [row.sold_unit_h for row in rows] == pytest.approx([5.0 * 6.0 / 8.0, 5.0 * 2.0 / 8.0])


def test_settle_counts_the_day_alone(make_board, make_jobs, rules) -> None:
    board = make_board(cards=(0.0, 4.0))
    jobs = named(make_jobs({"submit_h": 3.5, "requested_h": 2.0, "quantity": 4.0, "origin": "640000"}), "r1")
    (row,) = solved(jobs, board, rules, reservation(board, from_h=3.0, to_h=9.0)).reservations.rows
    assert (row.reserved_unit_h, row.used_unit_h) == pytest.approx((4.0, 2.0))


def minute_by_minute(outcome: Outcome, board, reservations):
    """Add everything up again, one job and one minute at a time."""
    jobs, found, lmp = outcome.posed.jobs, outcome.found, outcome.plan.lmp_fen_per_unit_h
    of_pool, of_reservation = {}, {}
    runs = found.runs(jobs.requested_s)
    for job, start_s, seconds in zip(runs.job.tolist(), runs.start_s, runs.seconds, strict=True):
        begin, end = ((moment - board.start_s) / 60.0 for moment in (start_s, start_s + seconds))
        for minute in range(int(begin), min(int(np.ceil(end)), board.day_slots * MINUTES)):
            units = jobs.quantity[job] * max(min(end, minute + 1) - max(begin, minute), 0.0)
            key = int(found.pool[job]), minute
            of_pool[key] = of_pool.get(key, 0.0) + units
            if found.reason[job] == "covered":
                mine = jobs.reservation[job], minute
                of_reservation[mine] = of_reservation.get(mine, 0.0) + units
    revenue = {site.site_id: 0.0 for site in board.sites}
    for (pool, minute), units in of_pool.items():
        site = board.sites[board.pools[pool].site].site_id
        revenue[site] += units * lmp[board.pool_product[pool], minute // MINUTES] / 60.0
    told = {}
    for one in reservations:
        (product,) = [
            index
            for index, (site, kind, model) in enumerate(board.products)
            if (board.sites[site].site_id, kind, model) == (one.site_id, one.kind, one.card_model)
        ]
        amounts = np.zeros(4)
        for minute in range(board.day_slots * MINUTES):
            if one.from_s <= board.start_s + 60.0 * minute < one.to_s:
                price, used = lmp[product, minute // MINUTES], of_reservation.get((one.reservation_id, minute), 0.0)
                amounts += np.array([one.units, used, price * one.units, price * used]) / 60.0
        told[one.reservation_id] = amounts
    return told, revenue


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), with_meters=st.booleans())
def test_settle_on_random_boards_leaves_no_fen_over(seed, with_meters) -> None:
    jobs, board, rules, reservations = random_case(seed, with_meters=with_meters, keeps_reserve=False)
    outcome = solved(jobs, board, rules, *reservations)
    settled = outcome.reservations
    told, revenue = minute_by_minute(outcome, board, reservations)
    size = 1e-6 * max(1.0, sum(map(abs, revenue.values())), *(abs(row.lmp_fen) for row in settled.rows), 1.0)
    for row, one in zip(settled.rows, reservations, strict=True):
        found = (row.reserved_unit_h, row.used_unit_h, row.lmp_fen, row.covered_fen)
        assert found == pytest.approx(told[one.reservation_id], rel=1e-6, abs=size)
        assert -1e-6 <= row.sold_unit_h <= row.unused_unit_h + 1e-6
        left_fen = row.lmp_fen - row.covered_fen - one.price_fen_per_unit_h * row.unused_unit_h
        assert row.net_fen == pytest.approx(left_fen - one.price_fen_per_unit_h * row.used_unit_h, abs=size)
    sellers = {seller.site_id: seller for seller in settled.sellers}
    assert set(sellers) == {one.site_id for one in reservations}
    for site_id, seller in sellers.items():
        assert seller.revenue_fen == pytest.approx(revenue[site_id], rel=1e-6, abs=size)
    # What all work pays, holders' jobs among it, is what sites and holders have together.
    paid = sum(seller.revenue_fen for seller in sellers.values())
    held = sum(row.net_fen + row.covered_fen for row in settled.rows)
    assert sum(seller.net_fen for seller in sellers.values()) + held == pytest.approx(paid, abs=size)


def test_settle_without_reservations_tells_of_jobs_that_name_one(make_board, make_jobs, rules) -> None:
    jobs = named(make_jobs({}, {}), "r1", "")
    outcome = solved(jobs, make_board(), rules)
    assert outcome.reservations == ReservationsDay((), (), {"reservation_unknown": 1})
    plain = solved(replace(jobs, reservation=np.array(["", ""], dtype=object)), make_board(), rules)
    assert plain.plan_fen == outcome.plan_fen
