"""Pages of warnings: the heat map of regions and industries, the watch list, one cell with its history, the feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from email.utils import format_datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from qipan.interfaces.report.labour import (
    ACTS,
    GRADES,
    OUTCOMES,
    cumulative_text,
    end_text,
    horizon_text,
    reason_text,
    size_interval,
    size_text,
)
from qipan.interfaces.report.numbers import NOTHING, moment, percent
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.time import BOARD_ZONE
from qipan.labour.follow import OUTCOME
from qipan.labour.model.panel import Cadence

if TYPE_CHECKING:
    from qipan.facts.catalog import Catalog
    from qipan.kernel.places import Region
    from qipan.labour.model.issued import IssuedWarning, Step

WORST: Final = ("silent", "quiet", "blue", "yellow", "orange", "red", "under_way")
"""What a square of the heat map shows where several cells share it: the last of these."""
STANDING: Final = {
    "quiet": mark("quiet"),
    "under_way": mark("loss under way"),
    "silent": mark("nothing is known"),
    "warned": mark("warned"),
}
MOVED_OF: Final = {
    "cell": mark("the cell itself"),
    "all": mark("all cells"),
    "industry": mark("its industry"),
    "region": mark("its region"),
    "occupation": mark("its occupation"),
}
FEED_ITEMS: Final = 100


def names_of(regions: Iterable[Region], said: Words) -> dict[str, str]:
    """Return what regions are called, by their codes."""
    return {one.adcode: said.name({"name_en": one.name_en, "name_zh": one.name_zh}) for one in regions}


def cell_name(told: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a cell as people read it."""
    parts = (names.get(told["region"], told["region"]), told["industry"], told["occupation"])
    return " · ".join(part for part in parts if part)


def address(panel: str, told: Mapping[str, Any]) -> str:
    """Return where a cell is shown."""
    parts = {name: told[name] for name in ("region", "industry", "occupation") if told[name]}
    return f"/labour/cell?{urlencode({'panel': panel, **parts})}"


def heat(told: Mapping[str, Any], names: Mapping[str, str], catalog: Catalog, said: Words) -> dict[str, Any]:
    """Return the heat map: columns are industries, or occupations where there are none, and squares lead to a cell."""
    called = industry_names(catalog, said)
    grades = {_key(one): one["grade"] for one in told["warnings"]}
    columns = sorted({one["industry"] or one["occupation"] for one in told["cells"]})
    squares: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
    for one in told["cells"]:
        tone = grades.get(_key(one), one["standing"])
        at = one["region"], one["industry"] or one["occupation"]
        rank = WORST.index(tone)
        if at not in squares or squares[at][0] < rank:
            squares[at] = rank, _square(one, tone, told["panel"], names, said)
    regions = sorted({one["region"] for one in told["cells"]})
    return {
        "columns": [{"code": one or said.say("All"), "name": called.get(one, "")} for one in columns],
        "grades": [{"grade": name, "text": _grade(name, catalog, said)} for name in GRADES],
        "rows": [
            (names.get(region, region), [squares.get((region, one), (0, {}))[1] for one in columns])
            for region in regions
        ],
    }


def industry_names(catalog: Catalog, said: Words) -> dict[str, str]:
    """Return what divisions of GB/T 4754 are called, by their code with and without the letter of the section."""
    found: dict[str, str] = {}
    for fact in catalog.under("industry"):
        _, section, *division = fact.fact_id.split("/")
        name = said.name({"name_en": fact.label_en, "name_zh": fact.label_zh})
        codes = (section.upper() + division[0], division[0]) if division else (section.upper(),)
        found |= dict.fromkeys(codes, name)
    return found


def by_region(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> dict[str, Any] | None:
    """Return the map of regions by how many of their cells are warned of; nothing where it has none of them."""
    counts = {one["region"]: 0 for one in told["cells"] if one["region"] in names}
    for one in told["warnings"]:
        if one["region"] in counts:
            counts[one["region"]] += 1
    if not counts:
        return None
    empty = said.say("not in this panel")
    return {
        "kind": "map",
        "lang": said.lang,
        "unit": said.say("warnings"),
        "demand": counts,
        "sites": [],
        "origins": [],
        "flows": [],
        "words": {"demand": said.say("Warnings"), "no_data": empty, "capacity": "", "used": "", "work": ""},
    }


def watch_list(told: Mapping[str, Any], ids: Mapping[str, str], names: Mapping[str, str], said: Words) -> Table:
    """Return the warnings of an outlook, the worst first."""
    when = horizon_text(told, said.lang)
    heads = (
        Head(said.say("Cell"), is_number=False),
        Head(said.say("Grade"), is_number=False),
        Head(said.say("Probability, %(when)s", when=when)),
        Head(said.say("Probability, %(when)s", when=end_text(told, said.lang))),
        Head(said.say("Expected loss, 80 % between")),
        Head(said.say("Alarm since"), is_number=False),
        Head(said.say("Warning"), is_number=False),
    )
    rows = tuple(
        row(
            Cell(cell_name(one, names), href=address(told["panel"], one)),
            in_words(GRADES[one["grade"]], said),
            percent(one["probability"], 0),
            cumulative_text(one),
            size_interval(one, told),
            str(one["since"]),
            ids.get(_key(one), NOTHING),
        )
        for one in told["warnings"]
    )
    caption = said.say("Watch list: a loss (%(rule)s) %(when)s", rule=told["events_rule"], when=when)
    return Table(caption, heads, rows, empty=said.say("No cell is warned of."))


def history(one: Mapping[str, Any], told: Mapping[str, Any], said: Words) -> tuple[dict[str, Any], Table]:
    """Return the path of a cell as a chart, and the same numbers as a table, the newest first."""
    cadence, last = Cadence(told["data"]["cadence"]), _day(told["data"]["last_period"])
    count = len(one["path"])
    starts = [str(cadence.after(last, at - count + 1)) for at in range(count)]
    series = [{"name": said.say("Value"), "values": one["path"]}]
    chart = {"kind": "lines", "unit": told["data"]["unit"], "digits": 2, "names": starts, "series": series}
    rows = tuple(
        row(start, NOTHING if value is None else f"{value:,.6g}")
        for start, value in zip(reversed(starts), reversed(one["path"]), strict=True)
    )
    heads = (Head(said.say("Period from"), is_number=False), Head(said.say("Value"), told["data"]["unit"]))
    return chart, Table(said.say("The same numbers"), heads, rows)


def evidence(one: Mapping[str, Any], told: Mapping[str, Any], said: Words) -> Table:
    """Return what had moved: the cell, and all that it belongs with."""
    heads = (
        Head(said.say("What moved"), is_number=False),
        Head(said.say("Lost since the least of a year")),
        Head(said.say("Lost in a quarter")),
        Head(said.say("Cells that lose")),
    )
    rows = tuple(
        row(
            said.say(MOVED_OF[moved["of"]]),
            size_text(moved["lost"], told),
            size_text(moved["lost_quarter"], told),
            percent(moved["losing"], 0),
        )
        for moved in one["moved"]
    )
    return Table(said.say("Evidence"), heads, rows)


def chances(one: Mapping[str, Any], said: Words) -> Table:
    """Return how likely the loss is in each stretch of time."""
    heads = (
        Head(said.say("Periods from now"), is_number=False),
        Head(said.say("Probability")),
        Head(said.say("Probability by then")),
    )
    by_then = accumulate(part["probability"] for part in one["chances"])
    rows = tuple(
        row(f"{part['first']}–{part['until'] - 1}", percent(part["probability"], 0), percent(total, 0))
        for part, total in zip(one["chances"], by_then, strict=True)
    )
    return Table(said.say("When"), heads, rows)


def steps(one: IssuedWarning, said: Words) -> Table:
    """Return what was done to a warning, the first thing first."""
    heads = tuple(
        Head(said.say(title), is_number=False)
        for title in (mark("Step"), mark("At"), mark("As of"), mark("By"), mark("Reason"))
    )
    rows = tuple(
        row(
            in_words(ACTS[step.act.value], said),
            moment(step.at.isoformat(), BOARD_ZONE),
            str(step.as_of),
            said.say("outcome") if step.by == OUTCOME else step.by,
            reason_text(step.reason, said),
        )
        for step in one.steps
    )
    outcome = in_words(OUTCOMES[one.outcome.value], said)
    return Table(f"{one.warning_id}: {outcome}", heads, rows)


def feed(found: Sequence[IssuedWarning], names: Mapping[str, str], said: Words, base: str) -> bytes:
    """Return warnings as RSS 2.0, those with the newest steps first: one item each, whatever is done to it later.

    Its guid is the number of the warning, its title what was done last, its text every step.

    Source: RSS 2.0 specification, RSS Advisory Board.
    """
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _text(
        channel,
        title=said.say("Warnings of lost jobs"),
        link=f"{base}/labour",
        description="Qipan 棋盘",
        language=said.tag,
    )
    for one in sorted(found, key=lambda it: it.steps[-1].at, reverse=True)[:FEED_ITEMS]:
        step = one.steps[-1]
        cell = {"region": one.cell.region, "industry": one.cell.industry, "occupation": one.cell.occupation}
        grade, done = in_words(GRADES[one.grade], said), in_words(ACTS[step.act.value], said)
        item = ET.SubElement(channel, "item")
        _text(
            item,
            title=f"{cell_name(cell, names)}: {grade}, {done}",
            link=f"{base}{address(one.panel, cell)}",
            description="\n".join(_step_text(it, said) for it in reversed(one.steps)),
            pubDate=format_datetime(step.at),
        )
        ET.SubElement(item, "guid", isPermaLink="false").text = one.warning_id
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _step_text(step: Step, said: Words) -> str:
    """Return a step of a warning in one line: its day, what was done, the grade that was told with it, and why."""
    words = [f"{moment(step.at.isoformat(), BOARD_ZONE)} {in_words(ACTS[step.act.value], said)}"]
    words += [in_words(GRADES[step.told["grade"]], said)] if step.told else []
    words += [reason_text(step.reason, said)] if step.reason else []
    return ", ".join(words)


def found_in(told: Mapping[str, Any], part: str, cell: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what a part of an outlook says of a cell."""
    return next((one for one in told[part] if _key(one) == _key(cell)), None)


def in_words(pair: tuple[str, str], said: Words) -> str:
    """Return one of a word in English and in Chinese."""
    return pair[said.lang == "zh"]


def _key(told: Mapping[str, Any]) -> str:
    return "/".join((told["region"], told["industry"], told["occupation"]))


def _grade(name: str, catalog: Catalog, said: Words) -> str:
    """Return a grade with the least loss that has it."""
    least = f" ≥ {catalog.number(f'labour/{name}_events'):g}" if name != next(iter(GRADES)) else ""
    return in_words(GRADES[name], said) + least


def _square(one: Mapping[str, Any], tone: str, panel: str, names: Mapping[str, str], said: Words) -> dict[str, Any]:
    if tone in GRADES:
        text = f"{percent(one['probability'], 0)} {in_words(GRADES[tone], said)}"
    elif tone == "quiet":
        text = percent(one["probability"], 0)
    else:
        text = said.say(STANDING[tone])
    label = f"{cell_name(one, names)}: {text}"
    return {"text": text, "label": label, "tone": tone.replace("_", "-"), "href": address(panel, one)}


def _day(told: date | str) -> date:
    return told if isinstance(told, date) else date.fromisoformat(told)


def _text(parent: ET.Element, **parts: str) -> None:
    for name, text in parts.items():
        ET.SubElement(parent, name).text = text
