"""Members bring margin and trade under it: what their positions and open orders need is held before an order stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Balance, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import NotAllowedError, RuleBrokenError
from qipan.market.admit import HOUSE, check_id
from qipan.market.model.clearing import Hold, Purse
from qipan.market.model.order import Order, State
from qipan.market.model.request import Answer, Member, Request
from qipan.market.service import lock
from qipan.market.service.trading import Trading
from qipan.market.settle import CAPITAL, CLEARING, HELD, freed_id, fund_account, margin_account, required_fen
from qipan.market.store import book as books
from qipan.market.store import clearing as store
from qipan.storage.books import UnitOfWork

MONEY: Final = Asset("fen", AssetKind.MONEY)
"""What everything is paid in."""


_OWN: Final = ((CLEARING, "clearing"), (HELD, "margin_held"), (CAPITAL, "capital"))


class Margins:
    """What secures positions: margin accounts of members, and what is held of them."""

    def __init__(self, trading: Trading, accounts: Accounts) -> None:
        self._trading = trading
        self._accounts = accounts

    # --- members and their money ---------------------------------------------------------------------------------

    def admit(self, unit: UnitOfWork, member: Member, now: datetime) -> bool:
        """Admit a member and open its accounts, and those of the clearing house; ``False`` when it is one already.

        Raises
        ------
        BadInputError
            ``member_unfit``; ``key_line_malformed``.
        ConflictError
            ``member_taken``; ``asset_taken``, ``account_taken`` where other ones stand under the names.
        """
        is_new = self._trading.admit(unit, member, now)
        self._accounts.open_asset(unit, MONEY, now)
        for name, purpose in _OWN:
            self._accounts.open_account(unit, Account(name, HOUSE, MONEY.asset_id, purpose), now)
        for name, purpose in ((margin_account(member.member_id), "margin"), (fund_account(member.member_id), "fund")):
            self._accounts.open_account(unit, Account(name, member.member_id, MONEY.asset_id, purpose), now)
        return is_new

    def bring(
        self,
        unit: UnitOfWork,
        member_id: str,
        now: datetime,
        *,
        source: str,
        fen: int,
        transfer_id: str,
        to_fund: bool = False,
    ) -> bool:
        """Bring money of an account to a member's margin, or to its share of the fund; ``False`` if it was before.

        Margin answers the member's call as far as it goes.

        Raises
        ------
        NotFoundError
            ``member_unknown``.
        RuleBrokenError
            ``transfers_refused``, as `qipan.accounts.service.posting.Accounts.post_whole`.
        """
        self._trading.member(unit, member_id)
        if to_fund:
            return self._pay(unit, transfer_id, source, fund_account(member_id), fen, now)
        unit.lock(lock.DAY)
        is_new = self._pay(unit, transfer_id, source, margin_account(member_id), fen, now)
        if is_new:
            store.answer_call(unit, member_id, fen)
        return is_new

    def take_back(
        self, unit: UnitOfWork, member_id: str, now: datetime, *, account: str, fen: int, transfer_id: str
    ) -> bool:
        """Take free margin back to an account; ``False`` if it was before. What is held stays.

        Who stands in a book whose marks wait to be settled takes nothing back: what they cost it is not paid yet.

        Raises
        ------
        NotFoundError
            ``member_unknown``.
        NotAllowedError
            ``margin_called``, ``member_defaulted``.
        RuleBrokenError
            ``day_unsettled``; ``transfers_refused``.
        """
        self._trading.member(unit, member_id)
        unit.lock(lock.DAY)
        self.check_standing(unit, {member_id})
        day = store.waiting_day(unit)
        if day is not None:
            marked = {one.instrument for one in store.marks(unit, day)}
            if marked & {one.instrument for one in books.exposures(unit, member=member_id)}:
                raise unsettled(day)
        return self._pay(unit, transfer_id, margin_account(member_id), account, fen, now)

    # --- trading under margin ------------------------------------------------------------------------------------

    def send(
        self, unit: UnitOfWork, requests: Sequence[Request], now: datetime, signatures: Mapping[str, str] | None = None
    ) -> tuple[Answer, ...]:
        """Enter requests of one book as `Trading.send` does, and hold the margin that new orders need.

        What is held covers the largest positions that open orders can lead to, in all books. Where free margin does not
        suffice, nothing is entered, and the ids stay free.

        Raises
        ------
        NotAllowedError
            ``margin_called``, ``member_defaulted`` for orders; what is open may still be cancelled.
        RuleBrokenError
            ``margin_short``.
        QipanError
            As `Trading.send`.
        """
        if requests:
            unit.lock(lock.of_book(requests[0].instrument))
        answers = self._trading.send(unit, requests, now, signatures)
        new = {
            one.entered.member: request
            for request, one in zip(requests, answers, strict=True)
            if one.is_new and isinstance(request, Order)
        }
        self.check_standing(unit, new)
        for member in sorted(new):
            order = new[member]
            if any(one.is_new and one.entered.member == member and _binds(one) for one in answers):
                self._hold(unit, member, f"im/r/{order.order_id}", now)
        return answers

    def account(self, member_id: str) -> str:
        """Return the account that a member pays margin from and is paid to."""
        return margin_account(member_id)

    def purses(self, unit: UnitOfWork) -> tuple[Purse, ...]:
        """Return what stands behind each member, in the order in which they were admitted."""
        members = list(books.members(unit))
        holds, defaults = store.holds(unit), store.defaults(unit)
        names = [account(one) for one in members for account in (margin_account, fund_account)]
        balances = self._accounts.balances(unit, names)

        def available(account: str) -> int:
            return balances.get((account, None), Balance()).available

        return tuple(
            Purse(
                one,
                available(margin_account(one)) + (holds[one].fen if one in holds else 0),
                available(fund_account(one)),
                holds.get(one),
                is_defaulted=one in defaults,
            )
            for one in members
        )

    def required(self, unit: UnitOfWork, *, without: str | None = None) -> dict[str, int]:
        """Return the initial margin that positions and open orders need now, fen by member; a book may be left out."""
        listings = books.listings(unit)
        exposures = [one for one in books.exposures(unit) if one.instrument != without]
        members = sorted({one.member for one in exposures})
        return {name: required_fen((one for one in exposures if one.member == name), listings) for name in members}

    def calls(self, unit: UnitOfWork) -> dict[str, int]:
        """Return the calls that are open, fen by member."""
        return store.calls(unit)

    def check_standing(self, unit: UnitOfWork, members: Collection[str]) -> None:
        """Refuse members that are called or have defaulted.

        Raises
        ------
        NotAllowedError
            ``margin_called``, ``member_defaulted``.
        """
        calls, defaults = store.calls(unit), store.defaults(unit)
        for member in members:
            if member in defaults:
                raise NotAllowedError(
                    f"A member must not have defaulted, was in default since {defaults[member].day}: {member}.",
                    code="member_defaulted",
                    hint="Its positions are closed out; only the clearing house acts for it.",
                )
            if member in calls:
                raise NotAllowedError(
                    f"A member must have answered its call, was short of {calls[member]} fen: {member}.",
                    code="margin_called",
                    hint="Bring margin with qipan market member bring.",
                )

    # --- how it is done -------------------------------------------------------------------------------------------

    def _pay(self, unit: UnitOfWork, name: str, debit: str, credit: str, fen: int, now: datetime) -> bool:
        check_id(name)
        draft = Draft(transfer_id=name, debit=debit, credit=credit, amount=fen, reason="margin")
        return self._accounts.post_whole(unit, [draft], now) == 1

    def _hold(self, unit: UnitOfWork, member: str, name: str, now: datetime) -> None:
        """Hold more of a member's margin where its exposures need more; what is too much stays until the next mark."""
        # Who has entered a request holds the lock of the log: no other order of the member can pass here meanwhile.
        needed = required_fen(books.exposures(unit, member=member), books.listings(unit))
        hold = store.holds(unit).get(member)
        held = 0 if hold is None else hold.fen
        if needed <= held:
            return
        account = margin_account(member)
        free = self._accounts.balances(unit, [account]).get((account, None), Balance()).available
        if needed > free + held:
            raise RuleBrokenError(
                f"Margin must cover positions and open orders, was {free + held} fen of {needed}: {member}.",
                code="margin_short",
                hint="Bring margin with qipan market member bring, or order less.",
            )
        drafts = [Draft(transfer_id=name, action=Action.PENDING, debit=account, credit=HELD, amount=needed,
                        reason="initial_margin")]  # fmt: skip
        if hold is not None:
            free_it = Draft(
                transfer_id=freed_id(hold.transfer_id),
                action=Action.VOID,
                pending_id=hold.transfer_id,
                linked=True,
                reason="initial_margin",
            )
            drafts.insert(0, free_it)
        self._accounts.post_whole(unit, drafts, now)
        store.set_hold(unit, Hold(member, name, needed))


def unsettled(day: date) -> RuleBrokenError:
    """Return the error of what must wait until a marked day is settled."""
    return RuleBrokenError(
        f"A marked day must be settled before anything follows from it, was not: {day}.",
        code="day_unsettled",
        hint="Let the members that are called bring margin, or default, and settle again.",
    )


def _binds(answer: Answer) -> bool:
    """Tell whether an order stands or has traded."""
    return answer.entered.refusal is None and (answer.entered.state is State.OPEN or bool(answer.trades))
