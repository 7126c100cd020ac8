"""Nouns of warnings that are carried home: which occupations an industry has, and where people come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.panel import Cadence, Cell
from qipan.labour.model.warning import Grade

ALL: Final = ""
"""Every region of the country, or every industry of a region."""
_CODE: Final = re.compile(r"[A-T]([0-9]{2,4})?")

Shares = Mapping[str, float]


def wider(industry: str) -> Iterator[str]:
    """Yield an industry, those of GB/T 4754 that hold it, the nearest first, and all of them.

    Examples
    --------
    >>> list(wider("C3911")), list(wider("retail"))
    (['C3911', 'C391', 'C39', 'C', ''], ['retail', ''])
    """
    yield industry
    if _CODE.fullmatch(industry):
        yield from (industry[:end] for end in (4, 3, 1) if end < len(industry))
    if industry:
        yield ALL


def holders(cell: Cell) -> Iterator[Cell]:
    """Yield the cells of its region that hold a cell: those of a wider industry, a wider occupation, or both.

    Examples
    --------
    >>> [str(one) for one in holders(Cell("440000", "C39", "6-25"))]
    ['440000/C39/6', '440000/C39', '440000/C/6-25', '440000/C/6', '440000/C', '440000/6-25', '440000/6', '440000']
    """
    parts = cell.occupation.split("-") if cell.occupation else []
    occupations = ["-".join(parts[:end]) for end in range(len(parts), -1, -1)]
    found = (Cell(cell.region, industry, one) for industry in wider(cell.industry) for one in occupations)
    yield from (one for one in found if one != cell)


@dataclass(frozen=True, slots=True)
class Row:
    """What a table says of a cell, and of which region and industry it says so: its own, or wider ones."""

    region: str
    industry: str
    shares: Shares


@dataclass(frozen=True, slots=True)
class Bridge:
    """Shares of the jobs of an industry by occupation, of a region or of the country (empty); each row sums to one."""

    rows: Mapping[tuple[str, str], Shares]

    def of(self, region: str, industry: str) -> Row | None:
        """Return the row of a region and industry; else the country's, else that of the industry that holds it.

        Examples
        --------
        >>> bridge = Bridge({("", "C"): {"6-31": 1.0}, ("440000", "C39"): {"6-25": 1.0}})
        >>> bridge.of("440000", "C39").region, bridge.of("110000", "C39").industry, bridge.of("110000", "I65")
        ('440000', 'C', None)
        """
        for code in wider(industry):
            for where in (region, ALL):
                if (where, code) in self.rows:
                    return Row(where, code, self.rows[where, code])
        return None


@dataclass(frozen=True, slots=True)
class Headcounts:
    """Jobs by region and industry (empty for all of them)."""

    jobs: Mapping[tuple[str, str], float]

    def of(self, region: str, industry: str) -> float | None:
        """Return the jobs of a region and industry; of all industries their sum where it is not told.

        Of an industry and one that it holds, as C and C39, only the wider is in the sum.

        Examples
        --------
        >>> counts = Headcounts({("440000", "C39"): 300.0, ("440000", "I65"): 100.0})
        >>> counts.of("440000", ""), counts.of("440000", "G54")
        (400.0, None)
        >>> Headcounts({("440000", "C39"): 300.0, ("440000", "C"): 900.0}).of("440000", "")
        900.0
        """
        if (region, industry) in self.jobs:
            return self.jobs[region, industry]
        told = {code for where, code in self.jobs if where == region}
        found = [self.jobs[region, code] for code in told if not told & {*wider(code)} - {code}]
        return sum(found) if industry == ALL and found else None


@dataclass(frozen=True, slots=True)
class Origins:
    """Where those come from who work in a region and industry (empty for all of them).

    Attributes
    ----------
    rows
        By destination and industry, what is told of each origin: jobs, or shares of the jobs. The destination itself
        may be one, of those who are at home there.
    are_shares
        Whether shares are told.
    """

    rows: Mapping[tuple[str, str], Shares]
    are_shares: bool

    def of(self, region: str, industry: str) -> Row | None:
        """Return what is told of a destination and industry; else of the industry that holds it, else of all."""
        for code in wider(industry):
            if (region, code) in self.rows:
                return Row(region, code, self.rows[region, code])
        return None


@dataclass(frozen=True, slots=True)
class People:
    """How many lose their job.

    Attributes
    ----------
    low, high
        Four in five of those that looked alike lay between, or what follows from it.
    """

    expected: float
    low: float
    high: float

    def times(self, share: float) -> People:
        """Return a share of them, which is lost as the whole is."""
        return People(self.expected * share, self.low * share, self.high * share)

    def __add__(self, other: People) -> People:
        """Add what is lost together."""
        return People(self.expected + other.expected, self.low + other.low, self.high + other.high)


NOBODY: Final = People(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CellLoss:
    """What a warning says will be lost, in jobs.

    Attributes
    ----------
    base_jobs
        Jobs at the least loss of a year, from which the loss is counted; nothing where the panel itself counts the loss
        in jobs.
    probability
        That the loss comes to the size of the rule within the horizon; the people are not multiplied by it.
    """

    cell: Cell
    grade: Grade
    probability: float
    base_jobs: float | None
    people: People


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A warning that cannot be told in jobs, or a part of it that cannot be carried on, and why."""

    cell: Cell
    why: Finding


@dataclass(frozen=True, slots=True)
class Told:
    """Warnings of one outlook in jobs.

    Attributes
    ----------
    panel
        Name, or nothing.
    horizon
        Periods after the last known one, half-open.
    """

    panel: str
    as_of: date
    last_period: date
    cadence: Cadence
    horizon: tuple[int, int]
    losses: tuple[CellLoss, ...]
    uncounted: tuple[Uncounted, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """One warning carried home: what goes to each origin, what stays, and what no row covers; they sum to the loss.

    Attributes
    ----------
    shares
        Of the loss, by origin; the destination itself is who stays.
    industry
        Of which industry the row was that said so; None where there was none.
    occupations
        Shares of the loss by occupation; empty where no row of the bridge covers it.
    bridged_by
        Region and industry of that row; None where there was none.
    """

    loss: CellLoss
    shares: Shares
    industry: str | None
    occupations: Shares
    bridged_by: tuple[str, str] | None

    @property
    def away(self) -> dict[str, People]:
        """What is carried home to other regions."""
        return {
            origin: self.loss.people.times(share)
            for origin, share in self.shares.items()
            if origin != self.loss.cell.region
        }

    @property
    def stays(self) -> People:
        """Who is at home where the job is lost."""
        return self.loss.people.times(self.shares.get(self.loss.cell.region, 0.0))

    @property
    def uncovered(self) -> People:
        """Of whom nothing says where they come from."""
        return self.loss.people.times(max(0.0, 1.0 - sum(self.shares.values())))


@dataclass(frozen=True, slots=True)
class Home:
    """What warnings come to in one region that people come from.

    Attributes
    ----------
    people
        As if all losses came together, large ones with large ones: low ends and high ends are summed.
    apart_low, apart_high
        Four in five of the sums between, if each loss came without regard to the others.
    any_least, any_most
        Bounds of the probability that any of the warnings comes true, whatever they have to do with each other.
    by_grade, by_occupation, by_destination
        Expected people.
    """

    region: str
    people: People
    apart_low: float
    apart_high: float
    any_least: float
    any_most: float
    warnings: int
    by_grade: Shares
    by_occupation: Shares
    by_destination: Shares


@dataclass(frozen=True, slots=True)
class Support:
    """What is taken to help one person; none of it is known of a person.

    Attributes
    ----------
    training_share
        Of the people affected, how many take a place in training.
    training_fen, benefit_fen_per_month
        Of a place, and of a person.
    """

    training_share: float
    training_fen: float
    benefit_months: float
    benefit_fen_per_month: float


@dataclass(frozen=True, slots=True)
class Needs:
    """What a region that people come home to should prepare; modelled.

    Attributes
    ----------
    training_places
        Whole places, rounded up.
    """

    training_places: int
    training_fen: int
    benefit_fen: int
