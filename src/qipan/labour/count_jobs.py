"""Count jobs by cell and month: what came so far less what went."""

from __future__ import annotations

from datetime import date

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Ints
from qipan.labour.model.jobs import Flows, Jobs
from qipan.labour.model.panel import Cadence


def count_jobs(flows: Flows, *, since: date, until: date, within_days: int) -> Jobs:
    """Return the jobs of every month whose first day is known.

    Parameters
    ----------
    since
        First day that counts: months that begin before it are left out, though what happened in them counts.
    until
        The day from which on nothing is known.

    Raises
    ------
    RuleBrokenError
        ``jobs_without_month`` where no month begins between the two.

    Examples
    --------
    >>> from qipan.labour.model.panel import Cell
    >>> two, months = np.array([0, 0]), np.array([24240, 24241])
    >>> flows = Flows((Cell("a"),), two, months, *map(np.array, ([9, 1], [1, 0], [1, 0], [1, 0])))
    >>> jobs = count_jobs(flows, since=date(2020, 1, 1), until=date(2020, 3, 1), within_days=60)
    >>> jobs.held.tolist(), jobs.lost.tolist()
    ([[9, 9]], [[1, 0]])
    """
    first = since.year * 12 + since.month - 1 + (since.day > 1)
    count = until.year * 12 + until.month - 1 - first + (until.day > 1)
    if count < 1:
        raise RuleBrokenError(
            f"Spells must speak of a first day of a month, was nothing from {since} to {until}.",
            code="jobs_without_month",
            hint="Bring spells of a longer time, or set --since and --until.",
        )
    months = tuple(Cadence.MONTH.after(date(first // 12, first % 12 + 1, 1), at) for at in range(count))
    # What happened before the first month stands in it; a job is held for the last time the month before it is gone.
    held = _laid_out(flows, flows.opened, first, count, is_kept=True).cumsum(axis=1)
    held -= _laid_out(flows, flows.closed, first - 1, count, is_kept=True).cumsum(axis=1)
    separated = _laid_out(flows, flows.separated, first, count)
    lost = _laid_out(flows, flows.lost, first, count)
    return Jobs(flows.cells, months, held, separated, lost, within_days, until)


def _laid_out(flows: Flows, jobs: Ints, first: int, count: int, *, is_kept: bool = False) -> Ints:
    """Return sums by cell and month; what was before the first month is left out, or kept in it."""
    at = np.maximum(flows.month - first, 0) if is_kept else flows.month - first
    inside = (at >= 0) & (at < count)
    found = np.zeros((len(flows.cells), count), dtype=np.int64)
    np.add.at(found, (flows.cell[inside], at[inside]), jobs[inside])
    return found
