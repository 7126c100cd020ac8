"""Nouns of warnings that stand in the books: what was done to each, step by step, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from qipan.kernel.errors import BadInputError
from qipan.labour.model.panel import NAME, Cell

REASON_CHARACTERS_MAX: Final = 500


class Act(StrEnum):
    """What is done to a warning."""

    ISSUED = "issued"
    TOLD_AGAIN = "told_again"
    """What is known has changed, and the warning stands."""
    TREATED = "treated"
    """Help was given: a loss that does not come is no false alarm."""
    CONFIRMED = "confirmed"
    """The loss came, by the panel or by someone's word."""
    RESOLVED = "resolved"
    """It is over: made good, or the time is over in which the loss was to come."""
    WITHDRAWN = "withdrawn"
    """It should not have been issued."""

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after it."""
        return self in {Act.RESOLVED, Act.WITHDRAWN}


class Outcome(StrEnum):
    """What a warning came to."""

    OPEN = "open"
    CAME = "came"
    FALSE = "false"
    TREATED = "treated"
    """Help was given and the loss did not come: nobody can tell what would have been."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a warning.

    Attributes
    ----------
    by
        Who did it, in the words of the trail; ``outcome`` where the panel says so.
    told
        What was told where it was issued or told again, as `tell_warning` has it; else nothing.
    before
        Digest of the step before, empty for the first.
    """

    warning_id: str
    number: int
    act: Act
    at: datetime
    as_of: date
    by: str
    reason: str
    told: Mapping[str, Any]
    before: str


@dataclass(frozen=True, slots=True)
class IssuedWarning:
    """A warning and all that was done to it, the first thing first."""

    warning_id: str
    panel: str
    rule: str
    cell: Cell
    steps: tuple[Step, ...]

    @property
    def state(self) -> Act:
        """What was done last, but for what leaves it as it is."""
        return next(one.act for one in reversed(self.steps) if one.act not in {Act.TOLD_AGAIN, Act.TREATED})

    @property
    def is_over(self) -> bool:
        """Whether nothing can be done to it any more."""
        return self.state.is_last

    @property
    def newest(self) -> Step:
        """The step in which something was told last."""
        return next(one for one in reversed(self.steps) if one.told)

    @property
    def grade(self) -> str:
        """The grade that was told last."""
        return str(self.newest.told["grade"])

    def has(self, act: Act) -> bool:
        """Tell whether something was done to it."""
        return any(one.act is act for one in self.steps)

    @property
    def outcome(self) -> Outcome:
        """What it came to; one that was treated and did not come true is no false alarm."""
        if self.has(Act.WITHDRAWN):
            return Outcome.WITHDRAWN
        if self.has(Act.CONFIRMED):
            return Outcome.CAME
        if not self.is_over:
            return Outcome.OPEN
        return Outcome.TREATED if self.has(Act.TREATED) else Outcome.FALSE


@dataclass(frozen=True, slots=True)
class IssuedOutlook:
    """What was told of a panel on a day, as `tell_warnings` has it, and kept."""

    panel: str
    number: int
    as_of: date
    issued: datetime
    told: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What warnings that were issued came to, beside what was promised.

    Attributes
    ----------
    counts
        Warnings by outcome.
    years
        Cell-years that were watched while it was quiet, and of which the outcome is known.
    false
        Warnings of that time that were false.
    upper
        95 % upper bound of their rate; infinite where nothing was watched.
    """

    panel: str
    rule: str
    promised_a_year: float
    counts: Mapping[str, int]
    years: float
    false: int
    upper: float

    @property
    def a_year(self) -> float:
        """False warnings a quiet year of a cell."""
        return self.false / self.years if self.years else 0.0


def check_panel(name: str) -> str:
    """Return a panel's name if it is one.

    Raises
    ------
    BadInputError
        ``panel_name_bad``.
    """
    if not NAME.fullmatch(name):
        raise BadInputError(
            f"A panel's name must be 1 to 32 small letters, figures, - and _, the first no - or _, was {name!r}.",
            code="panel_name_bad",
            hint="Write for example insured-2026.",
            field="panel",
        )
    return name
