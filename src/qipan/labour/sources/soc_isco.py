"""Read a crosswalk between SOC and ISCO-08, or between years of SOC, as the Bureau of Labor Statistics lays them out.

Above its heads stand lines of text; two of the heads are ``ISCO-08 Code``, ``2010 SOC Code`` or ``2018 SOC Code``, and
between them stand titles and remarks. It has a row for each pair and no weights: the pairs of a code count alike.

Source: `bls2015` and `bls2017`, the layouts of their crosswalks of ISCO to SOC and of SOC 2010 to 2018. The first is
published as .xls: save it as .xlsx or CSV.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.model.crosswalk import Crosswalk
from qipan.labour.sources.crosswalk import Pair, link
from qipan.storage import table

ISCO: Final = "isco"
_HEAD: Final = re.compile(r"(?:(ISCO)-08|(20\d\d) SOC) Code", re.IGNORECASE)
_SOC: Final = re.compile(r"(1[135791]|2[13579]|3[13579]|4[13579]|5[135])-\d{4}")
"""A code of SOC: one of its 23 major groups, and four figures."""
_ISCO_SIGNS: Final = 4


def is_laid_out_so(data: bytes) -> bool:
    r"""Tell whether a file has two heads of codes, at its beginning or below lines of text.

    Examples
    --------
    >>> is_laid_out_so(b"Bureau of Labor Statistics\nISCO-08 Code,part,2018 SOC Code\n4222,,43-4051\n")
    True
    """
    try:
        return len(_systems(table.read(data, begins=_is_head).head)) == 2
    except table.UnreadableError:
        return False


def read(
    data: bytes, source: str = "", *, isco: Collection[str] = ()
) -> tuple[Crosswalk | None, Crosswalk | None, tuple[Finding, ...]]:
    r"""Return a crosswalk there and back, nothing where no pair is left, and what is wrong with rows that are left out.

    Its classifications are called ``isco``, ``soc2010`` and ``soc2018``. Rules: ``file_unreadable``, ``row_torn``,
    ``row_repeated``; ``code_unlisted`` for a code that its classification does not have: of SOC its form is told by,
    since no list of it ships. ``codes_lacking`` says of how many codes of ISCO-08 the file has no pair.

    Parameters
    ----------
    isco
        Unit groups of ISCO-08; any code of four figures where none are given.

    Examples
    --------
    >>> data = b"BLS\nISCO-08 Code,part,2018 SOC Code\n4222,*,43-4051\n4222,,43-2021\n4225,,43-4051\n"
    >>> there, back, _ = read(data)
    >>> there.links["4222"], back.of, back.links["43-4051"]
    ((('43-2021', 0.5), ('43-4051', 0.5)), 'soc2018', (('4222', 0.5), ('4225', 0.5)))
    """
    findings: list[Finding] = []
    pairs: list[Pair] = []
    try:
        found = table.read(data, begins=_is_head)
        systems = _systems(found.head)
        (of, of_head), (to, to_head) = systems
        seen: dict[tuple[str, str], int] = {}
        for line in found.lines:
            pair = _pair(line, (of, of_head), (to, to_head), isco, findings)
            if pair is None:
                continue
            first = seen.setdefault(pair, line.number)
            if first == line.number:
                pairs.append((line.number, *pair, None, None))
                continue
            told = f"A row must not say again what line {first} says, was the same."
            findings.append(Finding(line.number, "", "row_repeated", told))
    except table.UnreadableError as error:
        return None, None, (table.unreadable(error),)
    if not pairs:
        return None, None, tuple(findings)
    there = Crosswalk(of, to, link([(n, code, target, None) for n, code, target, _, _ in pairs], "", findings), source)
    back = Crosswalk(to, of, link([(n, target, code, None) for n, code, target, _, _ in pairs], "", findings), source)
    findings += _lacking(there if of == ISCO else back, isco)
    return there, back, tuple(findings)


def _is_head(cells: Sequence[str]) -> bool:
    return len(_systems(cells)) == 2


def _systems(head: Sequence[str]) -> list[tuple[str, str]]:
    """Return the classifications of a file, each with its head."""
    found = ((name, _HEAD.fullmatch(" ".join(name.split()))) for name in head)
    return [(ISCO if match[1] else f"soc{match[2]}", name) for name, match in found if match]


def _pair(
    line: table.Line,
    one: tuple[str, str],
    other: tuple[str, str],
    isco: Collection[str],
    findings: list[Finding],
) -> tuple[str, str] | None:
    """Return the codes of a row, or nothing: of an empty one, or one that has a finding."""
    if line.cells is None:
        findings.append(
            Finding(line.number, "", "row_torn", "A row must have a cell for each head, had more or fewer.")
        )
        return None
    codes = []
    for system, head in (one, other):
        text = line.cells[head].strip()
        # Spreadsheets drop the zero that codes of the armed forces begin with.
        code = text.zfill(_ISCO_SIGNS) if system == ISCO and text.isdecimal() else text
        is_known = _is_isco(code, isco) if system == ISCO else bool(_SOC.fullmatch(code))
        if text and not is_known:
            told = f"A code must be one of {system}, was {text!r}."
            findings.append(Finding(line.number, head, "code_unlisted", told, text))
        codes.append(code if is_known else "")
    if all(codes):
        return codes[0], codes[1]
    if any(codes) and not all(line.cells[head].strip() for _, head in (one, other)):
        told = "A row must have a code of each classification, was without one."
        findings.append(Finding(line.number, "", "cell_empty", told))
    return None


def _is_isco(code: str, isco: Collection[str]) -> bool:
    return code in isco if isco else len(code) == _ISCO_SIGNS and code.isdecimal()


def _lacking(found: Crosswalk, isco: Collection[str]) -> Iterator[Finding]:
    lacking = sorted(set(isco) - set(found.links)) if found.of == ISCO else []
    if lacking:
        some = ", ".join(lacking[:5])
        told = f"A crosswalk should have all {len(isco)} unit groups of ISCO-08, was without {len(lacking)}: {some}."
        yield Finding(0, "", "codes_lacking", told, str(len(lacking)))
