"""Shares from ranks keep the order and the mean, and lie within what a ranking alone allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.labour.model.exposure import Triangle
from qipan.labour.rank_shares import least_share, most_share, rank_shares


@given(st.lists(st.floats(0.0, 9.0), min_size=2, max_size=30, unique=True), st.floats(0.05, 0.95))
def test_order_is_kept(scores, mean):
    shares = rank_shares({str(score): score for score in scores}, Triangle(mean, mean, mean))
    assert [shares[str(score)].likely for score in sorted(scores)] == sorted(one.likely for one in shares.values())


@pytest.mark.parametrize("mean", [0.1, 0.3, 0.6])
def test_mean_is_kept_and_bounds_hold(mean):
    shares = rank_shares({str(at): at for at in range(2000)}, Triangle(mean, mean, mean))
    path = np.array([shares[str(at)].likely for at in range(2000)])
    assert path.mean() == pytest.approx(mean, abs=2e-3)
    ranks = (np.arange(2000) + 0.5) / 2000
    assert all(
        least_share(rank, mean) - 2e-3 <= share <= most_share(rank, mean) + 2e-3
        for rank, share in zip(ranks, path, strict=True)
    )


def test_equals_share_a_rank():
    shares = rank_shares({"a": 1.0, "b": 1.0, "c": 2.0}, Triangle(0.1, 0.2, 0.3))
    assert shares["a"] == shares["b"]
