"""The services of accounts are made, and the log that they and all pillars stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.bootstrap.services import Maker
from qipan.log.service import Log

MAKERS: Final[Mapping[str, Maker]] = {
    "log": lambda _: Log(),
    "accounts": lambda services: Accounts(services.log),
    "claims": lambda services: Claims(services.log),
}
