"""Tell transitions and assessments as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qipan.talent.model.assessment import Assessment
from qipan.talent.model.skills import SkillGraph
from qipan.talent.model.transition import Held, Transition

PLACES = 4


def tell_transitions(graph: SkillGraph, origin: str, found: Sequence[Transition]) -> dict[str, Any]:
    """Return where people of an occupation could go."""
    return {
        "occupation": origin,
        "name": graph.name(origin),
        "levels_assumed": graph.levels_assumed,
        "occupations": len(graph.occupations),
        "skills": len(graph.skills),
        "transitions": [tell_transition(graph, one) for one in found],
    }


def tell_transition(graph: SkillGraph, one: Transition) -> dict[str, Any]:
    """Return one transition."""
    outlook = one.outlook
    return {
        "occupation": one.occupation,
        "name": graph.name(one.occupation),
        "similarity": round(one.similarity, PLACES),
        "gap": round(one.gap, PLACES),
        "lacking": [tell_skill(graph, held) for held in one.lacking],
        "carrying": [tell_skill(graph, held) for held in one.carrying],
        "wage_fen_per_month": outlook.wage_fen_per_month if outlook else None,
        "wage_change": None if one.wage_change is None else round(one.wage_change, PLACES),
        "demand": outlook.demand if outlook else None,
        "demand_low": outlook.demand_low if outlook else None,
        "demand_high": outlook.demand_high if outlook else None,
    }


def tell_skill(graph: SkillGraph, one: Held) -> dict[str, Any]:
    """Return a skill that is needed, beside what one has."""
    return {
        "skill": one.skill,
        "name": graph.name(one.skill),
        "has": round(one.has, PLACES),
        "needs": round(one.needs, PLACES),
        "importance": round(one.importance, PLACES),
    }


def tell_assessment(graph: SkillGraph, found: Assessment) -> dict[str, Any]:
    """Return an assessment; everything in it is modelled."""
    affected = found.affected
    return {
        "is_modelled": True,
        "region": affected.region,
        "occupation": affected.occupation,
        "name": graph.name(affected.occupation),
        "levels_assumed": graph.levels_assumed,
        "source": affected.source,
        "persons": affected.persons,
        "loss_low": affected.low,
        "loss_expected": affected.expected,
        "loss_high": affected.high,
        "event": affected.event,
        "probability": affected.probability,
        "persons_low": affected.persons_low,
        "persons_expected": affected.persons_expected,
        "persons_high": affected.persons_high,
        "exposed_low": _rounded(found.exposed_low),
        "exposed_high": _rounded(found.exposed_high),
        "tasks": [
            {
                "task": one.task_id,
                "text": one.text,
                "importance": round(one.importance, PLACES),
                "exposure": None if math.isnan(one.exposure) else round(one.exposure, PLACES),
            }
            for one in found.tasks
        ],
        "carried": [
            {
                "skill": one.skill,
                "name": graph.name(one.skill),
                "level": round(one.level, PLACES),
                "needed": one.needed,
                "suffices": one.suffices,
            }
            for one in found.carried
        ],
        "transitions": [tell_transition(graph, one) for one in found.transitions],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)
