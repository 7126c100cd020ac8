"""``/access``: duties of users, and who has changed what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from qipan.access.model import Duty, Mandate, Role, TrailEntry
from qipan.interfaces.entry import Caller, require_user, services_of
from qipan.kernel.time import in_utc

router = APIRouter(prefix="/access", tags=["access"])

Admin = Annotated[Caller, Depends(require_user(Role.ADMIN))]
Party = Annotated[str, Query(max_length=64, description="For whom; of trader and site only.")]
Moment = Annotated[datetime | None, Query(description="With its zone.")]


class MandateIn(BaseModel):
    """A duty to give."""

    duty: Duty
    party: str = Field(default="", description="For whom; of trader and site only.", max_length=64)


class MandateOut(BaseModel):
    """A duty that a user was given."""

    name: str
    duty: Duty
    party: str = Field(description="Empty for duties of the whole house.")


@router.get("/users/{name}/mandates", operation_id="access.mandates")
def mandates(
    request: Request, caller: Annotated[Caller, Depends(require_user(Role.VIEWER))], name: str
) -> list[MandateOut]:
    """Return the duties that a user was given; of others than oneself for admins. Admins have them all without one."""
    services = services_of(request)
    if caller.name != name:
        require_user(Role.ADMIN)(request)
    with services.books.read() as unit:
        user = services.access.user(unit, name)
        return [_told(user.name, one) for one in services.access.mandates(unit, user)]


@router.post("/users/{name}/mandates", operation_id="access.grant", status_code=201)
def grant(request: Request, caller: Admin, name: str, mandate: MandateIn) -> MandateOut:
    """Give a user a duty; the same again changes nothing; for admins."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.begin(caller=str(caller)) as unit:
        made = services.access.grant(unit, name, mandate.duty, now, party=mandate.party)
        return _told(services.access.user(unit, name).name, made)


@router.delete("/users/{name}/mandates/{duty}", operation_id="access.withdraw")
def withdraw(request: Request, caller: Admin, name: str, duty: Duty, party: Party = "") -> MandateOut:
    """Take a duty from a user; for admins."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.begin(caller=str(caller)) as unit:
        taken = services.access.withdraw(unit, name, duty, now, party=party)
        return _told(services.access.user(unit, name).name, taken)


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


def _told(name: str, mandate: Mandate) -> MandateOut:
    return MandateOut(name=name, duty=mandate.duty, party=mandate.party)
