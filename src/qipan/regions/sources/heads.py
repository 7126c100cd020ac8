"""Know columns by the names that they may have, in letters large or small, and which of several names the regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

REGION: Final = (
    "ucode", "unitcode", "adcode", "地区代码", "行政区划代码", "region", "province", "state", "country", "地区", "省份",
    "省",
)  # fmt: skip
"""Codes stand before names: a column ``region`` may be a group of regions."""
YEAR: Final = ("year", "time", "period", "年份", "年度", "年")
VALUE: Final = ("value", "数值")
WEIGHT: Final = ("weight", "权重")


def place(head: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return where the first of some names stands.

    Examples
    --------
    >>> place(["Region", "Year"], YEAR), place(["Region"], YEAR)
    (1, None)
    """
    low = [name.casefold() for name in head]
    return next((low.index(name) for name in wanted if name in low), None)


def key_place(
    head: Sequence[str], rows: Sequence[Sequence[str]], within: Sequence[int], wanted: Sequence[str] = REGION
) -> int | None:
    """Return which column names the regions: of several the one that repeats least within others, as the year.

    Examples
    --------
    >>> key_place(["region", "state", "year"], [["west", "CA", "2000"], ["west", "NV", "2000"]], [2])
    1
    """
    low = [name.casefold() for name in head]
    there = [low.index(name) for name in wanted if name in low]
    if len(there) < 2:
        return there[0] if there else None

    def repeats(at: int) -> int:
        return len(rows) - len({(row[at], *(row[one] for one in within)) for row in rows})

    return min(there, key=repeats)


def by_role(head: Sequence[str], roles: Mapping[str, Sequence[str]]) -> list[str]:
    """Return names of columns, those of a role by the role: the first of its names that is there."""
    found = list(head)
    for role, wanted in roles.items():
        at = place(head, wanted)
        if at is not None:
            found[at] = role
    return found
