"""``/ledger/discrepancies`` and ``/ledger/suspicions``: what cannot be true, and what hardly is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from qipan.interfaces.api.readings import AsOf, Day, Fleets, Modelled, User
from qipan.interfaces.entry import Caller, services_of
from qipan.interfaces.report.figures import asked
from qipan.interfaces.share import seen
from qipan.kernel.errors import NotAllowedError
from qipan.kernel.time import Interval, in_utc
from qipan.ledger.model.discrepancy import Discrepancy
from qipan.ledger.service.audit import SUSPICIONS

RATES: Final = (0.001, 0.005, 0.01, 0.02, 0.05)
"""Rates offered to who does not see the country: by trying any rate, the exact chance would be found."""

SIZE_DECIMALS: Final = 2
"""Decimals of a size that who does not see the country is told: an exact one tells what peers measured."""

OF_PEERS: Final = frozenset({"chance", "peers"})
"""Evidence that only who sees the country is told."""

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

    Every pool is compared with all others, and the caller told of those they may see, in whole percents unless they see
    the country; visitors are not told.
    """
    _check_peers(caller, rate=rate, fleet_ids=fleet, as_of=as_of)
    services, now = services_of(request), datetime.now(UTC)
    end = asked(day, now).end
    since = end - timedelta(days=days)
    interval = Interval(since - timedelta(days=before), end)
    with services.books.read() as unit:
        metered = services.figures.of(unit, interval, in_utc(as_of or now), fleet_ids=fleet, with_modelled=modelled)
    field = metered.field
    own = {site.site_id for site in seen(metered, caller).field.sites}
    # A name that a pool elsewhere has, too, speaks of nobody.
    subjects = field.pools_of(own) - field.pools_of({site.site_id for site in field.sites} - own)
    found = services.audit.suspicions(metered, since, rate)
    return [_told(one, caller) for one in found if one.subject in subjects]


def _told(one: Discrepancy, caller: Caller) -> Discrepancy:
    """Return a suspicion; where the caller does not see the country, so coarse that it tells of no single peer."""
    if caller.scope.is_country:
        return one
    # A zero has no sign.
    size = round(one.size, SIZE_DECIMALS) + 0.0
    return replace(
        one,
        size=size,
        message=f"{SUSPICIONS[one.rule]}; use was {'over' if one.size > 0 else 'under'}-reported by about "
        f"{abs(size):.0%}, or something else has changed.",
        evidence={name: value for name, value in one.evidence.items() if name not in OF_PEERS},
    )


def _check_peers(caller: Caller, *, rate: float, fleet_ids: Collection[str] | None, as_of: datetime | None) -> None:
    """Refuse a caller who does not see the country and asks so that answers would differ by single peers.

    Raises
    ------
    NotAllowedError
        ``peers_not_chosen`` for some fleets or an earlier moment; ``rate_not_offered`` for a rate not in `RATES`.
    """
    if caller.scope.is_country:
        return
    if fleet_ids or as_of is not None:
        raise NotAllowedError(
            f"Peers must be all pools as known now within the scope of {caller.name}, was asked of some fleets or "
            "as known earlier.",
            code="peers_not_chosen",
            hint="Ask without fleet and as_of.",
        )
    if rate not in RATES:
        raise NotAllowedError(
            f"The rate must be one of {', '.join(f'{one:g}' for one in RATES)} within the scope of {caller.name}, was "
            f"{rate:g}.",
            code="rate_not_offered",
            hint="Ask for one of these rates.",
            field="rate",
        )
