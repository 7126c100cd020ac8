"""``/ledger/discrepancies``: what cannot be true."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from qipan.interfaces.api.readings import READS, AsOf, Day, Fleets, Modelled
from qipan.interfaces.entry import caller_of, services_of
from qipan.interfaces.report.figures import asked
from qipan.interfaces.share import shown
from qipan.kernel.time import in_utc
from qipan.ledger.model.discrepancy import Discrepancy

router = APIRouter(prefix="/ledger", tags=["ledger"])


@router.get("/discrepancies", operation_id="ledger.discrepancies", dependencies=[READS])
def discrepancies(
    request: Request, day: Day = None, as_of: AsOf = None, fleet: Fleets = None, modelled: Modelled = False
) -> list[Discrepancy]:
    """Return which meters contradict physics, the register or themselves, with the evidence."""
    services, now = services_of(request), datetime.now(UTC)
    with services.books.read() as unit:
        metered = services.figures.of(
            unit, asked(day, now), in_utc(as_of or now), fleet_ids=fleet, with_modelled=modelled
        )
    return list(services.audit.discrepancies(shown(metered, caller_of(request))))
