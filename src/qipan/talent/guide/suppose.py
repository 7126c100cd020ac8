"""Suppose chances and gains where nobody estimated them, by what persons can and jobs need. Assumed, not measured.

The chance is the share of the needed skills that a person has, times the chance of one who has all of them, and less
in another region. The gain is what the job pays beyond what the person lives on today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.array import Floats, Ints
from qipan.talent.model.guidance import Job, Person, Prospects

CELLS: Final = 2_000_000
"""Pairs that are looked at in one go."""
PAIRS_MOST: Final = 10_000_000
"""Pairs that are kept at most; each takes some hundred bytes until lists are made."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is assumed.

    Attributes
    ----------
    fit
        Chance that an employer finds somebody fit who has all skills.
    away
        By what it is multiplied where the job lies in another region.
    least
        Share of the needed skills below which a job is not recommended.
    """

    fit: float = 0.5
    away: float = 0.5
    least: float = 0.5


def suppose(persons: Sequence[Person], jobs: Sequence[Job], supposed: Supposed) -> Prospects:
    """Return the prospects of all pairs in which the person gains something and has enough of the skills.

    Raises
    ------
    RuleBrokenError
        ``pairs_many``.

    Examples
    --------
    >>> person = Person("li", "11", frozenset({"sql", "care"}), 300000)
    >>> jobs = [Job("a", 1, "11", "", frozenset({"sql", "law"}), 500000), Job("b", 1, "11", "", frozenset(), 200000)]
    >>> found = suppose([person], jobs, Supposed())
    >>> found.job.tolist(), found.chance.tolist(), found.gain.tolist()
    ([0], [0.25], [200000.0])
    """
    skills = {name: at for at, name in enumerate(sorted({name for job in jobs for name in job.skills}))}
    names = {one.region for one in persons} | {one.region for one in jobs}
    regions = {name: at for at, name in enumerate(sorted(names))}
    needed = _marks([job.skills for job in jobs], skills)
    many = np.maximum(needed.sum(axis=1), 1.0)
    needs_none = needed.sum(axis=1) == 0.0
    pay = np.array([job.pay_fen_per_month for job in jobs], dtype=np.float64)
    where = np.array([regions[job.region] for job in jobs], dtype=np.int64)
    found: list[tuple[Ints, Ints, Floats, Floats]] = []
    chunk = max(1, CELLS // max(1, len(jobs)))
    kept = 0
    for begin in range(0, len(persons), chunk):
        some = persons[begin : begin + chunk]
        share = np.where(needs_none, 1.0, _marks([one.skills for one in some], skills) @ needed.T / many)
        gain = pay - np.array([[one.pay_fen_per_month] for one in some], dtype=np.float64)
        here = where == np.array([[regions[one.region]] for one in some])
        chance = supposed.fit * share * np.where(here, 1.0, supposed.away)
        person, job = np.nonzero((share >= supposed.least) & (gain > 0.0) & (chance > 0.0))
        kept += len(person)
        if kept > PAIRS_MOST:
            raise RuleBrokenError(
                f"Possible pairs of a person and a job must be at most {PAIRS_MOST}, were more: "
                f"{len(persons)} persons, {len(jobs)} jobs.",
                code="pairs_many",
                hint="Raise --skills, guide region by region, or give estimates of fewer pairs with --chances.",
            )
        found.append((person + begin, job, chance[person, job], gain[person, job]))
    person, job, chance, gains = (np.concatenate([one[at] for one in found]) for at in range(4))
    first = np.searchsorted(person, np.arange(len(persons) + 1)).astype(np.int64)
    openings = np.array([one.openings for one in jobs], dtype=np.int64)
    return Prospects(openings, first, job.astype(np.int64), chance, gains)


def _marks(held: Sequence[frozenset[str]], skills: dict[str, int]) -> Floats:
    marks = np.zeros((len(held), len(skills)))
    for row, names in enumerate(held):
        marks[row, [skills[name] for name in names if name in skills]] = 1.0
    return marks
