"""Assess what a loss of jobs means to those who have them: how many, in which tasks, which skills still carry.

Everything is modelled: the loss is foretold, skills are those of a typical worker, and what is done is what the
occupation is said to do. It says nothing of one person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.assessment import Affected, Assessment, Carried
from qipan.talent.model.skills import SkillGraph, Task
from qipan.talent.model.transition import Transition
from qipan.talent.skills.find_transitions import find_transitions


def assess(
    graph: SkillGraph, affected: Affected, *, top: int, similarity_least: float = 0.0, gap_most: float = 1.0
) -> Assessment:
    """Return the assessment of people of an occupation.

    Parameters
    ----------
    top, similarity_least, gap_most
        As in `find_transitions`.

    Raises
    ------
    NotFoundError
        ``occupation_unlisted``.
    RuleBrokenError
        ``loss_unfit``, ``similarity_unfit``.
    """
    ends = (affected.low, affected.low if affected.expected is None else affected.expected, affected.high)
    if not (0.0 <= ends[0] <= ends[1] <= ends[2] <= 1.0 and affected.persons >= 0):
        raise RuleBrokenError(
            "A loss must be shares of jobs from 0 to 1, the lower end first and what is expected between, "
            f"was {ends[0]:g} to {ends[2]:g} of {affected.persons}.",
            code="loss_unfit",
            hint="Write the loss as 0.08:0.15, and how many persons as a whole number.",
        )
    transitions = find_transitions(
        graph, affected.occupation, top=top, similarity_least=similarity_least, gap_most=gap_most
    )
    tasks = graph.tasks_of(affected.occupation)
    low, high = _exposed(tasks)
    return Assessment(
        affected, tuple(sorted(tasks, key=_weight)), low, high, _carried(graph, affected.occupation, transitions),
        transitions,
    )  # fmt: skip


def _weight(task: Task) -> tuple[bool, float, str]:
    unknown = math.isnan(task.exposure)
    return unknown, -task.importance * (1.0 if unknown else task.exposure), task.task_id


def _exposed(tasks: Sequence[Task]) -> tuple[float | None, float | None]:
    total = math.fsum(one.importance for one in tasks)
    if total <= 0.0:
        return None, None
    known = math.fsum(one.importance * one.exposure for one in tasks if not math.isnan(one.exposure))
    unknown = math.fsum(one.importance for one in tasks if math.isnan(one.exposure))
    return known / total, min(1.0, (known + unknown) / total)


def _carried(graph: SkillGraph, occupation: str, transitions: Sequence[Transition]) -> tuple[Carried, ...]:
    many, until = len(graph.occupations), len(graph.occupations) + len(graph.skills)
    needed: dict[str, int] = {}
    suffices: dict[str, int] = {}
    for one in transitions:
        for held in one.skills:
            needed[held.skill] = needed.get(held.skill, 0) + 1
            suffices[held.skill] = suffices.get(held.skill, 0) + (held.lacks == 0.0)
    found = [
        (Carried(skill, level, needed[skill], suffices[skill]), importance)
        for node, level, importance in zip(
            *(part.tolist() for part in graph.beside(graph.place(occupation))), strict=True
        )
        if node < until and level > 0.0 and (skill := graph.skills[node - many]) in needed
    ]
    found.sort(key=lambda pair: (-pair[0].suffices, -pair[0].needed, -pair[1], pair[0].skill))
    return tuple(one for one, _ in found)
