"""Read a delivery of a feed: rows of a panel, held against the agreement; what lies outside of it is refused.

A finding never tells what a refused cell held where the agreement does not allow the column, or the cell is small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.feed import ALWAYS, BACKDATED, COUNTS, PARTS, Admitted, Feed, Figure, OnHand, Purpose
from qipan.labour.model.panel import Cell
from qipan.labour.sources import panel
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

PURPOSES_ZH: Final = {"预警": Purpose.WARNING, "回测": Purpose.BACKTEST}
PART_SIGNS_MOST: Final = 48
"""Three parts, a feed and a purpose are the name of a series, which has 200 signs at most."""


def read(data: bytes, feed: Feed, *, received: date, released: date, held: OnHand) -> Admitted:
    r"""Return the rows that the agreement lets in.

    Rules: those of `qipan.labour.sources.panel.read` for a row; ``agreement_over``, ``agreement_ahead`` where the
    agreement is not in force; ``column_unagreed``, ``purpose_differs``, ``level_differs``, ``part_unfit``,
    ``release_ahead``, ``cell_small``.

    What was known on a day does not change later: a row that claims to be released by the day on which an earlier
    delivery had come counts as released on the day on which it comes itself, with the finding ``release_backdated``.
    Where the delivery has a later release of the same value, only that counts: ``value_outdated``.

    Parameters
    ----------
    received
        Civil day on which it came.
    released
        Day of release of rows that name none.
    held
        What the feed has already.
    """
    findings: list[Finding] = []
    rows: list[tuple[panel.Row, Purpose | None]] = []
    count = 0
    try:
        found = table.read(data, HEADS_ZH)
        lacking = [name for name in panel.NEEDED if name not in found.head]
        if lacking or len(set(found.head)) < len(found.head):
            told = (
                f"A delivery must have the columns {', '.join(panel.NEEDED)}, each once, was {', '.join(found.head)}."
            )
            return Admitted((), 0, (Finding(0, "", "columns_differ", told),))
        known = panel.Schema(
            received, cadence=feed.cadence, weekday=held.weekday, unit=feed.unit, direction=feed.direction
        )
        for line in found.lines:
            count += 1
            try:
                rows.append(_admitted(line, feed, known, released, len(found.head)))
            except panel.CellError as error:
                is_told = error.column in panel.NEEDED + panel.OPTIONAL and error.rule != "cell_small"
                text = (line.cells or {}).get(error.column, "") if is_told else ""
                was = f", was {text!r}" if text else ""
                findings.append(Finding(line.number, error.column, error.rule, f"{error}{was}.", text))
    except table.UnreadableError as error:
        return Admitted((), count, (*findings, table.unreadable(error)))
    return Admitted(tuple(_figures(rows, findings, received, held)), count, tuple(findings))


def _figures(
    rows: list[tuple[panel.Row, Purpose | None]], findings: list[Finding], received: date, held: OnHand
) -> Iterator[Figure]:
    """Yield what rows tell, released no earlier than nothing later was held; what is odd goes to the findings."""
    last: dict[tuple[Cell, date], panel.Row] = {}
    for row, _ in rows:
        last[row.cell, row.start] = max(last.get((row.cell, row.start), row), row, key=lambda one: one.released)
    for row, purpose in rows:
        is_early = held.received is not None and row.released <= held.received
        later, text = last[row.cell, row.start], row.released.isoformat()
        if is_early and later is not row:
            told = f"A release must be the last of its value up to {held.received}; line {later.line} has a later one"
            findings.append(Finding(row.line, "released", "value_outdated", f"{told}, was {text!r}.", text))
            continue
        if is_early:
            told = f"A release must be after {held.received}, when a delivery had come; it counts from {received}"
            findings.append(Finding(row.line, "released", BACKDATED, f"{told}, was {text!r}.", text))
        yield Figure(row.cell, row.start, row.value, received if is_early else row.released, purpose)


def _admitted(
    line: table.Line, feed: Feed, known: panel.Schema, released: date, wide: int
) -> tuple[panel.Row, Purpose | None]:
    """Return a row that is let in, and the only use that it allows; raises `panel.CellError`."""
    if line.cells is None:
        raise panel.CellError("", "row_torn", f"A row must have {wide} cells, had more or fewer")
    cells = {name: text.strip() for name, text in line.cells.items()}
    _hold_to_agreement(cells, feed, known.today)
    filled = {"unit": feed.unit, "direction": feed.direction, "released": released.isoformat()}
    row = panel.read_row(line.number, {**cells, **{n: cells.get(n) or text for n, text in filled.items()}}, known)
    parts = {name: cells.get(name, "") for name in PARTS}
    if {name for name, text in parts.items() if text} != set(feed.by):
        raise panel.CellError("region", "level_differs", f"A row must fill {', '.join(feed.by)}, and no other part")
    for name, text in parts.items():
        if len(text) > PART_SIGNS_MOST or "/" in text:
            raise panel.CellError(
                name, "part_unfit", f"A part of a cell must have {PART_SIGNS_MOST} signs at most, no /"
            )
    if row.released > known.today:
        raise panel.CellError("released", "release_ahead", f"What is delivered must be released by {known.today}")
    if row.released >= feed.sharing.until:
        raise panel.CellError("released", "agreement_over", _over(feed))
    if _is_small(row, cells, feed):
        least = feed.sharing.least_shown
        raise panel.CellError("value", "cell_small", f"At least {least} people must stand behind a figure")
    purpose = cells.get("purpose", "")
    return row, Purpose(PURPOSES_ZH.get(purpose, purpose)) if purpose else None


def _hold_to_agreement(cells: Mapping[str, str], feed: Feed, received: date) -> None:
    if received >= feed.over:
        raise panel.CellError("", "agreement_over", _over(feed))
    if received < feed.sharing.since:
        raise panel.CellError("", "agreement_ahead", f"The agreement must be in force, begins on {feed.sharing.since}")
    strange = next(_strange(cells, feed), None)
    if strange is not None:
        raise panel.CellError(strange, "column_unagreed", f"The agreement must allow the column {strange}, does not")
    purpose = cells.get("purpose", "")
    if purpose and PURPOSES_ZH.get(purpose, purpose) not in feed.sharing.purposes:
        must = f"The purpose must be agreed, as {', '.join(sorted(feed.sharing.purposes))}"
        raise panel.CellError("purpose", "purpose_differs", must)


def _strange(cells: Mapping[str, str], feed: Feed) -> Iterator[str]:
    """Yield columns that are filled and that the agreement does not allow."""
    return (name for name, text in cells.items() if text and name not in ALWAYS and name not in feed.sharing.columns)


def _is_small(row: panel.Row, cells: Mapping[str, str], feed: Feed) -> bool:
    """Tell whether so few people stand behind a figure that it may not be shown; none at all are not few."""
    text = cells.get("persons", "")
    try:
        persons = float(text) if text else row.value * COUNTS[feed.unit] if feed.unit in COUNTS else None
    except ValueError as error:
        raise panel.CellError("persons", "value_unreadable", "A value must be a number") from error
    if persons is not None and not 0.0 <= persons < math.inf:
        raise panel.CellError("persons", "value_unreadable", "A value must be a number")
    return persons is not None and 0.0 < persons < feed.sharing.least_shown


def _over(feed: Feed) -> str:
    return f"A delivery must come before agreement and feed end on {feed.over}"
