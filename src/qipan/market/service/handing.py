"""Compute changes hands: what a book or an auction came to is posted, whole and once."""

from __future__ import annotations

from datetime import datetime

from qipan.accounts.service.posting import Accounts
from qipan.kernel.time import in_utc
from qipan.market.fulfil import reserve
from qipan.market.hand_over import Handed, Served
from qipan.market.model.contract import Instrument
from qipan.market.model.delivery import Allocation
from qipan.market.store import clearing as days
from qipan.market.store import delivery as deliveries
from qipan.storage.books import UnitOfWork


def hand(accounts: Accounts, unit: UnitOfWork, now: datetime, *all_handed: Handed) -> None:
    """Post what changes hands, each whole and once; what is posted already stays as it is.

    Raises
    ------
    ConflictError
        ``asset_taken``, ``account_taken`` where a name of the house's stands for something else.
    RuleBrokenError
        ``transfers_refused``.
    """
    for handed in (one for one in all_handed if one.drafts and not accounts.stands(unit, one.drafts[0].transfer_id)):
        for asset in handed.assets:
            accounts.open_asset(unit, asset, now)
        for account in handed.accounts:
            accounts.open_account(unit, account, now)
        accounts.post_whole(unit, handed.drafts, now)


def served_of(unit: UnitOfWork, allocation: Allocation) -> Served:
    """Return an allocation with what it rests on, and what it reserves: made anew.

    What members bought that had defaulted by then is the clearing house's.
    """
    ware = Instrument.named(allocation.instrument)
    positions = days.positions(unit, ware.name, allocation.last_trade)
    words = deliveries.supplies(unit, instrument=ware.name)
    at = deliveries.allocated_at(unit, ware.name)
    defaulted = frozenset(name for name, one in days.defaults(unit).items() if at is None or in_utc(one.at) <= at)
    return Served(ware, allocation, positions, words, reserve(ware, allocation.number, positions, words), defaulted)
