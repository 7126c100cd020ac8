"""What codes are called: policies, tiers, statuses, reasons, kinds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from qipan.interfaces.report.words import Words, mark

POLICY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "plan": mark("Qipan's plan"),
        "home_first": mark("Home region first"),
        "cheapest_site": mark("Cheapest site"),
        "greenest_site": mark("Greenest site"),
        "most_available": mark("Most available"),
        "cheapest_start": mark("Cheapest start"),
    }
)

NO_WORSE_THAN: Final[Mapping[str, str]] = MappingProxyType(
    {code: title for code, title in POLICY.items() if code != "plan"} | {"any": mark("Any simple rule")}
)
"""Whose service can be upheld."""

POLICY_RULE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "plan": mark("The cheapest day that keeps every limit, planned as a whole."),
        "home_first": mark("The own province, then the own macro-region, then the nearest. What people do today."),
        "cheapest_site": mark("The site whose energy is cheapest when the job arrives."),
        "greenest_site": mark("The site with the least location-based carbon."),
        "most_available": mark("The site with the largest share of free units when the job arrives."),
        "cheapest_start": mark(
            "Job by job as they come, the start and site that cost least and have room; it may wait."
        ),
    }
)

STEP: Final[Mapping[str, str]] = MappingProxyType(
    {
        "make": mark("Make the jobs"),
        "read": mark("Read the jobs"),
        "assume": mark("Fill in what the trace lacks"),
        "reach": mark("Work out which site each job may use"),
        "plan": mark("Plan and price the day"),
        "home_first": mark("Compare: home region first"),
        "cheapest_site": mark("Compare: cheapest site"),
        "greenest_site": mark("Compare: greenest site"),
        "most_available": mark("Compare: most available"),
        "cheapest_start": mark("Compare: cheapest start"),
        "place": mark("Place the jobs"),
        "uphold": mark("Uphold the service of every tier"),
        "stand_alone": mark("Compare: each region alone"),
        "grid": mark("Measure peaks and uptake"),
        "enter": mark("Enter the day in the ledger"),
    }
)
"""Steps of a day while it is run, in their order."""

TIER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "realtime": mark("Real-time"),
        "interactive": mark("Interactive"),
        "batch": mark("Batch"),
        "offline": mark("Offline"),
    }
)

JOB_STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placed": mark("placed"),
        "carried_over": mark("carried over"),
        "refused": mark("refused"),
    }
)

REASON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_such_resource": mark("no site has this kind and model of resource"),
        "no_power": mark("the sites that have it are without power"),
        "too_large": mark("larger than every site it may use"),
        "too_far": mark("no site is within its latency limit"),
        "data_may_not_leave": mark("its data may not go where there is a site"),
        "window_too_short": mark("its window is shorter than its duration"),
        "no_room": mark("no site had room in its window"),
        "outranked": mark("left out by priority: higher ones of its tier hold the room it could use"),
        "turned_out": mark("turned out by priority: a higher one of its tier took its place"),
        "later_is_better": mark("it may wait, and its place is after the day"),
        "covered": mark("it runs on its reservation"),
    }
)

NOMINATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "covered": mark("covered"),
        "reservation_unknown": mark("no such reservation"),
        "product_not_allowed": mark("the limits of the job forbid it"),
        "outside_reservation": mark("not within its time"),
        "notice_too_late": mark("its notice came too late"),
        "reservation_used_up": mark("used up"),
    }
)
"""What becomes of jobs that name a reservation; all but covered ones are placed as any other."""

COLUMN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kind": mark("kind"),
        "quantity": mark("quantity"),
        "submit_s": mark("submission"),
        "requested_s": mark("requested duration"),
        "card_model": mark("card model"),
        "origin": mark("origin"),
        "tier": mark("tier"),
        "data_class": mark("where its data may go"),
        "workload": mark("workload"),
        "start_by_s": mark("latest start"),
        "finish_by_s": mark("latest end"),
        "data_gb": mark("data to move"),
        "preemptible": mark("whether it may be interrupted"),
        "priority": mark("priority"),
    }
)
"""Columns of jobs that a written rule may fill."""

FORMAT: Final[Mapping[str, str]] = MappingProxyType({"generic": mark("generic")})
"""Formats of jobs; those of a public trace are called as the trace is."""

FACT_STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "official": mark("official"),
        "secondary": mark("secondary"),
        "modelled": mark("modelled"),
        "assumed": mark("assumed"),
        "declared": mark("declared"),
    }
)

FACT_STATUS_RULE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "official": mark("compared with the text of the body that issued it"),
        "secondary": mark("read in a re-post, the press or a public code file"),
        "modelled": mark("computed from other numbers"),
        "assumed": mark("our choice; nobody published it"),
        "declared": mark("stated by the owner of the site"),
    }
)

KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intelligent": mark("Intelligent"),
        "general": mark("General"),
        "supercomputing": mark("Supercomputing"),
        "storage": mark("Storage"),
    }
)

UNIT_HOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intelligent": mark("card-hours"),
        "general": mark("core-hours"),
        "supercomputing": mark("node-hours"),
        "storage": mark("TB-hours"),
    }
)

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intelligent": mark("cards"),
        "general": mark("cores"),
        "supercomputing": mark("nodes"),
        "storage": mark("TB"),
    }
)

BUILD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cards": mark("cards built"),
        "solar": mark("solar plant"),
        "wind": mark("wind plant"),
        "store": mark("battery"),
        "link": mark("backbone link"),
        "line": mark("direct line"),
        "exchange": mark("exchange point"),
        "grid": mark("grid reinforced"),
        "land": mark("land reserved"),
        "closing": mark("cards closed"),
        "merging": mark("cards moved"),
    }
)
"""What an option of expansion builds."""

BUILD_UNIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cards": mark("cards"),
        "solar": mark("kW"),
        "wind": mark("kW"),
        "store": mark("kWh"),
        "link": mark("GB/h"),
        "line": mark("GB/h"),
        "exchange": mark("GB/h"),
        "grid": mark("kW"),
        "land": mark("kW"),
        "closing": mark("cards"),
        "merging": mark("cards"),
    }
)

MEASURE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "capacity_unit_s": mark("capacity"),
        "allocated_unit_s": mark("allocated"),
        "used_unit_s": mark("used"),
        "queued_unit_s": mark("queued"),
        "stored_gb_s": mark("stored"),
        "card_j": mark("energy at the cards"),
        "host_j": mark("energy at the hosts"),
        "pdu_j": mark("energy at the PDUs"),
        "grid_j": mark("energy at the grid"),
        "green_j": mark("green energy"),
        "water_ml": mark("water"),
        "racked_rack_s": mark("racked"),
        "moved_mb": mark("data moved"),
    }
)

DATA_CLASS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "province": mark("not out of its province"),
        "region": mark("not out of its macro-region"),
        "free": mark("anywhere"),
    }
)

WORKLOAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "training": mark("Training"),
        "inference": mark("Inference"),
        "analytics": mark("Analytics"),
        "rendering": mark("Rendering"),
        "scientific": mark("Scientific"),
        "storage": mark("Storage"),
    }
)

ROLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "viewer": mark("viewer"),
        "operator": mark("operator"),
        "admin": mark("admin"),
    }
)


def label(table: Mapping[str, str], code: str, words: Words) -> str:
    """Return what a code is called; a code that the table does not know stands for itself.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> label(TIER, "realtime", words("zh")), label(TIER, "other", words("en"))
    ('实时', 'other')
    """
    return words.say(table[code]) if code in table else code
