"""A pool whose use leaves its energy is named, honest ones as rarely as promised, silent and lonely ones never."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.ledger.peers import PEERS_LEAST
from qipan.ledger.suspect import RULES, Suspected, suspect

POOLS, DAYS = 40, 40
HOURS, SINCE = DAYS * 24, 30 * 24
RATE = 0.005
MODELS = ["a"] * 30 + ["b"] * 10


def telemetry(seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return energy, use and certified cards of honest pools; model ``b`` takes twice the power of ``a``."""
    rng = np.random.default_rng(seed)
    noise = np.zeros((POOLS, HOURS))
    for hour in range(1, HOURS):
        noise[:, hour] = 0.9 * noise[:, hour - 1] + rng.normal(0, 0.01, POOLS)
    certified = np.full((POOLS, HOURS), 1000.0)
    used = np.clip(500 + 300 * np.sin(2 * np.pi * np.arange(HOURS) / 24) + rng.normal(0, 40, (POOLS, HOURS)), 0, 1000)
    busy = np.array([250.0 if model == "a" else 500.0 for model in MODELS]) * rng.normal(1, 0.01, POOLS)
    return 50 * (certified - used) + busy[:, None] * used * np.exp(noise), used, certified


def named(one: Suspected) -> list[int]:
    return np.flatnonzero(one.chance <= RATE).tolist()


def test_use_reported_too_large_since_an_hour_is_named_with_its_size() -> None:
    energy, used, certified = telemetry()
    told = used.copy()
    told[7, SINCE:] *= 1.1
    changed, _ = suspect(energy, told, certified, MODELS, SINCE)
    assert int(np.argmin(changed.chance)) == 7
    assert changed.chance[7] < RATE
    assert changed.size[7] == pytest.approx(0.09, abs=0.02)
    assert changed.peers[7] == POOLS


def test_use_reported_too_large_from_the_first_hour_is_seen_by_peers_of_the_model_only() -> None:
    energy, used, certified = telemetry()
    told = used.copy()
    told[7] *= 1.25
    changed, beside = suspect(energy, told, certified, MODELS, SINCE)
    assert 7 not in named(changed)
    assert named(beside) == [7]
    assert beside.size[7] > 0.2
    assert (beside.peers[:30] == 30).all()
    assert (beside.peers[30:] == 10).all()


def test_honest_pools_are_named_about_as_rarely_as_promised() -> None:
    often = [len(named(one)) for seed in range(20) for one in suspect(*telemetry(seed), MODELS, SINCE)]
    # 1,600 trials at half a percent: 8 are expected.
    assert sum(often) <= 20


def test_pools_that_told_little_or_nothing_are_not_tried() -> None:
    energy, used, certified = telemetry()
    energy[0, : SINCE * 2 // 3] = np.nan
    used[1, SINCE : SINCE + 150] = np.nan
    certified[2] = 0
    for one in suspect(energy, used, certified, MODELS, SINCE):
        assert np.isnan(one.chance[:3]).all()
        assert not np.isnan(one.chance[3:]).any()
    for one in suspect(np.full_like(energy, np.nan), used, certified, MODELS, SINCE):
        assert np.isnan(one.chance).all()


def test_pools_without_peers_are_not_judged() -> None:
    few = [array[: PEERS_LEAST - 1] for array in telemetry()]
    for one, rule in zip(suspect(*few, MODELS[: PEERS_LEAST - 1], SINCE), RULES, strict=True):
        assert one.rule == rule
        assert np.isnan(one.chance).all()


def test_pools_without_a_model_and_meters_that_do_not_follow_use_are_not_held_against_peers() -> None:
    energy, used, certified = telemetry()
    energy[0] = 1e9 - 300 * used[0]
    _, beside = suspect(energy, used, certified, ["", *MODELS[1:-1], ""][:POOLS], SINCE)
    assert np.isnan(beside.chance[[0, POOLS - 1]]).all()
    _, beside = suspect(energy, used, certified, MODELS, SINCE)
    assert np.isnan(beside.chance[0])


def test_peers_that_agree_better_than_meters_can_name_nobody() -> None:
    _, used, certified = telemetry()
    same = 50 * (certified - used) + 250 * used
    same[3] *= 1.001
    for one in suspect(same, used, certified, ["a"] * POOLS, SINCE):
        assert named(one) == []
