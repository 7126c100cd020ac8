"""Tell plans as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from qipan.talent.model.plan import Obstacle, Plan, Planned


def tell_plans(found: Sequence[Planned]) -> dict[str, Any]:
    """Return the plan of each person, alternatives, and why some have none."""
    obstacles = Counter(obstacle for one in found for obstacle in one.obstacles)
    return {
        "persons": len(found),
        "planned": sum(one.plan is not None for one in found),
        "obstacles": {name.value: obstacles[name] for name in Obstacle},
        "plans": [_planned(one) for one in found],
    }


def _planned(one: Planned) -> dict[str, Any]:
    return {
        "person": one.person.person_id,
        "plan": _plan(one.plan),
        "alternatives": [_plan(other) for other in one.alternatives],
        "obstacles": [obstacle.value for obstacle in one.obstacles],
        "without_obstacles": _plan(one.relaxed),
        "with_subsidies": _plan(one.subsidised),
    }


def _plan(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "job": plan.job.job_id,
        "region": plan.job.region,
        "occupation": plan.job.occupation,
        "wage_fen_per_month": plan.job.wage_fen_per_month,
        "modules": [one.module_id for one in plan.modules],
        "hours": plan.hours,
        "cost_fen": plan.cost_fen,
        "subsidy_fen": plan.subsidy_fen,
    }
