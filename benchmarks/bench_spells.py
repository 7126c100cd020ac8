"""Count a monthly region x industry panel from made employment spells; beside it, DuckDB on the same files, by hand.

Persons of 31 regions and 97 industries hold about four jobs each over five years, with breaks of up to half a year.
Every measurement is a process of its own, so that its memory is its own; what does not fit is spilled to the disk.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.record import RESULTS, write

from qipan.bootstrap.spells import Question, ask
from qipan.labour.sources import spells
from qipan.labour.store.spell import SPELLS, SPELLS_SCHEMA, flows
from qipan.storage.lake import Lake

SEED, ROWS, PART = 20260101, 108_000_000, 2_000_000
JOBS_EACH, REGIONS, INDUSTRIES = 4, 31, 97
FIRST = date(2021, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
DAYS = 5 * 365
WITHIN_DAYS = 60
QUESTION = Question(
    WITHIN_DAYS, by_occupation=False, since=date(2021, 2, 1), until=date(2026, 1, 1), today=date(2026, 1, 1)
)
FILE = "spells.parquet"

BY_HAND = """
WITH spell AS (SELECT * FROM read_parquet([{files}])),
ended AS (
  SELECT person, region, industry, start, "end",
    date_trunc('month', "end" - 1) AS month, date_trunc('month', start - 1) + INTERVAL 1 MONTH AS held_from
  FROM spell WHERE "end" IS NOT NULL),
part AS (
  SELECT region, industry, date_trunc('month', start - 1) + INTERVAL 1 MONTH AS month,
    count(*) AS opened, 0 AS closed, 0 AS separated, 0 AS lost FROM spell GROUP BY ALL
  UNION ALL
  SELECT region, industry, month, 0, count(*), count(*) FILTER (held_from <= month), 0 FROM ended GROUP BY ALL
  UNION ALL
  SELECT region, industry, month, 0, 0, 0, count(*) FROM ended WHERE held_from <= month AND NOT EXISTS (
    FROM spell WHERE spell.person = ended.person AND spell.start < ended."end" + {within}
      AND coalesce(spell."end", DATE '9999-12-31') > ended."end") GROUP BY ALL)
SELECT region, industry, year(month) * 12 + month(month) - 1 AS month, sum(opened)::BIGINT AS opened,
  sum(closed)::BIGINT AS closed, sum(separated)::BIGINT AS separated, sum(lost)::BIGINT AS lost
FROM part GROUP BY ALL ORDER BY ALL
"""


def main() -> None:
    """Measure each step in a process of its own; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, help="Where the spells stand meanwhile.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--step", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, folder = options.step
        told = make(Path(folder), options.rows) if name == "make" else STEPS[name](Path(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps(told | {"peak_mb": peak.ru_maxrss // 1024, "cpu_s": round(peak.ru_utime + peak.ru_stime, 1)}))
        return
    with tempfile.TemporaryDirectory(prefix="qipan-bench-", dir=options.folder) as folder:
        load = [round(os.getloadavg()[0], 2)]
        found = {name: step(name, folder, options.rows) for name in ("make", *STEPS)}
        load.append(round(os.getloadavg()[0], 2))
    assert found["ask"]["digest"] == found["ask_by_hand"]["digest"], "Both ways must give the same counts."
    result = {
        "rows": found["make"]["rows"],
        "ask_ratio_to_by_hand": round(found["ask"]["ask_s"] / found["ask_by_hand"]["ask_s"], 2),
        "answers_equal": True,
        "intake_rows_per_s": round(found["make"]["rows"] / found["intake"]["whole_s"]),
        "load_before_and_after": load,
        "duckdb": duckdb.__version__,
        **found,
    }
    print(json.dumps(result, indent=2))
    print(write("bench_spells", result, options.results))


def step(name: str, folder: str, rows: int) -> dict[str, Any]:
    """Run one step in a process of its own; return what it tells."""
    command = [sys.executable, __file__, "--rows", str(rows), "--step", name, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def make(folder: Path, rows: int) -> dict[str, Any]:
    """Write the spells as people would bring them."""
    with pq.ParquetWriter(folder / FILE, next(made(1, 1)).schema) as file:
        count = sum(file.write_table(part) or len(part) for part in made(SEED, rows))
    return {"rows": count}


def made(seed: int, rows: int) -> Iterator[pa.Table]:
    """Yield spells of persons, part by part: jobs of gamma-like length, breaks, now and then a second job beside."""
    rng = np.random.default_rng(seed)
    regions, industries = (np.array([f"{n:02}" for n in range(count)]) for count in (REGIONS, INDUSTRIES))
    for first in range(0, rows, PART):
        persons = max(1, min(PART, rows - first) // JOBS_EACH)
        lengths = rng.gamma(2.0, 150.0, (persons, JOBS_EACH)).astype(np.int64) + 1
        breaks = np.where(rng.random(lengths.shape) < 0.5, 0, rng.integers(-30, 180, lengths.shape))
        start = rng.integers(-200, DAYS // 2, persons)[:, None] + np.cumsum(lengths + breaks, axis=1) - lengths
        end = start + lengths
        is_known = (start < DAYS) & (end > 0)
        home = rng.integers(0, REGIONS, persons)[:, None]
        region = np.where(rng.random(lengths.shape) < 0.1, rng.integers(0, REGIONS, lengths.shape), home)
        industry = (rng.random(lengths.shape) ** 2 * INDUSTRIES).astype(np.int64)
        person = (first + np.arange(persons))[:, None] + np.zeros_like(start)
        drawn = {"region": region, "industry": industry, "person": person, "start": start, "end": end}
        kept = {name: array[is_known] for name, array in drawn.items()}
        yield pa.table({
            "person": pa.array(kept["person"]),
            "region": pa.array(regions).take(pa.array(kept["region"])),
            "industry": pa.array(industries).take(pa.array(kept["industry"])),
            "start": _days(kept["start"]),
            "end": _days(kept["end"], mask=kept["end"] >= DAYS),
        })  # fmt: skip


def _days(days: np.ndarray[Any, Any], mask: Any = None) -> pa.Array:
    return pa.array((days + FIRST).astype(np.int32), mask=mask).cast(pa.date32())


def intake(folder: Path) -> dict[str, Any]:
    """Check the rows, put pseudonyms for persons, and lay them in the lake."""
    began = time.perf_counter()
    lake = Lake(folder / "lake")
    lake.create(SPELLS, SPELLS_SCHEMA)
    reading = spells.Tally()
    parts = spells.read(folder / FILE, b"benchmark" * 3, reading, today=QUESTION.today)
    assert lake.append(SPELLS, parts, source="made", sequence=1, after=0)
    assert reading.left_out == 0
    return {"whole_s": round(time.perf_counter() - began, 2)}


def ask_by_hand(folder: Path) -> dict[str, Any]:
    """Ask DuckDB in its own words."""
    files = ", ".join(f"'{path}'" for path in sorted((folder / "lake" / SPELLS).glob("*.parquet")))
    began = time.perf_counter()
    with duckdb.connect() as engine:
        engine.execute("SET temp_directory = ?", [str(folder / "spill")])
        table = engine.sql(BY_HAND.format(files=files, within=WITHIN_DAYS)).to_arrow_table()
    return {"ask_s": round(time.perf_counter() - began, 2), "digest": digest(table)}


def ask_ours(folder: Path) -> dict[str, Any]:
    """Ask as the product does."""
    began = time.perf_counter()
    table = flows(Lake(folder / "lake").table(SPELLS), within_days=WITHIN_DAYS, by_occupation=False).to_pyarrow()
    asked_s = time.perf_counter() - began
    return {"ask_s": round(asked_s, 2), "digest": digest(table)}


def panel(folder: Path) -> dict[str, Any]:
    """Make the whole panel, from the lake to the rates of each cell and month."""
    began = time.perf_counter()
    jobs = ask(Lake(folder / "lake"), QUESTION)
    told = {"cells": len(jobs.cells), "months": len(jobs.months), "held_last": int(jobs.held[:, -1].sum())}
    return {"whole_s": round(time.perf_counter() - began, 2), **told}


def digest(table: pa.Table) -> str:
    """Return a digest of the counts, whatever their order."""
    names = ["region", "industry", "month", "opened", "closed", "separated", "lost"]
    rows = sorted(zip(*(table[name].to_pylist() for name in names), strict=True))
    return hashlib.sha256(repr(rows).encode()).hexdigest()


STEPS = {"intake": intake, "ask_by_hand": ask_by_hand, "ask": ask_ours, "panel": panel}

if __name__ == "__main__":
    main()
