"""Read the figures of indicators from a table: long, a row for each region, period and indicator; or wide.

Long: columns ``region, indicator, value``, and ``year``, ``release`` where there are several. Wide: a column with the
code of the region, ``year`` where there are several, and a column for each indicator and denominator of the framework;
columns of words are partitions. Rows are told apart by the code of their region, never by where they stand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding
from qipan.regions.model.array import Floats
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.sources.heads import VALUE, YEAR, key_place, place
from qipan.regions.sources.panel import MISSING, Names, by_position, odd_year, only_counted, read_year
from qipan.storage import table
from qipan.storage.table import read_number

NAME: Final = ("uname", "unitname", "region_name", "name", "地区名称", "名称")
INDICATOR: Final = ("indicator", "icode", "indcode", "指标代码", "code", "item", "指标")
RELEASE: Final = ("release", "released", "发布日", "发布")
NO_YEAR: Final = 0
"""Stands for the period of a table that names none."""


@dataclass(slots=True)
class _Read:
    """What has been read so far; a cell is a region, a year and an indicator."""

    value: dict[tuple[str, int, str], float] = field(default_factory=dict)
    line: dict[tuple[str, int, str], int] = field(default_factory=dict)
    release: dict[tuple[str, int, str], str] = field(default_factory=dict)
    name: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    regions: Counter[str] = field(default_factory=Counter)
    left_out: list[Finding] = field(default_factory=list)
    noted: list[Finding] = field(default_factory=list)


_Row = tuple[int, str, str, str, str, str]
"""Line, region, year, indicator, value, release."""


def read(
    data: bytes, names: Names, framework: Framework
) -> tuple[Indicators | None, tuple[Finding, ...], tuple[Finding, ...]]:
    r"""Return figures, what is wrong with rows that are left out, and what is odd about others; none without a row.

    Rules of the file: ``file_unreadable``, ``region_column_missing``, ``joined_by_position``, ``columns_differ``; of
    rows that are left out: ``row_torn``, ``cell_empty``, ``region_unknown``, ``year_unreadable``, ``value_unreadable``,
    ``value_repeated``, ``release_older``; odd: ``name_mended``, ``nation_left_out``, ``releases_mixed``,
    ``column_unused``, ``indicator_absent``.

    Raises
    ------
    BadInputError
        ``file_torn``.

    Examples
    --------
    >>> from qipan.regions.model.framework import Node, grow
    >>> framework = grow([Node("x", "X", "all"), Node("y", "Y", "all")], [Node("all", "All", "")])
    >>> found, _, _ = read(b"region,x,y\na,1,2\nb,3,NA\n", Names(), framework)
    >>> found.regions, found.value[0].tolist()
    (('a', 'b'), [[1.0, 2.0], [3.0, nan]])
    """
    kept = _Read()
    try:
        found = table.read(data)
        lines = _cells(found, kept) if len(set(found.head)) == len(found.head) else []
        head = [name.casefold() for name in found.head]
        wanted = {one.code for one in framework.indicators} | {one.denominator for one in framework.indicators} - {""}
        value, indicator = _first(head, VALUE), _first(head, INDICATOR)
        within = [at for at in (place(head, one) for one in (YEAR, RELEASE, INDICATOR)) if at is not None]
        key = key_place(head, [cells for _, cells in lines], within)
        region = "" if key is None else head[key]
        is_long = bool(value) and bool(indicator) and indicator != region
        if not region and not is_long:
            region = _first(head, ("code",))
        if len(set(head)) < len(head):
            told = f"A table must have each column once, was {', '.join(found.head)}."
            return None, (Finding(0, "", "columns_differ", told),), ()
        if not region:
            told = (
                "A table must name the region of each row by its code in one column, such as region; had "
                f"{', '.join(found.head) or 'none'}: rows are never joined by position."
            )
            return None, (Finding(0, "region", "region_column_missing", told),), ()
        rows = _long(lines, head, (region, indicator, value), kept) if is_long else _wide(
            lines, found.head, region, wanted, kept
        )  # fmt: skip
        _take(kept, names, list(rows), wanted)
    except table.UnreadableError as error:
        return None, (table.unreadable(error, is_whole=True),), ()
    _note_releases(kept)
    told_of = {code for _, _, code in kept.value}
    if not told_of & {one.code for one in framework.indicators}:
        return None, tuple(kept.left_out), tuple(kept.noted)
    absent = ", ".join(one.code for one in framework.indicators if one.code not in told_of)
    if absent:
        told = f"Indicators of the framework must have figures, some have none and stay missing: {absent}."
        kept.noted.append(Finding(0, "", "indicator_absent", told, absent))
    return _laid_out(kept, framework), tuple(kept.left_out), tuple(kept.noted)


def _first(head: Sequence[str], wanted: Sequence[str]) -> str:
    return next((name for name in wanted if name in head), "")


def _cells(found: table.Table, kept: _Read) -> list[tuple[int, list[str]]]:
    lines = []
    for line in found.lines:
        if line.cells is None:
            told = f"A row must have {len(found.head)} cells, had more or fewer."
            kept.left_out.append(Finding(line.number, "", "row_torn", told))
        else:
            lines.append((line.number, [text.strip() for text in line.cells.values()]))
    return lines


def _long(
    lines: Sequence[tuple[int, list[str]]], head: list[str], columns: tuple[str, str, str], kept: _Read
) -> Iterator[_Row]:
    region, indicator, value = (head.index(one) for one in columns)
    year, release, name = (place(head, one) for one in (YEAR, RELEASE, NAME))
    for number, cells in lines:
        if name is not None:
            kept.name.setdefault(cells[region], cells[name])
        yield (
            number, cells[region], cells[year] if year is not None else "", cells[indicator], cells[value],
            cells[release] if release is not None else "",
        )  # fmt: skip


def _wide(
    lines: Sequence[tuple[int, list[str]]], raw: Sequence[str], region: str, wanted: set[str], kept: _Read
) -> Iterator[_Row]:
    head = [name.casefold() for name in raw]
    key, year, release = head.index(region), place(head, YEAR), place(head, RELEASE)
    name = place([one if at != key else "" for at, one in enumerate(head)], NAME)
    told = {at for at in (key, year, release, name) if at is not None}
    others = [at for at in range(len(head)) if at not in told and raw[at] not in wanted]
    words: dict[int, bool] = dict.fromkeys(others, False)
    for number, cells in lines:
        if name is not None:
            kept.name.setdefault(cells[key], cells[name])
        for at in others:
            words[at] = words[at] or (cells[at].casefold() not in MISSING and math.isnan(read_number(cells[at])))
            kept.groups.setdefault(raw[at], {}).setdefault(cells[key], cells[at])
        for at, code in enumerate(raw):
            if code in wanted and at not in told:
                yield (
                    number, cells[key], cells[year] if year is not None else "", code, cells[at],
                    cells[release] if release is not None else "",
                )  # fmt: skip
    unused = [raw[at] for at in others if not words[at]]
    for one in unused:
        kept.groups.pop(one, None)
    if unused:
        said = f"Columns of figures must stand in the framework, those that do not are not used: {', '.join(unused)}."
        kept.noted.append(Finding(0, "", "column_unused", said, ", ".join(unused)))


def _take(kept: _Read, names: Names, rows: list[_Row], wanted: set[str]) -> None:
    """Keep the cells of rows, or say why not."""
    read_as = {one: names.read(one) for one in {row[1] for row in rows}}
    plain = [one for one in read_as if one and not names.is_whole(one)]
    if only_counted(plain):
        kept.left_out.append(by_position())
        return
    provinces = set(names.codes.values())
    of_china = 2 * sum(read_as[one][0] in provinces for one in plain) > len(plain)
    said: set[tuple[int, str]] = set()
    for number, region, year, code, value, release in rows:
        if code not in wanted:
            continue
        label, is_mended = read_as[region]
        wrong = _wrong_region(kept, names, (number, region, label), is_mended=is_mended)
        if wrong is None and of_china and label not in provinces:
            told = f"A region must be a province as the others are, was {region!r}."
            wrong = Finding(number, "region", "region_unknown", told, region)
        asked = NO_YEAR if not year else read_year(year)
        if wrong is None and asked is None:
            wrong = odd_year(number, year)
        if wrong is not None:
            if wrong.rule != "nation_left_out" and (number, wrong.rule) not in said:
                said.add((number, wrong.rule))
                kept.left_out.append(wrong)
            continue
        _take_cell(kept, (label, asked or NO_YEAR, code), (number, value, release), region)


def _wrong_region(kept: _Read, names: Names, row: tuple[int, str, str], *, is_mended: bool) -> Finding | None:
    """Return what is wrong with the region of a row; note what was mended, and once what tells of a whole."""
    number, region, label = row
    if not region:
        return Finding(number, "region", "cell_empty", "A row must name its region, was ''.")
    if names.is_whole(region):
        told = f"Rows must be of regions, those of {region} are left out."
        wrong = Finding(number, "region", "nation_left_out", told, region)
        if not any(one.rule == wrong.rule and one.value == region for one in kept.noted):
            kept.noted.append(wrong)
        return wrong
    if is_mended and not any(one.value == region for one in kept.noted):
        told = f"A province must be named as it is, was {region}; it is read as {label}."
        kept.noted.append(Finding(number, "region", "name_mended", told, region))
    return None


def _take_cell(kept: _Read, key: tuple[str, int, str], cell: tuple[int, str, str], region: str) -> None:
    number, value, release = cell
    label, year, code = key
    kept.regions[label] += 1
    kept.name.setdefault(label, kept.name.get(region, ""))
    for told in kept.groups.values():
        if region in told:
            told.setdefault(label, told[region])
    if value.casefold() in MISSING:
        return
    figure = read_number(value)
    if math.isnan(figure):
        told_of = f"A figure must be a number, was {value!r}."
        kept.left_out.append(Finding(number, code, "value_unreadable", told_of, value))
        return
    if key in kept.value:
        if release == kept.release[key]:
            if figure != kept.value[key]:
                said = (
                    f"A cell must be told once, line {kept.line[key]} has {code} of {label} in {year or 'the period'}."
                )
                kept.left_out.append(Finding(number, code, "value_repeated", said, value))
            return
        older = min(release, kept.release[key])
        told_as = older or "that without one"
        said = f"A cell must be of one release, {code} of {label} is of several; {told_as} is left out."
        kept.left_out.append(Finding(number, code, "release_older", said, older))
        if release < kept.release[key]:
            return
    kept.value[key], kept.line[key], kept.release[key] = figure, number, release


def _note_releases(kept: _Read) -> None:
    """Say which indicators are of several releases."""
    of: dict[str, set[str]] = {}
    for (_, _, code), release in kept.release.items():
        of.setdefault(code, set()).add(release)
    for code, releases in sorted(of.items()):
        if len(releases) > 1:
            listed = ", ".join(sorted(one or "none" for one in releases))
            told = f"Figures of one statistic must be of one release, {code} mixes {listed}: its trend may be false."
            kept.noted.append(Finding(0, code, "releases_mixed", told, listed))


def _laid_out(kept: _Read, framework: Framework) -> Indicators:
    regions = tuple(sorted(kept.regions))
    years = tuple(sorted({year for _, year, _ in kept.value}))
    codes = tuple(one.code for one in framework.indicators)
    row, place = ({one: at for at, one in enumerate(some)} for some in (years, regions))
    told_of = {code for _, _, code in kept.value}
    wanted = {node.denominator for node in framework.indicators} & told_of
    others: dict[str, Floats] = {one: np.full((len(years), len(regions)), np.nan) for one in sorted(wanted)}
    value = np.full((len(years), len(regions), len(codes)), np.nan)
    for (region, year, code), figure in kept.value.items():
        if code in codes:
            value[row[year], place[region], codes.index(code)] = figure
        if code in others:
            others[code][row[year], place[region]] = figure
    return Indicators(
        regions,
        tuple(kept.name.get(one) or one for one in regions),
        years,
        codes,
        value,
        others,
        {name: tuple(told.get(one, "") for one in regions) for name, told in kept.groups.items()},
    )
