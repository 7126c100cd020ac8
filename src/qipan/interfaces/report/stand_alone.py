"""What each region gains from the common board: the table, and the sentence above it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from qipan.interfaces.report import kinds, labels
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words

Regions = Sequence[Mapping[str, Any]]
"""Rows with the fields of `qipan.dispatch.model.stand_alone.StandAlone`."""


def sentence(rows: Regions, words: Words) -> str:
    """Say in one sentence who is better off on the common board, and whose service would have been better alone."""
    worse_off = [one for one in rows if gain_fen(one) < -1.0]
    less_served = [one for one in rows if one["worse_tiers"]]
    return words.say(
        "At the common prices %(better)s of %(regions)s regions pay no more than they would alone, and together"
        " %(gain)s yuan less; %(less)s would have served some tier of their own work better alone.",
        better=len(rows) - len(worse_off),
        regions=len(rows),
        gain=yuan(math.fsum(gain_fen(one) for one in rows)),
        less=len(less_served),
    )


def gain_fen(one: Mapping[str, Any]) -> float:
    """Return what a region gains from the common board."""
    return float(one["alone_fen"] - one["net_fen"])


def worse_tiers(one: Mapping[str, Any], words: Words) -> str:
    """Return the tiers that the region would have served better alone."""
    return words.say(", ").join(label(labels.TIER, tier, words) for tier in one["worse_tiers"])


def kinds_of(rows: Regions) -> tuple[str, ...]:
    """Return the kinds of all regions' work."""
    return kinds.in_order(kind for one in rows for kind in one["asked_unit_h"])


def amounts(one: Mapping[str, Any], of_rows: tuple[str, ...], words: Words) -> tuple[str, ...]:
    """Return what a region asks for, what of it is unserved, and what would be alone."""
    fields = ("asked_unit_h", "unserved_unit_h", "alone_unserved_unit_h")
    return tuple(kinds.amount(kinds.by_kind(one[field]), of_rows, words) for field in fields)


def stand_alone(document: Mapping[str, Any], words: Words) -> Table:
    """Return the regions of a day, the largest gain first."""
    return table_of(document.get("stand_alone", ()), words)


def table_of(rows: Regions, words: Words) -> Table:
    """Return regions, the largest gain first."""
    of_rows = kinds_of(rows)
    unit = kinds.unit_hours(of_rows[0] if len(of_rows) == 1 else "", words)
    ordered = sorted(rows, key=lambda one: (-gain_fen(one), one["region_id"]))
    heads = (
        Head(words.say("Region"), is_number=False),
        Head(words.say("Asked for"), unit),
        Head(words.say("Unserved"), unit),
        Head(words.say("Unserved alone"), unit),
        Head(words.say("Net cost on the board"), words.say("yuan")),
        Head(words.say("Costs alone"), words.say("yuan")),
        Head(words.say("Gains"), words.say("yuan")),
    )
    return Table(
        words.say("What each region has on the common board and would have alone"),
        heads,
        tuple(_row(one, of_rows, words) for one in ordered),
        words.say("No work."),
    )


def _row(one: Mapping[str, Any], of_rows: tuple[str, ...], words: Words) -> Row:
    worse = worse_tiers(one, words)
    return row(
        Cell(words.name(one), note=words.say("Better served alone: %(tiers)s", tiers=worse) if worse else ""),
        *amounts(one, of_rows, words),
        yuan(one["net_fen"]),
        yuan(one["alone_fen"]),
        yuan(gain_fen(one)),
    )
