"""Noun of the work that runs on something else than it asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Substituted:
    """Jobs with a place that ask for one kind and model, and run on another.

    Attributes
    ----------
    asked_unit_h, held_unit_h
        What they ask for, and what they hold of the substitute for as long.
    """

    kind: str
    card_model: str
    by_kind: str
    by_card_model: str
    jobs: int
    asked_unit_h: float
    held_unit_h: float
