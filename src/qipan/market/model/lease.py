"""Nouns of leasing: instalments of a level lease, how it stands, and what a repossession leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

_LEASED: Final = re.compile(r"([1-9]\d{0,6}) ([^@/ ]+)@([^@/ ]+)/([^@/ ]+)")


class Leased(NamedTuple):
    """Cards of a class that are leased at a site of a hub.

    Examples
    --------
    >>> Leased.named("64 h100-80g@ningxia/zhongwei")
    Leased(cards=64, card_class='h100-80g', hub_id='ningxia', site_id='zhongwei')
    """

    cards: int
    card_class: str
    hub_id: str
    site_id: str

    @classmethod
    def named(cls, ware: str) -> Leased | None:
        """Return what a lease says of its cards; none where it names them otherwise."""
        found = _LEASED.fullmatch(ware)
        return cls(int(found[1]), found[2], found[3], found[4]) if found else None


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
    """How a lease stands: proposed by one side, paid as agreed, behind, in default, paid off."""

    PROPOSED = "proposed"
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
