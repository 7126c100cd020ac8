"""Backbone links: a table of which join what, how much each carries, and how long they are."""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Link
from qipan.dispatch.sources.cells import Quarantine, is_empty, numbers, texts
from qipan.dispatch.sources.forms import LINKS
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import BadInputError, Finding

OPTIONAL: Final = ("km",)


def read(data: bytes) -> tuple[Link, ...]:
    r"""Read a table of links, CSV or Parquet, with its columns in any order.

    A link carries ``gb_per_h`` in each direction, as much as it likes where the cell is empty. ``from`` and ``to`` name
    origins, sites, codes of regions, or exchange points. ``km`` is 1 where it is left out.

    Raises
    ------
    BadInputError
        As `table.read_table`; ``links_unreadable`` with findings: ``row_width``, ``column_unknown``, ``name_missing``,
        ``link_repeated``, ``ends_alike``, ``number_malformed``.

    Examples
    --------
    >>> read(b"link,from,to,gb_per_h,km\nwest-east,640000,310000,900,1700\n")[0].gb_per_h
    900.0
    """
    table = read_table(data, needed=LINKS.needed, optional=OPTIONAL)
    rows = Quarantine(table)
    rows.refuse_unknown_columns((*LINKS.needed, *OPTIONAL))
    for column in ("link", "from", "to"):
        rows.refuse(is_empty(table.cells(column)), Finding(0, column, "name_missing", f"{column} must be a name"))
    words = {column: texts(table.cells(column)) for column in ("link", "from", "to")}
    alike = np.asarray((words["from"] == words["to"]) & (words["to"] != ""), dtype=bool)
    rows.refuse(alike, Finding(0, "to", "ends_alike", "to must be another place than from"))
    gb_per_h, km = (_number(rows, column) for column in ("gb_per_h", "km"))
    repeated = rows.repeated("link", among=~is_empty(table.cells("link")))
    rows.refuse(repeated, Finding(0, "link", "link_repeated", "A link must have one row in the file"))
    if rows.findings:
        raise BadInputError(
            f"Every row of a table of links must be sound, was wrong in {len(rows.findings)} places.",
            code="links_unreadable",
            hint=f"Give a table with the columns {', '.join(LINKS.needed)}, and km if you like; see docs/links.md.",
            findings=rows.findings,
        )
    return tuple(
        Link(
            words["link"][row],
            words["from"][row],
            words["to"][row],
            None if np.isnan(gb_per_h[row]) else float(gb_per_h[row]),
            1.0 if np.isnan(km[row]) else float(km[row]),
        )
        for row in range(len(table))
    )


def _number(rows: Quarantine, column: str) -> Floats:
    """Read a column of optional numbers, ``(rows,)``; ``nan`` where empty or refused."""
    values, unreadable = numbers(rows.table.cells(column))
    malformed = Finding(0, column, "number_malformed", f"{column} must be a number, at least 0")
    rows.refuse(unreadable | (values < 0), malformed)
    return values
