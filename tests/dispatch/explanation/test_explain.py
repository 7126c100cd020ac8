"""Why here and not there, and what made a price: parts that add up, costs that the placement knows, limits in order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.dispatch.prices.test_price import random_day

from qipan.dispatch.explanation.explain import explain_job, explain_price
from qipan.dispatch.explanation.left import left_units
from qipan.dispatch.explanation.split import note_terms
from qipan.dispatch.jobs.classify import classify, latest_start_in_horizon_s, planned_h
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.explanation import JobExplanation, JobTerms, Part, Terms
from qipan.dispatch.model.job import KINDS, DataClass, Jobs, Tier
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.placement.bound import cheapest_fen
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.seats import hold_all
from qipan.dispatch.placement.tell import seats_of
from qipan.dispatch.placement.timeline import asks, fits, timeline
from qipan.dispatch.plan import plan


class Day(NamedTuple):
    """A solved day with its terms."""

    jobs: Jobs
    board: Board
    rules: Rules
    reached: Reach
    plan: Plan
    found: Placement
    terms: Terms

    def explained(self, index: int) -> JobExplanation:
        return explain_job(job_terms(self, index), self.terms)


def solved(jobs: Jobs, board: Board, rules: Rules) -> Day:
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    made = plan(board, classes, rules, reached.takes[classes.streams.sort])
    found = place(jobs, board, rules, reached, refused=refused, plan=made)
    left = left_units(jobs, board, reached, found)
    return Day(jobs, board, rules, reached, made, found, note_terms(board, rules, made, left))


def job_terms(day: Day, index: int) -> JobTerms:
    jobs, board, pool = day.jobs, day.board, int(day.found.pool[index])
    told = day.found.runs(planned_h(jobs, board) * 3600)
    mine = told.job == index
    runs = zip(told.start_s[mine].tolist(), told.seconds[mine].tolist(), strict=True)
    return JobTerms(
        kind=KINDS[jobs.kind[index]].value,
        card_model=jobs.card_model[index],
        tier=int(jobs.tier[index]),
        data_class=int(jobs.data_class[index]),
        origin=int(day.reached.origin[day.reached.of_job[index]]),
        quantity=float(jobs.quantity[index]),
        requested_h=float(jobs.requested_s[index] / 3600),
        planned_h=float(planned_h(jobs, board)[index]),
        data_gb=float(jobs.data_gb[index]),
        first_h=max(float(jobs.submit_s[index] - board.start_s), 0.0) / 3600,
        latest_h=float(latest_start_in_horizon_s(jobs, board)[index] - board.start_s) / 3600,
        site=int(board.pool_site[pool]) if pool >= 0 else None,
        placed_model=board.pools[pool].card_model if pool >= 0 else "",
        may_split=bool(asks(jobs, board, day.reached).splits[index]),
        runs=tuple(((start - board.start_s) / 3600, hours / 3600) for start, hours in runs),
    )


def test_explain_job_splits_the_difference_as_one_would_by_hand(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    near = replace(
        rules,
        tiers=tuple(replace(tier, nearness_fen_per_unit_h_ms=0.5) for tier in rules.tiers),
        carbon_fen_per_kg=10.0,
    )
    day = solved(make_jobs({"quantity": 2.0, "requested_h": 3.0, "data_gb": 4.0}), make_board(), near)
    found = day.explained(0)
    assert found.chosen is not None
    assert (found.chosen.site, found.excluded) == (1, {})
    (other,) = found.alternatives
    assert other.site == 0
    # Six unit-hours: energy 75 against 48 fen, carbon at 10 fen a kilogram, 28 ms at half a fen, 4 GB at 2 fen.
    assert other.difference_parts_fen == pytest.approx(
        {
            Part.ENERGY: 6 * (75.0 - 48.0),
            Part.CARBON: 6 * 10 * (1.25 * 0.4403 - 1.2 * 0.6423),
            Part.NEARNESS: -6 * 28 * 0.5,
            Part.NETWORK: -8.0,
        }
    )
    assert other.difference_fen == math.fsum(other.difference_parts_fen.values())
    assert not other.is_full


def test_explain_job_names_scarcity_and_a_site_that_is_full(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(*({"quantity": 6.0, "slack_h": 0.0, "tier": tier} for tier in (Tier.INTERACTIVE, Tier.BATCH)))
    day = solved(jobs, make_board(transfer_fen_per_gb=((0.0, 0.0), (0.0, 0.0))), rules)
    sites = [day.explained(index).chosen.site for index in range(2)]  # type: ignore[union-attr]
    assert sorted(sites) == [0, 1]
    (other,) = day.explained(sites.index(0)).alternatives
    # At the plan's prices the full site costs the same: what it saves in energy is its rent.
    assert other.difference_parts_fen[Part.CAPACITY] == pytest.approx(-other.difference_parts_fen[Part.ENERGY])
    assert other.difference_fen == pytest.approx(0.0, abs=1e-6)
    assert other.is_full


@pytest.mark.parametrize(
    ("changed", "excluded"),
    [
        ({"data_class": DataClass.PROVINCE}, {1: "data_may_not_leave"}),
        ({"tier": Tier.REALTIME}, {1: "too_far"}),
        ({"quantity": 11.0}, {1: "too_large"}),
    ],
)
def test_explain_job_names_the_limit_of_each_site(
    make_board: Any, make_jobs: Any, rules: Rules, changed: dict[str, Any], excluded: dict[int, str]
) -> None:
    found = solved(make_jobs(changed), make_board(cards=(20.0, 10.0)), rules).explained(0)
    assert (found.excluded, found.alternatives) == (excluded, ())


def test_explain_job_without_a_place_tells_what_other_sites_would_cost(
    make_board: Any, make_jobs: Any, rules: Rules
) -> None:
    jobs = make_jobs(*({"quantity": 10.0, "slack_h": 0.0} for _ in range(3)))
    day = solved(jobs, make_board(), rules)
    found = day.explained(int(np.flatnonzero(day.found.pool < 0)[0]))
    assert found.chosen is None
    assert [(one.difference_fen, one.difference_parts_fen) for one in found.alternatives] == [(None, {})] * 2


@pytest.mark.parametrize("seed", range(6))
def test_explain_job_costs_what_the_placement_knows_and_its_parts_add_up(seed: int) -> None:
    board, jobs, rules = random_day(np.random.default_rng(seed))
    jobs = replace(jobs, preemptible=np.arange(len(jobs)) % 3 == 0)
    day = solved(jobs, replace(board, links=None), replace(rules, keeps_reserve=seed % 2 == 0, carbon_fen_per_kg=3.0))
    board, reached = day.board, day.reached
    prices = prices_of(jobs, board, day.rules, reached, day.plan.lmp_fen_per_unit_h[board.pool_product])
    product_site = np.array([product[0] for product in board.products])
    cheapest = [
        cheapest_fen(
            asks(jobs, board, replace(reached, within_data=reached.within_data & (product_site == site))),
            prices,
            timeline(board),
        )
        for site in range(len(board.sites))
    ]
    for index in range(len(jobs)):
        found = day.explained(index)
        assert len(found.alternatives) + len(found.excluded) <= len(board.sites)
        costs = [one.cost_fen for one in found.alternatives]
        assert costs == sorted(costs)
        for one in found.alternatives:
            assert one.cost_fen == pytest.approx(cheapest[one.site][index], rel=1e-6, abs=1e-6)
            assert one.cost_fen == math.fsum(one.parts_fen.values())
            if found.chosen is not None:
                assert one.difference_fen == math.fsum(one.difference_parts_fen.values())
                assert one.difference_fen == pytest.approx(one.cost_fen - found.chosen.cost_fen, abs=1e-6)


def test_a_site_said_to_be_full_has_no_room_beside_all_that_are_placed() -> None:
    full = 0
    for seed in range(4):
        board, jobs, rules = random_day(np.random.default_rng(seed))
        day = solved(jobs, board, rules)
        ask, room = asks(jobs, day.board, day.reached), timeline(day.board)
        hold_all(np.flatnonzero(day.found.has_place), ask, room, seats_of(day.found, ask, day.board))
        for index in np.flatnonzero(~ask.splits):
            for one in day.explained(int(index)).alternatives:
                if not one.is_full:
                    continue
                full += 1
                asked = (one.site, one.kind, one.card_model)
                pools = np.flatnonzero([board.products[product] == asked for product in board.pool_product])
                start = one.start_h * 60.0
                assert len(pools)
                assert not any(fits(room, ask, index, pool, start) for pool in pools)
    assert full > 0


def test_explain_job_counts_the_rent_of_the_links_on_the_way() -> None:
    for seed in range(8):
        board, jobs, rules = random_day(np.random.default_rng(seed))
        day = solved(jobs, board, rules)
        streams, terms = day.plan.classes.streams, day.terms
        product = np.array([one.site for one in terms.products])[day.plan.work_product]
        origin, gb = streams.origin[day.plan.work_stream], streams.gb_per_unit_h[day.plan.work_stream]
        link = np.array(terms.link_fen_per_gb)[origin, product, day.plan.work_slot] * gb
        whole = day.plan.lmp_fen_per_unit_h[day.plan.work_product, day.plan.work_slot] + link
        whole = whole + day.plan.transfer_fen + day.plan.nearness_fen
        paid = day.plan.delivered_fen_per_unit_h[day.plan.work_stream, day.plan.work_slot]
        used = day.plan.work_unit_h > 1e-6
        np.testing.assert_allclose(whole[used], paid[used], atol=1e-5)


def test_explain_price_names_what_binds(make_board: Any, make_jobs: Any, rules: Rules) -> None:
    jobs = make_jobs(*({"quantity": 8.0, "slack_h": 0.0} for _ in range(2)))
    day = solved(jobs, make_board(), rules)
    (full,) = explain_price(day.terms, 1, 0)
    assert full.binding == ("capacity",)
    assert full.lmp_fen_per_unit_h == pytest.approx(75.0)
    assert full.parts_fen_per_unit_h == pytest.approx({"energy": 48.0, "capacity": 27.0})
    assert "Capacity binds" in full.why_en
    assert "容量约束" in full.why_zh
    (idle,) = explain_price(day.terms, 1, 1)
    assert (idle.binding, idle.lmp_fen_per_unit_h) == ((), pytest.approx(48.0))
    assert idle.why_en.startswith("No limit binds")
    (dark,) = explain_price(solved(jobs, make_board(power_cap_kw=(math.inf, 6.0)), rules).terms, 1, 0)
    assert dark.binding == ("power",)
