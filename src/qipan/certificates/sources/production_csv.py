"""Read what a device made from CSV in UTF-8: columns ``start, end, kwh, evidence``, an hour or a month a row."""

from __future__ import annotations

from typing import Final

from qipan.certificates.model.certificate import Production
from qipan.certificates.sources.rows import read_moment, read_rows, read_text, wh_down
from qipan.kernel.errors import Finding

COLUMNS: Final = {"start": read_moment, "end": read_moment, "kwh": wh_down, "evidence": read_text}


def read(data: bytes) -> tuple[tuple[Production, ...], tuple[Finding, ...]]:
    r"""Return production in whole Wh, and what is wrong with other rows.

    Rules: those of `qipan.certificates.sources.rows.read_rows`; ``time_naive``, ``time_unreadable``,
    ``kwh_unreadable``, ``cell_empty``.

    Examples
    --------
    >>> head = b"start,end,kwh,evidence\n"
    >>> made, findings = read(head + b"2026-03-01T05:00:00+08:00,2026-03-01T06:00:00+08:00,12.3456,meter 7\n")
    >>> made[0].wh, findings
    (12345, ())
    """
    rows, findings = read_rows(data, COLUMNS)
    return tuple(Production(row["start"], row["end"], row["kwh"], row["evidence"]) for row in rows), findings
