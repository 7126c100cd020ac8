"""Which regions lie beside which, and what that weighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Floats


def row_weights(regions: Sequence[str], beside: Mapping[str, frozenset[str]]) -> Floats:
    """Return the share that each region's neighbours have in what lies around it, ``(regions,) * 2``; rows add up to 1.

    A region without neighbours among these has a row of zeros.

    Raises
    ------
    BadInputError
        ``neighbours_none`` where no two of the regions adjoin.

    Examples
    --------
    >>> row_weights(["a", "b", "c"], {"a": frozenset("b"), "b": frozenset("ac"), "c": frozenset("b")}).tolist()
    [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]
    """
    told = np.array([[float(other in beside.get(one, ())) for other in regions] for one in regions])
    np.fill_diagonal(told, 0.0)
    count = told.sum(axis=1, keepdims=True)
    if not count.any():
        raise BadInputError(
            f"Some regions must adjoin, none of {len(regions)} did.",
            code="neighbours_none",
            hint="Name provinces by adcode or name, or bring a file of which regions adjoin with --neighbours.",
        )
    return np.asarray(told / np.where(count > 0.0, count, 1.0))
