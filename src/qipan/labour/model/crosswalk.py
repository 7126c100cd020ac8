"""Nouns of crosswalks: what a code of one classification may be in another, how likely, and what is carried across."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

Candidates = tuple[tuple[str, float], ...]
"""Codes with their shares, the largest first."""


@dataclass(frozen=True)
class Crosswalk:
    """What codes of one classification are in another.

    Attributes
    ----------
    of, to
        Names of both classifications, as ``csco`` and ``isco``.
    links
        For each code the codes that it may be; their shares add up to one, or to less where unlikely ones are left out.
    source
        Where it comes from.
    """

    of: str
    to: str
    links: Mapping[str, Candidates]
    source: str = ""

    @cached_property
    def targets(self) -> frozenset[str]:
        """Codes of the other classification that anything is linked with."""
        return frozenset(target for shares in self.links.values() for target, _ in shares)


@dataclass(frozen=True, slots=True)
class Exposed:
    """People in an occupation, and which share of their work is exposed.

    Attributes
    ----------
    persons
        How many; where nobody says, one for each occupation.
    """

    occupation: str
    exposure: float
    persons: float = 1.0


@dataclass(frozen=True, slots=True)
class Converted:
    """What came across, and which codes did not, since nothing links them."""

    rows: tuple[Exposed, ...]
    unlinked: tuple[str, ...]
