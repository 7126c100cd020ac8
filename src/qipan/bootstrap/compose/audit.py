"""What holds figures against physics and the past is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.ledger.service.audit import Audit, Bounds

MAKERS: Final[Mapping[str, Maker]] = {
    "audit": lambda services: Audit(
        Bounds(**{name: services.catalog.number(f"audit/{name}") for name in Bounds.__dataclass_fields__})
    ),
}
