"""Plans: the shortest as a mixed-integer programme has it, seats and openings kept, and why somebody has none."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from tests.talent.plans.made import leads, may_have, may_take, offers, persons, shortest

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.course import Job, Module, Offer, Person, Presence
from qipan.talent.model.plan import Obstacle, Plan
from qipan.talent.plans.find_plans import find_plans
from qipan.talent.plans.tell import tell_plans

ONLINE = Presence.ONLINE


def cost(plan: Plan) -> tuple[int, int, int]:
    return plan.hours, plan.cost_fen, len(plan.modules)


@given(persons(), offers())
@settings(max_examples=60, deadline=None)
def test_seats_openings_time_and_money_are_kept_and_every_plan_teaches_what_is_lacking(people, offer) -> None:
    found = find_plans(people, offer)
    seats = Counter(one.module_id for told in found if told.plan for one in told.plan.modules)
    openings = Counter(told.plan.job.job_id for told in found if told.plan)
    assert all(seats[one.module_id] <= one.seats for one in offer.modules)
    assert all(openings[one.job_id] <= one.openings for one in offer.jobs)
    assert sorted(one.person.person_id for one in found) == sorted(one.person_id for one in people)
    for told in found:
        for plan in [told.plan, *told.alternatives] if told.plan else []:
            assert leads(told.person, list(plan.modules), plan.job)
            assert may_have(told.person, plan.job)
            assert all(may_take(told.person, one) for one in plan.modules)
            assert plan.hours <= told.person.hours
            assert plan.cost_fen <= told.person.money_fen
            assert len({one.module_id for one in plan.modules}) == len(plan.modules)
        assert (told.plan is None) == bool(told.obstacles)
        jobs = [plan.job.job_id for plan in (told.plan, *told.alternatives) if plan]
        assert len(set(jobs)) == len(jobs)


@given(persons(), offers())
@settings(max_examples=25, deadline=None)
def test_each_plan_is_the_shortest_that_a_programme_finds_of_what_is_left(people, offer) -> None:
    for is_subsidised in (False, True):
        seats = {one.module_id: one.seats for one in offer.modules}
        openings = {one.job_id: one.openings for one in offer.jobs}
        for told in find_plans(people, offer, alternatives=0, is_subsidised=is_subsidised):
            best = shortest(told.person, offer, seats, openings, is_subsidised=is_subsidised)
            assert (cost(told.plan) if told.plan else None) == best
            if told.plan:
                openings[told.plan.job.job_id] -= 1
                for one in told.plan.modules:
                    seats[one.module_id] -= 1


@given(persons(most=1), offers(modules=5))
@settings(max_examples=60, deadline=None)
def test_plans_of_one_person_are_those_of_all_sets_of_modules_tried(people, offer) -> None:
    (person,) = people
    modules = [one for one in offer.modules if one.seats and may_take(person, one)]
    best = {}
    for job in offer.jobs:
        for size in range(len(modules) + 1):
            for some in combinations(modules, size):
                hours, paid = sum(one.hours for one in some), sum(one.cost_fen for one in some)
                fits = hours <= person.hours and paid <= person.money_fen
                if job.openings and may_have(person, job) and fits and leads(person, list(some), job):
                    told = (hours, paid, size, -job.wage_fen_per_month, job.job_id)
                    best[job.job_id] = min(best.get(job.job_id, told), told)
    (found,) = find_plans(people, offer, alternatives=2)
    plans = [one for one in (found.plan, *found.alternatives) if one]
    told = [(*cost(one), -one.job.wage_fen_per_month, one.job.job_id) for one in plans]
    assert told == sorted(best.values())[:3]


@given(persons(most=1), offers())
@settings(max_examples=30, deadline=None)
def test_stating_less_than_one_has_gives_no_better_plan(people, offer) -> None:
    (true,) = find_plans(people, offer, alternatives=0)
    person = people[0]
    for less in (
        replace(person, skills={}),
        replace(person, hours=person.hours // 2),
        replace(person, money_fen=person.money_fen // 2),
    ):
        (told,) = find_plans((less,), offer, alternatives=0)
        if told.plan:
            assert true.plan
            assert cost(true.plan) <= cost(told.plan)


def job(name: str = "j", *, region: str = "r", openings: int = 1, wage: int = 1000, **skills: float) -> Job:
    return Job(name, region, "o", skills, openings, wage)


def module(name: str, hours: int, fen: int, *, seats: int = 1, subsidy: int = 0, **skills: float) -> Module:
    return Module(name, "p", "r", ONLINE, seats, hours, skills, fen, subsidy)


def person(name: str, hours: int = 100, fen: int = 100, *, priority: int = 0, **skills: float) -> Person:
    return Person(name, skills, hours, fen, ("r",), priority=priority)


def test_the_first_by_priority_then_by_lot_takes_the_seat() -> None:
    offer = Offer((module("short", 10, 0, a=1.0), module("long", 20, 0, seats=5, a=1.0)), (job(openings=9, a=1.0),))
    people = (person("b"), person("c"), person("a", priority=1))
    orders = set()
    for seed in range(20):
        found = find_plans(people, offer, seed=seed)
        orders.add(tuple(one.person.person_id for one in found))
        plans = [[m.module_id for m in one.plan.modules] for one in found if one.plan]
        assert plans == [["short"], ["long"], ["long"]]
        assert find_plans(people[::-1], Offer(offer.modules[::-1], offer.jobs), seed=seed) == found
    assert orders == {("b", "c", "a"), ("c", "b", "a")}


def told_of(people, offer, **how) -> dict[str, tuple[Obstacle, ...]]:
    return {one.person.person_id: one.obstacles for one in find_plans(people, offer, **how)}


def test_obstacles_are_told_with_what_would_be_without() -> None:
    offer = Offer(
        (module("m", 50, 80, seats=9, subsidy=40, a=1.0), module("n", 50, 0, seats=1, b=1.0)),
        (job("ja", openings=9, a=1.0), job("jb", openings=9, wage=2000, b=1.0)),
    )
    people = (
        person("1-first", fen=0), person("2-poor", fen=50, priority=1), person("3-late", hours=10, priority=2),
        person("4-both", hours=1, fen=1, priority=2),
        replace(person("5-proud"), wage_least_fen_per_month=5000, priority=2),
        replace(person("6-taken"), wage_least_fen_per_month=1500, priority=2),
    )  # fmt: skip
    assert told_of(people, offer) == {
        "1-first": (), "2-poor": (Obstacle.TAKEN,), "3-late": (Obstacle.TIME,),
        "4-both": (Obstacle.TAKEN, Obstacle.TIME), "5-proud": (Obstacle.WAGE,), "6-taken": (Obstacle.TAKEN,),
    }  # fmt: skip
    # With subsidies the poor would have a plan though the seat they could pay for is taken.
    helped = next(one.subsidised for one in find_plans(people, offer) if one.person.person_id == "2-poor")
    assert helped
    assert helped.cost_fen == 40
    only_a = Offer(offer.modules[:1], offer.jobs[:1])
    (poor,) = find_plans((people[1],), only_a)
    assert (poor.obstacles, poor.relaxed and poor.relaxed.cost_fen) == ((Obstacle.MONEY,), 80)
    assert poor.subsidised
    assert (poor.subsidised.cost_fen, poor.subsidised.subsidy_fen) == (40, 40)
    (paid,) = find_plans((people[1],), only_a, is_subsidised=True)
    assert paid.plan == poor.subsidised
    assert tell_plans((poor,))["obstacles"]["money"] == 1


@pytest.mark.parametrize(("lacks", "told"), [({"fen": 50}, Obstacle.MONEY), ({"hours": 10}, Obstacle.TIME)])
def test_what_a_later_one_takes_is_no_obstacle_of_an_earlier_one(lacks, told) -> None:
    offer = Offer((module("m", 50, 80, subsidy=40, a=1.0),), (job(openings=9, a=1.0),))
    found = find_plans((person("1", **lacks), person("2", priority=1)), offer)
    assert [one.obstacles for one in found] == [(told,), ()]
    assert (found[0].subsidised is not None) == (told is Obstacle.MONEY)


def test_what_is_taken_and_too_dear_is_told_together() -> None:
    offer = Offer((module("m", 50, 80, a=1.0),), (job(openings=9, a=1.0),))
    people = (person("1"), person("2", fen=50, priority=1))
    assert told_of(people, offer)["2"] == (Obstacle.TAKEN, Obstacle.MONEY)


def test_region_wage_start_and_openings_are_obstacles_of_their_own() -> None:
    late = replace(module("late", 10, 0, seats=9, a=1.0), start=date(2027, 1, 1))
    here, away, full = job("here", openings=9, a=1.0), job("away", region="s", a=1.0), job("full", openings=0, b=0.5)
    asks = replace(person("p"), ready=date(2027, 2, 1))
    assert told_of((asks,), Offer((late,), (here,)))["p"] == (Obstacle.START,)
    assert told_of((person("p"),), Offer((late,), (here,)), day=date(2027, 2, 1))["p"] == (Obstacle.START,)
    assert told_of((person("p"),), Offer((late,), (here,)), day=date(2027, 1, 1))["p"] == ()
    assert told_of((person("p"),), Offer((late,), (away,)))["p"] == (Obstacle.REGION,)
    assert told_of((replace(person("p"), wage_least_fen_per_month=9000),), Offer((late,), (here,)))["p"] == (
        Obstacle.WAGE,
    )
    assert told_of((person("p", b=1.0),), Offer((late,), (full,)))["p"] == (Obstacle.NO_OPENING,)
    no_seat = replace(late, seats=0)
    assert told_of((person("p"),), Offer((no_seat,), (here,)))["p"] == (Obstacle.NO_OPENING,)
    assert told_of((person("p"),), Offer((), (here,)))["p"] == (Obstacle.SKILLS,)
    assert told_of((asks,), Offer((late,), (away,)))["p"] == (Obstacle.START, Obstacle.REGION)


@given(persons(), offers())
@settings(max_examples=25, deadline=None)
def test_without_its_obstacles_each_person_would_have_a_plan_and_with_any_of_them_none(people, offer) -> None:
    seats = {one.module_id: one.seats for one in offer.modules}
    openings = {one.job_id: one.openings for one in offer.jobs}
    for told in find_plans(people, offer, alternatives=0):
        if told.plan:
            openings[told.plan.job.job_id] -= 1
            for one in told.plan.modules:
                seats[one.module_id] -= 1
            continue
        if told.obstacles == (Obstacle.SKILLS,):
            assert told.relaxed is None
            continue
        for kept in ((), *((one,) for one in told.obstacles)):
            dropped = set(told.obstacles) - set(kept)
            is_possible = shortest(*without(told.person, offer, seats, openings, dropped)) is not None
            assert is_possible == (not kept)
        assert told.relaxed


def without(person, offer, seats, openings, dropped):
    """Return a person and what is left, without some obstacles."""
    if Obstacle.TAKEN in dropped:
        seats = {one.module_id: one.seats for one in offer.modules}
        openings = {one.job_id: one.openings for one in offer.jobs}
    if Obstacle.NO_OPENING in dropped:
        seats = {one.module_id: seats[one.module_id] if one.seats else 1 for one in offer.modules}
        openings = {one.job_id: openings[one.job_id] if one.openings else 1 for one in offer.jobs}
    changes = {
        Obstacle.TIME: {"hours": 10**6}, Obstacle.MONEY: {"money_fen": 10**6}, Obstacle.START: {"ready": None},
        Obstacle.WAGE: {"wage_least_fen_per_month": 0}, Obstacle.REGION: {"regions": ("310000", "640000")},
    }  # fmt: skip
    for obstacle in dropped:
        person = replace(person, **changes.get(obstacle, {}))
    return person, offer, seats, openings


def test_who_lacks_nothing_needs_no_module_and_takes_the_best_paid_job() -> None:
    (found,) = find_plans((person("p", a=1.0),), Offer((), (job("x", a=0.5), job("y", wage=2000, a=1.0))))
    assert found.plan
    assert (found.plan.job.job_id, found.plan.modules, found.plan.hours) == ("y", (), 0)


def test_as_many_skills_as_a_job_may_need_are_covered_exactly() -> None:
    names = [f"s{at:02d}" for at in range(16)]
    pairs = [module(f"m{at:02d}", 10, 1, **{names[at]: 1.0, names[at + 1]: 1.0}) for at in range(15)]
    dear = module("all", 79, 100, **dict.fromkeys(names, 1.0))
    offer = Offer((*pairs, dear), (Job("j", "r", "o", dict.fromkeys(names, 1.0), 1, 1),))
    (found,) = find_plans((person("p"),), offer)
    assert found.plan
    assert cost(found.plan) == (79, 100, 1)
    (thrifty,) = find_plans((person("p", fen=50),), offer)
    assert thrifty.plan
    assert cost(thrifty.plan) == (80, 8, 8)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(RuleBrokenError, match="16 skills at most") as caught:
        Job("j", "r", "o", {str(at): 1.0 for at in range(17)}, 1, 1)
    assert caught.value.code == "needs_many"
    with pytest.raises(RuleBrokenError) as caught:
        module("m", 1, 1, subsidy=2)
    assert caught.value.code == "subsidy_unfit"
    with pytest.raises(RuleBrokenError) as caught:
        find_plans((), Offer((), ()), alternatives=-1)
    assert caught.value.code == "alternatives_unfit"
