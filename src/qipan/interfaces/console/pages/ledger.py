"""``/ledger``: the fleets, their sites, and what of them was used."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Role
from qipan.facts.catalog import Catalog
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require, services_of, status_of
from qipan.interfaces.report import labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, mwh, percent
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.interfaces.share import check_fleet, seen_fleets
from qipan.kernel.errors import QipanError
from qipan.kernel.time import civil_day
from qipan.ledger.model.fleet import Fleet, Site
from qipan.ledger.model.use import Grouping, Utilisation

router = APIRouter()


@router.get("/ledger", dependencies=[Depends(require(Role.VIEWER))])
def ledger(
    request: Request,
    fleet: Annotated[str, Query(max_length=64)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show a fleet, and its use on a day."""
    return _page(request, fleet, day, None)


@router.post("/ledger/sites")
def import_sites(
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.OPERATOR))],
    file: Annotated[UploadFile, File()],
) -> Response:
    """Register a fleet from its file, or say what is wrong with it."""
    services, check = services_of(request), partial(check_fleet, caller)
    try:
        with services.books.begin(caller=str(caller)) as unit:
            fleet = services.ledger.import_sites(unit, file.file.read(), datetime.now(UTC), check=check)
    except QipanError as error:
        return _page(request, "", "", error)
    return RedirectResponse(f"/ledger?fleet={fleet.fleet_id}", status_code=303)


def _page(request: Request, fleet_id: str, day: str, error: QipanError | None) -> Response:
    services, said = services_of(request), words_of(request)
    with services.books.read() as unit:
        fleets = seen_fleets(services.ledger.fleets(unit), caller_of(request))
    runs = services.day.reports()
    chosen = next((fleet for fleet in fleets if fleet.fleet_id == fleet_id), None)
    if chosen is None:
        newest = runs[0]["fleet_id"] if runs else ""
        chosen = next((fleet for fleet in fleets if fleet.fleet_id == newest), fleets[0] if fleets else None)
    days = sorted({run["day"] for run in runs if chosen and run["fleet_id"] == chosen.fleet_id}, reverse=True)
    at = day if day in days else (days[0] if days else "")
    uses: tuple[Table, ...] = ()
    if chosen is not None and at:
        interval = civil_day(date.fromisoformat(at), chosen.zone_name)
        now = datetime.now(UTC)
        uses = tuple(
            _use_table(chosen, services.ledger.utilisation(chosen, interval, now, by=by), said, services.catalog, by)
            for by in (Grouping.SITE, Grouping.HUB)
        )
    return render(
        request,
        "ledger.html",
        status=200 if error is None else status_of(error),
        error=error,
        fleets=[(fleet.fleet_id, _name(fleet, said)) for fleet in fleets],
        fleet=chosen,
        fleet_name=_name(chosen, said) if chosen else "",
        days=days,
        day=at,
        sites=_sites_table(chosen, said, services.catalog) if chosen else None,
        uses=uses,
    )


def _sites_table(fleet: Fleet, said: Words, catalog: Catalog) -> Table:
    regions = {region.adcode: region.name_zh if said.lang == "zh" else region.name_en for region in catalog.regions()}
    hubs = {hub.hub_id: hub.name_zh if said.lang == "zh" else hub.name_en for hub in catalog.hubs()}
    rows = [
        row(
            _name(site, said),
            hubs.get(site.hub_id, site.hub_id),
            regions.get(site.adcode, site.adcode),
            _pools(site, said),
            grouped(site.full_kw / 1000, 1),
            grouped(site.power_cap_kw / 1000, 1) if math.isfinite(site.power_cap_kw) else said.say("no limit"),
            grouped(site.pue, 2),
            percent(site.green_share),
            _statuses(site, said),
        )
        for site in fleet.sites
    ]
    heads = (
        Head(said.say("Site"), is_number=False),
        Head(said.say("Hub"), is_number=False),
        Head(said.say("Region"), is_number=False),
        Head(said.say("Resources"), is_number=False),
        Head(said.say("Full power"), "MW"),
        Head(said.say("Power cap"), "MW"),
        Head("PUE"),
        Head(said.say("Green share"), said.say("retired certificates")),
        Head(said.say("Figures rest on"), is_number=False),
    )
    return Table(said.say("Sites of the fleet"), heads, tuple(rows), said.say("No site."))


def _use_table(fleet: Fleet, used: tuple[Utilisation, ...], said: Words, catalog: Catalog, by: Grouping) -> Table:
    names = {site.site_id: _name(site, said) for site in fleet.sites}
    if by is Grouping.HUB:
        names = {hub.hub_id: hub.name_zh if said.lang == "zh" else hub.name_en for hub in catalog.hubs()}
    rows = [
        row(
            names.get(one.group, one.group) or said.say("without a hub"),
            label(labels.KIND, one.kind, said),
            grouped(one.capacity_unit_h),
            grouped(one.used_unit_h),
            grouped(one.idle_unit_h),
            Cell(percent(one.used_share), bar=one.used_share),
            mwh(one.energy_wh, 2),
        )
        for one in used
    ]
    heads = (
        Head(said.say("Site") if by is Grouping.SITE else said.say("Hub"), is_number=False),
        Head(said.say("Kind"), is_number=False),
        Head(said.say("Capacity"), said.say("unit-hours")),
        Head(said.say("Used"), said.say("unit-hours")),
        Head(said.say("Idle"), said.say("unit-hours")),
        Head(said.say("Use")),
        Head(said.say("Energy"), "MWh"),
    )
    caption = said.say("Use by site") if by is Grouping.SITE else said.say("Use by hub")
    return Table(caption, heads, tuple(rows), said.say("No use is entered for this day."))


def _name(named: Fleet | Site, said: Words) -> str:
    return said.name({"name_en": named.name_en, "name_zh": named.name_zh})


def _pools(site: Site, said: Words) -> str:
    return (
        ", ".join(
            f"{grouped(pool.quantity)} {label(labels.UNITS, pool.kind, said)}"
            + (f" {pool.card_model}" * bool(pool.card_model))
            for pool in site.pools
        )
        or NOTHING
    )


def _statuses(site: Site, said: Words) -> str:
    found = {status: None for status in labels.FACT_STATUS if status in set(site.status.values())}
    return ", ".join(label(labels.FACT_STATUS, status, said) for status in found) or said.say("declared")
