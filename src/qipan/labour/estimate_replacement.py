"""Estimate replacement: which share of an occupation's hours machines do now, of those that people did in a base year.

A kind of machine does ``m = exposure x adoption x handed over`` of the hours of an occupation. Against the base year
that is ``(m - m_0) / (1 - M_0)`` of what people did then, where ``M_0`` is what all machines did. Exposure and what is
handed over are triangles, adoption is normal with its standard error; intervals are those of draws.

Employment is then held against it. An occupation's share of its region and industry is taken to have moved by what
machines do and by the drift of those occupations that are exposed least. How likely it is to be as far off as it is
(a prior predictive check, `box1980`) says whether both can be true; where they can, draws are weighed by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.array import Floats
from qipan.labour.model.exposure import Adoptions, Channel, Employed, Exposures
from qipan.labour.model.replacement import Assumed, Consistency, CredibleInterval, Replacement

LEAST_EXPOSED = 1 / 3
"""Share of occupations whose employment says what would have been without machines."""
FEWEST = 8
"""How many of these there must be in a region and industry; else those of all are taken together."""
MAD_TO_DEVIATION = 1.4826
"""Makes of a median absolute deviation the standard deviation of a normal distribution."""

Cell = tuple[str, str, str]
"""Region, industry, occupation."""


@dataclass(frozen=True, slots=True)
class _Draws:
    """Levels of what is uncertain, ``(draws,)`` each; the same for all cells, so that none depends on another."""

    handed_over: Mapping[Channel, Floats]
    exposed: Mapping[Channel, Floats]
    now: Mapping[Channel, Floats]
    then: Mapping[Channel, Floats]


@dataclass(frozen=True, slots=True)
class _Prior:
    """What exposure and adoption say of a cell: draws by channel and of all, and what these cannot exceed."""

    by_channel: Mapping[Channel, Floats]
    total: Floats
    at_most: float


@dataclass(frozen=True, slots=True)
class _Drift:
    """How the logarithm of a share moves where little is exposed."""

    middle: float
    deviation: float


def estimate_replacement(
    exposures: Exposures,
    adoptions: Adoptions,
    employed: Sequence[Employed],
    assumed: Assumed,
    *,
    base: int,
    year: int,
    rng: np.random.Generator,
    draws: int = 4096,
) -> tuple[Replacement, ...]:
    """Return the replacement ratio of each region, industry and occupation, in their order.

    Parameters
    ----------
    employed
        Which cells are asked, of which people are known in both years; where it is empty, all occupations that are
        exposed in all regions and industries that adoption speaks of, and nothing is checked.
    base, year
        What people did in the base year is compared with what machines do in the year.
    rng
        Draws do not depend on which cells are asked.

    Notes
    -----
    Adoption in an occupation is taken to be that of whoever it is told of, whichever of the hours are exposed. In a
    base year of which no adoption is told it lies anywhere from none to that of the year.

    Raises
    ------
    RuleBrokenError
        ``years_not_in_order`` unless the base year is the earlier one.

    Source: `box1980`, prior predictive check.
    """
    if base >= year:
        raise RuleBrokenError(
            f"The base year must be before the year, was {base} and {year}.",
            code="years_not_in_order",
            hint="Compare a year with an earlier one.",
        )
    levels = _drawn(rng, draws)
    changes = _changes(employed, base, year)
    cells = sorted(changes) if employed else [(*one, kind) for one in adoptions.cells for kind in exposures.occupations]
    priors = {}
    for cell in cells:
        prior = _prior(cell, exposures, adoptions, assumed, levels, base, year)
        if prior is not None:
            priors[cell] = prior
    drifts = _drifts(priors, changes)
    return tuple(_judged(cell, prior, changes.get(cell), drifts, assumed) for cell, prior in priors.items())


def _drawn(rng: np.random.Generator, draws: int) -> _Draws:
    """Return levels that lie evenly between 0 and 1, in an order of chance."""

    def one() -> dict[Channel, Floats]:
        return {channel: (rng.permutation(draws) + rng.random(draws)) / draws for channel in Channel}

    return _Draws(one(), one(), one(), one())


def _prior(
    cell: Cell,
    exposures: Exposures,
    adoptions: Adoptions,
    assumed: Assumed,
    levels: _Draws,
    base: int,
    year: int,
) -> _Prior | None:
    """Return what exposure and adoption say of a cell, or nothing where they say it of no channel."""
    region, industry, occupation = cell
    done: dict[Channel, tuple[Floats, Floats]] = {}
    at_most = 1.0
    for channel in Channel:
        now = exposures.share(occupation, channel, year)
        before = exposures.share(occupation, channel, base)
        used = adoptions.of_year(region, industry, occupation, channel, year)
        if now is None or before is None or used is None or channel not in assumed.handed_over:
            continue
        used_before = adoptions.of_year(region, industry, occupation, channel, base)
        adopted = _normal(used.share, used.standard_error, levels.now[channel])
        if used_before is None:
            adopted_before = adopted * levels.then[channel]
        elif used_before == used:
            adopted_before = adopted
        else:
            adopted_before = _normal(used_before.share, used_before.standard_error, levels.then[channel])
        handed = assumed.handed_over[channel].at(levels.handed_over[channel])
        exposed = levels.exposed[channel]
        done[channel] = (handed * now.at(exposed) * adopted, handed * before.at(exposed) * adopted_before)
        # Nobody hands over more than all; only adoption by the occupation itself binds who is exposed in it.
        most = min(now.high, float(adopted.max())) if used.occupation else now.high
        at_most *= 1.0 - most
    if not done:
        return None
    left_now, left_before = (np.prod([1.0 - pair[side] for pair in done.values()], axis=0) for side in (0, 1))
    # Where machines did all of it before, nothing of it was left to people.
    people = np.maximum(left_before, 1e-9)
    by_channel = {channel: (after - before) / people for channel, (after, before) in done.items()}
    return _Prior(by_channel, 1.0 - left_now / people, 1.0 - at_most)


def _normal(share: float, standard_error: float, levels: Floats) -> Floats:
    """Return a share with its standard error at these levels, never below none or above all."""
    return np.clip(share + standard_error * ndtri(levels), 0.0, 1.0)


def _changes(employed: Sequence[Employed], base: int, year: int) -> dict[Cell, tuple[float, float]]:
    """Return by how much the logarithm of each cell's share in its region and industry moved, and its variance."""
    known: dict[int, dict[Cell, Employed]] = {base: {}, year: {}}
    totals: dict[tuple[int, str, str], float] = defaultdict(float)
    for one in employed:
        if one.year in known:
            known[one.year][one.region, one.industry, one.occupation] = one
    both = {cell for cell in known[base] if cell in known[year]}
    for at, people in known.items():
        for cell in both:
            totals[at, *cell[:2]] += people[cell].persons
    found = {}
    for cell in both:
        before, after = known[base][cell], known[year][cell]
        if before.persons > 0.0 and after.persons > 0.0:
            moved = np.log(after.persons / totals[year, *cell[:2]]) - np.log(before.persons / totals[base, *cell[:2]])
            variance = sum((one.standard_error / one.persons) ** 2 for one in (before, after))
            found[cell] = (float(moved), variance)
    return found


def _drifts(
    priors: Mapping[Cell, _Prior], changes: Mapping[Cell, tuple[float, float]]
) -> dict[tuple[str, str], _Drift | None]:
    """Return how shares move where little is exposed, by region and industry."""
    inside: dict[tuple[str, str], list[tuple[float, Cell]]] = defaultdict(list)
    for cell, prior in priors.items():
        if cell in changes:
            inside[cell[:2]].append((float(prior.total.mean()), cell))
    # What little machines are thought to do there is taken out.
    moved = {
        where: np.array(
            [
                changes[cell][0] - np.log1p(-min(mean, 0.5))
                for mean, cell in sorted(held)[: round(len(held) * LEAST_EXPOSED)]
            ]
        )
        for where, held in inside.items()
    }
    together = _drift(np.concatenate([*moved.values(), np.empty(0)]))
    return {where: _drift(path) or together for where, path in moved.items()}


def _drift(moved: Floats) -> _Drift | None:
    """Return middle and deviation, as a few wild ones cannot change them; nothing where there are too few."""
    if len(moved) < FEWEST:
        return None
    middle = float(np.median(moved))
    return _Drift(middle, MAD_TO_DEVIATION * float(np.median(np.abs(moved - middle))))


def _judged(
    cell: Cell,
    prior: _Prior,
    change: tuple[float, float] | None,
    drifts: Mapping[tuple[str, str], _Drift | None],
    assumed: Assumed,
) -> Replacement:
    """Return the estimate of a cell with what employment says of it."""
    even = np.full(prior.total.shape, 1.0 / len(prior.total))
    expected = _interval(prior.total, even, assumed.level)
    alone = {channel: _interval(path, even, assumed.level) for channel, path in prior.by_channel.items()}
    drift = drifts.get(cell[:2])
    if change is None or drift is None:
        return Replacement(*cell, expected, expected, alone, prior.at_most, None, None, Consistency.UNCHECKED)
    moved, variance = change
    deviation = max(float(np.sqrt(drift.deviation**2 + variance)), 1e-9)
    off = (moved - drift.middle - np.log1p(-np.minimum(prior.total, 1.0 - 1e-9))) / deviation
    below = float(ndtr(off).mean())
    chance = 2.0 * min(below, 1.0 - below)
    half = float(-ndtri((1.0 - assumed.level) / 2.0)) * deviation
    gone = CredibleInterval(*(1.0 - float(np.exp(moved - drift.middle + shift)) for shift in (half, 0.0, -half)))
    if chance < assumed.doubt:
        return Replacement(*cell, expected, None, {}, prior.at_most, gone, chance, Consistency.CANNOT_TELL)
    weights = np.exp(-0.5 * (off**2 - (off**2).min()))
    weights /= weights.sum()
    weighed = {channel: _interval(path, weights, assumed.level) for channel, path in prior.by_channel.items()}
    ratio = _interval(prior.total, weights, assumed.level)
    return Replacement(*cell, expected, ratio, weighed, prior.at_most, gone, chance, Consistency.AGREES)


def _interval(path: Floats, weights: Floats, level: float) -> CredibleInterval:
    """Return the median of weighed draws and the ends that leave equal parts outside."""
    order = np.argsort(path, kind="stable")
    below = np.cumsum(weights[order]) - weights[order] / 2.0
    tail = (1.0 - level) / 2.0
    low, middle, high = np.interp([tail, 0.5, 1.0 - tail], below, path[order])
    return CredibleInterval(float(low), float(middle), float(high))
