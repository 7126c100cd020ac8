"""What runs on something else than it asks for, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.day import Document
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped
from qipan.interfaces.report.table import Head, Table, row
from qipan.interfaces.report.words import Words


def substitutes(document: Document, words: Words) -> Table | None:
    """Return what ran on substitutes; None where all runs on what it asks for."""
    rows = [
        row(
            product(one["kind"], one["card_model"], words),
            product(one["by_kind"], one["by_card_model"], words),
            grouped(one["jobs"]),
            grouped(one["asked_unit_h"], 1),
            grouped(one["held_unit_h"], 1),
        )
        for one in document.get("substituted", ())
    ]
    heads = (
        Head(words.say("Asked for"), is_number=False),
        Head(words.say("Runs on"), is_number=False),
        Head(words.say("Jobs")),
        Head(words.say("Asked for"), words.say("unit-hours")),
        Head(words.say("Held"), words.say("unit-hours")),
    )
    return Table(words.say("Work on substitutes"), heads, tuple(rows)) if rows else None


def told_of_tables(document: Document, words: Words) -> tuple[str, ...]:
    """Say what the tables of substitutes and links did, a sentence for each that was given."""
    said = []
    rows, links = document.get("substitutes_given"), document.get("links_given")
    if rows:
        said.append(
            words.say(
                "Table of substitutes %(file)s: %(rows)s rows; jobs of the day ask for what %(asked)s of them replace, "
                "the sites have what %(held)s of these replace it by, and jobs run by %(used)s.",
                file=rows["file"],
                **{name: grouped(rows[name]) for name in ("rows", "asked", "held", "used")},
            )
        )
    if links:
        said.append(
            words.say(
                "Table of links %(file)s: %(rows)s links, %(limited)s with a limit; of these the plan moves data over "
                "%(carrying)s, and %(full)s are full in some slot.",
                file=links["file"],
                **{name: grouped(links[name]) for name in ("rows", "limited", "carrying", "full")},
            )
        )
    return tuple(said)


def product(kind: str, card_model: str, words: Words) -> str:
    """Return what a kind and card model are called."""
    return f"{label(labels.KIND, kind, words)} {card_model}".strip()


def quantity(job: Mapping[str, Any], words: Words) -> str:
    """Return how many units a job asks for, and what it holds instead if it runs on a substitute."""
    asked = f"{job['quantity']:g}"
    if not job["on_substitute"]:
        return asked
    held = f"{job['held_units']:g} {product(job['placed_kind'], job['placed_model'], words)}"
    return words.say("%(asked)s, by %(held)s", asked=asked, held=held)
