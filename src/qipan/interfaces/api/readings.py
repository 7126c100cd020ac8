"""``/ledger``: sealed batches in, disputes, figures, and the checkpoints of the log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from qipan.access.model import Role
from qipan.interfaces.api.problem import FindingOut
from qipan.interfaces.entry import Caller, require, require_user, services_of
from qipan.interfaces.report.figures import asked, completeness_row, last_day
from qipan.interfaces.share import check_source, seen_sources, sum_not_public, told_burn, told_supply, view
from qipan.kernel.time import civil_day, in_utc
from qipan.ledger.model.figure import Freshness, Group, Step
from qipan.ledger.model.reading import Acknowledgement, Dispute
from qipan.ledger.service.sharing import View

router = APIRouter(prefix="/ledger", tags=["ledger"])

READS = Depends(require(Role.VIEWER))
Reader = Annotated[Caller, READS]
User = Annotated[Caller, Depends(require_user(Role.VIEWER))]
Writer = Annotated[Caller, Depends(require(Role.OPERATOR))]

Day = Annotated[
    date | None,
    Query(description="Civil day of the board's zone; without one, the last 24 hours, to visitors the last day over."),
]
AsOf = Annotated[datetime | None, Query(description="As known at this moment, with its zone; without one, now.")]
Fleets = Annotated[list[str] | None, Query(description="Only these fleets.")]
Modelled = Annotated[bool, Query(description="Count readings of rehearsals too; they are marked.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the ledger is asked for."""

    day: date | None
    as_of: datetime | None
    fleet_ids: list[str] | None
    modelled: bool


class Resolution(BaseModel):
    """How a dispute was resolved."""

    resolution: str = Field(description="upheld, or corrected by a later release.", max_length=20)
    note: str = Field(default="", max_length=2000)


@router.post("/readings", operation_id="ledger.send", status_code=201)
def send(
    request: Request,
    caller: Writer,
    response: Response,
    file: Annotated[UploadFile, File(description="A sealed batch.")],
) -> Acknowledgement:
    """Receive a sealed batch; 201 acknowledges it, 200 says that the same bytes were acknowledged before."""
    services = services_of(request)
    opened = services.metering.open(file.file.read())
    with services.books.begin(caller=str(caller)) as unit:
        check_source(services.ledger.meters(unit), caller, opened.batch.statement.source_id)
        told = services.metering.receive(unit, opened, datetime.now(UTC))
    with services.books.read() as unit:
        services.metering.project(unit)
    if not told.is_new:
        response.status_code = 200
    return told


@router.get("/batches", operation_id="ledger.batches")
def batches(
    request: Request,
    caller: User,
    after: Annotated[int, Query(ge=0, description="Only batches behind this sequence.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """Return what became of batches, in the order they were received."""
    services = services_of(request)
    names = ("sequence", "source_id", "way", "number", "released", "received", "told_from", "told_until")
    counts = ("rows", "accepted", "repeated", "disputed", "quarantined", "leaf")
    with services.books.read() as unit:
        sources = seen_sources(services.ledger.meters(unit), caller)
        found = services.metering.batches(unit, after=after, limit=limit, source_ids=sources)
    return [{name: getattr(one, name) for name in (*names, *counts)} for one in found]


@router.get("/batches/{sequence}/findings", operation_id="ledger.findings")
def findings(request: Request, caller: User, sequence: int) -> list[FindingOut]:
    """Return what was wrong with the rows of a batch that stand in quarantine."""
    services = services_of(request)
    with services.books.read() as unit:
        check_source(services.ledger.meters(unit), caller, services.metering.batch(unit, sequence).source_id)
        return [FindingOut(**asdict(one)) for one in services.metering.findings(unit, sequence)]


@router.get("/disputes", operation_id="ledger.disputes")
def disputes(
    request: Request,
    caller: User,
    open_only: Annotated[bool, Query(description="Only those that nobody has resolved.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Dispute]:
    """Return readings that were told twice with other content, the newest first."""
    services = services_of(request)
    with services.books.read() as unit:
        sources = seen_sources(services.ledger.meters(unit), caller)
        return list(services.metering.disputes(unit, open_only=open_only, source_ids=sources, limit=limit))


@router.post("/disputes/{dispute_id}/resolution", operation_id="ledger.resolve")
def resolve(request: Request, caller: Writer, dispute_id: int, resolution: Resolution) -> Dispute:
    """Write down how a dispute was resolved; the readings stay what they are."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.begin(caller=str(caller)) as unit:
        resolved = services.metering.resolve(
            unit, dispute_id, resolution=resolution.resolution, note=resolution.note, now=now
        )
        check_source(services.ledger.meters(unit), caller, resolved.source_id)
        return resolved


@router.get("/supply", operation_id="ledger.utilisation")
def supply(
    request: Request,
    caller: Reader,
    day: Day = None,
    as_of: AsOf = None,
    by: Annotated[Group, Query()] = Group.SITE,
    step: Annotated[Step, Query()] = Step.WHOLE,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return what was certified, used and idle."""
    asks = Asked(day, as_of, fleet, modelled)
    ask = _view(request, caller, asks)
    return [told_supply(one, by, ask.hidden) for one in ask.metered.supply(by=by, step=step)]


@router.get("/idle", operation_id="ledger.idle")
def idle(
    request: Request,
    caller: Reader,
    day: Day = None,
    as_of: AsOf = None,
    by: Annotated[Group, Query()] = Group.SITE,
    limit: Annotated[int, Query(ge=1, le=500)] = 10,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return where most compute stood idle; what a visitor may not see has no rank."""
    asks = Asked(day, as_of, fleet, modelled)
    ask = _view(request, caller, asks)
    rows = [told_supply(one, by, ask.hidden) for one in ask.metered.top_idle(by=by, limit=None)]
    return [row for row in rows if not row["is_withheld"]][:limit]


@router.get("/burn", operation_id="ledger.energy")
def burn(
    request: Request,
    caller: Reader,
    day: Day = None,
    as_of: AsOf = None,
    by: Annotated[Group, Query()] = Group.SITE,
    step: Annotated[Step, Query()] = Step.WHOLE,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return energy, PUE, WUE, carbon by both accounts, green share and rack-up rate."""
    asks = Asked(day, as_of, fleet, modelled)
    ask = _view(request, caller, asks)
    return [told_burn(one, by, ask.hidden) for one in ask.metered.burn(by=by, step=step)]


@router.get("/completeness", operation_id="ledger.complete")
def completeness(
    request: Request,
    caller: User,
    day: Day = None,
    as_of: AsOf = None,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[dict[str, Any]]:
    """Return how much of its time each meter has told, and when it was silent."""
    found = _view(request, caller, Asked(day, as_of, fleet, modelled)).completeness()
    return [completeness_row(one) for one in found]


@router.get("/freshness", operation_id="ledger.sources")
def freshness(request: Request, caller: User) -> list[Freshness]:
    """Return when each source was heard last, and which are late by their own cadence."""
    services = services_of(request)
    with services.books.read() as unit:
        sources = seen_sources(services.ledger.meters(unit), caller)
        found = services.figures.freshness(unit, datetime.now(UTC))
    return [one for one in found if sources is None or one.source_id in sources]


@router.get("/checkpoints", operation_id="ledger.checkpoint", dependencies=[READS])
def checkpoints(
    request: Request, after: Annotated[int, Query(ge=-1, description="Only of logs longer than this.")] = -1
) -> list[str]:
    """Return the signed heads of the log, with what witnesses have signed."""
    services = services_of(request)
    with services.books.read() as unit:
        return list(services.log.checkpoints(unit, after=after))


def _view(request: Request, caller: Caller, asks: Asked) -> View:
    """Return what the caller sees, as pages show it: a visitor without a day, of the last one that is over.

    Raises
    ------
    NotAllowedError
        ``sum_not_public`` when a visitor asks for some fleets or for an earlier moment: differences would give away
        what is withheld; ``day_not_over`` for a day of which meters still tell.
    """
    if caller.is_anonymous and (asks.fleet_ids or asks.as_of):
        raise sum_not_public()
    services, now = services_of(request), datetime.now(UTC)
    interval = civil_day(asks.day or last_day(now)) if caller.is_anonymous else asked(asks.day, now)
    with services.books.read() as unit:
        read = partial(services.figures.of, unit, interval, in_utc(asks.as_of or now))
        return view(read, caller, now, fleet_ids=asks.fleet_ids, with_modelled=asks.modelled)
