"""What takes feeds in is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.labour.service.budgets import Budgets
from qipan.labour.service.feeds import Feeds
from qipan.labour.sources import feed_rows

MAKERS: Final[Mapping[str, Maker]] = {
    "budgets": lambda services: Budgets(services.log, services.catalog.number("labour/privacy_budget")),
    "feeds": lambda services: Feeds(services.observations, services.log, feed_rows.read),
}
