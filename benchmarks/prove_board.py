"""Prove the board: random boards and jobs through every verb of dispatch, each day checked by independent arithmetic.

Every board has its own seed, so a violation is played again by ``--first NUMBER --count 1``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_day import random_day
from benchmarks.record import RESULTS, write
from tests.independent.check_day import check_day, link_overrun_gb, planned_cost_fen
from tests.independent.check_placement import check_placement, check_priority, sheet
from tests.independent.check_plan import Errors, measure, terms

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement, Plan, Reason
from qipan.dispatch.placement.baseline import Baseline, place_by
from qipan.dispatch.placement.bound import bound_fen
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.score import planned_fen, score
from qipan.dispatch.plan import plan

COUNT = 2000
FINDINGS_SHOWN = 20
REPORTED_TOLERANCE = 1e-9
GAP_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


@dataclass(slots=True)
class Tally:
    """What has been seen so far."""

    jobs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    boards_with: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    gaps: list[float] = field(default_factory=list)

    def result(self) -> dict[str, Any]:
        """Return the tally as plain values."""
        shares = np.quantile(self.gaps, GAP_SHARES).tolist() if self.gaps else [None] * len(GAP_SHARES)
        return {
            "jobs": self.jobs,
            "statuses": dict(sorted(self.statuses.items())),
            "reasons": dict(sorted(self.reasons.items())),
            "boards_with": dict(sorted(self.boards_with.items())),
            "violations": len(self.findings),
            "findings": self.findings[:FINDINGS_SHOWN],
            "worst_errors": self.worst,
            "gap_to_bound_where_nothing_is_lost": {
                "boards": len(self.gaps),
                "quantiles": {f"{share:g}": gap for share, gap in zip(GAP_SHARES, shares, strict=True)},
            },
        }


def prove(number: int, seed: int, tally: Tally) -> None:
    """Plan, place and check one random board."""
    board, jobs, rules = random_day(np.random.default_rng([seed, number]))
    reached = reach(jobs, board, rules)
    refused = refusals(jobs, board, reached)
    classes = classify(jobs, board, reached, refused == Reason.NONE)
    solved = plan(board, classes, rules, reached.takes[classes.streams.sort])
    found = place(jobs, board, rules, reached, refused=refused, plan=solved)
    bound = bound_fen(jobs, board, rules, reached, refused=refused, plan=solved)
    findings = check_day(board, jobs, rules, found, solved, bound_fen=bound)
    findings += check_priority(board, jobs, sheet(board, jobs, rules), found)
    for rule in Baseline:
        theirs = place_by(rule, jobs, board, rules, reached, refused=refused)
        findings += [f"{rule}: {finding}" for finding in check_placement(board, jobs, rules, theirs)]
        findings += _check_score(rule, jobs, theirs, score(rule, jobs, board, rules, reached, found=theirs).jobs_placed)
        served, lost = planned_cost_fen(board, jobs, rules, theirs, solved)
        if not link_overrun_gb(board, jobs, rules, theirs) and served + lost < bound - 1e-7 * max(1.0, abs(bound)):
            findings.append(f"{rule}: bound: {bound:g} fen, the placed jobs cost {served + lost:g} fen")
    reported = planned_fen(jobs, board, rules, reached, found)
    worked_out = planned_cost_fen(board, jobs, rules, found, solved)
    if not np.allclose(reported, worked_out, rtol=REPORTED_TOLERANCE, atol=REPORTED_TOLERANCE):
        findings.append(f"reported_cost: {reported} fen, worked out {worked_out} fen")
    tally.findings += [f"board {number}: {finding}" for finding in findings]
    _count(tally, board, jobs, rules, found, solved)
    if bound > 0 and not worked_out[1] and not link_overrun_gb(board, jobs, rules, found):
        tally.gaps.append(sum(worked_out) / bound - 1.0)


def _check_score(rule: Baseline, jobs: Jobs, found: Placement, placed: int) -> list[str]:
    counted = int(((found.pool >= 0) & (found.reason == Reason.NONE)).sum())
    return [] if counted == placed else [f"{rule}: score_counts: {placed} placed, counted {counted} of {len(jobs)}"]


def _count(tally: Tally, board: Board, jobs: Jobs, rules: Rules, found: Placement, solved: Plan) -> None:
    tally.jobs += len(jobs)
    tally.statuses.update(found.status.astype(str).tolist())
    tally.reasons.update(reason or "none" for reason in found.reason.astype(str).tolist())
    scarce = solved.capacity_rent_fen_per_unit_h.max(initial=0.0) > 1e-6
    seen = {
        "links": board.links is not None,
        "a link that whole jobs overrun": link_overrun_gb(board, jobs, rules, found) > 0,
        "a price of a link": bool((np.abs(solved.link_rent_fen_per_gb) > 1e-6).any()),
        "negative prices": bool((board.price_fen_per_kwh < 0).any()),
        "a site without power": bool((board.power_cap_kw == 0).any()),
        "a rent of capacity": bool(scarce),
        "a rent of power": bool((solved.power_rent_fen_per_kwh > 1e-6).any()),
        "work unserved in the plan": bool((solved.unserved_unit_h > 1e-6).any()),
        "no outlook": board.day_slots == board.slot_count,
        f"a day of {board.day_slots} slots": True,
    }
    tally.boards_with.update(name for name, is_so in seen.items() if is_so)
    errors = measure(board, solved, terms(board, rules, solved))
    for one in fields(Errors):
        tally.worst[one.name] = max(tally.worst.get(one.name, 0.0), getattr(errors, one.name))


def main() -> int:
    """Prove as many boards as asked for, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many boards")
    parser.add_argument("--hundredth", action="store_true", help="prove a hundredth of them")
    parser.add_argument("--first", type=int, default=0, help="number of the first board")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result")
    asked = parser.parse_args()
    count = max(1, asked.count // 100) if asked.hundredth else asked.count
    tally, began = Tally(), time.process_time()
    for number in range(asked.first, asked.first + count):
        prove(number, asked.seed, tally)
    cpu_s = round(time.process_time() - began, 1)
    about = {"seed": asked.seed, "first_board": asked.first, "boards": count, "cpu_s": cpu_s}
    path = write("prove_board", about | tally.result(), asked.results)
    print(f"{count} boards, {tally.jobs} jobs, {len(tally.findings)} violations in {cpu_s} s of CPU; see {path.name}")
    for finding in tally.findings[:FINDINGS_SHOWN]:
        print(f"  {finding}")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
