"""Collect readings from Prometheus: a map says which expression tells which measure of which meter.

Only closed periods are asked for. A counter is read at both ends of a period, and resets on the way are recognised by
Prometheus itself (``increase`` would extrapolate, so the samples are read and differences taken here). A gauge is
averaged over its samples and multiplied by the seconds of the period. Where samples are missing the meter is silent;
Prometheus itself repeats the last sample for five minutes, so shorter silences are not seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import BadInputError, EngineError
from qipan.kernel.time import Interval
from qipan.ledger.check_readings import us_of
from qipan.ledger.model.reading import NO_COUNTER, Quality, Readings
from qipan.ledger.sources.meters_yaml import MeterNodes

MAP_KEYS: Final = ("period_s", "step_s", "entries")
ENTRY_KEYS: Final = ("expression", "kind", "meter_id", "factor", "quality")
KINDS: Final = ("counter", "gauge")
TIMEOUT_S: Final = 30.0
Floats = NDArray[np.float64]

TOLD_SHARE_MIN: Final = 0.9
"""Share of a period's samples that must be there for a gauge to be told."""

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the map.

    Attributes
    ----------
    expression
        PromQL; every series it gives is one meter, or several that name the same meter and are added up.
    kind
        ``counter`` rises and may be reset; ``gauge`` is a level that is integrated over time.
    meter_id
        Name of the meter; ``{label}`` stands for the value of a label.
    factor
        Base units for one unit of the expression (a millijoule is 0.001 J); for a gauge, base units a second.
    """

    expression: str
    kind: str
    meter_id: str
    factor: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Map:
    """What is collected, in periods of ``period_s`` with a sample each ``step_s``."""

    period_s: int
    step_s: int
    entries: tuple[Entry, ...]


def read_map(data: bytes) -> Map:
    r"""Read a map from YAML.

    Raises
    ------
    BadInputError
        ``map_invalid`` with everything that is wrong with it, each finding with its line.

    Examples
    --------
    >>> text = b"period_s: 3600\nstep_s: 60\nentries:\n  - {expression: up, kind: gauge, meter_id: '{site}/used'}\n"
    >>> read_map(text).entries[0].meter_id
    '{site}/used'
    """
    nodes = _MapNodes()
    root = nodes.root(data)
    found = nodes.map(root) if root is not None else None
    if found is None or nodes.findings:
        raise BadInputError(
            f"A map of Prometheus must keep the rules, was broken {len(nodes.findings)} times.",
            code="map_invalid",
            hint="Correct what the findings name.",
            findings=sorted(nodes.findings, key=lambda finding: finding.row),
        )
    return found


def collect(address: str, plan: Map, interval: Interval, *, client: httpx.Client | None = None) -> Readings:
    """Return the readings of every whole period of an interval, which must be over.

    Raises
    ------
    EngineError
        ``prometheus_unreachable``, ``prometheus_refused``.
    BadInputError
        ``label_missing`` when a series lacks a label that its meter is named by.
    """
    own = client or httpx.Client(timeout=TIMEOUT_S)
    try:
        told = [part for entry in plan.entries for part in _entry(own, address, plan, entry, interval)]
    finally:
        if client is None:
            own.close()
    return _readings(told)


Part = tuple[str, int, int, float, Quality]
"""Meter, start and end in microseconds, value, quality."""


def _entry(client: httpx.Client, address: str, plan: Map, entry: Entry, interval: Interval) -> Iterable[Part]:
    start_s, period_s = interval.start.timestamp(), plan.period_s
    # Both edges of every period are sampled; each query reaches back one step at the most.
    for first_s in np.arange(start_s, interval.end.timestamp() - period_s + 1, period_s * 24):
        last_s = min(first_s + period_s * 24, start_s + period_s * ((interval.end.timestamp() - start_s) // period_s))
        answer = _ask(client, address, entry.expression, first_s, last_s, plan.step_s)
        for series in answer:
            meter_id = _name(entry, series["metric"])
            moments = np.array([sample[0] for sample in series["values"]], dtype=np.float64)
            values = np.array([float(sample[1]) for sample in series["values"]], dtype=np.float64)
            for opens in np.arange(first_s, last_s, period_s):
                value = _period(entry, moments, values, opens, plan)
                if value is not None:
                    start_us, end_us = round(opens * 1e6), round((opens + period_s) * 1e6)
                    yield meter_id, start_us, end_us, value, entry.quality


def _period(entry: Entry, moments: Floats, values: Floats, opens: float, plan: Map) -> float | None:
    """Return what flowed in one period, in base units, or nothing where the meter was silent."""
    closes = opens + plan.period_s
    inside = (moments >= opens - _ROUNDING) & (moments <= closes + _ROUNDING) & np.isfinite(values)
    seen, at = values[inside], moments[inside]
    if len(seen) < 2 or at[0] > opens + _ROUNDING or at[-1] < closes - _ROUNDING:
        return None
    if entry.kind == "counter":
        steps = np.diff(seen)
        # After a reset the counter began at nothing.
        return float(np.where(steps < 0, seen[1:], steps).sum()) * entry.factor
    if len(seen) < TOLD_SHARE_MIN * (plan.period_s // plan.step_s + 1):
        return None
    # Each sample stands for the step behind it.
    return float(seen[:-1].mean()) * plan.period_s * entry.factor


def _ask(
    client: httpx.Client, address: str, expression: str, start_s: float, end_s: float, step_s: int
) -> list[dict[str, Any]]:
    values = {"query": expression, "start": f"{start_s:.3f}", "end": f"{end_s:.3f}", "step": str(step_s)}
    try:
        answer = client.post(f"{address.rstrip('/')}/api/v1/query_range", data=values)
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise EngineError(
            f"Prometheus must answer at {address}, was: {type(error).__name__} {error}.",
            code="prometheus_unreachable",
            hint="Check the address, and that Prometheus runs.",
        ) from error
    if told.get("status") != "success":
        raise EngineError(
            f"Prometheus must take the expression {expression!r}, was refused: {told.get('error', 'without a word')}.",
            code="prometheus_refused",
            hint="Try the expression in Prometheus first.",
        )
    found: list[dict[str, Any]] = told["data"]["result"]
    return found


def _name(entry: Entry, labels: Mapping[str, str]) -> str:
    try:
        return entry.meter_id.format_map(labels)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise BadInputError(
            f"A series must have the labels of {entry.meter_id!r}, was {dict(labels)}, of {entry.expression!r}.",
            code="label_missing",
            hint="Name the meter by labels that every series has.",
        ) from error


def _readings(told: Sequence[Part]) -> Readings:
    """Add series of one meter and period up, and write them as whole base units."""
    summed: dict[tuple[str, int, int], tuple[float, Quality]] = {}
    for meter_id, start_us, end_us, value, quality in told:
        before, _ = summed.get((meter_id, start_us, end_us), (0.0, quality))
        summed[meter_id, start_us, end_us] = (before + value, quality)
    keys = sorted(summed)
    names = tuple(dict.fromkeys(key[0] for key in keys))
    place = {name: row for row, name in enumerate(names)}
    qualities = list(Quality)
    return Readings(
        names,
        np.array([place[key[0]] for key in keys], dtype=np.int32),
        np.array([key[1] for key in keys], dtype=np.int64),
        np.array([key[2] for key in keys], dtype=np.int64),
        np.array([math.floor(summed[key][0] + _ROUNDING) for key in keys], dtype=np.int64),
        np.full(len(keys), NO_COUNTER, dtype=np.int64),
        np.zeros(len(keys), dtype=np.int32),
        np.array([qualities.index(summed[key][1]) for key in keys], dtype=np.int8),
    )


def closed(until: datetime, period_s: int, *, since: datetime, margin: timedelta) -> Interval | None:
    """Return the whole periods between two moments that are over for a margin at least; nothing where there is none.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    >>> closed(at, 3600, since=datetime(2026, 1, 1, 9, 10, tzinfo=UTC), margin=timedelta(minutes=5)).duration_h
    2.0
    """
    period_us = period_s * 1_000_000
    start_us = -(-us_of(since) // period_us) * period_us
    end_us = us_of(until - margin) // period_us * period_us
    if end_us <= start_us:
        return None
    start = since + timedelta(microseconds=start_us - us_of(since))
    return Interval(start, start + timedelta(microseconds=end_us - start_us))


class _MapNodes(MeterNodes):
    """Reads the nodes of a map."""

    def map(self, root: Any) -> Map:
        """Read the whole map."""
        fields = self.fields(root, "", MAP_KEYS, needed=MAP_KEYS)
        period_s, step_s = self.whole(fields, "period_s", 3600), self.whole(fields, "step_s", 60)
        if step_s < 1 or period_s < step_s or period_s % step_s:
            told = f"A period must be a whole number of steps, was {period_s} s in steps of {step_s} s."
            self.note(self.line("step_s"), "step_s", "step_misfit", told)
        return Map(period_s, step_s, self.each(fields, "entries", self._entry))

    def _entry(self, node: Any, path: str) -> Entry:
        fields = self.fields(node, path, ENTRY_KEYS, needed=("expression", "kind", "meter_id"))
        kind = self.text(fields, f"{path}.kind", "gauge")
        if kind not in KINDS:
            told = f"A kind must be one of {', '.join(KINDS)}, was {kind!r}."
            self.note(self.line(f"{path}.kind"), f"{path}.kind", "kind_unknown", told)
        quality = self.text(fields, f"{path}.quality", Quality.MEASURED)
        if quality not in set(Quality):
            told = f"A quality must be one of {', '.join(Quality)}, was {quality!r}."
            self.note(self.line(f"{path}.quality"), f"{path}.quality", "quality_unknown", told)
            quality = Quality.MEASURED
        return Entry(
            expression=self.text(fields, f"{path}.expression", "up"),
            kind=kind,
            meter_id=self.text(fields, f"{path}.meter_id", "-"),
            factor=self.number(fields, f"{path}.factor", 1.0),
            quality=Quality(quality),
        )
