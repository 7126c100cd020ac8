"""Assets and accounts are opened, transfers posted; balances, books and statements are looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from qipan.accounts.admit import check_account, check_asset
from qipan.accounts.model.posting import (
    AMOUNT_MAX,
    EXPIRED,
    Account,
    Action,
    Asset,
    Balance,
    Cell,
    Draft,
    Outcome,
    Standing,
    Transfer,
)
from qipan.accounts.periods import expires
from qipan.accounts.post import post
from qipan.accounts.record import ACCOUNT_KIND, ASSET_KIND, TRANSFER_KIND, account_record, asset_record, transfer_record
from qipan.accounts.refuse import deadline
from qipan.accounts.replay import check_books
from qipan.accounts.statement import Line, Statement, state
from qipan.accounts.store import posting as store
from qipan.kernel.errors import ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

TOLD_MAX: Final = 1000
"""Refused drafts that are told one by one."""


class Accounts:
    """Who holds what; every change is a transfer, and every transfer is a leaf of the log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def open_asset(self, unit: UnitOfWork, asset: Asset, now: datetime) -> bool:
        """Enter an asset; return ``False`` when the very same is there already.

        Raises
        ------
        BadInputError
            ``name_unfit``, ``asset_unfit``.
        ConflictError
            ``asset_taken`` when another one has its id.
        """
        check_asset(asset)
        unit.lock("log")
        stands = store.assets(unit, [asset.asset_id]).get(asset.asset_id)
        if stands is not None:
            if stands != asset:
                raise _asset_taken(asset.asset_id)
            return False
        store.insert_asset(unit, asset)
        self._log.append(unit, ASSET_KIND, asset_record(asset), now)
        record_action(unit, "asset_opened", asset.asset_id, now)
        return True

    def open_account(self, unit: UnitOfWork, account: Account, now: datetime) -> bool:
        """Enter an account; return ``False`` when the very same is there already.

        Raises
        ------
        BadInputError
            ``name_unfit``, ``account_unfit``.
        NotFoundError
            ``asset_unknown``.
        ConflictError
            ``account_taken`` when another one has its id, or its owner has one of this asset and purpose.
        """
        check_account(account)
        unit.lock("log")
        self.asset(unit, account.asset_id)
        of_owner = store.accounts(unit, owner=account.owner, asset_id=account.asset_id).values()
        same = [one for one in of_owner if one.purpose == account.purpose]
        stands = store.accounts(unit, [account.account_id]).get(account.account_id) or next(iter(same), None)
        if stands is not None:
            if stands != account:
                raise _account_taken(stands.account_id)
            return False
        store.insert_account(unit, account)
        self._log.append(unit, ACCOUNT_KIND, account_record(account), now)
        record_action(unit, "account_opened", account.account_id, now, owner=account.owner, asset=account.asset_id)
        return True

    def post(self, unit: UnitOfWork, drafts: Sequence[Draft], now: datetime) -> tuple[Outcome, ...]:
        """Post drafts in their order; return what became of each. One that is refused leaves nothing behind.

        Pending transfers whose time is over lapse first. A clock that goes back stands still here.
        """
        # What is read from here on is what the writer before has committed.
        unit.lock("log")
        newest = store.newest(unit)
        at = in_utc(now) if newest is None else max(in_utc(now), newest)
        standing = _standing(unit, drafts, at)
        posting = post(standing, drafts, at)
        if posting.transfers:
            records = [transfer_record(one) for one in posting.transfers]
            leaves = self._log.extend(unit, TRANSFER_KIND, records, at)
            store.enter(
                unit,
                posting,
                first_leaf=leaves[0].seq,
                accounts=standing.accounts,
                deadlines=_still_open(posting.transfers),
            )
            record_action(unit, "transfers_posted", leaves[0].seq, at, count=len(leaves))
        return posting.outcomes

    def post_whole(self, unit: UnitOfWork, drafts: Sequence[Draft], now: datetime, *, first_row: int = 1) -> int:
        """Post drafts that all must stand; return how many are new.

        Parameters
        ----------
        first_row
            Row of the first draft, 2 where they are a file with a header.

        Raises
        ------
        RuleBrokenError
            ``transfers_refused`` with a finding for each draft that does not stand, its outcome as the rule; the caller
            must let it undo the unit of work.
        """
        outcomes = self.post(unit, drafts, now)
        refused = [(row, found) for row, found in enumerate(outcomes, start=first_row) if not found.stands]
        if refused:
            findings = [
                Finding(
                    row, "transfer_id", found.value, f"{drafts[row - first_row].transfer_id} must stand, was {found}."
                )
                for row, found in refused[:TOLD_MAX]
            ]
            raise RuleBrokenError(
                f"Every transfer must stand, was refused: {len(refused)} of {len(drafts)}, first {refused[0][1]}.",
                code="transfers_refused",
                hint="Nothing was posted. Correct the rows that are named, then send all of them again.",
                findings=findings,
            )
        return sum(found is Outcome.CREATED for found in outcomes)

    def expire(self, unit: UnitOfWork, asset_id: str, now: datetime) -> tuple[Outcome, ...]:
        """Move all units of an asset whose time is over, and that are not pending, to its account of expired units.

        Raises
        ------
        NotFoundError
            ``asset_unknown``; ``expired_account_missing`` when nobody has opened an account of that purpose.
        """
        asset = self.asset(unit, asset_id)
        unit.lock("log")
        accounts = store.accounts(unit, asset_id=asset_id)
        sinks = [one.account_id for one in accounts.values() if one.purpose == EXPIRED]
        if not sinks:
            raise NotFoundError(
                f"An asset must have an account of purpose {EXPIRED} before its units expire, was none: {asset_id}.",
                code="expired_account_missing",
                hint=f"Open one: qipan accounts open --purpose {EXPIRED}",
            )
        self.post(unit, (), now)
        entries = store.entries(unit, list(accounts))
        drafts = []
        for (name, period), balance in store.all_balances(unit, asset_id).items():
            ends = expires(asset, period)
            is_over = ends is not None and ends <= in_utc(now)
            if is_over and balance.available > 0 and not asset.seals(accounts[name].purpose):
                drafts.append(_expiry(name, sinks[0], period, min(balance.available, AMOUNT_MAX), entries[name]))
        return self.post(unit, drafts, now)

    def asset(self, unit: UnitOfWork, asset_id: str) -> Asset:
        """Return an asset.

        Raises
        ------
        NotFoundError
            ``asset_unknown``.
        """
        found = store.assets(unit, [asset_id]).get(asset_id)
        if found is None:
            raise NotFoundError(
                f"An asset must be entered before it is used, was not: {asset_id}.",
                code="asset_unknown",
                hint="Enter it: qipan accounts asset",
            )
        return found

    def account(self, unit: UnitOfWork, account_id: str) -> Account:
        """Return an account.

        Raises
        ------
        NotFoundError
            ``account_unknown``.
        """
        found = store.accounts(unit, [account_id]).get(account_id)
        if found is None:
            raise NotFoundError(
                f"An account must be open, was not: {account_id}.",
                code="account_unknown",
                hint="Open it: qipan accounts open",
            )
        return found

    def assets(self, unit: UnitOfWork) -> dict[str, Asset]:
        """Return all assets by id."""
        return store.assets(unit)

    def accounts(
        self, unit: UnitOfWork, *, owner: str | None = None, asset_id: str | None = None
    ) -> dict[str, Account]:
        """Return accounts by id, of an owner or asset if one is named."""
        return store.accounts(unit, owner=owner, asset_id=asset_id)

    def balances(self, unit: UnitOfWork, account_ids: Collection[str]) -> dict[Cell, Balance]:
        """Return the balances of accounts by account and period; those that never moved are not among them."""
        return store.balances(unit, account_ids)

    def transfers(
        self, unit: UnitOfWork, account_id: str | None = None, *, asset_id: str | None = None
    ) -> Iterator[Transfer]:
        """Yield transfers in the order of the log; those of an account or asset, if one is named."""
        return (transfer for _, transfer in store.in_order(unit, account_id=account_id, asset_id=asset_id))

    def stands(self, unit: UnitOfWork, transfer_id: str) -> bool:
        """Tell whether a transfer stands under an id."""
        return bool(store.transfers(unit, [transfer_id]))

    def statement(self, unit: UnitOfWork, account_id: str) -> Statement:
        """Return the statement of an account up to the newest checkpoint of the log, with all its proofs.

        Raises
        ------
        NotFoundError
            ``account_unknown``; ``checkpoint_unknown`` before the first checkpoint; ``leaf_not_found`` when the account
            was opened behind the newest one.
        """
        account = self.account(unit, account_id)
        (opened, *_) = self._log.find(unit, account_record(account))
        proof = self._log.proof(unit, opened.seq)
        newest = int(proof.note.split("\n")[1])
        moved = [pair for pair in store.in_order(unit, account_id=account_id) if pair[0] < newest]
        proofs = self._log.proofs(unit, [leaf for leaf, _ in moved])
        lines = [Line(transfer, proof) for (_, transfer), proof in zip(moved, proofs, strict=True)]
        return state(account, proof, lines)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Recompute accounts from all transfers, and the transfers' leaves; nothing when all is well.

        Rules: those of `qipan.accounts.replay.check_books`; ``leaf_differs`` where the log holds another transfer.
        """
        digests = {leaf.seq: leaf.digest for leaf in self._log.leaves(unit, kind=TRANSFER_KIND)}
        found: list[Finding] = []

        def entered() -> Iterator[Transfer]:
            for row, (leaf, transfer) in enumerate(store.in_order(unit), start=1):
                if digests.pop(leaf, "") != sha256(transfer_record(transfer)).hexdigest():
                    told = f"Leaf {leaf} must be the transfer {transfer.transfer_id}, was not."
                    found.append(Finding(row, "leaf", "leaf_differs", told))
                yield transfer

        wrong = check_books(
            store.accounts(unit),
            entered(),
            balances=store.all_balances(unit),
            entries=store.entries(unit),
            pending=store.pending(unit),
        )
        lost = [
            Finding(0, "leaf", "leaf_differs", f"Leaf {leaf} must have its transfer, was gone.") for leaf in digests
        ]
        return (*found, *wrong, *lost)


def _standing(unit: UnitOfWork, drafts: Sequence[Draft], at: datetime) -> Standing:
    """Read what drafts speak of."""
    resolves = {draft.pending_id for draft in drafts if draft.pending_id and draft.pending_id.isprintable()}
    ids = {draft.transfer_id for draft in drafts if draft.transfer_id.isprintable()} | resolves
    transfers = store.transfers(unit, ids) if ids else {}
    due = store.due(unit, at)
    pending = [transfers[name] for name in resolves if name in transfers] + list(due)
    names = {name for draft in drafts for name in (draft.debit, draft.credit) if name.isprintable()}
    names |= {name for one in pending for name in (one.debit, one.credit)}
    accounts = store.accounts(unit, names)
    cells = {(one.debit, one.period) for one in pending} | {(one.credit, one.period) for one in pending}
    for draft in drafts:
        if draft.period is None or draft.period.tzinfo is not None:
            cells |= {(name, draft.period) for name in (draft.debit, draft.credit) if name in accounts}
    return Standing(
        assets=store.assets(unit, {one.asset_id for one in accounts.values()}),
        accounts=accounts,
        balances=store.cells(unit, cells),
        entries=store.entries(unit, list(accounts)),
        transfers=transfers,
        resolved=store.resolved(unit, resolves) if resolves else {},
        due=due,
    )


def _still_open(transfers: Sequence[Transfer]) -> dict[str, datetime | None]:
    """Return new pending transfers that were not resolved along with it, and when they lapse."""
    closed = {one.pending_id for one in transfers if one.pending_id}
    return {
        one.transfer_id: deadline(one)
        for one in transfers
        if one.action is Action.PENDING and one.transfer_id not in closed
    }


def _expiry(account_id: str, sink: str, period: datetime | None, amount: int, entries: int) -> Draft:
    mark = sha256(f"{account_id} {period} {entries}".encode()).hexdigest()[:32]
    return Draft(
        transfer_id=f"expiry/{mark}",
        action=Action.EXPIRE,
        debit=account_id,
        credit=sink,
        amount=amount,
        period=period,
        reason="expired",
    )


def _asset_taken(asset_id: str) -> ConflictError:
    return ConflictError(
        f"One asset must stand under an id, was another: {asset_id}.",
        code="asset_taken",
        hint="Choose another id; an asset is never changed.",
    )


def _account_taken(account_id: str) -> ConflictError:
    return ConflictError(
        f"One account must stand under an id, and for an owner's asset and purpose, was another: {account_id}.",
        code="account_taken",
        hint="Use the one that stands, or choose another purpose; an account is never changed.",
    )
