"""Members are marked each day, called, paid, and closed out where they do not answer.

Whoever writes to several things takes its locks in one order: the day's clearing, books by name, auctions, cover, the
log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from qipan.accounts.model.posting import Balance
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import Interval, in_utc
from qipan.log.service import Log
from qipan.market.mark import mark
from qipan.market.model.clearing import DayMark, Default, Hold, Settlement
from qipan.market.model.contract import HOUR, MARKET_ZONE
from qipan.market.model.mark import MarkRule
from qipan.market.model.order import MOST_FEN_PER_CARD_H, MOST_LOTS, Entry, Order, Side, Trade
from qipan.market.model.request import Cancel, Listing, Request
from qipan.market.service.lock import lock_books
from qipan.market.service.margin import Margins, unsettled
from qipan.market.service.quote import mean_fen, refuse_stated
from qipan.market.service.trading import Trading
from qipan.market.service.withdrawal import lock_auctions, withdraw
from qipan.market.settle import CAPITAL, CLEARING, Group, hold_id, margin_account, paid_fen, settle
from qipan.market.store import book as books
from qipan.market.store import clearing as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

BAND_PERCENT: Final = 20
"""How far from the last mark a position is closed out, at most."""

_TICK: Final = timedelta(microseconds=1)


class Clearing:
    """The clearing house: the counterparty of every position, and what secures it."""

    def __init__(self, trading: Trading, margins: Margins, accounts: Accounts, log: Log) -> None:
        self._trading = trading
        self._margins = margins
        self._accounts = accounts
        self._log = log

    # --- the day -------------------------------------------------------------------------------------------------

    def mark(self, unit: UnitOfWork, now: datetime, plan_fen: Mapping[str, float] | None = None) -> tuple[DayMark, ...]:
        """Fix the marks of the market's day, once; trades from here on belong to the next one.

        The closing window is the last hour before. A book in which nobody holds anything, and that has no price, has
        no mark. The last mark of a book comes when its trading has ended.

        Parameters
        ----------
        plan_fen
            Price of the physical plan as it is stated, by instrument, fen a card-hour, for books without trades, quotes
            and cleared auctions of all their hours.

        Raises
        ------
        NotFoundError
            ``book_unknown`` for a plan of no book.
        RuleBrokenError
            ``day_marked`` where a price is stated for a day that is marked; ``day_unsettled`` while the marked day
            before waits; ``day_past``; ``spot_priced``; ``marks_missing`` with a
            finding for each book that has no price.
        """
        lock_books(unit)
        day = market_day(now)
        marked = store.days(unit)
        for name in plan_fen or {}:
            self._trading.listing(unit, name)
        if day in marked:
            return self._marked_before(unit, day, plan_fen or {})
        waiting = store.waiting_day(unit)
        if waiting is not None:
            raise unsettled(waiting)
        if marked and day < marked[-1]:
            raise RuleBrokenError(
                f"A day must come after those that are marked, was {day} after {marked[-1]}.",
                code="day_past",
                hint="Check the clock of this machine.",
            )
        plan = plan_fen or {}
        for name in plan:
            ware = self._trading.listing(unit, name).instrument
            if mean_fen(unit, ware) is not None:
                refuse_stated(ware, [ware.window.start])
        before = store.marks_before(unit, day)
        found: list[DayMark] = []
        missing: list[Finding] = []
        for name, listing in books.listings(unit, store.books_to_mark(unit)).items():
            try:
                made = self._mark(unit, listing, before.get(name), day, now, plan.get(name))
            except RuleBrokenError as error:
                missing.append(Finding(len(missing) + 1, "instrument", error.code, error.message, name))
                continue
            found += [made] if made else []
        if missing:
            raise RuleBrokenError(
                f"Every book in which somebody holds something must have a price, was without: {missing[0].value}.",
                code="marks_missing",
                hint="Clear auctions of their hours, or state the plan's price for the books that are named.",
                findings=missing,
            )
        store.insert_marks(unit, day, tuple(found), now)
        record_action(unit, "market_marked", day, now, marks=len(found), stated_fen_per_card_h=dict(plan))
        return tuple(found)

    def settle(self, unit: UnitOfWork, now: datetime) -> Settlement:
        """Post what the newest marks lead to, whole; or call for what is missing, and post nothing.

        Once it is settled, it is told again and nothing is posted.

        Raises
        ------
        NotFoundError
            ``day_unmarked`` before the first mark.
        RuleBrokenError
            ``default_uncovered``; ``transfers_refused``.
        """
        lock_books(unit)
        day = self._newest_day(unit)
        told = store.digests(unit)
        if day in told:
            paid = self._paid(unit, day)
            return Settlement(day, paid, self._held(unit), {}, digest=told[day], is_settled=True)
        found = self.pay(unit, day, self._paid(unit, day), Group(str(day)), now)
        if found.is_settled:
            store.insert_settlement(unit, day, found.digest, now)
            record_action(unit, "market_settled", day, now, digest=found.digest)
        return found

    def pay(
        self,
        unit: UnitOfWork,
        day: date,
        paid: Mapping[str, int],
        group: Group,
        now: datetime,
        *,
        without: str = "",
    ) -> Settlement:
        """Pay a group whole and hold margin anew, none for a book that is left out; or call, and post nothing.

        Raises
        ------
        RuleBrokenError
            ``default_uncovered``; ``transfers_refused``.
        """
        found = self._reckon(unit, day, paid, group, without)
        store.set_calls(unit, found.calls_fen)
        if found.calls_fen:
            record_action(unit, "margin_called", group.name, now, **found.calls_fen)
            return found
        self._accounts.post_whole(unit, found.drafts, now)
        store.clear_holds(unit)
        for member, fen in found.required_fen.items():
            store.set_hold(unit, Hold(member, hold_id(group, member), fen))
        return replace(found, calls_fen={}, is_settled=True)

    def last_mark(self, unit: UnitOfWork, instrument: str) -> DayMark:
        """Return the last mark of a book, once it is settled.

        Raises
        ------
        RuleBrokenError
            ``book_unsettled`` where trading goes on, or the last mark is not there or not settled; ``day_unsettled``
            while any marked day waits.
        """
        waiting = store.waiting_day(unit)
        if waiting is not None:
            raise unsettled(waiting)
        found = store.newest_mark(unit, instrument)
        if found is None or not found.is_final or self._came_late(unit, found):
            raise RuleBrokenError(
                f"A book must have its last mark, and be settled at it, was not: {instrument}.",
                code="book_unsettled",
                hint="Once its trading is over: qipan market forward mark, then settle; tomorrow if today is marked.",
            )
        return found

    def default(self, unit: UnitOfWork, member_id: str, now: datetime) -> tuple[Trade, ...]:
        """Declare that a member did not answer its call, and close out what it holds as far as others stand ready.

        Its open orders are cancelled, in books and in auctions that are not cleared. Positions are closed in their
        books, at most `BAND_PERCENT` away from the last mark; what nobody takes stays, and may be closed out again.
        What that loses, the next settlements pay.

        Raises
        ------
        NotFoundError
            ``member_unknown``.
        RuleBrokenError
            ``default_uncalled`` where it has no open call, or has what the day that waits takes of it.
        """
        self._trading.member(unit, member_id)
        lock_books(unit)
        auctions = lock_auctions(unit, member_id)
        if member_id not in store.defaults(unit):
            if member_id not in self._open_calls(unit):
                raise RuleBrokenError(
                    f"A member must have an open call before it defaults, was without: {member_id}.",
                    code="default_uncalled",
                    hint="Mark the day and settle it; a call follows where margin is missing.",
                )
            store.insert_default(unit, Default(member_id, self._newest_day(unit), now))
            record_action(unit, "member_defaulted", member_id, now)
        for auction in auctions:
            withdraw(unit, self._accounts, self._log, member_id, now, auction=auction)
        marks = {one.instrument: one for one in store.marks(unit, self._newest_day(unit))}
        closed: list[Trade] = []
        for name, listing in books.listings(unit, store.books_to_mark(unit)).items():
            closed += self._close_out(unit, listing, member_id, marks.get(name), now)
        return tuple(closed)

    def days(self, unit: UnitOfWork) -> dict[date, str]:
        """Return the days that are marked, in order, each with the digest of its settlement; empty while it waits."""
        told = store.digests(unit)
        return {day: told.get(day, "") for day in store.days(unit)}

    def marks(self, unit: UnitOfWork, *, instrument: str | None = None) -> tuple[DayMark, ...]:
        """Return marks day by day, of a book if one is named."""
        return store.all_marks(unit, instrument=instrument)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold settled days, what is held, and the clearing house's own account against what they follow from.

        Rules: ``variation_differs``, ``hold_differs``, ``clearing_not_empty``.
        """
        found: list[Finding] = []
        posted = {
            one.transfer_id: one.amount if one.credit != CLEARING else -one.amount
            for one in self._accounts.transfers(unit, CLEARING)
        }
        for day in store.digests(unit):
            for member, fen in self._paid(unit, day).items():
                borne = sum(amount for name, amount in posted.items() if name.startswith(f"default/{day}/{member}/"))
                if posted.get(f"vm/{day}/{member}", 0) + borne != fen:
                    told = f"Variation margin of {member} on {day} must be {fen} fen, was posted otherwise."
                    found.append(Finding(0, "member", "variation_differs", told))
        for member, hold in store.holds(unit).items():
            account = margin_account(member)
            pending = self._accounts.balances(unit, [account]).get((account, None), Balance())
            if pending.debits_pending < hold.fen:
                told = f"Of {member} {hold.fen} fen must be held, was {pending.debits_pending}."
                found.append(Finding(0, "member", "hold_differs", told))
        own = self._accounts.balances(unit, [CLEARING]).get((CLEARING, None), Balance())
        if own.posted:
            told = f"{CLEARING} must hold nothing between settlements, was {own.posted} fen."
            found.append(Finding(0, "account", "clearing_not_empty", told))
        return tuple(found)

    # --- how it is done ------------------------------------------------------------------------------------------

    def _reckon(
        self, unit: UnitOfWork, day: date, paid: Mapping[str, int], group: Group, without: str = ""
    ) -> Settlement:
        """Return what a group comes to with what members have now; nothing is posted."""
        capital = self._accounts.balances(unit, [CAPITAL]).get((CAPITAL, None), Balance()).available
        required, purses = self._margins.required(unit, without=without), self._margins.purses(unit)
        return settle(day, paid, required, purses, capital, group=group)

    def _open_calls(self, unit: UnitOfWork) -> dict[str, int]:
        """Return the calls that are open, as members stand now where a day waits: money may have come since."""
        called, waiting = store.calls(unit), store.waiting_day(unit)
        if waiting is None or not called:
            return called
        lacking = self._reckon(unit, waiting, self._paid(unit, waiting), Group(str(waiting))).calls_fen
        return {member: fen for member, fen in lacking.items() if member in called}

    @staticmethod
    def _marked_before(unit: UnitOfWork, day: date, plan_fen: Mapping[str, float]) -> tuple[DayMark, ...]:
        """Return the marks of a day that stands; a price that is stated only now must not have made a difference."""
        marks = store.marks(unit, day)
        standing = {one.instrument: one.mark for one in marks}
        late = sorted(
            name
            for name, fen in plan_fen.items()
            if name not in standing
            or (standing[name].rule is MarkRule.PLAN and standing[name].fen_per_card_h != round(fen))
        )
        if late:
            raise RuleBrokenError(
                f"A price must be stated before its day is marked, was after that for {day}: {late[0]}.",
                code="day_marked",
                hint="Marks are fixed once a day; state it for the next day.",
            )
        return marks

    @staticmethod
    def _came_late(unit: UnitOfWork, last: DayMark) -> bool:
        """Tell whether positions came into a book behind its last mark, at another price than that."""
        since = books.trades(unit, last.instrument, after=last.last_trade)
        return any(one.fen_per_card_h != last.mark.fen_per_card_h for one in since)

    def _newest_day(self, unit: UnitOfWork) -> date:
        days = store.days(unit)
        if not days:
            raise NotFoundError(
                "A day must be marked before it is settled, was none.",
                code="day_unmarked",
                hint="Mark it with qipan market forward mark.",
            )
        return days[-1]

    def _mark(
        self,
        unit: UnitOfWork,
        listing: Listing,
        before: DayMark | None,
        day: date,
        now: datetime,
        plan_fen_per_card_h: float | None,
    ) -> DayMark | None:
        name = listing.instrument.name
        is_final = in_utc(now) >= listing.last_trading
        end = listing.last_trading if is_final else in_utc(now)
        # Quotes are those that stood in the last moment of trading, before all of them expire.
        self._trading.pass_time(unit, name, end - _TICK if is_final else end)
        with self._trading.look(unit, name) as kept:
            bid, ask = kept.book.best_fen_per_card_h(Side.BUY), kept.book.best_fen_per_card_h(Side.SELL)
            is_held = any(kept.book.positions.values())
        if is_final:
            self._trading.pass_time(unit, name, now)
        covered = before.last_trade if before else 0
        trades = books.trades(unit, name, after=covered)
        if before is not None and before.is_final:
            return DayMark(day, name, before.mark, trades[-1].sequence, is_final=True)
        spot = mean_fen(unit, listing.instrument)
        is_at_stake = bool(trades) or is_held
        if not is_at_stake and None in (bid, ask) and spot is None and plan_fen_per_card_h is None:
            return None
        carried = [one.fen_per_card_h for one in trades if one.is_carried]
        if before is not None and before.mark.rule is MarkRule.CARRIED:
            carried = carried or [before.mark.fen_per_card_h]
        found = mark(
            trades,
            Interval(end - HOUR, end),
            bid_fen_per_card_h=bid,
            ask_fen_per_card_h=ask,
            spot_fen_per_card_h=spot,
            plan_fen_per_card_h=plan_fen_per_card_h,
            carried_fen_per_card_h=carried[-1] if carried else None,
        )
        return DayMark(day, name, found, trades[-1].sequence if trades else covered, is_final)

    def _paid(self, unit: UnitOfWork, day: date) -> dict[str, int]:
        """Return the variation margin of a day from its marks and those before, and the trades between them."""
        marks, before = store.marks(unit, day), store.marks_before(unit, day)
        covered = {name: one.last_trade for name, one in before.items()}
        return paid_fen(
            marks,
            {name: one.mark.fen_per_card_h for name, one in before.items()},
            {one.instrument: store.positions(unit, one.instrument, covered.get(one.instrument, 0)) for one in marks},
            {
                one.instrument: books.trades(
                    unit, one.instrument, after=covered.get(one.instrument, 0), until=one.last_trade
                )
                for one in marks
            },
            books.listings(unit),
        )

    def _held(self, unit: UnitOfWork) -> dict[str, int]:
        return {member: hold.fen for member, hold in store.holds(unit).items()}

    def _close_out(
        self, unit: UnitOfWork, listing: Listing, member: str, marked: DayMark | None, now: datetime
    ) -> list[Trade]:
        """Cancel a defaulter's open orders in a book, and trade its position away as far as others stand ready."""
        name = listing.instrument.name
        with self._trading.look(unit, name) as kept:
            number, standing = kept.number, kept.open_orders(member)
            lots = kept.book.positions.get(member, 0)
        prefix = f"close/{name}"
        own: list[Request] = [
            Cancel(f"{prefix}/{number + 1 + at}", member, name, order.order_id) for at, order in enumerate(standing)
        ]
        if lots and marked is not None and in_utc(now) < listing.last_trading:
            side = Side.SELL if lots > 0 else Side.BUY
            limit = min(marked.mark.fen_per_card_h * (100 + side * BAND_PERCENT) // 100, MOST_FEN_PER_CARD_H)
            order_id = f"{prefix}/{number + 1 + len(own)}"
            own.append(Order(order_id, member, name, side, min(abs(lots), MOST_LOTS), limit, Entry.IMMEDIATE))
        return [trade for answer in self._trading.act(unit, own, now) for trade in answer.trades]


def market_day(now: datetime) -> date:
    """Return the market's day, that of UTC+8, at a moment."""
    return in_utc(now).astimezone(MARKET_ZONE).date()
