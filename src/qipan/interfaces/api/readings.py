"""``/ledger``: sealed batches in, disputes, figures, and the checkpoints of the log."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from qipan.access.model import Role
from qipan.interfaces.entry import require, services_of
from qipan.interfaces.report.figures import asked, burn_row, completeness_row, supply_row
from qipan.kernel.time import in_utc
from qipan.ledger.model.figure import Freshness, Group, Step
from qipan.ledger.model.reading import Acknowledgement, Dispute
from qipan.ledger.service.figures import Metered

router = APIRouter(prefix="/ledger", tags=["ledger"])

READS = Depends(require(Role.VIEWER))
WRITES = Depends(require(Role.OPERATOR))

Day = Annotated[date | None, Query(description="Civil day of the board's zone; without one, the last 24 hours.")]
AsOf = Annotated[datetime | None, Query(description="As known at this moment, with its zone; without one, now.")]
Fleets = Annotated[list[str] | None, Query(description="Only these fleets.")]
Modelled = Annotated[bool, Query(description="Count readings of rehearsals too; they are marked.")]


class Resolution(BaseModel):
    """How a dispute was resolved."""

    resolution: str = Field(description="upheld, or corrected by a later release.", max_length=20)
    note: str = Field(default="", max_length=2000)


@router.post("/readings", operation_id="ledger.send", status_code=201, dependencies=[WRITES])
def send(
    request: Request, response: Response, file: Annotated[UploadFile, File(description="A sealed batch.")]
) -> Acknowledgement:
    """Receive a sealed batch; 201 acknowledges it, 200 says that the same bytes were acknowledged before."""
    services = services_of(request)
    opened = services.metering.open(file.file.read())
    with services.books.begin() as unit:
        told = services.metering.receive(unit, opened, datetime.now(UTC))
    with services.books.read() as unit:
        services.metering.project(unit)
    if not told.is_new:
        response.status_code = 200
    return told


@router.get("/batches", operation_id="ledger.batches", dependencies=[READS])
def batches(
    request: Request,
    after: Annotated[int, Query(ge=0, description="Only batches behind this sequence.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """Return what became of batches, in the order they were received."""
    services = services_of(request)
    names = ("sequence", "source_id", "way", "number", "released", "received", "told_from", "told_until")
    counts = ("rows", "accepted", "repeated", "disputed", "quarantined", "leaf")
    with services.books.read() as unit:
        found = services.metering.batches(unit, after=after, limit=limit)
    return [{name: getattr(one, name) for name in (*names, *counts)} for one in found]


@router.get("/disputes", operation_id="ledger.disputes", dependencies=[READS])
def disputes(
    request: Request,
    open_only: Annotated[bool, Query(description="Only those that nobody has resolved.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Dispute]:
    """Return readings that were told twice with other content, the newest first."""
    services = services_of(request)
    with services.books.read() as unit:
        return list(services.metering.disputes(unit, open_only=open_only, limit=limit))


@router.post("/disputes/{dispute_id}/resolution", operation_id="ledger.resolve", dependencies=[WRITES])
def resolve(request: Request, dispute_id: int, resolution: Resolution) -> Dispute:
    """Write down how a dispute was resolved; the readings stay what they are."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.begin() as unit:
        return services.metering.resolve(
            unit, dispute_id, resolution=resolution.resolution, note=resolution.note, now=now
        )


@router.get("/supply", operation_id="ledger.utilisation", dependencies=[READS])
def supply(
    request: Request,
    day: Day = None,
    as_of: AsOf = None,
    by: Annotated[Group, Query()] = Group.SITE,
    step: Annotated[Step, Query()] = Step.WHOLE,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return what was certified, used and idle."""
    found = _metered(request, day, as_of, fleet_ids=fleet, modelled=modelled).supply(by=by, step=step)
    return [supply_row(one) for one in found]


@router.get("/idle", operation_id="ledger.idle", dependencies=[READS])
def idle(
    request: Request,
    day: Day = None,
    as_of: AsOf = None,
    by: Annotated[Group, Query()] = Group.SITE,
    limit: Annotated[int, Query(ge=1, le=500)] = 10,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return where most compute stood idle."""
    found = _metered(request, day, as_of, fleet_ids=fleet, modelled=modelled).top_idle(by=by, limit=limit)
    return [supply_row(one) for one in found]


@router.get("/burn", operation_id="ledger.energy", dependencies=[READS])
def burn(
    request: Request,
    day: Day = None,
    as_of: AsOf = None,
    by: Annotated[Group, Query()] = Group.SITE,
    step: Annotated[Step, Query()] = Step.WHOLE,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return energy, PUE, WUE, carbon by both accounts, green share and rack-up rate."""
    found = _metered(request, day, as_of, fleet_ids=fleet, modelled=modelled).burn(by=by, step=step)
    return [burn_row(one) for one in found]


@router.get("/completeness", operation_id="ledger.complete", dependencies=[READS])
def completeness(
    request: Request, day: Day = None, as_of: AsOf = None, fleet: Fleets = None, modelled: Modelled = False
) -> list[dict[str, Any]]:
    """Return how much of its time each meter has told, and when it was silent."""
    found = _metered(request, day, as_of, fleet_ids=fleet, modelled=modelled).completeness()
    return [completeness_row(one) for one in found]


@router.get("/freshness", operation_id="ledger.sources", dependencies=[READS])
def freshness(request: Request) -> list[Freshness]:
    """Return when each source was heard last, and which are late by their own cadence."""
    services = services_of(request)
    with services.books.read() as unit:
        return list(services.figures.freshness(unit, datetime.now(UTC)))


@router.get("/checkpoints", operation_id="ledger.checkpoint", dependencies=[READS])
def checkpoints(
    request: Request, after: Annotated[int, Query(ge=-1, description="Only of logs longer than this.")] = -1
) -> list[str]:
    """Return the signed heads of the log, with what witnesses have signed."""
    services = services_of(request)
    with services.books.read() as unit:
        return list(services.log.checkpoints(unit, after=after))


def _metered(
    request: Request, day: date | None, as_of: datetime | None, *, fleet_ids: list[str] | None, modelled: bool
) -> Metered:
    services, now = services_of(request), datetime.now(UTC)
    moment = in_utc(as_of or now)
    with services.books.read() as unit:
        return services.figures.of(unit, asked(day, now), moment, fleet_ids=fleet_ids, with_modelled=modelled)
