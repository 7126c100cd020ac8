"""The hierarchy of an index: indicators, what they are grouped under, up to the index itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Floats


@dataclass(frozen=True, slots=True)
class Node:
    """An indicator, or what others are grouped under.

    Attributes
    ----------
    parent
        Code of what it is grouped under; empty for the index itself.
    level
        1 for an indicator, one more for each step up.
    direction
        1 where more is better, -1 where less is.
    weight
        Within its parent; relative.
    denominator
        Code of what an indicator is divided by; empty for nothing.
    target
        What an indicator should reach, nan where nobody says.
    low, high
        Goalposts: from where to where an indicator counts, nan where nobody says.
    """

    code: str
    name: str
    parent: str
    level: int = 1
    direction: int = 1
    weight: float = 1.0
    denominator: str = ""
    unit: str = ""
    target: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True, slots=True)
class Framework:
    """All nodes, indicators first, then level by level up to the index."""

    nodes: tuple[Node, ...]

    @property
    def indicators(self) -> tuple[Node, ...]:
        """Return the nodes of the lowest level, in order."""
        return tuple(one for one in self.nodes if one.level == 1)

    @property
    def groups(self) -> tuple[Node, ...]:
        """Return the nodes that others are grouped under, the lower levels first."""
        return tuple(one for one in self.nodes if one.level > 1)

    @property
    def top(self) -> Node:
        """Return the index itself."""
        return self.nodes[-1]

    def under(self, code: str) -> tuple[Node, ...]:
        """Return what is grouped under a node, in order."""
        return tuple(one for one in self.nodes if one.parent == code)


@dataclass(frozen=True, slots=True)
class Indicators:
    """Figures of indicators by period and region, as the steps of the chain hand them on.

    Attributes
    ----------
    regions, names
        Codes, and what they are called.
    years
        In order; 0 alone where the table has no period.
    codes
        Of the indicators, in the order of the framework.
    value
        ``(years, regions, indicators)``; nan where nobody published a figure.
    others
        Denominators by code, ``(years, regions)``.
    groups
        By the name of a partition, the group of each region; empty where it is in none.
    """

    regions: tuple[str, ...]
    names: tuple[str, ...]
    years: tuple[int, ...]
    codes: tuple[str, ...]
    value: Floats
    others: Mapping[str, Floats]
    groups: Mapping[str, tuple[str, ...]]

    def column(self, code: str) -> int:
        """Return where an indicator stands."""
        return self.codes.index(code)


def grow(indicators: Sequence[Node], groups: Sequence[Node]) -> Framework:
    """Return the hierarchy of nodes that name their parents; levels are found from the indicators up.

    Raises
    ------
    BadInputError
        ``framework_unfit`` where a parent is missing, several nodes have none, or parents go round.

    Examples
    --------
    >>> made = grow([Node("a", "A", "all"), Node("b", "B", "all")], [Node("all", "All", "")])
    >>> made.top.level, [one.code for one in made.under("all")]
    (2, ['a', 'b'])
    """
    by_code = {one.code: one for one in (*indicators, *groups)}
    children: dict[str, list[str]] = {one.code: [] for one in groups}
    tops = [one.code for one in by_code.values() if not one.parent]
    lost = [one.code for one in by_code.values() if one.parent and one.parent not in children]
    level = {one.code: 1 for one in indicators}
    for one in by_code.values():
        if one.parent in children:
            children[one.parent].append(one.code)
    empty = [code for code, under in children.items() if not under]
    waiting = [one.code for one in groups]
    while waiting and not (lost or empty):
        ready = [code for code in waiting if all(one in level for one in children[code])]
        if not ready:
            break
        for code in ready:
            level[code] = 1 + max(level[one] for one in children[code])
        waiting = [code for code in waiting if code not in level]
    if len(tops) != 1 or tops[0] not in children or lost or empty or waiting:
        odd = ", ".join(lost or empty or waiting or tops) or "none"
        raise BadInputError(
            f"A framework must lead from every indicator through its parents to one index, did not: {odd}.",
            code="framework_unfit",
            hint="Name for each indicator what it is grouped under, and for each group too, up to a single index.",
        )
    ordered = sorted(by_code.values(), key=lambda one: level[one.code])
    return Framework(tuple(replace(one, level=level[one.code]) for one in ordered))
