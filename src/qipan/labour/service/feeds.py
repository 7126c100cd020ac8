"""Feeds: agreed, received, held fresh, and laid out as a panel of what had come by a day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from qipan.kernel.errors import ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import BOARD_ZONE, Interval, civil_day
from qipan.labour.find_late import find_late
from qipan.labour.model.feed import Admitted, Delivery, Feed, Figure, Freshness, Purpose, feed_of, tell_feed
from qipan.labour.model.panel import Cell, Releases
from qipan.labour.record import write
from qipan.labour.store import feed as store
from qipan.log.service import Log
from qipan.observations.model import Observation, Receipt, Series
from qipan.observations.service import Observations
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

KIND: Final = "labour_feed"
DELIVERY_KIND: Final = "labour_feed_delivery"
"""Kinds of batches, and of the leaves of the log."""
RELEASES: Final = "observations"
ZONE: Final = ZoneInfo(BOARD_ZONE)

Read = Callable[..., Admitted]
"""What reads a delivery and holds its rows against the agreement: `sources/feed_rows.py`."""


class Feeds:
    """Who sends figures of labour, on which agreement, and what came."""

    def __init__(self, observations: Observations, log: Log, read: Read) -> None:
        self._observations = observations
        self._log = log
        self._read = read

    # --- what is done --------------------------------------------------------------------------------------------

    def add(self, unit: UnitOfWork, told: Mapping[str, Any], now: datetime) -> Feed:
        """Enter a feed with the agreement that it rests on; the same again changes nothing.

        Raises
        ------
        BadInputError
            ``feed_unfit``.
        ConflictError
            ``feed_differs``: terms are never changed.
        """
        feed = feed_of(told)
        unit.lock(f"labour/feed/{feed.name}")
        known = store.feeds(unit, [feed.name])
        if known:
            if tell_feed(known[0]) != tell_feed(feed):
                raise ConflictError(
                    f"The terms of a feed must stay as they were agreed, was other terms for {feed.name}.",
                    code="feed_differs",
                    hint="End it, and add one of another name on the new agreement.",
                )
            return known[0]
        record = write(tell_feed(feed))
        store.insert_feed(unit, feed.name, now, record)
        self._log.append(unit, KIND, record.encode(), now)
        record_action(unit, "feed_added", feed.name, now, holder=feed.holder)
        return feed

    def end(self, unit: UnitOfWork, name: str, reason: str, now: datetime) -> Feed:
        """End a feed: from the next day on nothing is expected of it, and nothing taken.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        RuleBrokenError
            ``feed_over`` when it was ended before.
        """
        unit.lock(f"labour/feed/{name}")
        feed = self.feed(unit, name)
        if feed.ended is not None:
            raise RuleBrokenError(
                f"A feed must go on to be ended, was ended on {feed.ended}: {name}.",
                code="feed_over",
                hint="Nothing needs to be done.",
            )
        ended = _day_of(now) + timedelta(days=1)
        store.insert_end(unit, name, now, ended, reason)
        self._log.append(unit, KIND, write({"ended": ended, "name": name, "reason": reason}).encode(), now)
        record_action(unit, "feed_ended", name, now, reason=reason)
        return self.feed(unit, name)

    def receive(
        self, unit: UnitOfWork, name: str, data: bytes, now: datetime, *, released: date | None = None
    ) -> tuple[Delivery, tuple[Finding, ...], bool]:
        """Archive what came of a feed and enter it; the caller's commit acknowledges it, `project` then brings it in.

        Rows outside of the agreement are refused, each with a finding that is kept; the bytes are archived whole.

        Parameters
        ----------
        released
            Day of release of rows that name none; else the day on which it came.

        Returns
        -------
        tuple
            The delivery, what is wrong with rows that are refused, and whether it is new: the same bytes are entered
            once.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        """
        feed, day = self.feed(unit, name), _day_of(now)
        unit.lock(f"labour/feed/{name}")
        found = self._read(data, feed, received=day, released=released or day)
        receipt = self._observations.receive(
            unit, source=name, kind=KIND, data=data, now=now, rows=found.count, findings=found.findings
        )
        if not receipt.is_new:
            (before,) = store.deliveries(unit, name, sequence=receipt.sequence)
            return before, self._observations.quarantined(unit, receipt.sequence), False
        self._observations.define(unit, _series_of(feed, found.figures))
        made = Delivery(
            sequence=receipt.sequence,
            feed=name,
            received=day,
            released=released or day,
            newest_period=max((one.start for one in found.figures), default=None),
            newest_release=max((one.released for one in found.figures), default=None),
            rows=found.count,
            refused=found.count - len(found.figures),
        )
        store.insert_delivery(unit, made)
        self._log.append(unit, DELIVERY_KIND, write({**asdict(made), "digest": receipt.digest}).encode(), now)
        record_action(unit, "feed_received", name, now, sequence=receipt.sequence, refused=made.refused)
        return made, found.findings, True

    def project(self, unit: UnitOfWork) -> int:
        """Bring every acknowledged delivery into the lake that is not there yet; return how many.

        Raises
        ------
        EngineError
            ``lake_failed`` and what the archive says.
        """
        pending = self._observations.pending(unit, RELEASES, kind=KIND)
        for receipt in pending:
            self._observations.record(unit, self._admitted(unit, receipt), receipt)
        return len(pending)

    # --- what is looked at ---------------------------------------------------------------------------------------

    def feeds(self, unit: UnitOfWork) -> tuple[Feed, ...]:
        """Return all feeds in the order of their names."""
        return store.feeds(unit)

    def feed(self, unit: UnitOfWork, name: str) -> Feed:
        """Return a feed.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        """
        known = store.feeds(unit, [name])
        if not known:
            raise NotFoundError(
                f"A feed must have been added, was not: {name}.",
                code="feed_unknown",
                hint="List them by qipan labour feed list.",
            )
        return known[0]

    def deliveries(self, unit: UnitOfWork, name: str) -> tuple[Delivery, ...]:
        """Return what came of a feed, in the order in which it came.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        """
        self.feed(unit, name)
        return store.deliveries(unit, name)

    def releases(self, unit: UnitOfWork, name: str, day: date, purpose: Purpose) -> Releases:
        """Return the panel of what had come of a feed by the end of a day, for a purpose that was agreed.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        RuleBrokenError
            ``purpose_unagreed``; ``feed_empty`` where nothing had come, or may still be used.
        """
        feed = self.feed(unit, name)
        if purpose not in feed.sharing.purposes:
            raise RuleBrokenError(
                f"Figures must be used as agreed, for {', '.join(sorted(feed.sharing.purposes))}, was for {purpose}.",
                code="purpose_unagreed",
                hint="Ask the holder for an agreement that has this purpose.",
            )
        sequences = self._usable(unit, feed, day)
        rows = self._observations.released_in(sequences).order_by("sequence").to_pyarrow() if sequences else None
        if rows is None or not rows.num_rows:
            raise RuleBrokenError(
                f"Something of a feed must have come by {day}, had not: {name}.",
                code="feed_empty",
                hint="Ask as of a later day; what came is listed by qipan labour feed show.",
            )
        return _laid_out(feed, rows)

    def fresh(self, unit: UnitOfWork, day: date) -> tuple[Freshness, ...]:
        """Return for each feed what should have come by the end of a day and did not, and cells that went silent."""
        return tuple(self._fresh(unit, feed, day) for feed in store.feeds(unit))

    def late(self, unit: UnitOfWork, day: date) -> tuple[Freshness, ...]:
        """Return the same without cells, from the books alone: quick enough for whoever asks every few seconds."""
        found = []
        for feed in store.feeds(unit):
            came = [one for one in store.deliveries(unit, feed.name) if one.received <= day]
            starts = [one.newest_period for one in came if one.newest_period]
            newest = {Cell(""): max(starts)} if starts else {}
            found.append(
                find_late(feed, newest, max((o.newest_release for o in came if o.newest_release), default=None), day)
            )
        return tuple(found)

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Hold the terms of every feed against the log; nothing when all is well. Rules: ``labour_differs``."""
        found = []
        for feed in store.feeds(unit):
            digest = sha256(write(tell_feed(feed)).encode()).hexdigest()
            if not self._log.find_digest(unit, digest):
                told = f"What was told and done must be as it was logged, was not: {feed.name}."
                found.append(Finding(0, "record", "labour_differs", told, feed.name))
        return tuple(found)

    # --- how it is done ------------------------------------------------------------------------------------------

    def _usable(self, unit: UnitOfWork, feed: Feed, day: date) -> list[int]:
        """Return the deliveries that had come by a day and are not older than may be kept."""
        kept = timedelta(days=feed.sharing.kept_days)
        return [one.sequence for one in store.deliveries(unit, feed.name) if one.received <= day < one.received + kept]

    def _fresh(self, unit: UnitOfWork, feed: Feed, day: date) -> Freshness:
        came = [one.sequence for one in store.deliveries(unit, feed.name) if one.received <= day]
        newest: dict[Cell, date] = {}
        release = None
        if came:
            table = self._observations.released_in(came)
            last = table.group_by("series_id").aggregate(start=table.period_start.max(), released=table.released.max())
            for row in last.to_pyarrow().to_pylist():
                newest[_cell_of(row["series_id"])] = _day_of(row["start"])
                release = max(release or date.min, _day_of(row["released"]))
        return find_late(feed, newest, release, day)

    def _admitted(self, unit: UnitOfWork, receipt: Receipt) -> list[Observation]:
        """Return what a delivery brought, read again from the archive on the terms of the day on which it came."""
        feed = self.feed(unit, receipt.source)
        (delivery,) = store.deliveries(unit, feed.name, sequence=receipt.sequence)
        data = self._observations.data(receipt)
        found = self._read(data, feed, received=delivery.received, released=delivery.released)
        begin = cache(_begin_of)
        return [
            Observation(
                _series_id(feed.name, one.cell),
                Interval(begin(one.start), begin(feed.cadence.after(one.start, 1))),
                begin(one.released),
                one.value,
            )
            for one in found.figures
        ]


def _laid_out(feed: Feed, rows: Any) -> Releases:
    """Return rows of the lake as releases of a panel; a later batch comes later, so that it counts."""
    day = cache(_day_of)
    cells = [_cell_of(one) for one in rows["series_id"].to_pylist()]
    starts = [day(one) for one in rows["period_start"].to_pylist()]
    known = tuple(sorted(set(cells)))
    place = {cell: at for at, cell in enumerate(known)}
    first = min(starts)
    count = feed.cadence.between(first, max(starts)) + 1
    return Releases(
        cells=known,
        starts=tuple(feed.cadence.after(first, at) for at in range(count)),
        cadence=feed.cadence,
        unit=feed.unit,
        cell=np.array([place[cell] for cell in cells], dtype=np.int64),
        period=np.array([feed.cadence.between(first, start) for start in starts], dtype=np.int64),
        value=rows["value"].to_numpy().astype(np.float64),
        released=np.array([day(one) for one in rows["released"].to_pylist()], dtype="datetime64[D]"),
        direction=feed.direction,
        sources=(feed.holder,),
    )


def _series_of(feed: Feed, figures: Collection[Figure]) -> tuple[Series, ...]:
    cells = sorted({one.cell for one in figures})
    return tuple(Series(_series_id(feed.name, one), str(one), str(one), feed.unit[:50], feed.name) for one in cells)


def _series_id(name: str, cell: Cell) -> str:
    return f"labour/{name}/{cell.region}/{cell.industry}/{cell.occupation}"


def _cell_of(series_id: str) -> Cell:
    _, _, region, industry, occupation = series_id.split("/")
    return Cell(region, industry, occupation)


def _begin_of(day: date) -> datetime:
    return civil_day(day).start


def _day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
