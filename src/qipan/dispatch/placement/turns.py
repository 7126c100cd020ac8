"""Whose turn it is: the orders in which jobs are placed."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.array import Ints, Texts
from qipan.dispatch.model.board import Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Reason


def placing_order(jobs: Jobs, refused: Texts) -> Ints:
    """Return the positions of the jobs to place: by size (powers of two), slack, then as they came."""
    size = np.floor(np.log2(np.maximum(jobs.work_unit_h, 1e-9)) + 1e-9)
    order = np.lexsort((jobs.submit_s, jobs.latest_start_s - jobs.submit_s, -size))
    return np.asarray(order[refused[order] == Reason.NONE])


def waiting_order(jobs: Jobs, refused: Texts) -> Ints:
    """Return the positions of jobs that wait for a re-plan: by priority, whatever the tier, then as `placing_order`."""
    order = placing_order(jobs, refused)
    return order[np.argsort(-jobs.priority[order], kind="stable")]


def urgent_order(jobs: Jobs, rules: Rules, refused: Texts) -> Ints:
    """Return the positions of the jobs to place where room is short: by urgency, priority, slack, size."""
    slack = jobs.latest_start_s - jobs.submit_s
    order = np.lexsort((-jobs.work_unit_h, slack, -jobs.priority, urgency(rules)[jobs.tier]))
    return np.asarray(order[refused[order] == Reason.NONE])


def urgency(rules: Rules) -> Ints:
    """Return the rank of each tier, the one first whose lost hours are worth most, ``(tiers,)``; ties as tiers come."""
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])
    return np.argsort(np.argsort(-worth, kind="stable"), kind="stable")
