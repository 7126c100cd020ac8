"""A small fleet, a day of its use, and a ledger on books in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval, civil_day, slots
from qipan.ledger.model.fleet import Fleet, Origin, Pool, Site
from qipan.ledger.model.use import Use
from qipan.ledger.service.register import Ledger
from qipan.ledger.sources import sites_yaml
from qipan.log.service import Log
from qipan.observations.service import Observations
from qipan.storage.archive import Archive
from qipan.storage.books import Books
from qipan.storage.lake import Lake

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def example() -> bytes:
    return (ROOT / "docs/examples/fleet.yaml").read_bytes()


@pytest.fixture
def fleet() -> Fleet:
    sites = (
        Site(
            site_id="alpha",
            name_en="Alpha",
            name_zh="甲",
            hub_id="north",
            adcode="",
            macro="",
            point=Point(10.0, 60.0),
            pue=1.2,
            power_cap_kw=math.inf,
            price_fen_per_kwh=(29.0,) * 24,
            location_kg_per_kwh=0.03,
            green_share=0.5,
            pools=(Pool("alpha/intelligent", Kind.INTELLIGENT, "", 100.0, 0.5),),
        ),
        Site(
            site_id="beta",
            name_en="Beta",
            name_zh="乙",
            hub_id="north",
            adcode="640000",
            macro="west",
            point=Point(106.2, 38.5),
            pue=1.1,
            power_cap_kw=0.0,
            price_fen_per_kwh=None,
            location_kg_per_kwh=None,
            green_share=0.0,
            pools=(Pool("beta/general", Kind.GENERAL, "", 64.0, 0.01),),
            status={"pue": "assumed"},
        ),
    )
    origin = Origin("alpha", "Alpha", "甲", "", "", Point(10.0, 60.0), 1.0)
    return Fleet("pair", "A pair", "一对", "Asia/Shanghai", sites, (origin,), {("alpha", "beta"): 42.5})


@pytest.fixture
def day() -> Interval:
    return civil_day(date(2017, 10, 9))


@pytest.fixture
def now() -> datetime:
    return datetime(2017, 10, 10, tzinfo=UTC)


@pytest.fixture
def uses(day: Interval) -> list[Use]:
    """Return two hours of alpha, 100 of whose cards work by a quarter and by a half, and one of beta, idle."""
    first, second, *_ = slots(day, 3600)
    return [
        Use("alpha", Kind.INTELLIGENT, first, 100.0, 25.0, 15_000.0),
        Use("alpha", Kind.INTELLIGENT, second, 100.0, 50.0, 30_000.0),
        Use("beta", Kind.GENERAL, first, 64.0, 0.0, 0.0),
    ]


@pytest.fixture
def books() -> Iterator[Books]:
    books = Books("sqlite://")
    books.migrate()
    yield books
    books.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    observations = Observations(Archive(tmp_path / "archive"), Lake(tmp_path / "lake"))
    observations.create()
    return Ledger(observations, Log(), sites_yaml.read)
