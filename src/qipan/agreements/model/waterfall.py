"""Nouns of a waterfall: who is paid out of a period's inflow, in which order, and what each got."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from qipan.kernel.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Tranche:
    """Debt with a schedule; what is not paid is owed on, with interest.

    Attributes
    ----------
    rate
        Interest of one period on what is owed.
    schedule_fen
        Principal that is due in each period; what is left is due in the last.

    Raises
    ------
    BadInputError
        ``tranche_unfit``.
    """

    principal_fen: int
    rate: Decimal
    schedule_fen: tuple[int, ...]

    def __post_init__(self) -> None:
        is_rate = self.rate.is_finite() and 0 <= self.rate <= 1
        due = sum(self.schedule_fen)
        if self.principal_fen < 0 or not is_rate or min(self.schedule_fen, default=0) < 0 or due > self.principal_fen:
            raise BadInputError(
                "A tranche must have a principal of 0 or more, a rate of 0 to 1 and a schedule that does not exceed "
                f"the principal, was {self.principal_fen} fen at {self.rate}, {due} fen due.",
                code="tranche_unfit",
                hint="Give the rate of one period, and the principal that is due in each.",
            )


@dataclass(frozen=True, slots=True)
class Structure:
    """Who stands in which order: fees, senior debt, the reserve up to its target, junior debt, the holders.

    Attributes
    ----------
    fees_fen
        Due each period; what is not paid is due again.
    reserve_fen, reserve_target_fen
        What the reserve holds at first, and what it is filled up to; it pays for fees and senior debt.

    Raises
    ------
    BadInputError
        ``structure_unfit``.
    """

    fees_fen: int
    senior: Tranche
    junior: Tranche
    reserve_fen: int = 0
    reserve_target_fen: int = 0

    def __post_init__(self) -> None:
        if min(self.fees_fen, self.reserve_fen, self.reserve_target_fen) < 0:
            raise BadInputError(
                f"Fees and reserve must be 0 or more, was {self.fees_fen}, {self.reserve_fen} and "
                f"{self.reserve_target_fen} fen.",
                code="structure_unfit",
                hint="Correct the amounts.",
            )


@dataclass(frozen=True, slots=True)
class Payment:
    """What one period's inflow paid, fen; parts and what the reserve took in add up to the inflow.

    Attributes
    ----------
    reserve_fen
        What the reserve took in; negative where it paid.
    residual_fen
        What the holders get.
    reserve_held_fen
        What the reserve holds afterwards.
    fees_due_fen, senior_due_fen, junior_due_fen
        What was due, earlier arrears included.
    senior_owed_fen, junior_owed_fen
        What is still owed afterwards, principal and unpaid interest.
    """

    inflow_fen: int
    fees_fen: int
    senior_fen: int
    reserve_fen: int
    junior_fen: int
    residual_fen: int
    reserve_held_fen: int
    fees_due_fen: int
    senior_due_fen: int
    junior_due_fen: int
    senior_owed_fen: int
    junior_owed_fen: int

    @property
    def senior_cover(self) -> Fraction | None:
        """Inflow after fees over what the senior debt was due; ``None`` where nothing was."""
        return Fraction(self.inflow_fen - self.fees_fen, self.senior_due_fen) if self.senior_due_fen else None
