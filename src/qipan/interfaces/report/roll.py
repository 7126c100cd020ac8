"""A run of rolling operation in tables and a chart: regret, spikes, market power, latencies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from qipan.interfaces.report.errors import part
from qipan.interfaces.report.numbers import NOTHING, grouped, moment, percent, yuan
from qipan.interfaces.report.reservations import reserved, rows_apart
from qipan.interfaces.report.reservations import sentence as reserved_sentence
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.money import yuan_from_fen

Told = Mapping[str, Any]
"""A `workflows.roll.RollReport` as plain values."""

SHOWN: Final = 200
"""Spikes shown at most; the interface gives all."""


TERMS: Final = (
    (
        mark("Offline bound"),
        mark("what serving the same jobs costs at least with perfect foresight: no operation beats it"),
    ),
    (
        mark("Regret"),
        mark("by how much the cost of what was served, and the value of what was not, lie above that bound"),
    ),
    (mark("Price spike"), mark("an LMP above all but one hundredth of the prices of the same product before it")),
    (
        mark("Residual supply index"),
        mark("what all other sites have over what is asked, for the scarcest kind and model"),
    ),
    (mark("Pivotal"), mark("a site with an index below one: demand cannot be met without it")),
    (mark("Withholding"), mark("a site keeps a tenth of its capacity back to raise prices")),
)
"""Words of market monitoring and of online operation, and what they mean here."""


def terms(words: Words) -> list[tuple[str, str]]:
    """Return the words that not every reader knows, each with what it means."""
    return [(words.say(term), words.say(meaning)) for term, meaning in TERMS]


def run_name(run: Told, words: Words) -> str:
    """Return under which forecast errors a run was."""
    sizes = words.say(", ").join(f"{label_of(name, words)} {size:g}" for name, size in run["errors"].items())
    return words.say("Errors: %(sizes)s", sizes=sizes) if sizes else words.say("Without forecast errors")


def label_of(name: str, words: Words) -> str:
    """Return what a forecast is of."""
    return {
        "demand": words.say("demand"),
        "price": words.say("prices"),
        "renewable": words.say("wind and solar"),
    }[name]


def sentence(told: Told, words: Words) -> str:
    """Say what was run."""
    return words.say(
        "Days: %(days)s from %(day)s on, re-planned every %(every)s minutes. Jobs: %(jobs)s; before them, for the "
        "forecast: %(past)s; that no site can take: %(refused)s; rows of the file that were bad and set aside: "
        "%(aside)s.",
        jobs=grouped(told["jobs"]),
        days=told["days"],
        day=told["first_day"],
        every=grouped(told["every_s"] / 60.0),
        past=grouped(told["past_jobs"]),
        refused=grouped(told["refused"]),
        aside=grouped(told.get("rows_set_aside", 0)),
    )


def unfinished(told: Told, words: Words) -> str:
    """Say what was not finished in the time given; empty where all was."""
    at = told.get("unfinished", "")
    return at and words.say(
        "The time ended at: %(at)s. What stands here was finished before; ask for more seconds for the rest.",
        at=part(at, words.lang),
    )


def settings(told: Told, fleet: str, words: Words) -> list[tuple[str, str]]:
    """Return on what terms was run, by what they are called; reports that were kept before name less."""

    def times(number: float) -> str:
        return f"× {number:g}"

    errors = told.get("errors", told["runs"][-1]["errors"])
    named, epoch = told.get("file_names", {}), told.get("epoch")
    none = words.say("none")
    return [
        (words.say("File of jobs"), told["name"]),
        (words.say("Format"), told["format"]),
        (
            words.say("Start of a trace without dates"),
            none if epoch is None else datetime.fromisoformat(str(epoch)).isoformat(),
        ),
        (words.say("Zone of the trace's clocks"), told.get("zone_name", NOTHING)),
        (words.say("Fleet"), fleet),
        (words.say("Minutes between re-plans"), f"{told['every_s'] / 60.0:g}"),
        (
            words.say("Forecast errors"),
            words.say(", ").join(f"{label_of(name, words)} {size:g}" for name, size in errors.items()) or none,
        ),
        (words.say("Reservations"), named.get("reservations", none)),
        (words.say("Minutes of notice of reserved jobs"), f"{told['notice_s'] / 60.0:g}"),
        (
            words.say("Reserve for the largest site (N-1)"),
            words.say("yes") if told["keeps_reserve"] else words.say("no"),
        ),
        (words.say("Table of substitutes"), named.get("substitutes", none)),
        (words.say("Table of links"), named.get("links", none)),
        (words.say("Made solar plants, times the power cap"), times(told["plants_share"])),
        (words.say("Load, times"), times(told["load"])),
        (words.say("Seed"), f"{told['seed']}"),
    ]


def runs(told: Told, words: Words) -> Table:
    """Return what each run came to, a row a figure."""

    def interval(run: Told) -> str:
        low, high = run["regret_low"], run["regret_high"]
        return NOTHING if low is None or high is None else f"{percent(low, 2)} – {percent(high, 2)}"

    of = told["runs"]
    rows = [
        row(words.say("Jobs served"), *(grouped(one["served"]) for one in of)),
        row(words.say("Jobs unserved"), *(grouped(one["unserved"]) for one in of)),
        row(words.say("Cost of what was served, yuan"), *(yuan(one["served_fen"]) for one in of)),
        row(words.say("Value of what was not, yuan"), *(yuan(one["unserved_fen"]) for one in of)),
        row(words.say("Offline bound, yuan"), *(yuan(one["bound_fen"]) for one in of)),
        row(words.say("Regret over the bound"), *(percent(one["regret"], 2) for one in of), is_own=True),
        row(words.say("Interval of 95 %"), *map(interval, of)),
        row(words.say("Re-plans"), *(grouped(one["replans"]) for one in of)),
        row(words.say("CPU of a re-plan, p99, s"), *(grouped(one["replan_cpu_s_p99"], 3) for one in of)),
        row(words.say("Placement, median, microseconds"), *(grouped(one["placement_us_p50"]) for one in of)),
        row(words.say("Placement, p99, microseconds"), *(grouped(one["placement_us_p99"]) for one in of)),
        row(words.say("Price spikes"), *(grouped(len(one["spikes"])) for one in of)),
    ]
    heads = (Head(words.say("Figure"), is_number=False), *(Head(run_name(one, words)) for one in of))
    return Table(words.say("What the runs came to"), heads, tuple(rows))


def power(run: Told, zone_name: str, words: Words) -> Table:
    """Return what each site could do to prices at the peak of each day, and how long it was pivotal in all."""
    names = _names(run, words)
    rows = [
        row(
            Cell(names.get(one["site_id"], one["site_id"]), note=moment(_iso(one["moment_s"]), zone_name)),
            grouped(one["residual_supply_index"], 2),
            words.say("yes") if one["is_pivotal"] else words.say("no"),
            percent(one["lmp_change"], 2),
            percent(one["cost_change"], 2),
            yuan(one["surplus_change_fen"]),
            grouped(run["pivotal_h"].get(one["site_id"], 0.0), 2),
        )
        for one in run["market_power"]
    ]
    heads = (
        Head(words.say("Site"), words.say("and peak"), is_number=False),
        Head(words.say("Residual supply index")),
        Head(words.say("Pivotal"), is_number=False),
        Head(words.say("LMP"), words.say("withholding")),
        Head(words.say("Cost"), words.say("withholding")),
        Head(words.say("Surplus of the site"), words.say("yuan, withholding")),
        Head(words.say("Hours pivotal"), words.say("h")),
    )
    caption = words.say("Market power at each day's peak: %(run)s", run=run_name(run, words))
    return Table(caption, heads, tuple(rows), words.say("Nothing was looked at."))


def reservations(run: Told, words: Words) -> Table | None:
    """Return what reservations came to in a run, where there were any."""
    told = run.get("reservations")
    return None if told is None else reserved(told, _names(run, words), run_name(run, words), words)


def reservations_sentence(run: Told, words: Words) -> str:
    """Say what became of the jobs that name a reservation, and what is left of the money; empty without any."""
    told = run.get("reservations")
    return "" if told is None else f"{run_name(run, words)}: {reserved_sentence(told, words)} {rows_apart(told, words)}"


def spikes(run: Told, zone_name: str, words: Words) -> Table:
    """Return the LMPs above the stated quantile of their own past."""
    names = _names(run, words)
    rows = [
        row(
            moment(_iso(one["moment_s"]), zone_name),
            names.get(one["site_id"], one["site_id"]),
            yuan(one["lmp_fen_per_unit_h"], 4),
            yuan(one["past_fen_per_unit_h"], 4),
        )
        for one in run["spikes"][:SHOWN]
    ]
    unit = words.say("yuan/unit-hour")
    heads = (
        Head(words.say("Moment"), is_number=False),
        Head(words.say("Site"), is_number=False),
        Head(words.say("LMP"), unit),
        Head(words.say("Its past"), unit),
    )
    caption = words.say("Price spikes: %(run)s", run=run_name(run, words))
    return Table(caption, heads, tuple(rows), words.say("No price spiked."))


def regret_by_day(told: Told, words: Words) -> dict[str, Any]:
    """Return what each day adds to the regret of each run, for the chart."""
    first = date.fromisoformat(told["first_day"])
    return {
        "kind": "bars",
        "unit": words.say("yuan"),
        "names": [(first + timedelta(days=at)).strftime("%m-%d") for at in range(told["days"])],
        "series": [
            {
                "name": run_name(run, words),
                "values": [round(yuan_from_fen(amount), 2) for amount in run["regret_by_day_fen"][: told["days"]]],
            }
            for run in told["runs"]
        ],
    }


def regret_table(told: Told, words: Words) -> Table:
    """Return the numbers of the chart."""
    chart = regret_by_day(told, words)
    rows = [
        row(name, *(grouped(one["values"][at], 2) for one in chart["series"] if at < len(one["values"])))
        for at, name in enumerate(chart["names"])
    ]
    heads = (
        Head(words.say("Day"), is_number=False),
        *(Head(one["name"], words.say("yuan")) for one in chart["series"]),
    )
    return Table(words.say("Regret by day"), heads, tuple(rows))


def _names(run: Told, words: Words) -> dict[str, str]:
    """Return what each site is called, by its id; runs that were kept before names were have none."""
    return {site_id: words.name(names) for site_id, names in run.get("sites", {}).items()}


def _iso(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, tz=UTC).isoformat()
