"""Panels for the tests of labour: made ones, and real ones where the data are there."""

from __future__ import annotations

import csv
import gzip
import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qipan.labour.model.panel import Cadence, Cell, Panel

ROOT = Path(__file__).resolve().parents[2]


def panel_of(values, cadence=Cadence.MONTH, first=date(2000, 1, 1), cells=None, unit="percent") -> Panel:
    values = np.asarray(values, dtype=np.float64)
    cells = cells or [Cell(f"r{at:02}") for at in range(len(values))]
    starts = tuple(cadence.after(first, at) for at in range(values.shape[1]))
    return Panel(tuple(cells), starts, cadence, unit, values)


def waves(cells: int, periods: int, seed: int, every: int = 72) -> np.ndarray:
    """Return rates that waver, and in most cells rise by about three points once in every so many periods."""
    rng = np.random.default_rng(seed)
    values = 5.0 + rng.normal(0.0, 0.05, (cells, periods))
    for at in range(1, periods):
        values[:, at] += 0.8 * (values[:, at - 1] - 5.0)
    for start in range(every // 2, periods - every // 2, every):
        for cell in range(cells):
            begin, size = start + rng.integers(0, 6), rng.choice([0.3, 3.0, 3.5], p=[0.3, 0.4, 0.3])
            up = np.clip(np.arange(periods) - begin, 0, 18) / 18
            down = np.clip(np.arange(periods) - begin - 24, 0, 18) / 18
            values[cell] += size * (up - down)
    return values


@pytest.fixture(scope="session")
def states() -> Panel:
    """Unemployment in 51 states by the month, 1976 to 2003, in per cent of those in the labour force."""
    folder = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data"))
    path = folder / "labour/us_state_unemployment_monthly_1976_2003.csv.gz"
    if not path.exists():
        words = f"real data are not at {folder}; QIPAN_DATA names their folder"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if len(row["fips"]) <= 2]
    names = sorted({row["state"] for row in rows})
    values = np.full((len(names), 12 * 28), np.nan)
    for row in rows:
        at = (int(row["year"]) - 1976) * 12 + int(row["month"]) - 1
        values[names.index(row["state"]), at] = 100.0 * float(row["unem"]) / float(row["clf"])
    return panel_of(values, first=date(1976, 1, 1), cells=[Cell(name) for name in names])
