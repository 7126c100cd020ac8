"""Files of skills meet their adapters: tables of our own form, files of O*NET, files of ESCO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from qipan.kernel.errors import BadInputError, Finding, of_file
from qipan.talent.model.assessment import Affected
from qipan.talent.model.skills import Need, SkillGraph, SkillRows
from qipan.talent.skills.join import join
from qipan.talent.sources import csco, esco, onet, skills, warning

RATED: Final = ("Skills.txt", "Knowledge.txt", "Abilities.txt")
TASKS: Final = "Task Statements.txt"
OCCUPATIONS: Final = "Occupation Data.txt"
RELATIONS: Final = "occupationSkillRelations"
CONCEPTS: Final = ("occupations_", "skills_")


@dataclass(frozen=True, slots=True)
class SkillFiles:
    """A graph of skills, and what is wrong with rows that are left out: by file of skills, else by role."""

    graph: SkillGraph
    left_out: Mapping[str, tuple[Finding, ...]]


def is_known(name: str) -> bool:
    """Tell whether a file of a folder is one of O*NET or ESCO that is read."""
    return name in {*RATED, TASKS, OCCUPATIONS} or name.startswith((RELATIONS, *CONCEPTS))


def read_skills(
    files: Mapping[str, bytes],
    *,
    tasks: Mapping[str, bytes] | None = None,
    outlook: Mapping[str, bytes] | None = None,
    classification: Mapping[str, bytes] | None = None,
) -> SkillFiles:
    """Read skills, tasks, outlook and a classification of occupations, each by name of file.

    Parameters
    ----------
    files
        Those of O*NET and of ESCO are known by their names; any other is a table of skills of our own form.
    classification
        职业分类大典, for names and tasks of its codes; names of the table of skills stay.

    Raises
    ------
    BadInputError
        ``skills_unreadable`` where no row says what an occupation needs.
    """
    left_out: dict[str, tuple[Finding, ...]] = {}
    if any(name.startswith(RELATIONS) for name in files):
        rows = _of_esco(files, left_out)
    elif any(name in RATED for name in files):
        rows = _of_onet(files, left_out)
    else:
        rows = _of_ours(files, left_out)
    if not rows.needs:
        raise BadInputError(
            f"A table of skills must have a row that can be used, had none: {_count(left_out)} findings.",
            code="skills_unreadable",
            hint=f"Write rows with the columns {', '.join(skills.NEEDED)}, or give the folder of O*NET or ESCO files.",
            findings=[finding for some in left_out.values() for finding in some],
        )
    for data in (classification or {}).values():
        names, known_tasks, left_out["classification"] = csco.read(data)
        rows = replace(rows, names={**names, **rows.names}, tasks=(*rows.tasks, *known_tasks))
    for data in (tasks or {}).values():
        more, wrong = skills.read_tasks(data)
        left_out["tasks"] = (*wrong, *_unlisted((one.occupation for one in more), rows))
        texts = {(one.occupation, one.task_id): one for one in rows.tasks}
        for one in more:
            known = texts.get((one.occupation, one.task_id))
            texts[one.occupation, one.task_id] = replace(one, text=known.text) if known else one
        rows = replace(rows, tasks=tuple(texts.values()))
    for data in (outlook or {}).values():
        outlooks, wrong = skills.read_outlooks(data)
        left_out["outlook"] = (*wrong, *_unlisted((one.occupation for one in outlooks), rows))
        rows = replace(rows, outlooks=outlooks)
    with of_file(next(iter(files))):
        return SkillFiles(join(rows), left_out)


def _unlisted(codes: Iterable[str], rows: SkillRows) -> tuple[Finding, ...]:
    """Return a finding for each occupation that no skill is told of. Rule: ``occupation_unlisted``."""
    listed = {one.occupation for one in rows.needs}
    return tuple(
        Finding(0, "occupation", "occupation_unlisted", f"{code} must be among the skills, was not.", code)
        for code in sorted(set(codes) - listed)
    )


def read_warning(data: bytes, region: str, occupation: str, persons: int) -> Affected:
    """Read who is affected from warnings, as `warning.read` does."""
    return warning.read(data, region, occupation, persons)


def _of_ours(files: Mapping[str, bytes], left_out: dict[str, tuple[Finding, ...]]) -> SkillRows:
    needs: dict[tuple[str, str], Need] = {}
    names: dict[str, str] = {}
    for name, data in files.items():
        some, called, left_out[name] = skills.read(data)
        needs |= {(one.occupation, one.skill): one for one in some}
        names |= called
    return SkillRows(tuple(needs.values()), names=names)


def _of_onet(files: Mapping[str, bytes], left_out: dict[str, tuple[Finding, ...]]) -> SkillRows:
    rows = SkillRows(())
    for name, data in files.items():
        if name in RATED:
            needs, called, left_out[name] = onet.read_rated(data)
            rows = replace(rows, needs=rows.needs + needs, names={**rows.names, **called})
        elif name == TASKS:
            tasks, left_out[name] = onet.read_tasks(data)
            rows = replace(rows, tasks=tasks)
        elif name == OCCUPATIONS:
            called, left_out[name] = onet.read_names(data)
            rows = replace(rows, names={**rows.names, **called})
    return rows


def _of_esco(files: Mapping[str, bytes], left_out: dict[str, tuple[Finding, ...]]) -> SkillRows:
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for name, data in files.items():
        if name.startswith(CONCEPTS):
            some, called, left_out[name] = esco.read_concepts(data)
            codes, names = codes | some, names | called
    needs: tuple[Need, ...] = ()
    for name, data in files.items():
        if name.startswith(RELATIONS):
            more, left_out[name] = esco.read_relations(data, codes)
            needs += more
    return SkillRows(needs, names=names, levels_assumed=True)


def _count(left_out: Mapping[str, tuple[Finding, ...]]) -> int:
    return sum(len(some) for some in left_out.values())
