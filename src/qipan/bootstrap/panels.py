"""Files of labour meet their adapters; none of this needs a home and its books."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.model.attribution import Exposure
from qipan.labour.model.panel import Releases
from qipan.labour.sources import exposure, panel


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
            f"A panel must have a row that can be read, had none: {len(findings)} findings.",
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
            f"Exposures must have a row that can be read, had none: {len(findings)} findings.",
            code="exposures_unreadable",
            hint="Write a row for each industry and channel: industry,channel,exposure, as docs/labour.md has them.",
            findings=findings,
        )
    return found, findings
