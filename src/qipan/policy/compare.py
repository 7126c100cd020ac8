"""Compare levers: all their combinations on the same members, and what each lever's part in it is.

A lever's part is its Shapley value: what it adds on average over all orders in which levers may be pulled. Parts add
up to what all levers do together, member by member. The four dimensions of the paper share in the same way.

Source: `shapley1953`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import factorial
from typing import Final, TypeVar

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.policy.model.array import Bools, Floats
from qipan.policy.model.lever import DIMENSION_OF, Dimension, Lever
from qipan.policy.model.result import MEASURES, Ensemble
from qipan.policy.simulate import Scene, only_equal, simulate

AIMS: Final = ("growth", "gap", "jobs")
"""Logarithm of the nation's output at the end; Theil's T then; displaced people on average over the study."""
IS_BETTER_LESS: Final = np.array([False, True, True])

Player = TypeVar("Player", bound=StrEnum)
Choice = frozenset[Lever]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What combinations of levers do.

    Attributes
    ----------
    values
        By combination, ``(members, aims)`` in the order of `AIMS`.
    of_lever, of_dimension
        Shapley values, ``(members, aims)``.
    with_all_money
        What each lever does if it gets all that the study spends, against no lever, ``(members, aims)``.
    best_chance
        By combination, the share of members in which no other is as good in all aims and better in one.
    """

    values: Mapping[Choice, Floats]
    of_lever: Mapping[Lever, Floats]
    of_dimension: Mapping[Dimension, Floats]
    with_all_money: Mapping[Lever, Floats]
    best_chance: Mapping[Choice, float]
    cost_100m_yuan: Mapping[Choice, float]

    @property
    def pareto(self) -> tuple[Choice, ...]:
        """Combinations that no other beats, by means."""
        names = list(self.values)
        means = np.array([self.values[name].mean(axis=0) for name in names])
        return tuple(name for name, is_best in zip(names, undominated(means[None])[0], strict=True) if is_best)


def compare(scene: Scene, *, threads: int = 2) -> Comparison:
    """Return what all combinations of the levers that the study pulls do.

    Raises
    ------
    RuleBrokenError
        ``levers_none``.
    """
    cost = scene.spending.by_lever_100m_yuan
    levers = [lever for lever in Lever if cost[lever] > 0.0]
    if not levers:
        raise RuleBrokenError(
            "A comparison must have a lever that costs something, had none.",
            code="levers_none",
            hint="Add a table [levers.NAME] with its cost to the study.",
        )
    choices = [frozenset(some) for count in range(len(levers) + 1) for some in combinations(levers, count)]
    values = {choice: worth(simulate(scene, choice, threads=threads)) for choice in choices}
    dimensions = [one for one in Dimension if any(DIMENSION_OF[lever] is one for lever in levers)]
    grouped = {
        frozenset(some): values[frozenset(lever for lever in levers if DIMENSION_OF[lever] in some)]
        for count in range(len(dimensions) + 1)
        for some in combinations(dimensions, count)
    }
    none = values[frozenset()]
    return Comparison(
        values,
        shapley(levers, values),
        shapley(dimensions, grouped),
        {
            lever: worth(simulate(only_equal(scene, lever), [lever], threads=threads)) - none
            for lever in levers
        },
        dict(zip(choices, _chances(np.stack([values[choice] for choice in choices], axis=1)), strict=True)),
        {choice: sum(cost[lever] for lever in choice) for choice in choices},
    )  # fmt: skip


def worth(found: Ensemble) -> Floats:
    """Return the aims of each member, ``(members, aims)``."""
    output, theil, displaced = (MEASURES.index(name) for name in ("output", "theil", "displaced"))
    return np.column_stack(
        [
            np.log(found.paths[:, -1, output]),
            found.paths[:, -1, theil],
            found.paths[:, :, displaced].mean(axis=1),
        ]
    )


def shapley(players: Sequence[Player], values: Mapping[frozenset[Player], Floats]) -> dict[Player, Floats]:
    """Return what each player adds on average over all orders.

    Examples
    --------
    >>> a, b = Lever.AI_PLUS, Lever.TALENT
    >>> game = {frozenset(): 0.0, frozenset({a}): 1.0, frozenset({b}): 2.0, frozenset({a, b}): 5.0}
    >>> shapley([a, b], {who: np.array(worth) for who, worth in game.items()})[a].item()
    2.0
    """
    count = len(players)
    found: dict[Player, Floats] = {}
    for one in players:
        others = [player for player in players if player is not one]
        added = np.zeros(np.shape(values[frozenset()]))
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for before in combinations(others, size):
                added += weight * (values[frozenset((*before, one))] - values[frozenset(before)])
        found[one] = added
    return found


def undominated(values: Floats) -> Bools:
    """Return which combinations no other beats, ``(members, combinations)``, of ``(members, combinations, aims)``."""
    turned = np.where(IS_BETTER_LESS, -values, values)
    is_best = np.ones(values.shape[:2], dtype=bool)
    for other in range(values.shape[1]):
        rival = turned[:, other : other + 1]
        is_best &= ~((rival >= turned).all(axis=2) & (rival > turned).any(axis=2))
    return is_best


def _chances(values: Floats) -> list[float]:
    return [float(one) for one in undominated(values).mean(axis=0)]
