"""Let each period's inflow run down the waterfall: fees, senior debt, reserve, junior debt, holders; to the fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from qipan.agreements.model.waterfall import Payment, Structure, Tranche
from qipan.kernel.errors import BadInputError


def run_down(inflows_fen: Sequence[int], structure: Structure) -> tuple[Payment, ...]:
    """Return what each period paid; in each, all parts add up to the inflow.

    The reserve pays for fees and senior debt where the inflow does not suffice, and is filled again before anything
    goes to junior debt; in the last period what it holds goes down too. What of a debt is not paid stays owed, with
    interest; in the last period all that is owed is due.

    Raises
    ------
    BadInputError
        ``inflow_negative``.

    Examples
    --------
    >>> from decimal import Decimal
    >>> debt = Tranche(1000, Decimal("0.05"), (500, 500))
    >>> paid = run_down([600, 700], Structure(10, debt, Tranche(0, Decimal(0), ()), reserve_target_fen=30))
    >>> [(one.senior_fen, one.reserve_fen, one.residual_fen, one.senior_owed_fen) for one in paid]
    [(550, 30, 10, 500), (525, -30, 195, 0)]
    """
    if min(inflows_fen, default=0) < 0:
        raise BadInputError(
            f"An inflow must be 0 or more, was {min(inflows_fen)} fen.",
            code="inflow_negative",
            hint="A year that brings nothing pays nothing; its loss is the owner's.",
        )
    senior, junior = _Debt(structure.senior), _Debt(structure.junior)
    held, unpaid_fees = structure.reserve_fen, 0
    found = []
    for period, inflow in enumerate(inflows_fen):
        is_last = period == len(inflows_fen) - 1
        first_held = held
        fees_due = structure.fees_fen + unpaid_fees
        senior_due, junior_due = (one.due(period, is_last=is_last) for one in (senior, junior))
        fees = min(fees_due, inflow + held)
        senior_paid = min(senior_due, inflow + held - fees)
        left = inflow + held - fees - senior_paid
        held = 0 if is_last else min(left, structure.reserve_target_fen)
        left -= held
        junior_paid = min(junior_due, left)
        unpaid_fees = fees_due - fees
        senior.pay(senior_paid)
        junior.pay(junior_paid)
        found.append(
            Payment(
                inflow_fen=inflow,
                fees_fen=fees,
                senior_fen=senior_paid,
                reserve_fen=held - first_held,
                junior_fen=junior_paid,
                residual_fen=left - junior_paid,
                reserve_held_fen=held,
                fees_due_fen=fees_due,
                senior_due_fen=senior_due,
                junior_due_fen=junior_due,
                senior_owed_fen=senior.owed,
                junior_owed_fen=junior.owed,
            )
        )
    return tuple(found)


@dataclass(slots=True)
class _Debt:
    """What a tranche is owed while periods pass."""

    tranche: Tranche
    owed: int = 0
    behind: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self.owed = self.tranche.principal_fen

    def due(self, period: int, *, is_last: bool) -> int:
        """Add the period's interest to what is owed, and return what is due."""
        interest = round(self.owed * Fraction(self.tranche.rate))
        self.owed += interest
        schedule = self.tranche.schedule_fen
        planned = interest + self.behind + (schedule[period] if period < len(schedule) else 0)
        self.asked = self.owed if is_last else min(planned, self.owed)
        return self.asked

    def pay(self, fen: int) -> None:
        """Take what was paid off."""
        self.owed -= fen
        self.behind = self.asked - fen
