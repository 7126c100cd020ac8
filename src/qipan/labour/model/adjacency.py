"""Nouns of adjacency: which regions, industries and occupations are so near that they may lose work together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_INDUSTRY: Final = re.compile(r"([A-T]?)(\d{2})\d{0,2}")
_OCCUPATIONS: Final = (
    re.compile(r"(\d-\d{2}-\d{2})-\d{2}"),
    re.compile(r"(\d{2}-\d)\d{3}(?:\.\d{2})?"),
    re.compile(r"(\d{3})\d"),
)
"""Codes of 职业分类大典, of SOC and O*NET, of ISCO-08; each with its minor group."""


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Which regions adjoin, and which section each division of industry belongs to.

    Two industries adjoin where they are of the same section of GB/T 4754, two occupations where they are of the same
    minor group of their classification. What has no code that is known adjoins nothing.

    Examples
    --------
    >>> beside = Adjacency({}, {"65": "I"})
    >>> beside.section("I65"), beside.section("6512"), beside.section("K65"), beside.section("retail")
    ('I', 'I', '', '')
    >>> [Adjacency.minor_group(code) for code in ("4-04-05-02", "43-9021", "43-9021.00", "4132", "clerk")]
    ['4-04-05', '43-9', '43-9', '413', '']
    """

    regions: Mapping[str, frozenset[str]]
    sections: Mapping[str, str] = field(default_factory=dict)

    def section(self, industry: str) -> str:
        """Return the section of an industry, empty where its code is not known."""
        found = _INDUSTRY.fullmatch(industry)
        section = self.sections.get(found[2], "") if found else ""
        return section if found and found[1] in {"", section} else ""

    @staticmethod
    def minor_group(occupation: str) -> str:
        """Return the minor group of an occupation, empty where its code is of no classification that is known."""
        matches = (one.fullmatch(occupation) for one in _OCCUPATIONS)
        return next((found[1] for found in matches if found), "")
