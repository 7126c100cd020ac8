"""Pods of the openb trace: a production cluster with shared cards, 2023.

Source: `weng2023`.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow.compute as pc

from qipan.dispatch.jobs.columns import assumed_bit, from_columns
from qipan.dispatch.model.job import KINDS, Intake
from qipan.dispatch.sources.cells import Quarantine, texts
from qipan.dispatch.sources.forms import OPENB
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.resources import Kind
from qipan.kernel.time import in_utc

OPTIONAL = ("cpu_milli", "memory_mib", "gpu_spec", "pod_phase")
LABELS = {
    "LS": "latency_sensitive",
    "Guaranteed": "latency_sensitive",
    "Burstable": "latency_sensitive",
    "BE": "best_effort",
}
QOS_UNKNOWN = Finding(0, "qos", "qos_unknown", f"qos must be one of {', '.join(LABELS)}")
WITHOUT_CARDS = "without_cards"
CARD_MODEL_ALTERNATIVES = "card_model_alternatives"


def read(data: bytes, *, epoch: datetime | None) -> Intake:
    r"""Read the pods; a share of a card stays a share.

    Pods without cards are out of scope and counted. So are pods whose ``gpu_spec`` lists several models
    (``V100M16|V100M32``): a job asks for one model or for any, and either would misstate them. A pod that was never
    scheduled has no actual time. The trace counts seconds from its own start, so every date is marked as assumed.

    Parameters
    ----------
    epoch
        Moment of the trace's second 0, with its zone.

    Raises
    ------
    BadInputError
        As `table.read_table`; ``epoch_missing`` without an epoch; ``time_naive`` when it carries no zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> intake = read(
    ...     b"name,num_gpu,gpu_milli,qos,creation_time,deletion_time,scheduled_time\n"
    ...     b"pod-a,1,460,LS,60,1000,100\npod-b,0,0,BE,60,1000,100\n",
    ...     epoch=datetime(1970, 1, 1, tzinfo=UTC),
    ... )
    >>> intake.jobs.quantity.tolist(), intake.jobs.actual_s.tolist(), intake.out_of_scope["without_cards"]
    ([0.46], [900.0], 1)
    """
    table = read_table(data, needed=OPENB.needed, optional=OPTIONAL)
    if epoch is None:
        raise BadInputError(
            "A trace that counts seconds must be given the date of second 0, was none.",
            code="epoch_missing",
            hint="Add for example --epoch 2023-01-01T00:00:00+08:00.",
            field="epoch",
        )
    epoch_s = in_utc(epoch).timestamp()
    rows = Quarantine(table)
    cards = rows.number("num_gpu", required=True)
    rows.leave_out(cards == 0, reason=WITHOUT_CARDS)
    several = pc.match_substring(table.cells("gpu_spec"), "|").to_numpy(zero_copy_only=False).astype(bool)
    rows.leave_out(several, reason=CARD_MODEL_ALTERNATIVES)
    milli = rows.number("gpu_milli", required=True)
    for column, values in (("num_gpu", cards), ("gpu_milli", milli)):
        rows.refuse(values <= 0, Finding(0, column, "quantity_not_positive", f"{column} must be above zero"))
    label = rows.choice(tuple(LABELS), QOS_UNKNOWN, required=True)
    created_s = rows.number("creation_time", required=True)
    actual_s = rows.number("deletion_time") - rows.number("scheduled_time")
    message = "deletion_time must not lie before scheduled_time"
    rows.refuse(actual_s < 0, Finding(0, "deletion_time", "actual_negative", message))
    jobs = from_columns(
        {
            "job_id": rows.unique_ids("name"),
            "label": np.array(list(LABELS.values()), dtype=object)[label],
            "submit_s": epoch_s + created_s,
            "kind": np.full(len(table), KINDS.index(Kind.INTELLIGENT)),
            "card_model": texts(table.cells("gpu_spec")),
            "quantity": cards * milli / 1000.0,
            "actual_s": actual_s,
            "assumed": np.full(len(table), assumed_bit("submit_s")),
        }
    )
    return rows.intake(jobs.take(rows.good))
