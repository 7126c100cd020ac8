"""Files of labour meet their adapters; none of this needs a home and its books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from qipan.bootstrap.indicators import read_exposure
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding, of_file
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.model.adjacency import Adjacency
from qipan.labour.model.attribution import CellExposures
from qipan.labour.model.exposure import Exposure, Exposures
from qipan.labour.model.panel import Cell, Releases
from qipan.labour.model.warning import Limits
from qipan.labour.sources import exposure, neighbours, occupation_exposure, panel


def read_panel(data: bytes, *, today: date | None = None) -> tuple[Releases, tuple[Finding, ...]]:
    """Read a panel from CSV, Parquet or Excel, and what is wrong with rows that are left out.

    Parameters
    ----------
    today
        No period may begin later; else today in the board's zone.

    Raises
    ------
    BadInputError
        ``panel_unreadable`` where no row can be read, with what is wrong.
    """
    releases, findings = panel.read(data, today=today or datetime.now(ZoneInfo(BOARD_ZONE)).date())
    if releases is None:
        raise BadInputError(
            f"A panel must have a row that can be read, had none; findings: {len(findings)}.",
            code="panel_unreadable",
            hint="Write a row for each region and period: region,period,value, as docs/labour.md has them.",
            findings=findings,
        )
    return releases, findings


def read_exposures(files: Iterable[tuple[str, bytes]], catalog: Catalog) -> tuple[CellExposures, tuple[Finding, ...]]:
    """Read exposures from files by their names, and what is wrong with rows that are left out.

    Each is CSV, Parquet or Excel: our own table of cells, or one of occupations as `read_exposure` takes it. Where two
    say the same, the later counts.

    Raises
    ------
    BadInputError
        ``exposures_unreadable``, or ``table_unreadable`` for one of occupations, where no row of a file can be read.
    """
    rows: list[tuple[str, Cell, int, float]] = []
    of_occupations: list[Exposure] = []
    findings: list[Finding] = []
    for name, data in files:
        with of_file(name):
            if occupation_exposure.is_table(data):
                known, wrong = read_exposure(data, catalog)
                of_occupations += known
            else:
                found, wrong = _cell_exposures(data)
                rows += found.rows
        findings += wrong
    rows = [*exposure.of_occupations(Exposures.of(of_occupations)).rows, *rows]
    return CellExposures(tuple(sorted({channel for channel, *_ in rows})), tuple(rows)), tuple(findings)


def _cell_exposures(data: bytes) -> tuple[CellExposures, tuple[Finding, ...]]:
    found, findings = exposure.read(data)
    if found is None:
        raise BadInputError(
            f"Exposures must have a row that can be read, had none; findings: {len(findings)}.",
            code="exposures_unreadable",
            hint="Write a row for each industry and channel: industry,channel,exposure; see docs/attribution.md.",
            findings=findings,
        )
    return found, findings


def read_neighbours(data: bytes) -> tuple[dict[str, frozenset[str]], tuple[Finding, ...]]:
    """Read which regions adjoin from CSV, Parquet or Excel, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``neighbours_unreadable`` where no row can be read, with what is wrong.
    """
    found, findings = neighbours.read(data)
    if not found:
        raise BadInputError(
            f"Neighbours must have a row that can be read, had none; findings: {len(findings)}.",
            code="neighbours_unreadable",
            hint="Write a row for each pair of regions that adjoin: region,neighbour, as docs/clusters.md has them.",
            findings=findings,
        )
    return found, findings


def known_neighbours(regions: Iterable[str], catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return which province-level regions adjoin, by land or across a strait, for regions that are such.

    Raises
    ------
    BadInputError
        ``neighbours_unknown`` where one of them is no adcode of a province.
    """
    found = region_neighbours(catalog)
    unknown = sorted(set(regions) - set(found))
    if unknown:
        raise BadInputError(
            f"Regions must be provinces where no neighbours are given, as 440000, was {unknown[0]}.",
            code="neighbours_unknown",
            hint="Name regions by their adcodes, or bring a file of which regions adjoin: region,neighbour.",
        )
    return found


def region_neighbours(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return which province-level regions adjoin, by land or across a strait.

    Examples
    --------
    >>> sorted(region_neighbours(Catalog.load())["460000"])
    ['440000']
    """
    found: dict[str, set[str]] = {}
    for fact in catalog.under("region"):
        _, adcode, column = fact.fact_id.split("/")
        beside = str(fact.value).split() if column in {"adjoins", "adjoins_by_sea"} else []
        found.setdefault(adcode, set()).update(beside)
    return {adcode: frozenset(others) for adcode, others in found.items()}


def adjacency(neighbours: Mapping[str, frozenset[str]], catalog: Catalog) -> Adjacency:
    """Return which regions adjoin together with which industries do: those of a section of GB/T 4754."""
    parts = (fact.fact_id.split("/") for fact in catalog.under("industry"))
    return Adjacency(neighbours, {one[2]: one[1].upper() for one in parts if len(one) == 3})


def grade_limits(catalog: Catalog) -> Limits:
    """Return from which expected loss on a warning has a grade."""
    return Limits(**{name: catalog.number(f"labour/{name}_events") for name in Limits.__dataclass_fields__})
