"""The rules of posting: what a sequence of drafts does to accounts.

Drafts are taken one after the other, each on what those before it have left. A draft that breaks a rule leaves
nothing behind, and of drafts that are linked either all stand or none.

Source: semantics of TigerBeetle (docs.tigerbeetle.com, create_transfers): two-phase and balancing transfers, linked
chains, limits of accounts, idempotence by id. Different here: an id that was refused may be used again; linked drafts
that all stand already are ``exists``, each of them; limits hold in each period of an asset; no zero amounts but those
that balancing leads to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from qipan.accounts.model.posting import (
    LAPSE_PREFIX,
    RESOLVING,
    Action,
    Balance,
    Cell,
    Draft,
    Outcome,
    Posting,
    Standing,
    Transfer,
)
from qipan.accounts.refuse import compare, form, limits, pair, resolution

_EMPTY: Final = Balance()


def post(standing: Standing, drafts: Sequence[Draft], at: datetime) -> Posting:
    """Return what drafts lead to, in their order; pending transfers whose time is over lapse first.

    Parameters
    ----------
    at
        The moment of all of them, in UTC; never earlier than that of any transfer that stands.
    """
    run = _Run(standing, at)
    for pending in standing.due:
        run.lapse(pending)
    outcomes: list[Outcome] = []
    for chain in chains(drafts):
        outcomes += run.together(chain)
    return Posting(tuple(outcomes), tuple(run.made), run.changed_balances(), run.changed_entries())


def chains(drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    """Yield drafts that stand or fall together; the last of a chain is the first that is not linked.

    Examples
    --------
    >>> drafts = [Draft(transfer_id=name, linked=name in "ab") for name in "abcd"]
    >>> [[draft.transfer_id for draft in chain] for chain in chains(drafts)]
    [['a', 'b', 'c'], ['d']]
    """
    first = 0
    for place, draft in enumerate(drafts):
        if not draft.linked:
            yield drafts[first : place + 1]
            first = place + 1
    if first < len(drafts):
        yield drafts[first:]


class _Run:
    """Drafts being posted one after the other."""

    def __init__(self, standing: Standing, at: datetime) -> None:
        self.assets, self.accounts = standing.assets, standing.accounts
        self.at = at
        self.made: list[Transfer] = []
        self._before = standing
        self._balances = dict(standing.balances)
        self._entries = dict(standing.entries)
        self._transfers = dict(standing.transfers)
        self._resolved = dict(standing.resolved)

    def changed_balances(self) -> dict[Cell, Balance]:
        """Return the balances that are not what they were."""
        before = self._before.balances
        return {cell: found for cell, found in self._balances.items() if before.get(cell) != found}

    def changed_entries(self) -> dict[str, int]:
        """Return the numbers of entries that are not what they were."""
        before = self._before.entries
        return {name: count for name, count in self._entries.items() if before.get(name, 0) != count}

    def together(self, chain: Sequence[Draft]) -> list[Outcome]:
        """Post drafts that stand or fall together."""
        if len(chain) == 1 and not chain[0].linked:
            return [self._one(chain[0], "")]
        if chain[-1].linked:
            failed: list[Outcome] = [Outcome.LINKED_FAILED] * len(chain)
            return [*failed[:-1], Outcome.LINKED_CHAIN_OPEN]
        kept = len(self.made)
        restore: list[tuple[Transfer, Balance | None, Balance | None]] = []
        name = chain[0].transfer_id
        outcomes: list[Outcome] = []
        for draft in chain:
            before = len(self.made)
            held = self._held(draft)
            outcomes.append(self._one(draft, name))
            if len(self.made) > before:
                restore.append((self.made[-1], *held))
            if not outcomes[-1].stands:
                break
        found = set(outcomes)
        if len(outcomes) == len(chain) and len(found) == 1:
            return outcomes
        for transfer, debit, credit in reversed(restore):
            self._undo(transfer, debit, credit)
        del self.made[kept:]
        outcomes += [Outcome.LINKED_FAILED] * (len(chain) - len(outcomes))
        return [Outcome.LINKED_FAILED if one is Outcome.CREATED else one for one in outcomes]

    def lapse(self, pending: Transfer) -> None:
        """End a pending transfer whose time is over."""
        self._settle(
            replace(
                pending,
                transfer_id=f"{LAPSE_PREFIX}{pending.transfer_id}",
                action=Action.LAPSE,
                pending_id=pending.transfer_id,
                asked=pending.amount,
                timeout_s=0,
                chain="",
                balancing_debit=False,
                balancing_credit=False,
                reason="lapsed",
                debit_entry=self._entries[pending.debit] + 1,
                credit_entry=self._entries[pending.credit] + 1,
                at=self.at,
            ),
            pending,
        )

    def _held(self, draft: Draft) -> tuple[Balance | None, Balance | None]:
        """Return the balances that a draft may change, as they are."""
        pending = self._transfers.get(draft.pending_id) if draft.pending_id else None
        debit, credit, period = (
            (pending.debit, pending.credit, pending.period) if pending else (draft.debit, draft.credit, draft.period)
        )
        return self._balances.get((debit, period)), self._balances.get((credit, period))

    def _undo(self, transfer: Transfer, debit: Balance | None, credit: Balance | None) -> None:
        for account_id, balance in ((transfer.debit, debit), (transfer.credit, credit)):
            cell = (account_id, transfer.period)
            if balance is None:
                self._balances.pop(cell, None)
            else:
                self._balances[cell] = balance
            self._entries[account_id] -= 1
        del self._transfers[transfer.transfer_id]
        if transfer.pending_id:
            del self._resolved[transfer.pending_id]

    def _one(self, draft: Draft, chain: str) -> Outcome:
        """Post one draft, or say why not."""
        wrong = form(draft)
        if wrong is not None:
            return wrong
        stands = self._transfers.get(draft.transfer_id)
        if stands is not None:
            return compare(draft, stands, chain)
        return self._resolve(draft, chain) if draft.action in RESOLVING else self._move(draft, chain)

    def _move(self, draft: Draft, chain: str) -> Outcome:
        debit, credit = self.accounts.get(draft.debit), self.accounts.get(draft.credit)
        if debit is None or credit is None:
            return Outcome.DEBIT_UNKNOWN if debit is None else Outcome.CREDIT_UNKNOWN
        giving = self._balances.get((draft.debit, draft.period), _EMPTY)
        taking = self._balances.get((draft.credit, draft.period), _EMPTY)
        amount = draft.amount
        if draft.balancing_debit:
            amount = min(amount, max(0, giving.available - (debit.floor or 0)))
        if draft.balancing_credit:
            amount = min(amount, max(0, (credit.ceiling or 0) - taking.most))
        wrong = pair(draft, debit, credit, self.assets[debit.asset_id], self.at) or limits(
            amount, debit=debit, credit=credit, giving=giving, taking=taking
        )
        if wrong is not None:
            return wrong
        if draft.action is Action.PENDING:
            giving, taking = giving.plus(debits_pending=amount), taking.plus(credits_pending=amount)
        else:
            giving, taking = giving.plus(debits_posted=amount), taking.plus(credits_posted=amount)
        self._enter(self._transfer(draft, chain, asset_id=debit.asset_id, amount=amount), giving, taking)
        return Outcome.CREATED

    def _resolve(self, draft: Draft, chain: str) -> Outcome:
        pending = self._transfers.get(draft.pending_id)
        if pending is None or pending.action is not Action.PENDING:
            return Outcome.PENDING_UNKNOWN
        wrong = resolution(draft, pending, self._resolved.get(draft.pending_id), self.at)
        if wrong is not None:
            return wrong
        whole = replace(draft, debit=pending.debit, credit=pending.credit, period=pending.period)
        amount = draft.amount or pending.amount
        self._settle(self._transfer(whole, chain, asset_id=pending.asset_id, amount=amount), pending)
        return Outcome.CREATED

    def _settle(self, transfer: Transfer, pending: Transfer) -> None:
        """Release what was pending, and post what is to be posted of it."""
        giving = self._balances[pending.debit, pending.period]
        taking = self._balances[pending.credit, pending.period]
        moved = transfer.amount if transfer.action is Action.POST else 0
        self._resolved[pending.transfer_id] = transfer.action
        self._enter(
            transfer,
            giving.plus(debits_pending=-pending.amount, debits_posted=moved),
            taking.plus(credits_pending=-pending.amount, credits_posted=moved),
        )

    def _transfer(self, draft: Draft, chain: str, *, asset_id: str, amount: int) -> Transfer:
        return Transfer(
            transfer_id=draft.transfer_id,
            action=draft.action,
            asset_id=asset_id,
            debit=draft.debit,
            credit=draft.credit,
            amount=amount,
            asked=draft.amount,
            period=draft.period,
            pending_id=draft.pending_id,
            timeout_s=draft.timeout_s,
            chain=chain,
            balancing_debit=draft.balancing_debit,
            balancing_credit=draft.balancing_credit,
            reason=draft.reason,
            reference=draft.reference,
            debit_entry=self._entries.get(draft.debit, 0) + 1,
            credit_entry=self._entries.get(draft.credit, 0) + 1,
            at=self.at,
        )

    def _enter(self, transfer: Transfer, giving: Balance, taking: Balance) -> None:
        """Keep a transfer, its numbers, and what its accounts are now."""
        self._entries[transfer.debit], self._entries[transfer.credit] = transfer.debit_entry, transfer.credit_entry
        self._balances[transfer.debit, transfer.period] = giving
        self._balances[transfer.credit, transfer.period] = taking
        self._transfers[transfer.transfer_id] = transfer
        self.made.append(transfer)
