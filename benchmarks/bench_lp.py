"""Compare our build and solve of a day's linear programme with linopy and HiGHS: same day, same optimum, same run.

Every measurement is a process of its own, so that its CPU seconds and its peak memory are its own. Both sides start
from the same classes of jobs; folding jobs into classes is measured apart.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SEED = 0
REPEATS = 3
SAME = 1e-7
BY_CLASS_MAX = 1000
"""Most classes for which the form with every class at every site is measured; beyond, one solve takes minutes."""
PHILLY_DAY = date(2017, 10, 9)
TRACE = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data")) / "compute" / "philly.csv.gz"
WAYS = {
    "ours": "arrays to HiGHS, presolve off",
    "linopy": "linopy, the same programme, HiGHS with its own options",
    "linopy_our_options": "linopy, the same programme, HiGHS with our options",
    "linopy_by_class": "linopy, every class at every site, HiGHS with its own options",
    "linopy_by_class_our_options": "linopy, every class at every site, HiGHS with our options",
}


def main() -> int:
    """Measure every way on every day, check that all found the same optimum, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--loads", type=float, nargs="+", default=[1.0, 40.0])
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--prepare", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--day", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.prepare is not None:
        return prepare(asked.prepare, asked.day)
    if asked.measure is not None:
        return measure(asked.measure, asked.day)
    days = [compare(load, asked.repeats) for load in (asked.loads if TRACE.is_file() else [1.0])]
    from benchmarks.record import write

    path = write("bench_lp", {"seed": SEED, "repeats": asked.repeats, "ways": WAYS, "days": days}, asked.results)
    for day in days:
        show(day)
    print(f"See {path.name}.")
    return 0


def compare(load: float, repeats: int) -> dict[str, Any]:
    """Measure every way on one day; the ways take turns, so that a busy moment of the machine hits all alike."""
    with tempfile.TemporaryDirectory() as folder:
        day = Path(folder) / "day.pickle"
        about = _child("--prepare", str(load), "--day", str(day))
        ways = [way for way in WAYS if "by_class" not in way or about["classes"] <= BY_CLASS_MAX]
        taken: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
        for _ in range(repeats):
            for way, runs in taken.items():
                runs.append(_child("--measure", way, "--day", str(day)))
    optima = [run["objective_fen"] for runs in taken.values() for run in runs]
    apart = (max(optima) - min(optima)) / abs(max(optima))
    if apart > SAME:
        raise RuntimeError(
            f"All ways must find the same optimum, were {apart:g} apart on the day of {about['source']}."
        )
    medians = {
        way: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for way, runs in taken.items()
    }
    ours = medians["ours"]
    keys = ("build_cpu_s", "solve_cpu_s", "whole_cpu_s", "peak_mb", "added_mb")
    ratios = {
        way: {key: median[key] / ours[key] if ours[key] else None for key in keys}
        for way, median in medians.items()
        if way != "ours"
    }
    spread = {
        way: [min(run["whole_cpu_s"] for run in runs), max(run["whole_cpu_s"] for run in runs)]
        for way, runs in taken.items()
    }
    return {
        **about,
        "optima_apart": apart,
        "median": medians,
        "whole_cpu_s_range": spread,
        "ratio_to_ours": ratios,
        "of_which_options_alone": medians["linopy"]["whole_cpu_s"] / medians["linopy_our_options"]["whole_cpu_s"],
    }


def show(day: dict[str, Any]) -> None:
    """Print one day."""
    print(
        f"{day['source']}, load {day['load']:g}: {day['jobs']} jobs, {day['classes']} classes, {day['columns']} columns"
    )
    for way, median in day["median"].items():
        ratio = day["ratio_to_ours"].get(way)
        beside = (
            "" if ratio is None else f"  {ratio['whole_cpu_s']:6.1f} x CPU  {ratio['added_mb']:5.1f} x memory added"
        )
        print(
            f"  {way:28} build {median['build_cpu_s']:7.3f} s  solve {median['solve_cpu_s']:7.3f} s"
            f"  added {median['added_mb']:7.1f} MB{beside}"
        )
    print(f"  HiGHS options alone, linopy to linopy: {day['of_which_options_alone']:.1f} x CPU")


def prepare(load: float, path: Path) -> int:
    """Lay the day out once for all ways, and say what it is."""
    import numpy as np

    from qipan.dispatch.jobs.classify import classify
    from qipan.dispatch.jobs.reach import reach, refusals
    from qipan.dispatch.model.plan import Reason
    from qipan.dispatch.programme.formulate import formulate

    source, (jobs, board, rules) = real_or_made_day(load)
    reached = reach(jobs, board, rules)
    plannable = np.asarray(refusals(jobs, board, reached) == Reason.NONE)
    classes = classify(jobs, board, reached, plannable)
    program = formulate(board, classes, rules, reached.takes[classes.streams.sort])
    path.write_bytes(pickle.dumps((jobs, board, rules, reached, plannable)))
    sizes = {"rows": len(program.row_lower), "columns": len(program.cost), "nonzeros": program.matrix.nnz}
    print(json.dumps({"source": source, "load": load, "jobs": len(jobs), "classes": len(classes), **sizes}))
    return 0


def real_or_made_day(load: float) -> tuple[str, tuple[Any, Any, Any]]:
    """Return jobs, board and rules of the Philly day where its file is, else of the made day."""
    from qipan.bootstrap.services import build, initialise
    from qipan.settings import Settings
    from qipan.workflows.day import Day
    from qipan.workflows.request import DayRequest

    now = datetime(2026, 1, 5, 4, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home) / "home")
        initialise(settings, now)
        services = build(settings)
        watched: Any = Watched(services.dispatch)
        day = Day(
            catalog=services.catalog,
            books=services.books,
            observations=services.observations,
            log=services.log,
            ledger=services.ledger,
            dispatch=watched,
        )
        if TRACE.is_file():
            request = DayRequest(TRACE.read_bytes(), TRACE.name, "philly", day=PHILLY_DAY, load=load, seed=SEED)
            day.run(request, now)
        else:
            day.demo(now, seed=SEED)
        services.books.close()
    return (f"Philly trace, {PHILLY_DAY}" if TRACE.is_file() else "made day"), watched.asked


class Watched:
    """A service of dispatch that remembers what it was asked to solve."""

    def __init__(self, dispatch: Any) -> None:
        self._dispatch = dispatch
        self.asked: tuple[Any, Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the service."""
        return getattr(self._dispatch, name)

    def solve(self, jobs: Any, board: Any, rules: Any, progress: Callable[[str], None]) -> Any:
        """Remember board, jobs and rules, then solve."""
        self.asked = (jobs, board, rules)
        return self._dispatch.solve(jobs, board, rules, progress)


def measure(way: str, path: Path) -> int:
    """Build and solve the day one way in this process, and print CPU seconds, memory and optimum.

    Twenty jobs go first, so that no side pays for what it imports at first use.
    """
    import numpy as np

    from qipan.dispatch.jobs.classify import classify
    from qipan.dispatch.jobs.reach import reach

    run = _with_arrays if way == "ours" else _with_linopy(way)
    jobs, board, rules, reached, plannable = pickle.loads(path.read_bytes())
    few = jobs.take(np.flatnonzero(plannable)[:20])
    few_reached = reach(few, board, rules)
    few_classes = classify(few, board, few_reached, np.ones(len(few), dtype=bool))
    run(board, few_classes, rules, few_reached.takes[few_classes.streams.sort])
    before_mb = _peak_mb()
    began = time.process_time()
    classes = classify(jobs, board, reached, plannable)
    classified = time.process_time()
    built, objective_fen = run(board, classes, rules, reached.takes[classes.streams.sort])
    ended = time.process_time()
    told = {
        "classify_cpu_s": classified - began,
        "build_cpu_s": built - classified,
        "solve_cpu_s": ended - built,
        "whole_cpu_s": ended - classified,
        "peak_mb": _peak_mb(),
        "added_mb": _peak_mb() - before_mb,
        "objective_fen": objective_fen,
    }
    print(json.dumps(told))
    return 0


def _with_arrays(board: Any, classes: Any, rules: Any, takes: Any) -> tuple[float, float]:
    from qipan.dispatch.plan import read_plan, solve
    from qipan.dispatch.programme.formulate import formulate

    program = formulate(board, classes, rules, takes)
    built = time.process_time()
    return built, read_plan(board, classes, program, solve(program)).objective_fen


def _with_linopy(way: str) -> Callable[..., tuple[float, float]]:
    from benchmarks import linopy_day

    write = linopy_day.by_class if "by_class" in way else linopy_day.by_stream
    options = linopy_day.OUR_OPTIONS if way.endswith("our_options") else {}

    def run(board: Any, classes: Any, rules: Any, takes: Any) -> tuple[float, float]:
        model = write(board, classes, rules, takes)
        built = time.process_time()
        return built, linopy_day.solve(model, **options)[0]

    return run


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _child(*words: str) -> dict[str, Any]:
    answer = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"A measurement must end well, was {' '.join(words)}:\n{answer.stderr}")
    return dict(json.loads(answer.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
