"""Do for the clearing house, in order, all that is due at a moment, and say what waits for what.

Each step is a unit of work of its own, so that what is done stands whatever follows; done again, nothing happens twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qipan.kernel.errors import QipanError
from qipan.kernel.time import in_utc
from qipan.market.deliver import GATE_BEFORE, gate_of
from qipan.market.model.clearing import Settlement
from qipan.market.model.contract import CARDS_PER_LOT, DAY, MARKET_ZONE, Tenor
from qipan.market.model.delivery import Allocated, Delivered, Delivery
from qipan.market.model.request import Listing
from qipan.market.service.clearing import Clearing, market_day
from qipan.market.service.delivery import Deliveries
from qipan.market.service.insurance import Insurance
from qipan.market.service.leasing import Leasing, due_count
from qipan.market.service.nomination import Nominating
from qipan.market.service.trading import Trading
from qipan.market.service.voucher import Vouchers
from qipan.storage.books import Books
from qipan.workflows.clear_spot import SpotClearing
from qipan.workflows.deliver import Delivering

MARK_AT: Final = DAY - GATE_BEFORE
"""When the day of the market is marked, from its midnight: at the gate of the next day."""

LONG: Final = {Tenor.MONTH: 0, Tenor.WEEK: 1}
"""Tenors that cascade, the longest first."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, or what waits.

    Attributes
    ----------
    what
        ``clear``, ``mark``, ``settle``, ``cascade``, ``allocate``, ``deliver``, ``claim``, ``close`` or ``instalment``.
    subject
        Auction, day, instrument, policy, programme, or lease and number.
    waits_for
        Why it is not done: a code, or the members that are called; empty where it is done.
    told
        The same in words.
    """

    what: str
    subject: str
    waits_for: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Offices:
    """Whoever does a part of the clearing house's day."""

    trading: Trading
    clearing: Clearing
    spot_clearing: SpotClearing
    nominating: Nominating
    deliveries: Deliveries
    delivering: Delivering
    insurance: Insurance
    vouchers: Vouchers
    leasing: Leasing


class Advancing:
    """Brings the market up to a moment."""

    def __init__(self, books: Books, offices: Offices) -> None:
        self._books = books
        self._at = offices

    def advance(self, now: datetime, plans: Sequence[str] = ()) -> tuple[Step, ...]:
        """Do what is due: clear, mark, settle, cascade, allocate, deliver, pay claims, close vouchers, pay instalments.

        A day is marked from the gate of the next one on. A book is allocated after its gate once nothing lacks, or when
        its window begins. A delivery is settled where days of dispatch, each hour in one
        of them, tell what was used of all its reservations.

        Parameters
        ----------
        plans
            Days whose reports tell what was used.

        Raises
        ------
        NotFoundError
            ``plan_unknown``.
        """
        now = in_utc(now)
        used = self._used(now, plans)
        steps = [*self._settle_marked(now)]
        for part in (self._clear, self._mark, self._settle_marked, self._cascade, self._allocate):
            steps += part(now)
        steps += self._deliver(now, used)
        for part in (self._claim, self._close, self._pay_leases):
            steps += part(now)
        return tuple(steps)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _try(self, what: str, subject: str, act: Callable[..., object], *words: object) -> Step:
        """Do one thing in a unit of work of its own, which is kept also where members are called first.

        Whatever is wrong with it, the steps after it are done.
        """
        try:
            with self._books.begin() as unit:
                found = act(unit, *words)
        except QipanError as error:
            return Step(what, subject, error.code, error.message)
        called = ", ".join(found.calls_fen) if isinstance(found, Settlement | Allocated | Delivered) else ""
        return Step(what, subject, called, called and f"{called} must bring margin, or default.")

    def _clear(self, now: datetime) -> Iterator[Step]:
        at = self._at.spot_clearing
        with self._books.read() as unit:
            due = at.due(unit, now)
        for name in due:
            yield self._try("clear", name, at.clear, name, now)

    def _mark(self, now: datetime) -> Iterator[Step]:
        day = market_day(now)
        here = now.astimezone(MARKET_ZONE)
        with self._books.read() as unit:
            is_due = here - here.replace(hour=0, minute=0, second=0, microsecond=0) >= MARK_AT
            is_due = is_due and day not in self._at.clearing.days(unit) and bool(self._at.trading.listings(unit))
        if is_due:
            yield self._try("mark", str(day), self._at.clearing.mark, now)

    def _settle_marked(self, now: datetime) -> Iterator[Step]:
        with self._books.read() as unit:
            waiting = [day for day, digest in self._at.clearing.days(unit).items() if not digest]
        for day in waiting:
            yield self._try("settle", str(day), self._at.clearing.settle, now)

    def _cascade(self, now: datetime) -> Iterator[Step]:
        ended = [one for one in self._held() if one.instrument.window.tenor in LONG and now >= one.last_trading]
        for one in sorted(ended, key=lambda one: (LONG[one.instrument.window.tenor], one.instrument.name)):
            name = one.instrument.name
            yield self._try("cascade", name, self._at.deliveries.cascade, name, now)

    def _allocate(self, now: datetime) -> Iterator[Step]:
        with self._books.read() as unit:
            done = self._at.deliveries.allocations(unit)
        for one in self._held():
            ware = one.instrument
            if ware.window.tenor in LONG or ware.name in done or now < gate_of(ware.window):
                continue
            with self._books.read() as unit:
                gaps = self._at.nominating.most_lacking(unit, ware.name)
            if gaps and now < ware.window.start:
                told = f"{gaps} lots must be bought in before {ware.window.start}, or the book is allocated without."
                yield Step("allocate", ware.name, "lots_lacking", told)
                continue
            yield self._try("allocate", ware.name, self._at.deliveries.allocate, ware.name, now)

    def _deliver(self, now: datetime, used: dict[str, int]) -> Iterator[Step]:
        with self._books.read() as unit:
            due = self._at.deliveries.due(unit, now)
        for name, ids in due.items():
            if any(one not in used for one in ids):
                yield Step("deliver", name, "use_unknown", "Tell what was used or failed: qipan market deliver settle.")
                continue
            told = Delivery(name, (), {}, {one: used[one] for one in ids})
            yield self._try("deliver", name, self._at.deliveries.settle, told, now)

    def _claim(self, now: datetime) -> Iterator[Step]:
        with self._books.read() as unit:
            due = [
                sold.policy.policy_id
                for sold, claimed in self._at.insurance.policies(unit)
                if claimed is None and sold.policy.instrument.window.end <= now
            ]
        for name in due:
            yield self._try("claim", name, self._at.insurance.claim, name, now)

    def _close(self, now: datetime) -> Iterator[Step]:
        with self._books.read() as unit:
            closed = self._at.vouchers.closings(unit)
            programmes = self._at.vouchers.programmes(unit).items()
            due = [name for name, one in programmes if name not in closed and one.ends <= now]
        for name in due:
            yield self._try("close", name, self._at.vouchers.close, name, now)

    def _pay_leases(self, now: datetime) -> Iterator[Step]:
        with self._books.read() as unit:
            waiting = self._at.leasing.waits_for(unit)
            leases = self._at.leasing.leases(unit)
            running = [(one, paid) for one, paid, taken in leases if taken is None and one.lease_id not in waiting]
        for lease, paid in running:
            for number in range(paid + 1, due_count(lease, market_day(now)) + 1):
                name = lease.lease_id
                step = self._try("instalment", f"{name}/{number}", self._at.leasing.pay, name, number, now)
                yield step
                if step.waits_for:
                    break

    # --- what is due ---------------------------------------------------------------------------------------------

    def _held(self) -> list[Listing]:
        """Return the books in which somebody holds something, by name."""
        with self._books.read() as unit:
            held = {one.instrument for one in self._at.trading.exposures(unit) if one.position}
            return [one for name, one in self._at.trading.listings(unit).items() if name in held]

    def _used(self, now: datetime, plans: Sequence[str]) -> dict[str, int]:
        """Return the card-seconds that days used of reservations whose delivery is due.

        Those are left out that the days together do not hold whole and once.
        """
        with self._books.read() as unit:
            due = self._at.deliveries.due(unit, now)
            whole = {
                one.reservation_id: one.lots * CARDS_PER_LOT * int((one.end - one.start).total_seconds())
                for name in due
                for one, _ in self._at.deliveries.uses(unit, name)
            }
        reserved: Counter[str] = Counter()
        used: Counter[str] = Counter()
        for plan_id in dict.fromkeys(plans):
            for name, (held, taken) in self._at.delivering.told_card_s(whole, plan_id).items():
                reserved[name] += held
                used[name] += taken
        return {name: used[name] for name, held in reserved.items() if held == whole[name]}
