"""Nouns of cases: states, reasons, and dated steps; nothing of the person that a case is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from qipan.kernel.errors import BadInputError

_STEP_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class CaseState(StrEnum):
    """Where a case stands."""

    REFERRED = "referred"
    CONSENTED = "consented"
    ASSESSED = "assessed"
    PLANNED = "planned"
    TRAINING = "training"
    PLACED = "placed"
    CLOSED = "closed"


class CaseReason(StrEnum):
    """Why a case was closed."""

    SETTLED = "settled"
    """Placed, and stayed."""
    FOUND_WORK = "found_work"
    """By themselves."""
    REFUSED = "refused"
    MOVED = "moved"
    LOST_CONTACT = "lost_contact"
    NO_OPENING = "no_opening"
    ERASED = "erased"
    """Asked that what is known of them be erased."""


NEXT: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    CaseState.REFERRED: frozenset({CaseState.CONSENTED, CaseState.CLOSED}),
    CaseState.CONSENTED: frozenset({CaseState.ASSESSED, CaseState.CLOSED}),
    CaseState.ASSESSED: frozenset({CaseState.PLANNED, CaseState.CLOSED}),
    CaseState.PLANNED: frozenset({CaseState.ASSESSED, CaseState.TRAINING, CaseState.PLACED, CaseState.CLOSED}),
    CaseState.TRAINING: frozenset({CaseState.PLANNED, CaseState.PLACED, CaseState.CLOSED}),
    CaseState.PLACED: frozenset({CaseState.PLANNED, CaseState.CLOSED}),
    CaseState.CLOSED: frozenset(),
}
"""Where a case may go from each state; a closed one goes nowhere, a new one is opened."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A step that a case took.

    Attributes
    ----------
    step_id
        Named by who enters it, so that the same step entered again is known; unique within the case.
    on
        The day on which it was done.
    reason
        Why it was closed; none of other steps.
    by
        Who entered it.
    before
        Digest of the step before; empty for the first.
    """

    step_id: str
    number: int
    state: CaseState
    on: date
    reason: CaseReason | None
    by: str
    at: datetime
    before: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case, with nothing of the person that it is about.

    Attributes
    ----------
    worker
        Name of the user who follows it.
    """

    case_id: str
    region: str
    worker: str
    opened: datetime
    steps: tuple[CaseStep, ...]

    @property
    def state(self) -> CaseState:
        """Where it stands."""
        return self.steps[-1].state


def check_step_id(step_id: str) -> None:
    """Refuse an id of a step in which a name or a number of a person could be written.

    Raises
    ------
    BadInputError
        ``case_step_id_bad``.

    Examples
    --------
    >>> check_step_id("planned-2026-03-01")
    """
    if not _STEP_ID.fullmatch(step_id):
        raise BadInputError(
            "An id of a step must be 1 to 40 small letters, figures, - and _, beginning with a letter, was not.",
            code="case_step_id_bad",
            hint="Name the step, never the person, as planned-2026-03-01.",
            field="step_id",
        )
