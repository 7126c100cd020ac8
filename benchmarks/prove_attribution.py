"""Prove what attribution promises: dates at which nothing happened are told at most so often, intervals hold the truth.

Simulated panels, labelled so, of four kinds, without an effect and with one; and real unemployment of 51 states by the
month, where each state stands for an industry, exposures are dealt out at random, and each date is as good as another.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.random_employment import KINDS, Kind, random_employment
from benchmarks.record import RESULTS, write
from scipy.special import betaincinv

from qipan.labour.attribute import attribute
from qipan.labour.model.attribution import Attribution, CellExposures, Verdict
from qipan.labour.model.panel import Cadence, Cell, Panel

PANELS, REGIONS, INDUSTRIES, MONTHS, SINCE, WINDOW = 1000, 8, 97, 132, 120, 12
EFFECT = -0.30
"""Fall of what is wholly exposed, in logarithms, over a year; so the mean of that year falls by 6.5 twelfths of it."""
REALISED = EFFECT * 6.5 / 12.0
CLOSE = 0.2
DATA = Path(os.environ.get("QIPAN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def main() -> int:
    """Run the proof; exit 1 where, beyond chance, placebos are told too often or intervals hold too little."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panels", type=int, default=PANELS, help="of each kind, without and with an effect")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    began = time.monotonic()
    kinds = {kind.name: simulated(kind, asked.panels, asked.seed) for kind in KINDS}
    real = on_states(asked.panels, asked.seed)
    told = sum(one["placebo_told"]["found"] for one in kinds.values())
    count = len(KINDS) * asked.panels
    held = sum(one["interval_90_held"]["found"] for one in kinds.values())
    whole: dict[str, Any] = {
        "seed": asked.seed,
        "simulated": {"panels_of_each_kind": asked.panels, "regions": REGIONS, "industries": INDUSTRIES,
                      "months_before": SINCE, "window_months": WINDOW, "effect": EFFECT, **kinds},
        "all_simulated": {"placebo_told": share(told, count), "interval_90_held": share(held, count)},
        "real_states_with_random_exposures": real,
        "took_s": round(time.monotonic() - began, 1),
    }  # fmt: skip
    print(whole)
    print(f"See {write('prove_attribution', whole, asked.results).name}.")
    # Chance alone must not break the promise: the lower end speaks.
    worst = max(whole["all_simulated"]["placebo_told"]["from"], real["placebo_told"]["from"])
    return int(worst > 0.06 or whole["all_simulated"]["interval_90_held"]["to"] < 0.88)


def simulated(kind: Kind, panels: int, seed: int) -> dict[str, Any]:
    """Return what came of one kind of panels."""
    told = held = close = seen = 0
    place = KINDS.index(kind)
    for number in range(panels):
        nothing = once(kind, [seed, place, number, 0], 0.0)
        told += nothing.verdict(0) is not Verdict.CANNOT_TELL
        found = once(kind, [seed, place, number, 1], EFFECT)
        lower, upper = found.estimates[0].interval
        held += lower <= REALISED <= upper
        close += abs(found.estimates[0].effect - REALISED) <= CLOSE * abs(REALISED)
        seen += found.verdict(0) is Verdict.LOWERS
    return {
        "placebo_told": share(told, panels),
        "interval_90_held": share(held, panels),
        "within_a_fifth": share(close, panels),
        "effect_told": share(seen, panels),
    }


def once(kind: Kind, seed: list[int], effect: float) -> Attribution:
    """Attribute the change of one panel."""
    panel, exposure = random_employment(
        np.random.default_rng(seed), kind, regions=REGIONS, industries=INDUSTRIES, months=MONTHS, effect=effect,
        since=SINCE,
    )  # fmt: skip
    return attribute(panel, np.log(panel.values), exposure, SINCE, WINDOW)


def on_states(draws: int, seed: int) -> dict[str, Any]:
    """Return how often a random exposure of states is told at a random date of 1982 to 2002."""
    panel = states()
    chance = np.random.default_rng(seed)
    told = 0
    for _ in range(draws):
        rows = tuple(("nothing", Cell("", one.industry), 0, float(chance.beta(2.0, 5.0))) for one in panel.cells)
        at = int(chance.integers(6 * WINDOW, len(panel.starts) - WINDOW))
        found = attribute(panel, panel.values, CellExposures(("nothing",), rows), at, WINDOW)
        told += found.verdict(0) is not Verdict.CANNOT_TELL
    return {"draws": draws, "placebo_told": share(told, draws)}


def states() -> Panel:
    """Return unemployment of 51 states by the month, as if each were an industry of one region."""
    with gzip.open(DATA / "labour/us_state_unemployment_monthly_1976_2003.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if len(row["fips"]) <= 2]
    names = sorted({row["state"] for row in rows})
    values = np.full((len(names), 12 * 28), np.nan)
    for row in rows:
        at = (int(row["year"]) - 1976) * 12 + int(row["month"]) - 1
        values[names.index(row["state"]), at] = 100.0 * float(row["unem"]) / float(row["clf"])
    starts = tuple(Cadence.MONTH.after(date(1976, 1, 1), at) for at in range(values.shape[1]))
    return Panel(tuple(Cell("us", name) for name in names), starts, Cadence.MONTH, "percent", values)


def share(found: int, of: int) -> dict[str, Any]:
    """Return a share with its 95 % interval (Clopper and Pearson)."""
    lower = float(betaincinv(found, of - found + 1, 0.025)) if found else 0.0
    upper = float(betaincinv(found + 1, of - found, 0.975)) if found < of else 1.0
    return {"found": found, "share": round(found / of, 4), "from": round(lower, 4), "to": round(upper, 4)}


if __name__ == "__main__":
    sys.exit(main())
