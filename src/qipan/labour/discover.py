"""Discover: which cells of the whole grid to believe in a period, so that few of those believed are false.

A promise of false alarms is one of each cell; where a thousand cells are watched, a few of them are always wrong. Here
each score is held against all that was quiet: its *p* is the share of quiet scores as high. Cells are then believed by
a rule that bounds the expected share of false ones among them, however cells depend on each other.

Source: `vovk2005` (conformal p-values), `benjamini2001` (false discoveries under dependence).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.back_test import FoldScores
from qipan.labour.model.event import History
from qipan.labour.model.promise import Discoveries

FALSE_SHARE: Final = 0.1
"""Share of discoveries that may be false."""


def discover(scores: Floats, quiet: Floats, false_share: float = FALSE_SHARE) -> Bools:
    """Return which cells are discovered in each period, ``(cells, periods)``.

    Parameters
    ----------
    scores
        ``(cells, periods)``; NaN is no discovery, and of no cell that is looked at.
    quiet
        Scores where it was quiet, learned apart, ``(scores,)``.

    Examples
    --------
    >>> scores = np.array([[0.0, 9.0], [1.0, 0.5], [0.2, 0.1]])
    >>> discover(scores, np.linspace(0.0, 2.0, 1000)).astype(int).tolist()
    [[0, 1], [0, 0], [0, 0]]
    """
    if not len(quiet):
        return np.zeros(scores.shape, dtype=np.bool_)
    ordered = np.sort(quiet)
    as_high = len(ordered) - np.searchsorted(ordered, scores, side="left")
    p = np.where(np.isnan(scores), np.inf, (1.0 + as_high) / (1.0 + len(ordered)))
    looked_at = np.isfinite(p).sum(axis=0)
    harmonic = np.cumsum(1.0 / np.arange(1, len(scores) + 1))[np.maximum(looked_at, 1) - 1]
    rank = np.arange(1, len(scores) + 1)[:, None]
    steps = np.sort(p, axis=0)
    passes = steps <= rank * false_share / (np.maximum(looked_at, 1) * harmonic)
    last = np.where(passes, steps, -np.inf).max(axis=0)
    found: Bools = p <= last
    return found


def count_discoveries(folds: Sequence[FoldScores], history: History, false_share: float = FALSE_SHARE) -> Discoveries:
    """Return what the discoveries of each fold came to, by what was quiet in the others."""
    found = np.concatenate([discover(one.tested, _quiet(one, history), false_share) for one in folds], axis=1)
    in_event = np.zeros(found.shape, dtype=np.bool_)
    for event in history.events:
        in_event[event.cell, event.since : event.end + 1] = True
    true, false = (found & in_event).sum(axis=0), (found & history.is_quiet).sum(axis=0)
    share = np.divide(false, true + false, out=np.zeros(len(true)), where=true + false > 0)
    return Discoveries(int(true.sum()), int(false.sum()), float(share.mean()))


def _quiet(fold: FoldScores, history: History) -> Floats:
    """Return scores of quiet cells in the periods that a fold was taught by."""
    scores: Floats = fold.taught[history.is_quiet]
    return scores[np.isfinite(scores)]
