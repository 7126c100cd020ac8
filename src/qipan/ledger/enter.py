"""Turn entries of use into a batch of bytes and into observations, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.model.use import Use
from qipan.observations.model import Observation, Series

MEASURES: Final = ("capacity_unit_h", "used_unit_h", "energy_wh")
"""What an entry of use tells, each as a series ``site/<site_id>/<kind>/<measure>``."""

SERIES_SOURCE: Final = "ledger"

_WORDS = {
    "capacity_unit_h": ("Capacity", "容量"),
    "used_unit_h": ("Used", "使用量"),
    "energy_wh": ("Energy", "用电量"),
}
_KIND_ZH = {Kind.INTELLIGENT: "智能", Kind.GENERAL: "通用", Kind.SUPERCOMPUTING: "超算", Kind.STORAGE: "存储"}


def pack(uses: Sequence[Use], released: datetime) -> bytes:
    """Write entries of use as a batch; the same entries of one release give the same bytes in any order.

    Examples
    --------
    >>> from datetime import date
    >>> from qipan.kernel.time import civil_day
    >>> day = civil_day(date(2017, 10, 9))
    >>> use = Use("zhongwei", Kind.INTELLIGENT, day, 192.0, 96.0, 1.2e8)
    >>> unpack(pack([use], day.end)) == ((use,), day.end)
    True
    """
    ordered = sorted(uses, key=lambda use: (use.site_id, use.kind, use.period))
    document = {
        "released": released.isoformat(),
        "uses": [
            {
                "site_id": use.site_id,
                "kind": use.kind,
                "start": use.period.start.isoformat(),
                "end": use.period.end.isoformat(),
                **{measure: float(getattr(use, measure)) for measure in MEASURES},
            }
            for use in ordered
        ],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode()


def unpack(data: bytes) -> tuple[tuple[Use, ...], datetime]:
    """Read a batch that `pack` has written; return the entries and their release."""
    document = json.loads(data)
    uses = tuple(
        Use(
            site_id=entry["site_id"],
            kind=Kind(entry["kind"]),
            period=Interval(datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"])),
            **{measure: entry[measure] for measure in MEASURES},
        )
        for entry in document["uses"]
    )
    return uses, datetime.fromisoformat(document["released"])


def series_of(uses: Iterable[Use]) -> tuple[Series, ...]:
    """Return the series that entries of use belong to, each once."""
    places = dict.fromkeys((use.site_id, use.kind) for use in uses)
    return tuple(_series(site_id, kind, measure) for site_id, kind in places for measure in MEASURES)


def series_ids(site_ids: Collection[str]) -> tuple[str, ...]:
    """Return the names of all series that sites may have.

    Examples
    --------
    >>> series_ids(["zhongwei"])[0]
    'site/zhongwei/intelligent/capacity_unit_h'
    """
    return tuple(_series_id(site_id, kind, measure) for site_id in site_ids for kind in Kind for measure in MEASURES)


def observations_of(uses: Iterable[Use], released: datetime) -> tuple[Observation, ...]:
    """Return what entries of use say about their series."""
    return tuple(
        Observation(_series_id(use.site_id, use.kind, measure), use.period, released, getattr(use, measure))
        for use in uses
        for measure in MEASURES
    )


def uses_of(observations: Iterable[Observation]) -> tuple[Use, ...]:
    """Return the entries of use that observations tell, by site, kind and time; what none tells is ``nan``."""
    told: dict[tuple[str, str, Interval], dict[str, float]] = {}
    for one in observations:
        _, site_id, kind, measure = one.series_id.split("/")
        told.setdefault((site_id, kind, one.period), {})[measure] = one.value
    return tuple(
        Use(site_id, Kind(kind), period, **{measure: values.get(measure, math.nan) for measure in MEASURES})
        for (site_id, kind, period), values in sorted(told.items())
    )


def _series(site_id: str, kind: Kind, measure: str) -> Series:
    name_en, name_zh = _WORDS[measure]
    return Series(
        series_id=_series_id(site_id, kind, measure),
        name_en=f"{name_en} of {site_id}, {kind}",
        name_zh=f"{site_id}{_KIND_ZH[kind]}算力{name_zh}",
        unit="Wh" if measure == "energy_wh" else f"{kind.unit}-h",
        source=SERIES_SOURCE,
    )


def _series_id(site_id: str, kind: Kind, measure: str) -> str:
    return f"site/{site_id}/{kind}/{measure}"
