"""``/dispatch``: what a plan says about the work of the country."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

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
        return services.dispatch.volumes(unit, None if plan_id == "latest" else plan_id)
