"""Withhold small cells of tables that are shown with their sums, and others with them, so that sums do not tell them.

Source: the threshold rule, and the method of hypercubes in two dimensions, as in `hundepool2012`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qipan.labour.model.array import Bools, Floats

_DEAR: Final = 1e12
"""What a cell that protects badly, being small or nothing, costs beyond its value."""


def is_small(values: Floats, least: float) -> Bools:
    """Return which values stand for some people, but fewer than ``least``."""
    return (values > 0.0) & (values < least)


def withhold_parts(values: Floats, least: float) -> Bools:
    """Return which parts of a known sum stay back: small ones, and the next larger until they are two and enough.

    Examples
    --------
    >>> withhold_parts(np.array([4.0, 500.0, 30.0]), 10.0).tolist()
    [True, False, True]
    >>> withhold_parts(np.array([12.0, 500.0, 30.0]), 10.0).any()
    np.False_
    """
    is_withheld = is_small(values, least)
    if not is_withheld.any():
        return is_withheld
    for at in np.argsort(np.where(values > 0.0, values, np.inf), kind="stable").tolist():
        if is_withheld.sum() >= 2 and values[is_withheld].sum() >= least:
            break
        is_withheld[at] = True
    return is_withheld


def withhold_cells(table: Floats, least: float) -> Bools:
    """Return which cells of a table stay back, ``(rows, columns)``, where all sums of rows and columns are known.

    Each small cell becomes a corner of a rectangle of withheld cells, the one that costs the fewest people: what is
    added to it and taken from its neighbours changes no sum. Where a table is but one row or column, all of it stays
    back if any cell is small.

    Examples
    --------
    >>> withhold_cells(np.array([[3.0, 40.0, 50.0], [60.0, 20.0, 70.0]]), 10.0).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0]]
    """
    small = is_small(table, least)
    is_withheld = small.copy()
    if min(table.shape) < 2:
        return np.full(table.shape, bool(small.any()))
    protects = table >= least
    for row, column in np.argwhere(small).tolist():
        price = np.where(protects, np.where(is_withheld, 0.0, table), _DEAR + table)
        corners = price[row][None, :] + price + price[:, column][:, None]
        corners[row, :] = corners[:, column] = np.inf
        other_row, other_column = np.unravel_index(int(np.argmin(corners)), corners.shape)
        is_withheld[row, other_column] = is_withheld[other_row, other_column] = is_withheld[other_row, column] = True
    return is_withheld
