"""Read facts from text: one fact a row, one thing a row, and a user's file that replaces some."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence

from qipan.facts.model import NONE, Fact, Source, Status, Unit
from qipan.kernel.errors import BadInputError, Finding

Row = dict[str, str]

OWN_FILE = "own_file"
"""Key of the source that stands for a user's file."""

FACT_COLUMNS = ("fact_id", "bound", "value", "unit", "as_of", "status", "source", "label_en", "label_zh", "note")
COLUMN_COLUMNS = ("column", "unit", "as_of", "status", "source", "label_en", "label_zh", "note")
CELL_COLUMNS = ("key", "column", "as_of", "status", "source", "note")
SOURCE_COLUMNS = ("key", "title", "issuer", "date")
UNIT_COLUMNS = ("unit", "kind", "least", "most", "label_en", "label_zh")
OVERRIDE_COLUMNS = ("fact_id", "value")
OVERRIDE_EXTRAS = ("unit", "as_of", "status", "source", "note")

_FACT_ID = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)+")
_AS_OF = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_BOUNDS = ("", ">", "<", ">=", "<=")


def rows(text: str, *, where: str, required: Sequence[str], extras: Sequence[str] = ()) -> tuple[Row, ...]:
    r"""Return the rows of a CSV text as mappings; columns in ``extras`` may be missing and are then empty.

    Raises
    ------
    BadInputError
        ``facts_unreadable`` when the text has no header, a column is missing, unknown or repeated, or a row has
        another number of cells than the header; each with a finding.

    Examples
    --------
    >>> rows("fact_id,value\na/b,1\n", where="mine.csv", required=("fact_id", "value"))
    ({'fact_id': 'a/b', 'value': '1'},)
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
    except csv.Error as error:
        raise _unreadable([Finding(0, "", "csv_broken", f"The file must be CSV, but {error}.")], where) from error
    header = [cell.strip() for cell in lines[0]] if lines else []
    found = [
        Finding(0, name, "column_missing", f"The column {name} must be there.")
        for name in required
        if name not in header
    ]
    found += [
        Finding(0, name, "column_unknown", f"A column must be one of {', '.join((*required, *extras))}.", name)
        for name in header
        if name not in (*required, *extras)
    ]
    if len(set(header)) < len(header):
        found.append(Finding(0, "", "column_repeated", "A column must stand once in the header."))
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            message = f"A row must have {len(header)} cells, was {len(line)}."
            found.append(Finding(number, "", "row_width", message, ",".join(line)))
    if found:
        raise _unreadable(found, where)
    missing = dict.fromkeys(extras, "")
    return tuple(missing | dict(zip(header, map(str.strip, line), strict=True)) for line in lines[1:])


def read_sources(text: str, *, where: str) -> dict[str, Source]:
    """Return the sources of a CSV text by key.

    Raises
    ------
    BadInputError
        ``facts_unreadable`` as for `rows`.
    """
    return {row["key"]: Source(**row) for row in rows(text, where=where, required=SOURCE_COLUMNS)}


def read_units(text: str, *, where: str) -> dict[str, Unit]:
    """Return the units of a CSV text by key; an empty end of the range is unbounded.

    Raises
    ------
    BadInputError
        ``facts_unreadable`` as for `rows`.
    """
    return {
        row["unit"]: Unit(
            key=row["unit"],
            is_number=row["kind"] == "number",
            least=float(row["least"] or -math.inf),
            most=float(row["most"] or math.inf),
            label_en=row["label_en"],
            label_zh=row["label_zh"],
        )
        for row in rows(text, where=where, required=UNIT_COLUMNS)
    }


def read_facts(text: str, *, where: str, units: Mapping[str, Unit], sources: Mapping[str, Source]) -> tuple[Fact, ...]:
    """Return the facts of a CSV text that holds one fact a row.

    Raises
    ------
    BadInputError
        ``facts_unreadable`` with one finding for each row and rule that is broken.
    """
    numbered = list(enumerate(rows(text, where=where, required=FACT_COLUMNS), start=2))
    return _facts(numbered, where=where, units=units, sources=sources)


def melt(
    subject: str,
    table: str,
    *,
    columns: str,
    cells: str,
    where: str,
    units: Mapping[str, Unit],
    sources: Mapping[str, Source],
) -> tuple[Fact, ...]:
    """Return a fact ``subject/key/column`` for each filled cell of a table that holds one thing a row.

    Parameters
    ----------
    table
        CSV text; its first column is the key, the others are those that ``columns`` describes.
    columns
        CSV text: unit, date, status, source and labels of each column.
    cells
        CSV text: cells that differ from their column in date, status, source or note.

    Raises
    ------
    BadInputError
        ``facts_unreadable`` with one finding for each cell and rule that is broken.
    """
    described = {row["column"]: row for row in rows(columns, where=where, required=COLUMN_COLUMNS)}
    differing = {(row["key"], row["column"]): row for row in rows(cells, where=where, required=CELL_COLUMNS)}
    key_name = table.split(",", 1)[0].strip()
    melted: list[tuple[int, Row]] = []
    used: set[tuple[str, str]] = set()
    for number, thing in enumerate(rows(table, where=where, required=(key_name, *described)), start=2):
        key = thing[key_name]
        for column, meaning in described.items():
            used.add((key, column))
            if not thing[column]:
                continue
            cell = {name: text for name, text in meaning.items() if name != "column"}
            cell |= {
                name: text for name, text in differing.get((key, column), {}).items() if name not in ("key", "column")
            }
            cell |= {
                "fact_id": f"{subject}/{key}/{column}",
                "value": thing[column],
                "bound": "",
                "label_en": f"{thing.get('name_en', key)}: {meaning['label_en']}",
                "label_zh": f"{thing.get('name_zh', key)}: {meaning['label_zh']}",
            }
            melted.append((number, cell))
    stray = sorted(set(differing) - used)
    if stray:
        found = [Finding(0, column, "cell_unknown", "A cell must exist.", key) for key, column in stray]
        raise _unreadable(found, where)
    return _facts(melted, where=where, units=units, sources=sources)


def override(
    text: str, *, where: str, facts: Mapping[str, Fact], units: Mapping[str, Unit], sources: Mapping[str, Source]
) -> tuple[Fact, ...]:
    """Return the facts that a user's file replaces; nothing is returned unless every row is good.

    The file has the columns ``fact_id`` and ``value``; ``unit``, ``as_of``, ``status``, ``source`` and ``note`` may
    follow. A unit, where given, must be that of the shipped fact. Where nothing else is said the date stays, the
    status is ``assumed`` and the source is the user's file.

    Raises
    ------
    BadInputError
        ``facts_unreadable`` with one finding for each row and rule that is broken.
    """
    found: list[Finding] = []
    merged: list[tuple[int, Row]] = []
    seen: set[str] = set()
    given = rows(text, where=where, required=OVERRIDE_COLUMNS, extras=OVERRIDE_EXTRAS)
    for number, row in enumerate(given, start=2):
        fact_id = row["fact_id"]
        shipped = facts.get(fact_id)
        if shipped is None:
            found.append(Finding(number, "fact_id", "fact_unknown", "A fact must be one of the shipped ones.", fact_id))
            continue
        if fact_id in seen:
            found.append(Finding(number, "fact_id", "fact_repeated", "A fact must stand once in the file.", fact_id))
        if row["unit"] not in ("", shipped.unit):
            message = f"The unit of {fact_id} must be {shipped.unit}, was {row['unit']}."
            found.append(Finding(number, "unit", "unit_differs", message, row["unit"]))
        seen.add(fact_id)
        said = {name: text for name, text in row.items() if text and name != "unit"}
        merged.append((number, row | _kept(shipped) | said))
    return _facts(merged, where=where, units=units, sources=sources, found=found)


def _kept(shipped: Fact) -> Row:
    """Return what a replaced fact keeps or takes where the user's row says nothing."""
    return {
        "bound": "",
        "unit": shipped.unit,
        "as_of": shipped.as_of,
        "status": Status.ASSUMED.value,
        "source": OWN_FILE,
        "label_en": shipped.label_en,
        "label_zh": shipped.label_zh,
    }


def _facts(
    numbered: Sequence[tuple[int, Row]],
    *,
    where: str,
    units: Mapping[str, Unit],
    sources: Mapping[str, Source],
    found: Sequence[Finding] = (),
) -> tuple[Fact, ...]:
    """Return a fact for each numbered row, unless a row is broken here or was ``found`` broken before."""
    here = [
        finding for number, row in numbered for finding in _findings(row, number=number, units=units, sources=sources)
    ]
    if found or here:
        raise _unreadable(sorted((*found, *here), key=lambda finding: finding.row), where)
    return tuple(
        Fact(
            fact_id=row["fact_id"],
            value=_number(row["value"]) if _is_number(row, units) else row["value"],
            unit=row["unit"],
            as_of=row["as_of"],
            status=Status(row["status"]),
            source=row["source"],
            label_en=row["label_en"],
            label_zh=row["label_zh"],
            note=row["note"],
            bound=row["bound"],
        )
        for _, row in numbered
    )


def _findings(row: Row, *, number: int, units: Mapping[str, Unit], sources: Mapping[str, Source]) -> list[Finding]:
    """Say what is wrong with one row that names a value, a unit, a date, a status and a source."""
    found: list[Finding] = []

    def must(is_kept: bool, column: str, rule: str, message: str) -> None:
        if not is_kept:
            found.append(Finding(number, column, rule, f"{message}, was {row[column]!r}.", row[column]))

    names = "subject/whose/quantity in lower case"
    must(_FACT_ID.fullmatch(row["fact_id"]) is not None, "fact_id", "fact_id_form", f"A fact must be named {names}")
    must(bool(row["value"]), "value", "value_missing", "A value must be given")
    must(row["unit"] in units, "unit", "unit_unknown", "A unit must be one of units.csv")
    must(row["bound"] in _BOUNDS, "bound", "bound_unknown", "A bound must be >, <, >=, <= or empty")
    must(
        _AS_OF.fullmatch(row["as_of"]) is not None, "as_of", "as_of_form", "A date must be YYYY, YYYY-MM or YYYY-MM-DD"
    )
    must(row["status"] in set(Status), "status", "status_unknown", f"A status must be one of {', '.join(Status)}")
    must(row["source"] in sources, "source", "source_unknown", "A source must be one of sources.csv")
    if row["value"] and _is_number(row, units):
        value, unit = _number(row["value"]), units[row["unit"]]
        if isinstance(value, float):
            must(
                unit.least <= value <= unit.most,
                "value",
                "value_out_of_range",
                f"A value in {unit.label_en} must lie between {unit.least:g} and {unit.most:g}",
            )
        else:
            must(value == NONE, "value", "value_not_number", f"A value in {unit.label_en} must be a number or none")
    return found


def _is_number(row: Row, units: Mapping[str, Unit]) -> bool:
    return row["unit"] in units and units[row["unit"]].is_number


def _number(text: str) -> float | str:
    """Return a finite number, or the text itself where it is none."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def _unreadable(found: Sequence[Finding], where: str) -> BadInputError:
    first = found[0]
    at = f"row {first.row}" if first.row else "the file"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return BadInputError(
        f"Every row of facts must be good, was {len(found)} broken in {where}: {at}: {first.message}{more}",
        code="facts_unreadable",
        hint="Mend the rows that the findings name; `qipan facts` lists names, units and sources.",
        field=first.column,
        findings=found,
    )
