"""``/ledger/discrepancies``: what cannot be true."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from qipan.interfaces.api.readings import AsOf, Day, Fleets, Modelled, User
from qipan.interfaces.entry import services_of
from qipan.interfaces.report.figures import asked
from qipan.interfaces.share import seen
from qipan.kernel.time import in_utc
from qipan.ledger.model.discrepancy import Discrepancy

router = APIRouter(prefix="/ledger", tags=["ledger"])


@router.get("/discrepancies", operation_id="ledger.discrepancies")
def discrepancies(
    request: Request,
    caller: User,
    day: Day = None,
    as_of: AsOf = None,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[Discrepancy]:
    """Return which meters contradict physics, the register or themselves, with the evidence; visitors are not told."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        metered = services.figures.of(
            unit, asked(day, now), in_utc(as_of or now), fleet_ids=fleet, with_modelled=modelled
        )
    return list(services.audit.discrepancies(seen(metered, caller)))
