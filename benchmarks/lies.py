"""Honest telemetry of many sites, and the lies that are put into it.

The kinds and sizes of lies below were written and committed before any detector existed, so that no detector could be
given the lies it happens to find. Do not change them to suit one; add others beside them.

Utilisation has real shapes (pods of 6,212 cards, 2023; jobs of Philly, 2017, which are held out). Energy is
**modelled**: nobody publishes an hourly grid meter beside use. The powers, spreads and rates of change in `World` are
assumptions, and honest sites also expand, change their mix of models, change their habits and lose hours.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HOURS = 24
SIZES = (0.01, 0.02, 0.05, 0.10, 0.20)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Assumed ranges of what is modelled."""

    idle_w: tuple[float, float] = (45.0, 70.0)
    busy_w: tuple[float, float] = (230.0, 330.0)
    host_w_per_card: tuple[float, float] = (90.0, 160.0)
    pdu_loss: tuple[float, float] = (0.02, 0.05)
    pue: tuple[float, float] = (1.12, 1.35)
    pue_per_degree: tuple[float, float] = (0.001, 0.005)
    accuracy: tuple[float, float] = (0.005, 0.01)
    intensity_sd: float = 0.03
    intensity_memory: float = 0.97
    mix_drift_per_day: float = 0.0007
    missing_share: float = 0.01
    expansion_share: float = 0.15
    regime_share: float = 0.25
    step_wh: int = 100


@dataclass(frozen=True)
class Telemetry:
    """What sites report in each hour, axes (sites, hours); NaN where a meter was silent.

    Attributes
    ----------
    capacity
        Certified cards, from the register and not from the site's meters.
    temperature_c
        Outdoor air, from a weather service.
    grid_wh
        Meter of the grid company: no lie touches it.
    """

    capacity: Floats
    allocated: Floats
    used: Floats
    card_wh: Floats
    host_wh: Floats
    pdu_wh: Floats
    grid_wh: Floats
    green_wh: Floats
    temperature_c: Floats
    onset: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def openb_shapes(path: Path, groups: int, rng: np.random.Generator) -> Floats:
    """Return cards in use by hour, as a share of the group's 99.5 % quantile, of pods dealt to groups at random."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [
            (float(row["scheduled_time"] or row["creation_time"]), float(row["deletion_time"]), float(row["num_gpu"]))
            for row in csv.DictReader(lines)
            if row["deletion_time"] and float(row["num_gpu"] or 0) > 0
        ]
    return _shapes(np.array(rows), groups, rng)


def philly_shapes(path: Path, groups: int, rng: np.random.Generator) -> Floats:
    """Return the same of jobs of Philly: shapes on which nothing was tuned."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = []
        for row in csv.DictReader(lines):
            start = datetime.fromisoformat(row["timestamp"] + "+00:00").timestamp()
            rows.append((start, start + float(row["duration"]), float(row["num_gpus"])))
    spans = np.array(rows)
    spans[:, :2] -= spans[:, 0].min()
    return _shapes(spans, groups, rng)


def _shapes(spans: Floats, groups: int, rng: np.random.Generator) -> Floats:
    hours = int(np.quantile(spans[:, 1], 0.99) // 3600)
    deal = rng.integers(groups, size=len(spans))
    change = np.zeros((groups, hours + 2))
    for column, sign in ((0, 1.0), (1, -1.0)):
        hour = spans[:, column] / 3600
        whole = np.minimum(hour.astype(int), hours)
        part = hour - whole
        np.add.at(change, (deal, whole), sign * spans[:, 2] * (1 - np.clip(part, 0, 1)))
        np.add.at(change, (deal, whole + 1), sign * spans[:, 2] * np.clip(part, 0, 1))
    level = np.cumsum(change, axis=1)[:, :hours]
    level = level[:, np.argmax(level.mean(axis=0) > level.mean()) :]
    return np.clip(level / np.quantile(level, 0.995, axis=1, keepdims=True), 0, 1)


def honest(shapes: Floats, sites: int, days: int, rng: np.random.Generator, world: World | None = None) -> Telemetry:
    """Return what honest sites report: windows of days of real shapes, with modelled energy and earned changes."""
    w = world or World()
    hours = days * HOURS

    def between(span: tuple[float, float]) -> Floats:
        return rng.uniform(*span, size=(sites, 1))

    hour = np.arange(hours)
    starts = rng.integers(shapes.shape[1] // HOURS, size=(sites, -(-days // 14))) * HOURS
    clock = (np.repeat(starts, 14 * HOURS, axis=1)[:, :hours] + hour % (14 * HOURS)) % shapes.shape[1]
    share = shapes[rng.integers(len(shapes), size=(sites, 1)), clock] * between((0.55, 0.95))
    begins = rng.integers(hours, size=(sites, 1))
    regime = np.where(rng.random((sites, 1)) < w.regime_share, between((0.7, 1.3)), 1.0)
    share = np.clip(share * np.where(hour >= begins, regime, 1.0), 0.02, 0.97)
    cards = rng.integers(64, 2048, size=(sites, 1)).astype(float)
    grows = rng.integers(hours, size=(sites, 1))
    growth = np.where(rng.random((sites, 1)) < w.expansion_share, between((1.1, 1.5)), 1.0)
    capacity = np.round(cards * np.where(hour >= grows, growth, 1.0))
    used = share * capacity
    allocated = np.minimum(capacity, used * between((1.02, 1.15)))
    noise = rng.normal(0, w.intensity_sd * np.sqrt(1 - w.intensity_memory**2), (sites, hours))
    intensity = np.zeros((sites, hours))
    for at in range(1, hours):
        intensity[:, at] = w.intensity_memory * intensity[:, at - 1] + noise[:, at]
    drift = np.cumsum(rng.normal(0, w.mix_drift_per_day / np.sqrt(HOURS), (sites, hours)), axis=1)
    idle, busy = between(w.idle_w), between(w.busy_w)
    card = idle * (capacity - used) + busy * used * np.exp(intensity + drift)
    host = card + between(w.host_w_per_card) * capacity
    pdu = host * (1 + between(w.pdu_loss))
    season = rng.uniform(0, 2 * np.pi, (sites, 1))
    temperature = between((5, 20)) + 10 * np.sin(2 * np.pi * hour / (365 * HOURS) + season)
    temperature = temperature + 5 * np.sin(2 * np.pi * (hour % HOURS - 9) / HOURS) + rng.normal(0, 1, (sites, hours))
    part_load = 0.05 * (1 - pdu / pdu.max(axis=1, keepdims=True))
    grid = pdu * (between(w.pue) + between(w.pue_per_degree) * np.maximum(temperature - 12, 0) + part_load)

    def metered(true: Floats) -> Floats:
        gain = 1 + np.clip(rng.normal(0, 0.5, (sites, 1)), -1, 1) * between(w.accuracy)
        told = np.round(true * gain / w.step_wh) * w.step_wh
        return np.where(rng.random((sites, hours)) < w.missing_share, np.nan, told)

    green = np.round(grid * between((0.2, 0.8)) / w.step_wh) * w.step_wh
    meters = [metered(true) for true in (card, host, pdu, grid)]
    return Telemetry(capacity, allocated, used, *meters, green, temperature)


Lie = Callable[[Telemetry, float], Telemetry]


def _over_report(t: Telemetry, size: float) -> Telemetry:
    used = np.minimum(t.used * (1 + size), t.capacity)
    return replace(t, used=used, allocated=np.clip(t.allocated * (1 + size), used, t.capacity))


def _over_report_with_meters(t: Telemetry, size: float) -> Telemetry:
    inner = {name: getattr(t, name) * (1 + size) for name in ("card_wh", "host_wh", "pdu_wh")}
    return replace(_over_report(t, size), **inner)


def _pad_idle(t: Telemetry, size: float) -> Telemetry:
    mean = t.used.mean(axis=1, keepdims=True)
    idle = t.used < np.median(t.used, axis=1, keepdims=True)
    used = np.minimum(t.used + np.where(idle, 2 * size * mean, 0), t.capacity)
    return replace(t, used=used, allocated=np.maximum(t.allocated, used))


def _replay(t: Telemetry, size: float) -> Telemetry:
    """Report the busiest day so far in place of the idlest share of days: six times the size."""
    used = t.used.reshape(len(t.used), -1, HOURS).copy()
    totals = used.sum(axis=2)
    count = max(1, round(6 * size * used.shape[1]))
    for site, total in enumerate(totals):
        used[site, np.argsort(total, kind="stable")[:count]] = used[site, int(np.argmax(total))]
    flat = np.minimum(used.reshape(t.used.shape), t.capacity)
    return replace(t, used=flat, allocated=np.maximum(t.allocated, flat))


def _flatten(t: Telemetry, size: float) -> Telemetry:
    """Report a level a little above the mean, the same in each hour."""
    used = np.minimum(np.broadcast_to(t.used.mean(axis=1, keepdims=True) * (1 + size), t.used.shape), t.capacity)
    return replace(t, used=used, allocated=np.maximum(t.allocated, used))


def _ghosts(t: Telemetry, size: float) -> Telemetry:
    """Certify cards that are not there and report them as used as the others."""
    return replace(t, capacity=t.capacity * (1 + size), allocated=t.allocated * (1 + size), used=t.used * (1 + size))


def _green(t: Telemetry, size: float) -> Telemetry:
    return replace(t, green_wh=t.green_wh * (1 + size))


def _shave_pue(t: Telemetry, size: float) -> Telemetry:
    return replace(t, pdu_wh=t.pdu_wh * (1 + size))


def _hide_energy(t: Telemetry, size: float) -> Telemetry:
    return replace(t, **{name: getattr(t, name) * (1 - size) for name in ("card_wh", "host_wh", "pdu_wh")})


def _shift_clock(t: Telemetry, size: float) -> Telemetry:
    """Report use late, an hour for each percent."""
    late = max(1, round(100 * size))
    roll = {name: np.roll(getattr(t, name), late, axis=1) for name in ("used", "allocated")}
    return replace(t, used=np.minimum(roll["used"], t.capacity), allocated=np.minimum(roll["allocated"], t.capacity))


KINDS: Mapping[str, Lie] = {
    "over_report": _over_report,
    "over_report_with_meters": _over_report_with_meters,
    "pad_idle": _pad_idle,
    "replay": _replay,
    "flatten": _flatten,
    "ghosts": _ghosts,
    "green": _green,
    "shave_pue": _shave_pue,
    "hide_energy": _hide_energy,
    "shift_clock": _shift_clock,
}
REPORTED = ("capacity", "allocated", "used", "card_wh", "host_wh", "pdu_wh", "green_wh")


def tell(truth: Telemetry, kind: str, size: float, onset_day: int = 0) -> Telemetry:
    """Return what sites report that tell a lie from a day on (0: from the first day). The grid meter stays true."""
    at = onset_day * HOURS
    hours = truth.used.shape[1]
    after = replace(truth, **{n: getattr(truth, n)[:, at:] for n in (*REPORTED, "grid_wh", "temperature_c")})
    lied = KINDS[kind](after, size)
    told = {n: np.concatenate([getattr(truth, n)[:, :at], getattr(lied, n)], axis=1) for n in REPORTED}
    assert all(series.shape[1] == hours for series in told.values())
    return replace(truth, **told, onset=np.full(len(truth.used), at, np.int64))
