"""Warnings are carried home: files meet their adapters, and facts say what is assumed; no books are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

import numpy as np

from qipan.bootstrap.panels import read_panel
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import BadInputError, Finding, NotFoundError
from qipan.labour.home.carry_home import add_up, carry_home
from qipan.labour.home.count_losses import count_losses
from qipan.labour.home.tell_home import Question, tell_home
from qipan.labour.model.home import Bridge, Headcounts, Origins, Support
from qipan.labour.model.panel import JOBS, Releases
from qipan.labour.sources import bridge, headcounts, indicator_rows, occupations, origins
from qipan.labour.sources.bridge import Codes

SEED: Final = 20260101
DRAWS: Final = 4_000
"""Of sums of losses that come without regard to each other; the same each time."""

Found = TypeVar("Found")
Read = tuple[Found | None, tuple[Finding, ...], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Tables:
    """What warnings are carried home by, and what was wrong or odd about the files.

    Attributes
    ----------
    jobs
        Jobs by region and industry, a panel of them, or nothing.
    """

    origins: Origins
    bridge: Bridge | None
    jobs: Headcounts | Releases | None
    left_out: tuple[Finding, ...]
    noted: tuple[Finding, ...]


def read_tables(catalog: Catalog, origin: bytes, crossing: bytes | None, jobs: bytes | None) -> Tables:
    """Read origins, and the bridge and jobs where there are any.

    Raises
    ------
    BadInputError
        ``origins_unreadable``, ``bridge_unreadable``, ``headcounts_unreadable`` where no row can be read, with what is
        wrong; ``panel_unreadable``, ``headcounts_not_counts`` of jobs that are a panel.
    """
    codes = known_codes(catalog, with_occupations=crossing is not None)
    came, wrong, odd = origins.read(origin, codes)
    if came is None:
        raise BadInputError(
            f"Origins must have a row that can be read, had none: {len(wrong)} findings.",
            code="origins_unreadable",
            hint="Write a row for each destination and origin: destination,origin,jobs, as docs/home.md has them.",
            findings=wrong,
        )
    crossed, *of_bridge = read_bridge(crossing, codes) if crossing is not None else (None, (), ())
    counted, *of_jobs = _jobs(jobs, codes) if jobs is not None else (None, (), ())
    return Tables(came, crossed, counted, (*wrong, *of_bridge[0], *of_jobs[0]), (*odd, *of_bridge[1], *of_jobs[1]))


def read_bridge(data: bytes, codes: Codes) -> tuple[Bridge, tuple[Finding, ...], tuple[Finding, ...]]:
    """Read a bridge, what is wrong with rows that are left out, and what is odd about the others.

    Raises
    ------
    BadInputError
        ``bridge_unreadable`` where no row can be read, with what is wrong.
    """
    found, wrong, odd = bridge.read(data, codes)
    if found is None:
        raise BadInputError(
            f"A bridge must have a row that can be read, had none: {len(wrong)} findings.",
            code="bridge_unreadable",
            hint="Write a row for each industry and occupation: industry,occupation,share, as docs/home.md has them.",
            findings=wrong,
        )
    return found, wrong, odd


def known_codes(catalog: Catalog, *, with_occupations: bool) -> Codes:
    """Return codes of GB/T 4754 and of regions; of CSCO too where they are wanted and installed.

    Examples
    --------
    >>> found = known_codes(Catalog.load(), with_occupations=False)
    >>> "C39" in found.industries, "440000" in found.regions, found.occupations
    (True, True, ())
    """
    parts = [fact.fact_id.split("/")[1:] for fact in catalog.under("industry")]
    industries = frozenset("".join(part).upper() for part in parts)
    try:
        known = tuple(one.code for one in occupations.read().occupations) if with_occupations else ()
    except NotFoundError:
        known = ()
    return Codes(industries, known, frozenset(one.adcode for one in catalog.regions()))


def carry(told: Mapping[str, Any], tables: Tables, catalog: Catalog) -> dict[str, Any]:
    """Return what the warnings of an outlook come to where their people come from, as plain values.

    Raises
    ------
    BadInputError
        ``warnings_unreadable``, ``outlook_cannot_tell``, ``headcounts_not_counts``.
    RuleBrokenError
        ``panel_unknown`` where the panel of jobs knew nothing by the day of the outlook.
    """
    jobs = tables.jobs
    if isinstance(jobs, Releases):
        jobs = headcounts_of(jobs, _day(told))
    counted = count_losses(told, jobs)
    carried, left = carry_home(counted.losses, tables.origins, jobs, tables.bridge)
    homes = add_up(carried, np.random.default_rng(SEED), draws=DRAWS)
    names = ("training_share", "training_fen_per_place", "benefit_months", "benefit_fen_per_month")
    share, per_place, months, per_month = (catalog.number(f"labour/{name}") for name in names)
    asked = Question(catalog.number("labour/least_shown"), Support(share, per_place, months, per_month))
    found = tell_home(counted, carried, homes, left, asked)
    facts = {f"labour/{name}": catalog.number(f"labour/{name}") for name in names}
    return {**found, "facts": facts, "rows_left_out": tables.left_out, "noted": tables.noted}


def headcounts_of(releases: Releases, day: date) -> Headcounts:
    """Return the last value of each cell of a panel of jobs that was known on a day.

    Raises
    ------
    BadInputError
        ``headcounts_not_counts``.
    RuleBrokenError
        ``panel_unknown``.
    """
    if releases.unit not in JOBS:
        raise BadInputError(
            f"A panel of jobs must be in {', '.join(JOBS)}, was in {releases.unit or 'no unit'}.",
            code="headcounts_not_counts",
            hint="Bring a panel of employment, or a table region,industry,jobs.",
        )
    panel = releases.as_of(day)
    jobs = {}
    for cell, values in zip(panel.cells, panel.values, strict=True):
        known = values[~np.isnan(values)]
        if len(known) and not cell.occupation:
            jobs[cell.region, cell.industry] = float(known[-1]) * JOBS[panel.unit]
    return Headcounts(jobs)


def _jobs(data: bytes, codes: Codes) -> tuple[Headcounts | Releases, tuple[Finding, ...], tuple[Finding, ...]]:
    if "period" in indicator_rows.header(data):
        releases, wrong = read_panel(data)
        return releases, wrong, releases.noted
    found, wrong, odd = headcounts.read(data, codes)
    if found is None:
        raise BadInputError(
            f"Jobs must have a row that can be read, had none: {len(wrong)} findings.",
            code="headcounts_unreadable",
            hint="Write a row for each region and industry: region,industry,jobs, as docs/home.md has them.",
            findings=wrong,
        )
    return found, wrong, odd


def _day(told: Mapping[str, Any]) -> date:
    day = told.get("as_of")
    try:
        return day if isinstance(day, date) else date.fromisoformat(str(day))
    except ValueError:
        # Whoever counts losses says what is wrong with such warnings.
        return date.max
