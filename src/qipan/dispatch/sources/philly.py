"""Jobs of the Philly trace: training on a shared GPU cluster, 2017.

Source: `jeon2019`.
"""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.columns import from_columns, same_text
from qipan.dispatch.model.job import KINDS, Intake
from qipan.dispatch.sources.cells import Quarantine
from qipan.dispatch.sources.forms import PHILLY
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import Finding
from qipan.kernel.resources import Kind
from qipan.kernel.time import BOARD_ZONE

OPTIONAL = ("gpu_time", "cluster")


def read(data: bytes, *, zone_name: str = BOARD_ZONE) -> Intake:
    r"""Read the flattened trace: ``timestamp`` without a zone, ``duration`` in seconds, ``num_gpus``.

    The trace says what happened, not what was asked for: ``duration`` is the actual time, the requested one is
    missing. A row has no id; it is called by its number, as ``philly-7``.

    Parameters
    ----------
    zone_name
        Zone whose clocks showed ``timestamp``: the trace's wall clock is taken as the board's.

    Raises
    ------
    BadInputError
        As `table.read_table`; ``zone_unknown``.

    Examples
    --------
    >>> intake = read(b"timestamp,duration,num_gpus\n1970-01-02 08:00:00,66.0,2\n")
    >>> intake.jobs.job_id[0], intake.jobs.submit_s[0].item(), intake.jobs.actual_s[0].item()
    ('philly-1', 86400.0, 66.0)
    """
    table = read_table(data, needed=PHILLY.needed, optional=OPTIONAL)
    rows = Quarantine(table)
    submit_s = rows.submit("timestamp", zone_name=zone_name)
    actual_s = rows.number("duration", required=True)
    rows.refuse(actual_s < 0, Finding(0, "duration", "actual_negative", "duration must be zero or more"))
    quantity = rows.number("num_gpus", required=True)
    rows.refuse(quantity <= 0, Finding(0, "num_gpus", "quantity_not_positive", "num_gpus must be above zero"))
    jobs = from_columns(
        {
            "job_id": np.array([f"philly-{row}" for row in table.row.tolist()], dtype=object),
            "label": same_text(len(table), "training"),
            "submit_s": submit_s,
            "kind": np.full(len(table), KINDS.index(Kind.INTELLIGENT)),
            "quantity": quantity,
            "actual_s": actual_s,
        }
    )
    return rows.intake(jobs.take(rows.good))
