"""Collect: ask a source for the periods that it has not told yet, seal them unsigned, receive and project them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from qipan.kernel.time import Interval, in_utc
from qipan.ledger.model.reading import Acknowledgement, Readings, Statement, Way
from qipan.ledger.seal import seal
from qipan.ledger.service.figures import Figures
from qipan.ledger.service.metering import Metering
from qipan.storage.books import Books

FIRST_REACH: Final = timedelta(days=1)
"""How far back the first collection of a source reaches."""


@dataclass(frozen=True, slots=True)
class Collectors:
    """Adapters of what is collected from; bootstrap hands them in."""

    read_map: Callable[[bytes], Any]
    collect: Callable[[str, Any, Interval], Readings]
    closed: Callable[..., Interval | None]
    read_slurm_map: Callable[[bytes], Any]
    read_slurm: Callable[[bytes, Any, Interval], Readings]
    write: Callable[[Readings], bytes]
    form: str


class Collection:
    """Pulls readings from where they are."""

    def __init__(self, *, books: Books, metering: Metering, figures: Figures, collectors: Collectors) -> None:
        self._books = books
        self._metering = metering
        self._figures = figures
        self._collectors = collectors

    def prometheus(
        self,
        address: str,
        plan: bytes,
        *,
        source_id: str,
        since: datetime | None,
        until: datetime,
        now: datetime,
        margin: timedelta,
    ) -> Acknowledgement | None:
        """Collect whole periods from Prometheus; return nothing when none is over.

        Parameters
        ----------
        plan
            The map of expressions to meters, YAML.
        since
            Where to begin; without it, where the source ended, or a day before the end.
        margin
            How long a period must be over.
        """
        wanted = self._collectors.read_map(plan)
        ends = min(in_utc(until), in_utc(now))
        begins = since or self._told_until(source_id, now) or ends - FIRST_REACH
        interval = self._collectors.closed(ends, wanted.period_s, since=in_utc(begins), margin=margin)
        if interval is None:
            return None
        return self._receive(self._collectors.collect(address, wanted, interval), source_id, now)

    def slurm(
        self,
        text: bytes,
        plan: bytes,
        *,
        source_id: str,
        since: datetime | None,
        until: datetime,
        now: datetime,
    ) -> Acknowledgement | None:
        """Collect whole periods from what ``sacct`` has printed; return nothing when none is over.

        Parameters
        ----------
        plan
            The map of partitions to meters, YAML.
        since
            Where to begin; without it, where the source ended, or a day before the end. The text must reach as far.
        until
            When the text was printed, at the latest.
        """
        wanted = self._collectors.read_slurm_map(plan)
        ends = min(in_utc(until), in_utc(now))
        begins = since or self._told_until(source_id, now) or ends - FIRST_REACH
        interval = self._collectors.closed(ends, wanted.period_s, since=in_utc(begins), margin=timedelta())
        if interval is None:
            return None
        return self._receive(self._collectors.read_slurm(text, wanted, interval), source_id, now)

    def slurm_period_s(self, plan: bytes) -> int:
        """Return how long the periods of a map of Slurm are."""
        return int(self._collectors.read_slurm_map(plan).period_s)

    def _receive(self, readings: Readings, source_id: str, now: datetime) -> Acknowledgement:
        data = self._collectors.write(readings)
        statement = Statement(source_id, Way.COLLECTED, 0, in_utc(now), self._collectors.form, sha256(data).hexdigest())
        opened = self._metering.open(seal(statement, b"", data))
        with self._books.begin() as unit:
            told = self._metering.receive(unit, opened, now)
        with self._books.read() as unit:
            self._metering.project(unit)
        return told

    def _told_until(self, source_id: str, now: datetime) -> datetime | None:
        with self._books.read() as unit:
            for one in self._figures.freshness(unit, now):
                if one.source_id == source_id:
                    return one.told_until
        return None
