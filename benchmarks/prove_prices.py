"""Prove that prices are unique: random days priced from three optimal answers, which must agree to the tick.

HiGHS by dual simplex, HiGHS by interior point with crossover, and our approach with its finisher end in different
optimal plans and duals; the published prices must not differ. The bound that the prices prove must be the optimum, so
that they are optimal as well. Every day has its own seed, so a violation is played again by
``--first NUMBER --count 1``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import highspy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_day import random_day
from benchmarks.random_ties import SHAPES, random_ties
from benchmarks.record import RESULTS, write

from qipan.dispatch.jobs.classify import classify
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.plan import Instance, Plan, Reason
from qipan.dispatch.plan import read_plan, solve
from qipan.dispatch.prices.price import identities
from qipan.dispatch.prices.publish import to_tick
from qipan.dispatch.programme.formulate import LinearProgram, formulate
from qipan.dispatch.programme.simplex import Solution, new_solver, pass_model, read_solution
from qipan.dispatch.solver.approach import approach, certified_fen
from qipan.dispatch.solver.finish import finish

COUNT = 10_000
FINDINGS_SHOWN = 20
GAP, STEPS = 1e-2, 500
KINDS = (*SHAPES, "day")
PRICES = (
    "lmp_fen_per_unit_h",
    "delivered_fen_per_unit_h",
    "class_price_fen_per_unit_h",
    "capacity_rent_fen_per_unit_h",
    "power_rent_fen_per_kwh",
    "link_rent_fen_per_gb",
    "reserve_rent_fen_per_unit_h",
)
OF_ENERGY = ("energy_fen_per_kwh", "stored_fen_per_kwh", "limit_rent_fen_per_kwh", "peak_rent_fen_per_kwh")
TOLERANCE = 1e-8
RETURNED_FEN = 1e-6
"""Two solvers returned different rents if one differs by more than this."""


@dataclass(slots=True)
class Tally:
    """What has been seen so far."""

    days: Counter[str] = field(default_factory=Counter)
    solvers_differ: Counter[str] = field(default_factory=Counter)
    prices: int = 0
    differences: int = 0
    not_final: int = 0
    asked_again: int = 0
    """How often an interior point that gave up was asked again."""
    largest_fen: float = 0.0
    worst_bound_error: float = 0.0
    worst_identity_error: float = 0.0
    findings: list[str] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)

    def result(self) -> dict[str, Any]:
        """Return the tally as plain values."""
        return {
            "days_by_shape": dict(sorted(self.days.items())),
            "days_on_which_solvers_return_different_rents": dict(sorted(self.solvers_differ.items())),
            "prices_compared": self.prices,
            "differences": self.differences,
            "not_final": self.not_final,
            "interior_point_asked_again": self.asked_again,
            "largest_difference_before_rounding_fen": self.largest_fen,
            "worst_bound_error": self.worst_bound_error,
            "worst_identity_error": self.worst_identity_error,
            "violations": len(self.findings),
            "findings": self.findings[:FINDINGS_SHOWN],
            "seconds": {name: round(value, 1) for name, value in sorted(self.seconds.items())},
        }


def made(number: int, seed: int) -> tuple[str, Instance]:
    """Draw a day; shapes take turns."""
    rng, kind = np.random.default_rng([seed, number]), KINDS[number % len(KINDS)]
    if kind != "day":
        return kind, random_ties(rng, kind)
    board, jobs, rules = random_day(rng)
    reached = reach(jobs, board, rules)
    classes = classify(jobs, board, reached, refusals(jobs, board, reached) == Reason.NONE)
    return kind, Instance(board, classes, rules, reached.takes[classes.streams.sort])


def prove(number: int, seed: int, tally: Tally) -> None:
    """Price one day from three optimal answers."""
    kind, day = made(number, seed)
    program = formulate(*day)
    with_simplex = _timed(tally, "simplex", lambda: solve(program))
    with_interior_point = _timed(tally, "interior_point", lambda: _by_interior_point(program, tally))
    one = _timed(tally, "rule", lambda: read_plan(day.board, day.classes, program, with_simplex))
    plans = {
        "interior point": read_plan(day.board, day.classes, program, with_interior_point),
        "approach": _timed(tally, "approach", lambda: _by_approach(day)),
    }
    findings = [f"{name}: {found}" for name, other in plans.items() for found in _compare(one, other, tally)]
    findings += _check(day, one, tally)
    rents = [_rents(program, found) for found in (with_simplex, with_interior_point)]
    differ = np.abs(rents[0] - rents[1]).max(initial=0.0) > RETURNED_FEN
    tally.days[kind] += 1
    tally.solvers_differ[kind] += int(differ)
    tally.findings += [f"day {number} ({kind}): {finding}" for finding in findings]


def _rents(program: LinearProgram, found: Solution) -> np.ndarray:
    """Return the rents of power, links and capacity as a solver returned them."""
    supply = slice(program.columns.supply, program.columns.unserved)
    return np.concatenate([found.row_dual[program.rows.power :], np.minimum(found.reduced_cost[supply], 0.0)])


def _timed(tally: Tally, name: str, work: Any) -> Any:
    began = time.process_time()
    answer = work()
    tally.seconds[name] += time.process_time() - began
    return answer


def _by_interior_point(program: LinearProgram, tally: Tally) -> Solution:
    """Solve by an interior point with crossover; where it gives up, once in some thousand days, it is asked again.

    It does not end alike each time. The last time it may presolve, which leads it another way.
    """
    for tries, presolve in enumerate(("off", "off", "on")):
        solver = new_solver(solver="ipx", run_crossover="on", presolve=presolve)
        pass_model(solver, program)
        solver.run()
        tally.asked_again += int(tries > 0)
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            break
    return read_solution(solver)


def _by_approach(day: Instance) -> Plan:
    return finish(*day, near=approach(*day, gap=GAP, steps_most=STEPS).plan)


def _compare(one: Plan, other: Plan, tally: Tally) -> list[str]:
    """Count the prices that differ after rounding."""
    findings = []
    ours_and_theirs = [(name, getattr(one, name), getattr(other, name)) for name in PRICES]
    if one.energy is not None and other.energy is not None:
        ours_and_theirs += [(name, getattr(one.energy, name), getattr(other.energy, name)) for name in OF_ENERGY]
    for name, ours, theirs in ours_and_theirs:
        differ = to_tick(ours) != to_tick(theirs)
        tally.prices += ours.size
        tally.differences += int(differ.sum())
        tally.largest_fen = max(tally.largest_fen, float(np.abs(ours - theirs).max(initial=0.0)))
        if differ.any():
            findings.append(f"{name}: {int(differ.sum())} differ, by {np.abs(ours - theirs).max():g} fen at most")
    return findings


def _check(day: Instance, plan: Plan, tally: Tally) -> list[str]:
    """Hold the prices against the optimum, without asking a solver."""
    bound = certified_fen(*day, plan=plan)
    error = abs(plan.objective_fen - bound) / max(1.0, abs(plan.objective_fen))
    money = identities(day.board, plan, day.rules)
    worst = max(money.payments_error, money.revenue_error, money.slackness_error)
    tally.worst_bound_error = max(tally.worst_bound_error, error)
    tally.worst_identity_error = max(tally.worst_identity_error, worst)
    tally.not_final += int(not plan.is_final)
    findings = [] if plan.is_final else ["not final"]
    if error > TOLERANCE:
        findings.append(f"bound: {bound:g} fen, the optimum is {plan.objective_fen:g} fen")
    if worst > TOLERANCE:
        findings.append(f"identities: off by {worst:g}")
    return findings


def main() -> int:
    """Prove as many days as asked for, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many days")
    parser.add_argument("--hundredth", action="store_true", help="prove a hundredth of them")
    parser.add_argument("--first", type=int, default=0, help="number of the first day")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result")
    asked = parser.parse_args()
    count = max(1, asked.count // 100) if asked.hundredth else asked.count
    tally, began = Tally(), time.process_time()
    for number in range(asked.first, asked.first + count):
        prove(number, asked.seed, tally)
    cpu_s = round(time.process_time() - began, 1)
    about = {"seed": asked.seed, "first_day": asked.first, "days": count, "cpu_s": cpu_s}
    path = write("prove_prices", about | tally.result(), asked.results)
    print(f"{count} days, {tally.prices} prices compared, {tally.differences} differences; see {path.name}")
    for finding in tally.findings[:FINDINGS_SHOWN]:
        print(f"  {finding}")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
