"""For whom a caller acts: the member that is chosen on the pages of the market stays chosen."""

from __future__ import annotations

from fastapi import Request

from qipan.access.model import Role
from qipan.interfaces.entry import Caller, services_of
from qipan.storage.books import UnitOfWork

CHOSEN = "member"
"""Under which the chosen member is kept in the signed cookie, and the field that chooses one."""


def members_of(request: Request, unit: UnitOfWork, caller: Caller) -> tuple[str, ...]:
    """Return the members for whom a caller may ask, in the order in which they were admitted."""
    return tuple(services_of(request).trading.members(unit)) if caller.may(Role.OPERATOR) else ()


def chosen_member(request: Request, members: tuple[str, ...]) -> str:
    """Return the member that the caller chose now or before, else the first; empty where there is none."""
    asked = request.query_params.get(CHOSEN, "")
    if asked in members:
        request.session[CHOSEN] = asked
        return asked
    kept = request.session.get(CHOSEN, "")
    return kept if kept in members else next(iter(members), "")
