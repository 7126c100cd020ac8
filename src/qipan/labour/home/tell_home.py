"""Tell what is carried home as plain values; of few people nothing is told, nor what would tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qipan.labour.home.support import support
from qipan.labour.home.withhold_home import TABLES, Crosstab, withhold_home
from qipan.labour.model.array import Bools, Floats
from qipan.labour.model.home import NOBODY, Carried, Home, People, Support, Told, Uncounted
from qipan.labour.withhold_tables import withhold_parts

PLACES = 1
"""Decimal places of people."""
ASSUMED = (
    "within_warning_all_origins_lose_alike",
    "between_warnings_together_or_apart",
    "occupations_alike_for_all_origins",
    "support_by_stated_figures",
)
"""What is assumed, by keys that doors word."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: from how many people on something is told, and what helps one of them."""

    least: float
    per_person: Support


def tell_home(
    told: Told, carried: Sequence[Carried], homes: Sequence[Home], left: Sequence[Uncounted], question: Question
) -> dict[str, Any]:
    """Return what is carried home, by region, and by grade, occupation and destination; and what was assumed.

    Regions of whom few are affected are told together, as ``withheld``.
    """
    totals = np.array([one.people.expected for one in homes])
    is_withheld = withhold_parts(totals, question.least)
    shown = [one for one, back in zip(homes, is_withheld.tolist(), strict=True) if not back]
    back = [one for one, back in zip(homes, is_withheld.tolist(), strict=True) if back]
    kept = withhold_home(carried, homes, is_withheld, question.least)
    away = _sum(part for one in carried for part in one.away.values())
    return {
        "panel": told.panel,
        "as_of": told.as_of,
        "last_period": told.last_period,
        "horizon": {"first": told.horizon[0], "until": told.horizon[1], "of": told.cadence.value},
        "is_modelled": True,
        "assumed": list(ASSUMED),
        "least_shown": question.least,
        "lost": _people(_sum(one.loss.people for one in carried)),
        "carried_home": _people(away) if kept.is_split else None,
        "stays": _people(_sum(one.stays for one in carried)) if kept.is_split else None,
        "uncovered": _people(_sum(one.uncovered for one in carried)) if kept.is_uncovered_told else None,
        "homes": [_home(one, question) for one in shown],
        "withheld": _withheld(back, question),
        "tables": {name: _table(shown, kept.tables.get(name), has_others=bool(back)) for name in TABLES},
        "warnings": [_warning(one, is_told=is_told) for one, is_told in zip(carried, kept.of_warnings, strict=True)],
        "uncounted": [
            {**_cell(one.cell), "code": one.why.rule, "message": one.why.message} for one in (*told.uncounted, *left)
        ],
    }


def _home(one: Home, question: Question) -> dict[str, Any]:
    return {
        "region": one.region,
        "people": _people(one.people),
        "apart": {"low": round(one.apart_low, PLACES), "high": round(one.apart_high, PLACES)},
        "any_comes_true": {"least": round(one.any_least, 4), "most": round(one.any_most, 4)},
        "warnings": one.warnings,
        "needs": _needs(one.people, question.per_person),
    }


def _withheld(back: Sequence[Home], question: Question) -> dict[str, Any] | None:
    """Return the regions that are told together; their number of people only where it is not small itself."""
    if not back:
        return None
    people = _sum(one.people for one in back)
    is_enough = people.expected >= question.least
    return {
        "regions": sorted(one.region for one in back),
        "people": _people(people) if is_enough else None,
        "needs": _needs(people, question.per_person) if is_enough else None,
    }


def _needs(people: People, per_person: Support) -> dict[str, Any]:
    """Return what is needed for the people expected, and for as many as the high end has."""
    found = {}
    for end in ("expected", "high"):
        needs = support(getattr(people, end), per_person)
        found[end] = {
            "training_places": needs.training_places,
            "training_fen": needs.training_fen,
            "benefit_fen": needs.benefit_fen,
        }
    return found


def _table(shown: Sequence[Home], table: Crosstab | None, *, has_others: bool) -> dict[str, Any] | None:
    """Return expected people by region and category; nothing where there is no region, or no category."""
    if table is None:
        return None
    regions = [*(one.region for one in shown), *([None] if has_others else [])]
    return {
        "columns": list(table.columns),
        "rows": [
            {"region": region, "people": _values(line, hidden)}
            for region, line, hidden in zip(regions, table.values, table.is_withheld, strict=True)
        ],
        "all": _values(table.sums, table.are_withheld),
        "withheld": int(table.is_withheld.sum()),
    }


def _values(line: Floats, hidden: Bools) -> list[float | None]:
    return [
        None if is_hidden else round(value, PLACES)
        for value, is_hidden in zip(line.tolist(), hidden.tolist(), strict=True)
    ]


def _warning(one: Carried, *, is_told: bool) -> dict[str, Any]:
    loss = one.loss
    return {
        **_cell(loss.cell),
        "grade": loss.grade.value,
        "probability": round(loss.probability, 4),
        "base_jobs": None if loss.base_jobs is None else round(loss.base_jobs, PLACES),
        "people": _people(loss.people),
        "uncovered": _people(one.uncovered) if is_told else None,
        "origins_of_industry": one.industry,
        "bridge_of": None if one.bridged_by is None else {"region": one.bridged_by[0], "industry": one.bridged_by[1]},
    }


def _cell(cell: Any) -> Mapping[str, str]:
    return {"region": cell.region, "industry": cell.industry, "occupation": cell.occupation}


def _people(people: People) -> dict[str, float]:
    return {end: round(getattr(people, end), PLACES) for end in ("expected", "low", "high")}


def _sum(parts: Any) -> People:
    found = NOBODY
    for one in parts:
        found += one
    return found
