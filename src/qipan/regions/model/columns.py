"""Figures of activities or regions that stand in columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Columns:
    """Figures by name of the row, then of the column; empty cells are left out."""

    names: tuple[str, ...]
    figures: dict[str, dict[str, float]]
