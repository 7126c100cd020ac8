"""Settle reservations of a run on what really ran, at the LMPs of its re-plans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qipan.dispatch.jobs.reach import reach
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.model.reservation import ReservationsDay
from qipan.dispatch.model.roll import Case, Rolled, RollTerms
from qipan.dispatch.placement.score import ran_s
from qipan.dispatch.reservation.settle import settle


def settle_run(case: Case, rolled: Rolled, terms: RollTerms) -> ReservationsDay:
    """Return what each reservation comes to in the days of a run; sites pay for what was used or sold."""
    jobs, none = replace(case.jobs, requested_s=ran_s(case.jobs)), np.full(len(case.jobs), "", dtype=object)
    held = reach(jobs, case.board, case.rules).held(jobs, case.board, rolled.pool)
    return settle(
        jobs,
        case.board,
        rolled.covered,
        found=Placement(rolled.pool, rolled.start_s, none, none, held=held),
        lmp_fen_per_unit_h=rolled.lmp_fen_per_unit_h,
        step_s=terms.every_s,
        was_kept=True,
    )
