"""Nouns of warnings: how bad and how likely a loss is, what says so, and what such warnings were worth so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from qipan.kernel.errors import BadInputError
from qipan.labour.model.event import EventRule
from qipan.labour.model.notice import horizon_of
from qipan.labour.model.panel import Cadence, Cell
from qipan.labour.model.promise import Promise, Rate


class Grade(StrEnum):
    """How bad a loss is expected to be, the least first, in the four colours of China's warnings."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Limits:
    """From which expected loss on a warning has a grade, in sizes of an event; what is below is blue.

    Raises
    ------
    BadInputError
        ``grade_limits_bad`` unless they rise.

    Examples
    --------
    >>> Limits(0.5, 1.0, 1.5).grade(1.2)
    <Grade.ORANGE: 'orange'>
    """

    yellow: float
    orange: float
    red: float

    def __post_init__(self) -> None:
        if not 0.0 < self.yellow < self.orange < self.red < float("inf"):
            raise BadInputError(
                f"Limits of grades must rise from above nothing, were {self.yellow}, {self.orange}, {self.red}.",
                code="grade_limits_bad",
                hint="Correct the facts labour/yellow_events, labour/orange_events and labour/red_events.",
            )

    def grade(self, expected_events: float) -> Grade:
        """Return the grade of an expected loss in sizes of an event."""
        limits = (self.yellow, self.orange, self.red)
        return list(Grade)[sum(expected_events >= limit for limit in limits)]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is warned of, and what is promised.

    Attributes
    ----------
    detector
        By its name.
    ahead
        Periods of notice that count as early.
    """

    rule: EventRule
    promise: Promise
    detector: str
    ahead: int
    limits: Limits

    @property
    def horizon(self) -> tuple[int, int]:
        """Periods after the last known one in which the loss is foretold, half-open: half the notice to one and a half.

        Examples
        --------
        >>> Terms(EventRule.read("rise 2"), Promise(0.05), "sahm", 6, Limits(0.5, 1.0, 1.5)).horizon
        (3, 10)
        """
        return horizon_of(self.ahead)


@dataclass(frozen=True, slots=True)
class Basis:
    """What of a panel was known on a day.

    Attributes
    ----------
    digest
        SHA-256 of all that had been released, as `Releases.digest` has it.
    last_period
        First day of the last period of which something was known.
    last_release
        Day on which something was released last.
    """

    digest: str
    unit: str
    cadence: Cadence
    cells: int
    rows: int
    first_period: date
    last_period: date
    last_release: date


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely it is that the loss comes to the size of the rule in some periods, half-open, after the last known."""

    first: int
    until: int
    probability: float


@dataclass(frozen=True, slots=True)
class Size:
    """What is expected to be lost by the end of the horizon, from the least of a year on, in sizes of an event.

    Attributes
    ----------
    low, high
        Four in five of those that looked alike lay between.
    """

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Movement:
    """What had moved: a cell, or the cells that it belongs with.

    Attributes
    ----------
    of
        ``cell``, ``all``, ``industry``, ``region`` or ``occupation``.
    lost, lost_quarter
        Mean loss since the least of a year, and over a quarter, in sizes of an event.
    losing
        Share of the cells that have lost a tenth of an event.
    """

    of: str
    lost: float
    lost_quarter: float
    losing: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of a score an input makes, against its usual value where it was quiet."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class CellWarning:
    """What people are told of one cell.

    Attributes
    ----------
    since
        First day of the period in which the alarm began that stands.
    """

    cell: Cell
    grade: Grade
    since: date
    score: float
    chances: tuple[Chance, ...]
    size: Size
    moved: tuple[Movement, ...]
    contributions: tuple[Contribution, ...]

    def chance(self, horizon: tuple[int, int]) -> float:
        """Return the probability of the loss within a horizon that it was told for."""
        return next(one.probability for one in self.chances if (one.first, one.until) == horizon)

    def cumulative(self, until: int) -> float:
        """Return the probability of the loss in fewer periods than ``until``."""
        return sum(one.probability for one in self.chances if one.until <= until)


class Standing(StrEnum):
    """How it stands with a cell on the day."""

    QUIET = "quiet"
    WARNED = "warned"
    UNDER_WAY = "under_way"
    """The loss has come to the size of the rule, and has not been made good."""
    SILENT = "silent"
    """Too little is known, or nothing for a quarter of a year."""


@dataclass(frozen=True, slots=True)
class CellState:
    """How it stands with a cell: warned of or not.

    Attributes
    ----------
    lost
        Since the least of a year, where the loss is under way since its onset; in sizes of an event, NaN if unknown.
    probability, cumulative
        Of the loss within the horizon, and until its end; NaN where nothing can be said.
    crisis
        First day of the period in which a loss that is under way had the size.
    path
        Value of each period, the last five years of them; NaN where nothing is known.
    """

    cell: Cell
    standing: Standing
    lost: float
    probability: float
    cumulative: float
    crisis: date | None
    path: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What such warnings came to in the back-test up to the day.

    Attributes
    ----------
    early, in_time, late_or_missed
        Events warned of with the notice asked for, with less, and late or never.
    false
        Alarms that were false, with the bound.
    """

    events: int
    early: int
    in_time: int
    late_or_missed: int
    median_lead: float | None
    false: Rate


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be said of a panel on a day: warnings, the worst first, and how it stands with every cell."""

    day: date
    terms: Terms
    basis: Basis
    track: TrackRecord
    threshold: float
    warnings: tuple[CellWarning, ...]
    states: tuple[CellState, ...]

    @property
    def quiet(self) -> int:
        """How many cells a false alarm could have been raised for."""
        return sum(one.standing in {Standing.QUIET, Standing.WARNED} for one in self.states)


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Why nothing can be said of a panel on a day: a stable code, what must hold, and what to do."""

    day: date
    code: str
    message: str
    hint: str
    found: Mapping[str, float] = field(default_factory=dict)
