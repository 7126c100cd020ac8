"""Books of long windows become books of short ones; short ones are allocated to sites, served, and paid.

Buyers pay the last mark ahead, into the account of delivery; what came of it empties that account again. Each step is
one group of linked transfers under ids that follow from its number, and one leaf of the log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from qipan.accounts.model.posting import Account, Balance
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.market.admit import HOUSE
from qipan.market.cascade import cascade, pairs, parts
from qipan.market.check_delivery import check_delivery
from qipan.market.deliver import CLOSE_BEFORE, gate_of, use
from qipan.market.fulfil import fulfil, price_fen, reserve, short_hours
from qipan.market.hand_over import MILLI_PER_S, came, give, take_back
from qipan.market.model.contract import Instrument, Tenor
from qipan.market.model.delivery import Allocated, Allocation, Delivered, Delivery, Outturn, Reserved, Supply, Use
from qipan.market.model.position import Position
from qipan.market.model.request import Carry, Listing, Request
from qipan.market.record import ALLOCATION_KIND, DELIVERY_KIND, allocation_leaf, delivery_record, read_delivery
from qipan.market.service.clearing import Clearing, market_day
from qipan.market.service.handing import hand, served_of
from qipan.market.service.lock import lock_books
from qipan.market.service.margin import MONEY
from qipan.market.service.nomination import check_deliverable
from qipan.market.service.quote import merged, rule_of
from qipan.market.service.trading import Trading
from qipan.market.settle import CAPITAL, CLEARING, Group
from qipan.market.store import book as books
from qipan.market.store import clearing as days
from qipan.market.store import delivery as store
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

ESCROW: Final = "market/delivery"
"""Account of what buyers paid ahead for what is not delivered yet."""


class Deliveries:
    """What was sold is delivered, or paid for."""

    def __init__(self, trading: Trading, clearing: Clearing, accounts: Accounts, log: Log) -> None:
        self._trading = trading
        self._clearing = clearing
        self._accounts = accounts
        self._log = log

    # --- cascade -------------------------------------------------------------------------------------------------

    def cascade(self, unit: UnitOfWork, instrument: str, now: datetime) -> tuple[Position, ...]:
        """Carry the positions of a book, at its last mark, into the books of the next shorter windows.

        Books that are not there are opened at its margin, until `CLOSE_BEFORE` their windows. Lots, card-hours, margin
        and the value of every hour stay what they were. Once it is done, there is nothing left to carry.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        RuleBrokenError
            ``window_indivisible`` for an hour; ``book_unsettled``, ``day_unsettled``; ``delivery_allocated`` where a
            book that it would go to is allocated, or this one.
        """
        listing = self._trading.listing(unit, instrument)
        ware = listing.instrument
        targets = [Instrument(ware.card_class, ware.hub_id, part) for part in parts(ware.window)]
        names = [instrument, *(one.name for one in targets)]
        lock_books(unit, names)
        marked = self._clearing.last_mark(unit, instrument)
        fen = marked.mark.fen_per_card_h
        positions = self._positions(unit, instrument)
        allocated = list(store.allocations(unit, names))
        if not positions:
            return ()
        if allocated:
            raise RuleBrokenError(
                f"A book must be cascaded before books in its window are allocated, was after: {allocated[0]}.",
                code="delivery_allocated",
                hint="Cascade weeks and months before the gate of their first day.",
            )
        dealt = pairs(positions)
        self._carry(unit, ware, f"cascade/{instrument}", dealt, fen, now, is_out=True)
        for target in targets:
            end = target.window.start - CLOSE_BEFORE
            made = Listing(target, end, listing.margin_fen_per_card_h, f"cascade:{ware.window.name}")
            if target.name not in books.listings(unit, [target.name]):
                self._trading.open_book(unit, made, now, is_carried=True)
            self._carry(unit, target, f"cascade/{instrument}/{target.window.name}", dealt, fen, now, is_out=False)
        record_action(unit, "market_cascaded", instrument, now, parts=len(targets))
        return tuple(part for member, lots in positions.items() for part in cascade(Position(member, ware, lots, fen)))

    # --- allocation ----------------------------------------------------------------------------------------------

    def allocate(self, unit: UnitOfWork, instrument: str, now: datetime) -> Allocated:
        """Reserve what buyers bought at the sites that supply it, and let them pay for it ahead.

        Where a member lacks money, it is called and nothing is posted. Once it is done, it is told again.

        Raises
        ------
        NotFoundError
            ``book_unknown``.
        RuleBrokenError
            ``window_too_long``; ``gate_open``; ``delivery_uncascaded``; ``book_unsettled``, ``day_unsettled``;
            ``default_uncovered``; ``transfers_refused``.
        """
        lock_books(unit, [instrument])
        ware = self._trading.listing(unit, instrument).instrument
        known = store.allocations(unit, [instrument])
        if instrument in known:
            reserved = store.reserved(unit, instrument=instrument)
            hand(self._accounts, unit, now, give(served_of(unit, known[instrument])))
            fen = price_fen(reserved, known[instrument].fen_per_card_h)
            return Allocated(known[instrument], reserved, fen, {}, is_new=False)
        check_deliverable(ware)
        if in_utc(now) < gate_of(ware.window):
            raise RuleBrokenError(
                f"A book must be allocated after its gate closes at {gate_of(ware.window)}, was {now}.",
                code="gate_open",
                hint="Until then sellers may still nominate.",
            )
        self._check_cascaded(unit, ware, now)
        marked = self._clearing.last_mark(unit, instrument)
        traded = books.trades(unit, instrument, after=marked.last_trade)
        last = traded[-1].sequence if traded else marked.last_trade
        allocation = Allocation(instrument, store.newest_allocation(unit) + 1, last, marked.mark.fen_per_card_h)
        reserved = reserve(ware, allocation.number, *self._served(unit, allocation))
        fen = price_fen(reserved, allocation.fen_per_card_h)
        self._accounts.open_account(unit, Account(ESCROW, HOUSE, MONEY.asset_id, "delivery"), now)
        paid = {member: -amount for member, amount in fen.items()}
        group = Group(f"a{allocation.number}", "rs", "delivery_price", instrument, {ESCROW: sum(fen.values())})
        found = self._clearing.pay(unit, market_day(now), paid, group, now)
        if found.calls_fen:
            return Allocated(None, (), {}, found.calls_fen, is_new=False)
        store.insert_allocation(unit, allocation, reserved, in_utc(now))
        hand(self._accounts, unit, now, give(served_of(unit, allocation)))
        self._log.append(unit, ALLOCATION_KIND, allocation_leaf(allocation, reserved), now)
        record_action(unit, "market_allocated", instrument, now, reservations=len(reserved))
        return Allocated(allocation, reserved, fen, {}, is_new=True)

    def reserved(self, unit: UnitOfWork, start: datetime, end: datetime) -> tuple[Reserved, ...]:
        """Return the reservations that hold at some time from start to end."""
        return store.reserved(unit, start=in_utc(start), end=in_utc(end))

    def allocations(self, unit: UnitOfWork) -> dict[str, Allocation]:
        """Return allocations by instrument, in their order."""
        return store.allocations(unit)

    def settled(self, unit: UnitOfWork) -> frozenset[str]:
        """Return the books whose delivery is settled."""
        return frozenset(store.deliveries(unit))

    def due(self, unit: UnitOfWork, now: datetime) -> dict[str, tuple[str, ...]]:
        """Return the books that are allocated, over and not settled, with the ids of their reservations."""
        done = store.deliveries(unit)
        found = {}
        for name in store.allocations(unit):
            if name not in done and Instrument.named(name).window.end <= in_utc(now):
                found[name] = tuple(one.reservation_id for one in store.reserved(unit, instrument=name))
        return found

    # --- delivery ------------------------------------------------------------------------------------------------

    def settle(self, unit: UnitOfWork, told: Delivery, now: datetime) -> Delivered:
        """Pay what the delivery of a book comes to, and free the margin of its positions; call first if money lacks.

        Prices on spot are those of cleared auctions; what is told is for hours that none has priced.

        Raises
        ------
        BadInputError
            ``delivery_unfit`` with a finding for each failure, price or use that cannot be.
        NotFoundError
            ``book_unknown``; ``delivery_unallocated``.
        ConflictError
            ``delivery_differs`` where the book was settled on other figures.
        RuleBrokenError
            ``delivery_not_over``; ``spot_priced``, ``spot_unpriced``; ``day_unsettled``; ``default_uncovered``;
            ``transfers_refused``.
        """
        name = told.instrument
        lock_books(unit, [name])
        ware = self._trading.listing(unit, name).instrument
        allocation = self._allocation(unit, name)
        done = store.deliveries(unit, name).get(name)
        if done is not None:
            kept = read_delivery(done)
            if not _is_same(told, kept):
                raise ConflictError(
                    f"A book must be settled on one set of figures, was settled on others: {name}.",
                    code="delivery_differs",
                    hint="Correct what was paid by a transfer of its own; it is never changed.",
                )
            served = served_of(unit, allocation)
            hand(self._accounts, unit, now, give(served), take_back(served, kept))
            rule = rule_of(unit, ware, kept.spot_fen_per_card_h)
            return Delivered(self._outturn(unit, allocation, kept), {}, is_new=False, spot_rule=rule)
        if in_utc(now) < ware.window.end:
            raise RuleBrokenError(
                f"A book must be settled after its window ends at {ware.window.end}, was {now}.",
                code="delivery_not_over",
                hint="Wait until the window is over.",
            )
        positions, supplies = self._served(unit, allocation)
        reserved = store.reserved(unit, instrument=name)
        check_delivery(ware.window, told, positions, supplies, reserved)
        stated = told.spot_fen_per_card_h
        short = short_hours(ware.window, positions, supplies, told.failures)
        told = replace(told, spot_fen_per_card_h=merged(unit, ware, stated, short))
        rule = rule_of(unit, ware, told.spot_fen_per_card_h)
        self._clearing.last_mark(unit, name)
        found = self._outturn(unit, allocation, told)
        ahead = price_fen(reserved, allocation.fen_per_card_h)
        others = {ESCROW: -sum(ahead.values()), CAPITAL: found.house_fen}
        group = Group(f"d{allocation.number}", "dl", "delivery", name, others)
        paid = self._clearing.pay(unit, market_day(now), found.paid_fen, group, now, without=name)
        if paid.calls_fen:
            return Delivered(found, paid.calls_fen, is_new=False, spot_rule=rule)
        dealt = pairs(self._positions(unit, name))
        self._carry(unit, ware, f"delivered/{name}", dealt, allocation.fen_per_card_h, now, is_out=True)
        served = served_of(unit, allocation)
        hand(self._accounts, unit, now, give(served), take_back(served, told))
        store.insert_delivery(unit, name, delivery_record(told), in_utc(now))
        self._log.append(unit, DELIVERY_KIND, delivery_record(told).encode(), now)
        failed = sum(found.failed_card_h.values())
        record_action(unit, "market_delivered", name, now, failed_card_h=failed, stated_hours=len(stated))
        return Delivered(found, {}, is_new=True, spot_rule=rule)

    def outturn(self, unit: UnitOfWork, instrument: str) -> Outturn:
        """Return what a settled delivery came to.

        Raises
        ------
        NotFoundError
            ``delivery_unallocated``; ``delivery_unsettled``.
        """
        allocation = self._allocation(unit, instrument)
        done = store.deliveries(unit, instrument)
        if not done:
            raise NotFoundError(
                f"A delivery must be settled before it is looked at, was not: {instrument}.",
                code="delivery_unsettled",
                hint="Settle it with qipan market deliver settle, once its window is over.",
            )
        return self._outturn(unit, allocation, read_delivery(done[instrument]))

    def uses(self, unit: UnitOfWork, instrument: str) -> tuple[tuple[Reserved, Use | None], ...]:
        """Return what was reserved in a book, and what of it that came was used, as far as it is told."""
        done = store.deliveries(unit, instrument).get(instrument)
        reserved = store.reserved(unit, instrument=instrument)
        if done is None:
            return tuple((one, None) for one in reserved)
        told = read_delivery(done)
        by_id = came(served_of(unit, self._allocation(unit, instrument)), told)
        card_s = {name: sum(by_hour.values()) // MILLI_PER_S for name, by_hour in by_id.items()}
        metered = told.used_card_s
        return tuple(
            (one, use(card_s[name], metered[name]) if (name := one.reservation_id) in metered else None)
            for one in reserved
        )

    def holders(self, unit: UnitOfWork) -> dict[str, str]:
        """Return who has what is reserved, by reservation: of members that had defaulted by then the clearing house."""
        found: dict[str, str] = {}
        for allocation in store.allocations(unit).values():
            served = served_of(unit, allocation)
            found |= {one.reservation_id: served.holder(one.member) for one in served.reserved}
        return found

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make reservations and payments anew from positions, words and what was told; nothing when all is well.

        Rules: ``reservation_differs``, ``delivery_payment_differs``, ``escrow_differs``; ``delivery_leaf_missing``.
        """
        found: list[Finding] = []
        posted = {
            one.transfer_id: one.amount if one.credit != CLEARING else -one.amount
            for one in self._accounts.transfers(unit, CLEARING)
        }
        done, ahead_fen = store.deliveries(unit), 0
        for name, one in store.allocations(unit).items():
            ware = self._trading.listing(unit, name).instrument
            reserved = tuple(sorted(store.reserved(unit, instrument=name), key=lambda r: r.reservation_id))
            made = reserve(ware, one.number, *self._served(unit, one))
            if tuple(sorted(made, key=lambda r: r.reservation_id)) != reserved:
                told = f"Reservations of {name} must follow from positions and words, was not."
                found.append(Finding(0, "instrument", "reservation_differs", told, name))
            ahead = price_fen(reserved, one.fen_per_card_h)
            groups = [(f"rs/a{one.number}", f"a{one.number}", {member: -fen for member, fen in ahead.items()})]
            leaves = [allocation_leaf(one, store.reserved(unit, instrument=name))]
            if name in done:
                outturn = self._outturn(unit, one, read_delivery(done[name]))
                groups.append((f"dl/d{one.number}", f"d{one.number}", dict(outturn.paid_fen)))
                leaves.append(done[name].encode())
            else:
                ahead_fen += sum(ahead.values())
            for mark, group, paid in groups:
                found += _payments(posted, mark, group, paid)
            if not all(self._log.find(unit, leaf) for leaf in leaves):
                told = f"The delivery of {name} must stand in the log, was not."
                found.append(Finding(0, "instrument", "delivery_leaf_missing", told, name))
        kept = self._accounts.balances(unit, [ESCROW]).get((ESCROW, None), Balance()).posted
        if kept != ahead_fen:
            told = f"{ESCROW} must hold what buyers paid ahead, {ahead_fen} fen, was {kept}."
            found.append(Finding(0, "account", "escrow_differs", told))
        return tuple(found)

    # --- how it is done ------------------------------------------------------------------------------------------

    def _positions(self, unit: UnitOfWork, instrument: str) -> dict[str, int]:
        exposures = self._trading.exposures(unit, instrument=instrument)
        return {one.member: one.position for one in exposures if one.position}

    def _carry(
        self,
        unit: UnitOfWork,
        ware: Instrument,
        name: str,
        dealt: Collection[tuple[str, str, int]],
        fen: int,
        now: datetime,
        *,
        is_out: bool,
    ) -> None:
        carried: list[Request] = []
        for long, short, lots in dealt:
            buyer, seller = (short, long) if is_out else (long, short)
            carried.append(Carry(f"{name}/{long}/{short}", ware.name, buyer, seller, lots, fen, is_out))
        self._trading.act(unit, carried, now)

    def _check_cascaded(self, unit: UnitOfWork, ware: Instrument, now: datetime) -> None:
        """Refuse while positions of a longer window could still come into a book."""
        for name, listing in books.listings(unit).items():
            other = listing.instrument
            is_around = other.window.start <= ware.window.start and ware.window.end <= other.window.end
            is_alike = (other.card_class, other.hub_id) == (ware.card_class, ware.hub_id)
            if not (is_alike and is_around) or other.window.tenor not in {Tenor.WEEK, Tenor.MONTH}:
                continue
            if in_utc(now) < listing.last_trading or self._positions(unit, name):
                raise RuleBrokenError(
                    f"Books of longer windows must be over and cascaded before {ware.name} is allocated, was not: "
                    f"{name}.",
                    code="delivery_uncascaded",
                    hint="Cascade it with qipan market deliver cascade, once its last mark is settled.",
                )

    def _allocation(self, unit: UnitOfWork, instrument: str) -> Allocation:
        found = store.allocations(unit, [instrument]).get(instrument)
        if found is None:
            raise NotFoundError(
                f"A book must be allocated before it is delivered, was not: {instrument}.",
                code="delivery_unallocated",
                hint="Allocate it with qipan market deliver allocate, after its gate.",
            )
        return found

    def _served(self, unit: UnitOfWork, allocation: Allocation) -> tuple[dict[str, int], tuple[Supply, ...]]:
        """Return the positions that an allocation serves, and the words that it rests on."""
        name = allocation.instrument
        return days.positions(unit, name, allocation.last_trade), store.supplies(unit, instrument=name)

    def _outturn(self, unit: UnitOfWork, allocation: Allocation, told: Delivery) -> Outturn:
        window = self._trading.listing(unit, allocation.instrument).instrument.window
        return fulfil(window, *self._served(unit, allocation), told, fen_per_card_h=allocation.fen_per_card_h)


def _is_same(told: Delivery, kept: Delivery) -> bool:
    """Tell whether what is told again is what a book was settled on; prices of auctions are kept beside it."""
    prices = kept.spot_fen_per_card_h
    is_priced = all(prices.get(hour) == fen for hour, fen in told.spot_fen_per_card_h.items())
    return is_priced and (told.failures, dict(told.used_card_s)) == (kept.failures, dict(kept.used_card_s))


def _payments(posted: Mapping[str, int], mark: str, group: str, paid: Mapping[str, int]) -> list[Finding]:
    """Return where a member paid or got something else than it must, what others bore for it counted."""
    found = []
    for member, fen in paid.items():
        borne = sum(amount for name, amount in posted.items() if name.startswith(f"default/{group}/{member}/"))
        was = posted.get(f"{mark}/{member}", 0) + borne
        if was != fen:
            told = f"{member} must have got {fen} fen in {mark}, was {was}."
            found.append(Finding(0, "member", "delivery_payment_differs", told, member))
    return found
