"""Work by kind, in words: unit-hours of two kinds are never added, and each amount stands with its unit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.numbers import grouped
from qipan.interfaces.report.words import Words

Work = Mapping[str, float]
"""Unit-hours by kind."""


def in_order(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return the known kinds among some, each once, in the order of all kinds.

    Examples
    --------
    >>> in_order(["general", "intelligent", "general", ""])
    ('intelligent', 'general')
    """
    among = set(kinds)
    return tuple(kind for kind in labels.UNIT_HOURS if kind in among)


def of_day(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of a day's work and of its sites' figures."""
    rows = (*document.get("origins", ()), *document.get("tiers", ()))
    return in_order([*(row.get("kind", "") for row in rows), *map(of_site, document.get("sites", ()))])


def drawn(document: Mapping[str, Any]) -> str:
    """Return the kind that map and charts of a day draw: the one with the most jobs."""
    jobs = dict.fromkeys(of_day(document), 0)
    for row in document["tiers"]:
        if row.get("kind", "") in jobs:
            jobs[row["kind"]] += row["jobs"]
    return max(jobs, key=lambda kind: jobs[kind], default="")


def is_of(row: Mapping[str, Any], kind: str) -> bool:
    """Tell whether a row is of a kind; days kept before kinds were told apart have rows of any."""
    return bool(row.get("kind", kind) == kind)


def of_site(site: Mapping[str, Any]) -> str:
    """Return the kind that a site's figures are of."""
    return re.split(r"\W", str(site["product"]), maxsplit=1)[0]


def product(site: Mapping[str, Any], words: Words) -> str:
    """Return the kind and model that a site's figures are of, the kind by its name.

    Examples
    --------
    >>> from qipan.interfaces.report.words import words
    >>> product({"product": "intelligent A100"}, words("zh"))
    '智能算力 A100'
    """
    kind = of_site(site)
    return labels.label(labels.KIND, kind, words) + str(site["product"])[len(kind) :]


def unit_hours(kind: str, words: Words) -> str:
    """Return what the unit-hours of a kind are called, for example card-hours; just so for no kind in particular."""
    return words.say(labels.UNIT_HOURS[kind]) if kind in labels.UNIT_HOURS else words.say("unit-hours")


def by_kind(work: float | Mapping[str, float | Mapping[str, float]]) -> Work:
    """Return work by kind, its tiers added up; days kept before kinds were told apart have one number.

    Examples
    --------
    >>> by_kind({"general": {"batch": 2.0, "offline": 1.0}}), by_kind(3.0)
    ({'general': 3.0}, {'': 3.0})
    """
    if not isinstance(work, Mapping):
        return {"": work}
    return {kind: math.fsum(of.values()) if isinstance(of, Mapping) else of for kind, of in work.items()}


def amount(work: Work, kinds: tuple[str, ...], words: Words, digits: int = 0) -> str:
    """Return work as a table shows it: the figure alone where all of the table is of one kind, else with its units."""
    if len(kinds) <= 1:
        return grouped(math.fsum(work.values()), digits)
    return with_units(work, words, digits)


def with_units(work: Work, words: Words, digits: int = 0) -> str:
    """Return work of each kind with its unit."""
    return words.say(", ").join(f"{grouped(of, digits)} {unit_hours(kind, words)}" for kind, of in work.items()) or "0"
