"""Read where those come from who work in a region: jobs, or shares of its jobs, by destination, origin and industry."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.home import Origins
from qipan.labour.sources.bridge import Codes, odd_industry, odd_region
from qipan.labour.sources.indicator_rows import Row, header, read_rows

ABOUT: Final = ("destination", "origin")
OPTIONAL: Final = ("industry",)
COUNTED, SHARED = "jobs", "share"
ROUNDING: Final = 0.001
"""How far the shares of a destination may exceed one; they are then made to sum to it."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    destination: str
    industry: str
    origin: str
    value: float


def read(data: bytes, codes: Codes) -> tuple[Origins | None, tuple[Finding, ...], tuple[Finding, ...]]:
    r"""Return origins, what is wrong with rows that are left out, and what is odd about the others.

    Rules: those of `read_rows`; ``shares_exceed`` leaves out all rows of a destination and industry whose shares are
    more than one; ``industry_unknown``, ``region_unknown`` are odd.

    Examples
    --------
    >>> data = b"destination,origin,jobs\n440000,430000,4000000\n440000,450000,3500000\n"
    >>> origins, _, _ = read(data, Codes())
    >>> origins.are_shares, origins.of("440000", "C39").shares["430000"]
    (False, 4000000.0)
    """
    column = SHARED if SHARED in header(data) else COUNTED
    lines, findings = read_rows(data, _maker(column), needed=(*ABOUT, column), optional=OPTIONAL, about=_about)
    groups: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        groups[line.destination, line.industry].append(line)
    rows, wrong = {}, list(findings)
    for key, some in groups.items():
        whole = math.fsum(one.value for one in some)
        if column == SHARED and whole > 1.0 + ROUNDING:
            told = f"Shares of the origins of a destination must sum to at most 1, was {whole:.4g}."
            wrong.append(Finding(some[0].number, SHARED, "shares_exceed", told, f"{whole:.4g}"))
            continue
        per = max(1.0, whole) if column == SHARED else 1.0
        rows[key] = {one.origin: one.value / per for one in some}
    odd = tuple(finding for line in lines for finding in _odd(line, codes))
    return (Origins(rows, column == SHARED) if rows else None), tuple(wrong), odd


def _odd(line: _Line, codes: Codes) -> Iterator[Finding]:
    yield from odd_region(line.number, "destination", line.destination, codes.regions)
    yield from odd_region(line.number, "origin", line.origin, codes.regions)
    yield from odd_industry(line.number, line.industry, codes.industries)


def _about(one: _Line) -> tuple[str, str, str]:
    return one.destination, one.industry, one.origin


def _maker(column: str) -> Callable[[Row], Iterator[_Line]]:
    def made(row: Row) -> Iterator[_Line]:
        most = 1.0 if column == SHARED else math.inf
        value = row.number(column, most)
        yield _Line(row.line, row.text("destination"), row.text_or_empty("industry"), row.text("origin"), value)

    return made
