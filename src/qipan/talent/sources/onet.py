"""Read files of O*NET in their text form, as the database comes: cells parted by tabs.

Levels run from 0 to 7 and importance from 1 to 5; both become shares of their scales. What O*NET recommends to
suppress is left out with a finding, what it calls not relevant has level 0.
"""

from __future__ import annotations

import re
from typing import Final

from qipan.kernel.errors import Finding
from qipan.talent.model.skills import Need, Task
from qipan.talent.sources import rows

CODE: Final = "O*NET-SOC Code"
RATED: Final = (CODE, "Element ID", "Element Name", "Scale ID", "Data Value")
SCALES: Final = {"IM": (1.0, 5.0), "LV": (0.0, 7.0)}
_CODE: Final = re.compile(r"\d\d-\d{4}\.\d\d")


def read_rated(data: bytes) -> tuple[tuple[Need, ...], dict[str, str], tuple[Finding, ...]]:
    """Return what occupations need, what skills are called, and what is wrong with rows that are left out.

    It reads ``Skills.txt``, ``Knowledge.txt``, ``Abilities.txt`` and others of their form.

    Rules: those of `rows.read`; ``cell_empty``, ``onet_code_unfit``, ``scale_unknown``, ``scale_unfit``,
    ``row_suppressed``, ``need_twice``; ``need_half`` where a skill has a level and no importance, or the other way
    round.
    """
    findings: list[Finding] = []
    found: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}
    names: dict[str, str] = {}
    for row in rows.read(data, RATED, (), findings, is_foreign=True, has_tabs=True):
        try:
            code, skill, name, scale, _ = rows.filled(row, *RATED)
            _must_be_code(row, code)
            value = _rating(row, scale)
            rated = found.setdefault((code, skill), {})
            rows.must(
                row,
                "Element ID",
                is_so=scale not in rated,
                rule="need_twice",
                message=f"A skill of an occupation must have one row, was there before: {skill} of {code}.",
                value=skill,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        rated[scale] = (row[0], value)
        names[skill] = name
    needs = []
    for (code, skill), rated in found.items():
        if len(rated) == len(SCALES):
            needs.append(Need(code, skill, rated["LV"][1], rated["IM"][1]))
        for line in [line for line, _ in rated.values()] if len(rated) < len(SCALES) else []:
            told = f"A skill must have a level (LV) and an importance (IM), had {', '.join(rated)}: {skill} of {code}."
            findings.append(Finding(line, "Scale ID", "need_half", told, skill))
    return tuple(needs), names, tuple(findings)


def read_tasks(data: bytes) -> tuple[tuple[Task, ...], tuple[Finding, ...]]:
    """Return what is done in occupations from ``Task Statements.txt``, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``onet_code_unfit``.
    """
    findings: list[Finding] = []
    found = []
    for row in rows.read(data, (CODE, "Task ID", "Task"), (), findings, is_foreign=True, has_tabs=True):
        try:
            code, task, text = rows.filled(row, CODE, "Task ID", "Task")
            _must_be_code(row, code)
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found.append(Task(code, task, text))
    return tuple(found), tuple(findings)


def read_names(data: bytes) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Return what occupations are called from ``Occupation Data.txt``, and what is wrong with rows.

    Rules: those of `rows.read`; ``cell_empty``, ``onet_code_unfit``.
    """
    findings: list[Finding] = []
    found = {}
    for row in rows.read(data, (CODE, "Title"), (), findings, is_foreign=True, has_tabs=True):
        try:
            code, title = rows.filled(row, CODE, "Title")
            _must_be_code(row, code)
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[code] = title
    return found, tuple(findings)


def _must_be_code(row: rows.Row, code: str) -> None:
    if not _CODE.fullmatch(code):
        told = f"A code of O*NET must be written as 43-9021.00, was {code!r}."
        raise rows.RowError(Finding(row[0], CODE, "onet_code_unfit", told, code))


def _rating(row: rows.Row, scale: str) -> float:
    cells = row[1]
    if scale not in SCALES:
        told = f"A scale must be one of {', '.join(SCALES)}, was {scale!r}."
        raise rows.RowError(Finding(row[0], "Scale ID", "scale_unknown", told, scale))
    if cells.get("Recommend Suppress") == "Y":
        told = "A rating must be precise enough to be used, was one that O*NET recommends to suppress."
        raise rows.RowError(Finding(row[0], "Recommend Suppress", "row_suppressed", told, "Y"))
    low, high = SCALES[scale]
    value = rows.share(row, "Data Value", low=low, high=high)
    return 0.0 if scale == "LV" and cells.get("Not Relevant") == "Y" else value
