"""Raise or thin the load of a day, to see where capacity binds."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Texts
from qipan.dispatch.model.job import Jobs
from qipan.kernel.errors import BadInputError

JOBS_MOST: Final = 20_000_000
"""More jobs than this are no day of one machine: they would fill its memory before anything is planned."""


def raise_load(jobs: Jobs, factor: float, rng: np.random.Generator) -> Jobs:
    """Repeat the jobs ``factor`` times; of a fraction, that share of the jobs, drawn without repetition.

    The jobs themselves come first, then the second copies, named ``<job_id>#2``, and so on. A factor below one
    keeps that share of the jobs, in their order. Apply it before `assume.complete`, so that copies draw an origin of
    their own.

    Raises
    ------
    BadInputError
        ``load_not_positive`` unless the factor is a number above zero; ``load_too_large`` for more jobs than
        `JOBS_MOST`.

    Examples
    --------
    >>> from qipan.dispatch.jobs.columns import from_columns
    >>> jobs = from_columns({n: np.ones(2) for n in ("job_id", "submit_s", "kind", "quantity")})
    >>> jobs = replace(jobs, job_id=np.array(["a", "b"], dtype=object))
    >>> raise_load(jobs, 2, np.random.default_rng(1)).job_id.tolist()
    ['a', 'b', 'a#2', 'b#2']
    """
    if not 0 < factor < np.inf:
        raise BadInputError(
            f"A load must be a number above zero, was {factor}.",
            code="load_not_positive",
            hint="Write for example --load 2 for twice the work, or 0.5 for half of it.",
            field="load",
        )
    count, whole = len(jobs), int(factor)
    if factor > 1 and count * factor > JOBS_MOST:
        raise BadInputError(
            f"A load must leave at most {JOBS_MOST} jobs, was {count} jobs {factor:g} times.",
            code="load_too_large",
            hint=f"Write at most --load {JOBS_MOST / count:g}.",
            field="load",
        )
    drawn = np.sort(rng.permutation(count)[: round((factor - whole) * count)])
    index = np.concatenate([np.tile(np.arange(count), whole), drawn])
    copy = np.concatenate([np.repeat(np.arange(whole), count), np.full(len(drawn), whole)]) + 1
    raised = jobs.take(index)
    return replace(raised, job_id=_named(raised.job_id, copy.tolist(), mark=_free_mark(jobs.job_id)))


def _named(job_id: Texts, copy: list[int], *, mark: str) -> Texts:
    names = [name if number == 1 else f"{name}{mark}{number}" for name, number in zip(job_id, copy, strict=True)]
    return np.array(names, dtype=object)


def _free_mark(job_id: Texts) -> str:
    """Return the shortest run of ``#`` that no id holds, so that the name of a copy is new."""
    mark = "#"
    while any(mark in name for name in job_id):
        mark += "#"
    return mark
