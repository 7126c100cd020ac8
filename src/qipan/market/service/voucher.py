"""Programmes of vouchers are issued from a fund, pay their part of the bills of auctions, and give back what is left.

A fund puts all of it up when it issues, so that no voucher is ever without money, and none pays more than it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from qipan.accounts.model.posting import Account, Balance, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.canonical import canonical
from qipan.log.service import Log
from qipan.market.admit import HOUSE, check_programme
from qipan.market.model.auction import Outcome, Redeemed
from qipan.market.model.voucher import Programme
from qipan.market.pay import OWN, VOUCHERS
from qipan.market.record import moment
from qipan.market.service import lock
from qipan.market.service.margin import MONEY
from qipan.market.service.trading import Trading
from qipan.market.store import voucher as store
from qipan.market.voucher import redeem_all
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

PROGRAMME_KIND: Final = "voucher_programme"
"""Kind of the leaf of a programme in the log."""


class Vouchers:
    """What funds have promised to pay of members' purchases, and what they have paid."""

    def __init__(self, trading: Trading, accounts: Accounts, log: Log) -> None:
        self._trading = trading
        self._accounts = accounts
        self._log = log

    def issue(self, unit: UnitOfWork, programme: Programme, now: datetime) -> bool:
        """Issue the vouchers of a programme, with all their money from its fund; ``False`` if it was before.

        Raises
        ------
        BadInputError
            ``programme_unfit``.
        NotFoundError
            ``member_unknown`` where a holder or supplier is no member.
        ConflictError
            ``programme_taken`` where another one stands under the name.
        RuleBrokenError
            ``programme_late`` where it starts before now; ``transfers_refused`` where the fund does not hold as much.
        """
        check_programme(programme)
        unit.lock(lock.VOUCHERS)
        stands = store.programmes(unit, programme.programme_id).get(programme.programme_id)
        if stands is not None:
            if stands != programme:
                raise ConflictError(
                    f"A programme must keep the terms that it was issued on, was other ones: {programme.programme_id}.",
                    code="programme_taken",
                    hint="Issue it under another name.",
                )
            return False
        if programme.starts < in_utc(now):
            raise RuleBrokenError(
                f"A programme must start when it is issued or later, was {programme.starts}.",
                code="programme_late",
                hint="Let it start in time to come; what is billed already is not paid anew.",
            )
        for name in sorted({*programme.holders, *programme.suppliers}):
            self._trading.member(unit, name)
        self._accounts.open_asset(unit, MONEY, now)
        purpose, floor = OWN[VOUCHERS]
        self._accounts.open_account(unit, Account(VOUCHERS, HOUSE, MONEY.asset_id, purpose, floor=floor), now)
        self._move(unit, f"voucher/issue/{programme.programme_id}", programme.fund, VOUCHERS, programme.fen, now)
        store.insert_programme(unit, programme, now)
        told: dict[str, Any] = {
            "cap_fen": programme.cap_fen,
            "ends": moment(programme.ends),
            "fund": programme.fund,
            "holders": dict(programme.holders),
            "programme": programme.programme_id,
            "rate_bp": programme.rate_bp,
            "starts": moment(programme.starts),
            "suppliers": sorted(programme.suppliers),
        }
        self._log.append(unit, PROGRAMME_KIND, canonical(told), now)
        record_action(unit, "vouchers_issued", programme.programme_id, now, fen=programme.fen)
        return True

    def close(self, unit: UnitOfWork, programme_id: str, now: datetime) -> int:
        """Give what is left of a programme that has ended back to its fund; return how much, told again if it was.

        Raises
        ------
        NotFoundError
            ``programme_unknown``.
        RuleBrokenError
            ``programme_running`` before its end.
        """
        unit.lock(lock.VOUCHERS)
        programme = self.programme(unit, programme_id)
        closed = store.closings(unit)
        if programme_id in closed:
            return closed[programme_id]
        if in_utc(now) < programme.ends:
            raise RuleBrokenError(
                f"A programme must have ended before it is closed, was to end at {programme.ends}.",
                code="programme_running",
                hint="Wait for its end; until then its vouchers pay.",
            )
        left = sum(self.left(unit)[programme_id].values())
        if left:
            self._move(unit, f"voucher/close/{programme_id}", VOUCHERS, programme.fund, left, now)
        store.insert_closing(unit, programme_id, left, now)
        record_action(unit, "vouchers_closed", programme_id, now, fen=left)
        return left

    def programme(self, unit: UnitOfWork, programme_id: str) -> Programme:
        """Return a programme.

        Raises
        ------
        NotFoundError
            ``programme_unknown``.
        """
        found = store.programmes(unit, programme_id).get(programme_id)
        if found is None:
            raise NotFoundError(
                f"A programme of vouchers must be issued, was none: {programme_id!r}.",
                code="programme_unknown",
                hint="See which are with qipan market voucher list.",
            )
        return found

    def programmes(self, unit: UnitOfWork) -> dict[str, Programme]:
        """Return all programmes by id, in the order in which they were issued."""
        return store.programmes(unit)

    def left(self, unit: UnitOfWork, redeemed_after: int | None = None) -> dict[str, dict[str, int]]:
        """Return what every voucher can still pay, fen by programme and holder.

        Parameters
        ----------
        redeemed_after
            As this redemption left them; as they are now, if none is named.
        """
        spent = store.spent(unit, redeemed_after)
        return {
            name: {holder: fen - spent.get((name, holder), 0) for holder, fen in programme.holders.items()}
            for name, programme in store.programmes(unit).items()
        }

    def closings(self, unit: UnitOfWork) -> dict[str, int]:
        """Return the programmes that are closed, with what went back to their funds, in fen."""
        return store.closings(unit)

    def redeemed(self, unit: UnitOfWork, programme_id: str) -> tuple[tuple[Redeemed, str], ...]:
        """Return what vouchers of a programme paid and what came back, each with the refund that it came back by."""
        return store.redeemed(unit, programme_id=programme_id)

    # --- for the auction -----------------------------------------------------------------------------------------

    def redeem(
        self, unit: UnitOfWork, outcome: Outcome, at: datetime, redeemed_after: int | None = None
    ) -> tuple[Redeemed, ...]:
        """Return what vouchers pay of an auction at a moment; nothing is kept."""
        left = self.left(unit, redeemed_after)
        standing = [
            programme.voucher(holder, fen)
            for name, programme in store.programmes(unit).items()
            if programme.starts <= at
            for holder, fen in left[name].items()
        ]
        return redeem_all(outcome, standing, at)

    def enter(self, unit: UnitOfWork, redeemed: Sequence[Redeemed], refund_id: str = "") -> None:
        """Enter what vouchers paid, or what came back to them by a refund."""
        store.insert_redeemed(unit, redeemed, refund_id)

    def paid(self, unit: UnitOfWork, auction: str) -> tuple[Redeemed, ...]:
        """Return what vouchers paid of an auction, without what came back."""
        return tuple(one for one, refund_id in store.redeemed(unit, auction=auction) if not refund_id)

    def returned(self, unit: UnitOfWork, auction: str) -> tuple[tuple[Redeemed, str], ...]:
        """Return what came back to vouchers by refunds of an auction, each with its refund."""
        return tuple((one, refund_id) for one, refund_id in store.redeemed(unit, auction=auction) if refund_id)

    def newest(self, unit: UnitOfWork) -> int:
        """Return the number of the last redemption, 0 before the first."""
        unit.lock(lock.VOUCHERS)
        return store.newest(unit)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold what vouchers have paid against their terms and the account that pays them.

        Rules: ``voucher_overspent``, ``vouchers_unbacked``.
        """
        found = []
        closed, left = store.closings(unit), self.left(unit)
        backed = sum(sum(holders.values()) - closed.get(name, 0) for name, holders in left.items())
        for name, holders in left.items():
            for holder, fen in holders.items():
                if fen < 0:
                    told = f"The voucher of {holder} in {name} must not pay more than it has, was {-fen} fen more."
                    found.append(Finding(0, "holder", "voucher_overspent", told))
        held = self._accounts.balances(unit, [VOUCHERS]).get((VOUCHERS, None), Balance()).posted
        if held != backed:
            told = f"{VOUCHERS} must hold what vouchers can still pay, {backed} fen, was {held}."
            found.append(Finding(0, "account", "vouchers_unbacked", told))
        return tuple(found)

    def _move(self, unit: UnitOfWork, name: str, debit: str, credit: str, fen: int, now: datetime) -> None:
        draft = Draft(transfer_id=name, debit=debit, credit=credit, amount=fen, reason="voucher")
        self._accounts.post_whole(unit, [draft], now)
