"""Which work of the east the west should take: the table, and the sentence above it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qipan.interfaces.report import labels
from qipan.interfaces.report.day import unit_hours
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words, mark

Volumes = Sequence[Mapping[str, Any]]
"""Rows with the fields of `qipan.dispatch.model.volume.Volume`."""

LIMITS: Final = {
    mark("Data may not leave"): ("data_may_not_leave",),
    mark("Too far"): ("too_far",),
    mark("No such resource"): ("no_such_resource", "no_power", "too_large"),
    mark("Window too short"): ("window_too_short",),
}
"""What excludes work from the west, as columns of reasons."""

WHY_NOT: Final = {
    "no_such_resource": mark("no western site has its kind and model of resource"),
    "no_power": mark("the western sites that have it are without power"),
    "data_may_not_leave": mark("its data may not go west"),
    "too_far": mark("every western site is too far"),
    "too_large": mark("it is larger than every western site it may use"),
    "window_too_short": mark("its window is shorter than its duration"),
}
"""What excludes work from the west, in words."""

FIELDS: Final = ("moved_unit_h", "room_unit_h", "nearness_unit_h", "price_unit_h", "eligible_unit_h")
"""What became of the work, from the one that went to the one that might."""


def sentence(rows: Volumes, words: Words) -> str:
    """Say in one sentence how much the west should take and how much it takes, kind by kind."""
    told = []
    for kind in dict.fromkeys(one["kind"] for one in rows):
        of_kind = [one for one in rows if one["kind"] == kind]
        asked, moved, standard = (_sum(of_kind, f"{field}_unit_h") for field in ("asked", "moved", "standard"))
        told.append(
            words.say(
                "Of %(asked)s %(unit)s that the east asks for, the west should take %(standard)s and takes %(moved)s.",
                asked=grouped(asked),
                unit=words.say(labels.UNIT_HOURS[kind]),
                standard=grouped(standard),
                moved=grouped(moved),
            )
        )
    return " ".join(told) or words.say("No work comes from the east.")


def name_of(one: Mapping[str, Any], words: Words, *, with_kind: bool) -> str:
    """Return what stands under the workload of a row: tier, where its data may go, and its kind if asked."""
    parts = [label(labels.TIER, one["tier"], words), label(labels.DATA_CLASS, one["data_class"], words)]
    return " · ".join([*parts, label(labels.KIND, one["kind"], words)] if with_kind else parts)


def excluded(one: Mapping[str, Any]) -> float:
    """Return how much of a row no western site may run."""
    return math.fsum(one["excluded_unit_h"].values())


def volumes(document: Mapping[str, Any], words: Words) -> Table:
    """Return the volumes by workload, tier and data class, the largest standard first."""
    rows: Volumes = document.get("volumes", ())
    with_kind = len({one["kind"] for one in rows}) > 1
    ordered = sorted(rows, key=lambda one: (-one["standard_unit_h"], -one["asked_unit_h"]))
    shown = [_row(one, words, with_kind=with_kind) for one in ordered]
    heads = (
        Head(words.say("Workload"), is_number=False),
        Head(words.say("Asked for"), unit_hours(document, words)),
        Head(words.say("Should go west")),
        Head(words.say("Moved west")),
        Head(words.say("Stays: no room")),
        Head(words.say("Stays: nearness")),
        Head(words.say("Stays: price")),
        Head(words.say("Eligible")),
        *(Head(words.say(title)) for title in LIMITS),
    )
    return Table(words.say("Work of the east that the west should take"), heads, tuple(shown), words.say("No work."))


def _row(one: Mapping[str, Any], words: Words, *, with_kind: bool) -> Row:
    asked, standard = one["asked_unit_h"], one["standard_unit_h"]
    by_limit = (sum(one["excluded_unit_h"].get(code, 0.0) for code in codes) for codes in LIMITS.values())
    return row(
        Cell(label(labels.WORKLOAD, one["workload"], words), note=name_of(one, words, with_kind=with_kind)),
        grouped(asked),
        Cell(grouped(standard), bar=standard / asked if asked else None),
        *(grouped(one[field]) for field in FIELDS),
        *(grouped(amount) for amount in by_limit),
    )


def _sum(rows: Volumes, field: str) -> float:
    return math.fsum(one[field] for one in rows)
