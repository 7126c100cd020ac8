"""Lease cards: level instalments to the fen, when a lessee is in default, and what a repossession settles."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from qipan.kernel.errors import BadInputError
from qipan.market.model.lease import Instalment, Repossession, Standing

BASIS_POINTS: Final = 10_000


def instalments(asset_fen: int, rate_bp: int, periods: int) -> tuple[Instalment, ...]:
    """Return the payments of a lease that pays the same every period; the last takes what rounding left over.

    Parameters
    ----------
    rate_bp
        Interest of one period, in basis points.

    Raises
    ------
    BadInputError
        ``lease_bad`` unless there is something to pay, a rate of at least nothing, and a period.

    Examples
    --------
    >>> [(one.due_fen, one.interest_fen, one.balance_fen) for one in instalments(100_000, 100, 3)]
    [(34002, 1000, 66998), (34002, 670, 33666), (34003, 337, 0)]
    """
    if asset_fen <= 0 or rate_bp < 0 or periods < 1:
        raise BadInputError(
            f"A lease must have a value above 0, a rate of at least 0 and a period, was {asset_fen} fen, {rate_bp} "
            f"basis points, {periods} periods.",
            code="lease_bad",
            hint="Give the rate of one period, for example 100 for 1 %.",
        )
    rate = Fraction(rate_bp, BASIS_POINTS)
    level = round(asset_fen * rate / (1 - (1 + rate) ** -periods)) if rate else round(Fraction(asset_fen, periods))
    found, balance = [], asset_fen
    for period in range(1, periods + 1):
        interest = round(balance * rate)
        principal = balance if period == periods else min(level - interest, balance)
        balance -= principal
        found.append(Instalment(interest, principal, balance))
    return tuple(found)


def standing(plan: Sequence[Instalment], paid_fen: int, due_count: int, grace_count: int) -> Standing:
    """Return how a lease stands when so many instalments are due and so much was paid in all.

    Parameters
    ----------
    grace_count
        Instalments that may be behind before the lease is in default.

    Examples
    --------
    >>> plan = instalments(90, 0, 3)
    >>> [standing(plan, paid, 2, 1).value for paid in (90, 60, 59, 30, 29)]
    ['ended', 'current', 'behind', 'behind', 'default']
    """
    dues, covered = [one.due_fen for one in plan], 0
    left = paid_fen
    while covered < len(dues) and left >= dues[covered]:
        left -= dues[covered]
        covered += 1
    if covered == len(dues):
        return Standing.ENDED
    behind = due_count - covered
    return Standing.CURRENT if behind <= 0 else Standing.BEHIND if behind <= grace_count else Standing.DEFAULT


def repossess(balance_fen: int, overdue_fen: int, resale_fen: int) -> Repossession:
    """Return what a resale settles of the balance and of what is overdue.

    Raises
    ------
    BadInputError
        ``repossession_negative``.

    Examples
    --------
    >>> repossess(1000, 100, 900)
    Repossession(lessor_fen=900, lessee_fen=0, owed_fen=200)
    """
    if min(balance_fen, overdue_fen, resale_fen) < 0:
        raise BadInputError(
            f"A repossession must have no negative amount, was {balance_fen}, {overdue_fen}, {resale_fen} fen.",
            code="repossession_negative",
            hint="Give balance, overdue instalments and the price of resale.",
        )
    claim = balance_fen + overdue_fen
    lessor = min(claim, resale_fen)
    return Repossession(lessor, resale_fen - lessor, claim - lessor)
