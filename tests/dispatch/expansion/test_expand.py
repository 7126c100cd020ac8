"""Plans of expansion, checked by hand on small boards and against one large programme on random ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.random_prospect import prospect as random_prospect
from tests.dispatch.programme.test_energy import with_energy

from qipan.dispatch.expansion.enlarge import enlarge
from qipan.dispatch.expansion.expand import expand
from qipan.dispatch.expansion.follow import weigh
from qipan.dispatch.expansion.join import join
from qipan.dispatch.expansion.stage import served
from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Links
from qipan.dispatch.model.expansion import (
    Build,
    Carbon,
    Day,
    Expansion,
    Growth,
    Limit,
    Line,
    Move,
    Option,
    Prospect,
)
from qipan.dispatch.model.job import Jobs, Tier
from qipan.dispatch.model.plan import Instance, Reason
from qipan.dispatch.plan import solve
from qipan.dispatch.programme.formulate import formulate

DAYS = 365.0
NO_SHAPE: dict[str, Any] = {}

Maker = Callable[..., Prospect]


def instance_of(jobs: Jobs, board: Board, rules: Any) -> Instance:
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    return Instance(board, classes, rules, reached.takes[classes.streams.sort])


@pytest.fixture
def make_prospect(make_board: Any, make_jobs: Any, rules: Any) -> Maker:
    """One representative day of a year, demand as it is, no discount, no limit of carbon, unless said otherwise."""

    def make(
        rows: Sequence[dict[str, Any]],
        options: Sequence[Option],
        *,
        board: Board | None = None,
        years: int = 1,
        growths: Sequence[Growth] | None = None,
        most_kg: float = math.inf,
        discount_rate: float = 0.0,
    ) -> Prospect:
        day = Day("day", DAYS, instance_of(make_jobs(*rows), board or make_board(), rules))
        return Prospect(
            years=tuple(range(2026, 2026 + years)),
            discount_rate=discount_rate,
            days=(day,),
            growths=tuple(growths or (Growth("even", 1.0, np.ones(years)),)),
            carbon=Carbon(np.full(years, most_kg), "location", 1e5),
            options=tuple(options),
        )

    return make


def option(name: str, cost: float, *moves: tuple[Limit, str, float], most: float = 100.0, **more: Any) -> Option:
    fields: dict[str, Any] = {"most_per_year": most, "earliest": 2026, "shape": NO_SHAPE} | more
    shape = fields.pop("shape")
    moved = tuple(Move(limit, of, by, shape) for limit, of, by in moves)
    return Option(name, fields.pop("build", Build.CARDS), name, name, "", moved, cost, most, **fields)


def planned(prospect: Prospect) -> Expansion:
    """Plan, and hold the plan against one large programme on the way."""
    found = expand(prospect, gap=1e-9)
    cost_fen, _ = join(prospect)
    assert found.cost_fen == pytest.approx(cost_fen, rel=1e-6, abs=1e-3)
    assert found.bound_fen == pytest.approx(cost_fen, rel=1e-6, abs=1e-3)
    return found


def test_cards_are_built_while_the_lost_work_is_worth_more(make_prospect: Maker) -> None:
    rows = [{"quantity": 6.0, "slack_h": 0.0, "tier": Tier.REALTIME}] * 2
    worth = DAYS * (4000.0 - 75.0)
    built = planned(make_prospect(rows, [option("cards", 1e6, (Limit.POOL, "gz-cards", 1.0))]))
    assert built.standing == pytest.approx(np.array([[2.0]]))
    assert built.cost_fen == pytest.approx(2e6 + DAYS * 12.0 * 75.0)
    assert built.unserved_unit_h["intelligent"] == pytest.approx([0.0])
    few = planned(make_prospect(rows, [option("cards", 1e6, (Limit.POOL, "gz-cards", 1.0), most=1.5)]))
    assert few.standing == pytest.approx(np.array([[1.5]]))
    assert few.worth_fen == pytest.approx(np.array([[worth]]))
    dear = planned(make_prospect(rows, [option("cards", 1.5e6, (Limit.POOL, "gz-cards", 1.0))]))
    assert dear.standing == pytest.approx(np.array([[0.0]]))
    assert dear.worth_fen == pytest.approx(np.array([[worth]]))
    assert dear.unserved_unit_h["intelligent"] == pytest.approx([2.0 * DAYS])


def test_cards_without_power_for_them_serve_nobody(make_prospect: Maker, make_board: Any) -> None:
    rows = [{"quantity": 6.0, "slack_h": 0.0, "tier": Tier.REALTIME}] * 2
    board = make_board(power_cap_kw=(12.5, math.inf))
    cards = (Limit.POOL, "gz-cards", 1.0)
    assert planned(make_prospect(rows, [option("cards", 1e6, cards)], board=board)).standing.sum() == 0
    both = option("cards", 1e6, cards, (Limit.POWER, "gz", 1.25))
    assert planned(make_prospect(rows, [both], board=board)).standing == pytest.approx(np.array([[2.0]]))


def test_plant_is_built_as_large_as_its_hour_uses(make_prospect: Maker) -> None:
    sun = {"day": np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])}
    plant = option("solar", 10_000.0, (Limit.RENEWABLE, "nx", 1.0), build=Build.SOLAR, shape=sun)
    built = planned(make_prospect([{"quantity": 4.0, "slack_h": 0.0}], [plant]))
    assert built.standing == pytest.approx(np.array([[4.8]]))
    assert built.cost_fen == pytest.approx(48_000.0)
    assert built.carbon_kg == pytest.approx([0.0])


def test_store_is_built_where_prices_differ_enough(make_prospect: Maker, make_board: Any) -> None:
    prices = np.array([[900.0] * 6, [10.0, 90.0, 90.0, 90.0, 90.0, 90.0]])
    board = make_board(price_fen_per_kwh=prices, pue=(1.0, 1.0))
    store = ((Limit.STORE_KWH, "nx", 1.0), (Limit.STORE_KW, "nx", 0.5))
    rows = [{"submit_h": 1.0, "quantity": 1.0, "slack_h": 0.0}]
    built = planned(make_prospect(rows, [option("store", 10_000.0, *store, build=Build.STORE)], board=board))
    assert built.standing == pytest.approx(np.array([[2.0]]))
    assert built.cost_fen == pytest.approx(20_000.0 + DAYS * 10.0)


def test_link_is_built_for_what_it_saves(make_prospect: Maker, make_board: Any) -> None:
    factor = np.zeros((1, 2, 2))
    factor[0, 0, 1] = 1.0
    links = Links(("gz-nx",), np.ones((1, 6)), factor)
    board = make_board(links=links, transfer_fen_per_gb=((0.0, 0.0), (0.0, 0.0)))
    rows = [{"quantity": 4.0, "slack_h": 0.0, "data_gb": 4.0}]
    link = option("link", 5_000.0, (Limit.LINK, "gz-nx", 1.0), build=Build.LINK)
    built = planned(make_prospect(rows, [link], board=board))
    assert built.standing == pytest.approx(np.array([[3.0]]))
    assert built.run_fen == pytest.approx([DAYS * 4.0 * 48.0])
    assert planned(
        make_prospect(rows, [replace(link, cost_fen_per_unit_year=DAYS * 27.0 + 1.0)], board=board)
    ).standing == (pytest.approx(np.array([[0.0]])))


def test_line_opens_the_far_site_to_those_that_only_latency_holds_back(make_prospect: Maker) -> None:
    rows = [{"quantity": 4.0, "slack_h": 0.0, "data_gb": 4.0, "tier": Tier.REALTIME}]
    line = option("line", 5_000.0, build=Build.LINE, lines=(Line("440000", "nx", 12.0, 0.0),), line_gb_per_h=1.0)
    prospect = make_prospect(rows, [line])
    built = planned(prospect)
    assert built.standing == pytest.approx(np.array([[4.0]]))
    assert built.run_fen == pytest.approx([DAYS * 4.0 * 48.0])
    slow = replace(line, lines=(Line("440000", "nx", 21.0, 0.0),))
    assert planned(make_prospect(rows, [slow])).standing == pytest.approx(np.array([[0.0]]))
    day = prospect.days[0].instance
    assert served(day, line.lines[0]) == [(0, 1, 1.0)]
    bound = day._replace(takes=np.zeros_like(day.takes))
    assert served(bound, line.lines[0]) == []


def test_call_of_the_grid_is_lifted_by_reinforcement(make_prospect: Maker, make_board: Any) -> None:
    board = with_energy(make_board(pue=(1.0, 1.0)), {"member": (False, True), "most_kw": 2.0})
    rows = [{"quantity": 5.0, "slack_h": 0.0}]
    grid = option("grid", 5_000.0, (Limit.GRID, "all", 1.0), build=Build.GRID)
    built = planned(make_prospect(rows, [grid], board=board))
    assert built.standing == pytest.approx(np.array([[3.0]]))
    assert built.cost_fen == pytest.approx(3.0 * 5_000.0 + DAYS * 5.0 * 40.0)


def test_idle_cards_are_closed_and_busy_ones_are_not(make_prospect: Maker) -> None:
    rows = [{"quantity": 4.0, "slack_h": 0.0, "tier": Tier.REALTIME}]
    closing = option("close", -1_000.0, (Limit.POOL, "gz-cards", -1.0), most=10.0, build=Build.CLOSING)
    built = planned(make_prospect(rows, [closing]))
    assert built.standing == pytest.approx(np.array([[6.0]]))
    assert built.build_fen == pytest.approx([-6_000.0])


def test_merging_moves_cards_to_the_cheaper_site(make_prospect: Maker) -> None:
    merging = option(
        "merge", 500.0, (Limit.POOL, "gz-cards", -1.0), (Limit.POOL, "nx-cards", 1.0), most=10.0, build=Build.MERGING
    )
    built = planned(make_prospect([{"quantity": 7.0, "slack_h": 0.0}] * 2, [merging]))
    assert built.standing == pytest.approx(np.array([[4.0]]))
    assert built.run_fen == pytest.approx([DAYS * 14.0 * 48.0])


def test_limit_of_carbon_binds_and_moves_work_to_the_cleaner_site(make_prospect: Maker) -> None:
    rows = [{"quantity": 4.0, "slack_h": 0.0}]
    here, there = 1.25 * 0.4403, 1.2 * 0.6423
    far = (2.5 - 4.0 * here) / (there - here)
    ran = planned(make_prospect(rows, [], most_kg=2.5 * DAYS))
    assert ran.carbon_kg == pytest.approx([2.5 * DAYS])
    assert ran.cost_fen == pytest.approx(DAYS * (far * 48.0 + (4.0 - far) * 75.0))
    plant = option("solar", 10_000.0, (Limit.RENEWABLE, "nx", 1.0), most=1.0, build=Build.SOLAR)
    greener = planned(make_prospect(rows, [plant], most_kg=2.3 * DAYS))
    # A kilowatt-hour of the plant saves its price and lets others burn the carbon that it saves.
    assert greener.worth_fen[0, 0] == pytest.approx(DAYS * (40.0 + 0.6423 * 27.0 / (there - here)))


def test_carbon_beyond_any_plan_is_paid(make_prospect: Maker) -> None:
    ran = planned(make_prospect([{"quantity": 4.0, "slack_h": 0.0, "tier": Tier.REALTIME}], [], most_kg=0.0))
    paid = min(1e5 * 1.25 * 0.4403 + 75.0, 4000.0)
    assert ran.cost_fen == pytest.approx(DAYS * 4.0 * paid)


def test_plant_waits_for_its_land(make_prospect: Maker) -> None:
    land = option("land", 100.0, build=Build.LAND)
    plant = option("wind", 10_000.0, (Limit.RENEWABLE, "nx", 1.0), build=Build.WIND, needs="land", lead_years=1)
    built = planned(make_prospect([{"quantity": 4.0, "slack_h": 0.0}], [land, plant], years=3))
    assert built.standing[1] == pytest.approx([0.0, 4.8, 4.8])
    assert built.standing[0] == pytest.approx([4.8, 4.8, 4.8])


def test_most_of_a_year_and_earliest_year_hold(make_prospect: Maker) -> None:
    plant = option("wind", 10_000.0, (Limit.RENEWABLE, "nx", 1.0), most=4.0, most_per_year=2.5, earliest=2027)
    built = planned(make_prospect([{"quantity": 4.0, "slack_h": 0.0}], [plant], years=3))
    assert built.standing == pytest.approx(np.array([[0.0, 2.5, 4.0]]))


def test_one_build_serves_all_futures_by_their_chance(make_prospect: Maker) -> None:
    rows = [{"quantity": 10.0, "slack_h": 0.0, "tier": Tier.REALTIME}]
    worth = DAYS * (4000.0 - 75.0)
    growths = [Growth("slow", 0.75, np.array([1.0])), Growth("fast", 0.25, np.array([1.2]))]
    for cost, built in ((0.2 * worth, 2.0), (0.3 * worth, 0.0)):
        found = planned(make_prospect(rows, [option("cards", cost, (Limit.POOL, "gz-cards", 1.0))], growths=growths))
        assert found.standing == pytest.approx(np.array([[built]]))
        assert found.unserved_unit_h["intelligent"] == pytest.approx([0.25 * DAYS * (2.0 - built)])


def test_later_years_count_less(make_prospect: Maker) -> None:
    rows = [{"quantity": 4.0, "slack_h": 0.0}]
    found = planned(make_prospect(rows, [], years=2, discount_rate=0.25))
    assert found.run_fen == pytest.approx([DAYS * 4.0 * 48.0] * 2)
    assert found.cost_fen == pytest.approx(found.run_fen[0] * 1.8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("carbon_kg", [math.inf, 3e5])
def test_decomposition_equals_one_large_programme(seed: int, carbon_kg: float) -> None:
    made = random_prospect(3, 6, 20, seed, years=3, days=2, growths=2, origins=3, carbon_kg=carbon_kg)
    found = planned(made)
    assert found.gap <= 1e-9
    again = expand(made, gap=1e-9)
    assert (again.standing == found.standing).all()


def test_plan_costs_what_its_enlarged_boards_cost() -> None:
    made = random_prospect(3, 6, 20, 1, years=2, days=2, growths=2, origins=3)
    made = replace(made, options=tuple(one for one in made.options if not one.lines))
    found = expand(made, gap=1e-9)
    run = 0.0
    for case, weight in enumerate(made.weight):
        year, growth, day = np.unravel_index(case, made.shape)
        board, classes, rules, takes = made.days[day].instance
        factor = made.growths[growth].factor[year]
        grown = replace(classes, demand_unit_h=factor * classes.demand_unit_h, width=factor * classes.width)
        larger = enlarge(board, made.options, found.standing[:, year], made.days[day].name)
        run += weight * solve(formulate(larger, grown, rules, takes)).objective
    assert found.standing.sum() > 0
    assert found.cost_fen == pytest.approx(made.discount @ found.build_fen + run, rel=1e-7)


def test_plan_is_no_dearer_than_building_nothing_or_following_prices() -> None:
    made = random_prospect(3, 6, 20, 1, years=3, days=2, growths=2, origins=3, load=0.6)
    weighed = weigh(made, gap=1e-7)
    assert weighed.plan.cost_fen <= weighed.followed.cost_fen <= weighed.nothing.cost_fen
    assert weighed.plan.cost_fen < weighed.nothing.cost_fen
    assert weighed.nothing.standing.max() == 0.0
    assert weighed.followed.standing.max() > 0.0
    # What closing saves is no money to build with.
    cost = np.array([max(one.cost_fen_per_unit_year, 0.0) for one in made.options])
    spent = [cost @ one.standing @ made.discount for one in (weighed.plan, weighed.followed)]
    assert 0.0 < spent[1] <= spent[0] * (1.0 + 1e-9)


def test_expansion_stops_when_told_and_says_how_near_it_is() -> None:
    made = random_prospect(3, 6, 20, 0, years=2, days=2, growths=1, origins=3)
    told: list[tuple[float, float]] = []

    def is_enough(steps: int, cost_fen: float, bound_fen: float) -> bool:
        told.append((cost_fen, bound_fen))
        return steps >= 2

    found = expand(made, gap=0.0, is_enough=is_enough)
    assert found.steps == len(told) == 2
    assert found.bound_fen <= found.cost_fen
    assert found.gap > 0
