"""What sends warnings out is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.labour.engines.webhook import Webhook
from qipan.labour.service.subscriptions import Subscriptions
from qipan.workflows.notify import Notifying

MAKERS: Final[Mapping[str, Maker]] = {
    "subscriptions": lambda services: Subscriptions(
        services.settings.secret.get_secret_value().encode(),
        Webhook(services.settings.networks_allowed).check,
        lambda region: services.catalog.region(region).adcode,
    ),
    "notifying": lambda services: Notifying(
        services.books, services.subscriptions, Webhook(services.settings.networks_allowed).send
    ),
}
