"""Read figures of activities or regions in columns: one names each row, the others are numbers of 0 or more."""

from __future__ import annotations

import math
from collections.abc import Callable

from qipan.kernel.errors import Finding
from qipan.regions.model.columns import Columns
from qipan.regions.sources.activities import ALSO
from qipan.storage import table


def read(data: bytes, key: str, read_name: Callable[[str], str] = str) -> tuple[Columns, tuple[Finding, ...]]:
    r"""Return figures, and what is wrong with rows that are left out.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn``, ``cell_empty``, ``value_unreadable``,
    ``value_repeated`` for a row.

    Parameters
    ----------
    key
        Column that names each row: ``activity`` or ``region``; where it is not there, the only one that is another
        word for it. All other columns keep their names.

    Raises
    ------
    BadInputError
        ``file_torn``.

    Examples
    --------
    >>> found, wrong = read(b"segment,demand,power\nchips,2,\nfarming,1,0.5\n", "activity")
    >>> found.names, found.figures["farming"], wrong
    (('demand', 'power'), {'demand': 1.0, 'power': 0.5}, ())
    """
    left_out: list[Finding] = []
    figures: dict[str, dict[str, float]] = {}
    names: tuple[str, ...] = ()
    try:
        found = table.read(data)
        head = _named(found.head, key)
        names = tuple(name for name in head if name != key)
        if key not in head or not names or len(set(head)) < len(head):
            told = f"A table must have {key} and figures beside it, each column once, was {', '.join(found.head)}."
            return Columns((), {}), (Finding(0, "", "columns_differ", told),)
        for line in found.lines:
            if line.cells is None:
                told = f"A row must have {len(found.head)} cells, had more or fewer."
                left_out.append(Finding(line.number, "", "row_torn", told))
                continue
            cells = {name: text.strip() for name, text in zip(head, line.cells.values(), strict=True)}
            name = read_name(cells.pop(key))
            wrong = _wrong(name, key, cells, figures, line.number)
            if wrong:
                left_out.append(wrong)
            else:
                figures[name] = {column: float(text) for column, text in cells.items() if text}
    except table.UnreadableError as error:
        return Columns(names, figures), (*left_out, table.unreadable(error, is_whole=True))
    return Columns(names, figures), tuple(left_out)


def _named(head: tuple[str, ...], key: str) -> tuple[str, ...]:
    if key in head:
        return head
    also = [name for name in head if ALSO.get(name.casefold()) == key]
    return tuple(key if [name] == also else name for name in head)


def _wrong(
    name: str, key: str, cells: dict[str, str], figures: dict[str, dict[str, float]], line: int
) -> Finding | None:
    if not name:
        return Finding(line, key, "cell_empty", f"A row must name its {key}, was ''.")
    if name in figures:
        return Finding(line, key, "value_repeated", f"Figures must be told once, {name} has them twice.", name)
    for column, text in cells.items():
        try:
            value = float(text or 0)
        except ValueError:
            value = math.nan
        if not 0.0 <= value < math.inf:
            told = f"A figure must be a number of 0 or more, was {text!r}."
            return Finding(line, column, "value_unreadable", told, text)
    return None
