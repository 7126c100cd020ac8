"""Files of labour meet their adapters; none of this needs a home and its books."""

from __future__ import annotations

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.labour.model.panel import Releases
from qipan.labour.model.warning import Limits
from qipan.labour.sources import panel_csv


def read_panel(data: bytes) -> tuple[Releases, tuple[Finding, ...]]:
    """Read a panel and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``panel_unreadable`` where no row can be read, with what is wrong.
    """
    releases, findings = panel_csv.read(data)
    if releases is None:
        raise BadInputError(
            f"A panel must have a row that can be read, had none: {len(findings)} findings.",
            code="panel_unreadable",
            hint="Write a row for each region and period: region,period,value, as docs/labour.md has them.",
            findings=findings,
        )
    return releases, findings


def grade_limits(catalog: Catalog) -> Limits:
    """Return from which expected loss on a warning has a grade."""
    return Limits(**{name: catalog.number(f"labour/{name}_events") for name in Limits.__dataclass_fields__})
