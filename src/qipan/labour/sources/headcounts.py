"""Read jobs by region and industry: columns ``region, jobs``, and ``industry`` where they are parted by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.home import Headcounts
from qipan.labour.sources.bridge import Codes, odd_industry, odd_region
from qipan.labour.sources.indicator_rows import Row, read_rows

NEEDED: Final = ("region", "jobs")
OPTIONAL: Final = ("industry",)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    region: str
    industry: str
    jobs: float


def read(data: bytes, codes: Codes) -> tuple[Headcounts | None, tuple[Finding, ...], tuple[Finding, ...]]:
    r"""Return jobs, what is wrong with rows that are left out, and what is odd about the others.

    Rules: those of `read_rows`; ``industry_unknown``, ``region_unknown`` are odd.

    Examples
    --------
    >>> found, _, _ = read(b"region,industry,jobs\n440000,C39,3500000\n", Codes())
    >>> found.of("440000", "C39")
    3500000.0
    """
    lines, findings = read_rows(data, _made, needed=NEEDED, optional=OPTIONAL, about=_about)
    odd = tuple(
        finding
        for line in lines
        for finding in (
            *odd_region(line.number, "region", line.region, codes.regions),
            *odd_industry(line.number, line.industry, codes.industries),
        )
    )
    jobs = {(line.region, line.industry): line.jobs for line in lines}
    return (Headcounts(jobs) if jobs else None), findings, odd


def _about(one: _Line) -> tuple[str, str]:
    return one.region, one.industry


def _made(row: Row) -> Iterator[_Line]:
    yield _Line(row.line, row.text("region"), row.text_or_empty("industry"), row.number("jobs"))
