"""Notice where a series may mix two releases of one statistic: several regions jump in one year, against the others.

A census moves what had been published of some provinces by tens of per cent. Where figures before it are joined to
revised ones after it, that shows as a jump of these alone, and disparity seems to change.

Source: ours; a region jumps where its growth is further from the middle of all than both limits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.regions.model.array import Floats

JUMP_MIN: Final = 0.15
"""Least jump against the others, in logarithms."""
UNUSUAL: Final = 6.0
"""Least jump over the usual distance of regions from the middle."""
TOGETHER: Final = 2
"""Regions that must jump in one year."""
BREAKS_MOST: Final = 2
"""Years with jumps up to which a series breaks; one with more is restless by itself."""
YEARS_MIN: Final = 4
REGIONS_MIN: Final = 8


def breaks(value: Floats, years: tuple[int, ...]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return the years in which several regions jump, as positions, with these regions.

    Parameters
    ----------
    value
        ``(years, regions)``; what is missing or not above 0 says nothing.

    Examples
    --------
    >>> value = np.exp(np.add.outer(0.1 * np.arange(6), np.linspace(0, 1, 10)))
    >>> value[3:, [2, 5]] *= 0.7
    >>> breaks(value, tuple(range(2000, 2006)))
    ((3, (2, 5)),)
    """
    if value.shape[0] < YEARS_MIN or value.shape[1] < REGIONS_MIN:
        return ()
    growth = np.diff(np.log(np.where(value > 0.0, value, np.nan)), axis=0)
    told = np.isfinite(growth).sum(axis=1) >= REGIONS_MIN
    away = np.full(growth.shape, np.nan)
    away[told] = growth[told] - np.nanmedian(growth[told], axis=1, keepdims=True)
    if not np.isfinite(away).any():
        return ()
    usual = 1.4826 * float(np.nanmedian(np.abs(away)))
    with np.errstate(invalid="ignore"):
        jumps = np.abs(away) > max(JUMP_MIN, UNUSUAL * usual)
    found = []
    for at, row in enumerate(jumps):
        if row.sum() >= TOGETHER and years[at + 1] - years[at] == 1:
            found.append((at + 1, tuple(np.flatnonzero(row).tolist())))
    return tuple(found) if len(found) <= BREAKS_MOST else ()
