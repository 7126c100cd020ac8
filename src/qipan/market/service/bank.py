"""The compute bank: members let others use idle hours, and use others' elsewhere and later on the credit they earn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Final

from qipan.accounts.model.posting import Account, Asset, AssetKind, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import BadInputError, ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import Interval, in_utc
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.market.admit import is_id
from qipan.market.bank import draw
from qipan.market.model.bank import Deposit
from qipan.market.model.contract import Instrument, Tenor
from qipan.market.model.order import MOST_FEN_PER_CARD_H
from qipan.market.model.product import BankDeposit, BankDraw
from qipan.market.service import lock
from qipan.market.service.capacity import Holding, free_at_hub, free_at_site
from qipan.market.service.trading import Trading
from qipan.market.store import product as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

CREDIT: Final = Asset("market-credit", AssetKind.MONEY)
"""Credit of the compute bank, in fen; it is paid for by hours alone."""
BANK_LOCK: Final = "market/bank"
DEPOSIT_KIND: Final = "market_deposit"
DRAW_KIND: Final = "market_draw"


class Bank:
    """Idle hours of some for others, on credit that sums to zero."""

    def __init__(self, trading: Trading, accounts: Accounts, log: Log) -> None:
        self._trading = trading
        self._accounts = accounts
        self._log = log

    def join(self, unit: UnitOfWork, member_id: str, limit_fen: int, now: datetime) -> bool:
        """Open a member's account of credit, which may fall to so much below 0; ``False`` if it is open.

        Raises
        ------
        BadInputError
            ``credit_limit_negative``.
        NotFoundError
            ``member_unknown``.
        ConflictError
            ``account_taken`` where it is open with another limit.
        """
        if limit_fen < 0:
            raise BadInputError(
                f"A limit of credit must be at least 0 fen, was {limit_fen}.",
                code="credit_limit_negative",
                hint="Say how far below 0 the credit may fall.",
            )
        self._trading.member(unit, member_id)
        self._accounts.open_asset(unit, CREDIT, now)
        account = Account(_account(member_id), member_id, CREDIT.asset_id, "credit", floor=-limit_fen)
        return self._accounts.open_account(unit, account, now)

    def deposit(self, unit: UnitOfWork, deposit: BankDeposit, now: datetime) -> bool:
        """Enter idle hours of a site; ``False`` if the very same stands.

        Raises
        ------
        BadInputError
            ``deposit_unfit`` unless it is of an hour.
        NotFoundError
            ``member_unknown``; ``bank_unjoined``.
        ConflictError
            ``deposit_differs``.
        RuleBrokenError
            ``deposit_late`` once the hour has begun; ``deposit_uncertified`` above what the site has free.
        """
        unit.lock(lock.of_cards(deposit.member))
        unit.lock(BANK_LOCK)
        ware = _hour(deposit.instrument, deposit.deposit_id, deposit.card_h)
        self._check_member(unit, deposit.member)
        stands = next(iter(store.deposits(unit, deposit_id=deposit.deposit_id)), None)
        if stands is not None:
            if stands != deposit:
                raise _differs(deposit.deposit_id)
            return False
        _check_early(ware, now)
        whose = Holding(deposit.member, ware.card_class, ware.hub_id)
        hour = Interval(ware.window.start, ware.window.end)
        at_site = free_at_site(unit, whose, deposit.site_id, hour)
        free = int(min(at_site[0], free_at_hub(unit, whose, hour)[0]))
        if deposit.card_h > free:
            raise RuleBrokenError(
                f"A deposit must be of cards that are certified and promised to nobody, {free}, was {deposit.card_h}.",
                code="deposit_uncertified",
                hint="Deposit less, take back what is promised, or certify the site with qipan market deliver site.",
            )
        store.insert(unit, store.DEPOSIT, deposit, in_utc(now))
        self._log.append(unit, DEPOSIT_KIND, _deposit_leaf(deposit), now)
        record_action(unit, "bank_deposited", deposit.deposit_id, now, card_h=deposit.card_h)
        return True

    def draw(self, unit: UnitOfWork, asked: BankDraw, now: datetime) -> tuple[BankDraw, bool]:
        """Draw card-hours of an hour at its price, from all deposits in proportion; ``False`` if it was before.

        Parameters
        ----------
        asked
            A draw that has taken nothing yet.

        Raises
        ------
        BadInputError
            ``deposit_unfit``, ``draw_negative``.
        NotFoundError
            ``member_unknown``; ``bank_unjoined``.
        ConflictError
            ``deposit_differs`` where another draw stands under the id.
        RuleBrokenError
            ``deposit_late``; ``deposits_short``; ``credit_short``.
        """
        unit.lock(BANK_LOCK)
        ware = _hour(asked.instrument, asked.draw_id, asked.card_h)
        floor = self._check_member(unit, asked.member)
        before = store.draws(unit, draw_id=asked.draw_id).get(asked.draw_id)
        if before is not None:
            if replace(before, taken_card_h=asked.taken_card_h) != asked:
                raise _differs(asked.draw_id)
            return before, False
        _check_early(ware, now)
        if asked.fen_per_card_h > MOST_FEN_PER_CARD_H:
            raise _unfit(asked.draw_id, asked.card_h, asked.instrument)
        left = self.left(unit, asked.instrument)
        found = draw(
            [Deposit(one.member, asked.instrument, card_h) for one, card_h in left],
            asked.card_h,
            member=asked.member,
            fen_per_card_h=asked.fen_per_card_h,
            credit_fen=self.credits(unit),
            floor_fen=floor,
        )
        taken = {one.deposit_id: part for (one, _), part in zip(left, found.taken_card_h, strict=True) if part}
        earned = [(owner, fen) for owner, fen in sorted(found.credit_fen.items()) if fen > 0]
        drafts = [
            Draft(
                transfer_id=f"bank/{asked.draw_id}/{number}",
                debit=_account(asked.member),
                credit=_account(owner),
                amount=fen,
                reason="compute_bank",
                reference=asked.instrument,
                linked=True,
            )
            for number, (owner, fen) in enumerate(earned, start=1)
        ]
        if drafts:
            self._accounts.post_whole(unit, [*drafts[:-1], replace(drafts[-1], linked=False)], now)
        made = replace(asked, taken_card_h=taken)
        store.insert_draw(unit, made, in_utc(now))
        self._log.append(unit, DRAW_KIND, _draw_leaf(made), now)
        record_action(unit, "bank_drawn", asked.draw_id, now, card_h=asked.card_h)
        return made, True

    def left(self, unit: UnitOfWork, instrument: str) -> tuple[tuple[BankDeposit, int], ...]:
        """Return the deposits of an hour with the card-hours that nobody has drawn, in order of their time stamps."""
        drawn: Counter[str] = Counter()
        for one in store.draws(unit, instrument=instrument).values():
            drawn.update(one.taken_card_h)
        return tuple((one, one.card_h - drawn[one.deposit_id]) for one in store.deposits(unit, instrument=instrument))

    def deposits(self, unit: UnitOfWork) -> tuple[BankDeposit, ...]:
        """Return all deposits in order of their time stamps."""
        return store.deposits(unit)

    def draws(self, unit: UnitOfWork) -> tuple[BankDraw, ...]:
        """Return all draws."""
        return tuple(store.draws(unit).values())

    def credits(self, unit: UnitOfWork) -> dict[str, int]:
        """Return the credit of each member that has joined, fen; it sums to zero."""
        accounts = self._accounts.accounts(unit, asset_id=CREDIT.asset_id)
        balances = self._accounts.balances(unit, list(accounts))
        return {
            one.owner: balances[name, None].posted if (name, None) in balances else 0 for name, one in accounts.items()
        }

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold draws against deposits and credit; nothing when all is well.

        Rules: ``bank_overdrawn``, ``credit_differs``.
        """
        found: list[Finding] = []
        must: Counter[str] = Counter()
        owners = {one.deposit_id: one.member for one in store.deposits(unit)}
        for one in store.draws(unit).values():
            for deposit_id, part in one.taken_card_h.items():
                must[owners[deposit_id]] += part * one.fen_per_card_h
                must[one.member] -= part * one.fen_per_card_h
        for instrument in sorted({one.instrument for one in store.deposits(unit)}):
            if any(card_h < 0 for _, card_h in self.left(unit, instrument)):
                told = f"Draws of {instrument} must not exceed deposits, was so."
                found.append(Finding(0, "instrument", "bank_overdrawn", told, instrument))
        for member, fen in self.credits(unit).items():
            if fen != must[member]:
                told = f"Credit of {member} must follow from draws, {must[member]} fen, was {fen}."
                found.append(Finding(0, "member", "credit_differs", told, member))
        return tuple(found)

    def _check_member(self, unit: UnitOfWork, member: str) -> int:
        """Return the least credit that a member may have."""
        self._trading.member(unit, member)
        account = self._accounts.accounts(unit, owner=member, asset_id=CREDIT.asset_id).get(_account(member))
        if account is None:
            raise NotFoundError(
                f"Who deposits or draws must have joined the bank, was not: {member}.",
                code="bank_unjoined",
                hint="Let it join with qipan market bank join.",
            )
        return account.floor or 0


def _account(member: str) -> str:
    return f"{member}/credit"


def _hour(instrument: str, name: str, card_h: int) -> Instrument:
    ware = Instrument.named(instrument)
    if not is_id(name) or card_h < 1 or ware.window.tenor is not Tenor.HOUR:
        raise _unfit(name, card_h, instrument)
    return ware


def _unfit(name: str, card_h: int, instrument: str) -> BadInputError:
    return BadInputError(
        f"What is deposited or drawn must be card-hours of an hour under an id, was {card_h} of {instrument} under "
        f"{name!r}.",
        code="deposit_unfit",
        hint="Name an hour, as h100@gui/2026-03-03T05, and 1 card-hour or more.",
    )


def _check_early(ware: Instrument, now: datetime) -> None:
    if in_utc(now) >= ware.window.start:
        raise RuleBrokenError(
            f"What is deposited or drawn must lie ahead, was of {ware.window.name} at {now}.",
            code="deposit_late",
            hint="Name a later hour.",
        )


def _differs(name: str) -> ConflictError:
    return ConflictError(
        f"An id must name one deposit or draw for good, was another: {name}.",
        code="deposit_differs",
        hint="Give a new one a new id.",
    )


def _deposit_leaf(one: BankDeposit) -> bytes:
    told = {"deposit": one.deposit_id, "member": one.member, "instrument": one.instrument}
    return canonical({**told, "site": one.site_id, "card_h": one.card_h})


def _draw_leaf(one: BankDraw) -> bytes:
    return canonical(
        {
            "draw": one.draw_id,
            "member": one.member,
            "instrument": one.instrument,
            "card_h": one.card_h,
            "fen_per_card_h": one.fen_per_card_h,
            "taken": dict(one.taken_card_h),
        }
    )
