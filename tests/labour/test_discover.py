"""Cells that are believed: few of them false, however they depend on each other."""

from __future__ import annotations

import numpy as np
import pytest

from qipan.labour.discover import count_discoveries, discover
from qipan.labour.model.back_test import FoldScores
from qipan.labour.model.event import Event, History


def drawn(rng, shared: float, cells: int, periods: int) -> np.ndarray:
    own = rng.normal(size=(cells, periods))
    return np.sqrt(shared) * rng.normal(size=periods) + np.sqrt(1.0 - shared) * own


def false_share(rng, shared: float, lost: int, cells: int = 40, periods: int = 400) -> float:
    """Mean share of false discoveries where some cells of each period score higher, and all share a part."""
    scores = drawn(rng, shared, cells, periods)
    scores[:lost] += 5.0
    found = discover(scores, drawn(rng, shared, cells, 3000).ravel())
    all_found, false = found.sum(axis=0), found[lost:].sum(axis=0)
    if lost:
        assert found[:lost].mean() > 0.5
    return float(np.mean(false / np.maximum(all_found, 1)))


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("lost", [0, 4])
def test_few_discoveries_are_false_however_cells_depend(shared, lost):
    assert false_share(np.random.default_rng(3), shared, lost) <= 0.1


@pytest.mark.parametrize(
    ("as_high", "believed"),
    # Three cells: p up to 0.1 / 3 / (1 + 1/2 + 1/3) = 0.01818 for one of them, twice that for two, 0.05454 for three.
    [
        ((17, 900, 900), (True, False, False)),
        ((18, 900, 900), (False, False, False)),
        ((35, 35, 900), (True, True, False)),
        ((35, 36, 900), (False, False, False)),
        ((50, 53, 20), (True, True, True)),
        # Of two that are looked at: 0.1 / 2 / (1 + 1/2) = 0.0333.
        ((32, 900, np.nan), (True, False, False)),
        ((33, 900, np.nan), (False, False, False)),
    ],
)
def test_believed_by_hand(as_high, believed):
    scores = 999.0 - np.array(as_high, dtype=np.float64)[:, None]
    assert discover(scores, np.arange(999.0))[:, 0].tolist() == list(believed)


def test_without_quiet_scores_nothing_is_discovered():
    assert not discover(np.ones((2, 3)), np.empty(0)).any()


def test_discoveries_in_events_are_true_and_where_it_was_quiet_false():
    is_quiet = np.ones((2, 120), dtype=bool)
    is_quiet[0, 50:60] = False
    history = History((Event(0, 50, 50, 51, 55, 59),), 24, is_quiet)
    tested, taught = np.zeros((2, 120)), np.random.default_rng(1).uniform(size=(2, 120))
    tested[0, 52:54] = tested[1, 80] = 9.0
    found = count_discoveries([FoldScores(0, 120, taught, tested)], history)
    assert (found.true, found.false, found.rate) == (2, 1, pytest.approx(1 / 120))
    assert found.false_share == pytest.approx(1 / 3)
