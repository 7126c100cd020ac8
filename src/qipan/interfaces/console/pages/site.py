"""``/atlas/site/…``: what is known of one site: its pools, their hours, its energy, who told it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.console.pages.atlas import day_of
from qipan.interfaces.entry import caller_of, require, services_of
from qipan.interfaces.report import atlas, labels, site
from qipan.interfaces.report.figures import group_names
from qipan.interfaces.report.labels import label
from qipan.interfaces.share import shown
from qipan.kernel.errors import NotFoundError
from qipan.kernel.time import BOARD_ZONE, civil_day, zone
from qipan.ledger.model.figure import Group, Step
from qipan.ledger.model.fleet import Fleet, Site

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/atlas/site/{site_id}")
def show(
    request: Request,
    site_id: str,
    day: Annotated[str, Query(max_length=10)] = "",
    modelled: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Show one site on a day."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    chosen, is_modelled = day_of(day, now), modelled == "yes"
    with services.books.read() as unit:
        fleet, found = _site(services.ledger.fleets(unit), site_id)
        metered = services.figures.of(
            unit, civil_day(chosen), now, fleet_ids=[fleet.fleet_id], with_modelled=is_modelled
        )
        caller = caller_of(request)
        ask = shown(metered, caller)
        pool_ids = {pool.pool_id for pool in found.pools}
        supply = [one for one in ask.supply(by=Group.POOL) if one.group in pool_ids]
        by_pool = [one for one in ask.supply(by=Group.POOL, step=Step.HOUR) if one.group in pool_ids]
        by_hour = [one for one in ask.supply(by=Group.SITE, step=Step.HOUR) if one.group == site_id]
        burn = [one for one in ask.burn(by=Group.SITE, step=Step.HOUR) if one.group == site_id]
        complete = [one for one in ask.completeness() if one.site_id == site_id]
        source_ids = {meter.source_id for meter in found.meters}
        fresh = [one for one in services.figures.freshness(unit, now) if one.source_id in source_ids]
        meter_ids = {meter.meter_id for meter in found.meters}
        disputes = [one for one in services.metering.disputes(unit, open_only=True) if one.meter_id in meter_ids]
        if caller.is_anonymous or not caller.scope.allows_site(site_id, found.adcode):
            disputes = []
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
        particulars=site.particulars(fleet, found, names, said),
        pools=site.pool_table(found, said),
        supply=atlas.supply_table(supply, {}, said, caption=said.say("Use of the day"), head=said.say("Pool")),
        hours=[
            (f"use-{kind}", titles[kind], atlas.supply_hours(hours[kind][1], said, caption=titles[kind]))
            for kind in kinds
        ],
        energy=atlas.burn_hours(burn, said, caption=said.say("Energy by hour")),
        meters=site.meter_table(found, complete, said),
        sources=atlas.source_table(fresh, said),
        disputes=atlas.dispute_table(disputes, said),
        data=site.data_table(fleet, found, said),
        links=site.link_table(fleet, found, said),
        charts={f"use-{kind}": site.use_chart(*hours[kind], said) for kind in kinds}
        | {"energy": site.energy_chart(burn, said)},
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
