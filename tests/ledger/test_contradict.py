"""Laws that meters must keep."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.ledger.contradict import (
    ORDER,
    contradict_envelope,
    contradict_order,
    contradict_pue,
)


@pytest.mark.parametrize(("rule", "lesser", "greater"), ORDER)
def test_contradict_order_beyond_accuracy_is_found_and_within_is_not(rule: str, lesser: str, greater: str) -> None:
    series = {lesser: np.array([[101.9, 103.0, np.nan]]), greater: np.full((1, 3), 100.0)}
    (found,) = contradict_order(series, {lesser: 0.01, greater: 0.01}, {})
    assert found.rule == rule
    assert (found.excess > 0).tolist() == [[False, True, False]]
    assert found.silent.tolist() == [[False, False, True]]


def test_contradict_order_honest_meters_at_the_end_of_their_class_are_never_named() -> None:
    rng = np.random.default_rng(3)
    true = rng.uniform(1e3, 1e6, (50, 500))
    low, high = np.round(true * 0.99 / 100) * 100, np.round(true * 1.01 / 100) * 100
    accuracy = {"host_wh": 0.01, "pdu_wh": 0.0101}
    resolution = {"host_wh": 100.0, "pdu_wh": 100.0}
    (found,) = contradict_order({"host_wh": high, "pdu_wh": low}, accuracy, resolution)
    assert not found.excess.any()


def test_contradict_pue_above_bound_is_found() -> None:
    found = contradict_pue(np.array([[100.0, 100.0]]), np.array([[290.0, 320.0]]), 3.0, 0.01)
    assert (found.excess > 0).tolist() == [[False, True]]


def test_contradict_envelope_ghosts_and_hidden_use_are_found() -> None:
    card_wh = np.array([[1000.0, 100.0, 3500.0]])
    ghosts, hidden = contradict_envelope(card_wh, np.full((1, 3), 4.0), np.full((1, 3), 10.0), (40.0, 80.0), 700.0)
    assert (ghosts.excess > 0).tolist() == [[False, True, False]]
    assert (hidden.excess > 0).tolist() == [[False, False, True]]
