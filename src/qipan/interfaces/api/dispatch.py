"""``/dispatch``: what a plan says about the work of the country."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from qipan.access.model import Role
from qipan.interfaces.entry import require, services_of

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


def _named(plan_id: str) -> str | None:
    return None if plan_id == "latest" else plan_id
