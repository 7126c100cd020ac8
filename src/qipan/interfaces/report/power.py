"""Compute and grid: tables, charts and sentences of areas, uptake, calls and the worth of flexibility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qipan.interfaces.report import labels
from qipan.interfaces.report.explanation import signed
from qipan.interfaces.report.kinds import with_units
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, clock, grouped, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words, mark

Told = Mapping[str, Any]
"""What `Responding` gives: how a plan meets the grid, the answer to a call, or the worth of flexibility."""

KW_PER_MW: Final = 1000.0

CAN: Final = mark("%(place)s can draw %(asked)s MW less.")
CANNOT: Final = mark("%(place)s cannot draw %(asked)s MW less.")

AGAINST: Final = mark(
    "The baseline is the linear programme of the day without the call, in which work may be split, not the placed jobs."
)
"""What a call is measured against."""

TAKEN_BY: Final = {
    "qipan": mark("taken by the plan"),
    "home_first": mark("taken by home-first"),
}
"""Policies whose uptake is shown."""


def areas(told: Told, words: Words) -> Table:
    """Return the peak of each area: others alone, with the sites by the plan, by a blind plan, by home-first."""
    rows = []
    for one in told["areas"]:
        peaks = one["peaks_kw"]
        raised = (peaks[policy] - peaks["others"] for policy in ("qipan", "blind", "home_first"))
        rows.append(
            row(
                Cell(words.name(one), note=words.say(", ").join(map(words.name, one["sites"]))),
                grouped(peaks["others"]),
                grouped(max(one["sites_kw"], default=0.0), 1),
                *(grouped(kw, 1) for kw in raised),
                NOTHING if one["limit_kw"] is None else grouped(one["limit_kw"]),
                grouped(one["over_kwh"], 1),
            )
        )
    heads = (
        Head(words.say("Area of the grid"), is_number=False),
        Head(words.say("Peak of others"), "kW"),
        Head(words.say("Peak of the sites"), "kW"),
        Head(words.say("Peak raised: plan"), "kW"),
        Head(words.say("blind plan"), "kW"),
        Head(words.say("home-first"), "kW"),
        Head(words.say("Limit"), "kW"),
        Head(words.say("Beyond it"), "kWh"),
    )
    return Table(words.say("Peaks of the grid, in the day and its outlook"), heads, tuple(rows), words.say("No area."))


def area_hours(told: Told, words: Words) -> Table:
    """Return what the sites draw in each area, slot by slot."""
    rows = [
        Row(
            (
                Cell(clock(start, told["zone_name"], told["day"])),
                *(Cell(grouped(one["sites_kw"][slot], 1)) for one in told["areas"]),
            ),
            is_apart=slot == told["day_slots"],
        )
        for slot, start in enumerate(told["slots"])
    ]
    heads = (Head(words.say("Hour"), is_number=False), *(Head(words.name(one), "kW") for one in told["areas"]))
    return Table(words.say("What the sites draw from the grid"), heads, tuple(rows))


def uptake(told: Told, words: Words) -> Table:
    """Return what own plants could give and what is taken, with what is curtailed by the plan."""
    rows = []
    for one in told["uptake"]:
        available, taken = one["available_kwh"], one["taken_kwh"]
        rows.append(
            row(
                words.name(one),
                grouped(available),
                *(_share(taken[policy], available) for policy in TAKEN_BY),
                grouped(available - taken["qipan"]),
            )
        )
    heads = (
        Head(words.say("Site"), is_number=False),
        Head(words.say("Own plants could give"), "kWh"),
        *(Head(words.say(title), "kWh") for title in TAKEN_BY.values()),
        Head(words.say("Curtailed by the plan"), "kWh"),
    )
    return Table(words.say("Renewable energy taken up"), heads, tuple(rows), words.say("No plant."))


def power_sentence(told: Told, words: Words) -> str:
    """Say how much of the plants' energy is taken, and by how much the sites raise the peaks of the grid."""
    available = sum(one["available_kwh"] for one in told["uptake"])
    said = []
    if available:
        shares = {policy: sum(one["taken_kwh"][policy] for one in told["uptake"]) / available for policy in TAKEN_BY}
        said.append(
            words.say(
                "The plan takes %(ours)s of what own plants could give, home-first %(theirs)s.",
                ours=percent(shares["qipan"]),
                theirs=percent(shares["home_first"]),
            )
        )
    if told["areas"]:
        raised = {
            policy: sum(one["peaks_kw"][policy] - one["peaks_kw"]["others"] for one in told["areas"])
            for policy in ("qipan", "blind", "home_first")
        }
        said.append(
            words.say(
                "It raises the peaks of the grid by %(ours)s kW, a plan blind to them by %(blind)s kW, home-first by "
                "%(theirs)s kW.",
                ours=grouped(raised["qipan"], 1),
                blind=grouped(raised["blind"], 1),
                theirs=grouped(raised["home_first"], 1),
            )
        )
    return " ".join([*said, *basis(told, words)])


def basis(told: Told, words: Words) -> tuple[str, ...]:
    """Say where plants, stores and areas are not what their owners stated."""
    if not told["power_is_modelled"]:
        return ()
    return (words.say("Plants, stores and areas of the grid are modelled from facts; their owners stated none."),)


def power_chart(told: Told, words: Words) -> dict[str, Any]:
    """Return what the sites draw in each area by slot, stacked."""
    series = [{"name": words.name(one), "values": one["sites_kw"]} for one in told["areas"]]
    return {"kind": "use", **_hours(told, words), "unit": "kW", "series": series}


def call_sentence(told: Told, words: Words) -> str:
    """Say whether a call is met, and what it costs."""
    if not any(told["before_kw"][told["first_slot"] : told["end_slot"]]):
        nothing = words.say(
            "By the linear programme of the day %(place)s draws nothing from the grid in these hours: there is nothing "
            "to draw less of.",
            place=words.name(told),
        )
        return " ".join([nothing, *basis(told, words)])
    asked_mw = grouped(told["reduce_kw"] / KW_PER_MW, 3)
    met = words.say(
        CAN if told["is_met"] else CANNOT,
        place=words.name(told),
        asked=asked_mw,
    )
    shed = words.say(
        "%(shed)s kWh less for %(cost)s yuan, %(price)s yuan a MWh.",
        shed=grouped(told["shed_kwh"], 1),
        cost=yuan(told["cost_fen"], 2),
        price=NOTHING if told["fen_per_kwh"] is None else yuan(told["fen_per_kwh"] * KW_PER_MW, 2),
    )
    parts = words.say(
        "Less work %(work)s kWh, stores %(stores)s kWh, own plants %(plants)s kWh.",
        work=grouped(told["work_kwh"], 1),
        stores=grouped(told["store_kwh"], 1),
        plants=grouped(told["renewable_kwh"], 1),
    )
    return " ".join([met, shed, parts, words.say(AGAINST), *basis(told, words)])


def call_hours(told: Told, words: Words, *, is_whole: bool = False) -> Table:
    """Return what the sites draw slot by slot: in all of them, or in those of the call, one before and two after."""
    first, end = max(told["first_slot"] - 1, 0), min(told["end_slot"] + 2, len(told["slots"]))
    if is_whole:
        first, end = 0, len(told["slots"])
    rows = []
    for slot in range(first, end):
        is_called = told["first_slot"] <= slot < told["end_slot"]
        at = slot - told["first_slot"]
        rows.append(
            Row(
                (
                    Cell(clock(told["slots"][slot], told["zone_name"], told["day"])),
                    Cell(grouped(told["before_kw"][slot], 1)),
                    Cell(grouped(told["after_kw"][slot], 1)),
                    Cell(grouped(told["delivered_kw"][at], 1) if is_called else NOTHING),
                    Cell(grouped(told["short_kw"][at], 1) if is_called else NOTHING),
                ),
                is_own=is_called,
                is_apart=slot == told["day_slots"],
            )
        )
    heads = (
        Head(words.say("Hour"), is_number=False),
        Head(words.say("Baseline: linear programme"), "kW"),
        Head(words.say("With the call"), "kW"),
        Head(words.say("Delivered"), "kW"),
        Head(words.say("Lacking"), "kW"),
    )
    return Table(words.say("What the sites draw from the grid"), heads, tuple(rows))


def shifted(told: Told, words: Words) -> Table:
    """Return where the work went, by kind and tier, in unit-hours."""
    fields = ("shed_unit_h", "elsewhere_unit_h", "earlier_unit_h", "later_unit_h", "lost_unit_h")
    rows = tuple(
        row(
            Cell(label(labels.TIER, one["tier"], words), note=label(labels.KIND, one["kind"], words)),
            *(grouped(one[field], 1) for field in fields),
        )
        for one in told["shifted"]
    )
    heads = (
        Head(words.say("Tier"), is_number=False),
        Head(words.say("Left")),
        Head(words.say("To other sites")),
        Head(words.say("Earlier")),
        Head(words.say("Later")),
        Head(words.say("Lost")),
    )
    return Table(words.say("Where the work went, unit-hours"), heads, rows, words.say("No work moved."))


def call_chart(told: Told, words: Words) -> dict[str, Any]:
    """Return what the called sites draw by slot, with and without the call."""
    return {
        "kind": "use",
        **_hours(told, words),
        "unit": "kW",
        "series": [{"name": words.say("With the call"), "values": told["after_kw"]}],
        "planned": {"name": words.say("Baseline: linear programme"), "values": told["before_kw"]},
    }


def flexibility(told: Told, words: Words) -> Table:
    """Return what flexibility in time and space is worth, by kind and tier: in all, by unit-hour and by kWh."""
    rows = tuple(_worth(one, words) for one in told["rows"])
    heads = (
        Head(words.say("Tier"), is_number=False),
        Head(words.say("Work")),
        Head(words.say("May wait"), words.say("yuan")),
        Head(words.say("by unit-hour"), words.say("yuan")),
        Head(words.say("by kWh"), words.say("yuan")),
        Head(words.say("May leave its region"), words.say("yuan")),
        Head(words.say("by unit-hour"), words.say("yuan")),
        Head(words.say("by kWh"), words.say("yuan")),
        Head(words.say("May leave its macro-region"), words.say("yuan")),
    )
    caption = words.say("What the day would cost more without it, lost work at its value")
    return Table(caption, heads, rows)


def _worth(one: Mapping[str, Any], words: Words) -> Row:
    def spread(fen: float) -> tuple[str, str, str]:
        work, energy = one["work_unit_h"], one["energy_kwh"]
        return (
            signed(fen, 0),
            yuan(fen / work, 4) if work else NOTHING,
            yuan(fen / energy, 4) if energy else NOTHING,
        )

    return row(
        label(labels.TIER, one["tier"], words),
        with_units({one["kind"]: one["work_unit_h"]}, words),
        *spread(one["wait_fen"]),
        *spread(one["leave_region_fen"]),
        signed(one["leave_macro_fen"], 0),
    )


def _share(taken: float, available: float) -> Cell:
    share = taken / available if available else None
    return Cell(f"{grouped(taken)} ({percent(share)})", bar=share)


def _hours(told: Told, words: Words) -> dict[str, Any]:
    return {
        "slots": [clock(start, told["zone_name"], told["day"]) for start in told["slots"]],
        "day_slots": told["day_slots"],
        "words": {"day": words.say("The day"), "outlook": words.say("Outlook"), "total": words.say("Total")},
    }
