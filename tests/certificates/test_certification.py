"""Centres are certified by dated criteria: by what is retired for them and what documents say, until it expires."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.certificates.made import House, made, used

from qipan.bootstrap.criteria import criteria_of
from qipan.certificates.grade import grade
from qipan.certificates.model.certificate import Granularity
from qipan.certificates.model.certification import PPM, Criteria, Criterion, Evidence, Measure
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import Allocate, Issue, Retire, Selection, Transfer
from qipan.certificates.service.certification import Certifications
from qipan.certificates.store.registry import REQUEST
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import QipanError

GREEN = Criterion(Measure.GREEN_SHARE, is_least=True, value_ppm=800_000)
SOME = Criterion(Measure.GREEN_SHARE, is_least=True, value_ppm=300_000)
PUE = Criterion(Measure.PUE, is_least=False, value_ppm=1_250_000)
OLD = Criteria("2025", date(2025, 1, 1), (("a", (GREEN, PUE)), ("c", (SOME,))), 2, 3, 24)
NEW = replace(OLD, version="2026", since=date(2026, 7, 1), grades=(("a", (PUE,)),))
NOW = datetime(2026, 5, 20, tzinfo=UTC)
PAPER = Evidence("e", "east", Measure.PUE, "2026-03", "2026-04", 1_210_000, "report 7")


@pytest.fixture
def centre(house):
    """Return certifications of a site that used 1,000 Wh, of which 850 are covered, 500 of them by the hour."""
    house.send(Issue("i", "wind-1", (made(0, 900),)), NOW)
    house.use(used("u0", 0, 500), used("u1", 1, 350), used("u2", 24 * 31, 150), at=NOW)
    house.send(Transfer("t", "west", "east", Selection()), NOW)
    house.send(Allocate("a", "east", "2026-03", Granularity.MONTH), NOW)
    house.send(Retire("r", "east", "east", allocation_id="a"), NOW)
    return Centre(house)


class Centre:
    """Certifications in one line."""

    def __init__(self, house: House):
        self.house = house
        self.certifications = Certifications(house.log, house.registry, [OLD, NEW])

    def attest(self, evidence=PAPER, at=NOW):
        with self.house.books.begin() as unit:
            return self.certifications.attest(unit, evidence, at).is_new

    def audit(self, name="c", at=NOW, *, site="east", auditor="judge", period=("2026-03", "2026-04"), evidence=("e",)):
        told = {"site": site, "auditor": auditor, "period": period, "evidence_ids": evidence}
        with self.house.books.begin() as unit:
            return self.certifications.audit(unit, name, at, **told)

    def revoke(self, name="x", certification="c", at=NOW, auditor="judge"):
        with self.house.books.begin() as unit:
            return self.certifications.revoke(unit, name, certification, at, auditor=auditor, reason="PUE was wrong")

    def all(self):
        with self.house.books.read() as unit:
            return list(self.certifications.certifications(unit).values())

    def check(self):
        with self.house.books.read() as unit:
            return self.certifications.check(unit)

    def refused(self, does, *words, **more):
        before = self.house.everything(), self.all()
        with pytest.raises(QipanError) as caught:
            does(*words, **more)
        assert (self.house.everything(), self.all()) == before
        return caught.value


def test_a_centre_is_graded_by_what_is_retired_and_what_a_document_says(centre):
    assert centre.attest()
    assert not centre.attest()
    found = centre.audit()
    assert (found.grade, found.version, found.auditor) == ("a", "2025", "judge")
    assert found.found_ppm == {"pue": 1_210_000, "green_share": 850_000, "hourly_share": 500_000}
    assert found.expires == Month.named("2028-05").start
    assert found.is_valid(NOW)
    assert not found.is_valid(found.expires)
    assert centre.audit() == found
    assert centre.audit(at=datetime(2026, 8, 1, tzinfo=UTC)) == found
    assert centre.all() == [found]
    assert centre.house.check() + centre.check() == ()


def test_without_the_document_the_grade_is_lower_and_the_next_release_is_stricter(centre):
    assert centre.audit(evidence=()).grade == "c"
    error = centre.refused(centre.audit, "d", datetime(2026, 7, 2, tzinfo=UTC), evidence=())
    assert (error.code, [one.column for one in error.findings]) == ("grade_none", ["pue"])


def test_a_revoked_certification_is_told_with_its_reason(centre):
    centre.attest()
    centre.audit()
    assert centre.refused(centre.revoke, auditor="other").code == "audit_of_another"
    assert centre.refused(centre.revoke, certification="none").code == "certification_unknown"
    revoked = centre.revoke()
    assert (revoked.revoked, revoked.reason) == (NOW, "PUE was wrong")
    assert not revoked.is_valid(NOW)
    assert centre.revoke() == revoked
    assert centre.refused(centre.revoke, "y").code == "certification_over"
    assert centre.all() == [revoked]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"auditor": "east"}, "audit_not_independent"),
        ({"auditor": "The Judge"}, "holder_unfit"),
        ({"name": "a b"}, "request_id_malformed"),
        ({"name": "i"}, "certificate_request_differs"),
        ({"period": ("2026-04", "2026-04")}, "period_unfit"),
        ({"period": ("2026-04", "2026-05")}, "period_unfit"),
        ({"period": ("2026-03", "2026-13")}, "month_unreadable"),
        ({"at": datetime(2026, 9, 1, tzinfo=UTC)}, "period_unfit"),
        ({"at": datetime(2024, 9, 1, tzinfo=UTC)}, "criteria_unknown"),
        ({"evidence": ("none",)}, "evidence_unknown"),
        ({"evidence": ("e", "e")}, "evidence_elsewhere"),
        ({"period": ("2026-02", "2026-04")}, "evidence_elsewhere"),
        ({"site": "west", "evidence": ()}, "usage_none"),
    ],
)
def test_an_audit_that_breaks_a_rule_certifies_nothing(centre, told, code):
    centre.attest()
    assert centre.refused(centre.audit, **told).code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value_ppm": 999_999}, "evidence_unfit"),
        ({"value_ppm": 10 * PPM + 1}, "evidence_unfit"),
        ({"measure": Measure.GREEN_SHARE}, "evidence_unfit"),
        ({"first": "2026-05"}, "evidence_unfit"),
        ({"document": ""}, "evidence_unfit"),
        ({"site": "E"}, "holder_unfit"),
        ({"evidence_id": "a/b"}, "request_id_malformed"),
        ({"last": "2026"}, "month_unreadable"),
    ],
)
def test_evidence_that_says_nothing_is_refused(centre, change, code):
    assert centre.refused(centre.attest, replace(PAPER, **change)).code == code


def test_the_check_grades_every_audit_again(centre):
    centre.attest()
    centre.audit()
    with centre.house.books.begin() as unit:
        (text,) = unit.execute(sa.select(REQUEST.c.record).where(REQUEST.c.kind == "audit")).scalars()
        forged = {"request_id": "f", "kind": "audit", "wh": 0, "count": 1, "at": NOW}
        forged["record"] = text.replace("1210000", "1200000").replace('"request_id":"c"', '"request_id":"f"')
        unit.execute(sa.insert(REQUEST).values(forged))
        assert [one.rule for one in centre.certifications.check(unit)] == ["grade_differs"]
        unit.connection.rollback()
    assert centre.check() == ()


@given(st.integers(0, PPM), st.integers(PPM, 2 * PPM))
def test_the_best_grade_that_is_met_is_given(green, pue):
    found = {Measure.GREEN_SHARE: green, Measure.PUE: pue}
    if green < 300_000:
        with pytest.raises(QipanError) as caught:
            grade(OLD.grades, found)
        assert [one.rule for one in caught.value.findings] == ["criterion_unmet"]
    else:
        assert grade(OLD.grades, found) == ("a" if green >= 800_000 and pue <= 1_250_000 else "c")


def test_the_shipped_criteria_are_read_with_the_best_grade_first() -> None:
    (shipped,) = criteria_of(Catalog.load())
    assert (shipped.version, shipped.since) == ("2025", date(2025, 1, 1))
    assert (shipped.period_months, shipped.stale_months, shipped.valid_months) == (12, 6, 24)
    assert [name for name, _ in shipped.grades] == ["a", "b", "c"]
    least = [next(one.value_ppm for one in some if one.measure is Measure.GREEN_SHARE) for _, some in shipped.grades]
    assert least == sorted(least, reverse=True)
    assert all(one.is_least is (one.measure is not Measure.PUE) for _, some in shipped.grades for one in some)
