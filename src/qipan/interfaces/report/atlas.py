"""The atlas: what the map of the metered day shows in each of its hours, and the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, percent
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.resources import Kind
from qipan.kernel.time import BOARD_ZONE, Interval, zone
from qipan.ledger.model.figure import Burn, Completeness, Freshness, Supply
from qipan.ledger.model.fleet import Fleet, Site


def frames(
    fleets: Sequence[Fleet],
    supply: Sequence[Supply],
    names: Mapping[str, str],
    said: Words,
    *,
    zone_name: str = BOARD_ZONE,
) -> dict[str, Any]:
    """Return the hours of a day as the map draws them: idle by region, use by site; kinds of cards only.

    Parameters
    ----------
    supply
        By site and hour.
    names
        What sites are called.
    """
    sites = {site.site_id: site for fleet in fleets for site in fleet.sites}
    hours: dict[Interval, list[Supply]] = {}
    for one in supply:
        if one.kind is Kind.INTELLIGENT and one.group in sites:
            hours.setdefault(one.period, []).append(one)
    return {
        "unit": said.say("card-hours"),
        "lang": said.lang,
        "words": {
            "demand": said.say("Idle"),
            "no_data": said.say("nothing was told here"),
            "capacity": said.say("Capacity"),
            "used": said.say("Used"),
            "work": "",
        },
        "hours": [
            {
                "label": f"{period.start.astimezone(zone(zone_name)):%H:%M}",
                "demand": _idle_by_region(some, sites),
                "sites": [_site(one, sites[one.group], names) for one in some],
            }
            for period, some in sorted(hours.items())
        ],
    }


def supply_table(supply: Sequence[Supply], names: Mapping[str, str], said: Words, *, caption: str, head: str) -> Table:
    """Return use and idle of groups as a table."""
    rows = [
        row(
            names.get(one.group, one.group) or said.say("without one"),
            label(labels.KIND, one.kind, said),
            grouped(one.certified_unit_h),
            percent(one.told_share),
            grouped(one.used_unit_h),
            grouped(one.idle_unit_h),
            Cell(percent(one.used_share), bar=one.used_share),
            _basis(said, is_modelled=one.is_modelled, is_told=one.used_unit_h is not None),
        )
        for one in supply
    ]
    heads = (
        Head(head, is_number=False),
        Head(said.say("Kind"), is_number=False),
        Head(said.say("Certified"), said.say("unit-hours")),
        Head(said.say("Told")),
        Head(said.say("Used"), said.say("unit-hours")),
        Head(said.say("Idle"), said.say("unit-hours")),
        Head(said.say("Use")),
        Head(said.say("Basis"), is_number=False),
    )
    return Table(caption, heads, tuple(rows), said.say("Nothing was metered."))


def burn_table(burn: Sequence[Burn], names: Mapping[str, str], said: Words, *, caption: str, head: str) -> Table:
    """Return energy, water and both carbon accounts of groups as a table."""
    rows = [
        row(
            names.get(one.group, one.group) or said.say("without one"),
            grouped(None if one.grid_wh is None else one.grid_wh / 1e6, 1),
            grouped(None if one.it_wh is None else one.it_wh / 1e6, 1),
            grouped(one.pue, 2),
            grouped(one.wue_l_per_kwh, 2),
            grouped(one.cue_kg_per_kwh, 3),
            grouped(one.cue_market_kg_per_kwh, 3),
            Cell(percent(one.green_share), bar=one.green_share),
            Cell(percent(one.racked_share), bar=one.racked_share),
            _basis(said, is_modelled=one.is_modelled, is_told=one.grid_wh is not None),
        )
        for one in burn
    ]
    heads = (
        Head(head, is_number=False),
        Head(said.say("Grid"), "MWh"),
        Head(said.say("Machines"), "MWh"),
        Head("PUE"),
        Head("WUE", "L/kWh"),
        Head(said.say("CUE, location-based"), "kg/kWh"),
        Head(said.say("CUE, market-based"), "kg/kWh"),
        Head(said.say("Green, as told")),
        Head(said.say("Rack-up rate")),
        Head(said.say("Basis"), is_number=False),
    )
    return Table(caption, heads, tuple(rows), said.say("Nothing was metered."))


def silence_table(found: Sequence[Completeness], said: Words, *, zone_name: str = BOARD_ZONE) -> Table:
    """Return the meters that did not tell everything, the most silent first."""
    here = zone(zone_name)
    lacking = sorted((one for one in found if one.told_share < 1), key=lambda one: (one.told_share, one.meter_id))
    rows = [
        row(
            one.meter_id,
            one.site_id,
            percent(one.told_share),
            ", ".join(
                f"{run.start.astimezone(here):%m-%d %H:%M}–{run.end.astimezone(here):%m-%d %H:%M}"
                for run in one.silences
            )
            or NOTHING,
        )
        for one in lacking
    ]
    heads = (
        Head(said.say("Meter"), is_number=False),
        Head(said.say("Site"), is_number=False),
        Head(said.say("Told")),
        Head(said.say("Silent"), is_number=False),
    )
    return Table(said.say("Silent meters"), heads, tuple(rows), said.say("Every meter told everything."))


def source_table(found: Sequence[Freshness], said: Words) -> Table:
    """Return the sources, late ones first."""
    rows = [
        row(
            one.source_id,
            one.fleet_id,
            f"{one.heard.astimezone(zone(BOARD_ZONE)):%Y-%m-%d %H:%M}" if one.heard else NOTHING,
            f"{one.told_until.astimezone(zone(BOARD_ZONE)):%Y-%m-%d %H:%M}" if one.told_until else NOTHING,
            said.say("late") if one.is_late else said.say("fresh"),
            said.say("on record") if one.has_agreement else said.say("none"),
        )
        for one in sorted(found, key=lambda one: (not one.is_late, one.source_id))
    ]
    heads = (
        Head(said.say("Source"), is_number=False),
        Head(said.say("Fleet"), is_number=False),
        Head(said.say("Heard"), is_number=False),
        Head(said.say("Told until"), is_number=False),
        Head(said.say("State"), is_number=False),
        Head(said.say("Sharing agreement"), is_number=False),
    )
    return Table(said.say("Sources"), heads, tuple(rows), said.say("No source is registered."))


def _site(one: Supply, site: Site, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": names.get(site.site_id, site.site_id),
        "point": [site.point.lon_deg, site.point.lat_deg],
        "capacity_unit_h": one.certified_unit_h,
        "used_unit_h": one.used_unit_h or 0.0,
        "used_share": one.used_share,
    }


def _idle_by_region(some: Sequence[Supply], sites: Mapping[str, Site]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in some:
        adcode = sites[one.group].adcode
        if adcode and one.idle_unit_h is not None:
            found[adcode] = found.get(adcode, 0.0) + one.idle_unit_h
    return found


def _basis(said: Words, *, is_modelled: bool, is_told: bool) -> str:
    if not is_told:
        return said.say("silent")
    return said.say("modelled") if is_modelled else said.say("metered")
