"""For whom a caller asks: the party that is chosen on one page stays chosen on the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import Request

from qipan.access.model import Duty
from qipan.interfaces.entry import Caller

CHOSEN: Final = "member"
"""Under which the chosen party is kept in the signed cookie, and the field that chooses one."""

SEES: Final = (Duty.TRADER, Duty.SITE, Duty.CLEARING)
"""Duties with one of which a caller sees what a party holds and owes; an auditor sees that of any."""

ACTS: Final = (Duty.TRADER, Duty.SITE)
"""Duties with one of which a caller asks in a party's name."""

SEES_GREEN: Final = (Duty.TRADER, Duty.SITE, Duty.REGISTRY)
"""The same of certificates and quota."""


def seen_by(caller: Caller, parties: Iterable[str], duties: tuple[Duty, ...] = SEES) -> tuple[str, ...]:
    """Return the parties of whom a caller sees what they have, in their order."""
    return tuple(one for one in parties if caller.has_duty(*duties, party=one, reads=True))


def acted_for(caller: Caller, parties: Iterable[str]) -> tuple[str, ...]:
    """Return the parties in whose name a caller asks, in their order."""
    return tuple(one for one in parties if caller.has_duty(*ACTS, party=one))


def chosen_of(request: Request, parties: tuple[str, ...]) -> str:
    """Return the party that the caller chose now or before, else the first; empty where there is none."""
    asked = request.query_params.get(CHOSEN, "")
    if asked in parties:
        request.session[CHOSEN] = asked
        return asked
    kept = request.session.get(CHOSEN, "")
    return kept if kept in parties else next(iter(parties), "")
