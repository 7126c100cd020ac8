"""Replay transfers from the first on, and tell where the books do not follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qipan.accounts.model.posting import Account, Action, Balance, Cell, Transfer
from qipan.kernel.errors import Finding

_EMPTY = Balance()


@dataclass(slots=True)
class Replay:
    """What accounts are after some transfers; it takes them one after the other.

    Attributes
    ----------
    open
        Pending transfers that were not resolved, by id.
    """

    accounts: Mapping[str, Account]
    balances: dict[Cell, Balance] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    open: dict[str, Transfer] = field(default_factory=dict)

    def take(self, row: int, transfer: Transfer) -> tuple[Finding, ...]:
        """Take the next transfer; return what is wrong with it.

        Rules: ``account_strange``, ``entry_differs``, ``pending_strange``, ``below_floor``, ``above_ceiling``.
        """
        strange = [name for name in (transfer.debit, transfer.credit) if name not in self.accounts]
        if strange:
            return (Finding(row, "debit", "account_strange", f"An account must be open, was not: {strange[0]}."),)
        found = list(self._count(row, transfer))
        pending = self.open.pop(transfer.pending_id, None) if transfer.pending_id else None
        if transfer.pending_id and pending is None:
            told = f"A pending transfer must be resolved once, was not open: {transfer.pending_id}."
            return (*found, Finding(row, "pending", "pending_strange", told))
        if transfer.action is Action.PENDING:
            self.open[transfer.transfer_id] = transfer
        self._apply(transfer, pending)
        return (*found, *self._limits(row, transfer))

    def _count(self, row: int, transfer: Transfer) -> Iterable[Finding]:
        for name, number in ((transfer.debit, transfer.debit_entry), (transfer.credit, transfer.credit_entry)):
            wanted = self.entries.get(name, 0) + 1
            self.entries[name] = wanted
            if number != wanted:
                told = f"Entries of {name} must follow each other, was {number} where {wanted} must stand."
                yield Finding(row, "entry", "entry_differs", told, str(number))

    def _apply(self, transfer: Transfer, pending: Transfer | None) -> None:
        giving, taking = (transfer.debit, transfer.period), (transfer.credit, transfer.period)
        debit, credit = self.balances.get(giving, _EMPTY), self.balances.get(taking, _EMPTY)
        is_pending = transfer.action is Action.PENDING
        held = transfer.amount if is_pending else -pending.amount if pending else 0
        moved = 0 if is_pending or transfer.action in {Action.VOID, Action.LAPSE} else transfer.amount
        self.balances[giving] = debit.plus(debits_posted=moved, debits_pending=held)
        self.balances[taking] = credit.plus(credits_posted=moved, credits_pending=held)

    def _limits(self, row: int, transfer: Transfer) -> Iterable[Finding]:
        for name in (transfer.debit, transfer.credit):
            account, balance = self.accounts[name], self.balances[name, transfer.period]
            if account.floor is not None and balance.available < account.floor:
                told = f"{name} must hold at least {account.floor}, was {balance.available}."
                yield Finding(row, "amount", "below_floor", told, str(balance.available))
            if account.ceiling is not None and balance.most > account.ceiling:
                told = f"{name} must hold at most {account.ceiling}, was {balance.most}."
                yield Finding(row, "amount", "above_ceiling", told, str(balance.most))


def check_books(
    accounts: Mapping[str, Account],
    transfers: Iterable[Transfer],
    *,
    balances: Mapping[Cell, Balance],
    entries: Mapping[str, int],
    pending: Iterable[str],
) -> tuple[Finding, ...]:
    """Return where stored balances, counts and open pending transfers do not follow from the transfers.

    Row 1 is the first transfer; row 0 stands for the books after the last. Rules: those of `Replay.take`, and
    ``balance_differs``, ``count_differs``, ``pending_differs``, ``asset_unbalanced``.
    """
    replay = Replay(accounts)
    found: list[Finding] = []
    for row, transfer in enumerate(transfers, start=1):
        found += replay.take(row, transfer)
    for cell in sorted({*replay.balances, *balances}, key=str):
        true, kept = replay.balances.get(cell, _EMPTY), balances.get(cell, _EMPTY)
        if true != kept:
            told = f"The balance of {cell[0]} must be {true}, was {kept}."
            found.append(Finding(0, "balance", "balance_differs", told))
    for name in sorted({*replay.entries, *entries}):
        if replay.entries.get(name, 0) != entries.get(name, 0):
            told = f"{name} must have {replay.entries.get(name, 0)} entries, was {entries.get(name, 0)}."
            found.append(Finding(0, "entry", "count_differs", told))
    for name in sorted({*replay.open} ^ {*pending}):
        found.append(Finding(0, "pending", "pending_differs", f"A pending transfer must be open in both: {name}."))
    return (*found, *unbalanced(accounts, balances))


def unbalanced(accounts: Mapping[str, Account], balances: Mapping[Cell, Balance]) -> tuple[Finding, ...]:
    """Return the assets whose accounts do not add up to zero in some period; rule ``asset_unbalanced``, row 0."""
    sums: dict[tuple[str, object], list[int]] = {}
    for (name, period), balance in balances.items():
        both = sums.setdefault((accounts[name].asset_id, period), [0, 0])
        both[0] += balance.posted
        both[1] += balance.credits_pending - balance.debits_pending
    return tuple(
        Finding(0, "asset", "asset_unbalanced", f"Accounts of {asset_id} must add up to 0, was {posted}, {pending}.")
        for (asset_id, _), (posted, pending) in sorted(sums.items(), key=str)
        if posted or pending
    )
