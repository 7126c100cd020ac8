"""What pulls readings from other systems is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.ledger.sources import prometheus, readings, slurm
from qipan.workflows.collect import Collection, Collectors

MAKERS: Final[Mapping[str, Maker]] = {
    "collection": lambda services: Collection(
        books=services.books,
        metering=services.metering,
        figures=services.figures,
        collectors=Collectors(
            read_map=prometheus.read_map,
            collect=prometheus.collect,
            closed=prometheus.closed,
            read_slurm_map=slurm.read_map,
            read_slurm=slurm.read,
            write=readings.write_parquet,
            form="parquet",
        ),
    ),
}
