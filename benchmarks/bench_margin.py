"""Back-test initial margin, and ask how often the largest default reaches the mutual fund.

Real prices are the daily means of one region's spot electricity, a proxy: no public price of compute is as long. The
rules were not chosen on them. Made histories have heavy tails, one of them calm and wild times, one jumps, and the
truth is known. Members, shares and capital of the stress are made too.

    python benchmarks/bench_margin.py
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import record  # noqa: E402

from qipan.market.back_test import exceptions, kupiec, power  # noqa: E402
from qipan.market.margin import initial_margin_fen  # noqa: E402
from qipan.market.model.array import Ints  # noqa: E402
from qipan.market.model.margin import DECAY, MarginRule, Measure  # noqa: E402
from qipan.market.model.stress import Stress  # noqa: E402
from qipan.market.stress import stress  # noqa: E402

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
    "of the product": MarginRule(PROMISED, Measure.SHORTFALL, 2, decay=DECAY),
    "of the product, plain": MarginRule(PROMISED, Measure.SHORTFALL, 2),
}
WORLDS = {"steady": (0.0, 1.0), "calm and wild": (0.96, 1.0), "break, three times as wild": (0.0, 3.0)}
"""Memory of the logarithm of the spread, and its factor when the trial begins."""
JUMPS = "with jumps"
JUMP_CHANCE, JUMP_FEN = 0.01, 400.0
"""Of a day, and its size, ten times the width of a move: up or down alike."""
HELD = np.array([[1000], [400], [100], [-800], [-700]])
"""Card-hours of the members of the stress; the first is the largest, long or short."""
FUND, HOUSE = 0.10, 0.025
"""The mutual fund, paid in proportion to margin, and the house's capital, of all margin: assumed."""


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
    told["stress"] = stressed(asked.histories)
    for name, one in (told["real"] or {}).items():
        print(
            f"real, {name}: {one['exceptions']} exceptions of {one['trials']}, coverage {one['coverage']:.2%}, as many "
            f"or more by chance {one['p_more']:.2f}, {'rejected as short' if one['is_short'] else 'not rejected'}"
        )
    for world, rules in told["made"].items():
        for name, one in rules.items():
            print(f"{world}, {name}: coverage {one['coverage']:.2%}, rejected as short in {one['rejected']:.0%}")
    for world, rules in told["stress"].items():
        for name, one in (rules or {}).items():
            print(f"largest default, {world}, {name}: {one['paths']} paths, beyond its own {one['house']:.2%}, "
                  f"others' fund {one['others']:.2%}, uncovered {one['uncovered']:.2%}")  # fmt: skip
    path = record.write("bench_margin", told, asked.results)
    print(f"See {path.name}.")
    return 0


def real() -> dict[str, Any] | None:
    """Return what the test says of each rule on the real prices; none where they are not at hand."""
    marks = real_marks()
    if marks is None:
        print("real prices: not at hand")
        return None
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


def real_marks() -> Ints | None:
    """Return the real prices ``(days, 1)``, fen; none where they are not at hand."""
    data = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data"))
    file = data / "compute" / "spot_price_15min.csv.gz"
    if not file.exists():
        return None
    days: dict[str, list[float]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            days[row["day"]].append(float(row["clearing price (CNY/MWh)"]))
    return np.array([[round(100 * float(np.mean(prices)))] for prices in days.values()], dtype=np.int64)


def stressed(histories: int) -> dict[str, Any]:
    """Return how often the largest default reaches each layer, by world and rule; margin is found anew each time."""
    marks = real_marks()
    worlds = {world: [walk(world, number) for number in range(histories)] for world in (*WORLDS, JUMPS)}
    windows = dict.fromkeys(worlds, WINDOW_DAYS) | {"real proxy": REAL_WINDOW_DAYS}
    if marks is not None:
        worlds["real proxy"] = [marks]
    rules = {name: rule for name, rule in RULES.items() if name.startswith("of the product")}
    return {
        world: {name: asdict(runs(found, rule, windows[world])) for name, rule in rules.items()}
        for world, found in worlds.items()
    }


def runs(histories: Sequence[Ints], rule: MarginRule, window: int) -> Stress:
    """Return the stress of all holding periods of histories, with the largest member long and with it short."""
    margins, moves = [], []
    for marks in histories:
        for day in range(window, len(marks) - rule.holding_days + 1, rule.holding_days):
            past, move = marks[day - window : day], marks[day - 1 + rule.holding_days] - marks[day - 1]
            for sign in (1, -1):
                margins.append(initial_margin_fen(sign * HELD, past, rule))
                moves.append(sign * move)
    every = np.array(margins)
    shares, house = (np.rint(part * every).astype(np.int64) for part in (FUND, HOUSE))
    return stress(HELD, np.array(moves), every, shares, house.sum(axis=1))


def made(world: str, rule: MarginRule, histories: int) -> dict[str, float]:
    """Return coverage of a long position and the share of histories that reject it, over made histories."""
    found = [exceptions(BOTH_WAYS[:1], walk(world, number), rule, WINDOW_DAYS) for number in range(histories)]
    rejected = sum(kupiec(int(one.sum()), one.size, PROMISED).is_short for one in found)
    return {"coverage": 1.0 - float(np.mean(found)), "rejected": rejected / histories}


def walk(world: str, number: int) -> Ints:
    """Return made marks ``(days, 1)``: moves of Student's t with four degrees, 40 fen wide at first."""
    memory, factor = WORLDS.get(world, (0.0, 1.0))
    rng = np.random.default_rng([SEED, [*WORLDS, JUMPS].index(world), number])
    days = WINDOW_DAYS + TRIED_DAYS
    spread = np.zeros(days)
    for day in range(1, days):
        spread[day] = memory * spread[day - 1] + (0.2 * rng.standard_normal() if memory else 0.0)
    moves = rng.standard_t(4, days) * 40.0 * np.exp(spread)
    moves[WINDOW_DAYS:] *= factor
    if world == JUMPS:
        moves += rng.choice([-JUMP_FEN, 0.0, JUMP_FEN], days, p=[JUMP_CHANCE / 2, 1 - JUMP_CHANCE, JUMP_CHANCE / 2])
    return 100_000 + np.cumsum(np.rint(moves).astype(np.int64))[:, None]


if __name__ == "__main__":
    sys.exit(main())
