"""Operate a week of the Philly trace, re-planned every 15 minutes, and hold it against perfect foresight.

Once without forecast errors, once with errors of demand and price. Without the real trace a made week is used.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

FIRST = date(2017, 10, 9)
ERRORS = {"demand": 0.2, "price": 0.1}
PLACEMENT_US_MOST = 1000.0
MADE_JOBS = 12_000


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    asked = parser.parse_args()
    from benchmarks.record import write

    result = measure(asked.days)
    for run in result["runs"]:
        print(
            f"errors {run['errors'] or 'none'}: regret {run['regret']:.2%} ({run['regret_low']:.2%} to "
            f"{run['regret_high']:.2%}), unserved {run['unserved']}; {run['replans']} re-plans, CPU "
            f"{run['replan_cpu_s_mean']:.3f} s mean, {run['replan_cpu_s_p99']:.3f} s p99; placement "
            f"{run['placement_us_p50']:.0f} us median, {run['placement_us_p99']:.0f} us p99"
        )
    path = write("bench_roll", result, asked.results)
    print(f"See {path.name}.")
    return int(any(run["placement_us_p99"] >= PLACEMENT_US_MOST for run in result["runs"]))


def measure(days: int) -> dict[str, Any]:
    """Return the report of a run in a home of its own."""
    from qipan.bootstrap.services import build, initialise
    from qipan.settings import Settings
    from qipan.workflows.request import RollRequest

    data, form, is_real = trace()
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        initialise(settings, datetime.now(UTC))
        services = build(settings)
        request = RollRequest(data, "week", form, FIRST, days, errors=ERRORS)
        report = services.rolling.run(request, time.process_time, time.perf_counter, lambda _step, _share: None)
        services.books.close()
    told = asdict(report) | {"first_day": FIRST.isoformat(), "is_real_trace": is_real}
    for run in told["runs"]:
        run["spikes"], power, _ = len(run["spikes"]), run.pop("market_power"), run.pop("sites")
        run["withholding_pays"] = sorted({one["site_id"] for one in power if one["surplus_change_fen"] > 1e-6})
        run["pivotal_at_peaks"] = sorted({one["site_id"] for one in power if one["is_pivotal"]})
        run["residual_supply_index_min"] = min((one["residual_supply_index"] for one in power), default=None)
    return told | {"cpu_s": time.process_time() - began}


def trace() -> tuple[bytes, str, bool]:
    """Return the real trace, or a made fortnight in its form."""
    data = Path(os.environ.get("QIPAN_DATA", ROOT / ".." / "shared" / "data"))
    file = data / "compute" / "philly.csv.gz"
    if file.exists():
        return file.read_bytes(), "philly", True
    rng = np.random.default_rng(0)
    first = datetime(2017, 10, 2, tzinfo=UTC).timestamp()
    submit = np.sort(first + rng.uniform(0, 14 * 86400, 2 * MADE_JOBS))
    rows = ["timestamp,duration,num_gpus"]
    duration_s = rng.lognormal(7.0, 2.0, len(submit)).tolist()
    num_gpus = rng.choice([1, 1, 1, 2, 4, 8], len(submit)).tolist()
    for moment, duration, cards in zip(submit.tolist(), duration_s, num_gpus, strict=True):
        when = datetime.fromtimestamp(round(moment), tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
        rows.append(f"{when},{min(duration, 6e5) + 1.0:.0f},{cards}")
    return "\n".join([*rows, ""]).encode(), "philly", False


if __name__ == "__main__":
    sys.exit(main())
