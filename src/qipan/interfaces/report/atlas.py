"""The atlas: what the map of the metered day shows in each of its hours, and the tables beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.figures import is_rehearsed
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, mwh, percent
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.resources import Kind
from qipan.kernel.time import BOARD_ZONE, Interval, zone
from qipan.ledger.model.discrepancy import Discrepancy
from qipan.ledger.model.figure import Burn, Completeness, Freshness, Supply
from qipan.ledger.model.fleet import Fleet, Meter, Site
from qipan.ledger.model.reading import Dispute


def frames(
    fleets: Sequence[Fleet],
    by_site: Sequence[Supply],
    by_region: Sequence[Supply],
    burn: Sequence[Burn],
    *,
    names: Mapping[str, str],
    said: Words,
) -> dict[str, Any]:
    """Return the hours of a day as the map draws them: what may shade regions, use by site; kinds of cards only.

    Parameters
    ----------
    by_site, by_region
        By hour.
    burn
        By region, over the whole day.
    names
        What sites are called.
    """
    sites = {site.site_id: site for fleet in fleets for site in fleet.sites}
    hours: dict[Interval, list[Supply]] = {}
    regions: dict[Interval, list[Supply]] = {one.period: [] for one in by_region}
    for one in by_site:
        if one.kind is Kind.INTELLIGENT and one.group in sites:
            hours.setdefault(one.period, []).append(one)
    for one in by_region:
        if one.kind is Kind.INTELLIGENT and one.group:
            regions[one.period].append(one)
    return {
        "unit": said.say("card-hours"),
        "lang": said.lang,
        "words": {
            "no_data": said.say("nothing was told here"),
            "capacity": said.say("Capacity"),
            "used": said.say("Used"),
            "work": "",
        },
        "shades": [
            {"key": "idle", "title": said.say("Idle"), "unit": said.say("card-hours")},
            {"key": "use", "title": said.say("Use"), "unit": "%", "digits": 1},
            {"key": "pue", "title": said.say("PUE of the day"), "unit": "", "digits": 2, "least": 1.0},
            {"key": "green", "title": said.say("Green of the day, as told"), "unit": "%", "digits": 1},
        ],
        "day": {
            "pue": {one.group: one.pue for one in burn if one.group and one.pue is not None},
            "green": {one.group: 100 * one.green_share for one in burn if one.group and one.green_share is not None},
        },
        "hours": [
            {
                "label": clock(period),
                "regions": _by_region(some),
                "sites": [_site(one, sites[one.group], names) for one in hours.get(period, ())],
            }
            for period, some in sorted(regions.items())
        ],
    }


def supply_table(
    supply: Sequence[Supply],
    names: Mapping[str, str],
    said: Words,
    *,
    caption: str,
    head: str,
    addresses: Mapping[str, str] | None = None,
    hidden: Collection[tuple[str, Kind]] = (),
) -> Table:
    """Return use and idle of groups as a table; names lead to the addresses that are given, ``hidden`` is withheld.

    Where all is of one kind, the caption says so instead of a column.
    """
    leads = addresses or {}
    kinds = {one.kind for one in supply}
    rows = [
        row(
            Cell(names.get(one.group, one.group) or said.say("without one"), href=leads.get(one.group, "")),
            *([label(labels.KIND, one.kind, said)] if len(kinds) > 1 else ()),
            *_supply_cells(one, said, is_hidden=(one.group, one.kind) in hidden),
        )
        for one in supply
    ]
    heads = [Head(head, is_number=False)]
    if len(kinds) > 1:
        heads.append(Head(said.say("Kind"), is_number=False))
    if len(kinds) == 1:
        caption = f"{caption} · {label(labels.KIND, kinds.pop(), said)}"
    heads.extend(_supply_heads(supply, said))
    return Table(caption, tuple(heads), tuple(rows), said.say("Nothing was metered."))


def supply_hours(supply: Sequence[Supply], said: Words, *, caption: str) -> Table:
    """Return use and idle of one group and kind by hour as a table."""
    rows = [row(clock(one.period), *_supply_cells(one, said)) for one in supply]
    heads = (Head(said.say("Hour"), is_number=False), *_supply_heads(supply, said))
    return Table(caption, heads, tuple(rows), said.say("Nothing was metered."))


def burn_table(
    burn: Sequence[Burn],
    names: Mapping[str, str],
    said: Words,
    *,
    caption: str,
    head: str,
    hidden: Collection[str] = (),
) -> Table:
    """Return energy, water and both carbon accounts of groups as a table."""
    rows = [
        row(
            names.get(one.group, one.group) or said.say("without one"),
            *_burn_cells(one, said, digits=1, is_hidden=one.group in hidden),
        )
        for one in burn
    ]
    return Table(
        caption, (Head(head, is_number=False), *_burn_heads(said)), tuple(rows), said.say("Nothing was metered.")
    )


def burn_hours(burn: Sequence[Burn], said: Words, *, caption: str) -> Table:
    """Return energy, water and both carbon accounts of one group by hour as a table."""
    rows = [row(clock(one.period), *_burn_cells(one, said, digits=3)) for one in burn]
    heads = (Head(said.say("Hour"), is_number=False), *_burn_heads(said))
    return Table(caption, heads, tuple(rows), said.say("Nothing was metered."))


def energy_table(
    burn: Sequence[Burn],
    names: Mapping[str, str],
    said: Words,
    *,
    caption: str,
    head: str,
    hidden: Collection[str] = (),
) -> Table:
    """Return the energy of groups by where it was metered, from the cards to the grid."""
    rows = [
        row(
            names.get(one.group, one.group) or said.say("without one"),
            *(mwh(wh, 2) for wh in (one.card_wh, one.host_wh, one.pdu_wh, one.grid_wh, one.green_wh)),
            _basis(said, is_modelled=one.is_modelled, is_told=one.grid_wh is not None, is_hidden=one.group in hidden),
        )
        for one in burn
    ]
    heads = (
        Head(head, is_number=False),
        Head(said.say("At the cards"), "MWh"),
        Head(said.say("At the hosts"), "MWh"),
        Head(said.say("At the PDUs"), "MWh"),
        Head(said.say("At the grid"), "MWh"),
        Head(said.say("Green, as told"), "MWh"),
        Head(said.say("Basis"), is_number=False),
    )
    return Table(caption, heads, tuple(rows), said.say("Nothing was metered."))


def clock(period: Interval) -> str:
    """Return the start of a period on the ledger's clock."""
    return f"{period.start.astimezone(zone(BOARD_ZONE)):%H:%M}"


def stamp(moment: datetime | None) -> str:
    """Return a moment on the ledger's clock."""
    return f"{moment.astimezone(zone(BOARD_ZONE)):%Y-%m-%d %H:%M}" if moment else NOTHING


def silences_of(one: Completeness) -> str:
    """Return when a meter was silent."""
    here = zone(BOARD_ZONE)
    runs = (f"{r.start.astimezone(here):%m-%d %H:%M}–{r.end.astimezone(here):%m-%d %H:%M}" for r in one.silences)
    return ", ".join(runs) or NOTHING


def dispute_table(disputes: Sequence[Dispute], said: Words) -> Table:
    """Return disputes with both values."""
    rows = [
        row(one.meter_id, one.source_id, stamp(one.period.start), grouped(one.held_value), grouped(one.refused_value))
        for one in disputes
    ]
    heads = (
        Head(said.say("Meter"), is_number=False),
        Head(said.say("Source"), is_number=False),
        Head(said.say("Begins"), is_number=False),
        Head(said.say("Stands")),
        Head(said.say("Refused")),
    )
    return Table(said.say("Open disputes"), heads, tuple(rows), said.say("There is no dispute."))


def discrepancy_table(found: Sequence[Discrepancy], said: Words, *, is_told: bool) -> Table:
    """Return what cannot be true of a day; where nothing was told, nothing was compared."""
    rows = [
        row(one.subject, one.rule, stamp(one.period.start), stamp(one.period.end), percent(one.size)) for one in found
    ]
    heads = (
        Head(said.say("Pool, site or meter"), is_number=False),
        Head(said.say("Rule"), is_number=False),
        Head(said.say("Begins"), is_number=False),
        Head(said.say("Ends"), is_number=False),
        Head(said.say("Size")),
    )
    well, nothing = said.say("No meter contradicts another or the register."), said.say("Nothing was metered.")
    return Table(said.say("What cannot be true"), heads, tuple(rows), well if is_told else nothing)


def silence_table(
    found: Sequence[Completeness],
    meters: Sequence[tuple[Site, Meter]],
    names: Mapping[str, str],
    said: Words,
    *,
    addresses: Mapping[str, str] | None = None,
) -> Table:
    """Return how many meters of each site and source did not tell everything, the most silent first.

    Parameters
    ----------
    meters
        All that there are, for their sources.
    names, addresses
        Of sites.
    """
    source_of = {meter.meter_id: meter.source_id for _, meter in meters}
    parts: dict[tuple[str, str], list[Completeness]] = {}
    for one in found:
        parts.setdefault((one.site_id, source_of[one.meter_id]), []).append(one)
    told = {key: sum(one.told_s for one in some) / sum(one.valid_s for one in some) for key, some in parts.items()}
    rows = []
    for key in sorted(parts, key=lambda key: (told[key], key)):
        lacking = [one for one in parts[key] if one.told_share < 1]
        whole = sum(not one.told_s for one in lacking)
        if lacking:
            rows.append(
                row(
                    Cell(names.get(key[0], key[0]), href=(addresses or {}).get(key[0], "")),
                    key[1],
                    grouped(len(parts[key])),
                    grouped(whole),
                    grouped(len(lacking) - whole),
                    percent(told[key]),
                )
            )
    heads = (
        Head(said.say("Site"), is_number=False),
        Head(said.say("Source"), is_number=False),
        Head(said.say("Meters")),
        Head(said.say("Silent all day")),
        Head(said.say("Silent in part")),
        Head(said.say("Told")),
    )
    nothing = said.say("Every meter told everything.") if found else said.say("Nothing was metered.")
    return Table(said.say("Silent meters"), heads, tuple(rows), nothing)


def source_table(found: Sequence[Freshness], fleets: Mapping[str, str], said: Words) -> Table:
    """Return the sources, late ones first; fleets are called by their names."""
    rows = [
        row(
            one.source_id,
            fleets.get(one.fleet_id, one.fleet_id),
            stamp(one.heard),
            stamp(one.told_until),
            said.say("modelled")
            if is_rehearsed(one.source_id)
            else said.say("late")
            if one.is_late
            else said.say("fresh"),
            said.say("%(count)s, first %(number)s", count=one.missing, number=one.missing_number)
            if one.missing
            else "0",
            said.say("on record") if one.has_agreement else said.say("none"),
        )
        for one in sorted(found, key=lambda one: (is_rehearsed(one.source_id), not one.is_late, one.source_id))
    ]
    heads = (
        Head(said.say("Source"), is_number=False),
        Head(said.say("Fleet"), is_number=False),
        Head(said.say("Heard"), is_number=False),
        Head(said.say("Told until"), is_number=False),
        Head(said.say("State"), is_number=False),
        Head(said.say("Batches missing"), is_number=False),
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


def _by_region(some: Sequence[Supply]) -> dict[str, dict[str, float]]:
    """Return idle card-hours and use in percent of regions from which something was told."""
    told = [one for one in some if one.idle_unit_h is not None and one.used_share is not None]
    return {
        "idle": {one.group: one.idle_unit_h or 0.0 for one in told},
        "use": {one.group: 100 * (one.used_share or 0.0) for one in told},
    }


def _basis(
    said: Words, *, is_modelled: bool, is_told: bool, is_hidden: bool = False, is_contradicted: bool = False
) -> str:
    if is_hidden:
        return said.say("withheld")
    if is_contradicted:
        return said.say("contradicted")
    if not is_told:
        return said.say("silent")
    return said.say("modelled") if is_modelled else said.say("metered")


def _supply_cells(one: Supply, said: Words, *, is_hidden: bool = False) -> tuple[str | Cell, ...]:
    return (
        Cell(percent(one.used_share), bar=one.used_share),
        grouped(one.idle_unit_h),
        grouped(one.used_unit_h),
        grouped(one.certified_unit_h),
        NOTHING if is_hidden else percent(one.told_share),
        _basis(
            said,
            is_modelled=one.is_modelled,
            is_told=one.used_unit_h is not None,
            is_hidden=is_hidden,
            is_contradicted=one.is_contradicted,
        ),
    )


def _supply_heads(supply: Sequence[Supply], said: Words) -> tuple[Head, ...]:
    kinds = {one.kind for one in supply}
    unit = label(labels.UNIT_HOURS, kinds.pop(), said) if len(kinds) == 1 else said.say("unit-hours")
    return (
        Head(said.say("Use")),
        Head(said.say("Idle"), unit),
        Head(said.say("Used"), unit),
        Head(said.say("Certified"), unit),
        Head(said.say("Told")),
        Head(said.say("Basis"), is_number=False),
    )


def _burn_cells(one: Burn, said: Words, *, digits: int, is_hidden: bool = False) -> tuple[str | Cell, ...]:
    return (
        mwh(one.grid_wh, digits),
        mwh(one.it_wh, digits),
        grouped(one.pue, 2),
        grouped(one.wue_l_per_kwh, 2),
        grouped(one.cue_kg_per_kwh, 3),
        grouped(one.cue_market_kg_per_kwh, 3),
        Cell(percent(one.green_share), bar=one.green_share),
        Cell(percent(one.racked_share), bar=one.racked_share),
        _basis(said, is_modelled=one.is_modelled, is_told=one.grid_wh is not None, is_hidden=is_hidden),
    )


def _burn_heads(said: Words) -> tuple[Head, ...]:
    return (
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
