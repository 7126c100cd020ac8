"""Nouns of false alarms: how many there were, and how many are promised at most."""

from __future__ import annotations

from dataclasses import dataclass

from qipan.kernel.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Rate:
    """False alarms a quiet cell-year.

    Attributes
    ----------
    found, years
        False alarms, and quiet cell-years in which they were raised.
    upper
        95 % upper bound of the rate; what happens in one calendar year counts as one draw, since bad times are shared.
    to_come
        95 % upper bound of what the same comes to in as much quiet time to come: it is above the other, as time to come
        has chance of its own.
    """

    found: int
    years: float
    upper: float
    to_come: float

    @property
    def a_year(self) -> float:
        """The rate, 0 where nothing was quiet."""
        return self.found / self.years if self.years else 0.0


@dataclass(frozen=True, slots=True)
class Promise:
    """How many false alarms a quiet cell-year there may be.

    Attributes
    ----------
    a_year
        So many at most.
    is_sure
        Whether the bound of what is to come must keep it; else the rate itself, which goes above it about every second
        time.

    Raises
    ------
    BadInputError
        ``promise_bad`` unless it is from 0 to below infinity.
    """

    a_year: float
    is_sure: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.a_year < float("inf"):
            raise BadInputError(
                f"A promise must be false alarms a year, 0 or more, was {self.a_year}.",
                code="promise_bad",
                hint="Promise for example 0.05: one in twenty years of a cell.",
            )

    def is_kept_by(self, rate: Rate) -> bool:
        """Tell whether a rate keeps it."""
        return (rate.to_come if self.is_sure else rate.a_year) <= self.a_year


@dataclass(frozen=True, slots=True)
class Discoveries:
    """What became of cells that were discovered, each period anew.

    Attributes
    ----------
    true, false
        Cells and periods discovered in events, and where it was quiet.
    rate
        Mean over periods of the share that was false, nothing where none was discovered: the false discovery rate.
    """

    true: int
    false: int
    rate: float

    @property
    def false_share(self) -> float:
        """Share of all discoveries that was false."""
        return self.false / (self.true + self.false) if self.true + self.false else 0.0
