"""Rank parameters by how much a result hangs on them: the squared rank correlation over members.

Members draw parameters independently, so for results that rise or fall with each these shares add up to at most about
1; what is left is chance, and parameters acting together.

Source: `spearman1904`.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from qipan.policy.draw import Draws
from qipan.policy.model.array import Floats
from qipan.policy.model.parameter import NAMES


def rank_parameters(draws: Draws, result: Floats) -> dict[str, float]:
    """Return the share of each parameter, the largest first; 0 where it or the result does not vary.

    Parameters
    ----------
    result
        ``(members,)``
    """
    drawn = rankdata(np.column_stack([draws.structure, draws.baseline]), axis=0)
    ranks = rankdata(result)
    drawn = drawn - drawn.mean(axis=0)
    ranks = ranks - ranks.mean()
    size = np.sqrt((drawn**2).sum(axis=0) * (ranks**2).sum())
    correlation = np.divide(ranks @ drawn, size, out=np.zeros(len(NAMES)), where=size > 0.0)
    shares = dict(zip(NAMES, (correlation**2).tolist(), strict=True))
    return dict(sorted(shares.items(), key=lambda one: (-one[1], one[0])))
