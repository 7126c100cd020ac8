"""Make the jobs of a day in the shape of a published trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from qipan.dispatch.jobs.generate import WorkloadShape, workload
from qipan.dispatch.model.job import Jobs
from qipan.facts.catalog import Catalog
from qipan.kernel.time import civil_day


def made_jobs(catalog: Catalog, day: date, zone_name: str, seed: int) -> Jobs:
    """Make the jobs of a day in the shape of the Philly trace."""
    numbers = catalog.numbers("workload/philly")
    whole = civil_day(day, zone_name)
    return workload(
        _shape(numbers),
        day_start_s=whole.start.timestamp(),
        jobs_per_day=round(catalog.number("workload/made/jobs_per_day")),
        label_weights=catalog.numbers("workload/made/label_share"),
        rng=np.random.default_rng(seed),
    )


def _shape(numbers: Mapping[str, float]) -> WorkloadShape:
    """Read the shape of a trace from its facts; durations are those of its single-card jobs."""
    levels = {key.split("/")[-1]: value for key, value in numbers.items() if key.startswith("duration_s/1_card/")}
    known = sorted((int(level[1:]) / 100.0, seconds) for level, seconds in levels.items())
    ends = ((0.0, known[0][1]), *known, (1.0, known[-1][1]))
    return WorkloadShape(
        submit_shares=tuple(numbers[f"submit_share/{hour:02d}"] for hour in range(24)),
        duration_quantiles=ends,
        card_shares=tuple(
            (float(key.split("/")[1]), share) for key, share in numbers.items() if key.startswith("cards_share/")
        ),
    )
