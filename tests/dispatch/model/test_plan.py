"""Part of a placement keeps the stretches of its jobs."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.plan import Placement, Reason, Status, Stretches


def test_take_keeps_stretches_and_numbers_their_jobs_anew() -> None:
    parts = Stretches(np.array([0, 0, 2, 2]), np.array([0.0, 36000.0, 7200.0, 18000.0]), np.full(4, 3600.0))
    whole = Placement(
        pool=np.array([0, 1, 2]),
        start_s=np.array([0.0, 600.0, 7200.0]),
        status=np.array([Status.PLACED] * 3, dtype=object),
        reason=np.array([Reason.NONE] * 3, dtype=object),
        stretches=parts,
    )
    some = whole.take(np.array([False, True, True]))
    assert some.pool.tolist() == [1, 2]
    assert some.stretches.job.tolist() == [1, 1]
    runs = some.runs(np.array([900.0, 7200.0]))
    assert (runs.job.tolist(), runs.start_s.tolist()) == ([0, 1, 1], [600.0, 7200.0, 18000.0])
