"""Nouns of clearing: marks of a day, what stands behind a member, and what a day pays to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from qipan.accounts.model.posting import Draft
from qipan.market.model.mark import Mark


@dataclass(frozen=True, slots=True)
class DayMark:
    """The mark of a book on a day.

    Attributes
    ----------
    last_trade
        Sequence of the last trade that it covers; later ones belong to the next mark.
    is_final
        Whether trading had ended: there is none after it.
    """

    day: date
    instrument: str
    mark: Mark
    last_trade: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """The pending transfer that secures all positions and open orders of a member."""

    member: str
    transfer_id: str
    fen: int


@dataclass(frozen=True, slots=True)
class Purse:
    """What stands behind a member.

    Attributes
    ----------
    margin_fen
        On its margin account, with what is held.
    share_fen
        Its share of the mutual fund.
    """

    member: str
    margin_fen: int
    share_fen: int
    hold: Hold | None = None
    is_defaulted: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a day's marks lead to.

    Attributes
    ----------
    paid_fen
        Variation margin by member, above 0 where it gets some; adds up to zero.
    required_fen
        Initial margin by member, held from then on.
    calls_fen
        What members must bring before the day can be settled; where there are any, nothing is posted.
    drafts
        Linked transfers, all or nothing.
    digest
        SHA-256 of all of this in canonical JSON, in hex.
    is_settled
        Whether it is posted.
    """

    day: date
    paid_fen: Mapping[str, int]
    required_fen: Mapping[str, int]
    calls_fen: Mapping[str, int]
    drafts: tuple[Draft, ...] = ()
    digest: str = ""
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Default:
    """A member that did not answer a call."""

    member: str
    day: date
    at: datetime
