"""One site: what is declared of it, what its meters told hour by hour, and what lies at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.atlas import clock, silences_of, stamp
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, percent
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.ledger.model.figure import Burn, Completeness, Group, Supply
from qipan.ledger.model.fleet import Fleet, Site

WH_PER_KWH = 1000.0


def particulars(
    fleet: Fleet, site: Site, names: Mapping[Group, Mapping[str, str]], said: Words
) -> list[tuple[str, str]]:
    """Return what is declared of a site."""
    told = (
        (said.say("Fleet"), said.name({"name_en": fleet.name_en, "name_zh": fleet.name_zh})),
        (said.say("Operator"), site.operator),
        (said.say("Hub"), names[Group.HUB].get(site.hub_id, site.hub_id)),
        (said.say("Region"), names[Group.REGION].get(site.adcode, site.adcode)),
        (said.say("Resource code"), site.resource_code),
        (said.say("Racks"), grouped(site.racks) if site.racks else ""),
        (said.say("Place"), f"{site.point.lon_deg:.2f}°, {site.point.lat_deg:.2f}°"),
    )
    return [(title, text) for title, text in told if text]


def pool_table(site: Site, said: Words) -> Table:
    """Return the pools with the steps of their certified capacity."""
    rows = [
        row(
            pool.pool_id,
            f"{label(labels.KIND, pool.kind, said)} {pool.card_model}".strip(),
            pool.resource_code or NOTHING,
            grouped(quantity, 1 if quantity % 1 else 0),
            since,
            certificate,
        )
        for pool in site.pools
        for quantity, since, certificate in (
            [(step.quantity, stamp(step.start), step.certificate or said.say("declared")) for step in pool.certified]
            or [(pool.quantity, said.say("always"), said.say("declared"))]
        )
    ]
    heads = (
        Head(said.say("Pool"), is_number=False),
        Head(said.say("Resources"), is_number=False),
        Head(said.say("Resource code"), is_number=False),
        Head(said.say("Certified"), said.say("units")),
        Head(said.say("Since"), is_number=False),
        Head(said.say("Certificate"), is_number=False),
    )
    return Table(said.say("Certified capacity"), heads, tuple(rows), said.say("No pool."))


def meter_table(site: Site, complete: Sequence[Completeness], said: Words) -> Table:
    """Return the meters of a site that were valid, the most silent first."""
    sources = {meter.meter_id: meter.source_id for meter in site.meters}
    rows = [
        row(
            one.meter_id,
            label(labels.MEASURE, one.measure, said),
            sources.get(one.meter_id, NOTHING),
            Cell(percent(one.told_share), bar=one.told_share),
            silences_of(one),
        )
        for one in sorted(complete, key=lambda one: (one.told_share, one.meter_id))
    ]
    heads = (
        Head(said.say("Meter"), is_number=False),
        Head(said.say("Measures"), is_number=False),
        Head(said.say("Source"), is_number=False),
        Head(said.say("Told")),
        Head(said.say("Silent"), is_number=False),
    )
    return Table(said.say("Meters of the site"), heads, tuple(rows), said.say("No meter was valid on this day."))


def data_table(fleet: Fleet, site: Site, said: Words) -> Table:
    """Return the data sets that lie at a site."""
    rows = [
        row(
            said.name({"name_en": one.name_en, "name_zh": one.name_zh}),
            one.resource_code or NOTHING,
            grouped(one.size_tb, 1),
            label(labels.DATA_CLASS, one.data_class, said),
        )
        for one in fleet.data_resources
        if one.site_id == site.site_id
    ]
    heads = (
        Head(said.say("Data set"), is_number=False),
        Head(said.say("Resource code"), is_number=False),
        Head(said.say("Size"), "TB"),
        Head(said.say("May go"), is_number=False),
    )
    return Table(said.say("Data resources"), heads, tuple(rows), said.say("No data set is registered here."))


def link_table(fleet: Fleet, site: Site, said: Words) -> Table:
    """Return the direct links of a site."""
    ends = {one.site_id: one for one in fleet.sites} | {one.exchange_id: one for one in fleet.exchange_points}
    rows = []
    for link in fleet.links:
        if site.site_id in (link.end_a, link.end_b):
            other = ends[link.end_b if link.end_a == site.site_id else link.end_a]
            rows.append(
                row(
                    link.link_id,
                    said.name({"name_en": other.name_en, "name_zh": other.name_zh}),
                    grouped(link.capacity_gbit_per_s, 1),
                    grouped(link.round_trip_ms, 1),
                )
            )
    heads = (
        Head(said.say("Link"), is_number=False),
        Head(said.say("Leads to"), is_number=False),
        Head(said.say("Capacity"), "Gbit/s"),
        Head(said.say("Round trip, measured"), "ms"),
    )
    return Table(said.say("Direct links"), heads, tuple(rows), said.say("No direct link is registered here."))


def use_chart(by_pool: Sequence[Supply], whole: Sequence[Supply], said: Words) -> dict[str, Any]:
    """Return the use of the pools of one kind by hour, with certified capacity and what was allocated."""
    pools = sorted({one.group for one in by_pool})
    chart = _hours(
        [clock(one.period) for one in whole], label(labels.UNIT_HOURS, whole[0].kind, said) if whole else "", said
    ) | {
        "series": [
            {"name": pool, "values": [one.used_unit_h for one in by_pool if one.group == pool]} for pool in pools
        ],
        "capacity": {"name": said.say("Certified"), "values": [one.certified_unit_h for one in whole]},
    }
    if any(one.allocated_unit_h is not None for one in whole):
        chart["planned"] = {"name": said.say("Allocated"), "values": [one.allocated_unit_h for one in whole]}
    return chart


def energy_chart(burn: Sequence[Burn], said: Words) -> dict[str, Any]:
    """Return the energy of a site by hour: machines, the rest where both sides were told, and the grid."""
    rest = [None if one.grid_wh is None or one.it_wh is None else max(0.0, one.grid_wh - one.it_wh) for one in burn]
    return _hours([clock(one.period) for one in burn], "kWh", said) | {
        "series": [
            {"name": said.say("Machines"), "values": [_kwh(one.it_wh) for one in burn]},
            {"name": said.say("Rest of the site"), "values": [_kwh(wh) for wh in rest]},
        ],
        "planned": {"name": said.say("Grid"), "values": [_kwh(one.grid_wh) for one in burn]},
    }


def _hours(slots: list[str], unit: str, said: Words) -> dict[str, Any]:
    words = {"day": said.say("day"), "outlook": ""}
    return {"kind": "use", "slots": slots, "day_slots": len(slots), "unit": unit, "words": words}


def _kwh(energy_wh: float | None) -> float | None:
    return None if energy_wh is None else energy_wh / WH_PER_KWH
