"""Prove that promises of false alarms are kept: by real panels where they are at hand, and by many simulated ones.

Each offered detector learns in folds, and its alarms are held to 0.02, 0.05 and 0.10 false ones a quiet cell-year,
surely. What came of it where nothing was learned: false alarms with an upper bound that counts each year of a panel as
one draw, at most 1.2 times the promise; how many events were warned of beside it; and false discoveries
over the grid, one in ten at most. Each panel has its own seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_panel import KINDS, random_panel
from benchmarks.record import RESULTS, write

from qipan.labour.back_test import hold
from qipan.labour.count_false import count_false
from qipan.labour.detect.choose import OFFERED, choose
from qipan.labour.discover import FALSE_SHARE
from qipan.labour.find_events import find_events
from qipan.labour.learn_folds import learn_folds
from qipan.labour.model.back_test import BackTest
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule, History
from qipan.labour.model.notice import AHEAD, HORIZON, SETTLING_YEARS
from qipan.labour.model.panel import Releases
from qipan.labour.model.promise import Promise
from qipan.labour.score_releases import score_releases
from qipan.labour.tell import TOLERATED

COUNT = 8
"""Panels of each kind."""
PROMISES = (0.02, 0.05, 0.1)
QUIET_YEARS_LEAST = 1000.0
SIMULATED = "simulated, "
RULE = EventRule.read("rise 2.0")


class Tally:
    """What one detector came to on panels of one kind."""

    def __init__(self) -> None:
        self.histories: list[History] = []
        self.found: dict[float, list[BackTest]] = {one: [] for one in PROMISES}
        self.per_year = 12.0
        self.ahead = 6

    def add(self, releases: Releases, detector: str, *, as_released: bool) -> None:
        """Back-test a detector on a panel, held to every promise."""
        panel, one = releases.latest(), choose(detector)
        watch = Watch.over(panel, RULE)
        self.per_year, self.ahead = watch.per_year, AHEAD[panel.cadence]
        history = find_events(
            watch.losses,
            watch.depth,
            allowance=self.ahead // 2,
            horizon=HORIZON * self.ahead,
            settling=watch.periods(SETTLING_YEARS),
        )
        see = partial(score_releases, releases, RULE, one) if as_released else None
        folds = learn_folds(watch, history, one, see)
        self.histories.append(history)
        for promised, found in self.found.items():
            found.append(hold(folds, history, watch.per_year, Promise(promised, is_sure=True), 2 * self.ahead))

    def result(self) -> list[dict[str, Any]]:
        """Return what came of each promise, all panels one after the other."""
        is_quiet = np.concatenate([one.is_quiet for one in self.histories], axis=1)
        rows = []
        for promised, found in self.found.items():
            false = count_false(np.concatenate([one.begins for one in found], axis=1), is_quiet, self.per_year)
            lead = np.concatenate([one.lead for one in found])
            rows.append(
                {
                    "promised_a_year": promised,
                    "realised_a_year": round(false.a_year, 4),
                    "upper_95_a_year": round(false.upper, 4),
                    "is_kept": false.upper <= TOLERATED * promised,
                    "false_alarms": false.found,
                    "quiet_years": round(false.years, 1),
                    "panels": len(found),
                    "panels_above_the_promise": sum(one.false.a_year > promised for one in found),
                    "events": len(lead),
                    "warned_ahead": round(float((lead >= self.ahead).mean()), 4),
                    "warned_half_as_far": round(float((lead >= self.ahead // 2).mean()), 4),
                    "late_or_missed": round(float((lead < 1).mean()), 4),
                }
            )
        return rows

    def false_discovery_rate(self) -> float:
        """Return the mean over panels of the mean share over periods."""
        return float(np.mean([one.discoveries.rate for one in self.found[PROMISES[0]]]))


def simulate(kind: str, count: int, seed: int, detector: str) -> Tally:
    """Draw panels of a kind, and back-test a detector on each."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng([seed, KINDS.index(kind), number])
        tally.add(random_panel(rng, kind), detector, as_released=kind == "corrected")
    return tally


def judge(name: str, detector: str, tally: Tally) -> tuple[dict[str, Any], list[str]]:
    """Return what came of a detector on panels of a name, and what broke its promise."""
    rows, rate = tally.result(), tally.false_discovery_rate()
    findings = []
    for row in rows:
        # Too few quiet years tell nothing, whichever way it went; a real panel tells what it can.
        is_told = row["quiet_years"] >= QUIET_YEARS_LEAST or not name.startswith(SIMULATED)
        if is_told and not row["is_kept"]:
            findings.append(f"{name}, {detector}: promised {row['promised_a_year']}, was {row['upper_95_a_year']}")
    if rate > FALSE_SHARE:
        findings.append(f"{name}, {detector}: false discoveries {rate:.3f}")
    return {"panels": name, "detector": detector, "promises": rows, "false_discovery_rate": round(rate, 4)}, findings


def main() -> int:
    """Prove on panels of all kinds, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many panels of each kind")
    parser.add_argument("--hundredth", action="store_true", help="one panel each of two kinds")
    parser.add_argument("--real", type=Path, metavar="PANEL", help="rates in per cent, as docs/labour.md has it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result")
    asked = parser.parse_args()
    kinds = KINDS[:2] if asked.hundredth else KINDS
    count = 1 if asked.hundredth else asked.count
    told, findings, began = [], [], time.process_time()
    for detector in OFFERED:
        tallies = {f"{SIMULATED}{kind}": partial(simulate, kind, count, asked.seed, detector) for kind in kinds}
        if asked.real:
            tallies[f"real, {asked.real.stem}"] = partial(_real, asked.real, detector)
        for name, work in tallies.items():
            row, broken = judge(name, detector, work())
            told.append(row)
            findings += broken
            print(f"{name}, {detector}: " + "; ".join(_line(one) for one in row["promises"]), flush=True)
    cpu_s = round(time.process_time() - began, 1)
    about = {"seed": asked.seed, "panels_of_each_kind": count, "tolerated": TOLERATED, "cpu_s": cpu_s}
    path = write("prove_promises", about | {"found": told, "violations": findings}, asked.results)
    print(f"{len(findings)} promises broken; see {path.name}", *findings, sep="\n  ")
    return 1 if findings else 0


def _real(path: Path, detector: str) -> Tally:
    from qipan.labour.sources.panel import read

    releases, _ = read(path.read_bytes())
    if releases is None:
        raise SystemExit(f"{path} has no row that can be read.")
    tally = Tally()
    tally.add(releases, detector, as_released=False)
    return tally


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['promised_a_year']}: {row['realised_a_year']}, at most {row['upper_95_a_year']} on "
        f"{row['quiet_years']:.0f} years, {row['warned_ahead']:.0%} warned"
    )


if __name__ == "__main__":
    sys.exit(main())
