"""Prove what chances and intervals of warnings are worth, on many simulated panels (labelled so) and real ones.

Of each panel, all is learned anew each year from the past alone, and what is foretold of the year after is held
against what came. Each simulated panel is one draw. It is a failure where intervals until the end of the horizon,
promised to hold four in five, surely hold fewer: where the upper end of what they held is below 0.8; or where mean
chances surely are more than twice off. Each panel has its own seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_panel import KINDS, random_panel
from benchmarks.record import RESULTS, write

from qipan.labour.detect.choose import OFFERED, choose
from qipan.labour.judge_chances import Foretold, draws_of, foretell, judge_chances
from qipan.labour.model.detector import Watch
from qipan.labour.model.event import EventRule
from qipan.labour.model.notice import AHEAD
from qipan.labour.model.panel import Releases
from qipan.labour.model.promise import Promise
from qipan.labour.model.reliability import Coverage, Judgement, Reliability
from qipan.labour.tell_chances import tell_judgement

COUNT = 3
"""Panels of each kind."""
ASKED = KINDS[:4]
"""Panels with corrections are too short for chances."""
PROMISED = 0.1
STRIDE_YEARS = 1.0
"""How often all is learned anew; the product does so each quarter, which takes four times as long."""
HELD = 0.8
"""Share of further losses that an interval is to hold."""
TIMES = 2.0
"""How many times off a mean chance may surely be."""
SIMULATED = "simulated, "


def look(releases: Releases, rule: EventRule, detector: str) -> tuple[Foretold, int]:
    """Return what a detector would have foretold of a panel and what came, and how many draws its time is."""
    panel = releases.latest()
    watch = Watch.over(panel, rule)
    promise = Promise(PROMISED, is_sure=True)
    ahead = AHEAD[panel.cadence]
    return foretell(watch, choose(detector), promise, ahead, stride_years=STRIDE_YEARS), draws_of(watch)


def simulate(kinds: tuple[str, ...], count: int, seed: int, detector: str) -> tuple[Foretold, int]:
    """Return the same of simulated panels, each of which is one draw."""
    parts = []
    for kind in kinds:
        for number in range(count):
            rng = np.random.default_rng([seed, KINDS.index(kind), number])
            parts.append(look(random_panel(rng, kind), EventRule.read("rise 2.0"), detector)[0])
    return Foretold.joined(parts), len(parts)


def judge(name: str, detector: str, told: Foretold, draws: int) -> tuple[dict[str, Any], list[str]]:
    """Return what came of it, and what is surely off."""
    found = judge_chances(told, draws)
    row = {"panels": name, "detector": detector, "draws": draws, "judged": [tell_judgement(one) for one in found]}
    return row, [f"{name}, {detector}, {one.of}: {off}" for one in found for off in _off(one)]


def _off(found: Judgement) -> list[str]:
    # Of the three ends people are told one, that of the horizon.
    told = found.coverages[1:2]
    few = [one for one in told if one.share.at_most is not None and one.share.at_most < HELD]
    wrong = [one for one in found.reliabilities if _is_off(one)]
    return [f"intervals to {one.until - 1} hold {one.share.came:.3f}" for one in few] + [
        f"chances of {one.first} to {one.until - 1} are {one.foretold:.3f}, came {one.share.came:.3f}" for one in wrong
    ]


def _is_off(one: Reliability) -> bool:
    low, high = one.share.at_least, one.share.at_most
    if low is None or high is None:
        return False
    return one.foretold > TIMES * high or one.foretold * TIMES < low


def main() -> int:
    """Prove on panels of all kinds, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many panels of each kind")
    parser.add_argument("--detector", action="append", choices=OFFERED, help="may be given again; else all offered")
    parser.add_argument("--hundredth", action="store_true", help="one panel each of two kinds, one detector")
    parser.add_argument("--real", type=Path, metavar="PANEL", help="as docs/labour.md has it")
    parser.add_argument("--events", default="rise 2.0", metavar="RULE", help="of the real panel")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result")
    asked = parser.parse_args()
    kinds, count = (ASKED[:2], 1) if asked.hundredth else (ASKED, asked.count)
    told, findings, began = [], [], time.process_time()
    for detector in OFFERED[-1:] if asked.hundredth else asked.detector or OFFERED:
        works = {f"{SIMULATED}{', '.join(kinds)}": simulate(kinds, count, asked.seed, detector)}
        if asked.real:
            works[f"real, {asked.real.stem}"] = look(_read(asked.real), EventRule.read(asked.events), detector)
        for name, (found, draws) in works.items():
            row, off = judge(name, detector, found, draws)
            told.append(row)
            findings += off
            print(f"{name}, {detector}, {draws} draws", *_lines(judge_chances(found, draws)), sep="\n  ", flush=True)
    cpu_s = round(time.process_time() - began, 1)
    about = {"seed": asked.seed, "panels_of_each_kind": count, "promised_a_year": PROMISED, "cpu_s": cpu_s}
    path = write("prove_chances", about | {"found": told, "violations": findings}, asked.results)
    print(f"{len(findings)} surely off; see {path.name}", *findings, sep="\n  ")
    return 1 if findings else 0


def _read(path: Path) -> Releases:
    from qipan.labour.sources.panel import read

    releases, _ = read(path.read_bytes())
    if releases is None:
        raise SystemExit(f"{path} has no row that can be read.")
    return releases


def _lines(found: tuple[Judgement, ...]) -> list[str]:
    return [
        line
        for judged in found
        for line in [
            *(f"{judged.of}: {_chance(one)}" for one in judged.reliabilities),
            *(f"{judged.of}: {_interval(one)}" for one in judged.coverages),
        ]
    ]


def _chance(one: Reliability) -> str:
    skill = 1.0 - one.brier / one.climatology if one.climatology else 0.0
    return (
        f"in {one.first} to {one.until - 1}: told {one.foretold:.3f}, came {one.share.came:.3f} "
        f"({_end(one.share.at_least)}-{_end(one.share.at_most)}), miscalibration {one.miscalibration:.4f}, "
        f"skill {skill:.3f}"
    )


def _interval(one: Coverage) -> str:
    ends = f"{_end(one.share.at_least)}-{_end(one.share.at_most)}"
    return f"intervals to {one.until - 1}: {one.share.came:.3f} ({ends}), below {one.below:.3f}, above {one.above:.3f}"


def _end(value: float | None) -> str:
    return "?" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
