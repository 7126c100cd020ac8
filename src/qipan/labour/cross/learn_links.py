"""Learn how much likeness of texts and lists of groups say, from occupations that somebody coded.

The chance of a code is a softmax over all codes of the other classification of a weighed sum of four things: how like
the texts are; whether the list of the code's group has it; how early; and whether it stands near one that the list has.
The weights are those under which the coded occupations are likeliest, drawn towards nought a little.

Source: `mcfadden1974`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize

from qipan.labour.model.array import Floats, Ints

PENALTY: Final = 1.0
NEAR_DIGITS: Final = 2


def describe(
    likeness: Floats, codes: Sequence[str], targets: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> Floats:
    """Return what speaks for each pair, ``(codes, targets, 4)``.

    Parameters
    ----------
    likeness
        Of texts, ``(codes, targets)``.
    groups
        Beginnings of codes, each with the beginnings of targets that its codes may be, the likeliest first; of several
        that fit a code the longest counts.
    """
    found = np.zeros((*likeness.shape, 4))
    found[..., 0] = likeness
    told: dict[str, Floats] = {}
    for row, code in enumerate(codes):
        group = max((one for one in groups if code.startswith(one)), key=len, default="")
        if group not in told:
            told[group] = _listed(groups.get(group, ()), targets)
        found[row, :, 1:] = told[group]
    return found


def learn_links(described: Floats, right: Ints, penalty: float = PENALTY) -> Floats:
    """Return the four weights that coded occupations teach.

    Parameters
    ----------
    described
        Of each, ``(occupations, targets, 4)``.
    right
        Position of its target, ``(occupations,)``.
    """
    at = np.arange(len(right))

    def loss(weights: Floats) -> tuple[float, Floats]:
        chances = chances_of(described, weights)
        slope = (described[at, right] - np.einsum("nt,ntk->nk", chances, described)).sum(axis=0)
        told = float(np.log(np.maximum(chances[at, right], np.finfo(float).tiny)).sum())
        return penalty * float(weights @ weights) / 2 - told, penalty * weights - slope

    return np.asarray(minimize(loss, np.zeros(described.shape[2]), jac=True, method="L-BFGS-B").x)


def chances_of(described: Floats, weights: Floats) -> Floats:
    """Return how likely each target is, ``(occupations, targets)``; each row adds up to one."""
    scores = described @ weights
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _listed(group: Sequence[str], targets: Sequence[str]) -> Floats:
    near = {one[:NEAR_DIGITS] for one in group}
    found = np.zeros((len(targets), 3))
    for at, target in enumerate(targets):
        place = next((place for place, one in enumerate(group) if target.startswith(one)), None)
        found[at] = (place is not None, 0.0 if place is None else 1.0 / (1 + place), target[:NEAR_DIGITS] in near)
    return found
