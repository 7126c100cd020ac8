"""Split the disparity of regions by groups: Theil's T and L within and between, also nested, and Gini as Dagum does.

Groups nest where each of the finer ones lies in one of the coarser: then what is within these splits again. Parts add
up to the whole.

Source: `theil1967`, `akita2003` (nested), `dagum1997` (within, between net of overlap, overlap).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.measure import theil_l, theil_t
from qipan.regions.model.array import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Theil:
    """Theil's T or L by levels of groups.

    Attributes
    ----------
    total
        The whole.
    between
        Of each level what is between its groups, within those of the level before.
    within
        What is within the finest groups.
    of_group
        What is within each of the finest groups, as a part of the whole; with ``between`` and all of these the whole.
    """

    total: float
    between: tuple[float, ...]
    within: float
    of_group: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Dagum:
    """Gini's coefficient: within groups, between them, and where they overlap (transvariation); these add up to it."""

    total: float
    within: float
    between_net: float
    overlap: float


def split_theil(value: Floats, weight: Floats, levels: Sequence[Ints], *, is_l: bool = False) -> Theil:
    """Return Theil's T, or L, by levels of groups, the coarsest first.

    Parameters
    ----------
    value, weight
        ``(regions,)``
    levels
        Of each level the group of each region, from 0, ``(regions,)``.

    Raises
    ------
    BadInputError
        ``groups_not_nested``.
    """
    measured = theil_l if is_l else theil_t

    def entropy(value: Floats, weight: Floats) -> float:
        # Where nothing is there, nothing is unequal.
        return measured(value, weight) if value.any() else 0.0

    finer = np.zeros(len(value), dtype=np.int64)
    between = []
    for groups in levels:
        _check_nested(finer, groups)
        parts = [entropy(*_by_group(value, weight, groups, finer == one)) for one in np.unique(finer)]
        between.append(float(_counts(value, weight, finer, is_l=is_l) @ parts))
        finer = groups
    counts = _counts(value, weight, finer, is_l=is_l)
    inside = [entropy(value[finer == one], weight[finer == one]) for one in np.unique(finer)]
    of_group = tuple((counts * inside).tolist())
    return Theil(measured(value, weight), tuple(between), float(sum(of_group)), of_group)


def split_gini(value: Floats, weight: Floats, groups: Ints) -> Dagum:
    """Return Gini's coefficient by groups.

    Parameters
    ----------
    groups
        Of each region, from 0, ``(regions,)``.
    """
    share = weight / weight.sum()
    mean = float(share @ value)
    names = np.unique(groups)
    people = np.array([share[groups == one].sum() for one in names])
    income = np.array([share[groups == one] @ value[groups == one] for one in names]) / mean
    within = between = overlap = 0.0
    for a, first in enumerate(names):
        for b, second in enumerate(names[: a + 1]):
            mine, other = groups == first, groups == second
            apart = np.abs(value[mine][:, None] - value[other])
            gap = float(share[mine] @ apart @ share[other]) / (people[a] * people[b])
            means = income[a] / people[a] * mean, income[b] / people[b] * mean
            if a == b:
                within += gap / (2.0 * means[0]) * people[a] * income[a] if means[0] else 0.0
                continue
            weighed = gap / sum(means) * (people[a] * income[b] + people[b] * income[a]) if sum(means) else 0.0
            net = abs(means[0] - means[1]) / gap if gap else 0.0
            between += weighed * net
            overlap += weighed * (1.0 - net)
    return Dagum(within + between + overlap, within, between, overlap)


def _by_group(value: Floats, weight: Floats, groups: Ints, chosen: Bools) -> tuple[Floats, Floats]:
    """Return mean and weight of each group of chosen regions."""
    names = np.unique(groups[chosen])
    heavy = np.array([weight[chosen & (groups == one)].sum() for one in names])
    whole = np.array([weight[chosen & (groups == one)] @ value[chosen & (groups == one)] for one in names])
    return whole / heavy, heavy


def _counts(value: Floats, weight: Floats, groups: Ints, *, is_l: bool) -> Floats:
    """Return what each group counts for: its share of the weight (L), or of what is there (T)."""
    part = weight if is_l else weight * value
    return np.asarray([part[groups == one].sum() for one in np.unique(groups)] / part.sum())


def _check_nested(coarse: Ints, fine: Ints) -> None:
    for one in np.unique(fine):
        if len(np.unique(coarse[fine == one])) > 1:
            raise BadInputError(
                "Groups must nest: each of a finer level must lie in one of the coarser, did not.",
                code="groups_not_nested",
                hint="Name the coarsest partition first, and only such as nest.",
            )
