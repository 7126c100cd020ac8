"""Withhold small cells, from which one could read what became of a person."""

from __future__ import annotations

import numpy as np

from qipan.labour.model.jobs import Indicator, Jobs, Shown


def withhold(jobs: Jobs, indicator: Indicator, *, least: int) -> Shown:
    """Return what may be shown of an indicator.

    Nothing is shown of a cell and month in which some hold jobs, but fewer than ``least``; nor separations and losses
    that some met with, but fewer than ``least``, for then a rate tells them as well. None is a value like any other.

    Source: a threshold rule as in `hundepool2012`.
    """
    values = jobs.values(indicator)
    met = {Indicator.EMPLOYMENT: jobs.held, Indicator.SEPARATIONS: jobs.separated}.get(indicator, jobs.lost)
    is_small = (jobs.held > 0) & (jobs.held < least) | (met > 0) & (met < least)
    is_withheld = is_small & ~np.isnan(values)
    return Shown(indicator, np.where(is_withheld, np.nan, values), is_withheld)
