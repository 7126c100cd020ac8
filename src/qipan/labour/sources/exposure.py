"""Read exposures of cells: how much of the work of an industry or occupation machines of a kind could do.

Columns ``channel, exposure`` must be there, and ``industry``, ``occupation`` or both; ``region, year`` may be. A year
is the first that the exposure holds for; without one it holds for all. Tables of exposure of occupations, own or
published, are those of `occupation_exposure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from qipan.kernel.errors import Finding
from qipan.kernel.time import FIRST_YEAR, LAST_YEAR
from qipan.labour.model.attribution import CellExposures
from qipan.labour.model.exposure import Exposures
from qipan.labour.model.panel import Cell
from qipan.labour.sources.heads import HEADS_ZH
from qipan.storage import table

NEEDED: Final = ("channel", "exposure")
ABOUT: Final = ("region", "industry", "occupation")
OPTIONAL: Final = (*ABOUT, "year")

_Row = tuple[str, Cell, int, float]


def read(data: bytes) -> tuple[CellExposures | None, tuple[Finding, ...]]:
    r"""Return exposures, and what is wrong with rows that are left out; nothing where no row is good.

    Rules: ``file_unreadable``, ``columns_differ`` for the file; ``row_torn``, ``cell_empty``, ``value_unreadable``,
    ``year_unreadable``, ``value_repeated`` for a row.

    Examples
    --------
    >>> found, findings = read(b"industry,channel,exposure\nretail,robots,0.2\nretail,robots,0.3\n")
    >>> found.rows, [(one.row, one.rule) for one in findings]
    ((('robots', Cell(region='', industry='retail', occupation=''), 0, 0.2),), [(3, 'value_repeated')])
    """
    findings: list[Finding] = []
    try:
        found = table.read(data, HEADS_ZH)
        head = set(found.head)
        is_known = set(NEEDED) <= head <= {*NEEDED, *OPTIONAL} and len(head) == len(found.head)
        if not is_known or not {"industry", "occupation"} & head:
            told = (
                f"Exposures must have the columns {', '.join(NEEDED)} and industry or occupation, and may have "
                f"{', '.join(OPTIONAL)}, was {', '.join(found.head)}."
            )
            return None, (Finding(0, "", "columns_differ", told),)
        rows = tuple(_good(found, findings))
    except table.UnreadableError as error:
        return None, (*findings, table.unreadable(error))
    if not rows:
        return None, tuple(findings)
    return CellExposures(tuple(sorted({channel for channel, *_ in rows})), rows), tuple(findings)


def of_occupations(known: Exposures) -> CellExposures:
    """Return exposures of cells with these occupations: the likeliest shares, each from its year on.

    Examples
    --------
    >>> from qipan.labour.model.exposure import Channel, Exposure, Triangle
    >>> shares = {2019: Triangle(0.0, 0.1, 0.5), 2023: Triangle(0.0, 0.4, 1.0)}
    >>> rows = [Exposure("43-9021", Channel.SOFTWARE, year, share) for year, share in shares.items()]
    >>> [(year, share) for _, _, year, share in of_occupations(Exposures.of(rows)).rows]
    [(2019, 0.1), (2023, 0.4)]
    """
    rows = []
    for (occupation, channel), shares in known.known.items():
        years = [year for year in shares if year is not None]
        for year in sorted(years) or [0]:
            share = known.share(occupation, channel, year)
            if share is not None:
                rows.append((channel.value, Cell("", "", occupation), year, share.likely))
    return CellExposures(tuple(sorted({channel for channel, *_ in rows})), tuple(rows))


def _good(found: table.Table, findings: list[Finding]) -> Iterator[_Row]:
    """Read row after row; what is wrong goes to the findings."""
    seen: dict[tuple[str, Cell, int], int] = {}
    for line in found.lines:
        if line.cells is None:
            told = f"A row must have {len(found.head)} cells, had more or fewer."
            findings.append(Finding(line.number, "", "row_torn", told))
            continue
        text = {name: line.cells.get(name, "").strip() for name in (*NEEDED, *OPTIONAL)}
        wrong = _wrong(text, line.number)
        if wrong:
            findings.append(wrong)
            continue
        key = text["channel"], Cell(*(text[name] for name in ABOUT)), int(text["year"] or 0)
        first = seen.setdefault(key, line.number)
        if first != line.number:
            told = f"An exposure must be told once, line {first} has it for {key[0]}."
            findings.append(Finding(line.number, "exposure", "value_repeated", told))
            continue
        yield *key, _number(text["exposure"])


def _wrong(text: dict[str, str], line: int) -> Finding | None:
    """Return the first thing that is wrong with a row."""
    if not text["channel"]:
        return Finding(line, "channel", "cell_empty", "A row must name its channel, was ''.")
    if not (text["industry"] or text["occupation"]):
        return Finding(line, "industry", "cell_empty", "A row must name an industry or an occupation, was ''.")
    if math.isnan(_number(text["exposure"])):
        told = f"An exposure must be a number, was {text['exposure']!r}."
        return Finding(line, "exposure", "value_unreadable", told, text["exposure"])
    year = text["year"]
    if year and not (year.isdecimal() and FIRST_YEAR <= int(year) <= LAST_YEAR):
        told = f"A year must be from {FIRST_YEAR} to {LAST_YEAR}, was {year!r}."
        return Finding(line, "year", "year_unreadable", told, year)
    return None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
