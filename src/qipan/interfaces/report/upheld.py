"""Whether every tier is served no worse than by another rule: the table, and the sentence above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qipan.interfaces.report import labels
from qipan.interfaces.report.day import unit_hours
from qipan.interfaces.report.labels import label
from qipan.interfaces.report.numbers import grouped, yuan
from qipan.interfaces.report.table import Cell, Head, Row, Table, row
from qipan.interfaces.report.words import Words

Told = Mapping[str, Any]
"""The fields of `qipan.dispatch.model.upheld.Upheld`."""


def sentence(told: Told, words: Words) -> str:
    """Say in one sentence whether it is kept, and what that costs."""
    rule = label(labels.NO_WORSE_THAN, told["no_worse_than"], words)
    cost = yuan(told["cost_fen"] - told["free_fen"])
    if not told["is_kept"]:
        broken = dict.fromkeys(label(labels.TIER, tier["tier"], words) for tier in told["tiers"] if not tier["is_kept"])
        return words.say(
            "Not kept: more is left unserved than by %(rule)s of %(tiers)s; this plan is the nearest that was found.",
            rule=rule,
            tiers=words.say(", ").join(broken),
        )
    if told["is_known"]:
        return words.say(
            "No tier is served worse than by %(rule)s: the placement of a simple rule, with jobs moved where that "
            "costs less; against the plan without this promise the cost changes by %(cost)s yuan.",
            rule=rule,
            cost=cost,
        )
    if not told["rounds"]:
        return words.say("No tier is served worse than by %(rule)s: the plan keeps this by itself.", rule=rule)
    return words.say(
        "No tier is served worse than by %(rule)s; against the plan without this promise the cost changes by %(cost)s "
        "yuan.",
        rule=rule,
        cost=cost,
    )


def of_bound(words: Words) -> str:
    """Say of what the bound of a plan with a promise is."""
    return words.say(
        "Bound and linear programme are those of the day without the promise: the gaps hold what the promise "
        "costs, too."
    )


def upheld(document: Mapping[str, Any], words: Words) -> Table:
    """Return what is left of each tier by the rule, without the promise and with it."""
    told: Told | None = document.get("upheld")
    unit = unit_hours(document, words)
    rule = label(labels.NO_WORSE_THAN, told["no_worse_than"], words) if told else ""
    return Table(
        words.say("Unserved work by tier"),
        (
            Head(words.say("Tier"), is_number=False),
            Head(rule, unit),
            Head(words.say("Without the promise"), unit),
            Head(words.say("With it"), unit),
            Head(words.say("Value of a lost hour"), words.say("yuan")),
            Head(words.say("Kept"), is_number=False),
        ),
        _rows(told["tiers"], words) if told else (),
        words.say("No promise was asked for."),
    )


def _rows(tiers: Sequence[Told], words: Words) -> tuple[Row, ...]:
    is_mixed = len({tier["kind"] for tier in tiers}) > 1
    return tuple(_row(tier, words, is_mixed=is_mixed) for tier in tiers)


def _row(tier: Told, words: Words, *, is_mixed: bool) -> Row:
    return row(
        Cell(label(labels.TIER, tier["tier"], words), note=label(labels.KIND, tier["kind"], words) if is_mixed else ""),
        *(grouped(tier[f"{part}_unit_h"], 1) for part in ("cap", "free", "unserved")),
        yuan(tier["worth_fen_per_unit_h"], 2),
        words.say("yes") if tier["is_kept"] else words.say("no"),
    )
