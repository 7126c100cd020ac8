"""Lay out modules, jobs and persons as arrays, as the search goes through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from qipan.talent.draw_lots import draw_lots
from qipan.talent.model.array import Floats, Ints
from qipan.talent.model.course import Offer, Person, Presence

ANYWHERE = -1
"""Region of what is online."""
EVER = -1
"""Day of what may begin at any time, and of who may."""
NEVER = np.iinfo(np.int64).max // 4
"""Hours and fen of what nobody teaches."""


class Lists(NamedTuple):
    """Lists of skills: those of owner ``n`` are ``skill[begins[n]:begins[n + 1]]``, with their levels."""

    begins: Ints
    skill: Ints
    level: Floats


class Grounds(NamedTuple):
    """Everything that is on offer.

    Attributes
    ----------
    taught, needed
        Skills by module, and by job.
    teachers
        Modules by skill, the shortest first: its ``skill`` are positions of modules.
    hours, region, start
        By module, ``(modules,)``.
    wage, region_begins, region_jobs
        Wage by job; jobs by region.
    least_hours, least_cost_fen
        By entry of ``needed``, the least of any module with a seat that teaches it well enough.
    share_hours, share_cost_fen
        The same of what a module takes for each skill that it teaches. Summed up over what is lacking they bound a set
        of modules from below: of what one of them covers, the shares are at most what it takes.
    """

    taught: Lists
    needed: Lists
    teachers: Lists
    hours: Ints
    cost_fen: Ints
    region: Ints
    start: Ints
    wage_fen: Ints
    region_begins: Ints
    region_jobs: Ints
    least_hours: Ints
    least_cost_fen: Ints
    share_hours: Floats
    share_cost_fen: Floats


class People(NamedTuple):
    """Who looks for a job, in the order in which they choose; regions by person stand as lists do."""

    skills: Lists
    hours: Ints
    money_fen: Ints
    wage_fen: Ints
    ready: Ints
    region_begins: Ints
    regions: Ints


class Keys(NamedTuple):
    """Positions of skills and regions that modules or jobs name."""

    skills: dict[str, int]
    regions: dict[str, int]


def keys_of(offer: Offer) -> Keys:
    """Return the positions of all skills and regions on offer."""
    skills = {name for one in offer.modules for name in one.skills} | {
        name for one in offer.jobs for name in one.skills
    }
    regions = {one.region for one in offer.modules} | {one.region for one in offer.jobs}
    return Keys(
        {name: at for at, name in enumerate(sorted(skills))}, {name: at for at, name in enumerate(sorted(regions))}
    )


def lay_out_offer(offer: Offer, keys: Keys, *, is_subsidised: bool) -> Grounds:
    """Return modules and jobs as arrays; with subsidies a module costs what they leave."""
    modules, jobs = offer.modules, offer.jobs
    taught = _lists([_at(one.skills.items(), keys) for one in modules])
    needed = _lists([_at(one.skills.items(), keys) for one in jobs])
    hours = _ints(one.hours for one in modules)
    owner = np.repeat(np.arange(len(modules)), np.diff(taught.begins))
    order = np.lexsort((owner, hours[owner], taught.skill))
    teachers = Lists(
        np.searchsorted(taught.skill[order], np.arange(len(keys.skills) + 1)).astype(np.int64),
        owner[order].astype(np.int64),
        taught.level[order],
    )
    cost_fen = _ints(one.cost_fen - (one.subsidy_fen if is_subsidised else 0) for one in modules)
    at_region = np.array([keys.regions[one.region] for one in jobs], dtype=np.int64)
    by_region = np.argsort(at_region, kind="stable").astype(np.int64)
    nothing = np.zeros(len(needed.skill), dtype=np.int64)
    made = Grounds(
        taught, needed, teachers, hours, cost_fen,
        _ints(ANYWHERE if one.presence is Presence.ONLINE else keys.regions[one.region] for one in modules),
        _ints(_day(one.start) for one in modules),
        _ints(one.wage_fen_per_month for one in jobs),
        np.searchsorted(at_region[by_region], np.arange(len(keys.regions) + 1)).astype(np.int64),
        by_region,
        nothing, nothing, nothing.astype(np.float64), nothing.astype(np.float64),
    )  # fmt: skip
    return bounded(made, _ints(one.seats for one in modules))


def bounded(grounds: Grounds, seats: Ints) -> Grounds:
    """Return what is on offer with the bounds that follow from the seats that are left; fewer seats keep them true."""
    is_open, many = seats > 0, np.maximum(1, np.diff(grounds.taught.begins))
    hours, cost_fen = (
        np.where(is_open, worth, NEVER).astype(np.float64) for worth in (grounds.hours, grounds.cost_fen)
    )
    least = [_least(grounds.needed, grounds.teachers, of) for of in (hours, cost_fen, hours / many, cost_fen / many)]
    return grounds._replace(
        least_hours=least[0].astype(np.int64),
        least_cost_fen=least[1].astype(np.int64),
        share_hours=least[2],
        share_cost_fen=least[3],
    )


def lay_out_people(people: Sequence[Person], keys: Keys) -> People:
    """Return persons as arrays; skills and regions that nothing on offer names are left out."""
    regions = [[keys.regions[name] for name in one.regions if name in keys.regions] for one in people]
    return People(
        _lists([_at(one.skills.items(), keys) for one in people]),
        _ints(one.hours for one in people),
        _ints(one.money_fen for one in people),
        _ints(one.wage_least_fen_per_month for one in people),
        _ints(_day(one.ready) for one in people),
        np.concatenate(([0], np.cumsum([len(some) for some in regions]))).astype(np.int64),
        _ints(region for some in regions for region in some),
    )


def in_order(people: Sequence[Person], seed: int) -> tuple[Person, ...]:
    """Return persons in the order in which they choose: by priority, then by lot."""
    lots = draw_lots((one.person_id for one in people), seed)
    return tuple(sorted(people, key=lambda one: (one.priority, lots[one.person_id])))


def _at(skills: Iterable[tuple[str, float]], keys: Keys) -> list[tuple[int, float]]:
    return sorted((keys.skills[name], level) for name, level in skills if name in keys.skills)


def _lists(rows: Sequence[Sequence[tuple[int, float]]]) -> Lists:
    flat = [pair for row in rows for pair in row]
    return Lists(
        np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64),
        _ints(skill for skill, _ in flat),
        np.array([level for _, level in flat], dtype=np.float64),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _day(day: date | None) -> int:
    return EVER if day is None else day.toordinal()


def _least(needed: Lists, teachers: Lists, worth: Floats) -> Floats:
    """Return for each skill that is needed the least that a module is worth which teaches it well enough."""
    found = np.full(len(needed.skill), NEVER, dtype=np.float64)
    order = np.argsort(needed.skill, kind="stable")
    for skill in np.unique(needed.skill).tolist():
        entries = order[slice(*np.searchsorted(needed.skill[order], (skill, skill + 1)))]
        some = slice(int(teachers.begins[skill]), int(teachers.begins[skill + 1]))
        down = np.argsort(-teachers.level[some], kind="stable")
        if not len(down):
            continue
        least = np.minimum.accumulate(worth[teachers.skill[some][down]])
        many = np.searchsorted(-teachers.level[some][down], -needed.level[entries], side="right")
        found[entries] = np.where(many > 0, least[np.maximum(many - 1, 0)], NEVER)
    return found
