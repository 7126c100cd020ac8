"""Files of regions meet their adapters, and the catalogue that knows what provinces are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.regions.model.activity import Activities
from qipan.regions.model.panel import Panel
from qipan.regions.sources import activities, panel
from qipan.regions.sources.panel import Names

MISTAKEN: Final = {"占": "古", "两": "西", "四": "西", "汀": "江", "尔": "东"}
"""What scanners of Chinese yearbooks put in the place of letters of provinces."""
CHINA: Final = ("macro4", "macro3")
"""Partitions that every panel of provinces has."""


def names_of(catalog: Catalog) -> Names:
    """Return what provinces are called."""
    codes: dict[str, str] = {}
    for one in catalog.regions():
        full = catalog.text(f"region/{one.adcode}/full_name_zh")
        codes |= dict.fromkeys((one.adcode, one.name_zh, full, one.name_en.casefold()), one.adcode)
    return Names(codes, MISTAKEN)


def read_panel(
    data: bytes, catalog: Catalog, *, where: Mapping[str, str] | None = None, without: Sequence[str] = ()
) -> tuple[Panel, tuple[Finding, ...], tuple[Finding, ...]]:
    """Read a panel of regions; what is wrong with rows that are left out; what is odd about others.

    Raises
    ------
    BadInputError
        ``panel_unreadable`` where no row can be read, with what is wrong.
    """
    found, left_out, noted = panel.read(data, names_of(catalog), where=where, without=without)
    if found is None:
        raise BadInputError(
            f"A panel must have a row that can be read, had none: {len(left_out)} findings.",
            code="panel_unreadable",
            hint="Write a row for each region and year: region,year,value, as docs/regions.md has them.",
            findings=left_out,
        )
    return _grouped(found, catalog), left_out, noted


def read_activities(data: bytes, catalog: Catalog) -> tuple[Activities, tuple[Finding, ...]]:
    """Read amounts of activities by region, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``activities_unreadable`` where no row can be read, with what is wrong.
    """
    found, left_out = activities.read(data, names_of(catalog))
    if found is None:
        raise BadInputError(
            f"Amounts must have a row above 0 that can be read, had none: {len(left_out)} findings.",
            code="activities_unreadable",
            hint="Write a row for each region and activity: region,activity,value, as docs/regions.md has them.",
            findings=left_out,
        )
    return found, left_out


def _grouped(found: Panel, catalog: Catalog) -> Panel:
    """Return a panel with the partitions of China where all of its regions are provinces."""
    provinces = {one.adcode: one for one in catalog.regions()}
    if not set(found.regions) <= set(provinces):
        return found
    known = {
        "macro4": tuple(provinces[one].macro4 for one in found.regions),
        "macro3": tuple(provinces[one].macro3 for one in found.regions),
    }
    return replace(found, groups={**known, **found.groups})
