"""Take in a national day of readings and ask for its utilisation; beside it, DuckDB on the same files, by hand.

The day is made: 10,000 pools tell each minute what was used, and two readings in a hundred are corrected later. Every
measurement is a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
import numpy as np
from benchmarks.record import RESULTS, write

from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.model.fleet import Fleet, Meter, Origin, Pool, Site, Source
from qipan.ledger.model.reading import NO_COUNTER, Measure, Readings, Statement, Way
from qipan.ledger.seal import seal
from qipan.ledger.service.metering import Metering
from qipan.ledger.service.register import Ledger
from qipan.ledger.sources import readings as forms
from qipan.ledger.sources import sites_yaml
from qipan.ledger.store import figure, reading
from qipan.log.service import Log
from qipan.observations.service import Observations
from qipan.storage.archive import Archive
from qipan.storage.books import Books
from qipan.storage.lake import Lake

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=2)
POOLS, MINUTES, SITES = 10_000, 1440, 100
MINUTE_US = 60_000_000
WHOLE = "day.parquet"
CORRECTED = "corrected.parquet"

BY_HAND = """
WITH known AS (SELECT * FROM read_parquet([{files}]) WHERE received <= TIMESTAMPTZ '{now}'),
corrected AS (
  SELECT source_id, meter_id, period_start, period_end FROM known GROUP BY ALL HAVING count(*) > 1),
newest AS (
  SELECT known.* FROM known SEMI JOIN corrected USING (source_id, meter_id, period_start, period_end)
  QUALIFY row_number() OVER (
    PARTITION BY source_id, meter_id, period_start, period_end ORDER BY released DESC, sequence DESC) = 1),
told AS (
  SELECT * FROM known ANTI JOIN corrected USING (source_id, meter_id, period_start, period_end)
  UNION ALL SELECT * FROM newest)
SELECT meter_id, epoch_us(period_start) // 3600000000 AS hour, sum(value)::BIGINT AS value
FROM told WHERE quality <> 'modelled' GROUP BY ALL ORDER BY ALL
"""


def main() -> None:
    """Measure each step in a process of its own; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pools", type=int, default=POOLS)
    parser.add_argument("--minutes", type=int, default=MINUTES)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--step", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, folder = options.step
        told = STEPS[name](Path(folder), options.pools, options.minutes)
        peak = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps(told | {"peak_mb": peak.ru_maxrss // 1024, "cpu_s": round(peak.ru_utime + peak.ru_stime, 2)}))
        return
    with tempfile.TemporaryDirectory(prefix="qipan-bench-") as folder:
        found = {name: step(name, folder, options.pools, options.minutes) for name in STEPS}
    ours, by_hand = found["ask"].pop("hours_digest"), found["ask_by_hand"].pop("hours_digest")
    assert ours == by_hand, "Both ways must give the same hours."
    rows = options.pools * options.minutes
    result = {
        "rows": rows,
        "rows_corrected": found["make"]["rows_corrected"],
        "ingest_rows_per_s": round(rows / found["ingest"]["whole_s"]),
        "ingest_ratio_to_copy": round(found["ingest"]["whole_s"] / found["copy"]["copy_s"], 2),
        "ask_ratio_to_by_hand": round(found["ask"]["ask_s"] / found["ask_by_hand"]["ask_s"], 2),
        "answers_equal": True,
        "duckdb": duckdb.__version__,
        **found,
    }
    print(json.dumps(result, indent=2))
    print(write("bench_readings", result, options.results))


def step(name: str, folder: str, pools: int, minutes: int) -> dict[str, Any]:
    """Run one step in a process of its own; return what it tells."""
    command = [sys.executable, __file__, "--pools", str(pools), "--minutes", str(minutes), "--step", name, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def make(folder: Path, pools: int, minutes: int) -> dict[str, Any]:
    """Write the day and its corrections, register the fleet."""
    rng = np.random.default_rng(20260101)
    rows = pools * minutes
    meter = np.tile(np.arange(pools, dtype=np.int32), minutes)
    start = int(START.timestamp()) * 1_000_000 + np.repeat(np.arange(minutes, dtype=np.int64), pools) * MINUTE_US
    names = tuple(f"used-{n:05}" for n in range(pools))

    def told(at: np.ndarray[Any, Any]) -> Readings:
        nothing = np.zeros(len(at), dtype=np.int32)
        value = rng.integers(0, 60 * 1000, len(at))
        counter = np.full(len(at), NO_COUNTER, dtype=np.int64)
        begins = start[at]
        return Readings(names, meter[at], begins, begins + MINUTE_US, value, counter, nothing, nothing.astype(np.int8))

    corrected = np.flatnonzero(rng.random(rows) < 0.02)
    (folder / WHOLE).write_bytes(forms.write_parquet(told(np.arange(rows))))
    (folder / CORRECTED).write_bytes(forms.write_parquet(told(corrected)))
    books, _, register, metering = opened_house(folder)
    books.migrate()
    metering.create()
    with books.begin() as unit:
        register.register(unit, fleet(pools), START - timedelta(days=1))
    books.close()
    return {"file_mb": round((folder / WHOLE).stat().st_size / 2**20, 1), "rows_corrected": len(corrected)}


def ingest(folder: Path, pools: int, minutes: int) -> dict[str, Any]:
    """Take in the sealed day as a source would send it, then its corrections."""
    del pools, minutes
    books, _, _, metering = opened_house(folder)
    import pandas as pd  # Arrow imports it at its first answer, which takes seconds and is not measured.

    del pd
    whole, later = sealed(folder / WHOLE, NOW - timedelta(days=1)), sealed(folder / CORRECTED, NOW)
    begun = time.perf_counter()
    read = metering.open(whole)
    read_s = time.perf_counter() - begun
    with books.begin() as unit:
        metering.receive(unit, read, NOW)
    acknowledged_s = time.perf_counter() - begun
    with books.read() as unit:
        metering.project(unit)
    whole_s = time.perf_counter() - begun
    del read
    read = metering.open(later)
    with books.begin() as unit:
        metering.receive(unit, read, NOW)
    with books.read() as unit:
        metering.project(unit)
    books.close()
    return {"read_s": round(read_s, 2), "acknowledged_s": round(acknowledged_s, 2), "whole_s": round(whole_s, 2)}


def copy(folder: Path, pools: int, minutes: int) -> dict[str, Any]:
    """Let DuckDB copy the same file, which checks, seals and acknowledges nothing."""
    del pools, minutes
    begun = time.perf_counter()
    duckdb.sql(f"COPY (FROM '{folder / WHOLE}') TO '{folder / 'copy.parquet'}'")
    return {"copy_s": round(time.perf_counter() - begun, 2)}


def ask(folder: Path, pools: int, minutes: int) -> dict[str, Any]:
    """Ask for the hours of every pool as Qipan does."""
    del pools, minutes
    lake = Lake(folder / "lake")
    # The first question imports the engine.
    lake.table(reading.READINGS, least=NOW.date(), most=NOW.date()).count().to_pyarrow()
    day = Interval(START, START + timedelta(days=1))
    begun = time.perf_counter()
    readings = lake.table(reading.READINGS, least=START.date() - timedelta(days=2), most=START.date())
    hours = figure.hourly(readings, day, NOW).select("meter_id", "hour", "value").order_by("meter_id", "hour")
    rows = hours.to_pyarrow()
    return {"ask_s": round(time.perf_counter() - begun, 2), "hours_digest": digest_of(rows)}


def ask_by_hand(folder: Path, pools: int, minutes: int) -> dict[str, Any]:
    """Ask the same files the same by SQL written by hand."""
    del pools, minutes
    files = ", ".join(f"'{path}'" for path in (folder / "lake" / reading.READINGS).glob("day=*/*.parquet"))
    duckdb.sql("SELECT 1").to_arrow_table()
    query = BY_HAND.format(files=files, now=NOW.isoformat())
    begun = time.perf_counter()
    rows = duckdb.sql(query).to_arrow_table()
    return {"ask_s": round(time.perf_counter() - begun, 2), "hours_digest": digest_of(rows)}


def digest_of(rows: Any) -> str:
    """Return a digest of the hours, whatever types stand for their numbers."""
    told = sha256("\n".join(rows["meter_id"].to_pylist()).encode())
    for column in ("hour", "value"):
        told.update(np.asarray(rows[column].cast("int64")).astype(np.int64).tobytes())
    return f"{rows.num_rows} {told.hexdigest()}"


def opened_house(folder: Path) -> tuple[Books, Lake, Ledger, Metering]:
    """Open the stores of a folder and what stands on them."""
    books, lake, log = Books(f"sqlite:///{folder / 'books.sqlite'}"), Lake(folder / "lake"), Log()
    observations = Observations(Archive(folder / "archive"), lake)
    register = Ledger(observations, log, sites_yaml.read)
    metering = Metering(observations, lake, log, register, {"parquet": forms.read_parquet})
    observations.create()
    return books, lake, register, metering


def sealed(path: Path, released: datetime) -> bytes:
    """Return a file as a batch that was collected."""
    data = path.read_bytes()
    statement = Statement("country", Way.COLLECTED, 0, released, "parquet", sha256(data).hexdigest())
    return seal(statement, b"", data)


def fleet(pools: int) -> Fleet:
    """Return a fleet of a hundred sites that share the pools."""
    sites = tuple(site(n, range(n, pools, SITES)) for n in range(min(SITES, pools)))
    origins = (Origin("country", "Country", "全国", "", "", Point(106.2, 38.5), 1.0),)
    sources = (Source("country", "Country", "全国", 86400, 3600),)
    return Fleet("country", "A country", "全国", "Asia/Shanghai", sites, origins, {}, sources=sources)


def site(number: int, pools: range) -> Site:
    """Return a site, and a meter at each of its pools."""
    name = f"site-{number:03}"
    return Site(
        site_id=name,
        name_en=name,
        name_zh=name,
        hub_id="",
        adcode="",
        macro="",
        point=Point(106.2, 38.5),
        pue=1.2,
        power_cap_kw=1e9,
        price_fen_per_kwh=(30.0,) * 24,
        location_kg_per_kwh=0.5,
        green_share=0.5,
        pools=tuple(Pool(f"{name}/{n:05}", Kind.INTELLIGENT, "", 1000.0, 0.5) for n in pools),
        meters=tuple(Meter(f"used-{n:05}", Measure.USED, "country", f"{name}/{n:05}") for n in pools),
    )


STEPS = {"make": make, "ingest": ingest, "copy": copy, "ask": ask, "ask_by_hand": ask_by_hand}


if __name__ == "__main__":
    main()
