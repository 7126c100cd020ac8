"""Pages of attribution: what a change is put down to, channel by channel, at earlier dates, and cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qipan.interfaces.report.labour import CHANNELS, PARTS, VERDICTS, change_text
from qipan.interfaces.report.labour_pages import cell_name
from qipan.interfaces.report.numbers import NOTHING
from qipan.interfaces.report.table import Head, Row, Table, row
from qipan.interfaces.report.words import Words

CELLS_MOST: Final = 200
"""How many cells the page lists; REST and the command line have all."""


def channel_name(channel: str, said: Words) -> str:
    """Return what a kind of machine is called."""
    return CHANNELS[channel][said.lang == "zh"] if channel in CHANNELS else channel


def verdict_text(one: Mapping[str, Any], said: Words) -> str:
    """Return what is said of a channel."""
    return VERDICTS[one["reason"] or one["verdict"]][said.lang == "zh"]


def verdicts(told: Mapping[str, Any], said: Words) -> list[dict[str, str]]:
    """Return a card for each channel: what is said of it, its effect, and how often earlier dates said as much."""
    return [
        {
            "channel": channel_name(one["channel"], said),
            "verdict": verdict_text(one, said),
            "effect": change_text(one["effect"], told),
            "interval": _interval(one["interval"], told),
            "placebo": said.say(
                "told at %(count)s of %(all)s earlier dates", count=one["pseudo_dates_told"], all=one["pseudo_dates"]
            ),
        }
        for one in told["channels"]
    ]


def placebo(told: Mapping[str, Any], said: Words) -> tuple[dict[str, Any], Table]:
    """Return effects at earlier dates, at which nothing is known to have happened, beside that of the day."""
    channels = told["channels"]
    dates = [str(one["date"]) for one in channels[0]["placebo"]]
    names = [channel_name(one["channel"], said) for one in channels]
    series = [
        {"name": name, "values": [_drawn(date["effect"], told) for date in (*one["placebo"], one)]}
        for name, one in zip(names, channels, strict=True)
    ]
    chart = {"kind": "bars", "unit": _unit(told), "names": [*dates, str(told["since"])], "series": series}
    heads = (Head(said.say("Date"), is_number=False), *(Head(name) for name in names))
    rows = [row(date, *(_marked(one["placebo"][at], told, said) for one in channels)) for at, date in enumerate(dates)]
    day = row(
        f"{told['since']}, {said.say('the day')}", *(change_text(one["effect"], told) for one in channels), is_own=True
    )
    return chart, Table(said.say("Effect of full exposure, by date"), heads, (*rows, day))


def parts(
    one: Mapping[str, Any], told: Mapping[str, Any], names: Mapping[str, str], said: Words
) -> tuple[dict[str, Any], Table]:
    """Return the parts of the change of one cell as a picture, and the same numbers."""
    named = [(channel_name(name, said), value) for name, value in one["by_channel"].items()]
    named += [(PARTS[name][said.lang == "zh"], one[name]) for name in PARTS if name != "machines"]
    chart = {
        "kind": "bars",
        "unit": _unit(told),
        "names": [name for name, _ in named],
        "series": [{"name": cell_name(one["about"], names), "values": [_drawn(value, told) for _, value in named]}],
    }
    heads = (Head(said.say("Part"), is_number=False), Head(said.say("Change")), Head(said.say("90 % between")))
    machines = [
        row(said.say("All machines"), _part(one["machines"], told), _interval(one["machines_interval"], told, _part)),
        row(said.say("Change beyond the usual"), change_text(one["change"], told), NOTHING, is_own=True),
    ]
    rows = (*(row(name, _part(value, told), NOTHING) for name, value in named), *machines)
    return chart, Table(cell_name(one["about"], names), heads, rows)


def cells(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Table:
    """Return all parts of each cell, those that machines took most from first."""
    channels = [one["channel"] for one in told["channels"]]
    heads = (
        Head(said.say("Cell"), is_number=False),
        Head(said.say("Change beyond the usual")),
        *(Head(channel_name(one, said)) for one in channels),
        *(Head(PARTS[name][said.lang == "zh"]) for name in PARTS if name != "machines"),
    )
    rows = tuple(_cell(one, channels, told, names) for one in by_machines(told)[:CELLS_MOST])
    return Table(said.say("Cells, those that machines took most from first"), heads, rows)


def by_machines(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return cells, those that machines took most from first."""
    return sorted(told["parts"], key=lambda one: (one["machines"], one["cell"]))


def _cell(one: Mapping[str, Any], channels: list[str], told: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    values = [*(one["by_channel"][name] for name in channels), *(one[name] for name in PARTS if name != "machines")]
    return row(
        cell_name(one["about"], names), change_text(one["change"], told), *(_part(value, told) for value in values)
    )


def _part(value: float, told: Mapping[str, Any]) -> str:
    """Return a part; parts of shares are logarithms, hundredths of which are near per cent and add up."""
    return f"{100.0 * value:+.1f}" if told["is_share"] else f"{value:+,.4g}"


def _drawn(value: float, told: Mapping[str, Any]) -> float:
    return round(100.0 * value, 3) if told["is_share"] else value


def _unit(told: Mapping[str, Any]) -> str:
    return "%" if told["is_share"] else str(told["unit"])


def _interval(ends: list[float], told: Mapping[str, Any], say: Any = change_text) -> str:
    return f"{say(ends[0], told)} … {say(ends[1], told)}"


def _marked(one: Mapping[str, Any], told: Mapping[str, Any], said: Words) -> str:
    effect = change_text(one["effect"], told)
    return said.say("%(effect)s, told", effect=effect) if one["is_told"] else effect
