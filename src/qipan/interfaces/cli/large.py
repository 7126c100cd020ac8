"""Figures three lines tall, for the few numbers that a person should take away."""

from __future__ import annotations

_SHAPES = {
    "0": ("█▀█", "█ █", "▀▀▀"),
    "1": ("▀█ ", " █ ", "▀▀▀"),
    "2": ("▀▀█", "█▀▀", "▀▀▀"),
    "3": ("▀▀█", " ▀█", "▀▀▀"),
    "4": ("█ █", "▀▀█", "  ▀"),
    "5": ("█▀▀", "▀▀█", "▀▀▀"),
    "6": ("█▀▀", "█▀█", "▀▀▀"),
    "7": ("▀▀█", "  █", "  ▀"),
    "8": ("█▀█", "█▀█", "▀▀▀"),
    "9": ("█▀█", "▀▀█", "▀▀▀"),
    "+": ("   ", "▄█▄", " ▀ "),
    "-": ("   ", "▄▄▄", "   "),
    ".": (" ", " ", "▄"),
    ",": (" ", " ", "█"),
    "%": ("▀ █", "▄▀ ", "▀ ▀"),
    "–": ("   ", "▄▄▄", "   "),
    " ": (" ", " ", " "),
}


def large(text: str) -> tuple[str, str, str]:
    r"""Return three lines that show figures large.

    Examples
    --------
    >>> print("\n".join(line.rstrip() for line in large("-7 %")))
         ▀▀█   ▀ █
    ▄▄▄    █   ▄▀
           ▀   ▀ ▀
    """
    rows = zip(*(_SHAPES[sign] for sign in text), strict=True)
    first, second, third = (" ".join(row) for row in rows)
    return first, second, third
