"""Read daily prices from CSV in UTF-8: columns ``day, fen_per_card_h``, one row a day, the oldest first."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.market.model.array import Ints
from qipan.market.model.order import MOST_FEN_PER_CARD_H

COLUMNS: Final = ("day", "fen_per_card_h")

_WHOLE = re.compile(r"[0-9]{1,9}")


def read(data: bytes) -> tuple[Ints, tuple[Finding, ...]]:
    r"""Return prices in fen a card-hour ``(days,)``, and a finding for each cell that cannot be read.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn``, ``day_unreadable``, ``day_out_of_order``,
    ``price_out_of_grid`` for a row.

    Examples
    --------
    >>> prices, findings = read(b"day,fen_per_card_h\n2026-01-01,1200\n2026-01-02,1210\n")
    >>> prices.tolist(), findings
    ([1200, 1210], ())
    """
    nothing = np.zeros(0, dtype=np.int64)
    try:
        head, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        return nothing, (Finding(0, "", "file_unreadable", f"A history must be CSV in UTF-8, was not: {error}."),)
    if tuple(head) != COLUMNS:
        told = f"A history must have the columns {', '.join(COLUMNS)}, was {', '.join(head)}."
        return nothing, (Finding(0, "", "columns_differ", told),)
    prices: list[int] = []
    findings: list[Finding] = []
    last = date.min
    for row, cells in enumerate(rows, start=2):
        if len(cells) != len(COLUMNS):
            findings.append(Finding(row, "", "row_torn", f"A row must have {len(COLUMNS)} cells, was {len(cells)}."))
            continue
        try:
            day = date.fromisoformat(cells[0])
        except ValueError:
            told = f"A day must be written as 2026-03-01, was {cells[0]!r}."
            findings.append(Finding(row, "day", "day_unreadable", told, cells[0]))
            continue
        if day <= last:
            told = f"Days must rise from row to row, was {day} after {last}."
            findings.append(Finding(row, "day", "day_out_of_order", told, cells[0]))
        last = max(day, last)
        if _WHOLE.fullmatch(cells[1]) and int(cells[1]) <= MOST_FEN_PER_CARD_H:
            prices.append(int(cells[1]))
        else:
            told = f"A price must be whole fen a card-hour, 0 to {MOST_FEN_PER_CARD_H}, was {cells[1]!r}."
            findings.append(Finding(row, "fen_per_card_h", "price_out_of_grid", told, cells[1]))
    return np.array(prices, dtype=np.int64), tuple(findings)
