"""Jobs as named columns and back: for adapters, generators, and the lake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qipan.dispatch.model.array import Texts
from qipan.dispatch.model.job import ASSUMABLE, Jobs
from qipan.kernel.errors import BadInputError

NEEDED = ("job_id", "submit_s", "kind", "quantity")
"""Columns without which a row is no job."""

_TEXT: tuple[type, Any] = (object, "")
_FLOAT: tuple[type, Any] = (np.float64, np.nan)
_INT: tuple[type, Any] = (np.int64, -1)

_FORMS: dict[str, tuple[type, Any]] = {
    "job_id": _TEXT,
    "label": _TEXT,
    "submit_s": _FLOAT,
    "kind": _INT,
    "card_model": _TEXT,
    "quantity": _FLOAT,
    "requested_s": _FLOAT,
    "actual_s": _FLOAT,
    "origin": _TEXT,
    "tier": _INT,
    "data_class": _INT,
    "workload": _INT,
    "start_by_s": _FLOAT,
    "finish_by_s": _FLOAT,
    "data_gb": _FLOAT,
    "preemptible": (np.bool_, False),
    "priority": _INT,
    "command": _TEXT,
    "reservation": _TEXT,
    "assumed": (np.int64, 0),
}
"""Type of each column, and what stands in it where nothing is known."""


def assumed_bit(column: str) -> int:
    """Return the bit of ``Jobs.assumed`` that stands for a column.

    Examples
    --------
    >>> assumed_bit("requested_s"), assumed_bit("origin")
    (1, 2)
    """
    return 1 << ASSUMABLE.index(column)


def same_text(count: int, text: str) -> Texts:
    """Return a column that holds one text ``count`` times, ``(jobs,)``."""
    return np.full(count, text, dtype=object)


def from_columns(columns: Mapping[str, NDArray[Any]]) -> Jobs:
    """Build jobs from columns; a column that is left out is missing in every row.

    ``preemptible`` has no sign for missing: left out, it is false and marked as assumed.

    Raises
    ------
    BadInputError
        ``columns_missing`` unless `NEEDED` are there; ``columns_unequal`` unless all are equally long.
    """
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise BadInputError(
            f"Jobs must have the columns {', '.join(NEEDED)}, missing were {', '.join(missing)}.",
            code="columns_missing",
            hint="Add the missing columns.",
        )
    count = len(columns["job_id"])
    unequal = {name: len(column) for name, column in columns.items() if len(column) != count}
    if unequal:
        raise BadInputError(
            f"Columns of jobs must be equally long, job_id had {count} rows, others {unequal}.",
            code="columns_unequal",
            hint="Give every column one value a job.",
        )
    whole: dict[str, Any] = {}
    for name, (kind, blank) in _FORMS.items():
        given = columns.get(name)
        whole[name] = np.full(count, blank, dtype=kind) if given is None else np.asarray(given, dtype=kind)
    if "preemptible" not in columns:
        whole["assumed"] = whole["assumed"] | assumed_bit("preemptible")
    return Jobs(**whole)


def to_columns(jobs: Jobs) -> dict[str, NDArray[Any]]:
    """Return the columns of jobs by name; `from_columns` restores them."""
    return {column.name: getattr(jobs, column.name) for column in fields(jobs)}
