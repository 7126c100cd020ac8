"""Read Slurm's accounting: what jobs asked for, waited for and were given becomes readings of pools.

The text is that of ``sacct --allusers --parsable2 --format=`` with the `COLUMNS`; others may stand beside them. Rows of
jobs count, rows of steps do not. A job is split at the edges of periods in whole unit-seconds: nothing is lost.
Accounting knows every job: a period without one is told as nothing, not left silent. Time in suspension counts as
allocated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import Interval
from qipan.ledger.check_readings import SECOND_US, us_of
from qipan.ledger.model.reading import NO_COUNTER, Quality, Readings
from qipan.ledger.sources.meters_yaml import MeterNodes

COLUMNS: Final = ("JobIDRaw", "Cluster", "Partition", "Eligible", "Start", "End", "ReqTRES", "AllocTRES")
MAP_KEYS: Final = ("zone", "period_s", "pools")
POOL_KEYS: Final = ("cluster", "partition", "resource", "allocated", "used", "queued")

_NEVER = ("", "Unknown", "None")
_TIMES = ("Eligible", "Start", "End")
_QUALITIES = list(Quality)


@dataclass(frozen=True, slots=True)
class Pooled:
    """One line of the map: jobs of a cluster's partition, and the meters that they are told under.

    Attributes
    ----------
    partition
        Empty for every partition of the cluster.
    resource
        What one unit is in Slurm's words: ``cpu``, ``node``, ``gres/gpu``, ``gres/gpu:a100``.
    allocated, used, queued
        Names of meters, empty for none; ``used`` is told as allocated, and as estimated.
    """

    cluster: str
    partition: str
    resource: str
    allocated: str
    used: str
    queued: str


@dataclass(frozen=True, slots=True)
class Map:
    """The zone that ``sacct`` prints in, the seconds of a period, and the pools."""

    zone: ZoneInfo
    period_s: int
    pools: tuple[Pooled, ...]


def read_map(data: bytes) -> Map:
    r"""Read a map from YAML.

    Raises
    ------
    BadInputError
        ``map_invalid`` with everything that is wrong with it, each finding with its line.

    Examples
    --------
    >>> read_map(b"zone: UTC\nperiod_s: 3600\npools:\n  - {cluster: a, resource: cpu, used: a/used}\n").pools[0].used
    'a/used'
    """
    nodes = _MapNodes()
    root = nodes.root(data)
    found = nodes.map(root) if root is not None else None
    if found is None or nodes.findings:
        raise BadInputError(
            f"A map of Slurm must keep the rules, was broken {len(nodes.findings)} times.",
            code="map_invalid",
            hint="Correct what the findings name.",
            findings=sorted(nodes.findings, key=lambda finding: finding.row),
        )
    return found


def read(data: bytes, plan: Map, interval: Interval) -> Readings:
    """Return the readings of an interval of whole periods that was over when ``sacct`` was asked.

    A sum over part of the jobs would be a wrong number, so one row that cannot be read refuses the text.

    Raises
    ------
    BadInputError
        ``accounting_unreadable`` with a finding for every row that cannot be read: ``file_unreadable``,
        ``column_missing``, ``row_torn``, ``time_unreadable``, ``time_disordered``, ``resource_unreadable``,
        ``partition_unmapped``.
    """
    start_us, end_us, period_us = us_of(interval.start), us_of(interval.end), plan.period_s * SECOND_US
    sums: dict[tuple[str, int], int] = {
        (meter_id, opens): 0 for meter_id in _meters(plan) for opens in range(start_us, end_us, period_us)
    }
    rows = _Rows(plan, end_us)
    for pool, given, waited in rows.jobs(data):
        for meters, (units, begins, ends) in (((pool.allocated, pool.used), given), ((pool.queued,), waited)):
            first = max(begins, start_us)
            first -= (first - start_us) % period_us
            for opens in range(first, min(ends, end_us), period_us):
                told_us = min(ends, opens + period_us) - max(begins, opens)
                for meter_id in filter(None, meters):
                    sums[meter_id, opens] += units * (told_us // SECOND_US)
    if rows.findings:
        raise BadInputError(
            f"Every row of the accounting must be readable, was not in {len(rows.findings)} places.",
            code="accounting_unreadable",
            hint="Ask sacct again with --parsable2 and the columns of the manual, and map every partition.",
            findings=rows.findings,
        )
    return _readings(plan, sums, period_us)


Span = tuple[int, int, int]
"""Units, and since and until when in microseconds."""


class _Rows:
    """Reads rows of ``sacct`` and remembers which could not be read."""

    def __init__(self, plan: Map, now_us: int) -> None:
        self.plan = plan
        self.now_us = now_us
        self.findings: list[Finding] = []

    def jobs(self, data: bytes) -> Iterator[tuple[Pooled, Span, Span]]:
        """Return the pool of each job, what it was given, and what it waited for."""
        try:
            lines = data.decode().splitlines()
        except UnicodeDecodeError as error:
            self._note(0, "", "file_unreadable", f"Accounting must be UTF-8, was not: {error}.")
            return
        names = lines[0].split("|") if lines else []
        for column in COLUMNS:
            if column not in names:
                self._note(0, column, "column_missing", f"Accounting must have the column {column}, was without it.")
        if self.findings:
            return
        for row, line in enumerate(lines[1:], start=2):
            cells = line.split("|")
            if len(cells) != len(names):
                self._note(row, "", "row_torn", f"A row must have {len(names)} cells, was {len(cells)}.")
            elif "." not in cells[names.index("JobIDRaw")]:
                yield from self._job(row, dict(zip(names, cells, strict=True)))

    def _job(self, row: int, cells: dict[str, str]) -> Iterator[tuple[Pooled, Span, Span]]:
        before = len(self.findings)
        eligible, start, end = (self._moment(row, column, cells[column]) for column in _TIMES)
        asked, given = (self._resources(row, column, cells[column]) for column in ("ReqTRES", "AllocTRES"))
        partitions = cells["Partition"].split(",")
        found = [
            pool for pool in self.plan.pools if pool.cluster == cells["Cluster"] and pool.partition in ("", *partitions)
        ]
        if not found:
            told = f"A job's partition must be in the map, was {cells['Partition']} of {cells['Cluster']}."
            self._note(row, "Partition", "partition_unmapped", told)
        ends = self.now_us if end is None else end
        if start is not None and start > ends and end is not None:
            self._note(row, "End", "time_disordered", "A job must end after it starts, was before.")
        if len(self.findings) > before:
            return
        begins = ends if start is None else start
        for pool in found:
            waits = begins if eligible is None else eligible
            yield pool, (given[pool.resource], begins, ends), (asked[pool.resource], waits, begins)

    def _moment(self, row: int, column: str, text: str) -> int | None:
        """Return microseconds since 1970, or nothing where it has not come yet."""
        if text in _NEVER:
            return None
        try:
            return us_of(datetime.fromisoformat(text).replace(tzinfo=self.plan.zone))
        except (ValueError, OverflowError):
            self._note(row, column, "time_unreadable", f"A time must be as 2026-01-01T08:00:00, was {text!r}.")
            return None

    def _resources(self, row: int, column: str, text: str) -> dict[str, int]:
        """Return how many of each resource; what is not named is none."""
        told: dict[str, int] = defaultdict(int)
        wanted = {pool.resource for pool in self.plan.pools}
        for name, _, number in (word.partition("=") for word in text.split(",")):
            if name not in wanted:
                continue
            if number.isascii() and number.isdigit():
                told[name] = int(number)
            else:
                self._note(row, column, "resource_unreadable", f"{name} must be a whole number, was {number!r}.")
        return told

    def _note(self, row: int, column: str, rule: str, message: str) -> None:
        self.findings.append(Finding(row, column, rule, message))


def _meters(plan: Map) -> dict[str, Quality]:
    told: dict[str, Quality] = {}
    for pool in plan.pools:
        told |= {name: Quality.MEASURED for name in (pool.allocated, pool.queued) if name}
        told |= {pool.used: Quality.ESTIMATED} if pool.used else {}
    return told


def _readings(plan: Map, sums: dict[tuple[str, int], int], period_us: int) -> Readings:
    qualities, keys = _meters(plan), sorted(sums)
    names = tuple(sorted(qualities))
    start_us = np.array([opens for _, opens in keys], dtype=np.int64)
    return Readings(
        names,
        np.array([names.index(name) for name, _ in keys], dtype=np.int32),
        start_us,
        start_us + period_us,
        np.array([sums[key] for key in keys], dtype=np.int64),
        np.full(len(keys), NO_COUNTER, dtype=np.int64),
        np.zeros(len(keys), dtype=np.int32),
        np.array([_QUALITIES.index(qualities[name]) for name, _ in keys], dtype=np.int8),
    )


class _MapNodes(MeterNodes):
    """Reads the nodes of a map."""

    def map(self, root: Any) -> Map:
        """Read the whole map."""
        fields = self.fields(root, "", MAP_KEYS, needed=MAP_KEYS)
        period_s, name = self.whole(fields, "period_s", 3600), self.text(fields, "zone", "UTC")
        if period_s < 1:
            self.note(self.line("period_s"), "period_s", "not_positive", f"A period must last, was {period_s} s.")
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.note(self.line("zone"), "zone", "zone_unknown", f"A zone must be of the IANA database, was {name!r}.")
            zone = ZoneInfo("UTC")
        return Map(zone, period_s, self.each(fields, "pools", self._pool))

    def _pool(self, node: Any, path: str) -> Pooled:
        fields = self.fields(node, path, POOL_KEYS, needed=("cluster", "resource"))
        words = (self.text(fields, f"{path}.{name}", "") for name in POOL_KEYS)
        return Pooled(*words)
