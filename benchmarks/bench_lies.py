"""Measure how often lies of `lies.py` are found at the false warnings promised, and write JSON and the page's tables.

Thresholds come from honest sites with shapes of half of the groups of openb. They are then fixed, and tried on the
other half and on Philly, which nothing was fitted to.

    python benchmarks/bench_lies.py
"""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import lies
import numpy as np
import record
from lies import HOURS, Floats, Telemetry, World
from scipy.stats import beta

from qipan.ledger.contradict import contradict_order
from qipan.ledger.drift import drift
from qipan.ledger.peers import compare_peers
from qipan.ledger.suspect import suspect

DATA = Path(os.environ.get("QIPAN_DATA", record.ROOT.parent / "shared" / "data")) / "compute"
PAGE = record.ROOT / "docs" / "lies.md"
SEED = 20260601
REFERENCE_DAYS, TRIED_DAYS = 60, 30
ONSET = REFERENCE_DAYS * HOURS
SITES = 100
"""Sites of one batch."""
CALIBRATION, HONEST, LIARS, HARD = 30, 20, 5, 4
"""Batches; the first one tells every kind of lie, the other liars the one of the aim."""
RATE = 0.01
DETECTORS = ("card", "grid", "pue")
ACCURACY = {"card_wh": 0.01, "host_wh": 0.01, "pdu_wh": 0.01, "grid_wh": 0.01}
HARDER = {
    "loads twice as uneven": World(intensity_sd=0.06),
    "loads change within hours": World(intensity_memory=0.8),
    "loads change over weeks": World(intensity_memory=0.997),
    "mix of models drifts three times as fast": World(mix_drift_per_day=0.0021),
}
Shapes = dict[str, Floats]


def shapes() -> Shapes:
    """Return shapes to calibrate on, held-out ones of the same trace, and those of another."""
    rng = np.random.default_rng(SEED)
    openb = lies.openb_shapes(DATA / "openb_pods.csv.gz", 24, rng)
    return {
        "calibration": openb[:12],
        "openb": openb[12:],
        "philly": lies.philly_shapes(DATA / "philly.csv.gz", 12, rng),
    }


def statistics(told: Telemetry) -> Floats:
    """Return what each detector says of each site, axes (detectors, sites), and last the greatest break of a law."""
    used = np.maximum(told.used, 1e-3 * told.capacity)
    cooling = np.maximum(told.temperature_c - 12, 0)
    by = {
        "card": (told.card_wh, np.stack([used, told.capacity])),
        "grid": (told.grid_wh, np.stack([used, told.capacity, used * cooling, told.capacity * cooling])),
        "pue": (told.grid_wh, np.stack([told.pdu_wh, told.pdu_wh * cooling, told.pdu_wh**2 / told.capacity])),
    }
    said = [np.abs(np.nan_to_num(drift(*by[name], ONSET)[0])) for name in DETECTORS]
    series = {name: getattr(told, name) for name in (*ACCURACY, "green_wh", "used", "allocated")}
    broken = contradict_order(series | {"certified": told.capacity}, ACCURACY, dict.fromkeys(ACCURACY, 100.0))
    return np.stack([*said, np.max([one.excess[:, ONSET:].max(axis=1) for one in broken], axis=0)])


def batch(
    held: Shapes, name: str, number: int, world: World, kinds: tuple[tuple[str, float], ...]
) -> dict[Any, Floats]:
    """Return statistics of a batch of honest sites, and of the same sites telling each lie."""
    place = ("calibration", "openb", "philly").index(name)
    rng = np.random.default_rng([SEED, place, number])
    truth = lies.honest(held[name], SITES, REFERENCE_DAYS + TRIED_DAYS, rng, world)
    said = {"honest": statistics(truth)}
    return said | {(kind, size): statistics(lies.tell(truth, kind, size, REFERENCE_DAYS)) for kind, size in kinds}


def interval(found: int, tried: int) -> dict[str, Any]:
    """Return a share with its 95 % interval of Clopper and Pearson."""
    low = float(beta.ppf(0.025, found, tried - found + 1)) if found else 0.0
    high = float(beta.ppf(0.975, found + 1, tried - found)) if found < tried else 1.0
    return {"found": found, "tried": tried, "share": found / tried, "low": low, "high": high}


def thresholds(said: Floats) -> Floats:
    """Return for each detector the value that an honest site exceeds with a probability of its part of `RATE`."""
    rank = int(np.ceil((1 - RATE / len(DETECTORS)) * (said.shape[1] + 1))) - 1
    return np.array([*np.sort(said[: len(DETECTORS)], axis=1)[:, min(rank, said.shape[1] - 1)], 0.0])


def judge(said: Floats, limits: Floats) -> dict[str, Any]:
    """Return how many sites any detector names, and how many each does."""
    named = said > limits[:, None]
    each = {name: int(row.sum()) for name, row in zip((*DETECTORS, "law"), named, strict=True)}
    return {**interval(int(named.any(axis=0).sum()), said.shape[1]), "by_detector": each}


def peers(held: Shapes) -> dict[str, Any]:
    """Try lies told from the first day on, which leave no change: one liar among fifty sites of the same model."""
    rng = np.random.default_rng([SEED, 9])
    truth = lies.honest(held["openb"], 1000, TRIED_DAYS, rng)

    def slope(told: Telemetry) -> Floats:
        x = told.used / told.capacity
        y = np.where(np.isnan(told.card_wh), np.nan, told.card_wh / told.capacity)
        x = np.where(np.isnan(y), np.nan, x)
        x, y = x - np.nanmean(x, axis=1, keepdims=True), y - np.nanmean(y, axis=1, keepdims=True)
        return np.asarray(np.nansum(x * y, axis=1) / np.nansum(x * x, axis=1))

    value = slope(truth)

    def deviations(told: Floats) -> Floats:
        found = np.empty(len(value))
        for site in range(len(value)):
            first = site // 50 * 50
            of_kind = value[first : first + 50].copy()
            of_kind[site - first] = told[site]
            found[site] = np.abs(compare_peers(of_kind, ["model"] * 50).deviations[site - first])
        return found

    honest = deviations(value)
    limit = float(np.sort(honest[:500])[int(np.ceil((1 - RATE) * 501)) - 1])
    rows = {
        f"{z:g}": interval(int((deviations(slope(lies.tell(truth, "over_report", z)))[500:] > limit).sum()), 500)
        for z in lies.SIZES
    }
    return {"limit": limit, "honest": interval(int((honest[500:] > limit).sum()), 500), "over_report": rows}


def warned(held: Shapes, name: str, number: int, world: World, kinds: tuple[tuple[str, float], ...]) -> dict[Any, Any]:
    """Return which sites `suspect` names at `RATE`: all honest, and of each lie with one site in twenty telling it."""
    place = ("calibration", "openb", "philly").index(name)
    rng = np.random.default_rng([SEED, 20 + place, number])
    truth = lies.honest(held[name], SITES, REFERENCE_DAYS + TRIED_DAYS, rng, world)

    def named(told: Telemetry) -> Any:
        both = suspect(told.card_wh, told.used, told.capacity, ["model"] * SITES, ONSET)
        return np.any([one.chance <= RATE / len(both) for one in both], axis=0)

    found = {"honest": named(truth)}
    for kind, size in kinds:
        lied = lies.tell(truth, kind, size, REFERENCE_DAYS)
        hit = np.zeros(SITES, dtype=bool)
        for first in range(20):
            lying = np.arange(SITES) % 20 == first
            told = {one: np.where(lying[:, None], getattr(lied, one), getattr(truth, one)) for one in lies.REPORTED}
            hit |= named(replace(truth, **told)) & lying
        found[kind, size] = hit
    return found


def warnings(held: Shapes) -> dict[str, Any]:
    """Measure what `qipan ledger suspicions` promises and finds."""
    kinds = tuple((kind, size) for kind in lies.KINDS for size in lies.SIZES)
    aim = tuple(("over_report", size) for size in lies.SIZES)
    few = (("over_report", 0.05), ("over_report", 0.10))
    plan = [
        (name, n, World(), (kinds if n == 0 else aim if n < LIARS else ()))
        for name in ("openb", "philly")
        for n in range(HONEST)
    ]
    plan += [("openb", n, world, few) for world in HARDER.values() for n in range(HARD)]
    with ProcessPoolExecutor(2) as pool:
        said = list(pool.map(partial(_warned, held), plan))
    found: dict[str, Any] = {}
    for (name, _, world, lied), one in zip(plan, said, strict=True):
        title = next((title for title, harder in HARDER.items() if harder is world), name)
        for key in ("honest", *lied):
            label = key if key == "honest" else f"{key[0]} {key[1]:g}"
            found.setdefault(title, {}).setdefault(label, []).append(one[key])
    return {
        title: {label: interval(int(np.sum(hits)), int(np.size(hits))) for label, hits in of.items()}
        for title, of in found.items()
    }


def measure() -> dict[str, Any]:
    """Run everything."""
    began, held = time.perf_counter(), shapes()
    kinds = tuple((kind, size) for kind in lies.KINDS for size in lies.SIZES)
    aim = tuple(("over_report", size) for size in lies.SIZES)
    few = (("over_report", 0.05), ("over_report", 0.10))
    plan = [("calibration", n, World(), ()) for n in range(CALIBRATION)]
    plan += [
        (name, n, World(), (kinds if n == 0 else aim if n < LIARS else ()))
        for name in ("openb", "philly")
        for n in range(HONEST)
    ]
    hard = [
        (name, n, world, lied)
        for world in HARDER.values()
        for name, lied in (("calibration", ()), ("openb", few))
        for n in range(HARD)
    ]
    with ProcessPoolExecutor(2) as pool:
        said = list(pool.map(partial(_one, held), plan + hard))
    base = dict(zip([(name, n) for name, n, *_ in plan], said[: len(plan)], strict=True))
    limits = thresholds(np.concatenate([base["calibration", n]["honest"] for n in range(CALIBRATION)], axis=1))
    tried: dict[str, Any] = {}
    for name in ("openb", "philly"):
        honest = np.concatenate([base[name, n]["honest"] for n in range(HONEST)], axis=1)
        tried[name] = {"honest": judge(honest, limits)}
        for kind, size in kinds:
            lied = np.concatenate(
                [base[name, n][kind, size] for n in range(LIARS if kind == "over_report" else 1)], axis=1
            )
            tried[name].setdefault(kind, {})[f"{size:g}"] = judge(lied, limits)
    harder = {}
    for place, world in enumerate(HARDER):
        of_world = said[len(plan) + 2 * HARD * place : len(plan) + 2 * HARD * (place + 1)]
        own = thresholds(np.concatenate([one["honest"] for one in of_world[:HARD]], axis=1))
        joined = {key: np.concatenate([one[key] for one in of_world[HARD:]], axis=1) for key in ("honest", *few)}
        harder[world] = {
            "honest_at_old_limits": judge(joined["honest"], limits),
            "honest": judge(joined["honest"], own),
            **{f"{kind} {size:g}": judge(joined[kind, size], own) for kind, size in few},
        }
    return {
        "seed": SEED,
        "reference_days": REFERENCE_DAYS,
        "tried_days": TRIED_DAYS,
        "calibration_sites": CALIBRATION * SITES,
        "limits": dict(zip(DETECTORS, limits.tolist(), strict=False)),
        "tried": tried,
        "harder_worlds": harder,
        "peers": peers(held),
        "warnings": warnings(held),
        "duration_s": round(time.perf_counter() - began, 1),
    }


def _one(held: Shapes, what: tuple[str, int, World, tuple[tuple[str, float], ...]]) -> dict[Any, Floats]:
    return batch(held, *what)


def _warned(held: Shapes, what: tuple[str, int, World, tuple[tuple[str, float], ...]]) -> dict[Any, Any]:
    return warned(held, *what)


def share(one: dict[str, Any]) -> str:
    """Write a share in percent with its interval."""
    return f"{100 * one['share']:.1f} ({100 * one['low']:.1f}–{100 * one['high']:.1f})"


def tables(result: dict[str, Any]) -> str:
    """Write the tables of the page."""
    lines = ["", f"**As `qipan ledger suspicions` warns**, at a rate of {100 * RATE:g} % promised:", ""]
    sizes = [f"{z:g}" for z in lies.SIZES]
    lines += ["| lie | sites of | " + " | ".join(f"{100 * z:g} %" for z in lies.SIZES) + " |"]
    lines += ["| --- | --- |" + " --- |" * 5]
    for kind in lies.KINDS:
        for name in ("openb", "philly"):
            cells = [share(result["warnings"][name][f"{kind} {z}"]) for z in sizes]
            lines.append(f"| `{kind}` | {name} | " + " | ".join(cells) + " |")
    lines += ["", "| world | honest sites named, % | 5 % over-reported | 10 % |", "| --- | --- | --- | --- |"]
    for world, one in result["warnings"].items():
        cells = [share(one[key]) for key in ("honest", "over_report 0.05", "over_report 0.1")]
        lines.append(f"| {world} | " + " | ".join(cells) + " |")
    lines += ["", "## Limits from honest sites"]
    for name, title in (("openb", "openb, held-out groups"), ("philly", "Philly")):
        tried = result["tried"][name]
        lines += [
            "",
            f"**{title}**: honest sites named {share(tried['honest'])} % of {tried['honest']['tried']:,}.",
            "",
        ]
        lines += ["| lie | " + " | ".join(f"{100 * z:g} %" for z in lies.SIZES) + " |", "| --- |" + " --- |" * 5]
        lines += [
            f"| `{kind}` | " + " | ".join(share(tried[kind][f"{z:g}"]) for z in lies.SIZES) + " |"
            for kind in lies.KINDS
        ]
    lines += ["", "**Where the world is harder than assumed** (limits calibrated anew, but for the first column):", ""]
    lines += ["| world | honest, old limits | honest | 5 % over-reported | 10 % |", "| --- | --- | --- | --- | --- |"]
    for world, one in result["harder_worlds"].items():
        cells = [one[key] for key in ("honest_at_old_limits", "honest", "over_report 0.05", "over_report 0.1")]
        lines.append(f"| {world} | " + " | ".join(share(cell) for cell in cells) + " |")
    told = result["peers"]
    lines += ["", f"**Told from the first day, seen by peers only**: honest {share(told['honest'])} %.", ""]
    lines += ["| over-reported by | found, % |", "| --- | --- |"]
    lines += [f"| {100 * z:g} % | {share(told['over_report'][f'{z:g}'])} |" for z in lies.SIZES]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the result and the page."""
    result = measure()
    record.write("bench_lies", result)
    page = PAGE.read_text(encoding="utf-8")
    page = re.sub(
        r"(<!-- tables -->\n).*(<!-- end -->)", lambda m: m[1] + tables(result) + "\n" + m[2], page, flags=re.DOTALL
    )
    PAGE.write_text(page, encoding="utf-8")
    print(tables(result), f"{result['duration_s']} s")


if __name__ == "__main__":
    main()
