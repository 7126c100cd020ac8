"""``/atlas/site/…``: what is known of one site: its pools, their hours, its energy, who told it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.services import Services
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.console.pages.atlas import day_of
from qipan.interfaces.entry import Caller, caller_of, require, services_of
from qipan.interfaces.report import atlas, labels, site
from qipan.interfaces.report.figures import group_names, is_rehearsed
from qipan.interfaces.report.labels import label
from qipan.interfaces.share import day_shown, seen_fleets, seen_sources, view
from qipan.kernel.errors import NotAllowedError, NotFoundError
from qipan.kernel.time import BOARD_ZONE, civil_day, zone
from qipan.ledger.model.figure import Freshness, Group, Step
from qipan.ledger.model.fleet import Fleet, Site
from qipan.ledger.model.reading import Dispute

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/atlas/site/{site_id}")
def show(
    request: Request,
    site_id: str,
    day: Annotated[str, Query(max_length=10)] = "",
    modelled: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Show one site on a day."""
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    chosen, is_modelled = day_of(day, now), modelled == "yes"
    with services.books.read() as unit:
        read = partial(services.figures.of, unit)
        chosen = day_shown(read, chosen, caller, now)
        fleets = services.ledger.fleets(unit)
        fleet, found = _site(seen_fleets(fleets, caller), site_id)
        told = partial(read, civil_day(chosen), now)
        ask = view(told, caller, now, fleet_ids=[fleet.fleet_id], with_modelled=is_modelled)
        _check_visitor(caller, found, has_sites=ask.has_sites)
        pools = ask.metered.field.pools_of({site_id})
        supply = [one for one in ask.supply(by=Group.POOL) if one.group in pools]
        by_pool = [one for one in ask.supply(by=Group.POOL, step=Step.HOUR) if one.group in pools]
        by_hour = [one for one in ask.supply(by=Group.SITE, step=Step.HOUR) if one.group == site_id]
        burn = [one for one in ask.burn(by=Group.SITE, step=Step.HOUR) if one.group == site_id]
        complete = [one for one in ask.completeness() if one.site_id == site_id]
        fresh, disputes = _told_by(services, unit, caller, found, now)
    fleet = next(one for one in fleets if one.fleet_id == fleet.fleet_id)
    names = {by: group_names(by, (fleet,), services.catalog, said) for by in (Group.HUB, Group.REGION, Group.SITE)}
    kinds = sorted({pool.kind for pool in found.pools})
    hours = {
        kind: ([one for one in by_pool if one.kind is kind], [one for one in by_hour if one.kind is kind])
        for kind in kinds
    }
    titles = {kind: said.say("Use by hour: %(kind)s", kind=label(labels.KIND, kind, said)) for kind in kinds}
    return render(
        request,
        "site.html",
        name=names[Group.SITE][site_id],
        day=chosen.isoformat(),
        last_day=now.astimezone(zone(BOARD_ZONE)).date().isoformat(),
        is_modelled=is_modelled,
        has_modelled=any(one.is_modelled for one in supply) or any(one.is_modelled for one in burn),
        particulars=site.particulars(fleet, found, names, said),
        pools=site.pool_table(found, said),
        supply=atlas.supply_table(supply, {}, said, caption=said.say("Use of the day"), head=said.say("Pool")),
        hours=[
            (f"use-{kind}", titles[kind], atlas.supply_hours(hours[kind][1], said, caption=titles[kind]))
            for kind in kinds
        ],
        energy=atlas.burn_hours(burn, said, caption=said.say("Energy by hour")),
        meters=site.meter_table(found, complete, said),
        sources=atlas.source_table(
            fresh, {fleet.fleet_id: said.name({"name_en": fleet.name_en, "name_zh": fleet.name_zh})}, said
        ),
        disputes=atlas.dispute_table(disputes, said),
        data=site.data_table(fleet, found, said),
        links=site.link_table(fleet, found, said),
        charts={f"use-{kind}": site.use_chart(*hours[kind], said) for kind in kinds}
        | {"energy": site.energy_chart(burn, said)},
    )


def _told_by(
    services: Services, unit: Any, caller: Caller, found: Site, now: datetime
) -> tuple[list[Freshness], list[Dispute]]:
    """Return the sources of a site of which the caller may hear, and its open disputes."""
    sources = seen_sources(services.ledger.meters(unit), caller)
    source_ids = {m.source_id for m in found.meters if sources is None or m.source_id in sources}
    meter_ids = {meter.meter_id for meter in found.meters}
    disputes = services.metering.disputes(unit, open_only=True, source_ids=source_ids)
    return (
        [one for one in services.figures.freshness(unit, now) if one.source_id in source_ids],
        [one for one in disputes if one.meter_id in meter_ids],
    )


def _check_visitor(caller: Caller, found: Site, *, has_sites: bool) -> None:
    """Lead a visitor to the sign-in for a site with real meters, and for any on a day of which such meters told."""
    if not has_sites or (caller.is_anonymous and not all(is_rehearsed(meter.source_id) for meter in found.meters)):
        raise NotAllowedError(
            "Sites that were metered are shown to users, was asked without signing in.",
            code="sign_in_needed",
            hint="Sign in; sums for the public are in the atlas.",
        )


def _site(fleets: tuple[Fleet, ...], site_id: str) -> tuple[Fleet, Site]:
    """Return a site and its fleet, one with meters first, since several fleets may name the same site.

    Raises
    ------
    NotFoundError
        ``site_unknown``.
    """
    found = [(fleet, site) for fleet in fleets for site in fleet.sites if site.site_id == site_id]
    if not found:
        raise NotFoundError(
            f"A site must be registered, was not: {site_id!r}.",
            code="site_unknown",
            hint="Choose one from the table of the atlas.",
        )
    return max(found, key=lambda pair: bool(pair[1].meters))
