"""Months are billed, pools shared, events split: each once, by linked transfers, with its leaf of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from qipan.accounts.model.posting import Draft, Transfer
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.agreements.bill import bill
from qipan.agreements.enclave import split
from qipan.agreements.model.agreement import ADCODE, MOST_FEN, NAME, Agreement, Pool
from qipan.agreements.model.bill import Use
from qipan.agreements.model.enclave import Event, Item, Split
from qipan.agreements.model.posted import PostedBill, PostedShare
from qipan.agreements.model.sharing import SharingTable
from qipan.agreements.pay import (
    PAID_IN,
    PAID_OUT,
    account,
    bill_drafts,
    event_drafts,
    month_end,
    month_start,
    share_drafts,
)
from qipan.agreements.pledge import holders, revenue
from qipan.agreements.record import (
    BILL_KIND,
    EVENT_KIND,
    SHARE_KIND,
    decimal_text,
    event_record,
    leaf,
    read_event,
)
from qipan.agreements.service.signing import Signing, lock_of
from qipan.agreements.share import share
from qipan.agreements.store import agreement as store
from qipan.kernel.errors import BadInputError, ConflictError, Finding, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action


class Settling:
    """What follows from agreements in force is paid."""

    def __init__(self, signing: Signing, accounts: Accounts, claims: Claims, log: Log) -> None:
        self._signing = signing
        self._accounts = accounts
        self._claims = claims
        self._log = log

    def bill(
        self, unit: UnitOfWork, agreement_id: str, use: Use, now: datetime, index: Decimal | None = None
    ) -> tuple[PostedBill, bool]:
        """Bill a month and pay it, to the seller and holders of pledges, and into funds; ``False`` if it was before.

        Raises
        ------
        BadInputError
            ``index_missing``, ``index_unfit``.
        NotFoundError
            ``agreement_unknown``.
        RuleBrokenError
            ``agreement_unsigned``; ``month_outside``; ``month_not_over``; ``use_above_volume``; ``transfers_refused``,
            as where the buyer's account does not hold what is due.
        ConflictError
            ``posting_taken`` where the month was billed for another use or index.
        """
        unit.lock(lock_of(agreement_id))
        signed = self._signing.in_force(unit, agreement_id)
        before = store.bills(unit, agreement_id, use.month)
        if before:
            if (before[0].use, decimal_text(before[0].index)) != (use, decimal_text(index)):
                raise _taken("bill", f"{use.month:%Y-%m} of {agreement_id}")
            return before[0], False
        owed = bill(signed.agreement, use, index)
        _check_over(use.month, now)
        posted = PostedBill(agreement_id, signed.number, use, index, owed)
        pledged = holders(self._claims.standing(unit, extent_ids=[revenue(agreement_id)]), month_start(use.month))
        self._post(unit, bill_drafts(signed.agreement, owed, pledged), now)
        store.insert_bill(unit, posted, decimal_text(index), in_utc(now))
        told: dict[str, int | str] = {
            "agreement": agreement_id,
            "month": str(use.month),
            "due_fen": owed.due_fen,
            "number": signed.number,
        }
        self._log.append(unit, BILL_KIND, leaf(told, now), now)
        record_action(unit, "agreement_billed", agreement_id, now, month=str(use.month), due_fen=owed.due_fen)
        return posted, True

    def share(self, unit: UnitOfWork, posted: PostedShare, now: datetime) -> tuple[dict[str, int], bool]:
        """Share congestion rent or green premium of a month out of an account; ``False`` if it was before.

        Raises
        ------
        BadInputError
            ``share_unfit`` unless the amount is 1 fen or more.
        NotFoundError
            ``agreement_unknown``.
        RuleBrokenError
            ``agreement_unsigned``; ``month_outside``; ``month_not_over``; ``table_missing``; ``table_not_yet``;
            ``transfers_refused``.
        ConflictError
            ``posting_taken`` where it was shared for the month already, otherwise.
        """
        if not 1 <= posted.fen <= MOST_FEN or posted.pool is Pool.ENCLAVE:
            raise BadInputError(
                f"What is shared must be 1 to {MOST_FEN} fen of rent or green premium, was {posted.fen} of "
                f"{posted.pool}.",
                code="share_unfit",
                hint="Split events of an enclave with qipan agreements split.",
            )
        unit.lock(lock_of(posted.agreement_id))
        signed = self._signing.in_force(unit, posted.agreement_id)
        before, number = store.shares(unit, posted.agreement_id).get((posted.pool, posted.month), (None, 0))
        if before is not None:
            if before != posted:
                raise _taken("share", f"{posted.pool} in {posted.month:%Y-%m} of {posted.agreement_id}")
            return self._parts(unit, before, number), False
        signed.agreement.terms(posted.month)
        parts = share(posted.fen, _table(signed.agreement, posted.pool).on(posted.month))
        _check_over(posted.month, now)
        drafts = share_drafts(signed.agreement, posted.pool, posted.month, posted.source, parts)
        self._post(unit, drafts, now)
        store.insert_share(unit, posted, signed.number, in_utc(now))
        told = {"agreement": posted.agreement_id, "pool": posted.pool.value, "month": str(posted.month)}
        self._log.append(unit, SHARE_KIND, leaf({**told, "fen": posted.fen, "number": signed.number}, now), now)
        record_action(unit, "agreement_shared", posted.agreement_id, now, pool=posted.pool.value, fen=posted.fen)
        return parts, True

    def split(
        self, unit: UnitOfWork, agreement_id: str, event: Event, now: datetime, source: str = ""
    ) -> tuple[Split, bool]:
        """Split an event of the agreement's enclave over its regions; ``False`` if it was before.

        Tax and income are paid from an account, costs and losses into it; each region is issued its part of the memo.

        Raises
        ------
        BadInputError
            ``event_id_unfit``; ``source_missing`` where money moves and no account is named; ``memo_foreign`` where a
            party that is no region would get a part of the memo.
        NotFoundError
            ``agreement_unknown``.
        RuleBrokenError
            ``agreement_unsigned``; ``table_missing``; ``table_not_yet``; ``transfers_refused``.
        ConflictError
            ``posting_taken`` where another event was split under its id.
        """
        unit.lock(lock_of(agreement_id))
        signed = self._signing.in_force(unit, agreement_id)
        before = store.events(unit, agreement_id).get(event.event_id)
        if before is not None:
            *told_before, number = before
            if told_before != [event_record(event), source]:
                raise _taken("event", f"{event.event_id} of {agreement_id}")
            text = self._signing.text(unit, agreement_id, number).agreement
            return split(event, _table(text, Pool.ENCLAVE)), False
        found = split(event, _table(signed.agreement, Pool.ENCLAVE))
        _check_event(event, found, source)
        self._post(unit, event_drafts(signed.agreement, found, source), now)
        record = event_record(event)
        store.insert_event(
            unit,
            agreement_id,
            event.event_id,
            number=signed.number,
            day=event.day,
            record=record,
            source=source,
            now=in_utc(now),
        )
        told: dict[str, int | str] = {"agreement": agreement_id, "event": record, "number": signed.number}
        self._log.append(unit, EVENT_KIND, leaf(told, now), now)
        record_action(unit, "enclave_split", agreement_id, now, event=event.event_id)
        return found, True

    def bills(self, unit: UnitOfWork, agreement_id: str) -> tuple[PostedBill, ...]:
        """Return the bills of an agreement by month."""
        return store.bills(unit, agreement_id)

    def shares(self, unit: UnitOfWork, agreement_id: str) -> tuple[PostedShare, ...]:
        """Return what was shared out, by month."""
        return tuple(one for one, _ in store.shares(unit, agreement_id).values())

    def events(self, unit: UnitOfWork, agreement_id: str) -> tuple[Event, ...]:
        """Return the events that were split, by day."""
        return tuple(read_event(record) for record, *_ in store.events(unit, agreement_id).values())

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make every bill, share and event anew from the text it was posted under; nothing when all is well.

        Rules: ``bill_differs`` where a bill or what was paid for it is another; ``transfer_differs`` where a transfer
        is another, or lacks.
        """
        found: list[Finding] = []
        for signed in self._signing.all(unit):
            name = signed.agreement.agreement_id
            buyer = {one.transfer_id: one for one in self._accounts.transfers(unit, account(signed.agreement.buyer))}
            for one in store.bills(unit, name):
                text = self._signing.text(unit, name, one.number).agreement
                mark = f"bill/{name}/{one.use.month:%Y-%m}"
                paid = sum(kept.amount for key, kept in buyer.items() if key == mark or key.startswith(f"{mark}/"))
                if bill(text, one.use, one.index) != one.bill or paid != one.bill.due_fen:
                    told = f"The bill of {one.use.month:%Y-%m} must be {one.bill.due_fen} fen, was {paid} paid."
                    found.append(Finding(0, name, "bill_differs", told))
            found += self._check_drafts(unit, signed.agreement)
        return tuple(found)

    def _check_drafts(self, unit: UnitOfWork, agreement: Agreement) -> list[Finding]:
        """Hold transfers of shares and events against what follows from the text that each was posted under."""
        name = agreement.agreement_id
        drafts: list[Draft] = []
        for one, number in store.shares(unit, name).values():
            drafts += share_drafts(agreement, one.pool, one.month, one.source, self._parts(unit, one, number))
        for record, source, number in store.events(unit, name).values():
            text = self._signing.text(unit, name, number).agreement
            drafts += event_drafts(text, split(read_event(record), _table(text, Pool.ENCLAVE)), source)
        posted: dict[str, Transfer] = {}
        for debit in {one.debit for one in drafts}:
            posted |= {one.transfer_id: one for one in self._accounts.transfers(unit, debit)}
        return [
            Finding(0, name, "transfer_differs", f"{one.transfer_id} must be {one.amount}, was another or none.")
            for one in drafts
            if one.transfer_id not in posted or _moved(posted[one.transfer_id]) != (one.debit, one.credit, one.amount)
        ]

    def _parts(self, unit: UnitOfWork, one: PostedShare, number: int) -> dict[str, int]:
        """Return who got what of a share, by the text that it was posted under."""
        text = self._signing.text(unit, one.agreement_id, number).agreement
        return share(one.fen, _table(text, one.pool).on(one.month))

    def _post(self, unit: UnitOfWork, drafts: Sequence[Draft], now: datetime) -> None:
        if drafts:
            self._accounts.post_whole(unit, drafts, now)


def _moved(one: Transfer) -> tuple[str, str, int]:
    return one.debit, one.credit, one.amount


def _table(agreement: Agreement, pool: Pool) -> SharingTable:
    if pool not in agreement.tables:
        raise RuleBrokenError(
            f"What is shared must have a sharing table, was {pool} of {agreement.agreement_id} without.",
            code="table_missing",
            hint=f"Write a table shares.{pool} in a new text of the agreement.",
        )
    return agreement.tables[pool]


def _check_over(month: date, now: datetime) -> None:
    if in_utc(now) < month_end(month):
        raise RuleBrokenError(
            f"A month must be over before it is billed or shared, was to end at {month_end(month)}: {month:%Y-%m}.",
            code="month_not_over",
            hint="Wait for the end of the month, of UTC+8.",
        )


def _check_event(event: Event, found: Split, source: str) -> None:
    if not NAME.fullmatch(event.event_id):
        raise BadInputError(
            f"An event's id must be 1 to 20 small letters, digits and hyphens, was {event.event_id!r}.",
            code="event_id_unfit",
            hint="Choose an id as park-2027.",
        )
    if not source and any(event.amounts.get(item) for item in (*PAID_OUT, *PAID_IN)):
        raise BadInputError(
            f"An event with tax, income, cost or loss must name the account of its money, was none: {event.event_id}.",
            code="source_missing",
            hint="Name the enclave's own account with --from.",
        )
    foreign = [party for party in found.parts if not ADCODE.fullmatch(party)]
    if event.amounts.get(Item.MEMO) and foreign:
        raise BadInputError(
            f"A statistical memo must be shared by regions, was by {', '.join(foreign)} too.",
            code="memo_foreign",
            hint="Let the enclave's table name adcodes only, or leave the memo out.",
        )


def _taken(what: str, name: str) -> ConflictError:
    return ConflictError(
        f"One {what} must stand under a name, was another: {name}.",
        code="posting_taken",
        hint="Correct what was posted by a transfer of its own; it is never changed.",
    )
