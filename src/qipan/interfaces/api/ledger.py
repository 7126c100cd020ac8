"""``/ledger``: fleets, and what of them was used."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Query, Request, UploadFile

from qipan.access.model import Role
from qipan.interfaces.api.model import UtilisationOut, fleet_out, utilisation_out
from qipan.interfaces.entry import Caller, require, services_of
from qipan.interfaces.share import check_fleet
from qipan.kernel.time import Interval, civil_day
from qipan.ledger.model.use import Grouping

EVER = Interval(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""Every period there may be use of."""

router = APIRouter(prefix="/ledger", tags=["ledger"])


@router.get("/fleets", operation_id="ledger.fleets", dependencies=[Depends(require(Role.VIEWER))])
def fleets(request: Request) -> list[dict[str, Any]]:
    """Return every fleet with its sites, pools and origins, as it is known last."""
    services = services_of(request)
    with services.books.read() as unit:
        return [fleet_out(fleet) for fleet in services.ledger.fleets(unit)]


@router.post(
    "/sites",
    operation_id="ledger.import_sites",
    status_code=201,
)
def import_sites(
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File(description="YAML of a fleet.")],
) -> dict[str, Any]:
    """Register a fleet of your own sites, all within your scope; nothing is kept of a file with findings."""
    services, check = services_of(request), partial(check_fleet, caller)
    with services.books.begin(caller=str(caller)) as unit:
        return fleet_out(services.ledger.import_sites(unit, file.file.read(), datetime.now(UTC), check=check))


@router.get("/use", operation_id="ledger.use", dependencies=[Depends(require(Role.VIEWER))])
def use(
    request: Request,
    day: Annotated[date | None, Query(description="Civil day of the fleet's zone; without one, all time.")] = None,
    fleet_id: Annotated[str | None, Query(description="Only this fleet.")] = None,
    by: Annotated[Grouping, Query()] = Grouping.SITE,
) -> dict[str, list[UtilisationOut]]:
    """Return what was there, what of it was used and what that burnt, by fleet."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        known = [services.ledger.fleet(unit, fleet_id)] if fleet_id else services.ledger.fleets(unit)
    return {
        fleet.fleet_id: [
            utilisation_out(used)
            for used in services.ledger.utilisation(fleet, civil_day(day, fleet.zone_name) if day else EVER, now, by=by)
        ]
        for fleet in known
    }
