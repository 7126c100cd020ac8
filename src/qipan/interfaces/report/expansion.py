"""A plan of expansion in tables and on the map: what is built when, what it is worth, what doing otherwise costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qipan.facts.catalog import Catalog
from qipan.interfaces.report import kinds, labels
from qipan.interfaces.report.charts import lies_in_frame
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, grouped, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.money import yuan_from_fen
from qipan.kernel.places import Region

Told = Mapping[str, Any]
"""What `dispatch.expansion.tell` gives."""


def sentence(told: Told, words: Words) -> str:
    """Say what the plan costs, and how near it is to the least."""
    return words.say(
        "%(first)s to %(last)s: the plan costs %(cost)s yuan in all, discounted at %(rate)s; no plan can cost less "
        "than %(bound)s: gap %(gap)s.",
        first=told["years"][0],
        last=told["years"][-1],
        cost=yuan(told["plan"]["cost_fen"]),
        rate=percent(told["discount_rate"]),
        bound=yuan(told["bound_fen"]),
        gap=percent(told["gap"], 3),
    )


def more_than_plan(told: Told, key: str) -> tuple[float, float | None]:
    """Return what another way costs more than the plan, in fen and as a share of the plan's cost."""
    plan = told["plan"]["cost_fen"]
    more = told[key]["cost_fen"] - plan
    return more, more / abs(plan) if plan else None


def costs(told: Told, words: Words) -> Table:
    """Return the cost of the plan, of building nothing and of following shadow prices."""
    of_plan = kinds.in_order(told["plan"]["unserved_unit_h"])
    rows = []
    for key, title in (
        ("plan", words.say("The plan")),
        ("followed", words.say("Following shadow prices, with as much money")),
        ("nothing", words.say("Building nothing")),
    ):
        one, (more_fen, share) = told[key], more_than_plan(told, key)
        rows.append(
            row(
                title,
                yuan(one["cost_fen"]),
                yuan(more_fen) if key != "plan" else NOTHING,
                percent(share if key != "plan" else None, 2),
                yuan(math.fsum(one["build_fen"])),
                yuan(math.fsum(one["run_fen"])),
                grouped(math.fsum(one["carbon_kg"]) / 1000.0, 1),
                kinds.amount(kinds.by_kind(_of_years(one["unserved_unit_h"])), of_plan, words, 1),
                is_own=key == "plan",
            )
        )
    unit = words.say("yuan")
    heads = (
        Head(words.say("What is done"), is_number=False),
        Head(words.say("Cost"), words.say("yuan, discounted")),
        Head(words.say("More than the plan"), unit),
        Head(words.say("More than the plan"), "%"),
        Head(words.say("Builds"), unit),
        Head(words.say("Running"), unit),
        Head(words.say("Carbon"), words.say("t")),
        Head(words.say("Unserved"), kinds.unit_hours(of_plan[0] if len(of_plan) == 1 else "", words)),
    )
    return Table(words.say("What it costs, and what doing otherwise would"), heads, tuple(rows))


def _of_years(unserved: Mapping[str, list[float]]) -> dict[str, float]:
    return {kind: math.fsum(years) for kind, years in unserved.items()}


def builds(told: Told, words: Words) -> Table:
    """Return what stands in each year, its cost, and its worth by shadow prices; options left out come last."""
    ordered = sorted(told["options"], key=lambda one: (one["first_year"] is None, one["first_year"] or 0))
    rows = [
        row(
            Cell(words.name(one), note=label(labels.BUILD, one["build"], words)),
            one["where"] or NOTHING,
            *(grouped(units, 1) for units in one["standing"]),
            label(labels.BUILD_UNIT, one["build"], words),
            Cell(percent(one["standing"][-1] / one["most"]), bar=min(max(one["standing"][-1] / one["most"], 0.0), 1.0)),
            yuan(one["cost_fen_per_unit_year"], 2),
            yuan(one["first_unit_worth_fen_per_year"], 2),
            yuan(one["next_unit_worth_fen_per_year"], 2),
        )
        for one in ordered
    ]
    unit = words.say("yuan a unit and year")
    heads = (
        Head(words.say("Build"), is_number=False),
        Head(words.say("Where"), is_number=False),
        *(Head(str(year), words.say("stands")) for year in told["years"]),
        Head(words.say("Unit"), is_number=False),
        Head(words.say("Of the most")),
        Head(words.say("Cost"), unit),
        Head(words.say("The first is worth"), unit),
        Head(words.say("The next is worth"), unit),
    )
    return Table(words.say("Builds by year, and their worth by shadow prices"), heads, tuple(rows))


def places(told: Told, words: Words) -> Table:
    """Return the numbers of the map: what could be spent at each site a year, and what is."""
    rows = [
        row(words.name(site), yuan(all_fen), yuan(built_fen), percent(built_fen / all_fen if all_fen else None))
        for site, (built_fen, all_fen) in zip(told["sites"], _of_sites(told), strict=True)
    ]
    unit = words.say("yuan a year")
    heads = (
        Head(words.say("Site"), is_number=False),
        Head(words.say("All that could be built"), unit),
        Head(words.say("Built"), unit),
        Head(words.say("Built"), "%"),
    )
    return Table(words.say("Builds by site in the last year"), heads, tuple(rows))


def build_map(told: Told, catalog: Catalog, words: Words) -> dict[str, Any]:
    """Return regions and sites with what is built there, and the links and lines that are built.

    A site without a point of its own stands at the seat of its region, as origins do.
    """
    regions = {one.adcode: one for one in catalog.regions()}
    seats = {adcode: [one.seat.lon_deg, one.seat.lat_deg] for adcode, one in regions.items()}
    here = {
        site["site_id"]: [site["lon_deg"], site["lat_deg"]]
        if site["lon_deg"] or site["lat_deg"]
        else seats.get(site["adcode"], [0.0, 0.0])
        for site in told["sites"]
    }
    # An origin without a region is often called by the code of one.
    of = {one["origin_id"]: one["adcode"] or one["origin_id"] for one in told["origins"]}
    there = {origin_id: seats.get(adcode) for origin_id, adcode in of.items()}
    names = {
        one["origin_id"]: words.name(one) or _named(regions.get(of[one["origin_id"]]), words) or one["origin_id"]
        for one in told["origins"]
    }
    names |= {one["site_id"]: words.name(one) for one in told["sites"]}
    by_region: dict[str, float] = {}
    sites = []
    for site, (built_fen, all_fen) in zip(told["sites"], _of_sites(told), strict=True):
        if site["adcode"]:
            by_region[site["adcode"]] = by_region.get(site["adcode"], 0.0) + yuan_from_fen(built_fen)
        sites.append(
            {
                "name": words.name(site),
                "point": here[site["site_id"]],
                "capacity_unit_h": yuan_from_fen(all_fen),
                "used_unit_h": yuan_from_fen(built_fen),
                "used_share": built_fen / all_fen if all_fen else None,
            }
        )
    flows = [
        {
            "from": names[origin],
            "to": names[site],
            "coords": [there[origin], here[site]],
            "work_unit_h": yuan_from_fen(_built_fen(one)[0]),
        }
        for one in told["options"]
        for origin, site in one["ways"]
        if there.get(origin) is not None and _built_fen(one)[0] > 0
    ]
    return {
        "kind": "map" if lies_in_frame(list(here.values())) else "plain",
        "lang": words.lang,
        "unit": words.say("yuan a year"),
        "demand": by_region,
        "sites": sites,
        "origins": [],
        "flows": flows,
        "words": {
            "demand": words.say("Built"),
            "no_data": words.say("nothing could be built here"),
            "capacity": words.say("All that could be built"),
            "used": words.say("Built"),
            "work": words.say("Built"),
        },
    }


def _of_sites(told: Told) -> list[tuple[float, float]]:
    """Return for each site what is built there in the last year and all that could be, fen a year.

    What an option costs is shared out evenly among its sites; closing saves and counts as nothing.
    """
    found = {site["site_id"]: (0.0, 0.0) for site in told["sites"]}
    for one in told["options"]:
        built_fen, all_fen = _built_fen(one)
        for site_id in one["site_ids"]:
            before, count = found[site_id], len(one["site_ids"])
            found[site_id] = (before[0] + built_fen / count, before[1] + all_fen / count)
    return list(found.values())


def _built_fen(option: Told) -> tuple[float, float]:
    yearly_fen = max(option["cost_fen_per_unit_year"], 0.0)
    return option["standing"][-1] * yearly_fen, option["most"] * yearly_fen


def _named(region: Region | None, words: Words) -> str:
    return "" if region is None else words.name({"name_en": region.name_en, "name_zh": region.name_zh})
