"""Read which regions adjoin: columns ``region, neighbour``; each pair once, or both ways."""

from __future__ import annotations

from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

NEEDED: Final = ("region", "neighbour")


def read(data: bytes) -> tuple[dict[str, frozenset[str]], tuple[Finding, ...]]:
    r"""Return the neighbours of each region, and what is wrong with rows that are left out.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn``, ``cell_empty`` for a row.

    Examples
    --------
    >>> read(b"region,neighbour\n110000,130000\n,120000\n")[0]
    {'110000': frozenset({'130000'}), '130000': frozenset({'110000'})}
    """
    findings: list[Finding] = []
    beside: dict[str, set[str]] = {}
    try:
        found = table.read(data, HEADS_ZH)
        if set(found.head) != set(NEEDED) or len(found.head) != len(NEEDED):
            told = f"Neighbours must have the columns {', '.join(NEEDED)}, was {', '.join(found.head)}."
            return {}, (Finding(0, "", "columns_differ", told),)
        for line in found.lines:
            if line.cells is None:
                told = f"A row must have {len(found.head)} cells, had more or fewer."
                findings.append(Finding(line.number, "", "row_torn", told))
                continue
            one, other = (line.cells[name].strip() for name in NEEDED)
            if not one or not other:
                empty = "region" if not one else "neighbour"
                findings.append(Finding(line.number, empty, "cell_empty", "A row must name two regions, was ''."))
                continue
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
    except table.UnreadableError as error:
        return {}, (*findings, table.unreadable(error))
    return {name: frozenset(others) for name, others in beside.items()}, tuple(findings)
