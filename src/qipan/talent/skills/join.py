"""Join what files say of occupations into one graph."""

from __future__ import annotations

import numpy as np

from qipan.talent.model.skills import SkillGraph, SkillRows


def join(rows: SkillRows) -> SkillGraph:
    """Return the graph of occupations that need a skill, of these skills, and of what is done in them.

    Tasks and outlooks of other occupations are left out. The order of rows does not matter.
    """
    occupations = sorted({one.occupation for one in rows.needs})
    skills = sorted({one.skill for one in rows.needs})
    place = {code: at for at, code in enumerate(occupations)}
    tasks = sorted(
        (one for one in rows.tasks if one.occupation in place), key=lambda one: (one.occupation, one.task_id)
    )
    skill_place = {code: at + len(place) for at, code in enumerate(skills)}
    first = len(place) + len(skills)
    nodes = first + len(tasks)
    names = [*(one.occupation for one in rows.needs), *(one.occupation for one in tasks)]
    start = np.array([place[name] for name in names], dtype=np.int64)
    end = np.concatenate(
        (np.array([skill_place[one.skill] for one in rows.needs], dtype=np.int64), np.arange(first, nodes))
    )
    level = np.array([*(one.level for one in rows.needs), *(one.exposure for one in tasks)])
    importance = np.array([*(one.importance for one in rows.needs), *(one.importance for one in tasks)])
    here, there = np.concatenate((start, end)), np.concatenate((end, start))
    order = np.lexsort((there, here))
    return SkillGraph(
        tuple(occupations),
        tuple(skills),
        tuple(tasks),
        np.searchsorted(here[order], np.arange(nodes + 1)).astype(np.int64),
        there[order].astype(np.int32),
        np.tile(level, 2)[order],
        np.tile(importance, 2)[order],
        dict(rows.names),
        {one.occupation: one for one in rows.outlooks if one.occupation in place},
        rows.levels_assumed,
    )
