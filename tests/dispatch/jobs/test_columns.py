"""Jobs become columns and come back unchanged; what is left out is missing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from qipan.dispatch.jobs.columns import assumed_bit, from_columns, to_columns
from qipan.dispatch.model.job import ASSUMABLE, Jobs
from qipan.kernel.errors import BadInputError

NEEDED = {
    "job_id": np.array(["a", "b"], dtype=object),
    "submit_s": np.array([0.0, 1.0]),
    "kind": np.array([0, 1]),
    "quantity": np.array([1.0, 0.5]),
}


def test_from_columns_fills_what_is_left_out_with_the_signs_of_missing() -> None:
    jobs = from_columns(NEEDED)
    assert np.isnan(np.stack([jobs.requested_s, jobs.actual_s, jobs.start_by_s, jobs.finish_by_s, jobs.data_gb])).all()
    assert (np.stack([jobs.tier, jobs.data_class, jobs.workload, jobs.priority]) == -1).all()
    assert (jobs.origin.tolist(), jobs.preemptible.tolist()) == (["", ""], [False, False])
    assert jobs.assumed.tolist() == [assumed_bit("preemptible")] * 2


def test_from_columns_restores_what_to_columns_gave() -> None:
    jobs = from_columns(NEEDED | {"preemptible": np.array([True, False]), "tier": np.array([2, -1])})
    columns = to_columns(jobs)
    assert tuple(columns) == tuple(column.name for column in fields(Jobs))
    again = to_columns(from_columns(columns))
    for name, column in columns.items():
        np.testing.assert_array_equal(again[name], column)
        assert again[name].dtype == column.dtype


def test_from_columns_without_a_needed_one_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        from_columns({name: NEEDED[name] for name in ("job_id", "submit_s", "kind")})
    assert caught.value.code == "columns_missing"
    assert "missing were quantity" in caught.value.message


def test_from_columns_of_unequal_length_is_refused() -> None:
    with pytest.raises(BadInputError) as caught:
        from_columns(NEEDED | {"tier": np.array([1])})
    assert caught.value.code == "columns_unequal"
    assert "{'tier': 1}" in caught.value.message


def test_assumed_bit_is_its_own_for_each_column() -> None:
    assert len({assumed_bit(column) for column in ASSUMABLE}) == len(ASSUMABLE)
