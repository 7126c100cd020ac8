"""Nouns of skills: what occupations need, what is done in them, what they pay, and all of it as one graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from qipan.kernel.errors import NotFoundError
from qipan.talent.model.array import Floats, Ints

Nodes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Need:
    """A skill that an occupation needs.

    Attributes
    ----------
    level, importance
        Shares of their scales, 0 to 1: how well it must be mastered, and how much it matters.
    """

    occupation: str
    skill: str
    level: float
    importance: float


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is done in an occupation.

    Attributes
    ----------
    importance
        Share of its scale, above 0 to 1.
    exposure
        How much of it machines can do, 0 to 1; not a number where nobody has said.
    """

    occupation: str
    task_id: str
    text: str
    importance: float = 1.0
    exposure: float = np.nan


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an occupation pays, and by which share the demand for it is expected to change; None where not given."""

    occupation: str
    wage_fen_per_month: int | None = None
    demand: float | None = None
    demand_low: float | None = None
    demand_high: float | None = None


@dataclass(frozen=True, slots=True)
class SkillRows:
    """What files say of occupations, before it is joined.

    Attributes
    ----------
    names
        What occupations and skills are called, by their codes; who has none is called by the code.
    levels_assumed
        Whether levels are not of the source: it knows only that a skill is needed.
    """

    needs: tuple[Need, ...]
    tasks: tuple[Task, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    outlooks: tuple[Outlook, ...] = ()
    levels_assumed: bool = False


@dataclass(frozen=True, slots=True)
class SkillGraph:
    """Occupations, skills and tasks as one graph; its nodes stand in this order, each kind in the order of codes.

    Attributes
    ----------
    begins, adjacent
        ``(nodes + 1,)`` and ``(edges,)``: the nodes beside node ``n`` are ``adjacent[begins[n]:begins[n + 1]]``,
        sorted. An occupation stands beside its skills and tasks, these beside their occupations.
    level, importance
        ``(edges,)``, shares of their scales; of an edge to a task the level is its exposure.
    """

    occupations: tuple[str, ...]
    skills: tuple[str, ...]
    tasks: tuple[Task, ...]
    begins: Ints
    adjacent: Nodes
    level: Floats
    importance: Floats
    names: Mapping[str, str]
    outlooks: Mapping[str, Outlook]
    levels_assumed: bool

    def place(self, occupation: str) -> int:
        """Return the node of an occupation.

        Raises
        ------
        NotFoundError
            ``occupation_unlisted``.
        """
        at = int(np.searchsorted(self.occupations, occupation))
        if at == len(self.occupations) or self.occupations[at] != occupation:
            raise NotFoundError(
                f"An occupation must stand in the table of skills, was not: {occupation}.",
                code="occupation_unlisted",
                hint="Write its code as the table has it.",
                field="occupation",
            )
        return at

    def name(self, code: str) -> str:
        """Return what an occupation or a skill is called."""
        return self.names.get(code) or code

    def beside(self, node: int) -> tuple[Nodes, Floats, Floats]:
        """Return the nodes beside one, and level and importance of each."""
        edges = slice(int(self.begins[node]), int(self.begins[node + 1]))
        return self.adjacent[edges], self.level[edges], self.importance[edges]

    def tasks_of(self, occupation: str) -> tuple[Task, ...]:
        """Return what is done in an occupation."""
        first = len(self.occupations) + len(self.skills)
        nodes, _, _ = self.beside(self.place(occupation))
        return tuple(self.tasks[node - first] for node in nodes[nodes >= first].tolist())

    def matrix(self, of_edges: Floats) -> csr_array:
        """Return values of edges between occupations and skills, ``(occupations, skills)``."""
        many, width = len(self.occupations), len(self.skills)
        begins = self.begins[: many + 1]
        ends, values = self.adjacent[: begins[-1]] - many, of_edges[: begins[-1]]
        is_skill = ends < width
        counted = np.concatenate(([0], np.cumsum(is_skill)))[begins]
        return csr_array((values[is_skill], ends[is_skill], counted), shape=(many, width))
