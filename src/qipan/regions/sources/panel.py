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
from qipan.storage import table

HEADS: Final = {
    "province": "region", "country": "region", "地区": "region", "省份": "region", "省": "region",
    "年份": "year", "数值": "value", "权重": "weight",
}  # fmt: skip
"""Columns by other names that they may have."""
MISSING: Final = frozenset({"", "nan", "na", "n/a", "-", "—", "..."})
POSITIONS_MIN: Final = 4
"""Regions from which names that only count them are taken for positions."""
FIRST_YEAR: Final = 1500
"""Series of economic history begin before any day of the board."""
WHOLES: Final = frozenset({"全国", "全国合计", "中国", "东部地区", "中部地区", "西部地区", "东北地区"})
"""What tables of provinces tell of the nation, and of parts of it, beside them."""
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
        name = text.strip()
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
    ``name_mended``, ``nation_left_out`` are odd.

    Parameters
    ----------
    where
        Only rows that say this, by column.
    without
        Regions that are left out.

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
        found = table.read(data, HEADS)
        head = list(found.head)
        if head and not head[0]:
            head[0] = "year"
        rows: Iterator[_Row]
        if len(head) > 1 and all(read_year(one) for one in head[1:]) and not read_year(head[0]):
            rows = _by_region(head, found, kept)
        else:
            rows = _long(head, found, kept, where or {}) if "region" in head else _wide(head, found, kept)
        for number, region, year, value, weight in rows:
            _take(kept, names, leave, (number, region, year, value, weight))
    except table.UnreadableError as error:
        return None, (*kept.left_out, table.unreadable(error)), ()
    if only_counted({region for region, _ in kept.value}):
        return None, (*kept.left_out, by_position()), tuple(kept.noted)
    _set_aside(kept, names)
    if not kept.value:
        return None, tuple(kept.left_out), tuple(kept.noted)
    return _panel(kept, names), tuple(kept.left_out), tuple(kept.noted)


_Row = tuple[int, str, str, str, str]


def _long(head: Sequence[str], found: table.Table, kept: _Read, where: Mapping[str, str]) -> Iterator[_Row]:
    if not {"region", "year", "value"} <= set(head) or len(set(head)) < len(head) or set(where) - set(head):
        asked = "".join(f", {one}" for one in sorted(where))
        told = (
            f"A panel must have the columns region, year, value{asked}, each once, or year and a column for each "
            f"region; was {', '.join(head)}."
        )
        kept.left_out.append(Finding(0, "", "columns_differ", told))
        return
    others = [name for name in head if name not in {"region", "year", "value", "weight"}]
    for line in found.lines:
        if line.cells is None:
            kept.left_out.append(_torn(line.number, len(head)))
            continue
        cells = dict(zip(head, (text.strip() for text in line.cells.values()), strict=True))
        if any(cells[name] != wanted for name, wanted in where.items()):
            continue
        for name in others:
            kept.groups[name][cells["region"]].add(cells[name])
        yield line.number, cells["region"], cells["year"], cells["value"], cells.get("weight", "1")


def _wide(head: Sequence[str], found: table.Table, kept: _Read) -> Iterator[_Row]:
    if "year" not in head or len(head) < 2 or len(set(head)) < len(head):
        told = (
            "A panel must have the columns region, year, value, each once, or year and a column for each region; "
            f"was {', '.join(head)}."
        )
        kept.left_out.append(Finding(0, "", "columns_differ", told))
        return
    for line in found.lines:
        if line.cells is None:
            kept.left_out.append(_torn(line.number, len(head)))
            continue
        cells = dict(zip(head, line.cells.values(), strict=True))
        for region in head:
            if region != "year":
                yield line.number, region, cells["year"], cells[region], "1"


def _by_region(head: Sequence[str], found: table.Table, kept: _Read) -> Iterator[_Row]:
    for line in found.lines:
        if line.cells is None or len(set(head)) < len(head):
            kept.left_out.append(_torn(line.number, len(head)))
            continue
        region, *cells = line.cells.values()
        for year, cell in zip(head[1:], cells, strict=True):
            yield line.number, region.strip(), year, cell, "1"


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


def read_number(text: str) -> float:
    """Return a number, nan where it is none; thousands may be set apart by commas."""
    try:
        value = float(text.strip().replace(",", ""))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
