"""Bring money to a member's margin and take it back, never by a slip out of or into what another member has there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from qipan.accounts.model.posting import Balance
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import RuleBrokenError
from qipan.market.service.margin import Margins
from qipan.storage.books import UnitOfWork

PURPOSES: Final = ("margin", "fund")
"""Ends of the names of the accounts that a member has at the clearing house."""


def bring(
    unit: UnitOfWork,
    margins: Margins,
    accounts: Accounts,
    now: datetime,
    *,
    member: str,
    source: str,
    fen: int,
    transfer_id: str,
    to_fund: bool = False,
) -> bool:
    """Bring money of an account to a member's margin, or to its share of the fund; ``False`` if it was before.

    Raises
    ------
    RuleBrokenError
        ``margin_of_another``; ``money_short``; as `Margins.bring`.
    """
    _check_own(member, source)
    with _short(unit, accounts, source, fen):
        return margins.bring(unit, member, now, source=source, fen=fen, transfer_id=transfer_id, to_fund=to_fund)


def take_back(
    unit: UnitOfWork,
    margins: Margins,
    accounts: Accounts,
    now: datetime,
    *,
    member: str,
    account: str,
    fen: int,
    transfer_id: str,
) -> bool:
    """Take free margin back to an account; ``False`` if it was before.

    Raises
    ------
    RuleBrokenError
        ``margin_of_another``; ``money_short``; as `Margins.take_back`.
    """
    _check_own(member, account)
    with _short(unit, accounts, margins.account(member), fen):
        return margins.take_back(unit, member, now, account=account, fen=fen, transfer_id=transfer_id)


def _check_own(member: str, account: str) -> None:
    owner, _, purpose = account.rpartition("/")
    if purpose in PURPOSES and owner != member:
        raise RuleBrokenError(
            f"Money of {member} must not be that of another member's margin or fund, was {account}.",
            code="margin_of_another",
            hint="Name an account of the member outside the clearing house.",
        )


@contextmanager
def _short(unit: UnitOfWork, accounts: Accounts, account: str, fen: int) -> Iterator[None]:
    """Say how much is free where an account has too little."""
    try:
        yield
    except RuleBrokenError as error:
        if [one.rule for one in error.findings] != ["below_floor"]:
            raise
        free = accounts.balances(unit, [account]).get((account, None), Balance()).available
        raise RuleBrokenError(
            f"What is paid must be free in {account}, was {fen} fen of {free} free.",
            code="money_short",
            hint="Pay no more than is free; what is held for orders and positions stays.",
        ) from error
