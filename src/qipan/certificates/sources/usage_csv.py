"""Read metered use from CSV in UTF-8: columns ``usage_id, consumer, start, end, kwh``."""

from __future__ import annotations

from typing import Final

from qipan.certificates.model.certificate import Usage
from qipan.certificates.sources.rows import read_moment, read_rows, read_text, wh_up
from qipan.kernel.errors import Finding

COLUMNS: Final = {
    "usage_id": read_text,
    "consumer": read_text,
    "start": read_moment,
    "end": read_moment,
    "kwh": wh_up,
}


def read(data: bytes) -> tuple[tuple[Usage, ...], tuple[Finding, ...]]:
    r"""Return rows of use in whole Wh, and what is wrong with other rows.

    Rules: those of `qipan.certificates.sources.rows.read_rows`; ``time_naive``, ``time_unreadable``,
    ``kwh_unreadable``, ``cell_empty``.

    Examples
    --------
    >>> head = b"usage_id,consumer,start,end,kwh\n"
    >>> used, findings = read(head + b"u,east,2026-03-01T05:00:00+08:00,2026-03-01T06:00:00+08:00,a lot\n")
    >>> used, [one.rule for one in findings]
    ((), ['kwh_unreadable'])
    """
    rows, findings = read_rows(data, COLUMNS)
    made = (Usage(row["usage_id"], row["consumer"], row["start"], row["end"], row["kwh"]) for row in rows)
    return tuple(made), findings
