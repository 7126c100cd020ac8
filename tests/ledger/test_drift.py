"""A report that leaves its energy is seen; honest habits, growth and silence are not."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.ledger.drift import drift
from qipan.ledger.peers import PEERS_LEAST, compare_peers

HOURS, SINCE = 90 * 24, 60 * 24


def telemetry(sites: int, memory: float = 0.9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return energy, use and capacity of honest sites whose load changes from hour to hour."""
    rng = np.random.default_rng(5)
    noise = np.zeros((sites, HOURS))
    for hour in range(1, HOURS):
        noise[:, hour] = memory * noise[:, hour - 1] + rng.normal(0, 0.01, sites)
    capacity = np.full((sites, HOURS), 1000.0)
    used = 500 + 300 * np.sin(2 * np.pi * np.arange(HOURS) / 24) + rng.normal(0, 40, (sites, HOURS))
    return 50 * (capacity - used) + 250 * used * np.exp(noise), used, capacity


@pytest.mark.parametrize("size", [0.05, -0.05])
def test_drift_tells_the_size_of_what_was_over_or_under_reported(size: float) -> None:
    energy, used, capacity = telemetry(20)
    told = np.where(np.arange(HOURS) >= SINCE, used * (1 + size), used)
    found, _ = drift(energy, np.stack([told, capacity]), SINCE)
    assert np.median(found) == pytest.approx(size / (1 + size), abs=0.01)


def test_drift_of_honest_sites_that_grow_and_change_habits_is_small() -> None:
    energy, used, capacity = telemetry(20)
    grown = np.where(np.arange(HOURS) >= SINCE, 1.3, 1.0)
    found, _ = drift(energy * grown, np.stack([used * grown, capacity * grown]), SINCE)
    assert np.abs(found).max() < 0.03


def test_drift_does_not_need_every_hour_nor_believe_single_ones() -> None:
    energy, used, capacity = telemetry(20)
    whole, _ = drift(energy, np.stack([used, capacity]), SINCE)
    rng = np.random.default_rng(6)
    holed = np.where(rng.random(energy.shape) < 0.05, np.nan, energy)
    holed[:, 2000] *= 5
    assert np.abs(drift(holed, np.stack([used, capacity]), SINCE)[0] - whole).max() < 0.01


def test_drift_of_honest_sites_is_as_sure_as_it_says() -> None:
    energy, used, capacity = telemetry(100)
    share, error = drift(energy, np.stack([used, capacity]), SINCE)
    assert np.std(share / error) == pytest.approx(1, abs=0.25)


def test_drift_where_nothing_is_explained_is_unknown() -> None:
    _, used, capacity = telemetry(3)
    assert np.isnan(drift(-used, np.stack([used, capacity]), SINCE)[0]).all()


def test_peers_are_not_moved_by_a_few_liars() -> None:
    rng = np.random.default_rng(7)
    value = rng.normal(100, 2, 50)
    lied = value.copy()
    lied[:5] = 60
    found = compare_peers(lied, ["a"] * 50).deviations
    assert (found[:5] < -10).all()
    assert np.abs(found[5:] - compare_peers(value, ["a"] * 50).deviations[5:]).max() < 1


def test_peers_compare_only_within_a_kind_that_has_enough() -> None:
    value = np.array([*range(PEERS_LEAST), np.nan, 7.0, 8.0])
    found = compare_peers(value.astype(float), ["a"] * (PEERS_LEAST + 1) + ["b"] * 2).deviations
    assert np.isnan(found[PEERS_LEAST:]).all()
    assert not np.isnan(found[:PEERS_LEAST]).any()


@pytest.mark.parametrize("count", [PEERS_LEAST, 8, 20, 100, 500])
@pytest.mark.parametrize("rate", [0.05, 0.01, 0.005])
def test_peers_that_are_honest_and_normal_are_named_no_more_often_than_promised(count: int, rate: float) -> None:
    rng = np.random.default_rng(count)
    groups = 20_000 // count
    value = rng.normal(3, 2, count * groups)
    kinds = np.repeat(np.arange(groups), count).astype(str).tolist()
    named = np.mean(compare_peers(value, kinds).chance() <= rate)
    assert named <= rate + 3 * np.sqrt(rate / len(value))
