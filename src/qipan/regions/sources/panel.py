"""Read a panel of regions from a table, long or wide.

Long: columns ``region, year, value`` must be there, ``weight`` may be; of the others those that say one thing of each
region are partitions. Wide: a column ``year``, or the first one where it has no name, and a column for each region; or
a column of regions and one for each year. A province may be named by adcode or by any of its names; other names stay as
they are.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.kernel.time import LAST_YEAR
from qipan.regions.model.panel import Panel
from qipan.regions.sources.heads import REGION, VALUE, WEIGHT, YEAR, key_place, place
from qipan.storage import table
from qipan.storage.table import read_number

NAMES: Final = (*REGION, "code")
"""Columns that may name the regions."""
HEADS: Final = {
    **dict.fromkeys(NAMES, "region"), **dict.fromkeys(YEAR, "year"), **dict.fromkeys(VALUE, "value"),
    **dict.fromkeys(WEIGHT, "weight"),
}  # fmt: skip
"""Columns by other names that they may have, in small letters."""
MISSING: Final = frozenset({"", "nan", "na", "n/a", "-", "—", "..."})
POSITIONS_MIN: Final = 4
"""Regions from which names that only count them are taken for positions."""
FIRST_YEAR: Final = 1500
"""Series of economic history begin before any day of the board."""
WHOLES: Final = frozenset({"全国", "全国合计", "中国", "东部地区", "中部地区", "西部地区", "东北地区"})
"""What tables of provinces tell of the nation, and of parts of it, beside them."""
_DECIMAL: Final = re.compile(r"(\d+)\.0*")
_YEAR: Final = re.compile(r"(\d{4})(\.0*)?(-01-01)?(年)?")


@dataclass(frozen=True, slots=True)
class Names:
    """What provinces are called, and which letters scanners mistake.

    Attributes
    ----------
    codes
        Adcode by every name of a province, in small letters.
    mistaken
        What a letter stands for that scanners put in its place.
    """

    codes: Mapping[str, str] = field(default_factory=dict)
    mistaken: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> tuple[str, bool]:
        """Return the code of a province, or the name as it is; and whether it had to be mended."""
        name = _DECIMAL.sub(r"\1", text.strip()) if _DECIMAL.fullmatch(text.strip()) else text.strip()
        if name.casefold() in self.codes:
            return self.codes[name.casefold()], False
        mended = self._mend(name)
        if mended.casefold() in self.codes:
            return self.codes[mended.casefold()], True
        return name, False

    def is_whole(self, text: str) -> bool:
        """Say whether a name is that of the nation or of a part of it, also where a scanner damaged it."""
        return text.strip() in WHOLES or self._mend(text.strip()) in WHOLES

    def _mend(self, name: str) -> str:
        return "".join(self.mistaken.get(letter, letter) for letter in name)


@dataclass(slots=True)
class _Read:
    """What has been read so far."""

    value: dict[tuple[str, int], float] = field(default_factory=dict)
    weight: dict[tuple[str, int], float] = field(default_factory=dict)
    line: dict[tuple[str, int], int] = field(default_factory=dict)
    groups: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    left_out: list[Finding] = field(default_factory=list)
    noted: list[Finding] = field(default_factory=list)


def read(
    data: bytes, names: Names, *, where: Mapping[str, str] | None = None, without: Sequence[str] = ()
) -> tuple[Panel | None, tuple[Finding, ...], tuple[Finding, ...]]:
    r"""Return a panel, what is wrong with rows that are left out, and what is odd about others; none without a row.

    Rules: ``file_unreadable``, ``columns_differ``, ``joined_by_position`` for the file; ``row_torn``,
    ``year_unreadable``, ``value_unreadable``, ``value_repeated``, ``region_unknown`` for rows that are left out;
    ``name_mended``, ``nation_left_out``, ``weight_not_positive`` are odd.

    Parameters
    ----------
    where
        Only rows that say this, by column.
    without
        Regions that are left out.

    Raises
    ------
    BadInputError
        ``file_torn``.

    Examples
    --------
    >>> found, _, _ = read(b"region,year,value\na,2000,1\nb,2000,3\n", Names())
    >>> found.regions, found.years, found.value.tolist()
    (('a', 'b'), (2000,), [[1.0, 3.0]])
    >>> read(b"year,a,b\n2000,1,3\n", Names())[0].value.tolist()
    [[1.0, 3.0]]
    """
    kept = _Read()
    leave = {names.read(one)[0] for one in without}
    try:
        head, lines = _read_lines(data)
        rows: Iterator[_Row]
        if len(set(head)) < len(head):
            kept.left_out.append(_differs(head, ()))
            rows = iter(())
        elif len(head) > 1 and all(read_year(one) for one in head[1:]) and not read_year(head[0]):
            rows = _by_region(head, lines, kept)
        elif place(head, NAMES) is not None:
            rows = _long(head, lines, kept, where or {})
        else:
            rows = _wide(head, lines, kept)
        for number, region, year, value, weight in rows:
            _take(kept, names, leave, (number, region, year, value, weight))
    except table.UnreadableError as error:
        return None, (*kept.left_out, table.unreadable(error, is_whole=True)), ()
    if only_counted({region for region, _ in kept.value}):
        return None, (*kept.left_out, by_position()), tuple(kept.noted)
    _set_aside(kept, names)
    kept.left_out.sort(key=lambda one: one.row)
    if not kept.value:
        return None, tuple(kept.left_out), tuple(kept.noted)
    return _panel(kept, names), tuple(kept.left_out), tuple(kept.noted)


_Row = tuple[int, str, str, str, str]
_Lines = list[tuple[int, list[str]]]


def _read_lines(data: bytes) -> tuple[list[str], list[tuple[int, list[str] | None]]]:
    """Return heads and rows; a first column without a name is that of years, or only counts rows, as R writes it."""
    found = table.read(data)
    head = list(found.head)
    lines = [
        (line.number, None if line.cells is None else [text.strip() for text in line.cells.values()])
        for line in found.lines
    ]
    if head and not head[0]:
        if place(head, (*NAMES, *YEAR)) is None:
            head[0] = "year"
        else:
            return head[1:], [(number, cells and cells[1:]) for number, cells in lines]
    return head, lines


def _whole(head: Sequence[str], lines: Sequence[tuple[int, list[str] | None]], kept: _Read) -> _Lines:
    """Return rows that have each cell, and tell of the others."""
    kept.left_out += [_torn(number, len(head)) for number, cells in lines if cells is None]
    return [(number, cells) for number, cells in lines if cells is not None]


def _differs(head: Sequence[str], asked: Collection[str]) -> Finding:
    also = "".join(f", {one}" for one in sorted(asked))
    told = (
        f"A panel must have the columns region, year, value{also}, each once, or year and a column for each "
        f"region; was {', '.join(head)}."
    )
    return Finding(0, "", "columns_differ", told)


def _long(
    head: Sequence[str], lines: Sequence[tuple[int, list[str] | None]], kept: _Read, where: Mapping[str, str]
) -> Iterator[_Row]:
    year, value, weight = (place(head, one) for one in (YEAR, VALUE, WEIGHT))
    of = {name: head.index(name) if name in head else place(head, _names(name)) for name in where}
    if year is None or value is None or None in of.values():
        kept.left_out.append(_differs(head, where))
        return
    rows = [
        (number, cells)
        for number, cells in _whole(head, lines, kept)
        if all(cells[at] == where[name] for name, at in of.items() if at is not None)
    ]
    region = key_place(head, [cells for _, cells in rows], [year], NAMES)
    others = [at for at in range(len(head)) if at not in {region, year, value, weight}]
    for number, cells in rows:
        named = cells[region or 0]
        for at in others:
            kept.groups[head[at]][named].add(cells[at])
        yield number, named, cells[year], cells[value], "1" if weight is None else cells[weight]


def _names(name: str) -> list[str]:
    """Return what a column that is asked for may be called."""
    return [name.casefold(), *(one for one, role in HEADS.items() if role == name.casefold())]


def _wide(head: Sequence[str], lines: Sequence[tuple[int, list[str] | None]], kept: _Read) -> Iterator[_Row]:
    year = place(head, YEAR)
    if year is None or len(head) < 2:
        kept.left_out.append(_differs(head, ()))
        return
    rows = _whole(head, lines, kept)
    told_of = [read_year(cells[year]) for _, cells in rows]
    known = [one for one in told_of if one]
    if place(head, VALUE) is not None or len(set(known)) < len(known):
        told = (
            "A panel with a column for each region must have one row a year and no column value, else a column region "
            f"too; was {', '.join(head)}."
        )
        kept.left_out.append(Finding(0, "", "columns_differ", told))
        return
    for number, cells in rows:
        for at, region in enumerate(head):
            if at != year:
                yield number, region, cells[year], cells[at], "1"


def _by_region(head: Sequence[str], lines: Sequence[tuple[int, list[str] | None]], kept: _Read) -> Iterator[_Row]:
    for number, (region, *cells) in _whole(head, lines, kept):
        for year, cell in zip(head[1:], cells, strict=True):
            yield number, region, year, cell, "1"


def _take(kept: _Read, names: Names, leave: set[str], row: _Row) -> None:
    """Keep one figure, or say why not."""
    number, region, year, value, weight = row
    if names.is_whole(region):
        if not any(one.rule == "nation_left_out" and one.value == region for one in kept.noted):
            told = f"Rows must be of regions, those of {region} are left out."
            kept.noted.append(Finding(number, "region", "nation_left_out", told, region))
        return
    code, is_mended = names.read(region)
    if code in leave:
        return
    if is_mended and not any(one.value == region for one in kept.noted):
        told = f"A province must be named as it is, was {region}; it is read as {code}."
        kept.noted.append(Finding(number, "region", "name_mended", told, region))
    asked = read_year(year)
    if asked is None:
        kept.left_out.append(odd_year(number, year))
        return
    if value.strip().casefold() in MISSING:
        return
    figure, heavy = read_number(value), read_number(weight)
    if math.isnan(figure) or math.isnan(heavy):
        which, wrong = ("value", value) if math.isnan(figure) else ("weight", weight)
        told = f"A figure must be a number, was {wrong!r}."
        kept.left_out.append(Finding(number, which, "value_unreadable", told, wrong))
        return
    key = code, asked
    if key in kept.value:
        told = f"A region must have one figure a year, line {kept.line[key]} has that of {code} in {key[1]}."
        kept.left_out.append(Finding(number, "value", "value_repeated", told, value))
        return
    if heavy <= 0.0:
        told = f"A weight must be above 0 to count, was {weight}: {code} has no part in measures of {asked}."
        kept.noted.append(Finding(number, "weight", "weight_not_positive", told, weight))
    kept.value[key], kept.weight[key], kept.line[key] = figure, heavy, number


def _set_aside(kept: _Read, names: Names) -> None:
    """Leave out regions that are no provinces where most are, with their rows: they are damaged, or something else."""
    regions, provinces = {region for region, _ in kept.value}, set(names.codes.values())
    if 2 * len(regions & provinces) <= len(regions):
        return
    for key in [key for key in kept.value if key[0] not in provinces]:
        told = f"A region must be a province as the others are, was {key[0]!r}."
        kept.left_out.append(Finding(kept.line[key], "region", "region_unknown", told, key[0]))
        del kept.value[key], kept.weight[key]


def _panel(kept: _Read, names: Names) -> Panel:
    regions = tuple(sorted({region for region, _ in kept.value}))
    years = tuple(sorted({year for _, year in kept.value}))
    column = {region: at for at, region in enumerate(regions)}
    row = {year: at for at, year in enumerate(years)}
    value = np.full((len(years), len(regions)), np.nan)
    weight = value.copy()
    for (region, year), figure in kept.value.items():
        value[row[year], column[region]] = figure
        weight[row[year], column[region]] = kept.weight[region, year]
    groups: dict[str, tuple[str, ...]] = {}
    for name, told in kept.groups.items():
        said: dict[str, set[str]] = defaultdict(set)
        for region, some in told.items():
            said[names.read(region)[0]] |= some
        if all(len(said[region]) == 1 for region in regions):
            groups[name] = tuple(next(iter(said[region])) for region in regions)
    return Panel(regions, years, value, weight, groups)


def _torn(number: int, count: int) -> Finding:
    return Finding(number, "", "row_torn", f"A row must have {count} cells, had more or fewer.")


def only_counted(regions: Collection[str]) -> bool:
    """Say whether names of regions only count them, as the rows of a table do.

    Examples
    --------
    >>> only_counted({"0", "1", "2", "3"}), only_counted({"110000", "120000", "130000", "140000"})
    (True, False)
    """
    count = len(regions)
    return count >= POSITIONS_MIN and any({str(at + by) for at in range(count)} == set(regions) for by in (0, 1))


def by_position() -> Finding:
    """Return the finding of a table whose regions are only counted."""
    told = "Codes of regions must name them, they only count the rows: rows are never joined by position."
    return Finding(0, "region", "joined_by_position", told)


def read_year(text: str) -> int | None:
    """Return a year, none where it is none."""
    found = _YEAR.fullmatch(text.strip())
    return int(found[1]) if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR else None


def odd_year(number: int, text: str) -> Finding:
    """Return the finding of a year that cannot be read."""
    told = f"A year must be from {FIRST_YEAR} to {LAST_YEAR}, was {text!r}."
    return Finding(number, "year", "year_unreadable", told, text)
