"""Read files of ESCO in CSV: which skills an occupation needs, and what both are called.

ESCO states no level and no importance: it calls a skill essential or optional. Levels are taken as 1 and importance as
1 and one half; both are assumed, and the result says so.
"""

from __future__ import annotations

from typing import Final

from qipan.kernel.errors import Finding
from qipan.talent.model.skills import Need
from qipan.talent.sources import rows

RELATED: Final = ("occupationUri", "relationType", "skillUri")
IMPORTANCE: Final = {"essential": 1.0, "optional": 0.5}


def read_relations(data: bytes, codes: dict[str, str]) -> tuple[tuple[Need, ...], tuple[Finding, ...]]:
    """Return what occupations need from ``occupationSkillRelations``, and what is wrong with rows that are left out.

    Parameters
    ----------
    codes
        Codes of occupations by their address; who has none keeps the address.

    Rules: those of `rows.read`; ``cell_empty``, ``relation_unknown``, ``need_twice``.
    """
    findings: list[Finding] = []
    found: dict[tuple[str, str], Need] = {}
    for row in rows.read(data, RELATED, (), findings, is_foreign=True):
        try:
            address, relation, skill = rows.filled(row, *RELATED)
            occupation = codes.get(address, address)
            rows.must(
                row,
                "relationType",
                is_so=relation in IMPORTANCE,
                rule="relation_unknown",
                message=f"A relation must be one of {', '.join(IMPORTANCE)}, was {relation!r}.",
                value=relation,
            )
            rows.must(
                row,
                "skillUri",
                is_so=(occupation, skill) not in found,
                rule="need_twice",
                message=f"A skill of an occupation must have one row, was there before: {skill} of {occupation}.",
                value=skill,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[occupation, skill] = Need(occupation, skill, 1.0, IMPORTANCE[relation])
    return tuple(found.values()), tuple(findings)


def read_concepts(data: bytes) -> tuple[dict[str, str], dict[str, str], tuple[Finding, ...]]:
    """Return codes and names by address from ``occupations`` or ``skills``, and what is wrong with rows.

    An occupation goes by its code where the file has one; its name is found by the code too.

    Rules: those of `rows.read`; ``cell_empty``, ``code_twice``.
    """
    findings: list[Finding] = []
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for row in rows.read(data, ("conceptUri", "preferredLabel"), (), findings, is_foreign=True):
        try:
            address, label = rows.filled(row, "conceptUri", "preferredLabel")
            code = row[1].get("code", "") or address
            rows.must(
                row,
                "code",
                is_so=code not in taken,
                rule="code_twice",
                message=f"A code must stand for one occupation, was taken: {code}.",
                value=code,
            )
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        taken.add(code)
        codes[address], names[code] = code, label
    return codes, names, tuple(findings)
