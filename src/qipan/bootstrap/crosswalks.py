"""Crosswalks meet their files: the one that ships, and a user's own."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources

from qipan.kernel.errors import BadInputError, Finding, NotFoundError
from qipan.labour.cross.turn import turn
from qipan.labour.model.crosswalk import Crosswalk, Exposed
from qipan.labour.sources import crosswalk, occupations, soc_isco

SYSTEMS = ("csco", "isco")
"""Classifications of the crosswalk that ships: 职业分类大典 2022 and ISCO-08."""
SOURCE = "Qipan, csco_isco 1"


def choose(of: str, to: str, own: bytes | None = None, name: str = "") -> tuple[Crosswalk, tuple[Finding, ...]]:
    """Return the crosswalk from one classification to another, and what is wrong with rows of a user's file.

    Raises
    ------
    BadInputError
        ``crosswalk_unreadable``; ``systems_unknown`` where the file is of other classifications.
    """
    there: Crosswalk | None
    back: Crosswalk | None
    findings: tuple[Finding, ...] = ()
    if own is None:
        there, back = _shipped()
    else:
        if soc_isco.is_laid_out_so(own):
            there, back, findings = soc_isco.read(
                own, name, isco=frozenset(code for code in names_of("isco") if len(code) == 4)
            )
        else:
            there, back, findings = crosswalk.read(own, name)
        if there is None:
            rules = ", ".join(sorted(Counter(one.rule for one in findings))) or "it is empty"
            raise BadInputError(
                f"A crosswalk must have a code that is linked, had none: {rules}.",
                code="crosswalk_unreadable",
                hint="Write a row for each pair, such as isco,soc,weight; the weights of a code add up to 1.",
                findings=findings,
            )
    for one in (there, back):
        if one is not None and (one.of, one.to) == (of, to):
            return one, findings
    raise BadInputError(
        f"A crosswalk must lead from {of} to {to}, was between {there.of} and {there.to}.",
        code="systems_unknown",
        hint="Name its classifications by --from and --to; bring others by --crosswalk.",
        findings=findings,
    )


def read_exposed(data: bytes) -> tuple[tuple[Exposed, ...], tuple[Finding, ...]]:
    """Read exposure by occupation and what is wrong with rows that are left out.

    Raises
    ------
    BadInputError
        ``exposed_unreadable`` where no row can be read.
    """
    found, findings = crosswalk.read_exposed(data)
    if not found:
        rules = ", ".join(sorted(Counter(one.rule for one in findings))) or "it is empty"
        raise BadInputError(
            f"Exposure must have a row that can be read, had none: {rules}.",
            code="exposed_unreadable",
            hint="Write a row for each occupation: occupation,exposure, and persons if they are known.",
            findings=findings,
        )
    return found, findings


def names_of(system: str) -> Mapping[str, str]:
    """Return names of codes, as far as they are at hand: those of ISCO-08 ship, those of China come from a package."""
    if system == "isco":
        return {row["code"]: row["name_en"] for row in csv.DictReader(_text("isco_08.csv").splitlines())}
    if system == "csco":
        with suppress(NotFoundError):
            return {one.code: one.name for one in occupations.read().occupations}
    return {}


def _shipped() -> tuple[Crosswalk, Crosswalk]:
    there, _, _ = crosswalk.read(_text("csco_isco.csv").encode(), SOURCE, is_partial=True)
    assert there is not None
    return there, turn(there)


def _text(name: str) -> str:
    return (resources.files("qipan.facts") / "crosswalks" / name).read_text(encoding="utf-8")
