"""Write down where every job went and why, as columns to be kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from qipan.dispatch.explanation.sooner import sooner
from qipan.dispatch.explanation.why import explain
from qipan.dispatch.jobs.classify import latest_start_in_horizon_s, planned_h
from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import ASSUMABLE, DataClass, Jobs, Tier, Workload
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.placement.score import price_fen
from qipan.dispatch.placement.timeline import asks
from qipan.kernel.resources import Kind


def note_jobs(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, *, plan: Plan, found: Placement
) -> dict[str, list[Any]]:
    """Return the columns of all placements but the name of the plan, each with the axis ``(jobs,)``."""
    has = found.has_place
    site = np.where(has, board.pool_site[found.pool], -1)
    origin = reached.origin[reached.of_job]
    why = _words(jobs, board, rules, reached, plan, found)
    paid = price_fen(jobs, board, reached, found, plan.lmp_fen_per_unit_h, link_fen_per_gb=plan.link_rent_fen_per_gb)
    return {
        "job_id": jobs.job_id.tolist(),
        "submit": [_moment(second) for second in jobs.submit_s],
        "tier": [Tier(int(tier)).label for tier in jobs.tier],
        "kind": [tuple(Kind)[kind].value for kind in jobs.kind],
        "quantity": jobs.quantity.tolist(),
        "requested_h": (jobs.requested_s / 3600.0).tolist(),
        "origin_id": [board.origins[o].origin_id for o in origin],
        "site_id": [board.sites[s].site_id if s >= 0 else None for s in site],
        "start": [_moment(second) if held else None for second, held in zip(found.start_s, has, strict=True)],
        "wait_h": _or_none((found.start_s - jobs.submit_s) / 3600.0, has),
        "round_trip_ms": _or_none(board.round_trip_ms[origin, site], has),
        "cost_fen": _or_none(paid, has),
        "status": [str(status) for status in found.status],
        "reason": [str(reason) for reason in found.reason],
        "why_en": [words[0] for words in why],
        "why_zh": [words[1] for words in why],
        "assumed": [_assumed(int(bits)) for bits in jobs.assumed],
        "workload": [Workload(int(one)).label if one >= 0 else "" for one in jobs.workload],
        **_terms_of_jobs(jobs, board, reached, found),
        **_on_substitutes(board, found),
    }


def _words(
    jobs: Jobs, board: Board, rules: Rules, reached: Reach, plan: Plan, found: Placement
) -> list[tuple[str, str]]:
    """Explain every job once for all that are alike in what a sentence names."""
    known: dict[tuple[Any, ...], tuple[str, str]] = {}
    words = []
    start_s, more_fen = sooner(jobs, board, reached, keeps_reserve=rules.keeps_reserve, plan=plan, found=found)
    for index in range(len(jobs)):
        later = None
        if found.reason[index] == Reason.LATER_IS_BETTER:
            later = (float(start_s[index]), float(more_fen[index]))
        key = (
            found.status[index],
            found.reason[index],
            reached.of_job[index],
            jobs.quantity[index],
            jobs.requested_s[index],
            jobs.preemptible[index],
            jobs.reservation[index],
            None if later is None else (index, later),
        )
        if key not in known:
            known[key] = explain(jobs, board, rules, reached, found, index=index, sooner=later)
        words.append(known[key])
    return words


def _terms_of_jobs(jobs: Jobs, board: Board, reached: Reach, found: Placement) -> dict[str, list[Any]]:
    """Return what `model.explanation.JobTerms` needs besides; hours count from the start of the horizon."""
    ask = asks(jobs, board, reached)
    hours = planned_h(jobs, board)
    runs = found.runs(hours * 3600.0)
    stretches: list[list[list[float]]] = [[] for _ in range(len(jobs))]
    for job, start_s, seconds in zip(runs.job.tolist(), runs.start_s, runs.seconds, strict=True):
        stretches[job].append([(start_s - board.start_s) / 3600.0, seconds / 3600.0])
    return {
        "data_class": [DataClass(int(one)).label for one in jobs.data_class],
        "card_model": jobs.card_model.tolist(),
        "data_gb": jobs.data_gb.tolist(),
        "planned_h": hours.tolist(),
        "latest_h": ((latest_start_in_horizon_s(jobs, board) - board.start_s) / 3600.0).tolist(),
        "placed_model": [board.pools[pool].card_model if pool >= 0 else None for pool in found.pool],
        "may_split": ask.splits.tolist(),
        "stretches": [json.dumps(one) if len(one) > 1 else None for one in stretches],
    }


def _on_substitutes(board: Board, found: Placement) -> dict[str, list[Any]]:
    """Return on what kind each job runs and how many units it holds, where substitutes may stand for what is asked."""
    if found.held is None:
        return {}
    kinds = [board.pools[pool].kind.value if pool >= 0 else None for pool in found.pool]
    return {"placed_kind": kinds, "held_units": _or_none(found.held, found.has_place)}


def _assumed(bits: int) -> str:
    return ",".join(column for position, column in enumerate(ASSUMABLE) if bits >> position & 1)


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(round(second, 6), tz=UTC)


def _or_none(values: Any, keep: Any) -> list[float | None]:
    return [float(value) if kept else None for value, kept in zip(values, keep, strict=True)]
