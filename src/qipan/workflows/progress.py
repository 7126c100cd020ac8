"""Tell how far a long question is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Told the name of each step as it begins."""


Advance = Callable[[str, float | None], None]
"""Told the step that runs and the share of it that is done, again and again; no share where nobody knows it."""


def quiet(_step: str) -> None:
    """Tell nobody of a step."""
