"""Add up work by kind: unit-hours of two kinds are different things and have no sum."""

from __future__ import annotations

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.job import KINDS


def by_kind(kind: Ints, work_unit_h: Floats) -> dict[str, float]:
    """Return the work of each kind; kinds without a row are left out.

    Parameters
    ----------
    kind
        ``(rows,)``, positions in `KINDS`.
    work_unit_h
        ``(rows,)``

    Examples
    --------
    >>> by_kind(np.array([1, 0, 1]), np.array([2.0, 3.0, 4.0]))
    {'intelligent': 3.0, 'general': 6.0}
    """
    added = np.bincount(kind, weights=work_unit_h, minlength=len(KINDS))
    return {KINDS[one].value: float(added[one]) for one in np.unique(kind).tolist()}
