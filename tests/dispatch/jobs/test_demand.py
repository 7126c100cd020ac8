"""Hourly demand keeps every token, and laying it out over origins keeps every card."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.dispatch.jobs.columns import assumed_bit
from qipan.dispatch.jobs.demand import Throughput, hourly_demand, shares_of, split_by_origin
from qipan.kernel.errors import BadInputError

RATES = Throughput(prefill_tokens_per_s=8000.0, decode_tokens_per_s=1000.0, utilisation=0.5)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 10_000)), max_size=30))
def test_hourly_demand_serves_every_token_in_its_hour(requests: list[tuple[int, int, int]]) -> None:
    hours, context, generated = np.array(requests, dtype=float).reshape(-1, 3).T
    jobs = hourly_demand(hours * 3600, context_tokens=context, generated_tokens=generated, throughput=RATES)
    assert (jobs.quantity > 0).all()
    for hour in range(6):
        of_hour = hours == hour
        card_s = context[of_hour].sum() / 8000 + generated[of_hour].sum() / 1000
        assert jobs.quantity[jobs.submit_s == hour * 3600].sum() * 3600 * 0.5 == pytest.approx(card_s)


@pytest.mark.parametrize(
    "rates", [(0.0, 1.0, 0.5), (1.0, -1.0, 0.5), (1.0, 1.0, 0.0), (1.0, 1.0, 1.1), (float("nan"), 1.0, 0.5)]
)
def test_throughput_out_of_range_is_refused(rates: tuple[float, float, float]) -> None:
    with pytest.raises(BadInputError) as caught:
        Throughput(*rates)
    assert caught.value.code == "throughput_out_of_range"


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.001, 1000.0), min_size=1))
def test_split_by_origin_makes_and_loses_nothing(weights: dict[str, float]) -> None:
    tokens = np.array([1e6, 5e5])
    whole = hourly_demand(np.array([0.0, 3600.0]), context_tokens=tokens, generated_tokens=tokens, throughput=RATES)
    parts = split_by_origin(whole, weights)
    assert len(parts) == 2 * len(weights)
    for hour in range(2):
        of_hour = parts.submit_s == hour * 3600
        assert parts.quantity[of_hour].sum() == pytest.approx(whole.quantity[hour], rel=1e-12)
        assert parts.origin[of_hour].tolist() == list(weights)
    assert parts.job_id.tolist() == [f"{name}@{origin}" for name in whole.job_id for origin in weights]
    assert (parts.assumed & assumed_bit("origin")).all()


def test_split_by_origin_leaves_a_job_with_an_origin_alone() -> None:
    whole = hourly_demand(
        np.array([0.0, 3600.0]), context_tokens=np.ones(2), generated_tokens=np.ones(2), throughput=RATES
    )
    once = split_by_origin(whole.take(np.array([0])), {"a": 1.0})
    assert split_by_origin(once, {"b": 1.0, "c": 1.0}).job_id.tolist() == once.job_id.tolist()


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"a": 1.0, "b": -0.5}, {"a": float("nan")}, {"a": float("inf")}])
def test_shares_of_weights_without_sense_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(BadInputError) as caught:
        shares_of(weights)
    assert caught.value.code == "weights_not_positive"
