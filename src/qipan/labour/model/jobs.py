"""Nouns of jobs that people hold: which came and went by cell and month, and what that says of each month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from qipan.labour.model.array import Bools, Floats, Ints
from qipan.labour.model.panel import Cadence, Cell


class Indicator(StrEnum):
    """What a panel made of spells can tell."""

    EMPLOYMENT = "employment"
    SEPARATIONS = "separations"
    JOB_LOSS_RATE = "job_loss_rate"

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return "percent" if self is Indicator.JOB_LOSS_RATE else "jobs"

    @property
    def direction(self) -> str:
        """Which way it moves when jobs are lost."""
        return "fall" if self is Indicator.EMPLOYMENT else "rise"


@dataclass(frozen=True, slots=True)
class Flows:
    """Jobs that came and went, rows of cell and month.

    Attributes
    ----------
    cell, month
        Position among ``cells``; months since the year 0, ``(rows,)``.
    opened, closed, separated, lost
        Jobs held for the first time in the month and for the last; of those held on its first day, which ended in it,
        and which of these left their holder without any, ``(rows,)``.
    """

    cells: tuple[Cell, ...]
    cell: Ints
    month: Ints
    opened: Ints
    closed: Ints
    separated: Ints
    lost: Ints


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs by cell and month.

    Attributes
    ----------
    months
        First day of each.
    held, separated, lost
        Jobs on the month's first day; of these, which ended in the month, and which left their holder without any
        other for ``within_days``, ``(cells, months)``.
    until
        The day from which on nothing is known.
    """

    cells: tuple[Cell, ...]
    months: tuple[date, ...]
    held: Ints
    separated: Ints
    lost: Ints
    within_days: int
    until: date

    def released(self, indicator: Indicator) -> tuple[np.datetime64, ...]:
        """Return for each month the day on which an indicator of it can first be known."""
        ends = [np.datetime64(Cadence.MONTH.after(start, 1)) for start in self.months]
        if indicator is Indicator.EMPLOYMENT:
            return tuple(np.datetime64(start) + np.timedelta64(1, "D") for start in self.months)
        wait = self.within_days if indicator is Indicator.JOB_LOSS_RATE else 0
        return tuple(end + np.timedelta64(wait, "D") for end in ends)

    def values(self, indicator: Indicator) -> Floats:
        """Return an indicator, ``(cells, months)``; NaN where nobody holds a job, and where it is not known yet.

        The job-loss rate is in percent of the jobs held on the first day of the month.
        """
        if indicator is Indicator.EMPLOYMENT:
            found = self.held.astype(np.float64)
        elif indicator is Indicator.SEPARATIONS:
            found = np.where(self.held > 0, self.separated, np.nan)
        else:
            found = np.where(self.held > 0, 100.0 * self.lost / np.maximum(self.held, 1), np.nan)
        is_known = np.array([day <= np.datetime64(self.until) for day in self.released(indicator)], dtype=np.bool_)
        return np.where(is_known, found, np.nan)


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of an indicator.

    Attributes
    ----------
    values
        ``(cells, months)``; NaN where nothing is known or may be shown.
    is_withheld
        Where there is a value that may not be shown, ``(cells, months)``.
    """

    indicator: Indicator
    values: Floats
    is_withheld: Bools

    @property
    def counts(self) -> dict[str, int]:
        """How many values are shown, and how many are withheld."""
        return {"values": int((~np.isnan(self.values)).sum()), "withheld": int(self.is_withheld.sum())}
