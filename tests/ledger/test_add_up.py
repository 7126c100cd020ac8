"""A ledger without a single site answers with nothing, and does not fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from qipan.kernel.time import Interval
from qipan.ledger.add_up import burn, complete, supply
from qipan.ledger.lay_out import Hourly, field_of
from qipan.ledger.model.figure import Group

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = Interval(START, START + timedelta(days=1))


def test_figures_of_no_site_are_none() -> None:
    field = field_of((), DAY)
    nothing = np.zeros(0, dtype=np.int64)
    hourly = Hourly(nothing, nothing, nothing, nothing, nothing)
    for by in Group:
        assert supply(field, hourly, [DAY], by=by, regions={}) == ()
        assert burn(field, hourly, [DAY], by=by, regions={}, kg_per_kwh=np.zeros((2, 0))) == ()
    assert complete(field, hourly, silences_max=5) == ()
