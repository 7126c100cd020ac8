"""Windows that end with a period: means, least values, spread of what is known in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from qipan.labour.model.array import Floats

Reduction = Callable[..., Floats]
WHOLE_SHARE = 0.5
"""Share of a window that must be known: a panel speaks before it is as old as its longest window."""


def over_last(losses: Floats, periods: int, reduction: Reduction) -> Floats:
    """Return what a reduction makes of the last so many periods, the period itself among them, ``(cells, periods)``.

    NaN where less than half of the window is known, or not the period itself.

    Parameters
    ----------
    reduction
        One that passes over NaN, as ``numpy.nanmin``.

    Examples
    --------
    >>> over_last(np.array([[3.0, 1.0, 2.0]]), 2, np.nanmin)
    array([[3., 1., 1.]])
    """
    padded = np.concatenate([np.full((len(losses), periods - 1), np.nan), losses], axis=1)
    windows = sliding_window_view(padded, periods, axis=1)
    is_told = ~np.isnan(losses) & ((~np.isnan(windows)).sum(axis=-1) >= max(1, WHOLE_SHARE * periods))
    found = np.full_like(losses, np.nan)
    found[is_told] = reduction(windows[is_told], axis=-1)
    return found


def earlier(losses: Floats, periods: int) -> Floats:
    """Return what stood so many periods before, ``(cells, periods)``.

    Examples
    --------
    >>> earlier(np.array([[3.0, 1.0, 2.0]]), 1)
    array([[nan,  3.,  1.]])
    """
    found = np.full_like(losses, np.nan)
    found[:, periods:] = losses[:, : max(0, losses.shape[1] - periods)]
    return found
