"""Read the table of regions at the start: a row for each region, a column for each stock and trait.

``region``, ``population`` (10,000 persons) and ``output`` (100 million yuan a year) must be there; other columns of
`MAY` may be, and a cell of them may be empty: what nobody published stays open here, and `lay_out` marks what it
assumes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.policy.model.array import Floats
from qipan.policy.model.world import MAY, NEEDED, Stock
from qipan.storage import table

HEADS: Final = {
    "地区": "region", "省份": "region", "人口": "population", "产出": "output", "知识": "knowledge", "数据": "data",
    "算力": "compute", "人才": "talent", "渗透率": "penetration", "资本": "capital", "被替代": "displaced",
    "契合度": "fit", "绿电": "green", "暴露度": "exposure",
}  # fmt: skip
LEAST: Final = 1e-12
"""Least of what must be above 0."""
COLUMNS: Final = ("region", *NEEDED, *MAY)

ReadName = Callable[[str], tuple[str, bool]]
"""Returns the code of a region, or its name as it is; and whether it was mended."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a table says: figures by column, ``(regions,)``, nan where a cell is empty."""

    regions: tuple[str, ...]
    columns: dict[str, Floats]


def read(data: bytes, read_name: ReadName) -> tuple[Told | None, tuple[Finding, ...]]:
    r"""Return what a table says, and what is wrong with rows that are left out; none without a row.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn``, ``cell_empty``, ``value_out_of_range``,
    ``region_told_twice`` for a row.

    Examples
    --------
    >>> told, _ = read(b"region,population,output,talent\na,100,50,\n", lambda name: (name, False))
    >>> told.regions, told.columns["output"].tolist(), told.columns["talent"].tolist()
    (('a',), [50.0], [nan])
    """
    left_out: list[Finding] = []
    rows: dict[str, dict[str, float]] = {}
    try:
        found = table.read(data, HEADS)
        head = list(found.head)
        if not {"region", *NEEDED} <= set(head) or set(head) - set(COLUMNS) or len(set(head)) < len(head):
            told = (
                f"A table of regions must have the columns region, {', '.join(NEEDED)}, and may have {', '.join(MAY)}, "
                f"each once, was {', '.join(head)}."
            )
            return None, (Finding(0, "", "columns_differ", told),)
        for line in found.lines:
            if line.cells is None:
                told = f"A row must have {len(head)} cells, had more or fewer."
                left_out.append(Finding(line.number, "", "row_torn", told))
                continue
            cells = dict(zip(head, (text.strip() for text in line.cells.values()), strict=True))
            name = read_name(cells["region"])[0]
            figures = _figures(cells, line.number, left_out)
            if figures is None:
                continue
            if name in rows:
                told = f"A region must have one row, was {name} again."
                left_out.append(Finding(line.number, "region", "region_told_twice", told, cells["region"]))
                continue
            rows[name] = figures
    except table.UnreadableError as error:
        return None, (*left_out, table.unreadable(error))
    if not rows:
        return None, tuple(left_out)
    regions = tuple(sorted(rows))
    columns = {name: np.array([rows[region][name] for region in regions]) for name in COLUMNS[1:]}
    return Told(regions, columns), tuple(left_out)


def _figures(cells: dict[str, str], line: int, left_out: list[Finding]) -> dict[str, float] | None:
    """Return the figures of a row; none, with a finding, where one is wrong."""
    for name in ("region", *NEEDED):
        if not cells[name]:
            left_out.append(Finding(line, name, "cell_empty", f"A row must fill {name}, was empty."))
            return None
    figures = {}
    for name in COLUMNS[1:]:
        text = cells.get(name, "")
        value = table.read_number(text)
        least_open = name in NEEDED or name in {Stock.KNOWLEDGE, Stock.CAPITAL}
        least, most = LEAST if least_open else 0.0, 1.0 if name == Stock.PENETRATION else 1.0 / LEAST
        if text and not least <= value <= most:
            told = f"{name} must be a number from {least:g} to {most:g}, was {cells[name]!r}."
            left_out.append(Finding(line, name, "value_out_of_range", told, cells[name]))
            return None
        figures[name] = value
    return figures
