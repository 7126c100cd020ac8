"""Read a bridge: shares of the jobs of each industry by occupation, of a region or, without one, of the country."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.home import Bridge
from qipan.labour.sources.indicator_rows import Row, read_rows

NEEDED: Final = ("industry", "occupation", "share")
OPTIONAL: Final = ("region",)
ROUNDING: Final = 0.01
"""How far the shares of an industry may be from one; they are then made to sum to it."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes that are known; nothing is said of others where none is."""

    industries: Collection[str] = ()
    occupations: Collection[str] = ()
    regions: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    region: str
    industry: str
    occupation: str
    share: float


def read(data: bytes, codes: Codes) -> tuple[Bridge | None, tuple[Finding, ...], tuple[Finding, ...]]:
    r"""Return the bridge, what is wrong with rows that are left out, and what is odd about the others.

    Rules: those of `read_rows`; ``shares_unbalanced`` leaves out all rows of an industry and region that do not sum to
    one; ``industry_unknown``, ``occupation_unknown``, ``region_unknown`` are odd.

    Examples
    --------
    >>> data = b"industry,occupation,share\nC39,6-25,0.7\nC39,4-07,0.3\nI65,2-02,0.6\n"
    >>> bridge, findings, _ = read(data, Codes())
    >>> dict(bridge.rows), [one.rule for one in findings]
    ({('', 'C39'): {'6-25': 0.7, '4-07': 0.3}}, ['shares_unbalanced'])
    """
    lines, findings = read_rows(data, _made, needed=NEEDED, optional=OPTIONAL, about=_about)
    groups: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        groups[line.region, line.industry].append(line)
    rows, wrong = {}, list(findings)
    for key, some in groups.items():
        whole = math.fsum(one.share for one in some)
        if abs(whole - 1.0) > ROUNDING:
            told = f"Shares of a region and industry must sum to 1, was {whole:.4g}."
            wrong.append(Finding(some[0].number, "share", "shares_unbalanced", told, f"{whole:.4g}"))
            continue
        rows[key] = {one.occupation: one.share / whole for one in some if one.share > 0.0}
    odd = tuple(finding for line in lines for finding in _odd(line, codes))
    return (Bridge(rows) if rows else None), tuple(wrong), odd


def is_code_of(code: str, known: Collection[str]) -> bool:
    """Tell whether a code is known, or one that holds known ones, as ``6-25`` holds ``6-25-04-07``."""
    return not known or code in known or any(one.startswith(f"{code}-") for one in known)


def odd_industry(number: int, industry: str, known: Collection[str]) -> Iterator[Finding]:
    """Yield a finding where an industry is no section or division of GB/T 4754, nor a part of one."""
    if industry and known and industry not in known and industry[:3] not in known:
        told = f"An industry must be a code of GB/T 4754, as C39, was {industry!r}."
        yield Finding(number, "industry", "industry_unknown", told, industry)


def odd_region(number: int, column: str, region: str, known: Collection[str]) -> Iterator[Finding]:
    """Yield a finding where a region is no province-level unit."""
    if region and known and region not in known:
        told = f"A region must be the code of a province-level unit, as 440000, was {region!r}."
        yield Finding(number, column, "region_unknown", told, region)


def _odd(line: _Line, codes: Codes) -> Iterator[Finding]:
    yield from odd_region(line.number, "region", line.region, codes.regions)
    yield from odd_industry(line.number, line.industry, codes.industries)
    if not is_code_of(line.occupation, codes.occupations):
        told = f"An occupation must be a code of CSCO 2022, or the beginning of some, as 6-25, was {line.occupation!r}."
        yield Finding(line.number, "occupation", "occupation_unknown", told, line.occupation)


def _about(one: _Line) -> tuple[str, str, str]:
    return one.region, one.industry, one.occupation


def _made(row: Row) -> Iterator[_Line]:
    yield _Line(
        row.line, row.text_or_empty("region"), row.text("industry"), row.text("occupation"), row.number("share", 1.0)
    )
