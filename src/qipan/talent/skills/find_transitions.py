"""Find occupations that people of another could go to: how alike they are, and what is lacking.

*Similarity* is the angular separation of two occupations (`gathmann2010`): the cosine of the lists of how much each
uses every skill, 1 for the same use and 0 for nothing in common. How much a skill is used is its importance to the
power of two thirds times its level to that of a third (`blinder2009`). The *gap* is ours and has a direction: of what
is needed there, level times importance, the share by which what is needed here falls short. So it says what a typical
worker of the occupation lacks, not what a person does.

Source: `gathmann2010`, `blinder2009`.
"""

from __future__ import annotations

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.talent.model.array import Floats
from qipan.talent.model.skills import SkillGraph
from qipan.talent.model.transition import Held, Transition

OF_IMPORTANCE = 2.0 / 3.0
"""Power of importance in what an occupation uses; that of level is what is left to 1."""


def find_transitions(
    graph: SkillGraph, origin: str, *, top: int, similarity_least: float = 0.0, gap_most: float = 1.0
) -> tuple[Transition, ...]:
    """Return occupations to go to, the most alike first; of two alike the smaller gap, then the first by code.

    Parameters
    ----------
    top
        How many at most.
    similarity_least, gap_most
        What is further away, or lacks more, is not feasible.

    Raises
    ------
    NotFoundError
        ``occupation_unlisted``.
    RuleBrokenError
        ``similarity_unfit``.
    """
    for share in (similarity_least, gap_most):
        if not 0.0 <= share <= 1.0:
            raise RuleBrokenError(
                f"Similarity and gap must be shares from 0 to 1, was {share:g}.",
                code="similarity_unfit",
                hint="Write 0.5 for one half.",
            )
    at = graph.place(origin)
    alike, gap = similarities(graph, at), gaps(graph, at)
    order = np.lexsort((gap, -alike))
    feasible = [to for to in order.tolist() if to != at and alike[to] >= similarity_least and gap[to] <= gap_most]
    return tuple(_transition(graph, at, to, float(alike[to]), float(gap[to])) for to in feasible[:top])


def similarities(graph: SkillGraph, at: int) -> Floats:
    """Return how alike each occupation is to one, ``(occupations,)``, 0 to 1."""
    uses = graph.matrix(graph.importance**OF_IMPORTANCE * np.nan_to_num(graph.level) ** (1.0 - OF_IMPORTANCE))
    length = np.sqrt(np.asarray(uses.multiply(uses).sum(axis=1)).ravel())
    dot = uses @ uses[[at], :].toarray().ravel()
    both = length * length[at]
    found = np.divide(dot, both, out=np.zeros_like(both), where=both > 0.0)
    alike: Floats = np.round(np.clip(found, 0.0, 1.0), 12).astype(np.float64)
    return alike


def gaps(graph: SkillGraph, at: int) -> Floats:
    """Return of each occupation which share of what it needs one does not bring, ``(occupations,)``, 0 to 1."""
    needs, matters = graph.matrix(graph.level), graph.matrix(graph.importance)
    here = needs[[at], :].toarray().ravel()
    lacking, asked = needs.copy(), needs.copy()
    lacking.data = matters.data * np.maximum(0.0, needs.data - here[needs.indices])
    asked.data = matters.data * needs.data
    total = np.asarray(asked.sum(axis=1)).ravel()
    short = np.asarray(lacking.sum(axis=1)).ravel()
    found: Floats = np.divide(short, total, out=np.zeros_like(total), where=total > 0.0)
    return np.round(found, 12)


def _transition(graph: SkillGraph, at: int, to: int, similarity: float, gap: float) -> Transition:
    many, until = len(graph.occupations), len(graph.occupations) + len(graph.skills)
    mine, levels, _ = graph.beside(at)
    has = dict(zip(mine.tolist(), levels.tolist(), strict=True))
    skills = [
        Held(graph.skills[node - many], has.get(node, 0.0), need, matters)
        for node, need, matters in zip(*(part.tolist() for part in graph.beside(to)), strict=True)
        if node < until and need > 0.0
    ]
    skills.sort(key=lambda one: (-one.lacks * one.importance, -one.importance, one.skill))
    here, there = (graph.outlooks.get(graph.occupations[node]) for node in (at, to))
    change = None
    if here and there and here.wage_fen_per_month and there.wage_fen_per_month is not None:
        change = there.wage_fen_per_month / here.wage_fen_per_month - 1.0
    origin, occupation = graph.occupations[at], graph.occupations[to]
    return Transition(origin, occupation, similarity, gap, tuple(skills), there, change)
