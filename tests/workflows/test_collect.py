"""A collection goes on where its source was told until; the first one reaches a day back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.kernel.time import Interval
from qipan.ledger.check_readings import us_of
from qipan.ledger.model.reading import NO_COUNTER, Readings
from qipan.ledger.sources import prometheus
from qipan.ledger.sources.readings import write_parquet
from qipan.settings import Settings
from qipan.workflows.collect import Collection, Collectors

NOW = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
FLEET = b"""
fleet: here
name_en: Here
zone: Asia/Shanghai
sites:
  - site_id: here
    name_en: Here
    adcode: 640000
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{ pool_id: here/cards, kind: intelligent, quantity: 2, it_kw_per_unit: 1 }]
    meters: [{ meter_id: here/used, measure: used_unit_s, pool_id: here/cards, source_id: here }]
sources: [{ source_id: here, name_en: Here, cadence_s: 3600 }]
"""


def one_reading(_: object, __: object, interval: Interval) -> Readings:
    """Return one reading, of the last hour that was asked for."""
    end_us = us_of(interval.end)
    return Readings(
        ("here/used",),
        np.zeros(1, dtype=np.int32),
        np.array([end_us - 3_600_000_000]),
        np.array([end_us]),
        np.array([60]),
        np.array([NO_COUNTER]),
        np.zeros(1, dtype=np.int32),
        np.zeros(1, dtype=np.int8),
    )


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path / "home")
    initialise(settings, NOW)
    made = build(settings)
    with made.books.begin() as unit:
        made.ledger.import_sites(unit, FLEET, NOW - timedelta(days=9))
    yield made
    made.books.close()


@pytest.mark.parametrize("form", ["prometheus", "slurm"])
def test_collection_begins_a_day_back_and_then_where_the_source_ended(services: Services, form: str) -> None:
    asked: list[Interval] = []

    def collect(where: object, plan: object, interval: Interval) -> Readings:
        asked.append(interval)
        return one_reading(where, plan, interval)

    hourly = SimpleNamespace(period_s=3600)
    collectors = Collectors(
        read_map=lambda _: hourly,
        collect=collect,
        closed=prometheus.closed,
        read_slurm_map=lambda _: hourly,
        read_slurm=collect,
        write=write_parquet,
        form="parquet",
    )
    collection = Collection(
        books=services.books, metering=services.metering, figures=services.figures, collectors=collectors
    )
    margin = {"margin": timedelta(minutes=1)} if form == "prometheus" else {}

    def told(now: datetime, until: datetime) -> bool:
        pull = collection.prometheus if form == "prometheus" else collection.slurm
        how = {"source_id": "here", "since": None, "until": until, "now": now} | margin
        return pull("" if form == "prometheus" else b"", b"", **how) is not None

    noon = NOW.replace(minute=0)
    assert told(NOW, NOW + timedelta(days=2))
    assert asked.pop() == Interval(noon - 23 * HOUR, noon)
    assert not told(NOW, NOW)
    assert told(NOW + 3 * HOUR, NOW + 3 * HOUR)
    assert asked == [Interval(noon, noon + 3 * HOUR)]
