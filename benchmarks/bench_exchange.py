"""Match made exchanges of experts and posts up to 100,000 x 10,000: time, memory, what blocks, how far the optimum is.

Each measurement is a process of its own. Beside ours, at a size that it can bear, stands the package `matching` where
it is installed (`--matching PYTHON` names an interpreter that has it): one contract an expert, one terms a post, and no
quotas of a kind, which is what it knows; both must find the same matching.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.random_exchange import random_exchange
from benchmarks.record import RESULTS, write

from qipan.talent.block import block
from qipan.talent.lay_out import lay_out
from qipan.talent.match import match
from qipan.talent.model.exchange import Contracts, Exchange
from qipan.talent.model.terms import Span
from qipan.talent.move_together import match_everybody
from qipan.talent.optimum import find_optimum, step_for

SIZES = ((1_000, 100), (10_000, 1_000), (100_000, 10_000))
APART = (0.0, 0.5, 1.0)
PEER_SIZE = (1_000, 100)
PAIRS_SIZE = (2_000, 200, 50)
STEP_SHARE = 0.001


def main() -> None:
    """Measure all sizes, each in a process of its own; print and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--matching", metavar="PYTHON", help="An interpreter that has the package matching.")
    parser.add_argument("--apart", type=float, nargs="+", default=APART, help="How apart both sides see it.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--one", nargs=3, metavar=("EXPERTS", "POSTS", "APART"), help="Measure one size, here.")
    options = parser.parse_args()
    if options.one:
        experts, posts, apart = options.one
        print(json.dumps(measure(int(experts), int(posts), float(apart), options.seed)))
        return
    match(lay_out(random_exchange(20, 5, seed=0)))  # compiled once for all
    together, plain_one = pairs(options.seed), beside(options.matching, options.seed)
    runs = [
        in_own_process("--one", str(experts), str(posts), str(apart), "--seed", str(options.seed))
        for experts, posts in SIZES
        for apart in options.apart
    ]
    result = {
        "seed": options.seed,
        "step_share": STEP_SHARE,
        "runs": runs,
        "pairs": together,
        "matching": plain_one,
    }
    print(json.dumps(result, indent=2))
    print(write("bench_exchange", result, options.results))


def in_own_process(*words: str) -> dict[str, Any]:
    """Run this file with other words and return what it printed."""
    answer = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def measure(experts: int, posts: int, apart: float, seed: int) -> dict[str, Any]:
    """Match one made exchange, look for what blocks, and bound it; compiling is left out by a small one first."""
    warm = random_exchange(50, 5, seed=0)
    warm_held = match(lay_out(warm))
    block(warm, warm_held)
    find_optimum(lay_out(warm), 0.1)
    exchange = random_exchange(experts, posts, seed=seed, apart=apart)
    made_mb = peak_mb()
    took: dict[str, float] = {}
    layout = timed(took, "lay_out", lambda: lay_out(exchange))
    held = timed(took, "match", lambda: match(layout))
    wrong = timed(took, "block", lambda: block(exchange, held))
    optimum = timed(took, "optimum", lambda: find_optimum(layout, step_for(layout, held, STEP_SHARE)))
    value = float(layout.value[held].sum())
    return {
        "experts": experts,
        "posts": posts,
        "apart": apart,
        "contracts": len(exchange.contracts),
        "signed": int(held.sum()),
        "blocking": len(wrong.contracts),
        "overbooked_or_overfull": len(wrong.overbooked) + len(wrong.overfull),
        **{f"{name}_s": round(seconds, 2) for name, seconds in sorted(took.items())},
        "matched_and_verified_s": round(took["lay_out"] + took["match"] + took["block"], 2),
        "matched_and_verified_cpu_s": round(sum(took[f"{name}_cpu"] for name in ("lay_out", "match", "block")), 2),
        "gap": round(optimum.gap_of(value), 5),
        "bound_over_best_found": round(optimum.bound / optimum.value - 1.0, 6),
        "made_mb": made_mb,
        "peak_mb": peak_mb(),
    }


def timed(took: dict[str, float], name: str, what: Any) -> Any:
    """Do something and note how long it took by the clock and by the processor."""
    began, cpu = time.perf_counter(), time.process_time()
    found = what()
    took[name], took[f"{name}_cpu"] = time.perf_counter() - began, time.process_time() - cpu
    return found


def peak_mb() -> int:
    """Return the most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def pairs(seed: int) -> dict[str, Any]:
    """Match an exchange in which some move together."""
    experts, posts, many = PAIRS_SIZE
    exchange = random_exchange(experts, posts, seed=seed, pairs=many)
    layout = lay_out(exchange)
    began = time.perf_counter()
    matching, together = match_everybody(exchange, layout)
    return {
        "experts": experts,
        "posts": posts,
        "pairs": many,
        "signed": sum(bool(one.contracts) for one in together),
        "would_rather_sign_others": sum(bool(one.blocking) for one in together),
        "blocking_of_single_experts": len(block(exchange, matching.held).contracts),
        "rounds": matching.rounds,
        "match_s": round(time.perf_counter() - began, 2),
    }


PEER = """
import json, sys, threading, time
from importlib.metadata import version
from matching.games import HospitalResident
def solve():
    asked = json.load(sys.stdin)
    began = time.perf_counter()
    game = HospitalResident.create_from_dictionaries(asked["experts"], asked["posts"], asked["most"])
    solution = game.solve(optimal="resident")
    took = time.perf_counter() - began
    held = sorted([one.name, post.name] for post, some in solution.items() for one in some)
    print(json.dumps({"match_s": took, "version": version("matching"), "held": held}))
# It copies players that know each other, and so on: beyond Python's limit of recursion with a few hundred.
sys.setrecursionlimit(10**7)
threading.stack_size(2**29)
one = threading.Thread(target=solve)
one.start()
one.join()
"""


def beside(interpreter: str | None, seed: int) -> dict[str, Any] | None:
    """Match a plain exchange by ours and by `matching`; nothing where that is not installed."""
    if interpreter is None:
        return None
    exchange = plain(seed)
    contracts = exchange.contracts
    lists: dict[str, Any] = {"experts": {}, "posts": {}, "most": {one.post_id: one.most for one in exchange.posts}}
    names = [one.expert_id for one in exchange.experts], [one.post_id for one in exchange.posts]
    for one in np.lexsort((contracts.post, -contracts.expert_points)).tolist():
        lists["experts"].setdefault(names[0][contracts.expert[one]], []).append(names[1][contracts.post[one]])
    for one in np.lexsort((contracts.expert, -contracts.post_points)).tolist():
        lists["posts"].setdefault(names[1][contracts.post[one]], []).append(names[0][contracts.expert[one]])
    lists["most"] = {name: most for name, most in lists["most"].items() if name in lists["posts"]}
    began = time.perf_counter()
    held = match(lay_out(exchange))
    ours_s = time.perf_counter() - began
    answer = subprocess.run(
        [interpreter, "-W", "ignore", "-c", PEER], input=json.dumps(lists), capture_output=True, text=True, check=True
    )
    told = json.loads(answer.stdout)
    signed = np.flatnonzero(held).tolist()
    ours = sorted([names[0][contracts.expert[one]], names[1][contracts.post[one]]] for one in signed)
    return {
        "experts": PEER_SIZE[0],
        "posts": PEER_SIZE[1],
        "version": told["version"],
        "same_matching": ours == told["held"],
        "ours_s": round(ours_s, 4),
        "theirs_s": round(told["match_s"], 2),
        "ratio_to_ours": round(told["match_s"] / ours_s, 1),
    }


def plain(seed: int) -> Exchange:
    """Return an exchange of one contract an expert, without terms to choose from and quotas of a kind."""
    made = random_exchange(*PEER_SIZE, seed=seed)
    whole = (Span(0, 12 * 3000, 31),)
    contracts = made.contracts
    first = contracts.terms == 0
    return Exchange(
        tuple(replace(one, portions=whole) for one in made.experts),
        tuple(replace(one, quotas=()) for one in made.posts),
        Contracts(*(getattr(contracts, name)[first] for name in Contracts.__dataclass_fields__)),
    )


if __name__ == "__main__":
    main()
