"""Tell how far a long question is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]
"""Told the name of each step as it begins."""


Advance = Callable[[str, float | None], None]
"""Told the step that runs and the share of it that is done, again and again; no share where nobody knows it."""


class OutOfTimeError(Exception):
    """Raised by whoever is told how far work is, to end it there.

    Parameters
    ----------
    step, share
        What was told.
    """

    def __init__(self, step: str, share: float | None) -> None:
        super().__init__(at(step, share))


def at(step: str, share: float | None) -> str:
    """Say how far work is.

    Examples
    --------
    >>> at("offline bound", 0.5), at("offline bound", None)
    ('offline bound: 50%', 'offline bound')
    """
    return step if share is None else f"{step}: {share:.0%}"


def quiet(_step: str) -> None:
    """Tell nobody of a step."""
