"""Raised load is more of the same work, under names of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.dispatch.jobs.columns import from_columns
from qipan.dispatch.jobs.load import raise_load
from qipan.dispatch.model.job import Jobs
from qipan.kernel.errors import BadInputError


def jobs_called(*names: str) -> Jobs:
    count = len(names)
    return from_columns(
        {
            "job_id": np.array(names, dtype=object),
            "submit_s": np.arange(count, dtype=float),
            "kind": np.zeros(count, dtype=np.int64),
            "quantity": np.arange(1.0, count + 1),
            "requested_s": np.full(count, 3600.0),
        }
    )


HUNDRED = jobs_called(*(f"job-{number}" for number in range(100)))


@given(st.floats(0.01, 5.0), st.integers(0, 2**32 - 1))
def test_raise_load_keeps_counts_in_proportion_and_ids_apart(factor: float, seed: int) -> None:
    raised = raise_load(HUNDRED, factor, np.random.default_rng(seed))
    assert abs(len(raised) - 100 * factor) <= 0.5 + 1e-9
    assert len(set(raised.job_id)) == len(raised)
    copies_of = np.unique(raised.submit_s, return_counts=True)[1]
    assert copies_of.max() - (copies_of.min() if factor >= 1 else 0) <= 1


def test_raise_load_by_a_whole_number_multiplies_the_work_exactly() -> None:
    raised = raise_load(HUNDRED, 3, np.random.default_rng(0))
    assert raised.work_unit_h.sum() == 3 * HUNDRED.work_unit_h.sum()
    assert raised.job_id[[0, 100, 200]].tolist() == ["job-0", "job-0#2", "job-0#3"]
    assert raised.submit_s[[0, 100, 200]].tolist() == [0.0, 0.0, 0.0]


def test_raise_load_of_a_fraction_adds_that_share_of_the_jobs() -> None:
    raised = raise_load(HUNDRED, 1.25, np.random.default_rng(0))
    assert raised.job_id[:100].tolist() == HUNDRED.job_id.tolist()
    assert len(raised) == 125
    assert all(name.endswith("#2") for name in raised.job_id[100:])
    assert raised.work_unit_h.sum() == pytest.approx(1.25 * HUNDRED.work_unit_h.sum(), rel=0.1)


def test_raise_load_below_one_thins_out_and_renames_nothing() -> None:
    thinned = raise_load(HUNDRED, 0.3, np.random.default_rng(0))
    assert len(thinned) == 30
    assert set(thinned.job_id) < set(HUNDRED.job_id)
    assert (np.diff(thinned.submit_s) > 0).all()


def test_raise_load_by_one_changes_nothing() -> None:
    assert raise_load(HUNDRED, 1, np.random.default_rng(0)).job_id.tolist() == HUNDRED.job_id.tolist()


def test_raise_load_with_the_same_seed_draws_the_same() -> None:
    first, second = (raise_load(HUNDRED, 1.5, np.random.default_rng(7)) for _ in range(2))
    assert first.job_id.tolist() == second.job_id.tolist()


def test_raise_load_of_names_that_hold_the_mark_takes_a_longer_one() -> None:
    raised = raise_load(jobs_called("a", "a#2"), 2, np.random.default_rng(0))
    assert raised.job_id.tolist() == ["a", "a#2", "a##2", "a#2##2"]


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_raise_load_that_is_not_positive_is_refused(factor: float) -> None:
    with pytest.raises(BadInputError) as caught:
        raise_load(HUNDRED, factor, np.random.default_rng(0))
    assert caught.value.code == "load_not_positive"
    assert caught.value.message == f"A load must be a number above zero, was {factor}."
    assert "--load 2" in caught.value.hint


def test_raise_load_refuses_more_jobs_than_a_machine_holds() -> None:
    with pytest.raises(BadInputError, match="at most 20000000 jobs, was 100 jobs 1e\\+09 times") as refused:
        raise_load(HUNDRED, 1e9, np.random.default_rng(1))
    assert (refused.value.code, refused.value.hint) == ("load_too_large", "Write at most --load 200000.")
