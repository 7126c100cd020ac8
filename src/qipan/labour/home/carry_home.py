"""Carry warnings home: from the region and industry where jobs are lost to the regions that their people come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import ndtri

from qipan.kernel.errors import Finding
from qipan.labour.model.array import Floats
from qipan.labour.model.home import (
    ALL,
    NOBODY,
    Bridge,
    Carried,
    CellLoss,
    Headcounts,
    Home,
    Origins,
    People,
    Shares,
    Uncounted,
)

INTERVAL: Final = (0.1, 0.9)
"""Ends of the intervals that warnings tell."""
_END: Final = float(ndtri(INTERVAL[1]))


def carry_home(
    losses: Sequence[CellLoss], origins: Origins, jobs: Headcounts | None, bridge: Bridge | None = None
) -> tuple[tuple[Carried, ...], tuple[Uncounted, ...]]:
    """Return each warning by the origins of its people, and what could not be carried.

    Of one warning all origins lose the same share: what its loss turns out to be, it is for all of them. A row of
    counts is divided by the jobs of the cell that it speaks of; what no row covers stays uncovered.
    """
    carried: list[Carried] = []
    left: list[Uncounted] = []
    for loss in losses:
        shares, industry, why = _shares(loss, origins, jobs)
        if why:
            left.append(why)
        row = bridge.of(loss.cell.region, loss.cell.industry) if bridge and not loss.cell.occupation else None
        if bridge and row is None and not loss.cell.occupation:
            told = f"A bridge must have a row of {loss.cell}, had none."
            left.append(Uncounted(loss.cell, Finding(0, "", "bridge_missing", told)))
        mix = row.shares if row else {loss.cell.occupation: 1.0} if loss.cell.occupation else {}
        carried.append(Carried(loss, shares, industry, mix, (row.region, row.industry) if row else None))
    return tuple(carried), tuple(left)


def _shares(loss: CellLoss, origins: Origins, jobs: Headcounts | None) -> tuple[Shares, str | None, Uncounted | None]:
    cell = loss.cell
    row = origins.of(cell.region, cell.industry)
    if row is None:
        told = f"Origins must have a row of {cell}, had none."
        return {}, None, Uncounted(cell, Finding(0, "", "origins_missing", told))
    if origins.are_shares:
        return row.shares, row.industry, None
    whole = jobs.of(row.region, row.industry) if jobs else None
    if whole is None and row.industry == cell.industry:
        whole = loss.base_jobs
    if whole is None:
        told = f"Origins that are counted need the jobs they are a part of, had none of {cell}."
        return {}, None, Uncounted(cell, Finding(0, "", "jobs_unknown", told))
    counted = sum(row.shares.values())
    if counted > whole:
        told = f"Origins must count at most the jobs there are, {whole:,.0f}, was {counted:,.0f} of {cell}."
        return {}, None, Uncounted(cell, Finding(0, "", "origins_exceed_jobs", told))
    return {origin: count / whole for origin, count in row.shares.items()}, row.industry, None


def add_up(carried: Sequence[Carried], rng: np.random.Generator, *, draws: int) -> tuple[Home, ...]:
    """Return what comes to each region that people come from, whoever stays there among them, the most first.

    Within a warning all is lost together. Between warnings two answers are given: as if all came together (ends are
    summed), and as if each came without regard to the others, of which ``draws`` are made: a loss is its expected value
    and a half-normal deviation to either side, of which the ends of its interval are one in ten.

    Examples
    --------
    >>> add_up([], np.random.default_rng(1), draws=10)
    ()
    """
    drawn = _drawn([one.loss.people for one in carried], rng, draws)
    regions = sorted({origin for one in carried for origin, share in one.shares.items() if share > 0.0})
    found = [_home(region, carried, drawn) for region in regions]
    return tuple(sorted(found, key=lambda one: (-one.people.expected, one.region)))


def _home(region: str, carried: Sequence[Carried], drawn: Floats) -> Home:
    weights = np.array([one.shares.get(region, 0.0) for one in carried])
    people, likely = NOBODY, []
    by_grade: dict[str, float] = defaultdict(float)
    by_occupation: dict[str, float] = defaultdict(float)
    by_destination: dict[str, float] = defaultdict(float)
    for one, weight in zip(carried, weights.tolist(), strict=True):
        if weight <= 0.0:
            continue
        part = one.loss.people.times(weight)
        people += part
        likely.append(one.loss.probability)
        by_grade[one.loss.grade.value] += part.expected
        by_destination[one.loss.cell.region] += part.expected
        for occupation, share in (one.occupations or {ALL: 1.0}).items():
            by_occupation[occupation] += part.expected * share
    # One loss alone needs no draws.
    apart = (people.low, people.high) if len(likely) == 1 else np.quantile(drawn @ weights, INTERVAL)
    return Home(
        region,
        people,
        float(apart[0]),
        float(apart[1]),
        max(likely),
        min(1.0, sum(likely)),
        len(likely),
        dict(by_grade),
        dict(by_occupation),
        dict(by_destination),
    )


def _drawn(losses: Sequence[People], rng: np.random.Generator, draws: int) -> Floats:
    """Return losses as they may come, each without regard to the others, ``(draws, losses)``."""
    expected, low, high = (np.array([getattr(one, end) for one in losses]) for end in ("expected", "low", "high"))
    deviations = rng.standard_normal((draws, len(losses))) / _END
    side = np.where(deviations < 0.0, expected - np.minimum(low, expected), np.maximum(high, expected) - expected)
    drawn: Floats = np.maximum(expected + side * deviations, 0.0)
    return drawn
