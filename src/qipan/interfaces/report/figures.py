"""The ledger's figures as plain rows, the same for every door: names and units as in Python, derived ones included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from qipan.facts.catalog import Catalog
from qipan.interfaces.report.words import Words
from qipan.kernel.time import BOARD_ZONE, Interval, civil_day, zone
from qipan.ledger.model.figure import Burn, Completeness, Group, Supply
from qipan.ledger.model.fleet import Fleet
from qipan.ledger.rehearse import REHEARSAL

if TYPE_CHECKING:
    from qipan.ledger.service.figures import Metered


def supply_row(one: Supply) -> dict[str, Any]:
    """Return supply and use with what follows from them.

    Examples
    --------
    >>> from qipan.kernel.resources import Kind
    >>> hour = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC))
    >>> row = supply_row(Supply("oslo", Kind.INTELLIGENT, hour, 8.0, 8.0, 2.0, None, None))
    >>> row["used_share"], row["idle_unit_h"], row["start"]
    (0.25, 6.0, '2026-01-01T00:00:00+00:00')
    """
    derived = {
        "idle_unit_h": one.idle_unit_h,
        "used_share": one.used_share,
        "told_share": one.told_share,
        "queue_pressure": one.queue_pressure,
    }
    return _spread(asdict(one) | {"kind": str(one.kind)} | derived, one.period)


def burn_row(one: Burn) -> dict[str, Any]:
    """Return what was burnt, with vacancy."""
    vacancy = None if one.racked_share is None else 1.0 - one.racked_share
    return _spread(asdict(one) | {"vacant_share": vacancy}, one.period)


def completeness_row(one: Completeness) -> dict[str, Any]:
    """Return how complete a meter was."""
    silences = [{"start": run.start.isoformat(), "end": run.end.isoformat()} for run in one.silences]
    return _spread(asdict(one) | {"told_share": one.told_share, "silences": silences}, one.period)


def group_names(by: Group, fleets: tuple[Fleet, ...], catalog: Catalog, said: Words) -> Mapping[str, str]:
    """Return what groups are called in a language; of sites that share a name, each says which one it is."""
    if by is Group.SITE:
        called = {site.site_id: _name(site, said) for fleet in fleets for site in fleet.sites}
        often = Counter(called.values())
        return {site_id: name if often[name] == 1 else f"{name} ({site_id})" for site_id, name in called.items()}
    if by is Group.REGION:
        return {region.adcode: _name(region, said) for region in catalog.regions()}
    if by is Group.HUB:
        return {hub.hub_id: _name(hub, said) for hub in catalog.hubs()}
    macros = {
        "east": said.say("East"),
        "central": said.say("Central"),
        "west": said.say("West"),
        "northeast": said.say("Northeast"),
        "all": said.say("All"),
    }
    return {} if by is Group.POOL else macros


def metered_fleets(fleets: Iterable[Fleet]) -> list[str]:
    """Return the fleets that have meters."""
    return [fleet.fleet_id for fleet in fleets if any(site.meters for site in fleet.sites)]


def heard(metered: Metered) -> Metered:
    """Return what was metered without sites of which only rehearsals tell, and told nothing.

    Nobody is silent there.
    """
    told = {metered.field.meters[place][0].site_id for place in set(metered.hourly.meter.tolist())}
    kept = {
        site.site_id
        for site in metered.field.sites
        if site.site_id in told or not site.meters or not all(is_rehearsed(meter.source_id) for meter in site.meters)
    }
    return metered if len(kept) == len(metered.field.sites) else metered.within(kept)


def cut(fleets: Iterable[Fleet], metered: Metered, wanted: Collection[str]) -> tuple[Fleet, ...]:
    """Return the wanted fleets with those of their sites that are in what was metered."""
    ids = {site.site_id for site in metered.field.sites}
    found = (
        replace(one, sites=tuple(site for site in one.sites if site.site_id in ids))
        for one in fleets
        if one.fleet_id in wanted
    )
    return tuple(one for one in found if one.sites)


def is_rehearsed(source_id: str) -> bool:
    """Tell whether a source is a rehearsal.

    Examples
    --------
    >>> is_rehearsed("rehearsal/zhongwei"), is_rehearsed("zhongwei")
    (True, False)
    """
    return source_id.startswith(REHEARSAL)


def asked(day: date | None, now: datetime) -> Interval:
    """Return the civil day that was asked for; without one, the last 24 whole hours."""
    if day is not None:
        return civil_day(day)
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Interval(end - timedelta(days=1), end)


def last_day(now: datetime) -> date:
    """Return the last civil day of the board's zone that is over.

    Examples
    --------
    >>> last_day(datetime(2026, 1, 2, 15, 59, tzinfo=UTC)), last_day(datetime(2026, 1, 2, 16, tzinfo=UTC))
    (datetime.date(2026, 1, 1), datetime.date(2026, 1, 2))
    """
    return now.astimezone(zone(BOARD_ZONE)).date() - timedelta(days=1)


def _spread(words: dict[str, Any], period: Interval) -> dict[str, Any]:
    del words["period"]
    return {"start": period.start.isoformat(), "end": period.end.isoformat(), **words}


def _name(named: Any, said: Words) -> str:
    return str((named.name_zh if said.lang == "zh" else named.name_en) or named.name_en)
