"""Read and write a fleet as a folder of tables: the words of its YAML, one row for a part.

A row becomes a node as of YAML, so that both forms keep the same rules. A part names the one that holds it: a pool its
site, a step of certified capacity its site and pool, a key its source.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

import yaml

from qipan.kernel.errors import Finding
from qipan.ledger.check_meters import nearest
from qipan.ledger.model.fleet import Fleet, FleetIntake
from qipan.ledger.sources import meters_yaml, power_yaml, sites_yaml

NEEDED: Final = ("fleet.csv", "sites.csv", "pools.csv")
"""Tables that every folder has; one that is missing counts as one without rows."""

_PRICE = "price_yuan_per_kwh"
_TRIPS = "round_trips"
_ALWAYS_LISTS = ("pue_by_month", "availability", "adcodes", "site_ids")
_TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of parts, the first key is their name.

    Attributes
    ----------
    keys
        Keys of a part, a column each.
    holder
        Columns that name the part which holds it.
    parts
        Tables of the parts that it holds itself.
    groups
        Keys whose own keys are columns as well, such as ``agreement_reference``.
    """

    keys: tuple[str, ...]
    holder: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which they are written."""
        of_groups = (f"{group}_{key}" for group, keys in self.groups.items() for key in keys)
        return (*self.holder, *self.keys, *of_groups)


def _without(keys: Sequence[str], *others: str) -> tuple[str, ...]:
    return tuple(key for key in keys if key not in others)


_TABLES: Final = {
    "fleet": _Table(("fleet", "name_en", "name_zh", "zone")),
    "sites": _Table(
        _without(sites_yaml.SITE_KEYS, "status", "pools", "meters", "plants", "store"),
        parts=("pools", "meters", "plants"),
        groups={"status": sites_yaml.STATUS_KEYS, "store": power_yaml.STORE_KEYS},
    ),
    "pools": _Table(_without(sites_yaml.POOL_KEYS, "certified"), holder=("site_id",), parts=("certified",)),
    "certified": _Table(meters_yaml.CERTIFIED_KEYS, holder=("site_id", "pool_id")),
    "meters": _Table(meters_yaml.METER_KEYS, holder=("site_id",)),
    "plants": _Table(power_yaml.PLANT_KEYS, holder=("site_id",)),
    "origins": _Table(sites_yaml.ORIGIN_KEYS),
    _TRIPS: _Table(("origin_id", "site_id", "round_trip_ms")),
    "sources": _Table(
        _without(meters_yaml.SOURCE_KEYS, "keys", "agreement"),
        parts=("keys",),
        groups={"agreement": meters_yaml.AGREEMENT_KEYS},
    ),
    "keys": _Table(meters_yaml.KEY_KEYS, holder=("source_id",)),
    "exchange_points": _Table(meters_yaml.EXCHANGE_KEYS),
    "links": _Table(meters_yaml.LINK_KEYS),
    "data_resources": _Table(meters_yaml.DATA_KEYS),
    "areas": _Table(power_yaml.AREA_KEYS),
}
_LISTS: Final = ("sites", "origins", "sources", "exchange_points", "links", "data_resources", "areas")
_HOLDERS: Final = {"pools": "sites", "certified": "pools", "meters": "sites", "plants": "sites", "keys": "sources"}
TABLES: Final = tuple(f"{name}.csv" for name in _TABLES)
"""Names of the tables, in the order in which findings are told."""


@dataclass(frozen=True, slots=True)
class _Row:
    """The filled cells of a row by column; the first row of data is 1."""

    number: int
    cells: Mapping[str, str]


def read(tables: Mapping[str, bytes], *, adcodes: Collection[str] | None = None) -> FleetIntake:
    r"""Read a fleet from tables by their names; return everything that is wrong with them at once.

    The column of a finding is ``sites.csv:pue``: the table and its column. Row 1 is the first below the header.

    Parameters
    ----------
    adcodes
        Regions that are known; without them only the form of an adcode is checked.

    Examples
    --------
    >>> header = b"site_id,name_en,lon_deg,lat_deg,pue,price_yuan_per_kwh,location_kg_per_kwh"
    >>> tables = {
    ...     "fleet.csv": b"fleet,name_en,zone\nnord,Nord,Europe/Oslo",
    ...     "sites.csv": header + b"\noslo,Oslo,10.7,59.9,0.9,0.29,0.03",
    ...     "pools.csv": b"site_id,kind,quantity,it_kw_per_unit\noslo,intelligent,8,0.7",
    ... }
    >>> [(finding.row, finding.column, finding.rule) for finding in read(tables).findings]
    [(2, 'sites.csv:pue', 'pue_out_of_range')]
    """
    reader = _Reader(tables)
    if reader.is_whole:
        intake = sites_yaml.read_node(reader.root(), adcodes=adcodes)
        told = [replace(found, column=_column(found), row=_row(found)) for found in intake.findings]
        if not reader.findings and not told:
            return intake
        reader.findings += told
    ranks = {table: rank for rank, table in enumerate(TABLES)}
    order = sorted(reader.findings, key=lambda found: (ranks.get(found.column.partition(":")[0], -1), found.row))
    return FleetIntake(None, tuple(order))


def write(fleet: Fleet) -> dict[str, bytes]:
    """Write a fleet as tables by their names, without those that have no row; `read` gives the same fleet.

    Examples
    --------
    >>> from qipan.kernel.places import Point
    >>> from qipan.kernel.resources import Kind
    >>> from qipan.ledger.model.fleet import Origin, Pool, Site
    >>> pool = Pool("oslo/intelligent", Kind.INTELLIGENT, "", 8.0, 0.7)
    >>> site = Site("oslo", "Oslo", "奥斯陆", "", "", "", Point(10.7, 59.9), 1.2, 50.0, (29.0,) * 24, 0.03, 0, (pool,))
    >>> origin = Origin("oslo", "Oslo", "奥斯陆", "", "", Point(10.7, 59.9), 8.0)
    >>> fleet = Fleet("nord", "Nord", "北方", "Europe/Oslo", (site,), (origin,))
    >>> list(write(fleet)), read(write(fleet)).fleet == fleet
    (['fleet.csv', 'sites.csv', 'pools.csv', 'origins.csv'], True)
    """
    words = sites_yaml.fleet_words(fleet)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    rows["fleet"].append(words)
    for name in _LISTS:
        _enter(rows, name, words.get(name, []), {})
    rows[_TRIPS] += (
        {"origin_id": origin_id, "site_id": site_id, "round_trip_ms": round_trip_ms}
        for origin_id, trips in words.get("round_trips_ms", {}).items()
        for site_id, round_trip_ms in trips.items()
    )
    return {f"{name}.csv": _csv(_TABLES[name].columns, some) for name, some in rows.items() if some}


class _Reader:
    """Makes the nodes of one folder."""

    def __init__(self, tables: Mapping[str, bytes]) -> None:
        self.findings: list[Finding] = []
        self.is_whole = True
        for name in sorted(set(tables) - set(TABLES)):
            told = f"A table must be one of {', '.join(TABLES)}, was {name!r}{nearest(name, TABLES)}."
            self.findings.append(Finding(0, name, "table_unknown", told, name))
        for name in NEEDED:
            if name not in tables:
                self._lose(name, "table_missing", f"Table {name} must be in the folder, was missing.")
        self._rows = {name: self._table(name, tables.get(f"{name}.csv")) for name in _TABLES}
        if self.is_whole and len(self._rows["fleet"]) != 1:
            told = f"A folder must hold one fleet, was {len(self._rows['fleet'])}."
            self._lose("fleet.csv", "fleet_count", told)
        self._held: dict[str, dict[tuple[str, ...], list[_Row]]] = {name: {} for name in _TABLES}
        for name, rows in self._rows.items():
            for row in rows:
                self._held[name].setdefault(_cells(row, _TABLES[name].holder), []).append(row)

    def root(self) -> yaml.Node:
        """Return the node of the whole fleet, and note the rows that nothing holds."""
        for name, holder in _HOLDERS.items():
            self._orphans(name, {_name(holder, row) for row in self._rows[holder]})
        (row,) = self._rows["fleet"]
        lists = [(name, self._list(name, ())) for name in _LISTS if self._rows[name] or name == "sites"]
        trips: dict[str, list[tuple[yaml.Node, yaml.Node]]] = {}
        for trip in self._rows[_TRIPS]:
            origin_id, site_id, round_trip_ms = _cells(trip, _TABLES[_TRIPS].columns)
            pair = _scalar(site_id, trip.number), _scalar(round_trip_ms, trip.number)
            trips.setdefault(origin_id, []).append(pair)
        measured = [
            (_scalar(id_, _line(some)), yaml.MappingNode("", some, some[0][0].start_mark))
            for id_, some in trips.items()
        ]
        root = _mapping([*row.cells.items(), *lists], row.number)
        if measured:
            root.value.append((_scalar("round_trips_ms", 1), yaml.MappingNode("", measured, _mark(1))))
        return root

    def _table(self, name: str, data: bytes | None) -> list[_Row]:
        if data is None:
            return []
        table, columns = f"{name}.csv", _TABLES[name].columns
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""), strict=True)
        try:
            data.decode("utf-8-sig")
            header, *records = list(lines) or [[]]
        except UnicodeDecodeError as error:
            self._lose(table, "file_not_utf8", f"A file must be UTF-8, was not at byte {error.start + 1}.")
            return []
        except csv.Error as error:
            self._lose(table, "file_not_csv", f"A file must be CSV, was broken in line {lines.line_num}: {error}.")
            return []
        for place, column in enumerate(header):
            if column not in columns:
                told = f"A column must be known, was {column!r}{nearest(column, columns)}."
                self.findings.append(Finding(0, f"{table}:{column}", "key_unknown", told, column))
            elif column in header[:place]:
                told = f"A column must stand once, was there twice: {column!r}."
                self.findings.append(Finding(0, f"{table}:{column}", "key_repeated", told, column))
        rows = []
        for number, record in enumerate(records, start=2):
            if record and len(record) != len(header):
                told = f"A row must have {len(header)} cells as the header has, was {len(record)}."
                self.findings.append(Finding(number, table, "cell_count", told))
            cells = {column: cell for column, cell in zip(header, record, strict=False) if cell and column in columns}
            if cells:
                rows.append(_Row(number, cells))
        return rows

    def _list(self, name: str, holder: tuple[str, ...]) -> yaml.Node:
        nodes = [self._part(name, row) for row in self._held[name].get(holder, [])]
        return yaml.SequenceNode("", nodes, _mark(nodes[0].start_mark.line + 1 if nodes else 1))

    def _part(self, name: str, row: _Row) -> yaml.Node:
        table = _TABLES[name]
        cells = [(key, row.cells[key]) for key in table.keys if key in row.cells]
        lists = [(part, self._list(part, _name(name, row))) for part in table.parts]
        groups = [
            (
                group,
                _mapping(
                    [(key, row.cells[f"{group}_{key}"]) for key in keys if f"{group}_{key}" in row.cells], row.number
                ),
            )
            for group, keys in table.groups.items()
            if any(f"{group}_{key}" in row.cells for key in keys)
        ]
        return _mapping([*cells, *groups, *lists], row.number)

    def _orphans(self, name: str, known: Collection[tuple[str, ...]]) -> None:
        holder = _TABLES[name].holder
        for held, rows in self._held[name].items():
            if held not in known:
                close = nearest(held[-1], {one[-1] for one in known} - {held[-1]})
                told = f"A row must belong to a row of {_HOLDERS[name]}.csv, was of {' '.join(held)!r}{close}."
                rule = f"{holder[-1].removesuffix('_id')}_unknown"
                column = f"{name}.csv:{holder[-1]}"
                self.findings += (Finding(row.number, column, rule, told, held[-1]) for row in rows)

    def _lose(self, table: str, rule: str, told: str) -> None:
        self.is_whole = False
        self.findings.append(Finding(0, table, rule, told))


def _cells(row: _Row, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(row.cells.get(column, "") for column in columns)


def _name(table: str, row: _Row) -> tuple[str, ...]:
    """Return what the parts that a row holds call it."""
    if table != "pools":
        return _cells(row, _TABLES[table].keys[:1])
    site_id, pool_id, kind, card_model = _cells(row, ("site_id", "pool_id", "kind", "card_model"))
    return site_id, pool_id or sites_yaml.pool_id_of(site_id, kind, card_model)


def _mark(number: int) -> yaml.Mark:
    return yaml.Mark("", 0, number - 1, 0, None, 0)


def _line(pairs: Sequence[tuple[yaml.Node, yaml.Node]]) -> int:
    return int(pairs[0][0].start_mark.line) + 1


def _scalar(text: str, number: int) -> yaml.ScalarNode:
    return yaml.ScalarNode(_TEXT, text, _mark(number))


def _mapping(pairs: Sequence[tuple[str, str | yaml.Node]], number: int) -> yaml.MappingNode:
    return yaml.MappingNode(
        "", [(_scalar(key, number), _value(key, value, number)) for key, value in pairs], _mark(number)
    )


def _value(key: str, value: str | yaml.Node, number: int) -> yaml.Node:
    if isinstance(value, yaml.Node):
        return value
    items = value.split()
    if key in _ALWAYS_LISTS or (key == _PRICE and len(items) > 1):
        return yaml.SequenceNode("", [_scalar(item, number) for item in items], _mark(number))
    return _scalar(value, number)


def _column(found: Finding) -> str:
    """Return table and column of a path such as ``sites[0].pools[1].quantity``."""
    if found.column.startswith("round_trips_ms"):
        names = {"origin_unknown": "origin_id", "site_unknown": "site_id"}
        return f"{_TRIPS}.csv:{names.get(found.rule, 'round_trip_ms')}"
    parts = found.column.split(".")
    tables = [part.partition("[")[0] if "[" in part else "" for part in parts]
    at = max((place for place, table in enumerate(tables) if table in _TABLES), default=-1)
    if at < 0:
        return f"{parts[0]}.csv" if parts[0] in _LISTS else f"fleet.csv:{parts[0]}"
    table, column = tables[at], "_".join(parts[at + 1 :])
    if column in _TABLES[table].parts:
        column = _TABLES[table].keys[0]
    return f"{table}.csv:{column}" if column else f"{table}.csv"


def _row(found: Finding) -> int:
    return 0 if found.column in _LISTS else found.row


def _enter(
    rows: Mapping[str, list[dict[str, Any]]], name: str, parts: Sequence[Mapping[str, Any]], holder: Mapping[str, Any]
) -> None:
    """Add rows for parts and for what they hold."""
    table = _TABLES[name]
    for part in parts:
        row = {**holder, **part}
        for group in table.groups:
            row |= {f"{group}_{key}": value for key, value in part.get(group, {}).items()}
        if name == "pools":
            row.setdefault("pool_id", sites_yaml.pool_id_of(row["site_id"], row["kind"], row.get("card_model", "")))
        rows[name].append(row)
        for held in table.parts:
            _enter(rows, held, part.get(held, []), {column: row[column] for column in _TABLES[held].holder})


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column, "")) for column in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    return format(value, "f") if isinstance(value, Decimal) else str(value)
