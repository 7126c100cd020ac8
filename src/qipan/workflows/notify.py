"""Notify: send what waits in the outbox of warnings, each delivery a unit of work of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from qipan.labour.model.subscription import Answer
from qipan.labour.service.subscriptions import Subscriptions
from qipan.storage.books import Books


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round came to: deliveries that arrived, and those that are sent again later."""

    delivered: int
    failed: int


class Notifying:
    """Carries deliveries out.

    Parameters
    ----------
    send
        Sends a body with its heads to an address.
    """

    def __init__(
        self, books: Books, subscriptions: Subscriptions, send: Callable[[str, str, dict[str, str]], Answer]
    ) -> None:
        self._books = books
        self._subscriptions = subscriptions
        self._send = send

    def deliver(self, clock: Callable[[], datetime]) -> Sent:
        """Send all that is due now; a receiver that does not answer is not asked again in this round.

        It is at least once: whoever stops between sending and keeping the answer sends again.
        """
        begun = clock()
        deaf: dict[str, Answer] = {}
        delivered = failed = 0
        while True:
            with self._books.begin() as unit:
                taken = self._subscriptions.take(unit, begun)
            if not taken:
                return Sent(delivered, failed)
            for one in taken:
                name = one.subscription.subscription_id
                now = clock()
                answer = deaf.get(name) or self._send(
                    one.subscription.url, one.body, self._subscriptions.heads(one, now)
                )
                if not answer.is_reached:
                    deaf[name] = answer
                with self._books.begin() as unit:
                    self._subscriptions.note(unit, one, answer, now)
                delivered += answer.is_accepted
                failed += not answer.is_accepted
