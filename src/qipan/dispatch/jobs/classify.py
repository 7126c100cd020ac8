"""Fold many jobs into classes of jobs alike, the unit of the day's linear programme."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.reach import Reach
from qipan.dispatch.model.array import Bools, Floats
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Classes, Streams

GB_PER_UNIT_H_STEP = 1e-6


def latest_start_in_horizon_s(jobs: Jobs, board: Board) -> Floats:
    """Return the latest start that the plan allows each job, ``(jobs,)``.

    A job that fits before the horizon's end must end in it; one that does not must start by the end of the day and a
    slot before the horizon's end, if its own window does not end before.
    """
    room_s = board.end_s - np.maximum(jobs.submit_s, board.start_s)
    fits = jobs.requested_s <= room_s
    # Without an outlook the day ends with the horizon: a start at that very moment would hold and cost nothing.
    last_s = min(board.day_end_s, board.end_s - board.slot_s)
    bound = np.where(fits, board.end_s - jobs.requested_s, np.maximum(jobs.submit_s, last_s))
    return np.minimum(jobs.latest_start_s, bound)


def planned_h(jobs: Jobs, board: Board) -> Floats:
    """Return the hours of each job that any allowed start leaves inside the horizon, ``(jobs,)``."""
    inside_s = board.end_s - latest_start_in_horizon_s(jobs, board)
    return np.asarray(np.minimum(jobs.requested_s, inside_s) / 3600.0)


def classify(jobs: Jobs, board: Board, reached: Reach, plannable: Bools) -> Classes:
    """Fold the plannable jobs into classes.

    Jobs share a stream when they are of one sort (`reach.Reach`) and move the same data for an hour of work, and a
    class when they may also use the same slots. The class demands the sum of their work and is as wide as all of them
    together, so its optimum is never dearer than that of the jobs one by one.

    Parameters
    ----------
    plannable
        ``(jobs,)``, the jobs that some site can take.
    """
    index = np.flatnonzero(plannable)
    submit = np.maximum(jobs.submit_s[index], board.start_s)
    work = jobs.quantity[index] * planned_h(jobs, board)[index]
    end = np.minimum(latest_start_in_horizon_s(jobs, board)[index] + jobs.requested_s[index], board.end_s)
    first = np.floor((submit - board.start_s) / board.slot_s + 1e-9).astype(np.int64)
    last = np.ceil((end - board.start_s) / board.slot_s - 1e-9).astype(np.int64)
    last = np.clip(last, first + 1, board.slot_count)
    # Rounded down, never up: what moving costs the class must not exceed what it costs its jobs.
    gb_steps = np.floor(jobs.data_gb[index] / jobs.work_unit_h[index] / GB_PER_UNIT_H_STEP + 1e-6).astype(np.int64)

    stream_keys = np.stack([reached.of_job[index], gb_steps], axis=1)
    of_stream, stream = np.unique(stream_keys, axis=0, return_inverse=True)
    keys = np.stack([stream.reshape(-1), first, last], axis=1)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    of_job = np.full(len(jobs), -1, dtype=np.int64)
    of_job[index] = inverse
    count = len(unique)
    sort = of_stream[:, 0]
    return Classes(
        of_job=of_job,
        stream=unique[:, 0],
        first_slot=unique[:, 1],
        end_slot=unique[:, 2],
        demand_unit_h=np.asarray(np.bincount(inverse, weights=work, minlength=count), dtype=np.float64),
        width=np.asarray(np.bincount(inverse, weights=jobs.quantity[index], minlength=count), dtype=np.float64),
        streams=Streams(
            sort=sort,
            origin=reached.origin[sort],
            tier=reached.tier[sort],
            gb_per_unit_h=of_stream[:, 1] * GB_PER_UNIT_H_STEP,
        ),
    )
