"""Find hours in which meters contradict each other beyond what their accuracy allows: laws, no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contradictions:
    """Where a law is broken, axes (sites, slots).

    Attributes
    ----------
    excess
        By how much the greater exceeds the most it may be, as a share of that; zero where the law holds or a meter is
        silent.
    silent
        Where the law cannot be told, since a meter gave no reading.
    """

    rule: str
    excess: Floats
    silent: NDArray[np.bool_]


ORDER = (
    ("card_above_host", "card_wh", "host_wh"),
    ("host_above_pdu", "host_wh", "pdu_wh"),
    ("pue_below_one", "pdu_wh", "grid_wh"),
    ("host_above_grid", "host_wh", "grid_wh"),
    ("green_above_grid", "green_wh", "grid_wh"),
    ("used_above_allocated", "used", "allocated"),
    ("allocated_above_certified", "allocated", "certified"),
    ("used_above_certified", "used", "certified"),
    ("capacity_above_certified", "capacity", "certified"),
)
"""Rule, the quantity that must not be greater, the one that bounds it."""


def contradict_order(
    series: Mapping[str, Floats], accuracy: Mapping[str, float], resolution: Mapping[str, float]
) -> tuple[Contradictions, ...]:
    """Compare each pair of `ORDER` of which both are given.

    Parameters
    ----------
    series
        By name, axes (sites, slots), NaN where a meter was silent.
    accuracy
        Greatest relative error of the meter by name; zero where absent, as for the register.
    resolution
        Unit in which the meter counts, by name; zero where absent.

    Examples
    --------
    >>> host, pdu = np.array([[100.0, 103.0, 101.0]]), np.array([[100.0, 100.0, np.nan]])
    >>> (found,) = contradict_order({"host_wh": host, "pdu_wh": pdu}, {"host_wh": 0.01, "pdu_wh": 0.01}, {})
    >>> found.rule, found.excess.round(4).tolist(), found.silent.tolist()
    ('host_above_pdu', [[0.0, 0.0096, 0.0]], [[False, False, True]])
    """
    return tuple(
        _exceed(
            rule,
            series[lesser] * (1 - accuracy.get(lesser, 0)) - resolution.get(lesser, 0),
            series[greater] * (1 + accuracy.get(greater, 0)) + resolution.get(greater, 0),
        )
        for rule, lesser, greater in ORDER
        if lesser in series and greater in series
    )


def contradict_pue(pdu_wh: Floats, grid_wh: Floats, bound: float, accuracy: float) -> Contradictions:
    """Find slots in which the grid brought more than `bound` times the energy of the machines."""
    return _exceed("pue_above_bound", grid_wh * (1 - accuracy), bound * pdu_wh * (1 + accuracy))


def contradict_envelope(
    card_wh: Floats, used_card_h: Floats, certified_card_h: Floats, idle_w: tuple[float, float], busy_w: float | Floats
) -> tuple[Contradictions, Contradictions]:
    """Compare the energy of cards with the least and the most that their model can burn.

    Parameters
    ----------
    idle_w
        Least power of a card in use, which may wait, and most of an idle one. An idle card may be switched off.
    busy_w
        Most power of a card in use: its board limit, or what the register says of its pool, ``(sites, 1)``.

    Returns
    -------
    ghosts, hidden
        ``energy_below_envelope``: cards in use that burn less than that are not there, or energy is hidden.
        ``energy_above_envelope``: more is burnt than the use reported can explain.
    """
    idle_card_h = np.maximum(certified_card_h - used_card_h, 0)
    least = idle_w[0] * used_card_h
    most = busy_w * used_card_h + idle_w[1] * idle_card_h
    return _exceed("energy_below_envelope", least, card_wh), _exceed("energy_above_envelope", card_wh, most)


def _exceed(rule: str, lesser: Floats, greater: Floats) -> Contradictions:
    silent = np.isnan(lesser) | np.isnan(greater)
    above = np.where(silent, 0, np.maximum(np.nan_to_num(lesser) - np.nan_to_num(greater), 0))
    return Contradictions(rule, above / np.maximum(np.nan_to_num(greater), 1e-9), silent)
