"""Why a job is here and not there, and what made a price: tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from qipan.interfaces.report import labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import NOTHING, clock, grouped, yuan
from qipan.interfaces.report.substitutes import product
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.money import yuan_from_fen
from qipan.kernel.units import S_PER_H

Told = Mapping[str, Any]
"""What `Dispatch.explain_job` or `Dispatch.explain_price` gives."""

SCARCITY: Final = ("capacity", "power", "grid", "link", "reserve")

GROUPS: Final = {
    mark("Energy"): ("energy", "running"),
    mark("Network"): ("network",),
    mark("Nearness"): ("nearness",),
    mark("Carbon"): ("carbon",),
    mark("Scarcity"): SCARCITY,
}
"""Columns of parts."""

PART: Final = {
    "energy": mark("Energy"),
    "running": mark("Running, without energy"),
    "carbon": mark("Carbon"),
    "capacity": mark("Scarce capacity"),
    "power": mark("Scarce power"),
    "grid": mark("Scarce grid"),
    "reserve": mark("Reserve"),
    "rounding": mark("Rounding to the tick"),
}
"""Parts of a price."""

SHOWN_FEN: Final = 0.005
"""Parts of a price below this would be shown as nothing."""

LIMIT: Final = {
    "no_such_resource": mark("has no such kind and model of resource"),
    "no_power": mark("is without power"),
    "data_may_not_leave": mark("its data may not go there"),
    "too_far": mark("is too far for its tier"),
    "too_large": mark("is too small for it"),
    "window_too_short": mark("its window is shorter than its duration"),
}
"""Why a site may not run a job."""


def signed(amount_fen: float | None, digits: int = 2) -> str:
    """Write a difference in yuan with its sign.

    Examples
    --------
    >>> signed(123.0), signed(-50.0), signed(0.0), signed(None)
    ('+1.23', '−0.50', '0.00', '–')
    """
    written = yuan(None if amount_fen is None else abs(amount_fen), digits)
    if amount_fen is None or not any(figure in written for figure in "123456789"):
        return written
    return f"{'−' if amount_fen < 0 else '+'}{written}"


def digits_of(told: Told) -> int:
    """Return how many decimals tell the costs of an explanation apart: four figures, at least two decimals."""
    costs = [one["cost_fen"] for one in (told["chosen"], *told["alternatives"]) if one is not None]
    largest_yuan = yuan_from_fen(max((abs(cost) for cost in costs), default=0.0))
    return min(max(2, 3 - math.floor(math.log10(largest_yuan))), 6) if largest_yuan else 2


def group_fen(parts_fen: Mapping[str, float], codes: tuple[str, ...]) -> float:
    """Add up the parts of a group."""
    return math.fsum(parts_fen.get(code, 0.0) for code in codes)


def options(told: Told, words: Words) -> Table:
    """Return where a job is and the cheapest other sites, with the difference and its parts."""
    rows = [] if told["chosen"] is None else [_option(told["chosen"], told, words, is_own=True)]
    rows += [_option(one, told, words, is_own=False) for one in told["alternatives"]]
    unit = words.say("yuan")
    heads = (
        Head(words.say("Site"), is_number=False),
        Head(words.say("Cost"), unit),
        Head(words.say("Difference"), unit),
        *(Head(words.say(title), unit) for title in GROUPS),
    )
    caption = words.say("Here and the cheapest other sites, at the plan's prices")
    return Table(caption, heads, tuple(rows), words.say("No other site may run it."))


def _option(option: Told, told: Told, words: Words, *, is_own: bool) -> Row:
    start = clock(option["start"], told["zone_name"], told["day"])
    note = words.say("from %(start)s", start=start)
    if option.get("on_substitute"):
        held = f"{option['units']:g} {product(option['kind'], option['card_model'], words)}"
        note = words.say("%(note)s, on %(held)s", note=note, held=held)
    if is_own:
        note = words.say("placed, %(note)s", note=note)
    elif option["is_full"]:
        note = words.say("%(note)s; no room for it then", note=note)
    elif option["difference_fen"] is not None and option["difference_fen"] < -SHOWN_FEN and told["reason"] != "covered":
        note = words.say("%(note)s; cheaper at the plan's prices alone: whole jobs came out otherwise", note=note)
    digits = digits_of(told)
    parts = option["parts_fen"] if option["difference_fen"] is None else option["difference_parts_fen"]
    write = yuan if option["difference_fen"] is None else signed
    return row(
        Cell(words.name(option, "site"), note=note),
        yuan(option["cost_fen"], digits),
        NOTHING if is_own else signed(option["difference_fen"], digits),
        *(write(group_fen(parts, codes), digits) for codes in GROUPS.values()),
        is_own=is_own,
    )


def stretches(told: Told, words: Words) -> Table | None:
    """Return when a job that stops and goes runs; None for any other."""
    if len(told["stretches"]) < 2:
        return None
    zone_name, day = told["zone_name"], told["day"]
    rows = [
        row(clock(one["start"], zone_name, day), clock(one["end"], zone_name, day), grouped(hours_of(one), 2))
        for one in told["stretches"]
    ]
    heads = (
        Head(words.say("Begins"), is_number=False),
        Head(words.say("Ends"), is_number=False),
        Head(words.say("Lasts"), words.say("h")),
    )
    return Table(words.say("When it runs: it stops and goes"), heads, tuple(rows))


def hours_of(stretch: Mapping[str, str]) -> float:
    """Return how long a stretch lasts.

    Examples
    --------
    >>> hours_of({"start": "2017-10-09T14:00:00Z", "end": "2017-10-09T15:30:00Z"})
    1.5
    """
    begins, ends = (datetime.fromisoformat(stretch[name]) for name in ("start", "end"))
    return (ends - begins).total_seconds() / S_PER_H


def excluded(told: Told, words: Words) -> list[tuple[str, str]]:
    """Return the sites that a limit excludes, and which."""
    return [(words.name(one, "site"), label(LIMIT, one["reason"], words)) for one in told["excluded"]]


def job_sentence(told: Told, words: Words) -> str:
    """Say where a job is and what it costs, or why it has no place."""
    why = words.name(told, "why")
    if told["chosen"] is None:
        return why
    placed = words.say(
        "At %(site)s from %(start)s it costs %(cost)s yuan at the plan's prices; others are set against that.",
        site=words.name(told["chosen"], "site"),
        start=clock(told["chosen"]["start"], told["zone_name"], told["day"]),
        cost=yuan(told["chosen"]["cost_fen"], digits_of(told)),
    )
    return f"{why} {placed}".strip()


def price_parts(price: Told, words: Words) -> Table:
    """Return the parts of a price."""
    rows = [
        row(label(PART, code, words), yuan(fen, 4))
        for code, fen in price["parts_fen_per_unit_h"].items()
        if abs(fen) >= SHOWN_FEN or code == "energy"
    ]
    rows.append(row(words.say("LMP"), yuan(price["lmp_fen_per_unit_h"], 4), is_own=True))
    heads = (Head(words.say("Part"), is_number=False), Head(words.say("Price"), words.say("yuan/unit-hour")))
    named = f"{label(labels.KIND, price['kind'], words)} {price['card_model']}".strip()
    return Table(named, heads, tuple(rows))
