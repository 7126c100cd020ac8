"""The services of the ledger are made, with the adapters of what is metered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from qipan.bootstrap.services import Maker
from qipan.ledger.service.figures import Figures
from qipan.ledger.service.metering import Metering
from qipan.ledger.service.register import FleetForms, Ledger
from qipan.ledger.sources import readings, sites_csv, sites_yaml, traces
from qipan.log.sources import folder
from qipan.workflows.fleet import carbon_factors
from qipan.workflows.publish import Publication
from qipan.workflows.rehearse import Rehearsal, Traces

MAKERS: Final[Mapping[str, Maker]] = {
    "ledger": lambda services: Ledger(
        services.observations, services.log, partial(sites_yaml.read, adcodes=services.adcodes)
    ),
    "fleet_forms": lambda services: FleetForms(
        partial(sites_csv.read, adcodes=services.adcodes), sites_csv.write, sites_yaml.write
    ),
    "metering": lambda services: Metering(
        services.observations,
        services.lake,
        services.log,
        services.ledger,
        {"csv": readings.read_csv, "parquet": readings.read_parquet},
    ),
    "figures": lambda services: Figures(
        services.lake,
        services.ledger,
        {region.adcode: region for region in services.catalog.regions()},
        carbon_factors(services.catalog),
    ),
    "rehearsal": lambda services: Rehearsal(
        catalog=services.catalog,
        books=services.books,
        ledger=services.ledger,
        metering=services.metering,
        traces=Traces(traces.read_stock, traces.read_busy, readings.write_parquet, "parquet"),
    ),
    "publication": lambda services: Publication(services.log, services.ledger, services.observations, folder.write),
}
