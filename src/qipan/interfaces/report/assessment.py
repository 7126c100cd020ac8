"""The assessment of people whose jobs are at risk, as a letter: what it tells, in parts, whatever it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from qipan.interfaces.report.labour_bulletin import Document, Part
from qipan.interfaces.report.numbers import NOTHING, grouped, percent, yuan
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.words import Words

TOLD: Final = 8
"""Rows of a table at most, so that it all fits on a sheet or two."""
LACKING: Final = 3
"""Skills that are named of those lacking for an occupation."""


def document(told: Mapping[str, Any], region: str, said: Words, made: datetime) -> Document:
    """Return an assessment in a language.

    Parameters
    ----------
    told
        As `tell_assessment` has it.
    region
        What the region is called.
    """
    title = said.say("Assessment: %(occupation)s, %(region)s", occupation=told["name"], region=region)
    lead = said.say("Modelled. It speaks of an occupation as a whole and decides nothing about a person.")
    parts = (_who(told, said), _tasks(told, said), _carried(told, said), _reach(told, said), _rests(told, said))
    return Document(title, lead, parts, made)


def _who(told: Mapping[str, Any], said: Words) -> Part:
    between = said.say(
        "Of %(persons)s persons, %(low)s to %(high)s may lose their jobs.",
        persons=grouped(told["persons"]),
        low=grouped(told["persons_low"]),
        high=grouped(told["persons_high"]),
    )
    notes = [between]
    if told["persons_expected"] is not None:
        notes.append(
            said.say(
                "%(expected)s are expected, %(share)s.",
                expected=grouped(told["persons_expected"]),
                share=percent(told["loss_expected"]),
            )
        )
    if told["probability"] is not None and told["event"] is not None:
        notes.append(
            said.say(
                "A fall of at least %(fall)s within the horizon of the warning has a probability of %(share)s.",
                fall=percent(told["event"], 0),
                share=percent(told["probability"], 0),
            )
        )
        notes.append(
            said.say("In four of five like cases the loss lies between these ends, whether it falls so far or not.")
        )
    return Part(said.say("Who is affected"), tuple(notes), ())


def _tasks(told: Mapping[str, Any], said: Words) -> Part:
    rows = tuple(row(one["text"], _share(one["importance"]), _share(one["exposure"])) for one in told["tasks"][:TOLD])
    heads = (Head(said.say("Task"), is_number=False), Head(said.say("Importance")), Head(said.say("Exposure")))
    table = Table(said.say("Tasks, the most exposed first"), heads, rows, empty=said.say("No task is known."))
    notes = []
    if told["exposed_low"] is not None:
        notes.append(
            said.say(
                "%(low)s to %(high)s of what is done is exposed to machines; the unknown counts as nothing and as all.",
                low=percent(told["exposed_low"], 0),
                high=percent(told["exposed_high"], 0),
            )
        )
    if len(told["tasks"]) > TOLD:
        notes.append(said.say("The first %(count)s are named.", count=TOLD))
    return Part(said.say("Which tasks"), tuple(notes), (table,))


def _carried(told: Mapping[str, Any], said: Words) -> Part:
    many = len(told["transitions"])
    rows = tuple(
        row(one["name"], _share(one["level"]), _count(one["needed"]), _count(one["suffices"]))
        for one in told["carried"][:TOLD]
    )
    heads = (
        Head(said.say("Skill"), is_number=False),
        Head(said.say("Level mastered")),
        Head(said.say("Needed in")),
        Head(said.say("Suffices in")),
    )
    note = said.say("Occupations within reach, named below: %(count)s.", count=many)
    table = Table(said.say("Skills that carry"), heads, rows, empty=said.say("No skill carries."))
    return Part(said.say("Which skills still carry"), (note,), (table,))


def _reach(told: Mapping[str, Any], said: Words) -> Part:
    heads = (
        Head(said.say("Occupation"), is_number=False),
        Head(said.say("Similarity")),
        Head(said.say("Skill gap")),
        Head(said.say("Lacking most"), is_number=False),
        Head(said.say("Monthly wage"), unit=said.say("yuan")),
        Head(said.say("Wage change")),
        Head(said.say("Change of demand")),
    )
    rows = tuple(
        row(
            one["name"],
            _share(one["similarity"]),
            _share(one["gap"]),
            said.say(", ").join(held["name"] for held in one["lacking"][:LACKING]) or NOTHING,
            yuan(one["wage_fen_per_month"]),
            _change(one["wage_change"]),
            demand(one, said),
        )
        for one in told["transitions"]
    )
    table = Table(said.say("Occupations within reach"), heads, rows, empty=said.say("None is within reach."))
    return Part(said.say("Where the way may lead"), (), (table,))


def _rests(told: Mapping[str, Any], said: Words) -> Part:
    notes = [
        said.say(
            "Similarity is the cosine of how much each skill is used; the gap is what is lacking of what is needed."
        ),
        said.say("Skills are those of a typical worker. What you can do is for you and your adviser to say."),
    ]
    if told["source"]:
        notes.append(said.say("The loss: %(source)s.", source=told["source"]))
    if told["levels_assumed"]:
        notes.append(said.say("Assumed: the source of skills states no levels; every skill counts as fully mastered."))
    return Part(said.say("What it rests on"), tuple(notes), ())


def demand(one: Mapping[str, Any], said: Words) -> str:
    """Return by how much demand is expected to change, and between which ends."""
    middle, low, high = one["demand"], one["demand_low"], one["demand_high"]
    if low is None or high is None:
        return _change(middle).text
    ends = said.say("%(low)s to %(high)s", low=_change(low).text, high=_change(high).text)
    return ends if middle is None else f"{_change(middle).text} ({ends})"


def _share(value: float | None) -> Cell:
    return Cell(percent(value, 0), value=value)


def _change(value: float | None) -> Cell:
    return Cell(NOTHING if value is None else f"{value:+.0%}", value=value)


def _count(value: int) -> Cell:
    return Cell(grouped(value), value=value)
