"""A table as every page shows it: a caption, heads with their units, rows of cells."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.interfaces.report.numbers import NOTHING


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    title: str
    unit: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text leads to ``href``, ``note`` stands under it; ``bar`` is the share of a bar, 0 to 1.

    The ``tone`` of a bar, or of a cell without one, names its colour in the style sheet. ``value`` is the number that
    the text writes, for spreadsheets.
    """

    text: str
    bar: float | None = None
    note: str = ""
    href: str = ""
    tone: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row; the first cell names it. A row that ``is_apart`` begins another part of the table."""

    cells: tuple[Cell, ...]
    is_own: bool = False
    is_apart: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it holds, heads, rows, and what an empty one says."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    empty: str = NOTHING

    def __post_init__(self) -> None:
        assert all(len(row.cells) == len(self.heads) for row in self.rows), f"uneven rows in {self.caption}"


def row(*cells: str | Cell, is_own: bool = False, is_apart: bool = False) -> Row:
    """Make a row of texts and cells.

    Examples
    --------
    >>> row("Zhongwei", "12").cells[1].text
    '12'
    """
    return Row(tuple(Cell(cell) if isinstance(cell, str) else cell for cell in cells), is_own, is_apart)
