"""Privacy budgets of feeds: what they may tell of a job in all, and what was spent.

All feeds of one holder and source have one budget, kept under the name of the first: neither a new name nor a new
agreement is a new budget.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Final

from qipan.kernel.errors import Finding, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.labour.model.privacy import Budget, Entry, PrivacyEntry, millionths
from qipan.labour.record import PRIVACY_KIND, read_entry, write_entry
from qipan.labour.service.feeds import known_feed
from qipan.labour.store import privacy as store
from qipan.labour.store.feed import first_like
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

LOCK: Final = "labour/privacy"


class Budgets:
    """What feeds may tell of a job in all, and what was spent; every entry is a leaf of the log, and none is undone."""

    def __init__(self, log: Log, usual_epsilon: float) -> None:
        self._log, self._usual = log, millionths(Fraction(str(usual_epsilon)))

    def state(self, unit: UnitOfWork, feed: str, epsilon: Fraction, now: datetime) -> Budget:
        """State the privacy budget of a feed, before anything of it is released.

        Raises
        ------
        BadInputError
            ``epsilon_bad``.
        NotFoundError
            ``feed_unknown``.
        RuleBrokenError
            ``privacy_budget_used`` where something was spent, so that nobody raises it when it is over.
        """
        asked = millionths(epsilon)
        unit.lock(LOCK)
        found = self.budget(unit, feed)
        if found.spent_millionths:
            raise RuleBrokenError(
                f"A privacy budget must be stated before anything is released, was stated after it, of {feed}.",
                code="privacy_budget_used",
                hint="What a feed may tell in all is decided once, before it tells anything.",
            )
        return self._enter(unit, found, Entry.BUDGET, asked, "", now)

    def spend(self, unit: UnitOfWork, feed: str, epsilon: Fraction, what: str, now: datetime, *, data: str) -> Budget:
        """Spend an epsilon on a release, or refuse it.

        Parameters
        ----------
        data
            SHA-256 of what it is made of, in hex: once released from one budget, it is not from another.

        Raises
        ------
        BadInputError
            ``epsilon_bad``.
        NotFoundError
            ``feed_unknown``.
        RuleBrokenError
            ``privacy_budget_over``, ``data_of_other_feed``.
        """
        asked = millionths(epsilon)
        unit.lock(LOCK)
        found = self.budget(unit, feed)
        other = next((one.feed for one in self.budgets(unit) if one.feed != found.feed and one.holds(data)), None)
        if other is not None:
            raise RuleBrokenError(
                f"What was released from one privacy budget must stay with it, that of {other}, was {feed}.",
                code="data_of_other_feed",
                hint=f"Release it with --feed {other}.",
            )
        found.check(asked)
        return self._enter(unit, found, Entry.SPENT, asked, what, now, data=data)

    def budget(self, unit: UnitOfWork, feed: str) -> Budget:
        """Return the budget of a feed, the usual one where none was stated, and what was spent of it.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        """
        return self._read(unit, first_like(unit, known_feed(unit, feed)))

    def _read(self, unit: UnitOfWork, feed: str) -> Budget:
        entries = tuple(read_entry(record) for record, _ in store.entries(unit, feed))
        stated = [one.epsilon_millionths for one in entries if one.entry is Entry.BUDGET]
        return Budget(feed, stated[-1] if stated else self._usual, entries)

    def budgets(self, unit: UnitOfWork) -> tuple[Budget, ...]:
        """Return the budgets of all feeds of which something was entered."""
        return tuple(self._read(unit, feed) for feed in store.feeds(unit))

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold every entry against digest, log and the entry before; nothing when all is well.

        Rules: ``labour_differs``.
        """
        found = []
        for feed in store.feeds(unit):
            before = ""
            for record, digest in store.entries(unit, feed):
                is_same = sha256(record.encode()).hexdigest() == digest and bool(self._log.find_digest(unit, digest))
                if not is_same or read_entry(record).before != before:
                    message = f"What was told and done must be as it was logged, was not: {feed}."
                    found.append(Finding(0, "record", "labour_differs", message, feed))
                before = digest
        return tuple(found)

    def _enter(
        self,
        unit: UnitOfWork,
        found: Budget,
        entry: Entry,
        asked_millionths: int,
        what: str,
        now: datetime,
        *,
        data: str = "",
    ) -> Budget:
        number = len(found.entries) + 1
        before = sha256(write_entry(found.entries[-1]).encode()).hexdigest() if found.entries else ""
        at = in_utc(now).astimezone(UTC)
        made = PrivacyEntry(found.feed, number, entry, asked_millionths, what, at, unit.caller, before, data)
        record = write_entry(made)
        store.insert_entry(unit, found.feed, number, record, sha256(record.encode()).hexdigest())
        self._log.append(unit, PRIVACY_KIND, record.encode(), now)
        record_action(unit, f"privacy_{entry}", found.feed, now, number=number)
        return self._read(unit, found.feed)
