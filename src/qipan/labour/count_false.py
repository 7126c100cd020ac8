"""Count false alarms: how many began where it was quiet, and how many that may come to at most."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri, nbdtrik, stdtrit

from qipan.labour.model.array import Bools
from qipan.labour.model.promise import Rate

UPPER = 0.95


def count_false(begins: Bools, is_quiet: Bools, per_year: float) -> Rate:
    """Return false alarms a quiet cell-year with an upper bound that counts each year of time as one draw.

    The bound is that of a ratio of sums over years, by Student's distribution; where there are fewer than two false
    alarms, or two years, it is Poisson's. That of as much time to come has twice the variance, or is that of a second
    Poisson count given the first.

    Source: `cochran1977`, ratio estimates; `nelson1970`, bounds of a count to come.
    """
    per = max(1, round(per_year))
    cuts = np.arange(0, begins.shape[1], per)
    false = np.add.reduceat((begins & is_quiet).sum(axis=0), cuts)
    years = np.add.reduceat(is_quiet.sum(axis=0), cuts) / per_year
    found, total = int(false.sum()), float(years.sum())
    if not total:
        return Rate(0, 0.0, np.inf, np.inf)
    poisson = float(chdtri(2 * (found + 1), 1.0 - UPPER)) / 2.0 / total
    to_come = float(np.ceil(nbdtrik(UPPER, found + 1, 0.5))) / total
    draws = int((years > 0.0).sum())
    if found < 2 or draws < 2:
        return Rate(found, total, poisson, to_come)
    off = false - found / total * years
    spread = float(np.sqrt(draws / (draws - 1) * (off**2).sum())) / total
    far = float(stdtrit(draws - 1, UPPER)) * spread
    # Alarms that were shared by no cells are no surer than Poisson's.
    return Rate(found, total, max(poisson, found / total + far), max(to_come, found / total + np.sqrt(2.0) * far))
