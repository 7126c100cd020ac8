"""Build where shadow prices are highest: the simple rule that a plan of expansion is held against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qipan.dispatch.expansion.expand import cost_of_share, expand, most_in_year, most_of
from qipan.dispatch.expansion.run_cases import Cases
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.expansion import Expansion, Prospect, Weighing


def weigh(
    prospect: Prospect, *, gap: float = 1e-4, is_enough: Callable[[int, float, float], bool] | None = None
) -> Weighing:
    """Plan the builds, and run the same days with nothing built, and with what the simple rule builds.

    Parameters
    ----------
    gap, is_enough
        As `expand` takes them.

    Raises
    ------
    EngineError
        ``solver_failed`` when a programme cannot be solved.
    """
    cases = Cases(prospect)
    nothing = expand(prospect, gap=gap, cases=cases, standing=np.zeros((len(prospect.options), len(prospect.years))))
    plan = expand(prospect, gap=gap, cases=cases, is_enough=is_enough)
    return Weighing(plan, nothing, follow(prospect, cases, plan, gap=gap))


def follow(prospect: Prospect, cases: Cases, plan: Expansion, *, gap: float = 1e-4) -> Expansion:
    """Build in each year, with what the plan spends on that year's builds, where a yuan is worth most by that year.

    Worth is that at the shadow prices of the days of that year, as the board then stands. What is worth less than it
    costs is left, what one year leaves of its money the next may spend, and nothing is closed.

    Raises
    ------
    EngineError
        ``solver_failed`` when a programme cannot be solved.
    """
    most = most_of(prospect)[:, None]
    # A share built in a year costs from then on, discounted.
    remaining = np.cumsum(prospect.discount[::-1])[::-1]
    cost = cost_of_share(prospect)[:, None] * remaining
    built = np.diff(plan.standing / most, axis=1, prepend=0.0)
    budget = np.where(cost > 0, cost * built, 0.0).sum(axis=0)
    share = np.zeros_like(built)
    left = 0.0
    for year in range(len(prospect.years)):
        worth = expand(prospect, gap=gap, cases=cases, standing=most * share).worth_fen[:, year] * most[:, 0]
        left = _spend(prospect, share, worth, year, left + float(budget[year]))
    return expand(prospect, gap=gap, cases=cases, standing=most * share)


def _spend(prospect: Prospect, share: Floats, worth_fen: Floats, year: int, budget_fen: float) -> float:
    """Build the shares of a year in the order of worth over cost, and return what money is left.

    Parameters
    ----------
    worth_fen
        ``(options,)``, of the whole option in the year.
    """
    remaining = np.cumsum(prospect.discount[::-1])[::-1]
    cost, allowed = cost_of_share(prospect), most_in_year(prospect)[:, year]
    need, since = _needs(prospect, year)
    yearly = np.where(need >= 0, cost + cost[need] * _ratio(prospect, need), cost)
    for option in np.argsort(-worth_fen / np.maximum(yearly, 1e-9), kind="stable").tolist():
        if yearly[option] <= 0 or worth_fen[option] <= yearly[option] or since[option] < 0:
            continue
        whole = cost[option] * remaining[year]
        ratio = 0.0
        if need[option] >= 0:
            ratio = float(_ratio(prospect, need)[option])
            whole += cost[need[option]] * ratio * remaining[since[option]]
        part = min(float(allowed[option]), 1.0 - share[option, year], budget_fen / whole)
        if ratio:
            part = min(part, (1.0 - share[need[option], -1]) / ratio)
            share[need[option], since[option] :] += ratio * part
        share[option, year:] += part
        budget_fen -= whole * part
    return budget_fen


def _needs(prospect: Prospect, year: int) -> tuple[Ints, Ints]:
    """Return which option each one needs, -1 for none, and since what year, counted, below 0 where that is too late."""
    at = {one.option_id: index for index, one in enumerate(prospect.options)}
    need = np.array([at[one.needs] if one.needs else -1 for one in prospect.options], dtype=np.int64)
    since = np.array([year - one.lead_years if one.needs else year for one in prospect.options], dtype=np.int64)
    return need, since


def _ratio(prospect: Prospect, need: Ints) -> Floats:
    """Return the share of what is needed that a share of an option takes, ``(options,)``."""
    most = most_of(prospect)
    return np.where(need >= 0, most / most[need], 0.0)
