"""The services of agreements are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.agreements.service.pledging import Pledging
from qipan.agreements.service.settling import Settling
from qipan.agreements.service.signing import Signing
from qipan.bootstrap.services import Maker

MAKERS: Final[Mapping[str, Maker]] = {
    "signing": lambda services: Signing(services.accounts, services.claims, services.log),
    "settling": lambda services: Settling(services.signing, services.accounts, services.claims, services.log),
    "pledging": lambda services: Pledging(services.signing, services.accounts, services.claims),
}
