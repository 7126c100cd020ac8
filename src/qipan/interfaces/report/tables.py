"""The tables of a day: the same numbers as its map and charts, and the comparison of policies."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qipan.interfaces.report import kinds, labels
from qipan.interfaces.report.day import Document, unit_hours
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, clock, grouped, mwh, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words
from qipan.kernel.units import WH_PER_KWH


def used_share(site: Mapping[str, Any], day_slots: int) -> float | None:
    """Return what was used of one unit-hour of a site's capacity in the day, ``None`` without capacity."""
    capacity = math.fsum(site["capacity_unit_h"][:day_slots])
    return math.fsum(site["used_unit_h"][:day_slots]) / capacity if capacity else None


def sites(document: Document, words: Words) -> Table:
    """Return the sites of the day with their use, energy and mean prices."""
    day_slots = document["day_slots"]
    unit, of_day = unit_hours(document, words), kinds.of_day(document)
    rows = []
    for site in sorted(document["sites"], key=lambda site: -math.fsum(site["used_unit_h"][:day_slots])):
        share, kind = used_share(site, day_slots), kinds.of_site(site)
        rows.append(
            row(
                words.name(site),
                kinds.amount({kind: math.fsum(site["capacity_unit_h"][:day_slots])}, of_day, words),
                kinds.amount({kind: math.fsum(site["used_unit_h"][:day_slots])}, of_day, words),
                Cell(percent(share), bar=share),
                mwh(math.fsum(site["energy_kwh"][:day_slots]) * WH_PER_KWH),
                yuan(_mean(site["price_fen_per_kwh"][:day_slots]), 3),
                yuan(_mean(site["lmp_fen_per_unit_h"][:day_slots]), 2),
                grouped(site["pue"], 2),
                grouped(site["location_kg_per_kwh"], 3),
                grouped(site["market_kg_per_kwh"], 3),
            )
        )
    heads = (
        Head(words.say("Site"), is_number=False),
        Head(words.say("Capacity"), unit),
        Head(words.say("Used"), unit),
        Head(words.say("Use")),
        Head(words.say("Energy"), "MWh"),
        Head(words.say("Electricity"), words.say("yuan/kWh")),
        Head(words.say("LMP"), words.say("yuan/unit-hour")),
        Head("PUE"),
        Head(words.say("Carbon, location-based"), words.say("kg/kWh")),
        Head(words.say("Carbon, market-based"), words.say("kg/kWh")),
    )
    return Table(words.say("Sites in the day"), heads, tuple(rows), words.say("No site."))


def site_use(document: Document, words: Words) -> Table:
    """Return what the map shows of the sites: capacity and use in the day, with the mean LMP."""
    whole = sites(document, words)
    chosen = (0, 1, 3, 6)
    rows = (Row(tuple(one.cells[index] for index in chosen)) for one in whole.rows)
    return Table(whole.caption, tuple(whole.heads[index] for index in chosen), tuple(rows), whole.empty)


def origins(document: Document, words: Words) -> Table:
    """Return where the work came from and how much of it found a place, by kind; shares are of the kind."""
    rows, of_day = [], kinds.of_day(document)
    whole: dict[str, float] = defaultdict(float)
    for origin in document["origins"]:
        whole[origin.get("kind", "")] += origin["work_unit_h"]
    for origin in sorted(document["origins"], key=lambda origin: (_at(origin, of_day), -origin["work_unit_h"])):
        asked, placed = origin["work_unit_h"], origin["placed_unit_h"]
        of_kind = whole[origin.get("kind", "")]
        share = asked / of_kind if of_kind else None
        rows.append(
            row(
                words.name(origin),
                grouped(origin["jobs"]),
                _amount(origin, "work_unit_h", of_day, words),
                Cell(percent(share), bar=share),
                percent(placed / asked if asked else None),
            )
        )
    heads = (
        Head(words.say("Origin"), is_number=False),
        Head(words.say("Jobs")),
        Head(words.say("Asked for"), unit_hours(document, words)),
        Head(words.say("Share")),
        Head(words.say("Placed")),
    )
    return Table(words.say("Work by origin"), heads, tuple(rows), words.say("No work."))


def flows(document: Document, words: Words) -> Table:
    """Return how much work went from each origin to each site, the largest first."""
    names = {site["site_id"]: words.name(site) for site in document["sites"]}
    froms = {origin["origin_id"]: words.name(origin) for origin in document["origins"]}
    of_day = kinds.of_day(document)
    most: dict[str, float] = defaultdict(float)
    for flow in document["flows"]:
        most[flow.get("kind", "")] = max(most[flow.get("kind", "")], flow["work_unit_h"])
    rows = [
        row(
            froms.get(flow["origin_id"], flow["origin_id"]),
            names.get(flow["site_id"], flow["site_id"]),
            Cell(
                _amount(flow, "work_unit_h", of_day, words),
                bar=flow["work_unit_h"] / most[flow.get("kind", "")] if flow["work_unit_h"] else None,
            ),
        )
        for flow in sorted(document["flows"], key=lambda flow: (_at(flow, of_day), -flow["work_unit_h"]))
    ]
    heads = (
        Head(words.say("From"), is_number=False),
        Head(words.say("To"), is_number=False),
        Head(words.say("Work"), unit_hours(document, words)),
    )
    return Table(words.say("Work from origin to site"), heads, tuple(rows), words.say("No work was placed."))


def tiers(document: Document, words: Words) -> Table:
    """Return what became of each tier, by kind."""
    of_day = kinds.of_day(document)
    rows = [
        row(
            label(labels.TIER, tier["tier"], words),
            grouped(tier["jobs"]),
            grouped(tier["placed"]),
            grouped(tier["carried_over"]),
            grouped(tier["refused"]),
            _amount(tier, "work_unit_h", of_day, words),
            Cell(percent(tier["moved_share"]), bar=tier["moved_share"]),
            grouped(tier["round_trip_ms"], 1),
        )
        for tier in document["tiers"]
    ]
    heads = (
        Head(words.say("Tier"), is_number=False),
        Head(words.say("Jobs")),
        Head(words.say("placed")),
        Head(words.say("carried over")),
        Head(words.say("refused")),
        Head(words.say("Work"), unit_hours(document, words)),
        Head(words.say("Left macro-region")),
        Head(words.say("Round trip"), words.say("ms, mean")),
    )
    return Table(words.say("Latency tiers"), heads, tuple(rows), words.say("No work."))


def policies(document: Document, words: Words) -> Table:
    """Return the plan and the baselines side by side."""
    scores, of_day = document["scores"], kinds.of_day(document)
    rows = []
    for index, score in enumerate(scores):
        code = "plan" if index == 0 else score["policy"]
        rows.append(
            row(
                Cell(label(labels.POLICY, code, words), note=label(labels.POLICY_RULE, code, words)),
                _against(scores, score, "cost_fen", yuan(score["cost_fen"])),
                yuan(score.get("planned_fen")),
                _against(scores, score, "location_kg", grouped(score["location_kg"] / 1000, 2)),
                _against(scores, score, "market_kg", grouped(score["market_kg"] / 1000, 2)),
                mwh(score["energy_kwh"] * WH_PER_KWH),
                grouped(score["realtime_p95_ms"], 1),
                grouped(score["mean_wait_h"], 2),
                grouped(score["peak_kw"]),
                percent(score["moved_share"]),
                grouped(score["jobs_placed"]),
                grouped(score["jobs_carried_over"]),
                grouped(score["jobs_refused"]),
                kinds.amount(kinds.by_kind(score["work_unit_h"]), of_day, words),
                kinds.amount(kinds.by_kind(score["lost_unit_h"]), of_day, words),
                is_own=index == 0,
            )
        )
    unit = unit_hours(document, words)
    heads = (
        Head(words.say("Policy"), is_number=False),
        Head(words.say("Cost"), words.say("yuan")),
        Head(words.say("Planned cost"), words.say("yuan")),
        Head(words.say("Carbon, location-based"), words.say("t")),
        Head(words.say("Carbon, market-based"), words.say("t")),
        Head(words.say("Energy"), "MWh"),
        Head(words.say("Real-time round trip"), words.say("ms, 95 %")),
        Head(words.say("Wait"), words.say("h, mean")),
        Head(words.say("Peak"), "kW"),
        Head(words.say("Left macro-region")),
        Head(words.say("placed")),
        Head(words.say("carried over")),
        Head(words.say("refused")),
        Head(words.say("Work that ran"), unit),
        Head(words.say("Work refused"), unit),
    )
    return Table(words.say("The plan beside simple rules"), heads, tuple(rows))


def hours(
    document: Document,
    field: str,
    words: Words,
    *,
    caption: str,
    unit: str | Callable[[Mapping[str, Any]], str],
    digits: int,
    leads: Callable[[str, int], str] | None = None,
) -> Table:
    """Return one figure of every site by slot; what lies after the day is set apart.

    Parameters
    ----------
    field
        Field of the sites with the axis ``(slots,)``; a field in fen is written in yuan.
    unit
        Of all sites, or by site.
    leads
        Gives the address that the figure of a site and slot leads to.
    """
    write = yuan if "fen" in field.split("_") else grouped

    def cell(site: Mapping[str, Any], slot: int) -> Cell:
        return Cell(write(site[field][slot], digits), href=leads(site["site_id"], slot) if leads else "")

    rows = [
        row(
            slot_label(document, index),
            *(cell(site, index) for site in document["sites"]),
            is_apart=index == document["day_slots"],
        )
        for index in range(len(document["slots"]))
    ]
    first = Head(words.say("Slot"), document["zone_name"], is_number=False)
    heads = (
        first,
        *(Head(words.name(site), unit if isinstance(unit, str) else unit(site)) for site in document["sites"]),
    )
    return Table(caption, heads, tuple(rows), words.say("No slot."))


def slot_label(document: Document, index: int) -> str:
    """Return the start of a slot on the wall clock, with its date where that is not the planned day.

    Examples
    --------
    >>> document = {"slots": ["2017-10-08T16:00:00+00:00"], "zone_name": "Asia/Shanghai", "day": "2017-10-09"}
    >>> slot_label(document, 0)
    '00:00'
    """
    return clock(document["slots"][index], document["zone_name"], document["day"])


def bound(document: Document, words: Words) -> Table:
    """Return how far the placed jobs are from the bound, and how exactly the prices add up."""
    account = document["bound"]
    rows = (
        row(words.say("Optimum of the linear programme"), yuan(account["plan_fen"]), words.say("yuan")),
        row(words.say("Bound: no placement of whole jobs costs less"), yuan(account["bound_fen"]), words.say("yuan")),
        row(words.say("Planned cost of the placed jobs"), yuan(account["served_fen"]), words.say("yuan")),
        row(words.say("Planned cost of unserved work, at its value"), yuan(account["lost_fen"]), words.say("yuan")),
        row(words.say("Gap to the bound, unserved work included"), percent(account["gap"], 3), ""),
        row(words.say("Gap to the linear programme, unserved work included"), percent(account["gap_to_plan"], 3), ""),
        row(words.say("Payments for work"), yuan(account["payments_fen"]), words.say("yuan")),
        row(words.say("Revenue of sites"), yuan(account["revenue_fen"]), words.say("yuan")),
        row(words.say("Rent of scarce capacity, power and links"), yuan(account["rent_fen"]), words.say("yuan")),
        row(words.say("Payments = revenue + transport + rent, off by"), _tiny(account["payments_error"]), ""),
        row(words.say("Revenue = cost + rent, off by"), _tiny(account["revenue_error"]), ""),
        row(words.say("Complementary slackness, off by"), _tiny(account["slackness_error"]), ""),
    )
    heads = (
        Head(words.say("Figure"), is_number=False),
        Head(words.say("Value")),
        Head(words.say("Unit"), is_number=False),
    )
    return Table(words.say("Gap to the bound, and what the prices add up to"), heads, rows)


def good(words: Words) -> str:
    """Say which figures of a comparison are good ones, which of the two costs is minimised and why they differ."""
    return words.say(
        "Lower is better in cost, planned cost, carbon, round trip, wait, peak and refused work. The plan minimises "
        "the planned cost: at a gap of 0 % no placement has a lower one. It counts the hours that jobs ask for inside "
        "the horizon, and carbon, distance and lost work at their prices; cost is the money of what ran, past the "
        "horizon too, so a rule can come out lower in it."
    )


def out_of_scope(document: Document) -> Sequence[tuple[str, int]]:
    """Return why rows were out of scope, the most frequent reason first."""
    counts: Mapping[str, int] = document["account"]["out_of_scope"]
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _at(one: Mapping[str, Any], of_day: Sequence[str]) -> int:
    """Return where the kind of a row stands among those of a day."""
    return of_day.index(one["kind"]) if one.get("kind") in of_day else len(of_day)


def _amount(one: Mapping[str, Any], field: str, of_day: tuple[str, ...], words: Words) -> str:
    return kinds.amount({one.get("kind", ""): one[field]}, of_day, words)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _tiny(value: float) -> str:
    return f"{value:.1e}" if math.isfinite(value) else NOTHING


def _against(scores: Sequence[Mapping[str, Any]], score: Mapping[str, Any], field: str, text: str) -> Cell:
    """Return a figure with a bar against the largest of all policies."""
    most = max((other[field] for other in scores), default=0.0)
    return Cell(text, bar=score[field] / most if most > 0 else None)


def demand_by_region(document: Document) -> dict[str, float]:
    """Return the work of the kind drawn that is asked for, by adcode; origins without one are left out."""
    work: dict[str, float] = defaultdict(float)
    kind = kinds.drawn(document)
    for origin in document["origins"]:
        if origin["adcode"] and kinds.is_of(origin, kind):
            work[origin["adcode"]] += origin["work_unit_h"]
    return dict(work)
