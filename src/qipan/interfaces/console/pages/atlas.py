"""``/atlas``: the metered day on the map, hour by hour, with the same numbers beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap import Services
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import caller_of, require, services_of
from qipan.interfaces.report import atlas, bulletin, contrast
from qipan.interfaces.report.figures import group_names
from qipan.interfaces.report.words import Words
from qipan.interfaces.share import shown
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import BOARD_ZONE, civil_day, zone
from qipan.ledger.model.figure import Group, Step

GROUPS: Final = (Group.MACRO3, Group.HUB, Group.SITE)

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/atlas")
def show(
    request: Request,
    day: Annotated[str, Query(max_length=10)] = "",
    fleet: Annotated[str, Query(max_length=64)] = "",
    modelled: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Show what was metered on a day."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    chosen, is_modelled = day_of(day, now), modelled == "yes"
    if not day:
        chosen, is_modelled = _newest(services, now) or (chosen, is_modelled)
    interval = civil_day(chosen)
    with services.books.read() as unit:
        fleets = services.ledger.fleets(unit)
        known = [one.fleet_id for one in fleets if any(site.meters for site in one.sites)]
        wanted = [fleet] if fleet in known else known
        some = tuple(one for one in fleets if one.fleet_id in wanted)
        names = {by: group_names(by, some, services.catalog, said) for by in Group}
        ask = shown(
            services.figures.of(unit, interval, now, fleet_ids=wanted, with_modelled=is_modelled), caller_of(request)
        )
        hours = ask.supply(by=Group.SITE, step=Step.HOUR)
        supply = {by: ask.supply(by=by) for by in GROUPS}
        burn = {by: ask.burn(by=by) for by in GROUPS}
        complete = ask.completeness()
        fresh = tuple(one for one in services.figures.freshness(unit, now) if one.fleet_id in wanted)
    heads = _heads(said)
    assets: Assets = request.app.state.assets
    drawn = atlas.frames(some, hours, ask.burn(by=Group.REGION), names[Group.SITE], said)
    query = urlencode({"day": chosen.isoformat()} | ({"modelled": "yes"} if is_modelled else {}))
    addresses = {site.site_id: f"/atlas/site/{site.site_id}?{query}" for one in some for site in one.sites}
    return render(
        request,
        "atlas.html",
        day=chosen.isoformat(),
        last_day=now.astimezone(zone(BOARD_ZONE)).date().isoformat(),
        fleets=[(one.fleet_id, said.name({"name_en": one.name_en, "name_zh": one.name_zh})) for one in fleets],
        fleet=fleet if fleet in known else "",
        known=known,
        is_modelled=is_modelled,
        is_told=any(one.used_unit_h is not None for one in hours),
        supply=[
            atlas.supply_table(
                supply[by], names[by], said, caption=title, head=head, addresses=addresses if by is Group.SITE else {}
            )
            for by, (title, head) in heads.items()
        ],
        burn=[
            atlas.burn_table(burn[by], names[by], said, caption=said.say("Energy: %(group)s", group=title), head=head)
            for by, (title, head) in heads.items()
        ],
        silences=atlas.silence_table(complete, said),
        sources=atlas.source_table(fresh, said),
        meters=len(complete),
        contrast=contrast.cards(supply[Group.MACRO3], ask.burn(by=Group.COUNTRY), services.catalog, said),
        shades=drawn["shades"],
        charts={"atlas": drawn, "geometry": assets.address(GEOMETRY)},
    )


def _heads(said: Words) -> dict[Group, tuple[str, str]]:
    """Return for each way of grouping what its tables and their first column are called."""
    return {
        Group.MACRO3: (said.say("East, central and west"), said.say("Macro-region")),
        Group.HUB: (said.say("By hub"), said.say("Hub")),
        Group.SITE: (said.say("By site"), said.say("Site")),
    }


def _newest(services: Services, now: datetime) -> tuple[date, bool] | None:
    """Return the newest day that was told, and whether only rehearsals tell of it; nothing before the first reading."""
    with services.books.read() as unit:
        ends = [one.told_until for one in services.figures.freshness(unit, now) if one.told_until is not None]
        if not ends:
            return None
        newest = (max(ends) - timedelta(seconds=1)).astimezone(zone(BOARD_ZONE)).date()
        metered = services.figures.of(unit, civil_day(newest), now, with_modelled=True)
    return newest, not (metered.hourly.modelled == 0).any()


def day_of(text: str, now: datetime) -> date:
    """Return the day that was asked for; yesterday where none is, or it is none."""
    try:
        found = date.fromisoformat(text)
        civil_day(found)
    except (ValueError, BadInputError):
        return now.astimezone(zone(BOARD_ZONE)).date() - timedelta(days=1)
    return found


@router.get("/bulletin")
def show_bulletin(
    request: Request,
    day: Annotated[str, Query(max_length=10)] = "",
    form: Annotated[Literal["html", "csv"], Query()] = "html",
    modelled: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Give the bulletin of a day away, as a page or as a table."""
    services, said, now = services_of(request), words_of(request), datetime.now(UTC)
    caller = caller_of(request)
    found = bulletin.gather(
        services,
        day_of(day, now),
        now,
        said,
        with_modelled=modelled == "yes",
        with_disputes=not caller.is_anonymous and caller.scope.is_country,
        may_see=partial(shown, caller=caller),
    )
    name = f"bulletin-{found.day.isoformat()}.{form}"
    if form == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(bulletin.table_csv(found), media_type="text/csv; charset=utf-8", headers=headers)
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return HTMLResponse(bulletin.html(found, said.lang), headers={"Content-Security-Policy": policy})
