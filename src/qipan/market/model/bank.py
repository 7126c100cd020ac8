"""Nouns of the compute bank (算力银行): idle hours deposited, credit earned when others draw them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deposit:
    """Idle card-hours of one instrument of an hour that a member lets others draw, as far as they are not drawn."""

    member: str
    instrument: str
    card_h: int


@dataclass(frozen=True, slots=True)
class Draw:
    """What a draw takes from each deposit, in their order, and what it moves between members' credit.

    Attributes
    ----------
    credit_fen
        Change of credit by member; the changes sum to zero.
    """

    taken_card_h: tuple[int, ...]
    credit_fen: dict[str, int]
