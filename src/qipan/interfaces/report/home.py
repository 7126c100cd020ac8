"""What is carried home in words: tables by region, and what was assumed, for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from qipan.interfaces.report import errors
from qipan.interfaces.report.labour import GRADES, horizon_text, is_seen
from qipan.interfaces.report.numbers import NOTHING, grouped, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words, mark
from qipan.kernel.errors import Finding

if TYPE_CHECKING:
    from qipan.access.model import Scope

ASSUMED: Final = {
    "within_warning_all_origins_lose_alike": mark(
        "Within a warning people of every origin lose the same share, whatever it turns out to be."
    ),
    "between_warnings_together_or_apart": mark(
        "Between warnings two answers are given: the interval if all losses come together, and, apart, if each comes "
        "without regard to the others."
    ),
    "occupations_alike_for_all_origins": mark(
        "People of every origin have the occupations of the industry they work in."
    ),
    "support_by_stated_figures": mark(
        "What support takes is modelled from figures that are assumed; replace them by yours."
    ),
}
"""What is assumed, by the keys of `tell_home`."""
OTHERS: Final = mark("told together, since of one alone too few are affected")
TITLES: Final = {
    "grade": mark("By grade"),
    "occupation": mark("By occupation"),
    "destination": mark("By where the jobs are lost"),
}


def seen_home(told: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return what is carried home to the regions that a scope holds; sums over others only to that of the country."""
    if scope.is_country:
        return dict(told)
    rows = {
        name: table and {**table, "rows": [one for one in table["rows"] if _may(one["region"], scope)], "all": None}
        for name, table in told["tables"].items()
    }
    hidden = dict.fromkeys(("lost", "carried_home", "stays", "uncovered", "withheld"))
    seen = {
        part: [one for one in told[part] if is_seen(one["region"], scope)]
        for part in ("homes", "warnings", "uncounted")
    }
    return {**told, **hidden, **seen, "tables": rows}


def summary(told: Mapping[str, Any], said: Words) -> str:
    """Return in a sentence or two what was lost and where it went."""
    if told["lost"] is None:
        return said.say(
            "Losses foretold %(when)s as of %(day)s.", when=horizon_text(told, said.lang), day=told["as_of"]
        )
    first = said.say(
        "Losses foretold %(when)s as of %(day)s: %(people)s people, %(low)s to %(high)s.",
        when=horizon_text(told, said.lang),
        day=told["as_of"],
        **_ends(told["lost"]),
    )
    parts = [told["carried_home"], told["stays"], told["uncovered"]]
    if None in parts:
        return first
    away, stays, uncovered = (grouped(one["expected"]) for one in parts)
    return f"{first} " + said.say(
        "Of them %(away)s come from elsewhere, %(stays)s are at home there, of %(uncovered)s nothing says where from.",
        away=away,
        stays=stays,
        uncovered=uncovered,
    )


def homes_table(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Table:
    """Return people and needs by the region that they come from."""
    heads = (
        Head(said.say("Home region"), is_number=False),
        Head(said.say("People")),
        Head(said.say("80 %, together")),
        Head(said.say("80 %, apart")),
        Head(said.say("Any comes true")),
        Head(said.say("Places")),
        Head(said.say("For training"), said.say("yuan")),
        Head(said.say("For support"), said.say("yuan")),
    )
    rows = [_home_row(one, names) for one in told["homes"]]
    if told["withheld"]:
        rows.append(_others(told["withheld"], names, said))
    return Table(said.say("By home region (modelled)"), heads, tuple(rows), empty=said.say("Nobody is carried home."))


def part_table(told: Mapping[str, Any], part: str, names: Mapping[str, str], said: Words) -> Table | None:
    """Return people by home region and grade, occupation or destination; nothing where nothing is known of it."""
    found = told["tables"][part]
    if found is None or (part == "occupation" and found["columns"] == [""]):
        return None
    titles = [_column(name, part, names, said) for name in found["columns"]]
    rows = [
        row(
            names.get(one["region"], one["region"]) if one["region"] else said.say(OTHERS),
            *(_number(value, said) for value in one["people"]),
        )
        for one in found["rows"]
    ]
    if found["all"]:
        rows.append(row(said.say("All"), *(_number(value, said) for value in found["all"])))
    heads = (Head(said.say("Home region"), is_number=False), *(Head(title) for title in titles))
    return Table(said.say(TITLES[part]), heads, tuple(rows))


def uncounted(told: Mapping[str, Any], said: Words) -> list[str]:
    """Return why warnings, or parts of them, could not be carried."""
    return [errors.finding(Finding(0, "", one["code"], one["message"]), said.lang).text for one in told["uncounted"]]


def home_map(told: Mapping[str, Any], said: Words) -> dict[str, Any] | None:
    """Return the map of home regions by expected people; nothing where there is none."""
    counts = {one["region"]: one["people"]["expected"] for one in told["homes"]}
    if not counts:
        return None
    words = {"demand": said.say("People"), "no_data": said.say("none, or too few to tell")}
    return {
        "kind": "map",
        "lang": said.lang,
        "unit": said.say("people"),
        "demand": counts,
        "sites": [],
        "origins": [],
        "flows": [],
        "words": {**words, "capacity": "", "used": "", "work": ""},
    }


def _home_row(one: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    needs, any_true = one["needs"]["expected"], one["any_comes_true"]
    return row(
        Cell(names.get(one["region"], one["region"])),
        grouped(one["people"]["expected"]),
        _interval(one["people"]),
        _interval(one["apart"]),
        _chance(any_true),
        grouped(needs["training_places"]),
        yuan(needs["training_fen"]),
        yuan(needs["benefit_fen"]),
    )


def _others(one: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Row:
    listed = ", ".join(names.get(region, region) for region in one["regions"])
    name = Cell(listed, note=said.say(OTHERS))
    if one["people"] is None:
        return row(name, *[NOTHING] * 7)
    needs = one["needs"]["expected"]
    return row(
        name,
        grouped(one["people"]["expected"]),
        _interval(one["people"]),
        NOTHING,
        NOTHING,
        grouped(needs["training_places"]),
        yuan(needs["training_fen"]),
        yuan(needs["benefit_fen"]),
    )


def _chance(any_true: Mapping[str, float]) -> str:
    least, most = percent(any_true["least"], 0), percent(any_true["most"], 0)
    return least if least == most else f"{least}–{most}"


def _interval(ends: Mapping[str, float]) -> str:
    return f"{grouped(ends['low'])}–{grouped(ends['high'])}"


def _ends(people: Mapping[str, float]) -> dict[str, str]:
    return {"people": grouped(people["expected"]), "low": grouped(people["low"]), "high": grouped(people["high"])}


def _column(name: str, part: str, names: Mapping[str, str], said: Words) -> str:
    if part == "grade":
        return GRADES[name][said.lang == "zh"]
    if part == "destination":
        return names.get(name, name)
    return name or said.say("not known")


def _number(value: float | None, said: Words) -> str:
    return said.say("withheld") if value is None else grouped(value)


def _may(region: str | None, scope: Scope) -> bool:
    return region is not None and is_seen(region, scope)
