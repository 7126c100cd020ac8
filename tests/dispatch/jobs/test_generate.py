"""Made jobs follow the shape that they were made from, and say that they are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qipan.dispatch.jobs.generate import WorkloadShape, pick, workload
from qipan.dispatch.model.job import Jobs
from qipan.kernel.errors import BadInputError

SHAPE = WorkloadShape(
    submit_shares=(*(0.0,) * 8, *(3.0,) * 10, *(1.0,) * 6),
    duration_quantiles=((0.0, 10.0), (0.5, 1000.0), (0.9, 10_000.0), (1.0, 500_000.0)),
    card_shares=((1, 0.8), (2, 0.0), (8, 0.2)),
)
DAY_START_S = 1_507_478_400.0


def made(count: int, *, seed: int = 1) -> Jobs:
    return workload(
        SHAPE,
        day_start_s=DAY_START_S,
        jobs_per_day=count,
        label_weights={"training": 3.0, "latency_sensitive": 1.0},
        rng=np.random.default_rng(seed),
    )


def test_workload_follows_the_shares_of_the_shape() -> None:
    jobs = made(100_000)
    hour = ((jobs.submit_s - DAY_START_S) // 3600).astype(int)
    assert np.bincount(hour, minlength=24) / 100_000 == pytest.approx(np.array(SHAPE.submit_shares) / 36, abs=0.005)
    assert [(jobs.quantity == cards).mean() for cards in (1, 2, 8)] == pytest.approx([0.8, 0.0, 0.2], abs=0.005)
    assert (jobs.label == "training").mean() == pytest.approx(0.75, abs=0.005)
    assert (jobs.quantity[jobs.label == "training"] == 8).mean() == pytest.approx(0.2, abs=0.01)


def test_workload_durations_follow_the_quantiles() -> None:
    actual_s = made(100_000).actual_s
    assert np.quantile(actual_s, [0.5, 0.9]) == pytest.approx([1000.0, 10_000.0], rel=0.05)
    assert np.quantile(actual_s, 0.25) == pytest.approx(100.0, rel=0.05)  # halfway in the logarithm from 10 to 1,000
    assert actual_s.min() >= 10.0
    assert actual_s.max() <= 500_000.0


def test_workload_is_named_ordered_and_leaves_requests_to_the_rule() -> None:
    jobs = made(100)
    assert jobs.job_id[[0, 99]].tolist() == ["made-00001", "made-00100"]
    assert (np.diff(jobs.submit_s) >= 0).all()
    assert np.isnan(jobs.requested_s).all()
    assert (jobs.tier == -1).all()


def test_workload_with_the_same_seed_is_the_same() -> None:
    assert made(50).actual_s.tolist() == made(50).actual_s.tolist()
    assert made(50).actual_s.tolist() != made(50, seed=2).actual_s.tolist()


def test_workload_of_no_jobs_is_empty() -> None:
    assert len(made(0)) == 0


def test_workload_of_a_negative_count_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        made(-1)
    assert caught.value.code == "jobs_negative"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"submit_shares": (1.0,) * 23}, "submit_shares"),
        ({"submit_shares": (0.0,) * 24}, "submit_shares"),
        ({"duration_quantiles": ((0.0, 10.0), (0.9, 20.0))}, "duration_quantiles"),
        ({"duration_quantiles": ((0.0, 0.0), (1.0, 20.0))}, "duration_quantiles"),
        ({"duration_quantiles": ((0.0, 30.0), (1.0, 20.0))}, "duration_quantiles"),
        ({"duration_quantiles": ()}, "duration_quantiles"),
        ({"card_shares": ((0, 1.0),)}, "card_shares"),
        ({"card_shares": ((1, -1.0),)}, "card_shares"),
        ({"card_shares": ()}, "card_shares"),
    ],
)
def test_shape_out_of_range_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    whole = {name: getattr(SHAPE, name) for name in ("submit_shares", "duration_quantiles", "card_shares")}
    with pytest.raises(BadInputError) as caught:
        WorkloadShape(**(whole | change))
    assert caught.value.code == "shape_out_of_range"
    assert said in caught.value.message


def test_pick_never_takes_a_position_without_weight() -> None:
    draws = np.nextafter(np.array([0.0, 0.5, 1.0]), 0)
    assert set(pick(np.array([0.0, 0.1, 0.2, 0.0]), np.abs(draws)).tolist()) <= {1, 2}
