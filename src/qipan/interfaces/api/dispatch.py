"""``/dispatch``: what a plan says about the work of the country."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from qipan.access.model import Role
from qipan.interfaces.entry import planning_turn, require, services_of
from qipan.workflows.respond import CallRequest

router = APIRouter(prefix="/dispatch", tags=["dispatch"], dependencies=[Depends(require(Role.VIEWER))])


@router.get("/plans/{plan_id}/volumes", operation_id="dispatch.volumes")
def volumes(request: Request, plan_id: str) -> dict[str, Any]:
    """Return which work of the east the west should take, and what holds the rest back; ``latest`` is the newest plan.

    All volumes are in unit-hours: asked = eligible + excluded, eligible = moved + price + nearness + room.
    """
    services = services_of(request)
    with services.books.read() as unit:
        return services.dispatch.volumes(unit, _named(plan_id))


@router.get("/plans/{plan_id}/stand-alone", operation_id="dispatch.stand_alone")
def stand_alone(request: Request, plan_id: str) -> dict[str, Any]:
    """Return what each region would have had alone, beside what it has on the common board; work in unit-hours, fen."""
    services = services_of(request)
    with services.books.read() as unit:
        return services.dispatch.stand_alone(unit, _named(plan_id))


@router.get("/plans/{plan_id}/explain/job", operation_id="dispatch.explain_job")
def explain_job(request: Request, plan_id: str, job: Annotated[str, Query(max_length=200)]) -> dict[str, Any]:
    """Return why a job is here and not there: the cheapest other sites, and the parts of each difference in fen."""
    services = services_of(request)
    with services.books.read() as unit:
        return services.dispatch.explain_job(unit, _named(plan_id), job)


@router.get("/plans/{plan_id}/explain/price", operation_id="dispatch.explain_price")
def explain_price(
    request: Request,
    plan_id: str,
    site: Annotated[str, Query(max_length=64)],
    slot: Annotated[int, Query(description="The first slot of the day is 0.")],
) -> dict[str, Any]:
    """Return what made the price of each product of a site in a slot: its parts, and the constraints that bind."""
    services = services_of(request)
    with services.books.read() as unit:
        return services.dispatch.explain_price(unit, _named(plan_id), site, slot)


@router.get("/plans/{plan_id}/power", operation_id="dispatch.power")
def power(request: Request, plan_id: str) -> dict[str, Any]:
    """Return how a plan meets the grid: load and peaks of its areas in kW, what is taken from own plants in kWh."""
    return services_of(request).responding.power(_named(plan_id))


@router.get("/plans/{plan_id}/call", operation_id="dispatch.call", dependencies=[Depends(require(Role.OPERATOR))])
def call(
    request: Request,
    plan_id: str,
    place: Annotated[str, Query(max_length=64, description="A region by adcode, an area of the fleet, or a site.")],
    mw: Annotated[float, Query(gt=0, description="How much less to draw.")],
    start: Annotated[str, Query(alias="from", max_length=40, description="19:00 of the plan's day, or a moment.")],
    hours: Annotated[float, Query(gt=0)] = 2.0,
    most_yuan_per_kwh: Annotated[float | None, Query(ge=0, description="What a kWh less may cost at most.")] = None,
) -> dict[str, Any]:
    """Return what a plan answers to a call of the grid: kW delivered by slot, cost in fen, where the work went.

    The ``baseline`` is the linear programme of the day, in which work may be split, not the placed jobs.
    """
    wanted = CallRequest(place, mw, start, hours, most_yuan_per_kwh)
    with planning_turn(request):
        return services_of(request).responding.call(wanted, _named(plan_id))


@router.get(
    "/plans/{plan_id}/flexibility",
    operation_id="dispatch.flexibility",
    dependencies=[Depends(require(Role.OPERATOR))],
)
def flexibility(request: Request, plan_id: str) -> dict[str, Any]:
    """Return what it is worth, in fen, that work of each tier may wait and may leave its region; takes some minutes."""
    with planning_turn(request):
        return services_of(request).responding.flexibility(_named(plan_id))


def _named(plan_id: str) -> str | None:
    return None if plan_id == "latest" else plan_id
