"""Add up the work that runs on something else than it asks for."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.array import Bools
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.model.substituted import Substituted


def substituted(jobs: Jobs, board: Board, found: Placement) -> tuple[Substituted, ...]:
    """Return what runs on substitutes, each pair of what is asked for and what stands for it once, in their order."""
    at = np.flatnonzero(on_substitute(jobs, board, found))
    units, hours = found.units(jobs), jobs.requested_s / 3600.0
    pairs: dict[tuple[str, str, str, str], list[int]] = {}
    for job in at.tolist():
        pool = board.pools[found.pool[job]]
        asked = KINDS[int(jobs.kind[job])].value, str(jobs.card_model[job])
        pairs.setdefault((*asked, pool.kind.value, pool.card_model), []).append(job)
    return tuple(
        Substituted(
            *pair,
            jobs=len(mine),
            asked_unit_h=float((jobs.quantity * hours)[mine].sum()),
            held_unit_h=float((units * hours)[mine].sum()),
        )
        for pair, mine in sorted(pairs.items())
    )


def on_substitute(jobs: Jobs, board: Board, found: Placement) -> Bools:
    """Tell which jobs hold a place on another kind or model than they ask for, ``(jobs,)``."""
    kind = np.array([KINDS.index(pool.kind) for pool in board.pools], dtype=np.int64)[found.pool]
    model = np.array([pool.card_model for pool in board.pools], dtype=object)[found.pool]
    is_other_model = (model != jobs.card_model) & (model != "") & (jobs.card_model != "")
    return np.asarray(found.has_place & ((kind != jobs.kind) | is_other_model.astype(bool)))
