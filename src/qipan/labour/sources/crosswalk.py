"""Read a crosswalk: one row for each pair of codes, with its weight; and exposure of occupations to be carried across.

The first two columns are named by their classifications, as ``csco,isco``; a third, ``weight``, may follow, and a
fourth, ``back``. Weights of a code add up to one, and so do those back; without weights the pairs of a code count
alike.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from qipan.kernel.errors import Finding
from qipan.labour.cross.turn import turn
from qipan.labour.model.crosswalk import Candidates, Crosswalk, Exposed
from qipan.labour.sources.indicator_rows import Row, header, read_rows

WEIGHT, BACK = "weight", "back"
TOLERANCE: Final = 1e-3
"""How far weights may be from one: tables print them rounded."""

Pair = tuple[int, str, str, float | None, float | None]


def read(
    data: bytes, source: str = "", *, is_partial: bool = False
) -> tuple[Crosswalk | None, Crosswalk | None, tuple[Finding, ...]]:
    r"""Return a crosswalk there and back, nothing where no code is left, and what is wrong with what is left out.

    Rules: those of `read_rows`; ``weights_unsummed`` for a code whose weights do not add up to one; ``weight_zero`` for
    a pair that is not linked, since its weight is nothing.

    Parameters
    ----------
    is_partial
        Weights are chances, and unlikely codes were left out: they may add up to less than one.

    Examples
    --------
    >>> there, back, _ = read(b"isco,soc,weight\n4222,43-4051,0.8\n4222,43-2021,0.2\n4225,43-4051,1\n")
    >>> there.links["4222"], back.of, back.links["43-4051"]
    ((('43-4051', 0.8), ('43-2021', 0.2)), 'soc', (('4225', 0.5555555555555556), ('4222', 0.4444444444444445)))
    """
    head = header(data)
    of, to = (*head[:2], "", "")[:2]
    if not of or not to or {of, to} & {WEIGHT, BACK}:
        told = "The first two columns of a crosswalk must be named by its classifications, such as csco,isco"
        return None, None, (Finding(0, "", "columns_differ", f"{told}, was {', '.join(head)}."),)

    def made(row: Row) -> Iterator[Pair]:
        weight, back = (row.number(name, 1.0) if row.text_or_empty(name) else None for name in (WEIGHT, BACK))
        yield row.line, row.text(of), row.text(to), weight, back

    pairs, findings = read_rows(data, made, needed=(of, to), optional=(WEIGHT, BACK), about=lambda one: one[1:3])
    told_of: list[Finding] = []
    there = link([(line, code, target, weight) for line, code, target, weight, _ in pairs], WEIGHT, told_of, is_partial)
    found = Crosswalk(of, to, there, source) if there else None
    if found is None or BACK not in head:
        return found, found and turn(found), (*findings, *told_of)
    back = link([(line, target, code, share) for line, code, target, _, share in pairs], BACK, told_of)
    return found, Crosswalk(to, of, back, source) if back else None, (*findings, *told_of)


def read_exposed(data: bytes) -> tuple[tuple[Exposed, ...], tuple[Finding, ...]]:
    r"""Return exposure by occupation, and what is wrong with rows that are left out; ``persons`` may be told.

    Examples
    --------
    >>> read_exposed("职业,暴露度\n4-04-05-03,0.6\n".encode())[0]
    (Exposed(occupation='4-04-05-03', exposure=0.6, persons=1.0),)
    """

    def made(row: Row) -> Iterator[Exposed]:
        persons = row.number("persons") if row.text_or_empty("persons") else 1.0
        yield Exposed(row.text("occupation"), row.number("exposure"), persons)

    return read_rows(
        data, made, needed=("occupation", "exposure"), optional=("persons",), about=lambda one: one.occupation
    )


def link(
    pairs: list[tuple[int, str, str, float | None]], column: str, findings: list[Finding], is_partial: bool = False
) -> dict[str, Candidates]:
    """Return the shares of each code; codes whose weights do not add up get a finding."""
    by_code: defaultdict[str, list[tuple[int, str, float | None]]] = defaultdict(list)
    for line, code, target, weight in pairs:
        by_code[code].append((line, target, weight))
    links = {}
    for code, some in by_code.items():
        alike = all(weight is None for _, _, weight in some)
        shares = [(target, 1.0 / len(some) if alike else weight or 0.0) for _, target, weight in some]
        whole = math.fsum(share for _, share in shares)
        if whole > 1.0 + TOLERANCE or (whole < 1.0 - TOLERANCE and not is_partial):
            told = f"The weights of {code} must add up to 1, was {whole:g}."
            findings.append(Finding(some[0][0], column, "weights_unsummed", told, f"{whole:g}"))
            continue
        for line, target, weight in some:
            if weight == 0.0:
                told = f"A pair must have a weight above 0 to be linked, was 0 of {code} and {target}."
                findings.append(Finding(line, column, "weight_zero", told, "0"))
        if not whole:
            continue
        whole = 1.0 if is_partial else whole
        links[code] = tuple(
            sorted(((target, share / whole) for target, share in shares if share), key=lambda one: (-one[1], one[0]))
        )
    return links
