"""``/access``: who has changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from qipan.access.model import Role, TrailEntry
from qipan.interfaces.entry import require_user, services_of
from qipan.kernel.time import in_utc

router = APIRouter(prefix="/access", tags=["access"])

Moment = Annotated[datetime | None, Query(description="With its zone.")]


@router.get("/trail", operation_id="access.trail", dependencies=[Depends(require_user(Role.ADMIN))])
def trail(
    request: Request,
    since: Moment = None,
    until: Moment = None,
    caller: Annotated[
        str | None, Query(max_length=200, description="user:NAME, token:NAME/NUMBER, shell:NAME or visitor.")
    ] = None,
    action: Annotated[str | None, Query(max_length=64, description="As role_changed.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[TrailEntry]:
    """Return who has changed what from a moment on and before another, the newest first; for admins."""
    services = services_of(request)
    begins, ends = (None if one is None else in_utc(one) for one in (since, until))
    with services.books.read() as unit:
        return list(services.access.trail(unit, since=begins, until=ends, caller=caller, action=action, limit=limit))
