"""What is done in a dispute of posted transfers, step by step, and what the dispute is after that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DisputeState(StrEnum):
    """Where a dispute stands: opened, answered, and in the end upheld, dismissed or withdrawn."""

    OPENED = "opened"
    ANSWERED = "answered"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self in {DisputeState.UPHELD, DisputeState.DISMISSED, DisputeState.WITHDRAWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A party says that posted transfers are wrong.

    Attributes
    ----------
    party
        Owner of an account that one of them moved.
    by
        User who acts for the party.
    transfer_ids
        What is disputed.
    ground
        Why, in the party's words.
    cites
        A flag of the market's monitor that is cited; empty for none.
    """

    dispute_id: str
    party: str
    by: str
    transfer_ids: tuple[str, ...]
    ground: str
    cites: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a party says to it."""

    dispute_id: str
    party: str
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Who opened the dispute gives it up."""

    dispute_id: str
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How the dispute is decided, and why.

    Attributes
    ----------
    amounts
        How much of which transfer is reversed, in units of its asset; nothing where the dispute is dismissed.
    """

    dispute_id: str
    by: str
    words: str
    amounts: Mapping[str, int] = field(default_factory=dict)


Act = Opening | Answer | Withdrawal | Decision
"""What is done in a dispute."""


@dataclass(frozen=True, slots=True)
class Step:
    """An act as it stands; it is never changed.

    Attributes
    ----------
    number
        Its place in the dispute, the opening is 1.
    before
        Digest of what was entered of the step before, in hex; empty for the first.
    """

    number: int
    at: datetime
    before: str
    act: Act


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as its steps leave it."""

    opening: Opening
    state: DisputeState
    steps: tuple[Step, ...]

    @property
    def dispute_id(self) -> str:
        """Name of it."""
        return self.opening.dispute_id

    @property
    def opened(self) -> datetime:
        """When it was opened."""
        return self.steps[0].at

    @property
    def speakers(self) -> frozenset[str]:
        """Parties that opened it or answered."""
        return frozenset(one.act.party for one in self.steps if isinstance(one.act, Opening | Answer))

    @property
    def decision(self) -> Decision | None:
        """How it was decided; ``None`` where it was not."""
        last = self.steps[-1].act
        return last if isinstance(last, Decision) else None
