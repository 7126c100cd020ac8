"""Draw lots among names, so that who comes first hangs neither on names nor on the order of rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def draw_lots(names: Iterable[str], seed: int) -> dict[str, int]:
    """Return a place for each name, the first 0; the same for the same names and seed.

    Examples
    --------
    >>> draw_lots(("b", "a", "c"), 0) == draw_lots(("c", "b", "a"), 0)
    True
    >>> sorted(draw_lots(("b", "a", "c"), 0).values())
    [0, 1, 2]
    """
    ordered = sorted(names)
    return dict(zip(ordered, np.random.default_rng(seed).permutation(len(ordered)).tolist(), strict=True))
