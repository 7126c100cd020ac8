"""Suspect pools of cards whose energy does not go with their use: not as before, or not as at their peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.ledger.drift import drift
from qipan.ledger.peers import compare_peers

Floats = NDArray[np.float64]

RULES: Final = ("energy_left_use", "energy_unlike_peers")
USED_LEAST: Final = 1e-3
"""Least use that counts, as a share of what is certified: an idle pool says nothing of its busy cards."""

TOLD_LEAST: Final = 0.5
"""Share of the hours of either stretch that a pool must have told to be tried."""


CHANGE_LEAST: Final = 0.001
"""Changes by less than this share are within what the meters of any pool do."""


@dataclass(frozen=True, slots=True, eq=False)
class Suspected:
    """What one rule says of pools; every array has the axis ``(pools,)``, ``nan`` where nothing can be said.

    Attributes
    ----------
    size
        How much too large the use was reported for its energy, as a share; negative where it was too small.
    chance
        Probability, at most, that an honest pool stands out so far.
    peers
        How many pools it was compared with, itself included.
    """

    rule: str
    size: Floats
    chance: Floats
    peers: NDArray[np.int64]


def suspect(
    card_wh: Floats, used: Floats, certified: Floats, models: Sequence[str], since: int, *, accuracy: float = 0.01
) -> tuple[Suspected, Suspected]:
    """Return for both of `RULES` how each pool stands since an hour.

    ``energy_left_use``: energy over use changed since then, by more and more surely than at other pools.
    ``energy_unlike_peers``: a busy card takes another power than at the pools of the same model.

    Parameters
    ----------
    card_wh, used, certified
        Energy of the cards, cards in use and cards certified, axes (pools, hours); NaN where silent.
    models
        Model of the cards of each pool; pools without one have no peers.
    accuracy
        Greatest relative error of a meter of energy.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> used = rng.uniform(20, 90, (12, 480))
    >>> energy = used * 300 * rng.normal(1, 0.02, used.shape) + 5000
    >>> told = used.copy()
    >>> told[3, 240:] *= 1.1
    >>> changed, _ = suspect(energy, told, np.full_like(used, 100.0), ["a"] * 12, 240)
    >>> np.flatnonzero(changed.chance < 0.005).tolist(), changed.size[3].round(2).tolist()
    ([3], 0.09)
    """
    told = ~(np.isnan(card_wh) | np.isnan(used)) & (certified > 0)
    tried = (told[:, :since].mean(axis=1) >= TOLD_LEAST) & (told[:, since:].mean(axis=1) >= TOLD_LEAST)
    share, error, watts = (np.full(len(card_wh), np.nan) for _ in range(3))
    if tried.any():
        told = told[tried]
        capacity, energy = certified[tried], np.where(told, card_wh[tried], np.nan)
        busy = np.where(told, np.maximum(used[tried], USED_LEAST * capacity), np.nan)
        share[tried], error[tried] = drift(energy, np.stack([busy, capacity]), since)
        room = np.where(told, capacity, 1)
        watts[tried] = _slope((busy / room)[:, since:], (energy / room)[:, since:])
    everyone = ["card"] * len(card_wh)
    size, certainty = compare_peers(share, everyone, least=CHANGE_LEAST), compare_peers(share / error, everyone)
    has_model = np.array([bool(model) for model in models], dtype=np.bool_)
    beside = compare_peers(np.where(has_model & (watts > 0), watts, np.nan), models, accuracy=accuracy)
    return (
        Suspected(RULES[0], share, np.maximum(size.chance(), certainty.chance()), size.peers),
        Suspected(RULES[1], beside.median / watts - 1, beside.chance(), beside.peers),
    )


def _slope(x: Floats, y: Floats) -> Floats:
    """Return by how much y rises with x, by least squares, ``(pools,)``."""
    told = ~(np.isnan(x) | np.isnan(y))
    count = np.maximum(told.sum(axis=1, keepdims=True), 1)
    x, y = np.where(told, x, 0), np.where(told, y, 0)
    x = np.where(told, x - x.sum(axis=1, keepdims=True) / count, 0)
    spread = (x * x).sum(axis=1)
    return np.asarray(np.where(spread > 0, (x * y).sum(axis=1) / np.where(spread > 0, spread, 1), np.nan))
