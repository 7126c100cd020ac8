"""Render the result of `bench_traces` as a page of the documentation: one table and one picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "traces.md"
PICTURE = ROOT / "docs" / "pictures" / "traces.svg"
NAMES = {
    "qipan": "Qipan",
    "upheld": "Qipan, no tier worse",
    "home_first": "home first",
    "cheapest_site": "cheapest site",
    "greenest_site": "greenest site",
    "most_available": "most available",
    "cheapest_start": "cheapest start",
    "carbon_time": "Carbon-Time",
}
TIERS = ("realtime", "interactive", "batch", "offline")
FEN_PER_THOUSAND_YUAN = 1e5
HEAD = (
    "trace, load", "policy", "cost, 1000 yuan", "over the bound", "unserved card-hours by tier", "money, 1000 yuan",
    "carbon by location, t", "by market, t", "hourly, t *", "real-time p95, ms", "deadlines missed", "grid peak, MW *",
    "own plants' energy taken up *",
)  # fmt: skip

INTRO = """# Real traces at three loads

Written by `make bench-traces` from `benchmarks/results/bench_traces.json`; do not edit.

A day each of the Philly, openb and Azure LLM traces on the national fleet, placed by Qipan, by the five simple rules
and by Carbon-Time, the same whole jobs under the same hard limits. `tests/independent/check_placement.py` goes over
every placement: {broken}.

**Loads.** The *full load* of a day is the least at which energetic reasoning (`baptiste2001`) proves that not every job
can be served: in some minute, or in some stretch of whole hours, the parts of jobs that no allowed start can move
elsewhere fill all cards that power allows. Low is {low:g} of it, busy {busy:g}, overloaded {overloaded:g}. Copies of a
job arrive in the same second, each with an origin, tier and data class of its own.

**Columns.** *Cost* is what the plan minimises and what the bound bounds: energy, moving and nearness of planned hours,
and work without a place at its value. *Money* is energy and moving of what ran, with what runs past the horizon.
*Bound* is proven for whole jobs; the plan lets all work stop and go, so where minutes or stretches are scarce it is far
below anything whole jobs can reach. *Unserved* leaves out jobs that no site may take. Deadlines missed are of jobs that
ran late or found no place. Columns with a star are **modelled**: plants, wind, curtailment and stores of western sites,
the load around the sites, and carbon hour by hour, for nobody publishes these. Carbon-Time (`hanafy2024`) waits
for these modelled hours; sun and wind are assumed to generate a tenth of a region's load each.
"""

OUTRO = """
![Cost over the bound of every policy, by trace and load](pictures/traces.svg)

The picture shows cost over the bound: what was served, and in the lighter part the value of what was not. Bars are cut
at three times the bound; the number is the whole.

## What it shows

{held}

{verdicts}

The other policies are the simple rules and Carbon-Time.

*Qipan, no tier worse* ([Service upheld](upheld.md)) runs where plain Qipan leaves more of some tier than another policy
does. What it may leave of each tier is then the least that any other policy leaves of it, all tiers at once. The plan
gives up the hours that are worth least, the simple rules whoever comes late; with caps a tier over its own is valued
higher, until others that can spare it give way. Its cost is told at the same values as every other's; what it is
dearer than plain Qipan is what the promise costs (a little less than nothing is luck: both place by rules of thumb).

"No other policy serves more of a more urgent tier" compares unserved work tier by tier, the most urgent first.
"""
LINE = (
    "*Never breaks a hard limit and, at no more unserved work in any tier than any other policy, is the cheapest or "
    "within 1 % of the bound*"
)


def table_of(result: dict[str, Any]) -> list[str]:
    """Return the lines of one table."""
    lines = ["| " + " | ".join(HEAD) + " |", "| --- | --- |" + " ---: |" * (len(HEAD) - 2)]
    for day in result["days"]:
        where = f"{day['trace']}, {day['level']}"
        lines += [_row(where, NAMES[name], day["policies"][name]) for name in _present(day)]
        if day.get("upheld", ...) is None:
            lines.append(f"| {where} | {NAMES['upheld']} | as Qipan |" + " |" * (len(HEAD) - 3))
        lines.append(_bound_row(where, day["bound"]))
    return lines


def _row(where: str, name: str, told: dict[str, Any]) -> str:
    p95 = told["realtime_p95_ms"]
    cells = (
        where,
        name,
        f"{told['cost_fen'] / FEN_PER_THOUSAND_YUAN:,.1f}",
        f"{told['over_bound']:.1%}",
        _tiers(told["unserved_unit_h"]),
        f"{told['money_fen'] / FEN_PER_THOUSAND_YUAN:,.1f}",
        f"{told['location_kg'] / 1000.0:,.1f}",
        f"{told['market_kg'] / 1000.0:,.1f}",
        f"{told['hourly_modelled_kg'] / 1000.0:,.1f}",
        "none" if p95 is None else f"{p95:.1f}",
        f"{told['deadline_misses']:,}",
        f"{told['grid_peak_kw'] / 1000.0:.2f}",
        f"{told['renewable_kwh'] / 1000.0:,.1f} MWh, {told['renewable_share']:.0%}",
    )
    return "| " + " | ".join(cells) + " |"


def _bound_row(where: str, bound: dict[str, Any]) -> str:
    cells = (
        where,
        "LP, proven bound",
        f"{bound['plan_fen'] / FEN_PER_THOUSAND_YUAN:,.1f}, {bound['bound_fen'] / FEN_PER_THOUSAND_YUAN:,.1f}",
        "",
        _tiers(bound["unserved_unit_h"]),
        *[""] * 6,
        f"{bound['grid_peak_kw'] / 1000.0:.2f}",
        f"{bound['renewable_kwh'] / 1000.0:,.1f} MWh, {bound['renewable_share']:.0%}",
    )
    return "| " + " | ".join(cells) + " |"


def _tiers(unserved: list[float]) -> str:
    told = [f"{tier} {work:,.1f}" for tier, work in zip(TIERS, unserved, strict=True) if work > 1e-6]
    return ", ".join(told) or "none"


def _present(day: dict[str, Any]) -> list[str]:
    """Return the policies of a day in the order of their names."""
    return [name for name in NAMES if name in day["policies"]]


def _verdict(day: dict[str, Any]) -> str:
    at = (
        f"- **{day['trace']}, {day['level']}** ({day['jobs']:,} jobs, load {day['load']:.1f} of {day['full_load']:.1f})"
    )
    plain = f"{at}: {_held(day['verdict'], day['policies']['qipan'])}."
    if not day.get("upheld"):
        return plain
    kept = _held(day["verdict_upheld"], day["policies"]["upheld"])
    more = day["policies"]["upheld"]["cost_fen"] - day["policies"]["qipan"]["cost_fen"]
    side = "over" if more > 0.0 else "below"
    beside = f"{abs(more) / FEN_PER_THOUSAND_YUAN:,.1f} thousand yuan {side} plain Qipan"
    return f"{plain} With no tier worse: {kept}, {beside}."


def _held(told: dict[str, Any], ours: dict[str, Any]) -> str:
    """Say how one of ours stands against the other policies."""
    limits = "no hard limit broken" if told["keeps_limits"] else f"hard limits broken: {ours['limits_broken']}"
    first = told["serves_first"]
    serves = (
        "no other policy serves more of any tier"
        if not told["serves_more"]
        else "no other policy serves more of a more urgent tier; less urgent work is served more by "
        + ", ".join(f"{NAMES[name]} ({', '.join(TIERS[t] for t in at)})" for name, at in told["serves_more"].items())
        if not first
        else "more urgent work is served more by " + ", ".join(NAMES[name] for name in first)
    )
    cost = (
        "the cheapest" if not told["cheaper"] else "cheaper are " + ", ".join(NAMES[name] for name in told["cheaper"])
    )
    line = "the line holds" if told["holds"] else "the line does not hold"
    return f"{limits}; {serves}; {cost}, {ours['over_bound']:.1%} over the bound; {line}"


def _line(days: list[dict[str, Any]]) -> str:
    """Say in how many cells the line holds, and in which not."""
    held = {f"{day['trace']}, {day['level']}": (day.get("verdict_upheld") or day["verdict"])["holds"] for day in days}
    missed = "; ".join(where for where, holds in held.items() if not holds)
    capped = sum(bool(day.get("upheld")) and day["verdict_upheld"]["holds"] for day in days)
    sentence = f"The line to keep: {LINE}. It holds in {sum(held.values())} of {len(held)} cells"
    sentence += f", in {capped} of them with no tier worse" if capped else ""
    return f"{sentence}{f', not in {missed}' if missed else ''}."


def page_of(result: dict[str, Any]) -> str:
    """Return the page."""
    found = [found for day in result["days"] for told in day["policies"].values() for found in told["limits_broken"]]
    broken = "it finds no hard limit broken, by any policy" if not found else f"it finds {'; '.join(found)}"
    intro = INTRO.format(broken=broken, **result["levels"])
    outro = OUTRO.format(verdicts="\n".join(_verdict(day) for day in result["days"]), held=_line(result["days"]))
    return f"{intro}\n" + "\n".join(table_of(result)) + f"\n{outro}"


WIDTH, ROW, LEFT, PANEL, GAP, TOP = 1110, 17, 140, 300, 20, 58
CUT = 3.0
STYLE = """
text { font: 11px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 12px }
.served { fill: #57606a } .lost { fill: #57606a; opacity: .35 } .ours .served { fill: #0969da }
.ours .lost { fill: #0969da; opacity: .35 } .axis { stroke: #8c959f; stroke-width: 1 } .bound { stroke: #cf222e }
@media (prefers-color-scheme: dark) {
text { fill: #d0d7de } .served, .lost { fill: #8c959f } .ours .served, .ours .lost { fill: #58a6ff }
.axis { stroke: #6e7681 } .bound { stroke: #ff7b72 } }
"""


def picture_of(result: dict[str, Any]) -> str:
    """Return an SVG with a panel for each trace and level; it follows the reader's light or dark scheme."""
    traces = list(dict.fromkeys(day["trace"] for day in result["days"]))
    levels = list(dict.fromkeys(day["level"] for day in result["days"]))
    tall = (len(NAMES) + 2) * ROW
    height = TOP + len(levels) * tall
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'aria-label="Cost of each policy over the proven bound, by trace and load">'
        ),
        f"<style>{STYLE}</style>",
        (
            '<text x="4" y="16" class="title">Cost over the proven bound (red line = bound); '
            "lighter: value of work not served; bars cut at 3</text>"
        ),
        *(
            f'<text x="{LEFT + column * (PANEL + GAP)}" y="40" class="title">{escape(trace)}</text>'
            for column, trace in enumerate(traces)
        ),
    ]
    for day in result["days"]:
        x = LEFT + traces.index(day["trace"]) * (PANEL + GAP)
        y = TOP + levels.index(day["level"]) * tall
        parts.append(_panel(day, x, y, is_first=traces.index(day["trace"]) == 0))
    return "\n".join([*parts, "</svg>", ""])


def _panel(day: dict[str, Any], x: int, y: int, *, is_first: bool) -> str:
    unit = (PANEL - 60) / CUT
    bound = day["bound"]["bound_fen"]
    parts = [f'<text x="{x}" y="{y + 8}">{escape(day["level"])}, load {day["load"]:.0f}</text>']
    for row, name in enumerate(NAMES):
        top = y + 14 + row * ROW
        title = f'<text x="{x - 6}" y="{top + 10}" text-anchor="end">{NAMES[name]}</text>' if is_first else ""
        if name not in day["policies"]:
            same = "as Qipan" if day.get("upheld", ...) is None else ""
            parts.append(f'<g>{title}<text x="{x + 4}" y="{top + 10}">{same}</text></g>')
            continue
        told = day["policies"][name]
        served, whole = told["served_fen"] / bound, told["cost_fen"] / bound
        bars = [
            f'<rect class="served" x="{x}" y="{top}" width="{min(served, CUT) * unit:.1f}" height="{ROW - 5}"/>',
            (
                f'<rect class="lost" x="{x + min(served, CUT) * unit:.1f}" y="{top}" '
                f'width="{max(min(whole, CUT) - min(served, CUT), 0.0) * unit:.1f}" height="{ROW - 5}"/>'
            ),
            f'<text x="{x + min(whole, CUT) * unit + 4:.1f}" y="{top + 10}">{whole:.2f}</text>',
        ]
        whose = "ours" if name in ("qipan", "upheld") else "other"
        parts.append(f'<g class="{whose}">{title}{"".join(bars)}</g>')
    bottom = y + 14 + len(NAMES) * ROW
    parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{y + 12}" y2="{bottom}"/>')
    parts.append(f'<line class="bound" x1="{x + unit:.1f}" x2="{x + unit:.1f}" y1="{y + 12}" y2="{bottom}"/>')
    return "\n".join(parts)


def write_page(path: Path) -> None:
    """Write page and picture from a file of results."""
    result = json.loads(path.read_text(encoding="utf-8"))
    PAGE.write_text(page_of(result), encoding="utf-8")
    PICTURE.write_text(picture_of(result), encoding="utf-8")


if __name__ == "__main__":
    write_page(ROOT / "benchmarks" / "results" / "bench_traces.json")
    sys.exit(0)
