"""Files of regions meet their adapters, and the catalogue that knows what provinces are called."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Final

import numpy as np

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding
from qipan.regions.model.activity import Activities
from qipan.regions.model.array import Floats
from qipan.regions.model.columns import Columns
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.panel import Panel
from qipan.regions.model.recipe import Recipe
from qipan.regions.notice import breaks
from qipan.regions.sources import activities, columns, indicators, panel
from qipan.regions.sources import framework as frameworks
from qipan.regions.sources import recipe as recipes
from qipan.regions.sources.panel import Names

MISTAKEN: Final = {"占": "古", "两": "西", "四": "西", "汀": "江", "尔": "东"}
"""What scanners of Chinese yearbooks put in the place of letters of provinces."""
CHINA: Final = ("macro4", "macro3")
"""Partitions that every panel of provinces has."""
RECIPE: Final = """\
# Steps are taken in the order in which they stand here.
[treat]
winsorise_most = 5

[normalise]
method = "min_max"
range = [1, 100]
# Scores of one year can be compared with those of another.
anchor = "all"

[weigh]
method = "framework"

[aggregate]
method = "arithmetic"

[uncertainty]
draws = 200
base = 64
seed = 1
weights_noise = 0.25
"""
"""How an index is made where nobody says."""


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
        ``panel_unreadable`` where no row can be read, with what is wrong; ``file_torn``.
    """
    found, left_out, noted = panel.read(data, names_of(catalog), where=where, without=without)
    if found is None:
        raise BadInputError(
            f"A panel must have a row that can be read, had none: {len(left_out)} findings.",
            code="panel_unreadable",
            hint="Write a row for each region and year: region,year,value, as docs/regions.md has them.",
            findings=left_out,
        )
    return _grouped(found, catalog), left_out, (*noted, *_breaks(found.value, found.regions, found.years, ""))


def read_activities(data: bytes, catalog: Catalog) -> tuple[Activities, tuple[Finding, ...]]:
    """Read amounts of activities by region, and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``activities_unreadable`` where no row can be read, with what is wrong; ``file_torn``.
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


def read_columns(data: bytes | None, key: str, catalog: Catalog) -> tuple[Columns, tuple[Finding, ...]]:
    """Read figures of activities or regions in columns, and what is wrong with rows that are left out.

    Parameters
    ----------
    data
        None without a file: nothing is told.
    key
        ``activity`` or ``region``.

    Raises
    ------
    BadInputError
        ``columns_unreadable`` where no row can be read, with what is wrong; ``file_torn``.
    """
    if data is None:
        return Columns((), {}), ()
    names = names_of(catalog)
    found, left_out = columns.read(data, key, (lambda name: names.read(name)[0]) if key == "region" else str)
    if not found.figures:
        raise BadInputError(
            f"A table of figures by {key} must have a row that can be read, had none: {len(left_out)} findings.",
            code="columns_unreadable",
            hint="Write a row for each: its name, then figures under the names of docs/regions.md.",
            findings=left_out,
        )
    return found, left_out


def join(panel: Panel, by: Panel) -> tuple[Panel, tuple[Finding, ...]]:
    """Return a panel over another; which regions and years are in one of them only, and where the other is not above 0.

    Raises
    ------
    BadInputError
        ``panels_apart``.
    """
    joined = panel.per(by)
    found = []
    apart = ", ".join(sorted(set(panel.regions) ^ set(by.regions)))
    if apart:
        told = f"Regions must be in both panels, those in one only are left out: {apart}."
        found.append(Finding(0, "region", "region_unjoined", told, apart))
    years = ", ".join(map(str, sorted(set(panel.years) ^ set(by.years))))
    if years:
        told = f"Years must be in both panels, those in one only are left out: {years}."
        found.append(Finding(0, "year", "year_unjoined", told, years))
    for year, region in np.argwhere(by.value <= 0.0):
        if by.years[year] in joined.years and by.regions[region] in joined.regions:
            where = f"{by.regions[region]} in {by.years[year]}"
            told = f"What others are divided by must be above 0, was {by.value[year, region]:g}: {where} is left out."
            found.append(Finding(0, "value", "divisor_not_positive", told, where))
    return joined, tuple(found)


def _breaks(value: Floats, regions: Sequence[str], years: tuple[int, ...], code: str) -> tuple[Finding, ...]:
    """Return where figures of provinces seem to mix two releases."""
    found = []
    for year, jumped in breaks(value, years):
        some = ", ".join(regions[at] for at in jumped)
        told = f"Figures of one release move alike, in {years[year]} some jump: {some}; two releases may be mixed."
        found.append(Finding(0, code, "series_breaks", told, str(years[year])))
    return tuple(found)


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


def read_index(
    data: bytes, meta: bytes | None, recipe: bytes | None, catalog: Catalog
) -> tuple[Indicators, Framework, Recipe, tuple[Finding, ...], tuple[Finding, ...]]:
    """Read figures, framework and recipe of an index; what is wrong with rows that are left out; what is odd.

    Without a framework that of the paper's divides is taken, without a recipe `RECIPE`, which divides by denominators
    first where the framework has any. Odd too: ``denominators_unused``,
    ``indicator_constant``.

    Raises
    ------
    BadInputError
        ``framework_unreadable``, ``recipe_unreadable``, ``regions_unnamed``, ``indicators_unreadable``, ``file_torn``.
    """
    framework, taken = _framework(meta or shipped_framework())
    denominated = [one for one in framework.indicators if one.denominator]
    usual = f"[denominate]\n\n{RECIPE}" if denominated else RECIPE
    made, findings = recipes.read(recipe or usual.encode())
    if made is not None:
        findings = (
            *findings,
            *(
                Finding(0, path, "code_unknown", f"A code in {path} must stand in the framework, was {code}.", code)
                for path, code in made.lost(framework)
            ),
        )
    if made is None or any(one.rule == "code_unknown" for one in findings):
        raise BadInputError(
            f"A recipe must have steps that are known, with their settings; {len(findings)} things are wrong.",
            code="recipe_unreadable",
            hint="Write TOML or JSON with a table for each step, as docs/indices.md has them.",
            findings=findings,
        )
    found, left_out, noted = indicators.read(data, names_of(catalog), framework)
    if found is None and {one.rule for one in left_out} & {"region_column_missing", "joined_by_position"}:
        raise BadInputError(
            "A table must name its regions by code, did not: rows are never joined by position.",
            code="regions_unnamed",
            hint="Give it a column region with the adcode or the name of each province.",
            findings=left_out,
        )
    if found is None:
        raise BadInputError(
            f"A table must have figures of the framework's indicators, had none: {len(left_out)} findings.",
            code="indicators_unreadable",
            hint="Name columns, or rows, by the codes of the framework, as docs/indices.md has them.",
            findings=left_out,
        )
    provinces = {one.adcode: one for one in catalog.regions()}
    if set(found.regions) <= set(provinces):
        names = tuple(provinces[one].name_zh for one in found.regions)
        known = {name: tuple(getattr(provinces[one], name) for one in found.regions) for name in CHINA}
        found = replace(found, names=names, groups={**known, **found.groups})
    broken = [
        one
        for at, code in enumerate(found.codes)
        for one in _breaks(found.value[:, :, at], found.regions, found.years, code)
    ]
    alike = ", ".join(code for at, code in enumerate(found.codes) if _is_constant(found.value[:, :, at]))
    if alike:
        said = (
            f"Figures of an indicator must differ, those of some are all alike and no scale tells them apart: {alike}."
        )
        broken.append(Finding(0, "", "indicator_constant", said, alike))
    if denominated and all(one.name != "denominate" for one in made.steps):
        told = ", ".join(one.code for one in denominated)
        said = f"A recipe should divide by the denominators of its framework, it does not for {told}."
        broken.append(Finding(0, "", "denominators_unused", said, told))
    return found, framework, made, left_out, (*taken, *findings, *noted, *broken)


def _is_constant(value: Floats) -> bool:
    known = value[np.isfinite(value)]
    return len(known) > 1 and float(np.ptp(known)) == 0.0


def read_framework(meta: bytes) -> Framework:
    """Read the framework of an index.

    Raises
    ------
    BadInputError
        ``framework_unreadable``, ``framework_unfit``, ``file_torn``.
    """
    return _framework(meta)[0]


def _framework(meta: bytes) -> tuple[Framework, tuple[Finding, ...]]:
    framework, findings = frameworks.read(meta)
    if framework is None:
        raise BadInputError(
            f"A framework must have rows that can all be read; {len(findings)} things are wrong.",
            code="framework_unreadable",
            hint="Write a row for each indicator: its code, what it is grouped under, as docs/indices.md has them.",
            findings=findings,
        )
    return framework, findings


def shipped_framework() -> bytes:
    """Return the framework of the paper's divides, as its file."""
    return (resources.files("qipan.facts") / "frameworks" / "divide.csv").read_bytes()


def template(catalog: Catalog, year: int) -> str:
    """Return the table that the framework of the paper's divides asks for: known figures are in it, others are open."""
    rows = list(csv.DictReader(io.StringIO(shipped_framework().decode())))
    asked = [one for one in rows if one["type"] == "indicator"]
    text = io.StringIO()
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(["region", "name", "year", *(one["code"] for one in asked)])
    facts = {fact.fact_id: f"{fact.value:g}" for one in asked if one["fact"] for fact in catalog.under(one["fact"])}
    for place in catalog.regions():
        if place.macro4:
            cells = (facts.get(f"{one['fact']}/{place.adcode}", "") for one in asked)
            sheet.writerow([place.adcode, place.name_zh, year, *cells])
    return text.getvalue()
