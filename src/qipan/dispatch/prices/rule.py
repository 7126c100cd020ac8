"""Choose one optimal price where there are many: the rule of final prices.

Every published price of a face has a range. Its *aim* is the middle of the range, or, where the range has no end, its
point nearest to zero. The prices chosen are the optimal ones with the least sum of squared distances from the aims: a
strictly convex function over a convex set, so there is exactly one answer, and no solver or optimal plan has a say.

Source: `euphemia2019` (prices nearest to the middle of their range where supply and demand leave several).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from qipan.dispatch.model.array import Bools, Floats
from qipan.dispatch.prices.face import Face, part
from qipan.dispatch.prices.project import REACHED, Projection, project
from qipan.dispatch.prices.span import span


def choose(whole: Face) -> Floats:
    """Return the prices of the rule, ``(rows + limited columns,)``.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    price = whole.price.copy()
    if not len(whole.row):
        return price
    least, most = span(whole)
    aim = aims(whole.price[whole.row], least, most)
    middle = np.where(np.isfinite(aim), aim, 0.0)
    missed = np.unique(whole.block[_missed(whole, middle)])
    change = middle
    for block in missed:
        chosen = whole.block == block
        change[chosen] = nearest(part(whole, chosen), middle[chosen])
    price[whole.row] += change
    return price


def aims(price: Floats, least: Floats, most: Floats) -> Floats:
    """Return the change from each price to the middle of its range, or to the point of it nearest to zero.

    Examples
    --------
    >>> aims(np.full(3, 5.0), np.array([-2.0, -3.0, -np.inf]), np.array([6.0, np.inf, np.inf])).tolist()
    [2.0, -3.0, -5.0]
    """
    has_ends = np.isfinite(least) & np.isfinite(most)
    with np.errstate(invalid="ignore"):
        return np.where(has_ends, (least + most) / 2.0, np.clip(-price, least, most))


def _missed(whole: Face, change: Floats) -> Bools:
    """Return which prices stand in a bound that a change breaks, ``(open,)``."""
    over = whole.matrix @ change - whole.slack
    broken = (over > REACHED) | (whole.is_equal & (over < -REACHED))
    touched = abs(whole.matrix).T @ broken.astype(float) > 0
    return np.asarray(touched | (change < whole.least - REACHED) | (change > whole.most + REACHED))


def nearest(block: Face, aim: Floats) -> Floats:
    """Return the change of a face whose published prices are nearest to the aims, to rounding.

    Raises
    ------
    EngineError
        ``solver_failed``.
    """
    count = len(block.row)
    equal, unequal = np.flatnonzero(block.is_equal), np.flatnonzero(~block.is_equal)
    low, high = np.flatnonzero(np.isfinite(block.least)), np.flatnonzero(np.isfinite(block.most))
    each = sparse.eye_array(count, format="csr")
    left = sparse.vstack([block.matrix[equal], block.matrix[unequal], each[high], -each[low]], format="csr")
    right = np.concatenate([block.slack[equal], block.slack[unequal], block.most[high], -block.least[low]])
    sought = Projection(block.is_aimed.astype(float), np.where(block.is_aimed, aim, 0.0), left, right, len(equal))
    return project(sought)
