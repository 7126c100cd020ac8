"""Read people employed by occupation; the standard error, in persons, may be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.exposure import Employed
from qipan.labour.sources.indicator_rows import Row, read_rows

NEEDED: Final = ("occupation", "year", "persons")
OPTIONAL: Final = ("region", "industry", "standard_error")


def read(data: bytes) -> tuple[tuple[Employed, ...], tuple[Finding, ...]]:
    r"""Return people employed, and what is wrong with rows that are left out.

    Examples
    --------
    >>> found, _ = read(b"region,occupation,year,persons\n440000,43-9021,2019,1200\n")
    >>> found[0].region, found[0].persons
    ('440000', 1200.0)
    """
    return read_rows(data, _made, needed=NEEDED, optional=OPTIONAL, about=_about)


def _about(one: Employed) -> tuple[str, str, str, int]:
    return one.region, one.industry, one.occupation, one.year


def _made(row: Row) -> Iterator[Employed]:
    error = row.number("standard_error") if row.text_or_empty("standard_error") else 0.0
    whose = (row.text_or_empty("region"), row.text_or_empty("industry"))
    yield Employed(*whose, row.text("occupation"), row.year("year"), row.number("persons"), error)
