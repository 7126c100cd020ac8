"""Bring what was acknowledged into the lake: a projection of the archive that can be made again at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa

from qipan.kernel.errors import ConflictError, EngineError
from qipan.ledger.model.reading import READING_KIND, Opened
from qipan.ledger.store import reading as store
from qipan.observations.model import Receipt
from qipan.observations.service import Observations
from qipan.storage.books import UnitOfWork
from qipan.storage.lake import Lake

PROJECTED_ROWS: Final = 2_000_000
"""Rows that go into the lake in one commit, unless a single batch has more."""

PART_ROWS: Final = 500_000
"""Rows that are laid out at a time."""


class Projection:
    """The lake's table of readings.

    Parameters
    ----------
    open_sealed
        Takes a sealed batch apart.
    """

    def __init__(self, observations: Observations, lake: Lake, open_sealed: Callable[[bytes], Opened]) -> None:
        self._observations = observations
        self._lake = lake
        self._open = open_sealed
        # What was received last is mostly what is projected next.
        self._newest: Opened | None = None
        # One projection at a time in this process; others may run in other processes.
        self._projecting = Lock()

    def create(self) -> None:
        """Create the lake's table of readings; nothing happens when it is there."""
        self._lake.create(store.READINGS, store.READINGS_SCHEMA, by=store.DAY)

    def expect(self, opened: Opened) -> None:
        """Keep a batch at hand that is projected next, so that it need not be read again."""
        self._newest = opened

    def project(self, unit: UnitOfWork) -> tuple[Receipt, ...]:
        """Bring every acknowledged batch into the lake that is not there yet; return their receipts.

        It can be repeated after a kill, and rebuilds an empty lake from the archive. Threads and processes may project
        at the same time: each batch goes in once, by whichever is first.

        Parameters
        ----------
        unit
            A new unit of work: books that were read before the lake may lack what is in it.

        Raises
        ------
        EngineError
            ``lake_ahead`` when the lake holds what the books do not know, as after a restore of older books.
        """
        with self._projecting:
            last = self._last(unit)
            pending = self._observations.batches(unit, kind=READING_KIND, after=last)
            accounts = {account.sequence: account for account in store.batches(unit, after=last)}
            lacking = [(receipt, accounts[receipt.sequence]) for receipt in pending]
            # Who loses a race finds that the lake has moved on, so each round has less to do.
            while lacking and not self._append(lacking, last):
                last = self._lake.last_sequence(store.READINGS, source=READING_KIND)
                lacking = [(receipt, account) for receipt, account in lacking if receipt.sequence > last]
            if pending:
                self._lake.compact(store.READINGS)
        return pending

    def check(self, receipt: Receipt) -> None:
        """Refuse a batch that would be acknowledged and never reach the figures.

        Raises
        ------
        EngineError
            ``lake_ahead``, as `project`.
        """
        last = self._lake.last_sequence(store.READINGS, source=READING_KIND)
        if last >= receipt.sequence:
            raise _ahead(last, receipt.previous)

    def lacking(self, unit: UnitOfWork) -> int:
        """Return how many acknowledged batches are not in the lake yet.

        Parameters
        ----------
        unit
            A new unit of work, as for `project`.

        Raises
        ------
        EngineError
            ``lake_ahead``, as `project`.
        """
        return len(self._observations.batches(unit, kind=READING_KIND, after=self._last(unit)))

    def _append(self, lacking: Sequence[tuple[Receipt, store.BatchAccount]], last: int) -> bool:
        """Add batches behind the last one in the lake; return False when another has moved the lake on."""
        for together in _portions(lacking):
            newest = together[-1][0].sequence
            parts = (part for receipt, account in together for part in self._rows(receipt, account))
            try:
                self._lake.append(store.READINGS, parts, source=READING_KIND, sequence=newest, after=last)
            except ConflictError as error:
                is_behind = self._lake.last_sequence(store.READINGS, source=READING_KIND) > last
                if error.code == "lake_gap" and is_behind:
                    return False
                raise
            last = newest
        return True

    def _last(self, unit: UnitOfWork) -> int:
        """Return the last sequence in the lake, unless the books do not know it."""
        # The lake first: what it holds was committed in the books before.
        last, newest = self._lake.last_sequence(store.READINGS, source=READING_KIND), store.newest(unit)
        if last > newest:
            raise _ahead(last, newest)
        return last

    def _rows(self, receipt: Receipt, account: store.BatchAccount) -> Iterator[pa.Table]:
        opened = self._newest
        if opened is None or opened.digest != receipt.digest:
            opened = self._open(self._observations.data(receipt))
        else:
            self._newest = None
        readings, statement = opened.intake.readings, opened.batch.statement
        kept = np.flatnonzero(store.unpack(account.kept, len(readings)))
        for first in range(0, len(kept), PART_ROWS):
            part = readings.take(kept[first : first + PART_ROWS])
            yield store.rows_of(part, statement, received=account.received, sequence=receipt.sequence)


def _portions(
    pending: Sequence[tuple[Receipt, store.BatchAccount]],
) -> Iterator[list[tuple[Receipt, store.BatchAccount]]]:
    """Put batches together that go into the lake in one commit."""
    together: list[tuple[Receipt, store.BatchAccount]] = []
    rows = 0
    for receipt, account in pending:
        together.append((receipt, account))
        rows += account.accepted
        if rows >= PROJECTED_ROWS:
            yield together
            together, rows = [], 0
    if together:
        yield together


def _ahead(last: int, newest: int) -> EngineError:
    return EngineError(
        f"The lake must not be ahead of the books at batch {newest}, was at {last}, in {store.READINGS}.",
        code="lake_ahead",
        hint="Rebuild the lake from the archive: move its folder away, then run qipan migrate.",
    )
