"""Back-test initial margin: coverage on real prices, and how often the test finds a short rule and a break.

Real prices are the daily means of one region's spot electricity, a proxy: no public price of compute is as long. The
rules were not chosen on them. Made histories have heavy tails, one of them calm and wild times, and the truth is known.

    python benchmarks/bench_margin.py
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import record  # noqa: E402

from qipan.market.back_test import exceptions, kupiec, power  # noqa: E402
from qipan.market.model.array import Ints  # noqa: E402
from qipan.market.model.margin import MarginRule, Measure  # noqa: E402

SEED = 11
PROMISED = 0.99
WINDOW_DAYS, TRIED_DAYS = 250, 250
REAL_WINDOW_DAYS = 120
"""The real history has little more than a year."""
BOTH_WAYS = np.array([[1], [-1]])
RULES = {
    "quantile": MarginRule(PROMISED, Measure.QUANTILE, 1),
    "shortfall": MarginRule(PROMISED, Measure.SHORTFALL, 1),
    "scaled quantile": MarginRule(PROMISED, Measure.QUANTILE, 1, decay=0.94),
    "scaled shortfall": MarginRule(PROMISED, Measure.SHORTFALL, 1, decay=0.94),
    "short on purpose, 0.95": MarginRule(0.95, Measure.QUANTILE, 1),
}
WORLDS = {"steady": (0.0, 1.0), "calm and wild": (0.96, 1.0), "break, three times as wild": (0.0, 3.0)}
"""Memory of the logarithm of the spread, and its factor when the trial begins."""


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--results", type=Path, default=record.RESULTS)
    asked = parser.parse_args()
    told: dict[str, Any] = {"seed": SEED, "promised": PROMISED, "histories": asked.histories, "real": real()}
    told["power_at_3_of_100"] = round(power(TRIED_DAYS, PROMISED, 0.03), 3)
    told["made"] = {
        world: {name: made(world, rule, asked.histories) for name, rule in RULES.items()} for world in WORLDS
    }
    for name, one in (told["real"] or {}).items():
        print(
            f"real, {name}: {one['exceptions']} exceptions of {one['trials']}, coverage {one['coverage']:.2%}, as many "
            f"or more by chance {one['p_more']:.2f}, {'rejected as short' if one['is_short'] else 'not rejected'}"
        )
    for world, rules in told["made"].items():
        for name, one in rules.items():
            print(f"{world}, {name}: coverage {one['coverage']:.2%}, rejected as short in {one['rejected']:.0%}")
    path = record.write("bench_margin", told, asked.results)
    print(f"See {path.name}.")
    return 0


def real() -> dict[str, Any] | None:
    """Return what the test says of each rule on the real prices; none where they are not at hand."""
    data = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data"))
    file = data / "compute" / "spot_price_15min.csv.gz"
    if not file.exists():
        print("real prices: not at hand")
        return None
    days: dict[str, list[float]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            days[row["day"]].append(float(row["clearing price (CNY/MWh)"]))
    marks = np.array([[round(100 * float(np.mean(prices)))] for prices in days.values()], dtype=np.int64)
    told = {}
    for name, rule in RULES.items():
        found = exceptions(BOTH_WAYS, marks, rule, REAL_WINDOW_DAYS)
        test = kupiec(int(found.sum()), found.size, PROMISED)
        told[name] = {
            "days": len(marks),
            "exceptions": test.exceptions,
            "trials": test.trials,
            "coverage": 1.0 - test.exceptions / test.trials,
            "p_value": test.p_value,
            "p_more": test.p_more,
            "is_short": test.is_short,
        }
    return told


def made(world: str, rule: MarginRule, histories: int) -> dict[str, float]:
    """Return coverage of a long position and the share of histories that reject it, over made histories."""
    found = [int(exceptions(BOTH_WAYS[:1], walk(world, i), rule, WINDOW_DAYS).sum()) for i in range(histories)]
    rejected = sum(kupiec(count, TRIED_DAYS, PROMISED).is_short for count in found)
    return {"coverage": 1.0 - sum(found) / (TRIED_DAYS * histories), "rejected": rejected / histories}


def walk(world: str, number: int) -> Ints:
    """Return made marks ``(days, 1)``: moves of Student's t with four degrees, 40 fen wide at first."""
    memory, factor = WORLDS[world]
    rng = np.random.default_rng([SEED, list(WORLDS).index(world), number])
    days = WINDOW_DAYS + TRIED_DAYS
    spread = np.zeros(days)
    for day in range(1, days):
        spread[day] = memory * spread[day - 1] + (0.2 * rng.standard_normal() if memory else 0.0)
    moves = rng.standard_t(4, days) * 40.0 * np.exp(spread)
    moves[WINDOW_DAYS:] *= factor
    return 100_000 + np.cumsum(np.rint(moves).astype(np.int64))[:, None]


if __name__ == "__main__":
    sys.exit(main())
