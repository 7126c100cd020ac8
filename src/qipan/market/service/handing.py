"""Compute changes hands: what a book reserved and what became of it is posted, and checked from what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qipan.accounts.model.posting import Draft, Transfer
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import Finding
from qipan.market.hand_over import COMPUTE, Handed, pool_of
from qipan.market.model.contract import Instrument
from qipan.storage.books import UnitOfWork


def hand(accounts: Accounts, unit: UnitOfWork, now: datetime, *all_handed: Handed) -> None:
    """Post what changes hands, whole and once; what is posted already stays as it is.

    Raises
    ------
    ConflictError
        ``asset_taken``, ``account_taken`` where a name of the house's stands for something else.
    RuleBrokenError
        ``transfers_refused``.
    """
    for handed in (one for one in all_handed if one.drafts):
        for asset in handed.assets:
            accounts.open_asset(unit, asset, now)
        for account in handed.accounts:
            accounts.open_account(unit, account, now)
        accounts.post_whole(unit, handed.drafts, now)


def check_handed(accounts: Accounts, unit: UnitOfWork, about: str, *all_handed: Handed) -> list[Finding]:
    """Hold what changed hands of a book or auction against what it follows from. Rule: ``compute_differs``."""
    drafts = {one.transfer_id: _told(one) for handed in all_handed for one in handed.drafts}
    names = {account.account_id for handed in all_handed for account in handed.accounts}
    posted = {
        one.transfer_id: _told(one)
        for name in names
        for one in accounts.transfers(unit, name)
        if one.reference == about and one.asset_id.startswith(COMPUTE)
    }
    differing = sorted(name for name in drafts.keys() | posted.keys() if drafts.get(name) != posted.get(name))
    return [
        Finding(0, "transfer_id", "compute_differs", f"{name} must hand over what {about} comes to, was not.", name)
        for name in differing
    ]


def check_pools(accounts: Accounts, unit: UnitOfWork, wares: Iterable[Instrument]) -> list[Finding]:
    """Hold the accounts that compute passes through: nothing stays there. Rule: ``compute_not_empty``."""
    pools = {pool_of(ware).account_id for ware in wares}
    return [
        Finding(0, "account", "compute_not_empty", f"{name} must hold nothing, was {balance.posted} of {hour}.", name)
        for (name, hour), balance in accounts.balances(unit, sorted(pools)).items()
        if balance.posted
    ]


def _told(one: Draft | Transfer) -> tuple[str, str, int, datetime | None]:
    return one.debit, one.credit, one.amount, one.period
