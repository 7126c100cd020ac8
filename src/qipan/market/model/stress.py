"""Noun of a stress: how far the loss of a default runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stress:
    """In which share of paths the loss of the largest member's default reaches each layer of the waterfall.

    Attributes
    ----------
    margin
        Share of paths in which there is a loss at all.
    share, house, others
        Share of paths in which it exceeds what is before: the defaulter's margin, its share of the mutual fund, the
        clearing house's capital.
    uncovered
        Share of paths in which all of it is not enough.
    worst_fen
        Largest loss.
    """

    paths: int
    margin: float
    share: float
    house: float
    others: float
    uncovered: float
    worst_fen: int
