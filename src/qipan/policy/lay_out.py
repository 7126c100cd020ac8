"""Lay out the world: what a table says of regions, and by a written rule what it does not say, marked as assumed.

Where nothing is told, AI follows output per head: knowledge, data and penetration of a region against the mean are
those of its output per head, compute and talent those of its output; capital is what saving at a steady growth has
built up; nobody is displaced yet, and each region is as any other in its traits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.policy.model.array import Bools, Floats
from qipan.policy.model.history import FEWEST_REGIONS
from qipan.policy.model.parameter import Parameters
from qipan.policy.model.world import Stock, Trait, World

PENETRATION_MOST = 0.9
"""Nowhere is more assumed."""


def lay_out(
    regions: tuple[str, ...],
    told: Mapping[str, Floats],
    parameters: Parameters,
    penetration: float,
    *,
    nearness: Floats,
    groups: Mapping[str, tuple[str, ...]],
) -> World:
    """Return the world.

    Parameters
    ----------
    told
        Figures by column, ``(regions,)``, nan where nothing is told.
    penetration
        Of the nation, where the table tells none.
    nearness
        ``(regions, regions)``, symmetric.

    Raises
    ------
    RuleBrokenError
        ``regions_few``.
    """
    if len(regions) < FEWEST_REGIONS:
        raise RuleBrokenError(
            f"A study must have {FEWEST_REGIONS} regions at least, was {len(regions)}.",
            code="regions_few",
            hint="Add rows to its table of regions.",
        )
    people, output = told["population"], told[Stock.OUTPUT]
    relative = output / people / (output.sum() / people.sum())
    rules = _rules(output, relative, parameters, penetration)
    stocks: dict[Stock, Floats] = {Stock.OUTPUT: output}
    traits: dict[Trait, Floats] = {}
    assumed: dict[str, tuple[str, ...]] = {}
    for name, (rule, is_scaled) in rules.items():
        is_told = np.isfinite(told[name])
        value = np.where(is_told, told[name], rule * (_scale(told[name], rule, is_told) if is_scaled else 1.0))
        if not is_told.all():
            assumed[name] = tuple(region for region, here in zip(regions, is_told, strict=True) if not here)
        if name in {Stock.KNOWLEDGE, Stock.DATA}:
            value = value / (value @ people / people.sum())
        if isinstance(name, Stock):
            stocks[name] = np.ascontiguousarray(value)
        else:
            traits[name] = np.ascontiguousarray(value)
    return World(regions, people, stocks, traits, _near(nearness), groups, assumed)


def _rules(
    output: Floats, relative: Floats, parameters: Parameters, penetration: float
) -> dict[Stock | Trait, tuple[Floats, bool]]:
    """Return what each stock and trait is where nothing is told, and whether it takes its size from what is told."""
    years = parameters["saved_share"].likely / (parameters["capital_loss"].likely + parameters["growth"].likely)
    even = np.ones(len(output))
    return {
        Stock.KNOWLEDGE: (relative, True),
        Stock.DATA: (relative, True),
        Stock.COMPUTE: (output, True),
        Stock.TALENT: (output, True),
        Stock.PENETRATION: (np.minimum(penetration * relative, PENETRATION_MOST), False),
        Stock.CAPITAL: (years * output, False),
        Stock.DISPLACED: (0.0 * even, False),
        **dict.fromkeys(Trait, (even, False)),
    }


def _scale(told: Floats, rule: Floats, is_told: Bools) -> float:
    """Return how much more is told than the rule says; 1 where nothing is told."""
    if not is_told.any() or rule[is_told].sum() <= 0.0:
        return 1.0
    return float(told[is_told].sum() / rule[is_told].sum()) or 1.0


def _near(nearness: Floats) -> Floats:
    """Return nearness with 1 for the nearest two and 0 of each with itself, so that nobody leaves twice."""
    found = (nearness + nearness.T) / 2.0
    np.fill_diagonal(found, 0.0)
    return np.ascontiguousarray(found / max(float(found.max()), 1e-12))
