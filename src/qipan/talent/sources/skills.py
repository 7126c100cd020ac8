"""Read what occupations need, do and pay from tables of our own form.

Skills: columns ``occupation, skill, level, importance``, and ``occupation_name, skill_name``; level and importance are
shares of their scales, 0 to 1. Tasks: ``occupation, task``, and ``text, importance, exposure``. Outlook:
``occupation``, and ``wage_fen_per_month, demand, demand_low, demand_high``, shares by which demand is expected to
change. A code that begins as those of 职业分类大典 must be one of its occupations, as 4-04-05-01, and no group.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

from qipan.kernel.errors import Finding
from qipan.talent.model.skills import Need, Outlook, Task
from qipan.talent.sources import rows

NEEDED: Final = ("occupation", "skill", "level", "importance")
OPTIONAL: Final = ("occupation_name", "skill_name")
OF_TASKS: Final = ("occupation", "task")
OF_OUTLOOK: Final = ("wage_fen_per_month", "demand", "demand_low", "demand_high")
_CSCO: Final = re.compile(r"[1-8]-\d\d-\d\d-(?!00)\d\d")
_LIKE_CSCO: Final = re.compile(r"\d-")


@dataclass(slots=True)
class Names:
    """What codes are called; the first name of each stays."""

    names: dict[str, str] = field(default_factory=dict)

    def add(self, code: str, name: str) -> None:
        """Note a name, if there is one."""
        if name:
            self.names.setdefault(code, name)


def read(data: bytes) -> tuple[tuple[Need, ...], dict[str, str], tuple[Finding, ...]]:
    r"""Return what occupations need, what codes are called, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``csco_unfit``, ``scale_unfit``, ``need_twice``.

    Examples
    --------
    >>> needs, _, findings = read(b"occupation,skill,level,importance\nclerk,typing,0.6,1\nclerk,filing,60,1\n")
    >>> needs[0].level, findings[0].rule
    (0.6, 'scale_unfit')
    """
    findings: list[Finding] = []
    found: dict[tuple[str, str], Need] = {}
    names = Names()
    for row in rows.read(data, NEEDED, OPTIONAL, findings):
        try:
            occupation, skill = _code(row), *rows.filled(row, "skill")
            level, importance = rows.share(row, "level"), rows.share(row, "importance")
            rows.must(
                row,
                "skill",
                is_so=(occupation, skill) not in found,
                rule="need_twice",
                message=f"A skill of an occupation must have one row, was there before: {skill} of {occupation}.",
                value=skill,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[occupation, skill] = Need(occupation, skill, level, importance)
        names.add(occupation, row[1].get("occupation_name", ""))
        names.add(skill, row[1].get("skill_name", ""))
    return tuple(found.values()), names.names, tuple(findings)


def read_tasks(data: bytes) -> tuple[tuple[Task, ...], tuple[Finding, ...]]:
    """Return what is done in occupations, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``csco_unfit``, ``scale_unfit``, ``task_twice``.
    """
    findings: list[Finding] = []
    found: dict[tuple[str, str], Task] = {}
    for row in rows.read(data, OF_TASKS, ("text", "importance", "exposure"), findings):
        cells = row[1]
        try:
            occupation, task = _code(row), *rows.filled(row, "task")
            importance = rows.share(row, "importance") if cells.get("importance") else 1.0
            exposure = rows.share(row, "exposure") if cells.get("exposure") else math.nan
            rows.must(
                row,
                "task",
                is_so=(occupation, task) not in found,
                rule="task_twice",
                message=f"A task of an occupation must have one row, was there before: {task} of {occupation}.",
                value=task,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[occupation, task] = Task(occupation, task, cells.get("text") or task, importance, exposure)
    return tuple(found.values()), tuple(findings)


def read_outlooks(data: bytes) -> tuple[tuple[Outlook, ...], tuple[Finding, ...]]:
    """Return what occupations pay and how demand changes, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``csco_unfit``, ``whole_unfit``, ``change_unfit``, ``outlook_twice``.
    """
    findings: list[Finding] = []
    found: dict[str, Outlook] = {}
    for row in rows.read(data, ("occupation",), OF_OUTLOOK, findings):
        try:
            occupation = _code(row)
            wage_fen = rows.whole(row, "wage_fen_per_month", 0, 10**12) if row[1].get("wage_fen_per_month") else None
            demand, low, high = (_change(row, column) for column in OF_OUTLOOK[1:])
            rows.must(
                row,
                "demand",
                is_so=low is None or high is None or low <= (low if demand is None else demand) <= high,
                rule="change_unfit",
                message=f"Demand must lie between its ends, was {demand} between {low} and {high}.",
                value=row[1].get("demand", ""),
            )
            rows.must(
                row,
                "occupation",
                is_so=occupation not in found,
                rule="outlook_twice",
                message=f"An occupation must have one outlook, had one before: {occupation}.",
                value=occupation,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[occupation] = Outlook(occupation, wage_fen, demand, low, high)
    return tuple(found.values()), tuple(findings)


def _code(row: rows.Row) -> str:
    (code,) = rows.filled(row, "occupation")
    if _LIKE_CSCO.match(code) and not _CSCO.fullmatch(code):
        told = f"A code of 职业分类大典 must be that of an occupation, as 4-04-05-01, was {code!r}."
        raise rows.RowError(Finding(row[0], "occupation", "csco_unfit", told, code))
    return code


def _change(row: rows.Row, column: str) -> float | None:
    text = row[1].get(column, "")
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not -1.0 <= found <= 100.0:
        told = f"A change must be a share, at least -1, as -0.05 or 0.1, was {text!r}."
        raise rows.RowError(Finding(row[0], column, "change_unfit", told, text))
    return found
