"""Jobs in the form of Qipan itself, a row each; ``jobs.schema.json`` beside the pillar describes a row."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.columns import assumed_bit, from_columns
from qipan.dispatch.model.job import KINDS, DataClass, Intake, Tier, Workload
from qipan.dispatch.sources.cells import Quarantine, texts
from qipan.dispatch.sources.forms import GENERIC
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import Finding

OPTIONAL = (
    "actual_s",
    "card_model",
    "cpu",
    "memory_gb",
    "command",
    "origin",
    "tier",
    "data_class",
    "workload",
    "start_by",
    "finish_by",
    "data_gb",
    "preemptible",
    "priority",
    "reservation",
)
TIER_WORDS = tuple(tier.label for tier in Tier)
DATA_CLASS_WORDS = tuple(data_class.label for data_class in DataClass)
WORKLOAD_WORDS = tuple(workload.label for workload in Workload)

KIND_UNKNOWN = Finding(0, "kind", "kind_unknown", f"kind must be one of {', '.join(KINDS)}")
TIER_UNKNOWN = Finding(0, "tier", "tier_unknown", f"tier must be one of {', '.join(TIER_WORDS)}")
DATA_CLASS_UNKNOWN = Finding(
    0, "data_class", "data_class_unknown", f"data_class must be one of {', '.join(DATA_CLASS_WORDS)}"
)
WORKLOAD_UNKNOWN = Finding(0, "workload", "workload_unknown", f"workload must be one of {', '.join(WORKLOAD_WORDS)}")


def read(data: bytes) -> Intake:
    r"""Read a CSV or Parquet file of jobs.

    ``cpu`` and ``memory_gb`` are checked and not kept: no plan uses them. Columns that are not of the
    form are named in a finding on row 0, which puts no row in quarantine.

    Raises
    ------
    BadInputError
        As `table.read_table`.

    Examples
    --------
    >>> intake = read(
    ...     b"job_id,submit,kind,quantity,requested_s\n"
    ...     b"a,2017-10-09T08:00:00+08:00,intelligent,0.5,3600\n"
    ...     b"b,2017-10-09 08:00:00,intelligent,0,3600\n"
    ... )
    >>> intake.jobs.work_unit_h.tolist(), [finding.rule for finding in intake.findings]
    ([0.5], ['submit_naive', 'quantity_not_positive'])
    """
    table = read_table(data, needed=GENERIC.needed, optional=OPTIONAL)
    rows = Quarantine(table)
    rows.name_unknown_columns()
    submit_s = rows.submit("submit")
    kind = rows.choice(KINDS, KIND_UNKNOWN, required=True)
    quantity = rows.number("quantity", required=True)
    rows.refuse(quantity <= 0, Finding(0, "quantity", "quantity_not_positive", "quantity must be above zero"))
    requested_s = rows.number("requested_s", required=True)
    not_positive = Finding(0, "requested_s", "requested_not_positive", "requested_s must be above zero")
    rows.refuse(requested_s <= 0, not_positive)
    actual_s = rows.number("actual_s")
    rows.refuse(actual_s < 0, Finding(0, "actual_s", "actual_negative", "actual_s must be zero or more"))
    for column in ("cpu", "memory_gb"):
        rows.amount(column)
    data_gb = rows.amount("data_gb")
    tier = rows.choice(TIER_WORDS, TIER_UNKNOWN)
    data_class = rows.choice(DATA_CLASS_WORDS, DATA_CLASS_UNKNOWN)
    workload = rows.choice(WORKLOAD_WORDS, WORKLOAD_UNKNOWN)
    start_by_s = rows.deadline("start_by", submit_s=submit_s)
    finish_by_s = rows.deadline("finish_by", submit_s=submit_s)
    preemptible, not_given = rows.boolean("preemptible")
    priority = rows.amount("priority")
    not_whole = Finding(0, "priority", "priority_not_whole", "priority must be a whole number")
    rows.refuse(priority % 1 > 0, not_whole)
    job_id = rows.unique_ids("job_id")
    jobs = from_columns(
        {
            "job_id": job_id,
            "submit_s": submit_s,
            "kind": kind,
            "card_model": texts(table.cells("card_model")),
            "quantity": quantity,
            "requested_s": requested_s,
            "actual_s": actual_s,
            "origin": texts(table.cells("origin")),
            "tier": tier,
            "data_class": data_class,
            "workload": workload,
            "start_by_s": start_by_s,
            "finish_by_s": finish_by_s,
            "data_gb": data_gb,
            "preemptible": preemptible,
            "priority": np.where(np.isnan(priority), -1.0, priority),
            "command": texts(table.cells("command")),
            "reservation": texts(table.cells("reservation")),
            "assumed": np.where(not_given, assumed_bit("preemptible"), 0),
        }
    )
    return rows.intake(jobs.take(rows.good))
