"""Nouns of what is to run: jobs, a row each with the axis ``(jobs,)``, and what an adapter made of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qipan.dispatch.model.array import Bools, Floats, Ints, Texts
from qipan.kernel.errors import Finding
from qipan.kernel.resources import Kind

KINDS = tuple(Kind)


class Tier(IntEnum):
    """Class of latency need, the most urgent first."""

    REALTIME = 0
    INTERACTIVE = 1
    BATCH = 2
    OFFLINE = 3

    @property
    def label(self) -> str:
        """Lower-case name, as files and doors write it."""
        return self.name.lower()


class DataClass(IntEnum):
    """Where the data of a job may go."""

    FREE = 0
    REGION = 1
    PROVINCE = 2

    @property
    def label(self) -> str:
        """Lower-case name, as files and doors write it."""
        return self.name.lower()


class Workload(IntEnum):
    """What a job does."""

    TRAINING = 0
    INFERENCE = 1
    ANALYTICS = 2
    RENDERING = 3
    SCIENTIFIC = 4
    STORAGE = 5

    @property
    def label(self) -> str:
        """Lower-case name, as files and doors write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Jobs:
    """Many jobs, a row each; every array has the axis ``(jobs,)``.

    What a trace leaves out is ``nan``, ``""`` or ``-1`` until `assume.complete` fills it; `assumed` says
    where that happened, one bit a column in the order of `ASSUMABLE`. ``reservation`` names the one that a job is to
    run on (`model.reservation`), if any.
    """

    job_id: Texts
    label: Texts
    submit_s: Floats
    kind: Ints
    card_model: Texts
    quantity: Floats
    requested_s: Floats
    actual_s: Floats
    origin: Texts
    tier: Ints
    data_class: Ints
    workload: Ints
    start_by_s: Floats
    finish_by_s: Floats
    data_gb: Floats
    preemptible: Bools
    priority: Ints
    command: Texts
    reservation: Texts
    assumed: Ints

    def __len__(self) -> int:
        return len(self.job_id)

    def take(self, index: NDArray[Any]) -> Jobs:
        """Return the jobs at ``index`` (positions or a mask), in that order."""
        return replace(self, **{column.name: getattr(self, column.name)[index] for column in fields(self)})

    @property
    def work_unit_h(self) -> Floats:
        """Requested work, quantity times hours."""
        return self.quantity * self.requested_s / 3600.0

    @property
    def latest_start_s(self) -> Floats:
        """Latest start that keeps both ``start_by`` and ``finish_by``."""
        return np.minimum(self.start_by_s, self.finish_by_s - self.requested_s)


ASSUMABLE = (
    "requested_s",
    "origin",
    "tier",
    "data_class",
    "start_by_s",
    "finish_by_s",
    "data_gb",
    "preemptible",
    "priority",
    "submit_s",
    "workload",
)


@dataclass(frozen=True, slots=True)
class Intake:
    """What an adapter made of a file.

    Every row read is a job, out of scope, or quarantined by at least one finding:
    ``rows_read == rows_accepted + sum(out_of_scope.values()) + number of distinct rows above 0 in findings``.
    A row may become several jobs or, where many rows become hourly demand, share one.

    Attributes
    ----------
    line
        ``(jobs,)``, line of the file on which the row of each job begins; none where jobs stand for many rows.
    """

    jobs: Jobs
    rows_read: int
    rows_accepted: int
    out_of_scope: dict[str, int]
    findings: tuple[Finding, ...]
    line: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
