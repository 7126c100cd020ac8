"""Files of labour meet their adapters; none of this needs a home and its books."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.model.attribution import Exposure
from qipan.labour.model.panel import Releases
from qipan.labour.model.warning import Limits
from qipan.labour.sources import exposure, neighbours, panel


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


def read_exposures(data: bytes) -> tuple[Exposure, tuple[Finding, ...]]:
    """Read exposures from CSV, Parquet or Excel, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``exposures_unreadable`` where no row can be read, with what is wrong.
    """
    found, findings = exposure.read(data)
    if found is None:
        raise BadInputError(
            f"Exposures must have a row that can be read, had none; findings: {len(findings)}.",
            code="exposures_unreadable",
            hint="Write a row for each industry and channel: industry,channel,exposure, as docs/labour.md has them.",
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
            hint="Write a row for each pair of regions that adjoin: region,neighbour, as docs/labour.md has them.",
            findings=findings,
        )
    return found, findings


def grade_limits(catalog: Catalog) -> Limits:
    """Return from which expected loss on a warning has a grade."""
    return Limits(**{name: catalog.number(f"labour/{name}_events") for name in Limits.__dataclass_fields__})
