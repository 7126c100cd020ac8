"""Tell how far a long question is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Told the name of each step as it begins."""


def quiet(_step: str) -> None:
    """Tell nobody of a step."""
