"""The picture of a back-test as SVG: leads, early warnings against false alarms, reliability; its numbers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np

Say = Callable[[str, str], str]
"""Returns one of a text in English and in Chinese."""

WIDTH: Final = 1120
HEIGHT: Final = 430
TOP: Final = 64
LOW: Final = 370
PANELS: Final = ((96, 350), (446, 690), (800, 1044))
"""Left and right end of each panel, in pixels."""
TONES: Final = {"hazard": "#0b5cad", "turn": "#b4430b"}
"""Detectors that warn; the others are there to be compared with."""
OTHER: Final = "#626b77"
FACE: Final = 'font-family="system-ui, \'Noto Sans SC\', sans-serif" font-size="12" fill="#1f2933"'
LABEL_PX: Final = 13
STRETCH: Final = 1
"""Which stretch of time reliability is drawn for: the horizon of a warning."""
COLUMNS: Final = ("part", "detector", "of", "first", "until", "x", "y", "lower_95", "upper_95", "asked")


def numbers(told: Sequence[Mapping[str, Any]]) -> str:
    """Return all that the picture shows, and what it leaves out for want of room, as CSV."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(row for one in told for row in _numbers(one))
    return out.getvalue()


def _numbers(one: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    name = one["detector"]
    for share in (0.25, 0.5, 0.75):
        yield {"part": "lead", "detector": name, "x": _lead(one, share), "y": share, "asked": one["events"]}
    yield {"part": "late_or_missed", "detector": name, "y": one["late_or_missed"], "asked": one["events"]}
    for point in one["frontier"]:
        yield {"part": "frontier", "detector": name, "x": point["realised_a_year"], "y": point["warned_ahead"]}
    for judged in one["chances"]:
        for chance in judged["reliability"]:
            stretch = {"detector": name, "of": judged["of"], "first": chance["first"], "until": chance["until"]}
            yield {"part": "chance", **stretch, **_point(chance)}
            for part in chance["bins"]:
                yield {"part": "chance_bin", **stretch, **_point(part)}
        for held in judged["intervals"]:
            stretch = {"detector": name, "of": judged["of"], "first": 1, "until": held["until"]}
            yield {"part": "interval", **stretch, **_point({"probability": 0.8, **held})}


def _point(part: Mapping[str, Any]) -> dict[str, Any]:
    ends = {name: "" if part[name] is None else part[name] for name in ("lower_95", "upper_95")}
    return {"x": part["probability"], "y": part["came"], **ends, "asked": part["asked"]}


def draw(told: Sequence[Mapping[str, Any]], say: Say) -> str:
    """Return the picture of what `compare` told in full."""
    first = told[0]
    title = say(
        f"Back-test of {first['events']} events ({first['events_rule']}) in {first['cells']:,} cells",
        f"{first['cells']:,} 个单元 {first['events']} 次事件（{first['events_rule']}）的回测",
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {FACE}>',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(say('The same numbers stand in the CSV beside it.', '旁边的 CSV 文件含相同数字。'))}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(16, 22, title, size=15, weight=600),
        *_leads(told, say),
        *_frontier(told, say),
        *_reliability(told, say),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _leads(told: Sequence[Mapping[str, Any]], say: Say) -> list[str]:
    left, right = PANELS[0]
    most = max(4.0 * told[0]["ahead"], 1.0)
    x = _scale(0.0, most, left, right)
    parts = [_head(left, say("Periods from alarm to crisis", "自预警至危机的期数"))]
    parts += _axis(x, (0.0, most / 4, most / 2, 3 * most / 4, most), "{:g}".format)
    parts.append(_line(x(told[0]["ahead"]), TOP, x(told[0]["ahead"]), LOW, OTHER, "4 3"))
    step = (LOW - TOP) / len(told)
    for row, one in enumerate(told):
        y, tone = TOP + step * (row + 0.5), TONES.get(one["detector"], OTHER)
        low, middle, high = (max(0.0, min(most, _lead(one, share))) for share in (0.25, 0.5, 0.75))
        parts += [
            _text(left - 8, y + 4, one["detector"], anchor="end", fill=tone),
            _bar(x(low), x(high), y, tone),
            f'<circle cx="{x(middle):.1f}" cy="{y:.1f}" r="4" fill="{tone}"/>',
            _text(right + 6, y + 4, f"{one['late_or_missed']:.0%}", fill=OTHER),
        ]
    note = say("box: middle half; right: late or missed", "方框：中间一半；右：过迟或漏报")
    return [*parts, _text(left, LOW + 40, note, fill=OTHER)]


def _frontier(told: Sequence[Mapping[str, Any]], say: Say) -> list[str]:
    left, right = PANELS[1]
    most = _round_up(max((point["realised_a_year"] for one in told for point in one["frontier"]), default=0.0))
    x, y = _scale(0.0, most, left, right), _scale(0.0, 1.0, LOW, TOP)
    ahead = told[0]["ahead"]
    parts = [_head(left, say(f"Share warned {ahead} periods ahead", f"提前 {ahead} 期以上预警的比例"))]
    parts += _axis(x, [most * part / 4 for part in range(5)], "{:.3g}".format)
    parts += _side(y, left, right)
    ends = []
    for one in sorted(told, key=lambda row: row["detector"] in TONES):
        tone = TONES.get(one["detector"], OTHER)
        points = sorted((x(point["realised_a_year"]), y(point["warned_ahead"])) for point in one["frontier"])
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in points)
        width = 2.2 if one["detector"] in TONES else 1.1
        parts.append(f'<polyline points="{path}" fill="none" stroke="{tone}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{up:.1f}" r="2.5" fill="{tone}"/>' for across, up in points]
        ends.append((points[-1][1], points[-1][0], one["detector"], tone))
    parts += _labels(ends, right)
    note = say("false alarms a quiet year of a cell", "每单元平静年误报次数")
    return [*parts, _text(left, LOW + 40, note, fill=OTHER)]


def _labels(ends: Sequence[tuple[float, float, str, str]], right: float) -> list[str]:
    """Return names at the ends of lines, each below the one before by at least its height."""
    parts, last = [], float(TOP - LABEL_PX)
    highest = LOW - LABEL_PX * (len(ends) - 1)
    for row, (up, across, name, tone) in enumerate(sorted(ends)):
        last = max(last + LABEL_PX, min(up, highest + LABEL_PX * row))
        parts.append(_line(across, up, right + 4, last, tone, "1 3"))
        parts.append(_text(right + 7, last + 4, name, fill=tone))
    return parts


def _reliability(told: Sequence[Mapping[str, Any]], say: Say) -> list[str]:
    left, right = PANELS[2]
    x, y = _scale(0.0, 1.0, left, right), _scale(0.0, 1.0, LOW, TOP)
    parts = _axis(x, [part / 4 for part in range(5)], "{:.0%}".format)
    parts += _side(y, left, right)
    parts.append(_line(x(0.0), y(0.0), x(1.0), y(1.0), OTHER, "4 3"))
    judged = [(one["detector"], one["chances"][0]["reliability"]) for one in told if one["chances"]]
    known = [(name, rows[STRETCH]) for name, rows in judged if len(rows) > STRETCH]
    heading = say("How often what was foretold came", "预告之损失实际发生的频率")
    for shift, (name, chance) in enumerate(known):
        tone = TONES.get(name, OTHER)
        for part in chance["bins"]:
            across, up = x(part["probability"]) + 2 * shift, y(part["came"])
            if part["lower_95"] is not None:
                parts.append(_line(across, y(part["lower_95"]), across, y(part["upper_95"]), tone))
            # A bin of one draw has no interval, and is drawn hollow.
            fill = "#ffffff" if part["lower_95"] is None else tone
            parts.append(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3.5" fill="{fill}" stroke="{tone}"/>')
        parts.append(_text(left + 10, TOP + 12 + 16 * shift, name, fill=tone, weight=600))
    note = say("no chance was told", "未给出概率")
    if known:
        when = f"{known[0][1]['first']}–{known[0][1]['until'] - 1}"
        note = say(f"chance told of a loss in {when} periods; 95 %", f"预告 {when} 期内损失的概率；95%")
    return [_head(left, heading), *parts, _text(left, LOW + 40, note, fill=OTHER)]


def _lead(one: Mapping[str, Any], share: float) -> float:
    """Return the lead that a share of events stays below; those missed count as the worst."""
    leads = [float("-inf") if event["lead"] is None else event["lead"] for event in one["leads"]]
    return float(np.quantile(leads, share, method="lower"))


def _scale(least: float, most: float, first: float, last: float) -> Callable[[float], float]:
    return lambda value: first + (value - least) / (most - least) * (last - first)


def _round_up(value: float) -> float:
    """Return a round number that is as large at least.

    Examples
    --------
    >>> _round_up(0.163), _round_up(0.0)
    (0.2, 0.1)
    """
    return next((one for one in (0.1, 0.2, 0.4, 0.8, 1.0, 2.0, 4.0) if one >= value), float(np.ceil(value)))


def _axis(x: Callable[[float], float], ticks: Iterable[float], text: Callable[[float], str]) -> list[str]:
    ticks = list(ticks)
    parts = [_line(x(ticks[0]), LOW, x(ticks[-1]), LOW, "#9aa3ad")]
    for tick in ticks:
        parts.append(_line(x(tick), LOW, x(tick), LOW + 4, "#9aa3ad"))
        parts.append(_text(x(tick), LOW + 18, text(tick), anchor="middle"))
    return parts


def _side(y: Callable[[float], float], left: float, right: float) -> list[str]:
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(left, y(tick), right, y(tick), "#e3e7eb"))
        parts.append(_text(left - 6, y(tick) + 4, f"{tick:.0%}", anchor="end"))
    return parts


def _head(left: float, text: str) -> str:
    return _text(left - 30, TOP - 16, text, weight=600)


def _bar(low: float, high: float, y: float, tone: str) -> str:
    size = f'width="{max(1.0, high - low):.1f}" height="10"'
    return f'<rect x="{low:.1f}" y="{y - 5:.1f}" {size} fill="{tone}" fill-opacity="0.3"/>'


def _line(x1: float, y1: float, x2: float, y2: float, tone: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{tone}"{dashed}/>'


def _text(x: float, y: float, text: str, **style: str | int) -> str:
    names = {"anchor": "text-anchor", "fill": "fill", "size": "font-size", "weight": "font-weight"}
    styled = "".join(f' {names[name]}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{styled}>{escape(text)}</text>'
