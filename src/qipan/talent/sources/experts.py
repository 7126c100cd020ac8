"""Read experts from CSV: columns ``expert, region, portions`` must be there; ``home, fields, partner`` may be.

Portions are written ``2027-01/2027-07:15``, the second month being the first that is free again, and the days a month;
several, and several fields, with semicolons between them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from qipan.kernel.errors import BadInputError, Finding
from qipan.talent.model.expert import Expert
from qipan.talent.model.terms import Span, read_month
from qipan.talent.sources import rows

NEEDED: Final = ("expert", "region", "portions")
OPTIONAL: Final = ("home", "fields", "partner")
_SPAN: Final = re.compile(r"(\S+)/(\S+):(\d{1,2})")


def read(data: bytes) -> tuple[tuple[Expert, ...], tuple[Finding, ...]]:
    r"""Return experts, and what is wrong with rows that are left out.

    Rules: those of `rows.read`; ``cell_empty``, ``portion_unreadable``, ``month_unreadable``, ``span_unfit``,
    ``portions_unfit``, ``partner_portions``, ``expert_twice``, ``partner_unknown``.

    Examples
    --------
    >>> found, _ = read(b"expert,region,portions,fields\nli,110000,2027-01/2027-07:15; 2027-01/2028-01:5,ai; chips\n")
    >>> found[0].fields, [str(one) for one in found[0].portions]
    (('ai', 'chips'), ['2027-01/2027-07:15', '2027-01/2028-01:5'])
    """
    findings: list[Finding] = []
    found: dict[str, Expert] = {}
    lines: dict[str, int] = {}
    for row in rows.read(data, NEEDED, OPTIONAL, findings):
        try:
            one = _expert(row, lines)
        except rows.RowError as error:
            findings.append(error.finding)
            continue
        found[one.expert_id] = one
        lines[one.expert_id] = row[0]
    for one in [one for one in found.values() if one.partner]:
        other = found.get(one.partner)
        if other is None or other.partner != one.expert_id or other is one:
            told = f"Two who move together must each name the other, was {one.expert_id} with {one.partner}."
            findings.append(Finding(lines[one.expert_id], "partner", "partner_unknown", told, one.partner))
    bad = {finding.row for finding in findings}
    return tuple(one for one in found.values() if lines[one.expert_id] not in bad), tuple(findings)


def _expert(row: rows.Row, lines: Mapping[str, int]) -> Expert:
    name, region, portions = rows.filled(row, *NEEDED)
    cells = row[1]
    if name in lines:
        told = f"An expert must have one row, was on line {lines[name]} already."
        raise rows.RowError(Finding(row[0], "expert", "expert_twice", told, name))
    try:
        return Expert(
            name,
            region,
            cells.get("home", "") or region,
            tuple(split(cells.get("fields", ""))),
            tuple(_span(row, text) for text in split(portions)),
            cells.get("partner", ""),
        )
    except BadInputError as error:
        raise rows.of_row(row, "partner" if error.code == "partner_portions" else "portions", error) from error


def split(text: str) -> list[str]:
    """Return the parts between semicolons, each once."""
    return list(dict.fromkeys(part.strip() for part in text.translate(rows.WIDTHS).split(";") if part.strip()))


def _span(row: rows.Row, text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        told = f"A portion must be written as 2027-01/2027-07:15, was {text!r}."
        raise rows.RowError(Finding(row[0], "portions", "portion_unreadable", told, text))
    return Span(read_month(found[1]), read_month(found[2]), int(found[3]))
