"""Spread what a build costs over the years that it serves."""

from __future__ import annotations

import math

from qipan.dispatch.model.expansion import UnitCost


def yearly_fen(cost: UnitCost, discount_rate: float) -> float:
    """Return the annuity of the capital and the upkeep of a unit.

    Examples
    --------
    >>> yearly_fen(UnitCost(capital_fen=1000.0, lifetime_years=2.0, upkeep_fen_per_year=10.0), 0.0)
    510.0
    >>> round(yearly_fen(UnitCost(1000.0, 1.0, 0.0), 0.06), 6)
    1060.0
    """
    if discount_rate == 0:
        return cost.capital_fen / cost.lifetime_years + cost.upkeep_fen_per_year
    factor = discount_rate / (1.0 - math.pow(1.0 + discount_rate, -cost.lifetime_years))
    return cost.capital_fen * factor + cost.upkeep_fen_per_year
