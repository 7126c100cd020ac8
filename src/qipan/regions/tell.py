"""Tell how unequal regions are, whether that closes, and what they are good at, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from qipan.regions.converge import beta, sigma
from qipan.regions.correlate import local_moran, moran, move_around
from qipan.regions.decompose import split_gini, split_theil
from qipan.regions.gather_clubs import CONVERGES, Club, LogT, gather
from qipan.regions.measure import AVERSION, measure
from qipan.regions.model.activity import Activities
from qipan.regions.model.array import Bools, Floats, Ints
from qipan.regions.model.neighbours import row_weights
from qipan.regions.model.panel import Panel, known
from qipan.regions.move import move
from qipan.regions.specialise import complexity, density, proximity, rca, sameness
from qipan.regions.spill import REGIONS_MIN, spill


def tell_disparity(panel: Panel, by: Sequence[str] = (), aversion: float = AVERSION) -> dict[str, Any]:
    """Return each year's measures, and what of Theil's and Gini's lies within and between groups.

    Parameters
    ----------
    by
        Partitions, the coarsest first; they must nest.

    Raises
    ------
    BadInputError
        ``partition_unknown``, ``groups_not_nested``, ``value_negative``, ``value_nothing``, ``aversion_unfit``.
    """
    levels = [panel.partition(name) for name in by]
    is_grouped = np.all([groups >= 0 for _, groups in levels], axis=0) if levels else np.ones(len(panel.regions), bool)
    told = []
    for at, year in enumerate(panel.years):
        chosen = known(panel.value[at], panel.weight[at]) & is_grouped
        if not chosen.any():
            continue
        value, weight = panel.value[at, chosen], panel.weight[at, chosen]
        one: dict[str, Any] = {"year": year, "regions": int(chosen.sum()), "left_out": _without(panel, chosen)}
        one |= {name: _number(found) for name, found in measure(value, weight, aversion).items()}
        if levels:
            one |= _split(value, weight, [(names, groups[chosen]) for names, groups in levels], by)
        told.append(one)
    left = [region for region, is_in in zip(panel.regions, is_grouped, strict=True) if not is_in]
    return {"by": list(by), "aversion": aversion, "without_group": left, "years": told}


def tell_convergence(panel: Panel, classes: int = 5) -> dict[str, Any]:
    """Return beta, sigma, and how regions move between classes of standing.

    Raises
    ------
    BadInputError
        ``years_few``, ``points_few``, ``value_not_positive``, ``classes_unfit``.
    """
    moves = move(panel, classes)
    found = sigma(panel)
    there = np.asarray(np.isfinite(panel.value))
    throughout = _without(panel, np.asarray(there.all(axis=0)))
    return {
        "beta": {**_plain(asdict(beta(panel))), "left_out": _without(panel, np.asarray(there[[0, -1]].all(axis=0)))},
        "sigma": {
            "years": [{"year": year, "sigma": one} for year, one in zip(found.years, found.sigma, strict=True)],
            "trend": None if found.trend is None else _plain(asdict(found.trend)),
            "regions": found.count,
            "left_out": throughout,
        },
        "classes": {
            "counts": moves.counts.tolist(),
            "chances": moves.chances.tolist(),
            "steady": [_number(one) for one in moves.steady.tolist()],
            "stay_years": [_number(one) for one in moves.stay_years.tolist()],
            "left_out": throughout,
        },
    }


def tell_complexity(found: Activities, least: float = 1.0) -> dict[str, Any]:
    """Return what regions are good at, how complex they and activities are, and what is near to each.

    Parameters
    ----------
    least
        An activity is revealed in a region where its RCA is at least this.

    Raises
    ------
    BadInputError
        ``activity_nowhere``.
    """
    quotient = rca(found.value)
    has = quotient >= least
    near = proximity(has)
    close, made = density(has, near), complexity(has)
    alike = sameness(found.value)
    count = len(found.regions)
    pairs = alike[np.triu_indices(count, 1)]
    return {
        "least_rca": least,
        "mean_sameness": _number(float(pairs.mean())) if count > 1 else None,
        "regions": [
            {
                "region": region,
                "diversity": int(made.diversity[at]),
                "eci": float(made.region[at]),
                "fitness": float(made.fitness[at]),
                "mean_sameness": float(alike[at].sum() / max(count - 1, 1)),
            }
            for at, region in enumerate(found.regions)
        ],
        "activities": [
            {
                "activity": activity,
                "ubiquity": int(made.ubiquity[at]),
                "pci": float(made.activity[at]),
                "demand": float(made.demand[at]),
            }
            for at, activity in enumerate(found.activities)
        ],
        "rca": quotient.tolist(),
        "proximity": near.tolist(),
        "density": close.tolist(),
    }


def tell_clubs(
    panel: Panel, *, smoothness: float | None = None, as_is: bool = False, **settings: float
) -> dict[str, Any]:
    """Return clubs of regions that converge together, and the settings that they depend on.

    Parameters
    ----------
    settings
        ``trim``, ``sieve`` of `gather`.

    Raises
    ------
    BadInputError
        Those of `gather`.
    """
    found = gather(panel, smoothness=smoothness, as_is=as_is, **settings)
    return {
        "settings": {
            "years": [found.years[0], found.years[-1]],
            "smoothness": found.smoothness,
            "trim": settings.get("trim", 1.0 / 3.0),
            "sieve": settings.get("sieve", 0.0),
            "converges_above": CONVERGES,
        },
        "whole": _test(found.whole),
        "clubs": [_club(number, one) for number, one in enumerate(found.found, start=1)],
        "merged": [_club(number, one) for number, one in enumerate(found.merged, start=1)],
        "divergent": list(found.divergent),
        "left_out": list(found.left_out),
    }


def tell_neighbours(
    panel: Panel, beside: Mapping[str, frozenset[str]], *, classes: int = 5, seed: int = 1
) -> dict[str, Any]:
    """Return whether neighbours are alike by year, region by region in the last, and whether growth spills over.

    Raises
    ------
    BadInputError
        ``neighbours_none``, ``points_few``, ``points_alike``, ``classes_unfit``, ``value_not_positive``.
    """
    there = np.asarray(np.isfinite(panel.value).all(axis=0))
    names = [region for region, is_in in zip(panel.regions, there, strict=True) if is_in]
    weights = row_weights(names, beside)
    has = np.asarray(weights.any(axis=1))
    # Who has no neighbour has no part: with it the weights would not add up to the number of regions.
    value, weights = panel.value[:, there][:, has], weights[np.ix_(has, has)]
    near = [region for region, is_in in zip(names, has, strict=True) if is_in]
    local = local_moran(value[-1], weights, seed=seed)
    told: dict[str, Any] = {
        "seed": seed,
        "regions": len(near),
        "without_neighbours": [region for region in names if region not in near],
        "left_out": [region for region in panel.regions if region not in names],
        "moran": [
            {"year": year, **_plain(asdict(moran(one, weights, seed=seed)))}
            for year, one in zip(panel.years, value, strict=True)
        ],
        "local": {
            "year": panel.years[-1],
            "regions": [
                {"region": region, "statistic": _number(one), "p_chance": _number(chance), "quadrant": quadrant}
                for region, one, chance, quadrant in zip(
                    near, local.statistic.tolist(), local.p_chance.tolist(), local.quadrant, strict=True
                )
            ],
        },
    }
    if len(panel.years) > 1:
        around = move_around(value, weights, classes)
        told["classes"] = {
            "counts": around.counts.tolist(),
            "chances": around.chances.tolist(),
            "steady": [[_number(one) for one in row] for row in around.steady.tolist()],
            **_plain({name: getattr(around, name) for name in ("q", "likelihood_ratio", "degrees")}),
            **_plain({name: getattr(around, name) for name in ("q_p", "likelihood_ratio_p")}),
        }
        if len(near) >= REGIONS_MIN:
            took = panel.years[-1] - panel.years[0]
            told["beta"] = _plain(asdict(spill(value[0], value[-1], took, weights)))
    return told


def _without(panel: Panel, chosen: Bools) -> list[str]:
    """Return the regions that have no part."""
    return [region for region, is_in in zip(panel.regions, chosen, strict=True) if not is_in]


def _test(test: LogT) -> dict[str, Any]:
    return {**_plain(asdict(test)), "converges": test.converges}


def _club(number: int, club: Club) -> dict[str, Any]:
    return {
        "club": number,
        "count": len(club.regions),
        **_test(club.test),
        "sieve": club.sieve,
        "of": list(club.of),
        "regions": list(club.regions),
    }


def _split(
    value: Floats, weight: Floats, levels: Sequence[tuple[tuple[str, ...], Ints]], by: Sequence[str]
) -> dict[str, Any]:
    finest, groups = levels[-1]
    named = [finest[one] for one in np.unique(groups)]
    told: dict[str, Any] = {}
    for name, is_l in (("theil_t", False), ("theil_l", True)):
        parts = split_theil(value, weight, [one for _, one in levels], is_l=is_l)
        told[f"{name}_parts"] = {
            "between": dict(zip(by, map(_number, parts.between), strict=True)),
            "within": _number(parts.within),
            "of_group": dict(zip(named, map(_number, parts.of_group), strict=True)),
        }
    told["gini_parts"] = _plain(asdict(split_gini(value, weight, levels[0][1])))
    whole = float(weight @ value)
    told["shares"] = {
        name: {
            "weight": float(weight[groups == at].sum() / weight.sum()),
            "amount": float(weight[groups == at] @ value[groups == at]) / whole,
        }
        for at, name in enumerate(finest)
        if (groups == at).any()
    }
    return told


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(one) if isinstance(one, dict) else _number(one) if isinstance(one, float) else one
        for name, one in told.items()
    }


def _number(value: float) -> float | None:
    """Return a number, or none where there is no answer."""
    return float(value) if math.isfinite(value) else None
