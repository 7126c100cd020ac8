"""Pose, choose and tell a portfolio of all regions as plain values: picks with their reasons, the price, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qipan.kernel.errors import BadInputError, Finding
from qipan.regions.choose_portfolio import REVEALED, frontier, kept, worths
from qipan.regions.model.activity import Activities
from qipan.regions.model.array import Floats
from qipan.regions.model.columns import Columns
from qipan.regions.model.portfolio import Choice, Question
from qipan.regions.specialise import complexity, density, proximity, rca

DEMAND: Final = "demand"
PICKS: Final = "picks"
NONE: Final = Columns((), {})


@dataclass(frozen=True, slots=True)
class Asked:
    """How a portfolio is chosen.

    Attributes
    ----------
    picks
        How many activities a region chooses at most, where its row does not say.
    sameness
        Weight of two regions choosing alike.
    noise, draws, seed
        How amounts are drawn anew to see which picks stay: standard deviation of logarithms, how often.
    """

    picks: int = 5
    sameness: float = 1.0
    noise: float = 0.1
    draws: int = 50
    seed: int = 1


def tell_portfolio(
    found: Activities, asked: Asked, of_activity: Columns = NONE, of_region: Columns = NONE
) -> dict[str, Any]:
    """Return the portfolio of all regions, beside what each would choose alone.

    Parameters
    ----------
    of_activity
        ``demand`` (1 where it is not told), and what an activity needs of each resource.
    of_region
        ``picks``, and what a region has of each resource; without a figure it has no limit.

    Raises
    ------
    BadInputError
        ``activity_nowhere``; ``resources_differ`` where one table names a resource that the other does not.
    EngineError
        ``choice_unproved``.
    """
    resources = _resources(of_activity, of_region)
    demand = _column(of_activity, found.activities, DEMAND, 1.0)
    most = _column(of_region, found.regions, PICKS, float(asked.picks)).astype(np.int64)
    need = np.stack([_column(of_activity, found.activities, one, 0.0) for one in resources] or [np.empty(0)], axis=-1)
    limit = np.stack([_column(of_region, found.regions, one, np.inf) for one in resources] or [np.empty(0)], axis=-1)
    question = Question(
        worths(found.value, demand),
        most,
        need.reshape(len(found.activities), len(resources)),
        limit.reshape(len(found.regions), len(resources)),
        asked.sameness,
    )
    curve = frontier(question, (asked.sameness,))
    alone = curve[0].choice
    (together,) = [one.choice for one in curve if one.weight == asked.sameness]
    stays = kept(found.value, demand, question, noise=asked.noise, draws=asked.draws, seed=asked.seed)
    share = stays[together.picks]
    return {
        "asked": {name: getattr(asked, name) for name in Asked.__dataclass_fields__},
        "assumed": _assumed(of_activity, of_region, resources),
        "together": _told(together),
        "alone": _told(alone),
        "price": {
            "worth_given_up": alone.worth - together.worth,
            "share_given_up": (alone.worth - together.worth) / alone.worth if alone.worth else None,
            "pairs_avoided": alone.pairs - together.pairs,
        },
        "frontier": [{"weight": one.weight, **_told(one.choice)} for one in curve],
        "stability": {
            "mean_kept": float(share.mean()) if share.size else None,
            "share_kept_in_four_of_five": float((share >= 0.8).mean()) if share.size else None,
        },
        "regions": _picks(found, together, question.worth, stays, demand),
        "left_unused": [
            Finding(0, name, "name_unknown", f"{name} must be among the amounts, was not.", name)
            for name in _unknown(found, of_activity, of_region)
        ],
    }


def _resources(of_activity: Columns, of_region: Columns) -> tuple[str, ...]:
    needed = [one for one in of_activity.names if one != DEMAND]
    had = [one for one in of_region.names if one != PICKS]
    apart = sorted(set(needed) ^ set(had))
    if apart:
        raise BadInputError(
            f"What activities need and what regions have must be told of the same resources, was of one only: "
            f"{', '.join(apart)}.",
            code="resources_differ",
            hint="Give each resource a column in both tables, in one unit.",
        )
    return tuple(needed)


def _column(told: Columns, names: tuple[str, ...], column: str, otherwise: float) -> Floats:
    return np.array([told.figures.get(name, {}).get(column, otherwise) for name in names], dtype=np.float64)


def _assumed(of_activity: Columns, of_region: Columns, resources: tuple[str, ...]) -> list[str]:
    """Return what nobody told: it is on every page that shows the answer."""
    told = []
    if DEMAND not in of_activity.names:
        told.append(DEMAND)
    if PICKS not in of_region.names:
        told.append(PICKS)
    return told + ([] if resources else ["limits"])


def _unknown(found: Activities, of_activity: Columns, of_region: Columns) -> list[str]:
    return sorted(set(of_activity.figures) - set(found.activities)) + sorted(
        set(of_region.figures) - set(found.regions)
    )


def _told(one: Choice) -> dict[str, Any]:
    return {
        "worth": one.worth,
        "pairs": one.pairs,
        "mean_sameness": one.mean_sameness if np.isfinite(one.mean_sameness) else None,
        "mean_cosine": one.mean_cosine if np.isfinite(one.mean_cosine) else None,
    }


def _picks(found: Activities, made: Choice, worth: Floats, stays: Floats, demand: Floats) -> list[dict[str, Any]]:
    quotient = rca(found.value)
    has = quotient >= REVEALED
    close, pci = density(has, proximity(has)), complexity(has).activity
    told = []
    for row, region in enumerate(found.regions):
        order = [at for at in np.argsort(-worth[row], kind="stable") if made.picks[row, at]]
        told.append({
            "region": region,
            "picks": [
                {
                    "activity": found.activities[at],
                    "worth": float(worth[row, at]),
                    "density": float(close[row, at]),
                    "pci": float(pci[at]),
                    "demand": float(demand[at]),
                    "has_it": bool(has[row, at]),
                    "kept": float(stays[row, at]),
                }
                for at in order
            ],
        })  # fmt: skip
    return told
