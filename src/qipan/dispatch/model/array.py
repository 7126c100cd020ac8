"""Kinds of arrays that dispatch works with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[Any]

PLACES = 6
"""Decimal places of what is told as plain numbers."""


def plain_list(values: Floats | Ints) -> list[float]:
    """Return an array with one axis as plain numbers, rounded for telling.

    Examples
    --------
    >>> plain_list(np.array([1 / 3, 2.0]))
    [0.333333, 2.0]
    """
    return [round(float(value), PLACES) for value in values]
