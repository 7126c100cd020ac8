"""Read amounts of activities by region: columns ``region, activity, value``; an activity may be called ``product``."""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.regions.model.activity import Activities
from qipan.regions.sources.panel import HEADS, Names
from qipan.storage import table

NEEDED: Final = ("region", "activity", "value")
ALSO: Final = {**HEADS, "product": "activity", "segment": "activity", "行业": "activity", "industry": "activity"}


def read(data: bytes, names: Names) -> tuple[Activities | None, tuple[Finding, ...]]:
    r"""Return amounts, and what is wrong with rows that are left out; none without a row above 0.

    Rules: ``file_unreadable``, ``columns_differ``, ``years_several`` for the file; ``row_torn``, ``cell_empty``,
    ``value_unreadable``, ``value_repeated`` for a row.

    Raises
    ------
    BadInputError
        ``file_torn``.

    Examples
    --------
    >>> found, _ = read(b"country,product,value\na,x,2\nb,x,1\nb,y,4\n", Names())
    >>> found.regions, found.activities, found.value.tolist()
    (('a', 'b'), ('x', 'y'), [[2.0, 0.0], [1.0, 4.0]])
    """
    left_out: list[Finding] = []
    amount: dict[tuple[str, str], float] = {}
    line_of: dict[tuple[str, str], int] = {}
    years: set[str] = set()
    try:
        found = table.read(data)
        head = [ALSO.get(name.casefold(), name) for name in found.head]
        if not set(NEEDED) <= set(head) or len(set(head)) < len(head):
            told = f"Amounts must have the columns {', '.join(NEEDED)}, each once, was {', '.join(found.head)}."
            return None, (Finding(0, "", "columns_differ", told),)
        for line in found.lines:
            if line.cells is None:
                told = f"A row must have {len(head)} cells, had more or fewer."
                left_out.append(Finding(line.number, "", "row_torn", told))
                continue
            cells = dict(zip(head, (text.strip() for text in line.cells.values()), strict=True))
            wrong = _wrong(cells, line.number)
            years.add(cells.get("year", ""))
            key = names.read(cells["region"])[0], cells["activity"]
            if wrong is None and key in amount:
                told = f"An amount must be told once, line {line_of[key]} has it for {key[0]} and {key[1]}."
                wrong = Finding(line.number, "value", "value_repeated", told, cells["value"])
            if wrong:
                left_out.append(wrong)
            else:
                amount[key], line_of[key] = table.read_number(cells["value"]), line.number
    except table.UnreadableError as error:
        return None, (*left_out, table.unreadable(error, is_whole=True))
    if len(years) > 1:
        told = f"Amounts must be of one year, was {', '.join(sorted(years))}."
        return None, (*left_out, Finding(0, "year", "years_several", told, ", ".join(sorted(years))))
    amount = {key: one for key, one in amount.items() if one > 0.0}
    if not amount:
        return None, tuple(left_out)
    regions, activities = (tuple(sorted({key[at] for key in amount})) for at in (0, 1))
    row, column = ({name: at for at, name in enumerate(some)} for some in (regions, activities))
    value = np.zeros((len(regions), len(activities)))
    for (region, activity), one in amount.items():
        value[row[region], column[activity]] = one
    return Activities(regions, activities, value), tuple(left_out)


def _wrong(cells: dict[str, str], line: int) -> Finding | None:
    """Return the first thing that is wrong with a row."""
    for name in NEEDED:
        if not cells[name]:
            return Finding(line, name, "cell_empty", f"A row must name its {name}, was ''.")
    if not table.read_number(cells["value"]) >= 0.0:
        told = f"An amount must be a number of 0 or more, was {cells['value']!r}."
        return Finding(line, "value", "value_unreadable", told, cells["value"])
    return None
