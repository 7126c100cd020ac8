"""What warns of lost jobs is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.labour.service.warnings import Warnings

MAKERS: Final[Mapping[str, Maker]] = {
    "warnings": lambda services: Warnings(services.log),
}
