"""Lake and observations are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.observations.service import Observations
from qipan.storage.archive import Archive
from qipan.storage.lake import Lake

MAKERS: Final[Mapping[str, Maker]] = {
    "lake": lambda services: Lake(services.settings.home / "lake", engine=services.settings.lake_engine),
    "observations": lambda services: Observations(Archive(services.settings.home / "archive"), services.lake),
}
