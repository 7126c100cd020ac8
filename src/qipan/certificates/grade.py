"""Grade a compute centre by dated criteria: the best grade all of whose criteria are met.

What an audit rests on is written into its request, criteria and findings both, so that whoever reads it comes to the
same grade whatever criteria are in force by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from qipan.certificates.admit import check_holder
from qipan.certificates.model.certification import PPM, Certification, Criteria, Criterion, Evidence, Measure
from qipan.certificates.model.month import ZONE, Month
from qipan.kernel.errors import BadInputError, Finding, NotFoundError, RuleBrokenError
from qipan.kernel.time import in_utc

MOST_DOCUMENT: Final = 200
"""Letters of the name of a document."""

MOST_PUE: Final = 10
"""Above this, a PUE is a slip of the pen."""


def check_evidence(evidence: Evidence) -> None:
    """Refuse evidence that says nothing.

    Raises
    ------
    BadInputError
        ``evidence_unfit``, ``month_unreadable``, ``holder_unfit``.
    """
    check_holder(evidence.site)
    is_long = Month.named(evidence.first) <= Month.named(evidence.last)
    is_told = 1 <= len(evidence.document) <= MOST_DOCUMENT
    is_measured = PPM <= evidence.value_ppm <= MOST_PUE * PPM
    if evidence.measure is not Measure.PUE or not is_measured or not is_long or not is_told:
        raise BadInputError(
            f"Evidence must be a PUE of 1 to {MOST_PUE} over some months, with its document, was {evidence.measure} "
            f"{evidence.value_ppm / PPM} from {evidence.first} to {evidence.last}, document {evidence.document!r}.",
            code="evidence_unfit",
            hint="Shares of green use come from the registry itself: retire certificates against use.",
        )


def in_force(releases: Sequence[Criteria], now: datetime) -> Criteria:
    """Return the newest release of the criteria that is in force.

    Raises
    ------
    NotFoundError
        ``criteria_unknown`` before the first.
    """
    today = in_utc(now).astimezone(ZONE).date()
    found = [one for one in releases if one.since <= today]
    if not found:
        raise NotFoundError(
            f"Criteria must be in force on the day of an audit, was none on {today.isoformat()}.",
            code="criteria_unknown",
            hint="See them with qipan facts search certification.",
        )
    return max(found, key=lambda one: one.since)


def check_period(criteria: Criteria, first: Month, last: Month, now: datetime) -> None:
    """Refuse a period that is too short, not over, or too long ago.

    Raises
    ------
    RuleBrokenError
        ``period_unfit``.
    """
    is_long = first.later(criteria.period_months - 1) <= last
    is_over = last.end <= in_utc(now)
    is_fresh = in_utc(now) < last.later(criteria.stale_months + 1).end
    if not (is_long and is_over and is_fresh):
        raise RuleBrokenError(
            f"An audit must look at {criteria.period_months} months or more that are over since "
            f"{criteria.stale_months} months at most, was {first.name} to {last.name}.",
            code="period_unfit",
            hint="Choose the months before this one.",
        )


def grade(grades: Sequence[tuple[str, Sequence[Criterion]]], found_ppm: Mapping[Measure, int]) -> str:
    """Return the best grade all of whose criteria are met; the best stands first.

    Raises
    ------
    RuleBrokenError
        ``grade_none`` with a finding for each criterion of the last grade that is not met.

    Examples
    --------
    >>> pue = [Criterion(Measure.PUE, is_least=False, value_ppm=value) for value in (1_250_000, 1_500_000)]
    >>> grade([("a", pue[:1]), ("c", pue[1:])], {Measure.PUE: 1_400_000})
    'c'
    """
    for name, criteria in grades:
        if all(one.is_met(found_ppm.get(one.measure)) for one in criteria):
            return name
    name, criteria = grades[-1]
    findings = [_unmet(row, name, one, found_ppm) for row, one in enumerate(criteria, start=1)]
    wrong = [one for one in findings if one is not None]
    raise RuleBrokenError(
        f"A centre must meet the criteria of some grade, was short of {len(wrong)} of grade {name}.",
        code="grade_none",
        hint="Nothing was certified. See the findings, and audit again when they are met.",
        findings=wrong,
    )


def certification_of(audit: Mapping[str, Any], at: datetime) -> Certification:
    """Return the certification that the plain values of an audit tell, as it was made."""
    found = {Measure(name): ppm for name, ppm in audit["found_ppm"]}
    criteria = audit["criteria"]
    return Certification(
        certification_id=audit["request_id"],
        site=audit["site"],
        version=criteria["version"],
        first=audit["first"],
        last=audit["last"],
        grade=grade(grades_of(criteria), found),
        found_ppm={measure.value: ppm for measure, ppm in found.items()},
        auditor=audit["auditor"],
        audited=at,
        expires=Month.of(at).later(criteria["valid_months"]).start,
    )


def grades_of(criteria: Mapping[str, Any]) -> list[tuple[str, list[Criterion]]]:
    """Return the grades that plain values of criteria tell, the best first."""
    return [
        (name, [Criterion(Measure(one["measure"]), one["is_least"], one["value_ppm"]) for one in some])
        for name, some in criteria["grades"]
    ]


def evidence_of(attest: Mapping[str, Any]) -> Evidence:
    """Return the evidence that the plain values of a request tell."""
    told = attest["evidence"]
    return Evidence(**{**told, "measure": Measure(told["measure"])})


def _unmet(row: int, name: str, one: Criterion, found_ppm: Mapping[Measure, int]) -> Finding | None:
    found = found_ppm.get(one.measure)
    if one.is_met(found):
        return None
    was = "" if found is None else str(found / PPM)
    bound = f"{'at least' if one.is_least else 'at most'} {one.value_ppm / PPM}"
    told = f"{one.measure} must be {bound} for grade {name}, was {was or 'not told'}."
    return Finding(row, one.measure.value, "criterion_unmet", told, was)
