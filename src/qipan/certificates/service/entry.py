"""Enter requests: each under an id of its own, once, with the leaf of the log that says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from qipan.certificates.model.request import Answer, Certifying, Entered, Request
from qipan.certificates.record import REQUEST_KIND, kind_of, record, request_record
from qipan.certificates.store import registry as store
from qipan.kernel.errors import ConflictError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

LOCK: Final = "certificates"
"""Name of the lock of whoever writes here; it comes before that of the log."""

Done = tuple[int, int]
"""Wh that a request has moved, and how many things they are."""

Asked = TypeVar("Asked", bound=Request | Certifying)


class Entry:
    """What was asked, in its order."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def enter(
        self, unit: UnitOfWork, request: Asked, does: Callable[[UnitOfWork, Asked, datetime], Done], now: datetime
    ) -> Answer:
        """Carry a request out and enter it; the same again is told the same, and nothing happens.

        Raises
        ------
        ConflictError
            ``certificate_request_differs`` when another request stands under the id.
        """
        unit.lock(LOCK)
        text = record(request)
        stands = store.requests(unit, [request.request_id]).get(request.request_id)
        if stands is not None:
            if stands.record != text:
                raise ConflictError(
                    f"One request must stand under an id, was another: {request.request_id}.",
                    code="certificate_request_differs",
                    hint="Choose another id; a request is never changed.",
                )
            return Answer(stands, is_new=False)
        wh, count = does(unit, request, now)
        entered = Entered(request.request_id, kind_of(request), text, wh, count, in_utc(now))
        store.insert_request(unit, entered)
        self._log.append(unit, REQUEST_KIND, request_record(entered), now)
        record_action(unit, f"certificate_{entered.kind}", request.request_id, now, wh=wh)
        return Answer(entered, is_new=True)
