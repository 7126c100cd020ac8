"""What the browser draws: map, use by hour, prices by hour, as plain JSON values in one language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qipan.interfaces.report import kinds
from qipan.interfaces.report.day import Document
from qipan.interfaces.report.tables import demand_by_region, slot_label, used_share
from qipan.interfaces.report.words import Words
from qipan.kernel.money import yuan_from_fen

FLOWS_DRAWN: Final = 60
"""How many flows the map draws, the largest; the table beside it has all."""

FRAME_DEG: Final = (73.0, 3.0, 136.0, 54.0)
"""West, south, east and north of the shipped map."""


def board_map(document: Document, words: Words) -> dict[str, Any]:
    """Return regions with their demand, sites with capacity and use, and the largest flows, all of the kind drawn."""
    day_slots, kind = document["day_slots"], kinds.drawn(document)
    origins = {origin["origin_id"]: origin for origin in document["origins"]}
    sites = {site["site_id"]: site for site in document["sites"]}
    flows = [flow for flow in document["flows"] if kinds.is_of(flow, kind)]
    largest = sorted(flows, key=lambda flow: -flow["work_unit_h"])[:FLOWS_DRAWN]
    return {
        "kind": "map"
        if lies_in_frame([_point(one) for one in (*document["sites"], *document["origins"])])
        else "plain",
        "lang": words.lang,
        "unit": kinds.unit_hours(kind, words),
        "demand": demand_by_region(document),
        "sites": [
            {
                "name": words.name(site),
                "point": [site["lon_deg"], site["lat_deg"]],
                "capacity_unit_h": math.fsum(site["capacity_unit_h"][:day_slots]),
                "used_unit_h": math.fsum(site["used_unit_h"][:day_slots]),
                "used_share": used_share(site, day_slots),
            }
            for site in document["sites"]
            if kinds.of_site(site) == kind
        ],
        "origins": [
            {
                "name": words.name(origin),
                "point": [origin["lon_deg"], origin["lat_deg"]],
                "work_unit_h": origin["work_unit_h"],
            }
            for origin in document["origins"]
            if kinds.is_of(origin, kind)
        ],
        "flows": [
            {
                "from": words.name(origins[flow["origin_id"]]),
                "to": words.name(sites[flow["site_id"]]),
                "coords": [_point(origins[flow["origin_id"]]), _point(sites[flow["site_id"]])],
                "work_unit_h": flow["work_unit_h"],
            }
            for flow in largest
        ],
        "words": {
            "demand": words.say("Asked for"),
            "no_data": words.say("no work from here"),
            "capacity": words.say("Capacity"),
            "used": words.say("Used"),
            "work": words.say("Work"),
        },
    }


def use(document: Document, words: Words) -> dict[str, Any]:
    """Return use of the kind drawn, stacked by site and slot, with the planned total and the capacity."""
    kind = kinds.drawn(document)
    sites = [site for site in document["sites"] if kinds.of_site(site) == kind]
    return {
        "kind": "use",
        **_hours(document, words),
        "unit": kinds.unit_hours(kind, words),
        "series": [{"name": words.name(site), "values": site["used_unit_h"]} for site in sites],
        "planned": {"name": words.say("Planned"), "values": _summed(sites, "planned_unit_h")},
        "capacity": {"name": words.say("Capacity"), "values": _summed(sites, "capacity_unit_h")},
    }


def prices(document: Document, words: Words, *, field: str, unit: str, hue: str) -> dict[str, Any]:
    """Return one price of every site by slot, in yuan.

    Parameters
    ----------
    field
        Field of the sites in fen with the axis ``(slots,)``.
    hue
        Name of the colour scale in the style sheet.
    """
    rows = [[_yuan(value) for value in site[field]] for site in document["sites"]]
    values = [value for row in rows for value in row if value is not None]
    return {
        "kind": "heat",
        **_hours(document, words),
        "unit": unit,
        "hue": hue,
        "names": [words.name(site) for site in document["sites"]],
        "values": rows,
        "least": min(values, default=0.0),
        "most": max(values, default=0.0),
    }


def electricity(document: Document, words: Words) -> dict[str, Any]:
    """Return the price of electricity of every site by slot."""
    return prices(document, words, field="price_fen_per_kwh", unit=words.say("yuan/kWh"), hue="electricity")


def lmp(document: Document, words: Words) -> dict[str, Any]:
    """Return the LMP of every site by slot."""
    return prices(document, words, field="lmp_fen_per_unit_h", unit=words.say("yuan/unit-hour"), hue="lmp")


def _hours(document: Document, words: Words) -> dict[str, Any]:
    return {
        "slots": [slot_label(document, index) for index in range(len(document["slots"]))],
        "day_slots": document["day_slots"],
        "words": {"day": words.say("The day"), "outlook": words.say("Outlook"), "total": words.say("Total")},
    }


def _summed(sites: Sequence[Mapping[str, Any]], field: str) -> list[float]:
    return [math.fsum(values) for values in zip(*(site[field] for site in sites), strict=True)]


def _yuan(amount_fen: float | None) -> float | None:
    return None if amount_fen is None or not math.isfinite(amount_fen) else round(yuan_from_fen(amount_fen), 6)


def _point(place: Mapping[str, Any]) -> list[float]:
    return [place["lon_deg"], place["lat_deg"]]


def lies_in_frame(points: Sequence[Sequence[float]]) -> bool:
    """Tell whether all points, longitude and latitude in degrees, lie on the shipped map."""
    west, south, east, north = FRAME_DEG
    return all(west <= lon_deg <= east and south <= lat_deg <= north for lon_deg, lat_deg in points)
