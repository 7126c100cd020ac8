"""Requests to language models as hourly demand for cards; the trace of Azure, 2023, is of this form.

Source: `patel2024`.
"""

from __future__ import annotations

import numpy as np

from qipan.dispatch.jobs.demand import Throughput, hourly_demand
from qipan.dispatch.model.job import Intake
from qipan.dispatch.sources.cells import Quarantine, from_wall_clock, moments
from qipan.dispatch.sources.forms import LLM
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import Finding
from qipan.kernel.time import BOARD_ZONE
from qipan.kernel.units import S_PER_H


def read(data: bytes, *, throughput: Throughput, zone_name: str = BOARD_ZONE) -> Intake:
    r"""Read requests, one a row, and gather them into one job for each hour of the wall clock.

    ``rows_read`` and ``rows_accepted`` count requests; the jobs are few.

    Parameters
    ----------
    throughput
        What one card serves.
    zone_name
        Zone whose clocks showed ``TIMESTAMP``: the trace's wall clock is taken as the board's.

    Raises
    ------
    BadInputError
        As `table.read_table`; ``zone_unknown``.

    Examples
    --------
    >>> intake = read(
    ...     b"TIMESTAMP,ContextTokens,GeneratedTokens\n1970-01-01 08:10:00,36000,0\n1970-01-01 08:50:00,0,-1\n",
    ...     throughput=Throughput(100.0, 10.0, 1.0),
    ... )
    >>> intake.rows_read, intake.jobs.submit_s.tolist(), intake.jobs.quantity.tolist(), intake.findings[0].rule
    (2, [0.0], [0.1], 'tokens_negative')
    """
    table = read_table(data, needed=LLM.needed)
    rows = Quarantine(table)
    request_s = rows.submit("TIMESTAMP", zone_name=zone_name)
    tokens = {}
    for column in LLM.needed[1:]:
        tokens[column] = rows.number(column, required=True)
        rows.refuse(tokens[column] < 0, Finding(0, column, "tokens_negative", f"{column} must be zero or more"))
    wall_s, offset_s = moments(table.cells("TIMESTAMP"))
    on_wall = from_wall_clock(np.floor(wall_s / S_PER_H) * S_PER_H, zone_name=zone_name)
    hour_s = np.where(np.isnan(offset_s), on_wall, np.floor(request_s / S_PER_H) * S_PER_H)
    jobs = hourly_demand(
        hour_s[rows.good],
        context_tokens=tokens["ContextTokens"][rows.good],
        generated_tokens=tokens["GeneratedTokens"][rows.good],
        throughput=throughput,
    )
    return rows.intake(jobs)
