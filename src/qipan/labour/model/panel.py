"""Nouns of what is watched: cells, equal periods, and a panel of one indicator as it was known on some day.

Axes: cells; periods, the oldest first; rows of a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

import numpy as np

from qipan.kernel.errors import Finding, RuleBrokenError
from qipan.labour.model.array import Days, Floats, Ints

DAYS_PER_YEAR = 365.25
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""A name of a panel or feed."""
JOBS: Final = {"jobs": 1.0, "persons": 1.0, "人": 1.0, "万人": 10_000.0}
"""Units that count jobs, or people who hold them, and how many one of them is."""


class Cadence(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def per_year(self) -> float:
        """Periods in a year; weeks do not divide it."""
        return {"week": DAYS_PER_YEAR / 7, "month": 12.0, "quarter": 4.0, "year": 1.0}[self]

    def after(self, start: date, periods: int) -> date:
        """Return the first day of the period so many after the one that begins with a day.

        Examples
        --------
        >>> Cadence.MONTH.after(date(2019, 11, 1), 3), Cadence.WEEK.after(date(2020, 1, 6), -1)
        (datetime.date(2020, 2, 1), datetime.date(2019, 12, 30))
        """
        if self is Cadence.WEEK:
            return start + timedelta(weeks=periods)
        months = start.year * 12 + start.month - 1 + periods * round(12 / self.per_year)
        return date(months // 12, months % 12 + 1, 1)

    def between(self, start: date, end: date) -> int:
        """Return how many periods lie from the one that begins with ``start`` to the one that begins with ``end``."""
        if self is Cadence.WEEK:
            return (end - start).days // 7
        return ((end.year - start.year) * 12 + end.month - start.month) // round(12 / self.per_year)


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What one series is about: a region, and within it an industry, an occupation, or all of them (empty)."""

    region: str
    industry: str = ""
    occupation: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.region, self.industry, self.occupation) if part)


@dataclass(frozen=True, slots=True)
class Panel:
    """One indicator for many cells over equal periods.

    Attributes
    ----------
    cells, starts
        What the axes are: cells, and the first day of each period.
    values
        ``(cells, periods)`` in ``unit``; NaN where nothing is known.
    """

    cells: tuple[Cell, ...]
    starts: tuple[date, ...]
    cadence: Cadence
    unit: str
    values: Floats

    @property
    def end(self) -> date:
        """First day that no period holds."""
        return self.cadence.after(self.starts[-1], 1)


@dataclass(frozen=True, slots=True)
class Releases:
    """What was released of a panel, and when: a correction is a later release.

    Attributes
    ----------
    cell, period
        Positions among ``cells`` and ``starts``, ``(rows,)``.
    value
        ``(rows,)`` in ``unit``.
    released
        Day on which it could first be known, ``(rows,)``.
    direction
        ``rise`` or ``fall``: which way the values move when jobs are lost, where the panel says so.
    sources
        Names of where the values come from, as far as the panel says.
    noted
        What is odd about rows that were kept: gaps, a region that stands alone.
    """

    cells: tuple[Cell, ...]
    starts: tuple[date, ...]
    cadence: Cadence
    unit: str
    cell: Ints
    period: Ints
    value: Floats
    released: Days
    direction: str = ""
    sources: tuple[str, ...] = ()
    noted: tuple[Finding, ...] = ()

    def as_of(self, day: date) -> Panel:
        """Return what was known at the end of a day; periods that nobody knew anything of are left out.

        Raises
        ------
        RuleBrokenError
            ``panel_unknown`` where nothing had been released.
        """
        known = np.flatnonzero(self.released <= np.datetime64(day))
        if not len(known):
            raise RuleBrokenError(
                f"Something of a panel must have been released by {day}, first was {self.released.min()}.",
                code="panel_unknown",
                hint="Ask as of a later day.",
            )
        values = np.full((len(self.cells), len(self.starts)), np.nan)
        # The last written stands: rows go from the earliest release to the latest.
        order = known[np.argsort(self.released[known], kind="stable")]
        values[self.cell[order], self.period[order]] = self.value[order]
        until = int(self.period[known].max()) + 1
        return Panel(self.cells, self.starts[:until], self.cadence, self.unit, values[:, :until])

    def until(self, day: date) -> Releases:
        """Return what had been released at the end of a day, as if nothing else would ever be: cells and periods too.

        Raises
        ------
        RuleBrokenError
            ``panel_unknown`` where nothing had been released.
        """
        self.as_of(day)
        is_known = self.released <= np.datetime64(day)
        cells, cell = np.unique(self.cell[is_known], return_inverse=True)
        first, last = int(self.period[is_known].min()), int(self.period[is_known].max())
        return Releases(
            cells=tuple(self.cells[at] for at in cells.tolist()),
            starts=self.starts[first : last + 1],
            cadence=self.cadence,
            unit=self.unit,
            cell=cell.astype(np.int64),
            period=self.period[is_known] - first,
            value=self.value[is_known],
            released=self.released[is_known],
        )

    def digest(self) -> str:
        r"""Return the SHA-256 of all rows, whatever order they came in.

        Each is ``region,industry,occupation,period,value,released`` with the first day of its period, in the order of
        cells, periods and days of release, and ends with ``\n``; before them stands the unit.

        Examples
        --------
        >>> days = np.array(["2020-02-20"], dtype="datetime64[D]")
        >>> at, start = np.array([0]), (date(2020, 1, 1),)
        >>> one = Releases((Cell("440000"),), start, Cadence.MONTH, "percent", at, at, np.array([2.5]), days)
        >>> one.digest() == sha256(b"percent\n440000,,,2020-01-01,2.5,2020-02-20\n").hexdigest()
        True
        """
        names = [f"{one.region},{one.industry},{one.occupation}" for one in self.cells]
        starts = [str(start) for start in self.starts]
        order = np.lexsort((self.released, self.period, self.cell))
        rows = zip(
            self.cell[order].tolist(),
            self.period[order].tolist(),
            self.value[order].tolist(),
            self.released[order].astype(str).tolist(),
            strict=True,
        )
        told = "".join(f"{names[cell]},{starts[at]},{value!r},{day}\n" for cell, at, value, day in rows)
        return sha256(f"{self.unit}\n{told}".encode()).hexdigest()

    def latest(self) -> Panel:
        """Return the panel with every correction."""
        return self.as_of(date.max)

    @property
    def days(self) -> Sequence[date]:
        """Days on which something was released, the earliest first."""
        found: list[date] = np.unique(self.released).astype("datetime64[D]").tolist()
        return found
