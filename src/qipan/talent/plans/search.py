"""Search the shortest set of modules for one person: labels of sets of skills, and those dominated are dropped.

A person lacks some skills of a job; a module covers those that it teaches well enough. A label is a set of modules:
what it covers, its hours, its cost, how many there are. From a set of covered skills the first that is not covered is
covered next, by each module that can. Of two labels that cover the same, one that is no better in any of the three is
dropped, and so are those beyond the person's time or money, and those longer than what was found for other jobs: each
with what skills that are not covered take at least. That is the least for the one that is hardest to get, and the sum
of what modules take for each skill that they teach.
Every set of modules without one that it does not need is reached so; so nothing shorter is missed.

Source: `desrochers1988`.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.talent.model.array import Bools, Floats, Ints
from qipan.talent.model.course import NEEDS_MOST
from qipan.talent.plans.lay_out import ANYWHERE, EVER, NEVER, Grounds, Lists, People

HOURS, COST, COUNT, JOB, MODULES = 0, 1, 2, 3, 4
"""Columns of what is found; from ``MODULES`` on stand positions of modules."""
WIDE = MODULES + NEEDS_MOST
_BEFORE, _MODULE, _NEXT, _COLUMNS = 3, 4, 5, 6
SHARES = 2
NONE = -1


@numba.njit(cache=True)
def search(
    grounds: Grounds,
    people: People,
    person: int,
    hours: int,
    money_fen: int,
    seats: Ints,
    openings: Ints,
    kept: int,
) -> Ints:  # pragma: no cover - compiled
    """Return the shortest plans of a person to so many jobs, ``(found, WIDE)``, the shortest first.

    The order: fewer hours, less cost, fewer modules, a higher wage, the job first by position.

    Parameters
    ----------
    hours, money_fen
        What the person has, or more where one asks what would be.
    seats, openings
        What is left, ``(modules,)`` and ``(jobs,)``.
    """
    skills = grounds.teachers.begins.shape[0] - 1
    has = np.zeros(skills, dtype=np.float64)
    for at in range(people.skills.begins[person], people.skills.begins[person + 1]):
        has[people.skills.skill[at]] = people.skills.level[at]
    jobs, bounds = _within_reach(grounds, people, person, has, hours, money_fen, openings)
    usable = _usable(grounds, people, person, seats)
    found = np.full((kept, WIDE), NONE, dtype=np.int64)
    many = 0
    place = np.full(skills, NONE, dtype=np.int64)
    pool = np.empty((256, _COLUMNS), dtype=np.int64)
    for at in np.argsort(bounds, kind="mergesort"):
        most = min(hours, found[kept - 1, HOURS]) if many == kept else hours
        if bounds[at] > most:
            break
        job = jobs[at]
        pool, last = _cover(grounds, job, has, place, usable, most, money_fen, pool)
        if last == NONE:
            continue
        many = _keep(grounds, found, many, pool, last, job)
    return found[:many]


@numba.njit(cache=True)
def _within_reach(
    grounds: Grounds, people: People, person: int, has: Floats, hours: int, money_fen: int, openings: Ints
) -> tuple[Ints, Ints]:  # pragma: no cover - compiled
    """Return jobs that may be reached, and hours below which none can be."""
    room = 0
    for at in range(people.region_begins[person], people.region_begins[person + 1]):
        region = people.regions[at]
        room += grounds.region_begins[region + 1] - grounds.region_begins[region]
    jobs, bounds = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    many = 0
    for at in range(people.region_begins[person], people.region_begins[person + 1]):
        region = people.regions[at]
        for position in range(grounds.region_begins[region], grounds.region_begins[region + 1]):
            job = grounds.region_jobs[position]
            if openings[job] <= 0 or grounds.wage_fen[job] < people.wage_fen[person]:
                continue
            least_hours, least_fen, share_hours, share_fen = 0, 0, 0.0, 0.0
            for need in range(grounds.needed.begins[job], grounds.needed.begins[job + 1]):
                if has[grounds.needed.skill[need]] < grounds.needed.level[need]:
                    least_hours = max(least_hours, grounds.least_hours[need])
                    least_fen = max(least_fen, grounds.least_cost_fen[need])
                    share_hours += grounds.share_hours[need]
                    share_fen += grounds.share_cost_fen[need]
            least_hours, least_fen = _up(least_hours, share_hours), _up(least_fen, share_fen)
            if least_hours <= hours and least_fen <= money_fen and least_hours < NEVER:
                jobs[many], bounds[many] = job, least_hours
                many += 1
    return jobs[:many], bounds[:many]


@numba.njit(cache=True)
def _usable(grounds: Grounds, people: People, person: int, seats: Ints) -> Bools:  # pragma: no cover - compiled
    """Return which modules have a seat, are where the person can be, and do not begin too early."""
    found = np.zeros(seats.shape[0], dtype=np.bool_)
    for module in range(seats.shape[0]):
        is_there = grounds.region[module] == ANYWHERE
        for at in range(people.region_begins[person], people.region_begins[person + 1]):
            is_there |= grounds.region[module] == people.regions[at]
        is_early = grounds.start[module] != EVER and grounds.start[module] < people.ready[person]
        found[module] = is_there and seats[module] > 0 and not is_early
    return found


@numba.njit(cache=True)
def _cover(
    grounds: Grounds, job: int, has: Floats, place: Ints, usable: Bools, hours: int, money_fen: int, pool: Ints
) -> tuple[Ints, int]:  # pragma: no cover - compiled
    """Return labels, and the position of the best that covers all that the person lacks; none where nothing does."""
    needed, teachers = grounds.needed, grounds.teachers
    lacking = _lacking(needed, job, has, place)
    whole = (1 << lacking.shape[0]) - 1
    least = _least_of_rest(grounds, lacking, usable)
    heads = np.full(whole + 1, NONE, dtype=np.int64)
    pool[0, :_BEFORE] = 0
    pool[0, _BEFORE:] = NONE
    heads[0], labels = 0, 1
    for covered in range(whole):
        if heads[covered] == NONE or _rest(least, covered, HOURS) > hours or _rest(least, covered, COST) > money_fen:
            continue
        first = 0
        while covered >> first & 1:
            first += 1
        need = lacking[first]
        skill = needed.skill[need]
        for at in range(teachers.begins[skill], teachers.begins[skill + 1]):
            module = teachers.skill[at]
            if grounds.hours[module] > hours:
                break
            if usable[module] and teachers.level[at] >= needed.level[need]:
                more = covered | _covers(grounds.taught, needed, module, lacking, place)
                until = hours - _rest(least, more, HOURS)
                most_fen = money_fen - _rest(least, more, COST)
                pool, labels = _extend(grounds, pool, heads, labels, covered, more, module, until, most_fen)
    for need in lacking:
        place[needed.skill[need]] = NONE
    return pool, _best(pool, heads[whole])


@numba.njit(cache=True)
def _least_of_rest(grounds: Grounds, lacking: Ints, usable: Bools) -> Floats:  # pragma: no cover - compiled
    """Return the least of modules that teach each skill lacking, ``(lacking, 4)``: hours, cost, and shares of both."""
    needed, teachers = grounds.needed, grounds.teachers
    found = np.full((lacking.shape[0], 4), float(NEVER), dtype=np.float64)
    for row in range(lacking.shape[0]):
        skill, level = needed.skill[lacking[row]], needed.level[lacking[row]]
        for at in range(teachers.begins[skill], teachers.begins[skill + 1]):
            module = teachers.skill[at]
            if usable[module] and teachers.level[at] >= level:
                many = grounds.taught.begins[module + 1] - grounds.taught.begins[module]
                found[row, HOURS] = min(found[row, HOURS], grounds.hours[module])
                found[row, COST] = min(found[row, COST], grounds.cost_fen[module])
                found[row, SHARES + HOURS] = min(found[row, SHARES + HOURS], grounds.hours[module] / many)
                found[row, SHARES + COST] = min(found[row, SHARES + COST], grounds.cost_fen[module] / many)
    return found


@numba.njit(cache=True)
def _rest(least: Floats, covered: int, column: int) -> int:  # pragma: no cover - compiled
    """Return hours or cost below which what is not covered cannot be."""
    found, shares = 0, 0.0
    for row in range(least.shape[0]):
        if not covered >> row & 1:
            found = max(found, int(least[row, column]))
            shares += least[row, SHARES + column]
    return _up(found, shares)


@numba.njit(cache=True)
def _up(least: int, shares: float) -> int:  # pragma: no cover - compiled
    """Return the larger of a bound and of shares summed up, which may end a little above a whole number."""
    # Rounding of a sum grows with it: what is taken off is a share of it, so that no whole number is lost.
    return least if least >= NEVER else max(least, int(np.ceil(shares * (1.0 - 1e-12))))


@numba.njit(cache=True)
def _lacking(needed: Lists, job: int, has: Floats, place: Ints) -> Ints:  # pragma: no cover - compiled
    """Return entries of the skills that a person lacks for a job, and note the place of each skill among them."""
    found = np.empty(NEEDS_MOST, dtype=np.int64)
    many = 0
    for need in range(needed.begins[job], needed.begins[job + 1]):
        if has[needed.skill[need]] < needed.level[need]:
            found[many] = need
            place[needed.skill[need]] = many
            many += 1
    return found[:many]


@numba.njit(cache=True)
def _extend(
    grounds: Grounds,
    pool: Ints,
    heads: Ints,
    labels: int,
    covered: int,
    more: int,
    module: int,
    hours: int,
    money_fen: int,
) -> tuple[Ints, int]:  # pragma: no cover - compiled
    """Add a module to all labels that cover a set; return labels, and how many there are."""
    label = heads[covered]
    while label != NONE:
        longer = pool[label, HOURS] + grounds.hours[module]
        dearer_fen = pool[label, COST] + grounds.cost_fen[module]
        if longer <= hours and dearer_fen <= money_fen:
            if labels == pool.shape[0]:
                bigger = np.empty((2 * labels, _COLUMNS), dtype=np.int64)
                bigger[:labels] = pool
                pool = bigger
            pool[labels, HOURS], pool[labels, COST], pool[labels, COUNT] = longer, dearer_fen, pool[label, COUNT] + 1
            pool[labels, _BEFORE], pool[labels, _MODULE] = label, module
            labels += _add(pool, heads, more, labels)
        label = pool[label, _NEXT]
    return pool, labels


@numba.njit(cache=True)
def _best(pool: Ints, label: int) -> int:  # pragma: no cover - compiled
    """Return the best label of a list."""
    best = NONE
    while label != NONE:
        if best == NONE or _is_before(pool, label, best):
            best = label
        label = pool[label, _NEXT]
    return best


@numba.njit(cache=True)
def _covers(
    taught: Lists, needed: Lists, module: int, lacking: Ints, place: Ints
) -> int:  # pragma: no cover - compiled
    """Return the set of skills lacking that a module teaches well enough, a bit for each."""
    found = 0
    for at in range(taught.begins[module], taught.begins[module + 1]):
        bit = place[taught.skill[at]]
        if bit != NONE and taught.level[at] >= needed.level[lacking[bit]]:
            found |= 1 << bit
    return found


@numba.njit(cache=True)
def _add(pool: Ints, heads: Ints, covered: int, new: int) -> int:  # pragma: no cover - compiled
    """Put a label with those that cover the same, unless one is as good; those no better go. Return 1 if it was put."""
    before, label = NONE, heads[covered]
    while label != NONE:
        if pool[label, 0] <= pool[new, 0] and pool[label, 1] <= pool[new, 1] and pool[label, 2] <= pool[new, 2]:
            return 0
        after = pool[label, _NEXT]
        if pool[new, 0] <= pool[label, 0] and pool[new, 1] <= pool[label, 1] and pool[new, 2] <= pool[label, 2]:
            if before == NONE:
                heads[covered] = after
            else:
                pool[before, _NEXT] = after
        else:
            before = label
        label = after
    pool[new, _NEXT] = heads[covered]
    heads[covered] = new
    return 1


@numba.njit(cache=True)
def _is_before(pool: Ints, one: int, other: int) -> bool:  # pragma: no cover - compiled
    for column in range(3):
        if pool[one, column] != pool[other, column]:
            return bool(pool[one, column] < pool[other, column])
    return False


@numba.njit(cache=True)
def _keep(grounds: Grounds, found: Ints, many: int, pool: Ints, last: int, job: int) -> int:  # pragma: no cover
    """Put a plan among those found where it belongs; return how many there are."""
    kept = found.shape[0]
    at = many
    while at > 0 and _is_better(grounds, pool, last, job, found[at - 1]):
        at -= 1
    if at == kept:
        return many
    many = min(many + 1, kept)
    for row in range(many - 1, at, -1):
        found[row] = found[row - 1]
    found[at] = NONE
    for column in range(3):
        found[at, column] = pool[last, column]
    found[at, JOB] = job
    column, label = MODULES, last
    while pool[label, _BEFORE] != NONE:
        found[at, column] = pool[label, _MODULE]
        column, label = column + 1, pool[label, _BEFORE]
    return many


@numba.njit(cache=True)
def _is_better(grounds: Grounds, pool: Ints, last: int, job: int, other: Ints) -> bool:  # pragma: no cover - compiled
    for column in range(3):
        if pool[last, column] != other[column]:
            return bool(pool[last, column] < other[column])
    if grounds.wage_fen[job] != grounds.wage_fen[other[JOB]]:
        return bool(grounds.wage_fen[job] > grounds.wage_fen[other[JOB]])
    return bool(job < other[JOB])


@numba.njit(cache=True)
def search_all(
    grounds: Grounds, people: People, seats: Ints, openings: Ints, found: Ints, first: int
) -> None:  # pragma: no cover - compiled
    """Write the plans of persons from ``first`` on into ``found``, ``(persons, kept, WIDE)``; the first is held.

    What is held is taken from ``seats`` and ``openings``, one person after the other.
    """
    for row in range(found.shape[0]):
        person = first + row
        plans = search(
            grounds, people, person, people.hours[person], people.money_fen[person], seats, openings, found.shape[1]
        )
        found[row, : plans.shape[0]] = plans
        if plans.shape[0]:
            openings[plans[0, JOB]] -= 1
            for column in range(MODULES, MODULES + plans[0, COUNT]):
                seats[plans[0, column]] -= 1
