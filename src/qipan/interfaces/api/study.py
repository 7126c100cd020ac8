"""``/dispatch/expansions``, ``/dispatch/rolls``: long questions, answered aside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from qipan.access.model import Role
from qipan.interfaces.api.model import StudyOut, StudyRow
from qipan.interfaces.entry import Caller, aside_of, names_of, require, services_of
from qipan.workflows.request import RollRequest
from qipan.workflows.study import StudyKind

SECONDS: Final = "Stop after so long, 1 to 3,600: an expansion with its best plan, a roll with the runs done."

router = APIRouter(prefix="/dispatch", tags=["dispatch"])
Viewer = Depends(require(Role.VIEWER))


@router.post("/expansions", operation_id="dispatch.expand", status_code=202)
def expand(
    request: Request,
    response: Response,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File(description="JSON, or gzip of it, with its instances inside.")],
    gap: Annotated[float, Form(description="Stop at most this share above the certified bound.")] = 1e-4,
    seconds: Annotated[float, Form(description=SECONDS)] = 300.0,
) -> StudyOut:
    """Ask what to build where and by when; the answer is fetched under the number that comes back."""
    ask = partial(
        services_of(request).studies.ask_expansion,
        file.file.read(),
        file.filename or "expansion",
        gap=gap,
        seconds=seconds,
        now=datetime.now(UTC),
        caller=str(caller),
    )
    return begun(request, response, ask, StudyKind.EXPANSION)


@router.get("/expansions", operation_id="dispatch.expansions", dependencies=[Viewer])
def expansions(request: Request) -> list[StudyRow]:
    """Return the newest plans of expansion, without what they say."""
    return listed(request, StudyKind.EXPANSION)


@router.get("/expansions/{study_id}", operation_id="dispatch.expansion", dependencies=[Viewer])
def expansion(request: Request, study_id: int) -> StudyOut:
    """Return a plan of expansion: how far it is, then what to build, what it costs and what it is worth."""
    return found(request, study_id, StudyKind.EXPANSION)


@router.post("/rolls", operation_id="dispatch.roll", status_code=202)
def roll(
    request: Request,
    response: Response,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File(description="Trace of jobs; it may be compressed with gzip.")],
    first_day: Annotated[date, Form(description="First civil day; days before it in the file serve the forecasts.")],
    trace_format: Annotated[str, Form(alias="format", description="philly, openb, llm or generic.")] = "generic",
    days: Annotated[int, Form(description="How many days.")] = 7,
    every_s: Annotated[float, Form(description="Between two re-plans, whole minutes.")] = 900.0,
    demand: Annotated[float, Form(description="Size of the forecast error of demand.")] = 0.0,
    price: Annotated[float, Form(description="Size of the forecast error of prices.")] = 0.0,
    renewable: Annotated[float, Form(description="Size of the forecast error of own plants.")] = 0.0,
    plants_share: Annotated[float, Form(description="Made solar plants, as a share of power caps; assumed.")] = 0.0,
    load: Annotated[float, Form(description="How many times the work.")] = 1.0,
    seed: Annotated[int, Form(description="Seed of everything that is assumed.")] = 0,
    fleet_id: Annotated[str, Form()] = "national",
    epoch: Annotated[datetime | None, Form(description="Moment of second 0 of a trace without dates.")] = None,
    zone_name: Annotated[str | None, Form(description="Zone whose clocks the trace shows.")] = None,
    reservations: Annotated[UploadFile | None, File(description="Contracts of reserved capacity, kept free.")] = None,
    notice_s: Annotated[float, Form(description="How long before its start a job that names one is told.")] = 0.0,
    keeps_reserve: Annotated[bool, Form(description="Keep free what the largest site has of each kind (N-1).")] = False,
    substitutes: Annotated[UploadFile | None, File(description="On what else work may run.")] = None,
    links: Annotated[UploadFile | None, File(description="Backbone links that limit what moves.")] = None,
    seconds: Annotated[float, Form(description=SECONDS)] = 300.0,
) -> StudyOut:
    """Ask what not knowing the future would have cost over days of a trace; nothing is entered in the ledger."""
    wanted = RollRequest(
        data=file.file.read(),
        name=file.filename or "jobs",
        format=trace_format,
        first_day=first_day,
        days=days,
        every_s=every_s,
        errors={"demand": demand, "price": price, "renewable": renewable},
        load=load,
        seed=seed,
        fleet_id=fleet_id,
        epoch=epoch,
        zone_name=zone_name,
        plants_share=plants_share,
        reservations=None if reservations is None else reservations.file.read(),
        notice_s=notice_s,
        keeps_reserve=keeps_reserve,
        substitutes=None if substitutes is None else substitutes.file.read(),
        links=None if links is None else links.file.read(),
        file_names=names_of(reservations=reservations, substitutes=substitutes, links=links),
    )
    ask_roll = services_of(request).studies.ask_roll
    ask = partial(ask_roll, wanted, seconds=seconds, now=datetime.now(UTC), caller=str(caller))
    return begun(request, response, ask, StudyKind.ROLL)


@router.get("/rolls", operation_id="dispatch.rolls", dependencies=[Viewer])
def rolls(request: Request) -> list[StudyRow]:
    """Return the newest runs of rolling operation, without what they say."""
    return listed(request, StudyKind.ROLL)


@router.get("/rolls/{study_id}", operation_id="dispatch.rolled", dependencies=[Viewer])
def rolled(request: Request, study_id: int) -> StudyOut:
    """Return a run of rolling operation: how far it is, then its regret, spikes, market power and latencies."""
    return found(request, study_id, StudyKind.ROLL)


def begun(request: Request, response: Response, ask: Callable[[], int], kind: StudyKind) -> StudyOut:
    """Keep a study, carry it out aside, and say where it is fetched.

    Raises
    ------
    RuleBrokenError
        ``run_in_progress``.
    QipanError
        What is refused when it is asked.
    """
    study_id = aside_of(request, kind).start(services_of(request).settings, ask)
    response.headers["Location"] = f"{request.url.path}/{study_id}"
    return found(request, study_id, kind)


def found(request: Request, study_id: int, kind: StudyKind) -> StudyOut:
    """Return a study: how far it is, then its answer.

    Raises
    ------
    NotFoundError
        ``study_unknown``.
    """
    return StudyOut.model_validate(_stated(request, services_of(request).studies.study(study_id, kind)))


def listed(request: Request, kind: StudyKind) -> list[StudyRow]:
    """Return the newest studies of a kind, without their answers."""
    return [StudyRow.model_validate(_stated(request, one)) for one in services_of(request).studies.studies(kind)]


def _stated(request: Request, study: dict[str, Any]) -> dict[str, Any]:
    return aside_of(request, StudyKind(study["kind"])).state(study)
