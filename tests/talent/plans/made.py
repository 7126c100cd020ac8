"""Small offers in which persons compete, and the shortest plan as mixed-integer programmes have it."""

from __future__ import annotations

from datetime import date

import highspy
from hypothesis import strategies as st

from qipan.talent.model.course import Job, Module, Offer, Person, Presence

SKILLS, REGIONS = ("a", "b", "c", "d", "e"), ("310000", "640000")
LEVELS = (0.25, 0.5, 1.0)
DAYS = (None, date(2027, 1, 1), date(2027, 3, 1))


def skills(draw: st.DrawFn, *, most: int = 4) -> dict[str, float]:
    return draw(st.dictionaries(st.sampled_from(SKILLS), st.sampled_from(LEVELS), max_size=most))


@st.composite
def offers(draw: st.DrawFn, *, modules: int = 8, jobs: int = 4, seats: int = 2) -> Offer:
    """Draw modules and jobs; ties of hours and costs are common."""
    return Offer(
        tuple(
            Module(
                f"m{at}", "p", draw(st.sampled_from(REGIONS)), draw(st.sampled_from(list(Presence))),
                draw(st.integers(0, seats)), draw(st.integers(1, 5)) * 10, skills(draw, most=3),
                cost := draw(st.integers(0, 4)) * 100, draw(st.integers(0, 2)) * cost // 2, draw(st.sampled_from(DAYS)),
            )
            for at in range(draw(st.integers(0, modules)))
        ),
        tuple(
            Job(
                f"j{at}", draw(st.sampled_from(REGIONS)), "o", skills(draw, most=5), draw(st.integers(0, 2)),
                draw(st.integers(1, 3)) * 1000,
            )
            for at in range(draw(st.integers(1, jobs)))
        ),
    )  # fmt: skip


@st.composite
def persons(draw: st.DrawFn, *, most: int = 5) -> tuple[Person, ...]:
    return tuple(
        Person(
            f"p{at}", skills(draw), draw(st.integers(0, 12)) * 10, draw(st.integers(0, 10)) * 100,
            tuple(draw(st.lists(st.sampled_from(REGIONS), min_size=1, unique=True))),
            draw(st.sampled_from((0, 2000))), draw(st.integers(0, 2)), draw(st.sampled_from(DAYS)),
        )
        for at in range(draw(st.integers(1, most)))
    )  # fmt: skip


def may_take(person: Person, module: Module) -> bool:
    is_there = module.presence is Presence.ONLINE or module.region in person.regions
    is_early = module.start is not None and person.ready is not None and module.start < person.ready
    return is_there and not is_early


def may_have(person: Person, job: Job) -> bool:
    return job.region in person.regions and job.wage_fen_per_month >= person.wage_least_fen_per_month


def leads(person: Person, taken: list[Module], job: Job) -> bool:
    """Tell whether every skill that a job needs is there or taught, from the definition."""
    return all(
        max([person.skills.get(skill, 0.0), *(one.skills.get(skill, 0.0) for one in taken)]) >= level
        for skill, level in job.skills.items()
    )


def shortest(
    person: Person, offer: Offer, seats: dict[str, int], openings: dict[str, int], *, is_subsidised: bool = False
) -> tuple[int, int, int] | None:
    """Return hours, cost and number of modules of the shortest plan by HiGHS, over all jobs at once."""
    modules = [one for one in offer.modules if seats[one.module_id] > 0 and may_take(person, one)]
    jobs = [one for one in offer.jobs if openings[one.job_id] > 0 and may_have(person, one)]
    if not jobs:
        return None
    cost = [one.cost_fen - (one.subsidy_fen if is_subsidised else 0) for one in modules]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.5)
    take, reach = [solver.addBinary() for _ in modules], [solver.addBinary() for _ in jobs]
    solver.addConstr(sum(reach[1:], reach[0] * 1.0) == 1)
    for at, job in enumerate(jobs):
        for skill, level in job.skills.items():
            if person.skills.get(skill, 0.0) < level:
                able = [take[m] for m, one in enumerate(modules) if one.skills.get(skill, 0.0) >= level]
                solver.addConstr(sum(able, -1.0 * reach[at]) >= 0)
    nothing = 0.0 * reach[0]
    hours = sum((one.hours * var for one, var in zip(modules, take, strict=True)), nothing)
    paid = sum((fen * var for fen, var in zip(cost, take, strict=True)), nothing)
    solver.addConstr(hours <= person.hours)
    solver.addConstr(paid <= person.money_fen)
    # One after the other: the least of what comes first, then of the next among those with no more of it.
    for aim in (hours, paid, sum((1.0 * var for var in take), nothing)):
        solver.minimize(aim)
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solver.addConstr(aim <= round(solver.getObjectiveValue()) + 0.1)
    chosen = [at for at, var in enumerate(take) if solver.val(var) > 0.5]
    return sum(modules[at].hours for at in chosen), sum(cost[at] for at in chosen), len(chosen)
