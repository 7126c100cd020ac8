"""Rank shares: make shares of scores that only say who is more exposed than whom.

With the mean share of all given, the share at rank ``p`` (0 the least, 1 the most) is taken to be ``p ** (1 / mean -
1)``, whose mean over the ranks is that mean. The form is assumed; a ranking alone says no more than that a share
lies between `least_share` and `most_share`.
"""

from __future__ import annotations

from collections.abc import Mapping

from scipy.stats import rankdata

from qipan.labour.model.exposure import Triangle


def rank_shares(scores: Mapping[str, float], mean: Triangle) -> dict[str, Triangle]:
    """Return the share of each, for the least, likeliest and greatest mean of all; equals share a rank.

    Examples
    --------
    >>> found = rank_shares({"a": 3.0, "b": 9.0}, Triangle(0.25, 0.5, 0.5))
    >>> found["a"].likely, found["b"].likely
    (0.25, 0.75)
    """
    ranks = (rankdata(list(scores.values())) - 0.5) / max(1, len(scores))
    return {
        name: Triangle(*(_share(float(rank), one) for one in (mean.low, mean.likely, mean.high)))
        for name, rank in zip(scores, ranks, strict=True)
    }


def least_share(rank: float, mean: float) -> float:
    """Return what a share at a rank must be at least: those above have 1 at most, those below no more than it.

    Examples
    --------
    >>> least_share(0.9, 0.46)
    0.4
    """
    return max(0.0, (mean - (1.0 - rank)) / rank) if rank > 0.0 else 0.0


def most_share(rank: float, mean: float) -> float:
    """Return what a share at a rank can be at most: those above have no less than it.

    Examples
    --------
    >>> most_share(0.75, 0.2)
    0.8
    """
    return min(1.0, mean / (1.0 - rank)) if rank < 1.0 else 1.0


def _share(rank: float, mean: float) -> float:
    return float(rank ** (1.0 / mean - 1.0)) if mean > 0.0 else 0.0
