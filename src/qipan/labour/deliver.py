"""Deliver steps of warnings elsewhere: what is written, how it is signed, and how long one waits after a failure."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Final

from qipan.kernel.time import in_utc
from qipan.labour.model.issued import IssuedWarning
from qipan.labour.model.subscription import Message, Subscription
from qipan.labour.record import write

WAIT_MOST: Final = timedelta(days=1)
PREFIX: Final = "whsec_"
"""Begins every secret."""


def body_of(one: IssuedWarning) -> str:
    """Return the last step of a warning as it is sent: JSON, written in one way only."""
    step = one.steps[-1]
    return write(
        {
            "type": f"labour.warning.{step.act.value}",
            "timestamp": in_utc(step.at).isoformat(timespec="seconds"),
            "data": {
                "warning": one.warning_id,
                "panel": one.panel,
                "events_rule": one.rule,
                "region": one.cell.region,
                "industry": one.cell.industry,
                "occupation": one.cell.occupation,
                "number": step.number,
                "act": step.act.value,
                "as_of": step.as_of,
                "reason": step.reason,
                "grade": one.grade,
                "state": one.state.value,
                "outcome": one.outcome.value,
                "told": one.newest.told,
            },
        }
    )


def secret_of(one: Subscription, key: bytes) -> str:
    """Return the secret of a subscription: it follows from the key of the house, and stands nowhere."""
    made = hmac.digest(key, f"webhook {one.subscription_id} {one.salt}".encode(), "sha256")
    return PREFIX + base64.b64encode(made).decode()


def heads_of(one: Message, key: bytes, now: datetime) -> dict[str, str]:
    """Return the heads that name a delivery and sign its body (HMAC-SHA256).

    Source: Standard Webhooks 1.0.0.
    """
    at = str(int(in_utc(now).timestamp()))
    secret = base64.b64decode(secret_of(one.subscription, key).removeprefix(PREFIX))
    signed = hmac.digest(secret, f"{one.message_id}.{at}.{one.body}".encode(), "sha256")
    return {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": one.message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def wait(tries: int) -> timedelta:
    """Return how long to wait after a number of failures: twice as long each time, a day at most.

    Examples
    --------
    >>> [str(wait(tries)) for tries in (1, 2, 5, 50)]
    ['0:01:00', '0:02:00', '0:16:00', '1 day, 0:00:00']
    """
    return min(WAIT_MOST, timedelta(minutes=1 << min(tries - 1, 20)))
