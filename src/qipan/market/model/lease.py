"""Nouns of leasing: instalments of a level lease, how it stands, and what a repossession leaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Instalment:
    """One period's payment, fen: interest, principal, and the balance after it."""

    interest_fen: int
    principal_fen: int
    balance_fen: int

    @property
    def due_fen(self) -> int:
        """What is to be paid."""
        return self.interest_fen + self.principal_fen


class Standing(StrEnum):
    """How a lease stands: paid as agreed, behind, in default, paid off."""

    CURRENT = "current"
    BEHIND = "behind"
    DEFAULT = "default"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Repossession:
    """What the resale of repossessed cards settles, fen.

    Attributes
    ----------
    lessor_fen
        What the lessor gets out of the resale.
    lessee_fen
        What is left of the resale for the lessee.
    owed_fen
        What the lessee still owes.
    """

    lessor_fen: int
    lessee_fen: int
    owed_fen: int
