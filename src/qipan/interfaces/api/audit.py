"""``/ledger/discrepancies`` and ``/ledger/suspicions``: what cannot be true, and what hardly is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from qipan.interfaces.api.readings import AsOf, Day, Fleets, Modelled, User
from qipan.interfaces.entry import services_of
from qipan.interfaces.report.figures import asked
from qipan.interfaces.share import seen
from qipan.kernel.time import Interval, in_utc
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
    interval, moment = asked(day, now), in_utc(as_of or now)
    with services.books.read() as unit:
        metered = services.figures.of(unit, interval, moment, fleet_ids=fleet, with_modelled=modelled)
    miscounts = services.figures.miscounts(interval, moment, with_modelled=modelled)
    return list(services.audit.discrepancies(seen(metered, caller), miscounts))


@router.get("/suspicions", operation_id="ledger.suspicions")
def suspicions(
    request: Request,
    caller: User,
    day: Day = None,
    days: Annotated[int, Query(ge=1, le=366, description="Days that are tried, the last one included.")] = 30,
    before: Annotated[int, Query(ge=1, le=366, description="Days before them, to learn from.")] = 60,
    rate: Annotated[float, Query(gt=0, lt=1, description="Probability, at most, that an honest pool is named.")] = 0.01,
    as_of: AsOf = None,
    fleet: Fleets = None,
    modelled: Modelled = False,
) -> list[Discrepancy]:
    """Return the pools whose energy does not go with their use as before or as at their peers; chance may explain it.

    Every pool is compared with all others, and the caller told of those they may see; visitors are not told.
    """
    services, now = services_of(request), datetime.now(UTC)
    end = asked(day, now).end
    since = end - timedelta(days=days)
    interval = Interval(since - timedelta(days=before), end)
    with services.books.read() as unit:
        metered = services.figures.of(unit, interval, in_utc(as_of or now), fleet_ids=fleet, with_modelled=modelled)
    subjects = metered.field.pools_of({site.site_id for site in seen(metered, caller).field.sites})
    return [one for one in services.audit.suspicions(metered, since, rate) if one.subject in subjects]
