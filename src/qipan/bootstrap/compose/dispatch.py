"""What keeps plans is made, with the adapters of traces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.adapters import readers
from qipan.bootstrap.services import Maker
from qipan.dispatch.service import Dispatch

MAKERS: Final[Mapping[str, Maker]] = {
    "dispatch": lambda services: Dispatch(services.observations, services.lake, readers(services.catalog)),
}
