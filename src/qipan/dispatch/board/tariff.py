"""Electricity price curves of a site over the slots of a plan, and the market-based carbon factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qipan.dispatch.model.array import Floats


def shaped(level_fen_per_kwh: float, shape: Sequence[float]) -> Floats:
    """Scale a shape of the civil hours to a mean price, ``(hours,)``.

    Examples
    --------
    >>> shaped(50.0, [2.0, 1.0, 0.0]).tolist()
    [100.0, 50.0, 0.0]
    """
    relative = np.asarray(shape, dtype=float)
    return np.asarray(level_fen_per_kwh * relative / relative.mean())


def banded(level_fen_per_kwh: float, bands: Sequence[str], ratio: Mapping[str, float]) -> Floats:
    """Build a time-of-use curve with a mean price from the band of each civil hour, ``(hours,)``.

    Parameters
    ----------
    ratio
        Price of each band relative to the flat one.

    Examples
    --------
    >>> banded(60.0, ["peak", "valley"], {"peak": 1.5, "valley": 0.5}).tolist()
    [90.0, 30.0]
    """
    return shaped(level_fen_per_kwh, [ratio[band] for band in bands])


def over_slots(curve_by_hour: Sequence[float] | Floats, hour_of_slot: Sequence[int]) -> Floats:
    """Lay a curve of the civil hours over slots, ``(slots,)``.

    Parameters
    ----------
    hour_of_slot
        Civil hour in which each slot starts; a day of 23 or 25 hours skips or repeats one.
    """
    return np.asarray(curve_by_hour, dtype=float)[np.asarray(hour_of_slot, dtype=np.int64)]


def market_kg_per_kwh(location_kg_per_kwh: float, *, green_share: float, residual_ratio: float) -> float:
    """Return the market-based factor: use covered by retired certificates counts nothing, the rest the residual mix.

    Parameters
    ----------
    green_share
        Share of use covered by retired certificates, 0 to 1.
    residual_ratio
        Residual mix over grid average, at least 1: what is sold as green is no longer in the mix of the others.

    Examples
    --------
    >>> round(market_kg_per_kwh(0.6423, green_share=0.8, residual_ratio=1.0), 4)
    0.1285
    """
    return (1.0 - green_share) * location_kg_per_kwh * residual_ratio
