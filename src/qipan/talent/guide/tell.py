"""Tell recommendations with their reasons, beside what everybody's own best would lead to, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.draw_lots import draw_lots
from qipan.talent.guide.recommend import recommend, recommend_alone
from qipan.talent.guide.seat import Seats, seats
from qipan.talent.guide.weigh import weigh
from qipan.talent.model.guidance import Aim, Guidance, Job, Person, Prospects

NEAR: Final = 1e-9
"""Chances that differ by less are told as equal."""


def in_lot(persons: Iterable[Person], seed: int) -> tuple[Person, ...]:
    """Return persons in the order of a lot: who comes first of equals hangs neither on names nor on rows."""
    known = {one.person_id: one for one in persons}
    lots = draw_lots(known, seed)
    return tuple(sorted(known.values(), key=lambda one: lots[one.person_id]))


def tell_guidance(
    persons: Sequence[Person], jobs: Sequence[Job], prospects: Prospects, *, most: int, aim: Aim, seed: int
) -> dict[str, Any]:
    """Return each person's list, why each job stands on it, and why others that look good do not, by name.

    Persons are taken up in the order in which they are given, as `in_lot` has it.

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
    applies = weigh(prospects, most, aim).applies
    beside, beside_alone = (seats(prospects, applies, one.chosen) for one in (found, alone))
    return {
        "persons": len(persons),
        "jobs": len(jobs),
        "openings": int(prospects.openings.sum()),
        "pairs": len(prospects.job),
        "most": most,
        "aim": aim.value,
        "seed": seed,
        "expected": _expected(found, beside),
        "expected_alone": _expected(alone, beside_alone),
        "value": found.value,
        "value_alone": alone.value,
        "bound": found.bound,
        "gap": found.gap,
        "lists": [
            {
                "person": persons[at].person_id,
                "recommended": _listed(at, found, alone, persons, jobs, prospects, beside),
                "passed_over": _passed_over(at, found, alone, jobs, prospects, beside_alone),
            }
            for at in sorted(range(len(persons)), key=lambda at: persons[at].person_id)
        ],
    }


def _expected(guidance: Guidance, beside: Seats) -> dict[str, float]:
    """Return openings filled, and fit people who find none, where each applies to one job of the list by chance."""
    turned_away = np.maximum(guidance.qualified - beside.filled, 0.0)
    return {"placements": float(beside.filled.sum()), "turned_away": float(turned_away.sum())}


def _listed(
    person: int, found: Guidance, alone: Guidance, persons: Sequence[Person], jobs: Sequence[Job],
    prospects: Prospects, beside: Seats,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a list, the most expected gain first."""
    told = []
    pairs = range(prospects.first[person], prospects.first[person + 1])
    passed_over = [beside.chance[pair] for pair in pairs if alone.chosen[pair] and not found.chosen[pair]]
    for pair in pairs:
        if found.chosen[pair]:
            at = prospects.job[pair]
            job = jobs[at]
            told.append(
                {
                    **_pair(pair, found, job, prospects, beside),
                    "has_skills": sorted(job.skills & persons[person].skills),
                    "lacks_skills": sorted(job.skills - persons[person].skills),
                    "is_best_alone": bool(alone.chosen[pair]),
                    # Than all that are passed over for it, were these lists told and the person went there.
                    "is_seat_surer": bool(passed_over and beside.chance[pair] > max(passed_over) + NEAR),
                }
            )
    return sorted(told, key=lambda one: (-one["chance"] * one["seat_chance"] * one["gain"], one["job"]))


def _passed_over(
    person: int, found: Guidance, alone: Guidance, jobs: Sequence[Job], prospects: Prospects, beside: Seats
) -> list[dict[str, Any]]:
    """Return what would be best for a person alone and is not recommended, with how crowded it would be."""
    return [
        _pair(pair, alone, jobs[prospects.job[pair]], prospects, beside)
        for pair in range(prospects.first[person], prospects.first[person + 1])
        if alone.chosen[pair] and not found.chosen[pair]
    ]


def _pair(pair: int, guidance: Guidance, job: Job, prospects: Prospects, beside: Seats) -> dict[str, Any]:
    at = prospects.job[pair]
    return {
        "job": job.job_id,
        "employer": job.employer,
        "chance": float(prospects.chance[pair]),
        "gain": float(prospects.gain[pair]),
        "openings": int(prospects.openings[at]),
        "qualified": float(guidance.qualified[at]),
        "seat_chance": float(beside.chance[pair]),
    }
