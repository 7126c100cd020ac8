"""Who is told of warnings elsewhere: each step goes into an outbox with its commit, and is sent until it arrives."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.labour.deliver import body_of, heads_of, secret_of, wait
from qipan.labour.model.issued import IssuedWarning
from qipan.labour.model.subscription import Answer, Backlog, Message, Subscription, check_url
from qipan.labour.model.warning import Grade
from qipan.labour.store import subscription as store
from qipan.labour.store.warning import is_warned_of
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

LEASE: Final = timedelta(minutes=30)
"""How long who took a delivery may take; if nothing is heard by then, it is sent again."""
BATCH: Final = 50
SAID_CHARACTERS_MAX: Final = 200


def post(unit: UnitOfWork, told: Iterable[IssuedWarning], now: datetime) -> int:
    """Put the last step of each warning into the outbox, for every subscription that wants it; return how many."""
    open_ones = store.subscriptions(unit, open_only=True)
    if not open_ones:
        return 0
    found = [
        Message(one, warning.warning_id, warning.steps[-1].number, body_of(warning), 0)
        for warning in told
        for one in open_ones
        if one.wants(warning)
    ]
    store.insert_deliveries(unit, found, in_utc(now))
    return len(found)


class Subscriptions:
    """Addresses that are told every step of the warnings that they want.

    Parameters
    ----------
    key
        The key of the house, from which each secret follows.
    check
        Refuses an address that nothing may be sent to.
    code_of
        Returns the code of a province-level unit by its code or name; raises `NotFoundError`.
    """

    def __init__(self, key: bytes, check: Callable[[str], None], code_of: Callable[[str], str]) -> None:
        self._key = key
        self._check = check
        self._code_of = code_of

    # --- what is done --------------------------------------------------------------------------------------------

    def subscribe(
        self, unit: UnitOfWork, url: str, now: datetime, *, regions: Sequence[str] = (), grade: Grade = Grade.BLUE
    ) -> tuple[Subscription, str]:
        """Enter an address; it is told of steps from now on. Its secret is returned, and never told again.

        A region is told by its code: that of a province-level unit (GB/T 2260), or one of which a warning was issued.

        Raises
        ------
        BadInputError
            ``webhook_url_bad``; ``region_named`` where a name is told in place of a code.
        NotFoundError
            ``region_unknown``; the hint names the nearest ones.
        RuleBrokenError
            ``webhook_address_private``, ``webhook_unresolved``.
        """
        self._check(check_url(url))
        unit.lock("labour/subscriptions")
        number = store.next_number(unit)
        wanted = tuple(sorted({self._region(unit, one) for one in regions}))
        one = Subscription(f"sub-{number}", url, wanted, grade, secrets.token_hex(16), in_utc(now))
        store.insert_subscription(unit, one, number)
        record_action(unit, "labour_subscribed", one.subscription_id, now, regions=wanted, grade=grade.value)
        return one, secret_of(one, self._key)

    def _region(self, unit: UnitOfWork, region: str) -> str:
        if is_warned_of(unit, region):
            return region
        code = self._code_of(region)
        if code != region:
            raise BadInputError(
                f"A region of a subscription must be told by its code, was {region!r}.",
                code="region_named",
                hint=f"Write {code}.",
                field="region",
            )
        return region

    def unsubscribe(self, unit: UnitOfWork, subscription_id: str, now: datetime) -> Subscription:
        """End a subscription; what waits for it is not sent any more.

        Raises
        ------
        NotFoundError
            ``subscription_unknown``.
        RuleBrokenError
            ``subscription_over``.
        """
        found = store.subscriptions(unit, subscription_id=subscription_id)
        if not found:
            raise NotFoundError(
                f"A subscription must have been made, was not: {subscription_id}.",
                code="subscription_unknown",
                hint="List them by qipan labour subscriptions.",
            )
        if found[0].ended:
            raise RuleBrokenError(
                f"A subscription must not be over, was: {subscription_id}.",
                code="subscription_over",
                hint="Nothing is sent to it any more; subscribe anew to be told again.",
            )
        store.end_subscription(unit, subscription_id, in_utc(now))
        record_action(unit, "labour_unsubscribed", subscription_id, now)
        return replace(found[0], ended=in_utc(now))

    def take(self, unit: UnitOfWork, now: datetime) -> list[Message]:
        """Return some of what is due, and keep it from others for a while."""
        unit.lock("labour/deliveries")
        found = store.due(unit, in_utc(now), BATCH)
        for one in found:
            store.update_delivery(unit, one, due=in_utc(now) + LEASE)
        return found

    def note(self, unit: UnitOfWork, one: Message, answer: Answer, now: datetime) -> None:
        """Keep what came of a delivery: it has arrived, or is sent again after a while."""
        said = answer.said[:SAID_CHARACTERS_MAX]
        if answer.is_accepted:
            store.update_delivery(unit, one, delivered=in_utc(now), said=said)
            return
        tries = one.tries + 1
        store.update_delivery(unit, one, tries=tries, due=in_utc(now) + wait(tries), said=said)

    # --- what is looked at ---------------------------------------------------------------------------------------

    def heads(self, one: Message, now: datetime) -> dict[str, str]:
        """Return the heads of a delivery, which sign it."""
        return heads_of(one, self._key, now)

    def backlogs(self, unit: UnitOfWork) -> list[Backlog]:
        """Return how every subscription fares, those that are over among them."""
        return store.backlogs(unit)
