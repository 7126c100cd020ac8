"""Read a panel from a table: one row for each value that was released.

Columns ``region, period, value`` must be there; ``industry, occupation, unit, direction, source, released`` may be. A
period is a year (``2020``), a quarter (``2020-Q1``), a month (``2020-03``), an ISO week (``2020-W12``), or the day on
which a week begins.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR
from qipan.labour.model.panel import Cadence, Cell, Releases
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

NEEDED: Final = ("region", "period", "value")
OPTIONAL: Final = ("industry", "occupation", "unit", "direction", "source", "released")
DIRECTIONS: Final = {"": "", "rise": "rise", "fall": "fall", "上升": "rise", "下降": "fall"}
"""Which way the values move when jobs are lost, as a panel may say it."""
PERIODS_MOST: Final = 10_000
"""Most periods of a panel: a mistyped century must not ask for all memory."""

_Start = Callable[[re.Match[str]], date]
_FORMS: Final[tuple[tuple[Cadence, re.Pattern[str], _Start], ...]] = (
    (Cadence.YEAR, re.compile(r"(\d{4})"), lambda it: date(int(it[1]), 1, 1)),
    (Cadence.QUARTER, re.compile(r"(\d{4})-?Q([1-4])"), lambda it: date(int(it[1]), 3 * int(it[2]) - 2, 1)),
    (Cadence.MONTH, re.compile(r"(\d{4})-(\d{2})"), lambda it: date(int(it[1]), int(it[2]), 1)),
    (Cadence.WEEK, re.compile(r"(\d{4})-W(\d{2})"), lambda it: date.fromisocalendar(int(it[1]), int(it[2]), 1)),
    (Cadence.WEEK, re.compile(r"\d{4}-\d{2}-\d{2}"), lambda it: date.fromisoformat(it[0])),
)


class CellError(Exception):
    """A cell that cannot be read: its column, the rule, and what must hold."""

    def __init__(self, column: str, rule: str, must: str) -> None:
        super().__init__(must)
        self.column, self.rule = column, rule


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a panel: what was released of a cell for a period, and the line on which it stands."""

    line: int
    cell: Cell
    cadence: Cadence
    start: date
    value: float
    released: date
    unit: str
    direction: str
    source: str


@dataclass(slots=True)
class Schema:
    """What the rows so far have settled for those that follow."""

    today: date
    cadence: Cadence | None = None
    weekday: int | None = None
    unit: str = ""
    direction: str = ""
    seen: dict[tuple[Cell, date, date], int] = field(default_factory=dict)


def read(data: bytes, *, today: date = date.max) -> tuple[Releases | None, tuple[Finding, ...]]:
    r"""Return what was released, and what is wrong with rows that are left out; nothing where no row is good.

    Rules: ``file_unreadable``, ``columns_differ``, ``panel_too_long`` for the file; ``row_torn``, ``cell_empty``,
    ``period_unreadable``, ``value_unreadable``, ``day_unreadable``, ``direction_unreadable``, ``cadence_differs``,
    ``unit_differs``, ``direction_varies``, ``period_ahead`` (released before the period had begun, or begins after
    ``today``), ``value_repeated`` for a row. What is odd about rows that are kept stands with the releases, as
    ``noted``: ``period_missing``, ``region_alone``.

    Examples
    --------
    >>> found, findings = read(b"region,period,value\n440000,2020-01,2.5\n440000,2020-03,2.6\n440000,2020-03,9\n")
    >>> found.latest().values
    array([[2.5, nan, 2.6]])
    >>> [(one.row, one.rule) for one in findings], [(one.row, one.rule) for one in found.noted]
    ([(4, 'value_repeated')], [(3, 'period_missing'), (0, 'region_alone')])
    """
    findings: list[Finding] = []
    try:
        found = table.read(data, HEADS_ZH)
        head = found.head
        if not set(NEEDED) <= set(head) <= {*NEEDED, *OPTIONAL} or len(set(head)) < len(head):
            told = f"A panel must have the columns {', '.join(NEEDED)}, and may have {', '.join(OPTIONAL)}"
            return None, (Finding(0, "", "columns_differ", f"{told}, was {', '.join(head)}."),)
        rows = list(_good(found, findings, today))
    except table.UnreadableError as error:
        return None, (*findings, table.unreadable(error))
    if not rows:
        return None, tuple(findings)
    made = lay_out(rows)
    if made is None:
        told = f"A panel must have at most {PERIODS_MOST} periods from its first to its last, had more."
        return None, (*findings, Finding(0, "period", "panel_too_long", told))
    return made, tuple(findings)


def _good(found: table.Table, findings: list[Finding], today: date) -> Iterator[Row]:
    """Read row after row; what is wrong goes to the findings."""
    known = Schema(today)
    for line in found.lines:
        if line.cells is None:
            told = f"A row must have {len(found.head)} cells, had more or fewer."
            findings.append(Finding(line.number, "", "row_torn", told))
            continue
        try:
            yield read_row(line.number, line.cells, known)
        except CellError as error:
            text = line.cells.get(error.column, "")
            findings.append(Finding(line.number, error.column, error.rule, f"{error}, was {text!r}.", text))


def read_row(line: int, cells: Mapping[str, str], known: Schema) -> Row:
    """Read a row; raises `CellError`."""
    text = {name: cells.get(name, "").strip() for name in (*NEEDED, *OPTIONAL)}
    if not text["region"]:
        raise CellError("region", "cell_empty", "A row must name its region")
    cell = Cell(text["region"], text["industry"], text["occupation"])
    cadence, start = _read_period(text["period"])
    if start > known.today:
        raise CellError("period", "period_ahead", f"A period must have begun by {known.today}")
    value = _read_value(text["value"])
    direction = DIRECTIONS.get(text["direction"])
    if direction is None:
        raise CellError("direction", "direction_unreadable", "A direction must be rise or fall, or empty")
    released = _read_day(text["released"]) if text["released"] else cadence.after(start, 1)
    if released < start:
        raise CellError(
            "released", "period_ahead", f"A value of the period from {start} must be released in it or later"
        )
    row = Row(line, cell, cadence, start, value, released, text["unit"], direction, text["source"])
    _hold_to_first(row, known)
    first = known.seen.setdefault((cell, start, released), line)
    if first != line:
        must = f"A cell must have one value for a period in a release; line {first} has it for {cell}"
        raise CellError("value", "value_repeated", must)
    return row


def _hold_to_first(row: Row, known: Schema) -> None:
    """Refuse a row that differs from the first one in what a panel has once."""
    weekday = row.start.weekday() if row.cadence is Cadence.WEEK else None
    if known.weekday is None and known.cadence is row.cadence:
        known.weekday = weekday
    if known.cadence is None:
        known.cadence, known.weekday, known.unit, known.direction = row.cadence, weekday, row.unit, row.direction
    if (row.cadence, weekday) != (known.cadence, known.weekday):
        must = f"Periods must all be a {known.cadence} long, and weeks begin on one day of the week"
        raise CellError("period", "cadence_differs", must)
    if row.unit != known.unit:
        raise CellError("unit", "unit_differs", f"A panel must have one unit, {known.unit!r} by its first row")
    if row.direction != known.direction:
        must = f"A panel must have one direction, {known.direction!r} by its first row"
        raise CellError("direction", "direction_varies", must)


def _read_period(text: str) -> tuple[Cadence, date]:
    for cadence, form, start in _FORMS:
        found = form.fullmatch(text)
        if not found:
            continue
        try:
            begins = start(found)
        except ValueError:
            break
        if FIRST_YEAR <= begins.year <= LAST_YEAR:
            return cadence, begins
    must = (
        "A period must be a year, quarter, month, ISO week, or the first day of a week, as 2020-03 or 2020-W12, from "
        f"{FIRST_YEAR} to {LAST_YEAR}"
    )
    raise CellError("period", "period_unreadable", must)


def _read_value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CellError("value", "value_unreadable", "A value must be a number")
    return value


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CellError("released", "day_unreadable", "A day must be written as 2020-03-01") from error


def lay_out(rows: list[Row]) -> Releases | None:
    """Return rows as columns over equal periods, or nothing where there would be too many periods."""
    cadence = rows[0].cadence
    first, last = min(row.start for row in rows), max(row.start for row in rows)
    count = cadence.between(first, last) + 1
    if count > PERIODS_MOST:
        return None
    cells = tuple(sorted({row.cell for row in rows}))
    place = {cell: at for at, cell in enumerate(cells)}
    return Releases(
        cells=cells,
        starts=tuple(cadence.after(first, at) for at in range(count)),
        cadence=cadence,
        unit=rows[0].unit,
        cell=np.array([place[row.cell] for row in rows], dtype=np.int64),
        period=np.array([cadence.between(first, row.start) for row in rows], dtype=np.int64),
        value=np.array([row.value for row in rows], dtype=np.float64),
        released=np.array([row.released for row in rows], dtype="datetime64[D]"),
        direction=rows[0].direction,
        sources=tuple(sorted({row.source for row in rows} - {""})),
        noted=(*_gaps(rows, cadence), *_alone(cells)),
    )


def _gaps(rows: Sequence[Row], cadence: Cadence) -> Iterator[Finding]:
    """Yield where a cell lacks periods between its first and its last, at the row that comes after them."""
    ordered = sorted(rows, key=lambda row: (row.cell, row.start, row.released))
    for before, row in pairwise(ordered):
        lacking = cadence.between(before.start, row.start) - 1
        if before.cell == row.cell and lacking > 0:
            since = cadence.after(before.start, 1)
            must = (
                f"A cell must have every {cadence} from its first to its last; {row.cell} lacks {lacking} from {since}"
            )
            yield Finding(row.line, "period", "period_missing", f"{must}, was {str(row.start)!r}.", str(row.start))


def _alone(cells: Sequence[Cell]) -> Iterator[Finding]:
    regions = {cell.region for cell in cells}
    if len(regions) == 1:
        must = "A panel should have several regions, for one alone has nothing to be compared with"
        yield Finding(0, "region", "region_alone", f"{must}, was {cells[0].region!r}.", cells[0].region)


COLUMNS: Final = ("region", "industry", "occupation", "period", "value", "unit", "direction", "source", "released")


def write(rows: Sequence[tuple[str | float, ...]], *, is_parquet: bool) -> bytes:
    r"""Return a panel as a file of this form, from rows that have `COLUMNS`.

    Examples
    --------
    >>> rows = [("440000", "I", "", "2020-01", 2.5, "percent", "rise", "spells", "2020-04-01")]
    >>> write(rows, is_parquet=False).decode()
    'region,industry,occupation,period,value,unit,direction,source,released\n440000,I,,2020-01,2.5,percent,rise,spells,2020-04-01\n'
    """
    out = io.BytesIO()
    if is_parquet:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = [pa.float64() if name == "value" else pa.string() for name in COLUMNS]
        columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
        pq.write_table(pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=COLUMNS), out)
        return out.getvalue()
    text = io.StringIO(newline="")
    made = csv.writer(text, lineterminator="\n")
    made.writerow(COLUMNS)
    made.writerows(rows)
    return text.getvalue().encode()
