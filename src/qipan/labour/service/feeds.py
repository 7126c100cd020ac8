"""Feeds: agreed, received, held fresh, and laid out as a panel of what had come by a day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from qipan.kernel.errors import ConflictError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import BOARD_ZONE, Interval, civil_day
from qipan.labour.find_late import find_late
from qipan.labour.model.feed import (
    Admitted,
    Delivery,
    Feed,
    Figure,
    Freshness,
    Purpose,
    feed_of,
    held_before,
    tell_feed,
)
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
AGAIN: Final = "#"
"""Between a feed and a number: the source of bytes that return after others."""
ZONE: Final = ZoneInfo(BOARD_ZONE)

Read = Callable[..., Admitted]
"""What reads a delivery and holds its rows against the agreement: `sources/feed_rows.py`."""


def known_feed(unit: UnitOfWork, name: str) -> Feed:
    """Return a feed that was added.

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

        Rows outside of the agreement are refused, each with a finding that is kept; the bytes are archived whole. The
        same bytes as those that came last are entered once; where others came in between, they are what counts again.

        Parameters
        ----------
        released
            Day of release of rows that name none; else the day on which it came.

        Returns
        -------
        tuple
            The delivery, what is wrong with its rows, and whether it is new. Findings of the rule
            ``release_backdated`` speak of rows that are let in.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        """
        feed, day = self.feed(unit, name), _day_of(now)
        unit.lock(f"labour/feed/{name}")
        before = store.deliveries(unit, name)
        held = held_before(before, feed.cadence, day)
        found = self._read(data, feed, received=day, released=released or day, held=held)
        refused = found.count - len(found.figures)
        # A batch is one source's bytes once: those that return after others are of another source, by their number.
        for source in (name, *(f"{name}{AGAIN}{number}" for number in range(2, len(before) + 2))):
            receipt = self._observations.receive(
                unit,
                source=source,
                kind=KIND,
                data=data,
                now=now,
                rows=found.count,
                findings=found.findings,
                quarantined=refused,
            )
            if receipt.is_new:
                break
            if receipt.sequence == before[-1].sequence:
                return before[-1], self._observations.quarantined(unit, receipt.sequence), False
        self._observations.define(unit, _series_of(feed, found.figures))
        made = Delivery(
            sequence=receipt.sequence,
            feed=name,
            received=day,
            released=released or day,
            newest_period=max((one.start for one in found.figures), default=None),
            newest_release=max((one.released for one in found.figures), default=None),
            rows=found.count,
            refused=refused,
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
        return known_feed(unit, name)

    def deliveries(self, unit: UnitOfWork, name: str) -> tuple[Delivery, ...]:
        """Return what came of a feed, in the order in which it came.

        Raises
        ------
        NotFoundError
            ``feed_unknown``.
        """
        self.feed(unit, name)
        return store.deliveries(unit, name)

    def releases(self, unit: UnitOfWork, name: str, day: date, purpose: Purpose, now: datetime) -> Releases:
        """Return the panel of what had come of a feed by the end of a day, for a purpose that was agreed.

        Rows that name another purpose are left out, and so are deliveries that may no longer be used now, whatever day
        is asked for.

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
        sequences = self._usable(unit, feed, day, _day_of(now))
        rows = self._observations.released_in(sequences).order_by("sequence").to_pyarrow() if sequences else None
        if rows is not None:
            allowed = cache(lambda series_id: _purpose_of(series_id) in (None, purpose))
            rows = rows.filter([allowed(one) for one in rows["series_id"].to_pylist()])
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
        """Hold terms, ends and deliveries of every feed against the log; nothing when all is well.

        Rules: ``labour_differs``.
        """
        digests = {one.sequence: one.digest for one in self._observations.batches(unit, kind=KIND)}
        records = [(feed.name, tell_feed(feed)) for feed in store.feeds(unit)]
        records += [(end["name"], end) for end in store.ends(unit)]
        records += [
            (feed.name, {**asdict(one), "digest": digests.get(one.sequence, "")})
            for feed in store.feeds(unit)
            for one in store.deliveries(unit, feed.name)
        ]
        return tuple(
            Finding(
                0,
                "record",
                "labour_differs",
                f"What was told and done must be as it was logged, was not: {name}.",
                name,
            )
            for name, record in records
            if not self._log.find(unit, write(record).encode())
        )

    # --- how it is done ------------------------------------------------------------------------------------------

    def _usable(self, unit: UnitOfWork, feed: Feed, day: date, today: date) -> list[int]:
        """Return the deliveries that had come by a day and today are not older than may be kept."""
        oldest = today - timedelta(days=feed.sharing.kept_days)
        return [one.sequence for one in store.deliveries(unit, feed.name) if oldest < one.received <= day]

    def _fresh(self, unit: UnitOfWork, feed: Feed, day: date) -> Freshness:
        came = [one.sequence for one in store.deliveries(unit, feed.name) if one.received <= day]
        newest: dict[Cell, date] = {}
        release = None
        if came:
            table = self._observations.released_in(came)
            last = table.group_by("series_id").aggregate(start=table.period_start.max(), released=table.released.max())
            for row in last.to_pyarrow().to_pylist():
                cell, start = _cell_of(row["series_id"]), _day_of(row["start"])
                newest[cell] = max(newest.get(cell, start), start)
                release = max(release or date.min, _day_of(row["released"]))
        return find_late(feed, newest, release, day)

    def _admitted(self, unit: UnitOfWork, receipt: Receipt) -> list[Observation]:
        """Return what a delivery brought, read again from the archive on the terms of the day on which it came."""
        feed = self.feed(unit, receipt.source.partition(AGAIN)[0])
        came = [one for one in store.deliveries(unit, feed.name) if one.sequence <= receipt.sequence]
        delivery = came.pop()
        held = held_before(came, feed.cadence, delivery.received)
        data = self._observations.data(receipt)
        found = self._read(data, feed, received=delivery.received, released=delivery.released, held=held)
        begin = cache(_begin_of)
        return [
            Observation(
                _series_id(feed.name, one),
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
    cells = sorted({(_series_id(feed.name, one), str(one.cell)) for one in figures})
    return tuple(Series(series_id, cell, cell, feed.unit[:50], feed.name) for series_id, cell in cells)


def _series_id(name: str, figure: Figure) -> str:
    cell = figure.cell
    only = f"/{figure.purpose}" if figure.purpose else ""
    return f"labour/{name}/{cell.region}/{cell.industry}/{cell.occupation}{only}"


def _cell_of(series_id: str) -> Cell:
    _, _, region, industry, occupation, *_ = series_id.split("/")
    return Cell(region, industry, occupation)


def _purpose_of(series_id: str) -> Purpose | None:
    only = series_id.split("/")[5:]
    return Purpose(only[0]) if only else None


def _begin_of(day: date) -> datetime:
    return civil_day(day).start


def _day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
