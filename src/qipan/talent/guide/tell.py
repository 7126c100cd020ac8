"""Tell recommendations with their reasons, beside what everybody's own best would lead to, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.guide.fill import below_each, filled_each
from qipan.talent.guide.recommend import recommend, recommend_alone
from qipan.talent.model.array import Floats
from qipan.talent.model.guidance import Aim, Guidance, Job, Person, Prospects


def tell_guidance(
    persons: Sequence[Person], jobs: Sequence[Job], prospects: Prospects, *, most: int, aim: Aim, seed: int
) -> dict[str, Any]:
    """Return each person's list, why each job stands on it, and why others that look good do not.

    Raises
    ------
    RuleBrokenError
        ``prospects_none`` where no person gains anything at any job that they could get.
    """
    if not len(prospects.job):
        raise RuleBrokenError(
            f"Some person must have a job to gain by, had none: {len(persons)} persons, {len(jobs)} jobs.",
            code="prospects_none",
            hint="Check skills and pay of both files, or give estimates with --chances.",
        )
    alone = recommend_alone(prospects, most, aim)
    found = recommend(prospects, most, aim, np.random.default_rng(seed))
    seats, seats_alone = (_seats(one, prospects) for one in (found, alone))
    return {
        "persons": len(persons),
        "jobs": len(jobs),
        "openings": int(prospects.openings.sum()),
        "pairs": len(prospects.job),
        "most": most,
        "aim": aim.value,
        "seed": seed,
        "expected": _expected(found, prospects),
        "expected_alone": _expected(alone, prospects),
        "value": found.value,
        "value_alone": alone.value,
        "bound": found.bound,
        "gap": found.gap,
        "lists": [
            {
                "person": persons[at].person_id,
                "recommended": _listed(at, found, alone, persons, jobs, prospects, seats),
                "passed_over": _passed_over(at, found, alone, jobs, prospects, seats_alone),
            }
            for at in range(len(persons))
        ],
    }


def _expected(guidance: Guidance, prospects: Prospects) -> dict[str, float]:
    """Return openings filled, and fit people who find none, where each applies to one job of the list by chance."""
    filled = filled_each(guidance.qualified, prospects.openings)
    return {"placements": float(filled.sum()), "turned_away": float((guidance.qualified - filled).sum())}


def _seats(guidance: Guidance, prospects: Prospects) -> Floats:
    """Return the chance of a fit person to find an opening, ``(jobs,)``."""
    filled = filled_each(guidance.qualified, prospects.openings)
    alone = below_each(np.zeros(len(filled)), prospects.openings)
    return np.divide(filled, guidance.qualified, out=alone, where=guidance.qualified > 0.0)


def _listed(
    person: int, found: Guidance, alone: Guidance, persons: Sequence[Person], jobs: Sequence[Job],
    prospects: Prospects, seats: Floats,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a list, the most expected gain first."""
    told = []
    for pair in range(prospects.first[person], prospects.first[person + 1]):
        if found.chosen[pair]:
            at = prospects.job[pair]
            job = jobs[at]
            told.append(
                {
                    **_pair(pair, found, job, prospects, seats),
                    "has_skills": sorted(job.skills & persons[person].skills),
                    "lacks_skills": sorted(job.skills - persons[person].skills),
                    "is_best_alone": bool(alone.chosen[pair]),
                }
            )
    return sorted(told, key=lambda one: (-one["chance"] * one["seat_chance"] * one["gain"], one["job"]))


def _passed_over(
    person: int, found: Guidance, alone: Guidance, jobs: Sequence[Job], prospects: Prospects, seats: Floats
) -> list[dict[str, Any]]:
    """Return what would be best for a person alone and is not recommended, with how crowded it would be."""
    return [
        _pair(pair, alone, jobs[prospects.job[pair]], prospects, seats)
        for pair in range(prospects.first[person], prospects.first[person + 1])
        if alone.chosen[pair] and not found.chosen[pair]
    ]


def _pair(pair: int, guidance: Guidance, job: Job, prospects: Prospects, seats: Floats) -> dict[str, Any]:
    at = prospects.job[pair]
    return {
        "job": job.job_id,
        "employer": job.employer,
        "chance": float(prospects.chance[pair]),
        "gain": float(prospects.gain[pair]),
        "openings": int(prospects.openings[at]),
        "qualified": float(guidance.qualified[at]),
        "seat_chance": float(seats[at]),
    }
