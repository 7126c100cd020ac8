"""Withhold small cells, from which one could read what became of a person."""

from __future__ import annotations

import numpy as np

from qipan.labour.model.jobs import Indicator, Jobs, Shown


def withhold(jobs: Jobs, indicator: Indicator, *, least: int) -> Shown:
    """Return what may be shown of an indicator.

    Nothing is shown of a cell and month in which some hold jobs, but fewer than ``least``; nor separations and losses
    that some met with, or that some were spared, but fewer than ``least``: a rate tells them, and so does what else is
    shown of the cell. None is a value like any other.

    Source: a threshold rule as in `hundepool2012`.
    """
    values = jobs.values(indicator)
    met = {Indicator.EMPLOYMENT: jobs.held, Indicator.SEPARATIONS: jobs.separated}.get(indicator, jobs.lost)
    spared = {
        Indicator.EMPLOYMENT: (),
        Indicator.SEPARATIONS: (jobs.held - jobs.separated,),
    }.get(indicator, (jobs.held - jobs.lost, jobs.separated - jobs.lost))
    is_small = np.zeros(values.shape, dtype=bool)
    for count in (jobs.held, met, *spared):
        is_small |= (count > 0) & (count < least)
    is_withheld = is_small & ~np.isnan(values)
    return Shown(indicator, np.where(is_withheld, np.nan, values), is_withheld)
