"""Centres are certified: documents attested, sites audited by dated criteria, certifications told and revoked.

Green shares are not attested: an audit takes them from the registry, of certificates retired against the site's use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from qipan.certificates.admit import check_holder, check_request_id
from qipan.certificates.grade import (
    certification_of,
    check_evidence,
    check_period,
    evidence_of,
    grade,
    grades_of,
    in_force,
)
from qipan.certificates.model.certification import PPM, Certification, Criteria, Evidence, Measure
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import Answer, Attest, Audit, Revoke
from qipan.certificates.record import told
from qipan.certificates.service.entry import LOCK, Done, Entry
from qipan.certificates.service.registry import Registry
from qipan.certificates.store import registry as store
from qipan.kernel.errors import Finding, NotAllowedError, NotFoundError, QipanError, RuleBrokenError
from qipan.kernel.time import in_utc
from qipan.log.service import Log
from qipan.storage.books import UnitOfWork


class Certifications:
    """Which compute centre is green, by which criteria, until when."""

    def __init__(self, log: Log, registry: Registry, releases: Sequence[Criteria]) -> None:
        self._entry = Entry(log)
        self._registry = registry
        self._releases = tuple(releases)

    def criteria(self, now: datetime) -> Criteria:
        """Return the criteria in force.

        Raises
        ------
        NotFoundError
            ``criteria_unknown``.
        """
        return in_force(self._releases, now)

    def attest(self, unit: UnitOfWork, evidence: Evidence, now: datetime) -> Answer:
        """Enter what a document says of a site; the same again changes nothing.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``evidence_unfit``, ``month_unreadable``, ``holder_unfit``.
        ConflictError
            ``certificate_request_differs``.
        """
        check_request_id(evidence.evidence_id)
        check_evidence(evidence)
        return self._entry.enter(unit, Attest(evidence.evidence_id, evidence), _entered, now)

    def audit(
        self,
        unit: UnitOfWork,
        request_id: str,
        now: datetime,
        *,
        site: str,
        auditor: str,
        period: tuple[str, str],
        evidence_ids: Sequence[str] = (),
    ) -> Certification:
        """Certify a site by the criteria in force; the same again is told the same, whatever has changed since.

        Parameters
        ----------
        period
            First and last month that the audit looks at.
        evidence_ids
            What was attested of the site over that period.

        Raises
        ------
        BadInputError
            ``request_id_malformed``, ``holder_unfit``, ``month_unreadable``, ``usage_none``.
        NotFoundError
            ``criteria_unknown``, ``evidence_unknown``.
        NotAllowedError
            ``audit_not_independent`` when a site audits itself.
        RuleBrokenError
            ``period_unfit``, ``evidence_elsewhere``; ``grade_none`` with a finding for each unmet criterion.
        ConflictError
            ``certificate_request_differs``.
        """
        check_request_id(request_id)
        for name in (site, auditor):
            check_holder(name)
        if site == auditor:
            raise NotAllowedError(
                f"An auditor must not be the site that it audits, was {auditor}.",
                code="audit_not_independent",
                hint="Name another auditor.",
            )
        first, last = (Month.named(name) for name in period)
        unit.lock(LOCK)
        stands = store.requests(unit, [request_id]).get(request_id)
        if stands is not None and stands.kind == "audit":
            values = told(stands)
            asked = (site, auditor, first.name, last.name, [*evidence_ids])
            if tuple(values[name] for name in ("site", "auditor", "first", "last", "evidence_ids")) == asked:
                return self.certification(unit, request_id)
        criteria = self.criteria(now)
        check_period(criteria, first, last, now)
        found = self._found(unit, site, first, last, evidence_ids)
        request = Audit(
            request_id, site, auditor, first.name, last.name, tuple(evidence_ids), criteria, tuple(found.items())
        )
        grade(criteria.grades, found)
        self._entry.enter(unit, request, _entered, now)
        return self.certification(unit, request_id)

    def revoke(
        self, unit: UnitOfWork, request_id: str, certification_id: str, now: datetime, *, auditor: str, reason: str
    ) -> Certification:
        """End a certification before its time; who audited it can.

        Raises
        ------
        BadInputError
            ``request_id_malformed``.
        NotFoundError
            ``certification_unknown``.
        NotAllowedError
            ``audit_of_another``.
        RuleBrokenError
            ``certification_over`` when it has expired or was revoked before.
        ConflictError
            ``certificate_request_differs``.
        """
        check_request_id(request_id)
        unit.lock(LOCK)
        found = self.certification(unit, certification_id)
        if found.auditor != auditor:
            raise NotAllowedError(
                f"A certification must be revoked by who audited it, {found.auditor}, was by {auditor}.",
                code="audit_of_another",
                hint="Let its auditor revoke it.",
            )

        def does(_unit: UnitOfWork, _request: Revoke, at: datetime) -> Done:
            if not found.is_valid(in_utc(at)):
                raise RuleBrokenError(
                    f"A certification must be valid before it is revoked, was not: {certification_id}.",
                    code="certification_over",
                    hint="Nothing to do: it has expired, or was revoked.",
                )
            return 0, 1

        self._entry.enter(unit, Revoke(request_id, certification_id, auditor, reason), does, now)
        return self.certification(unit, certification_id)

    def certification(self, unit: UnitOfWork, certification_id: str) -> Certification:
        """Return a certification by the id of its audit.

        Raises
        ------
        NotFoundError
            ``certification_unknown``.
        """
        found = self.certifications(unit).get(certification_id)
        if found is None:
            raise NotFoundError(
                f"A certification must stand under the id of its audit, was none: {certification_id}.",
                code="certification_unknown",
                hint="See them with qipan certificates centre list.",
            )
        return found

    def certifications(self, unit: UnitOfWork, site: str | None = None) -> dict[str, Certification]:
        """Return certifications by the ids of their audits, in their order; of a site if one is named."""
        revoked = {told(one)["certification_id"]: one for one in store.requests(unit, kinds=["revoke"]).values()}
        found: dict[str, Certification] = {}
        for name, entered in store.requests(unit, kinds=["audit"]).items():
            one = certification_of(told(entered), entered.at)
            if name in revoked:
                one = replace(one, revoked=revoked[name].at, reason=told(revoked[name])["reason"])
            if site in {None, one.site}:
                found[name] = one
        return found

    def evidence(self, unit: UnitOfWork, site: str | None = None) -> dict[str, Evidence]:
        """Return what was attested by id, of a site if one is named."""
        found = {name: evidence_of(told(one)) for name, one in store.requests(unit, kinds=["attest"]).items()}
        return {name: one for name, one in found.items() if site in {None, one.site}}

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Grade every audit again by what it rests on; rule ``grade_differs``, its row the number of the audit."""
        evidence = self.evidence(unit)
        findings = []
        for row, entered in enumerate(store.requests(unit, kinds=["audit"]).values(), start=1):
            values = told(entered)
            found = {Measure(name): ppm for name, ppm in values["found_ppm"]}
            attested = {evidence[name].measure: evidence[name].value_ppm for name in values["evidence_ids"]}
            try:
                is_same = bool(grade(grades_of(values["criteria"]), found)) and attested.items() <= found.items()
            except QipanError:
                is_same = False
            if not is_same:
                message = f"A grade must follow from what was found, did not: {entered.request_id}."
                findings.append(Finding(row, "grade", "grade_differs", message, entered.request_id))
        return tuple(findings)

    def _found(
        self, unit: UnitOfWork, site: str, first: Month, last: Month, evidence_ids: Sequence[str]
    ) -> dict[Measure, int]:
        """Return what the registry and documents tell of a site, in millionths."""
        attested = self.evidence(unit)
        found: dict[Measure, int] = {}
        for name in evidence_ids:
            if name not in attested:
                raise NotFoundError(
                    f"Evidence must be attested before an audit rests on it, was not: {name}.",
                    code="evidence_unknown",
                    hint="Attest it with qipan certificates centre attest.",
                )
            one = attested[name]
            if (one.site, one.first, one.last) != (site, first.name, last.name) or one.measure in found:
                raise RuleBrokenError(
                    f"Evidence must be of {site} from {first.name} to {last.name}, one for a measure, was of "
                    f"{one.site} from {one.first} to {one.last}: {name}.",
                    code="evidence_elsewhere",
                    hint="Attest what the document says of that site and period.",
                )
            found[one.measure] = one.value_ppm
        score = self._registry.score_over(unit, site, first, last)
        found[Measure.GREEN_SHARE] = score.monthly_wh * PPM // score.load_wh
        found[Measure.HOURLY_SHARE] = score.hourly_wh * PPM // score.load_wh
        return found


def _entered(_unit: UnitOfWork, _request: object, _now: datetime) -> Done:
    return 0, 1
