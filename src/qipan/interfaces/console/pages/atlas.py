"""``/atlas``: the metered day on the map, hour by hour, with the same numbers beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from qipan.access.model import Role
from qipan.bootstrap.services import Services
from qipan.interfaces.console.assets import GEOMETRY, Assets
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require, services_of
from qipan.interfaces.report import atlas, bulletin, contrast
from qipan.interfaces.report.figures import cut, group_names, is_rehearsed, last_day, metered_fleets
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.words import Words
from qipan.interfaces.share import day_shown, seen_fleets, seen_sources, view
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import BOARD_ZONE, civil_day, zone
from qipan.ledger.model.figure import Freshness, Group, Step
from qipan.ledger.service.figures import Metered
from qipan.ledger.service.sharing import View

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/atlas")
def show(
    request: Request,
    day: Annotated[str, Query(max_length=10)] = "",
    fleet: Annotated[str, Query(max_length=64)] = "",
    modelled: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Show what was metered on a day."""
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    chosen, is_modelled = day_of(day, now), modelled == "yes"
    if not day:
        chosen, is_modelled = _newest(services, caller, now) or (chosen, is_modelled)
    with services.books.read() as unit:
        read = partial(services.figures.of, unit)
        chosen = day_shown(read, chosen, caller, now)
        fleets = seen_fleets(services.ledger.fleets(unit), caller)
        known = metered_fleets(fleets)
        wanted = [fleet] if fleet in known else known
        told = partial(read, civil_day(chosen), now)
        ask = view(told, caller, now, fleet_ids=wanted, is_chosen=fleet in known, with_modelled=is_modelled)
        fresh = _fresh(services, unit, caller, ask, wanted)
    some = cut(fleets, ask.metered, wanted)
    names = {by: group_names(by, some, services.catalog, said) for by in Group}
    complete = ask.completeness()
    assets: Assets = request.app.state.assets
    drawn = atlas.frames(
        some,
        ask.supply(by=Group.SITE, step=Step.HOUR),
        ask.supply(by=Group.REGION, step=Step.HOUR),
        ask.burn(by=Group.REGION),
        names=names[Group.SITE],
        said=said,
    )
    query = urlencode({"day": chosen.isoformat()} | ({"modelled": "yes"} if is_modelled else {}))
    addresses = {site.site_id: f"/atlas/site/{site.site_id}?{query}" for site in ask.metered.field.sites}
    called = {one.fleet_id: said.name({"name_en": one.name_en, "name_zh": one.name_zh}) for one in fleets}
    made = _tables(ask, names, addresses, said)
    return render(
        request,
        "atlas.html",
        day=chosen.isoformat(),
        last_day=now.astimezone(zone(BOARD_ZONE)).date().isoformat(),
        fleets=list(called.items()),
        fleet=fleet if fleet in known else "",
        known=known,
        counted=[called[one.fleet_id] for one in some],
        has_sites=ask.has_sites,
        is_early=bool(day) and chosen < day_of(day, now),
        is_modelled=is_modelled,
        has_modelled=any(one.is_modelled for one in ask.supply(by=Group.COUNTRY)),
        is_told=ask.is_told,
        supply=made["supply"],
        burn=made["burn"],
        silences=atlas.silence_table(complete, ask.metered.field.meters, names[Group.SITE], said, addresses=addresses),
        sources=atlas.source_table(fresh, called, said),
        meters=len(complete),
        contrast=contrast.told(ask, services.catalog, said),
        shades=drawn["shades"],
        charts={"atlas": drawn, "geometry": assets.address(GEOMETRY)},
    )


def _tables(
    ask: View, names: Mapping[Group, Mapping[str, str]], addresses: Mapping[str, str], said: Words
) -> dict[str, list[Table]]:
    """Return the tables of supply and of what was burnt, for each way of grouping that the reader sees."""
    heads = {by: words for by, words in _heads(said).items() if ask.has_sites or by is not Group.SITE}
    return {
        "supply": [
            atlas.supply_table(
                ask.supply(by=by),
                names[by],
                said,
                caption=title,
                head=head,
                addresses=addresses if by is Group.SITE else {},
                hidden=ask.supply_hidden(by),
            )
            for by, (title, head) in heads.items()
        ],
        "burn": [
            atlas.burn_table(
                ask.burn(by=by),
                names[by],
                said,
                caption=said.say("Energy: %(group)s", group=title),
                head=head,
                hidden=ask.burn_hidden(by),
            )
            for by, (title, head) in heads.items()
        ],
    }


def _fresh(services: Services, unit: Any, caller: Caller, ask: View, wanted: Collection[str]) -> tuple[Freshness, ...]:
    """Return the sources of which the caller may hear, a visitor of rehearsals; these only where they told."""
    sources = _sources(services, unit, caller)
    speaking = {meter.source_id for _, meter in ask.metered.field.meters}
    return tuple(
        one
        for one in services.figures.freshness(unit, datetime.now(UTC))
        if one.fleet_id in wanted
        and (sources is None or one.source_id in sources)
        and (one.source_id in speaking or not is_rehearsed(one.source_id))
    )


def _sources(services: Services, unit: Any, caller: Caller) -> frozenset[str] | None:
    """Return the sources of which the caller may hear, a visitor of rehearsals only; ``None`` for all there are."""
    if caller.is_anonymous:
        return frozenset(source_id for source_id in services.ledger.sources(unit) if is_rehearsed(source_id))
    return seen_sources(services.ledger.meters(unit), caller)


def _heads(said: Words) -> dict[Group, tuple[str, str]]:
    """Return for each way of grouping what its tables and their first column are called."""
    return {
        Group.MACRO3: (said.say("East, central and west"), said.say("Macro-region")),
        Group.HUB: (said.say("By hub"), said.say("Hub")),
        Group.SITE: (said.say("By site"), said.say("Site")),
    }


def _newest(services: Services, caller: Caller, now: datetime) -> tuple[date, bool] | None:
    """Return the newest day that the caller may be shown, and whether only rehearsals tell of it; else nothing."""
    with services.books.read() as unit:
        sources = seen_sources(services.ledger.meters(unit), caller)
        ends = [
            one.told_until
            for one in services.figures.freshness(unit, now)
            if one.told_until is not None and (sources is None or one.source_id in sources)
        ]
        if not ends:
            return None
        newest = (max(ends) - timedelta(seconds=1)).astimezone(zone(BOARD_ZONE)).date()
        newest = day_shown(partial(services.figures.of, unit), newest, caller, now)
        metered = services.figures.of(unit, civil_day(newest), now, with_modelled=True)
    return newest, not (metered.hourly.modelled == 0).any()


def day_of(text: str, now: datetime) -> date:
    """Return the day that was asked for, yesterday where none was.

    Raises
    ------
    BadInputError
        ``day_malformed`` when what was asked for is no day.
    """
    if not text:
        return last_day(now)
    try:
        found = date.fromisoformat(text)
        civil_day(found)
    except (ValueError, BadInputError) as error:
        raise BadInputError(
            f"A day must be written as 2026-01-05, was {text!r}.",
            code="day_malformed",
            hint="Choose a day of the calendar.",
            field="day",
        ) from error
    return found


@router.get("/bulletin")
def show_bulletin(
    request: Request,
    day: Annotated[str, Query(max_length=10)] = "",
    form: Annotated[Literal["html", "csv"], Query()] = "html",
    modelled: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """Give the bulletin of a day away, as a page or as a table."""
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    chosen, is_modelled = day_of(day, now), modelled == "yes"

    def see(read: Callable[..., Metered], fleet_ids: Collection[str]) -> View:
        return view(read, caller, now, fleet_ids=fleet_ids, with_modelled=is_modelled)

    with services.books.read() as unit:
        sources, chosen = (
            _sources(services, unit, caller),
            day_shown(partial(services.figures.of, unit), chosen, caller, now),
        )
    found = bulletin.gather(services, chosen, now, said, with_modelled=is_modelled, source_ids=sources, see=see)
    name = f"bulletin-{found.day.isoformat()}.{form}"
    if form == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(bulletin.table_csv(found), media_type="text/csv; charset=utf-8", headers=headers)
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return HTMLResponse(bulletin.html(found, said.lang), headers={"Content-Security-Policy": policy})
