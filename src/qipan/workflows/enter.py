"""Enter many requests whole: where one is refused nothing is entered, and each that is refused is told by its row.

What is right passes in one go. Only where something was refused are the rows tried again, half by half, each upon those
before it that could stand; all of it is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

from qipan.kernel.errors import EngineError, Finding, QipanError, RuleBrokenError
from qipan.market.bid import by_hour
from qipan.market.model.auction import Entered, auction_of
from qipan.market.model.order import Order
from qipan.market.model.request import Answer, Cancel, Request, id_of
from qipan.market.service import lock
from qipan.storage.books import Books, UnitOfWork

R = TypeVar("R", bound=Request)
T = TypeVar("T")

SendSome = Callable[[UnitOfWork, str, Sequence[Order | Cancel]], Sequence[tuple[Entered, bool]]]
"""Enters requests of the auction that is named."""


def enter_whole(
    books: Books,
    requests: Sequence[R],
    send: Callable[[UnitOfWork, Sequence[R]], T],
    *,
    first_row: int = 1,
    caller: str | None = None,
) -> T:
    """Send requests in a unit of work of their own and return what was told; nothing is entered where one is refused.

    Parameters
    ----------
    first_row
        Number of the row of the first request, in findings: 2 for a file with a header.

    Raises
    ------
    RuleBrokenError
        ``orders_refused`` with a finding for each request that is refused, under the code of the rule that it breaks.
    QipanError
        That of the request, where one alone is refused; among several it has a finding that says which.
    """
    try:
        with books.begin(caller=caller) as unit:
            return send(unit, requests)
    except EngineError:
        raise
    except QipanError as error:
        if len(requests) < 2:
            raise
        with books.begin(caller=caller) as unit:
            refused: list[tuple[Finding, QipanError]] = []
            _try(unit, list(enumerate(requests, start=first_row)), send, refused)
            # Raised inside the unit of work, so that what was tried is undone.
            raise _told(refused, len(requests)) or error from error


def send_spot(unit: UnitOfWork, requests: Sequence[Order | Cancel], send: SendSome) -> list[tuple[Entered, bool]]:
    """Enter bids, offers and cancellations of hours and days, auction by auction."""
    ordered = sorted(by_hour(requests), key=lambda one: auction_of(one.instrument))
    lock.lock_orders(unit, ordered)
    return [
        one
        for name, some in groupby(ordered, lambda one: auction_of(one.instrument))
        for one in send(unit, name, list(some))
    ]


def send_forward(
    unit: UnitOfWork, requests: Sequence[R], send: Callable[[UnitOfWork, Sequence[R]], Sequence[Answer]]
) -> list[tuple[R, Answer]]:
    """Enter requests of several books, book by book."""
    ordered = sorted(requests, key=lambda one: one.instrument)
    for name in sorted({one.instrument for one in ordered}):
        unit.lock(lock.of_book(name))
    told: list[tuple[R, Answer]] = []
    for _, some in groupby(ordered, lambda one: one.instrument):
        of_one = list(some)
        told += zip(of_one, send(unit, of_one), strict=True)
    return told


def _try(
    unit: UnitOfWork,
    rows: Sequence[tuple[int, R]],
    send: Callable[[UnitOfWork, Sequence[R]], object],
    refused: list[tuple[Finding, QipanError]],
) -> None:
    """Note which rows are refused; the others stay in the unit of work, so that later rows are held against them."""
    try:
        with unit.connection.begin_nested():
            send(unit, [request for _, request in rows])
    except EngineError:
        raise
    except QipanError as error:
        if len(rows) > 1:
            half = len(rows) // 2
            _try(unit, rows[:half], send, refused)
            _try(unit, rows[half:], send, refused)
            return
        row, request = rows[0]
        refused.append((Finding(row, "id", error.code, error.message, id_of(request)), error))


def _told(refused: Sequence[tuple[Finding, QipanError]], count: int) -> QipanError | None:
    findings = tuple(finding for finding, _ in refused)
    if len(refused) == 1:
        ((_, error),) = refused
        error.findings = findings
        return error
    if not refused:
        return None
    return RuleBrokenError(
        f"Every row must be accepted, was refused: {len(findings)} of {count}.",
        code="orders_refused",
        hint="Nothing was entered. Correct the rows that are named, then send all of them again.",
        findings=findings,
    )
