"""Quota: allotted once for delivered compute, surrendered or sold, never twice and never made into a certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.certificates.made import House, hour, made, used
from tests.certificates.test_certification import NOW, OLD

from qipan.accounts.model.posting import Draft
from qipan.bootstrap.criteria import quota_rules_of
from qipan.certificates.model.certificate import Granularity
from qipan.certificates.model.certification import Criteria
from qipan.certificates.model.quota import Backing, Declaration, Delivery, QuotaRule
from qipan.certificates.model.request import Allocate, Budget, Issue, Retire, Sell, Surrender
from qipan.certificates.service.certification import Certifications
from qipan.certificates.service.quota import Quotas
from qipan.facts.catalog import Catalog
from qipan.kernel.errors import QipanError, RuleBrokenError
from qipan.storage.books import Books

RULE = QuotaRule("2025", date(2025, 1, 1), g_per_card_h=450, wh_per_card_h=9)
LATER = QuotaRule("2026", date(2026, 6, 1), g_per_card_h=100, wh_per_card_h=1)
JUNE = datetime(2026, 6, 30, tzinfo=UTC)
CRITERIA: Criteria = replace(OLD, period_months=1, grades=(("c", OLD.grades[1][1]),))
SOON = NOW + timedelta(days=1)
DELIVERY = Delivery("d-1", "west", "east", SOON, SOON + timedelta(days=2), 1000)


class Desk:
    """Quotas in one line; the site `west` is certified in May."""

    def __init__(self, books):
        self.house = House(books)
        self.house.open()
        certifications = Certifications(self.house.log, self.house.registry, [CRITERIA])
        of = self.house
        self.quotas = Quotas(of.log, of.accounts, of.claims, of.registry, certifications, [RULE, LATER])
        self.house.send(Issue("i", "wind-1", (made(0, 900), made(24 * 31, 100))), NOW)
        self.house.use(used("u", 0, 500, "west"), at=NOW)
        self.house.send(Allocate("a", "west", "2026-03", Granularity.HOUR), NOW)
        self.house.send(Retire("r", "west", "west", allocation_id="a"), NOW)
        with books.begin() as unit:
            told = {"site": "west", "auditor": "judge", "period": ("2026-03", "2026-04")}
            certifications.audit(unit, "c", NOW, **told)

    def does(self, name, *words, at=JUNE):
        with self.house.books.begin() as unit:
            answer = getattr(self.quotas, name)(unit, *words, at)
        return answer.entered.count, answer.entered.wh, answer.is_new

    def budget(self, kg, name="b", year=2026, at=JUNE):
        return self.does("budget", Budget(name, year, kg), at=at)

    def match(self, name="m", delivery=DELIVERY, backing=Backing.QUOTA, at=JUNE):
        return self.does("match", name, delivery, backing, at=at)

    def declare(self, kg, name="e-1", holder="east", at=JUNE):
        return self.does("declare", Declaration(name, holder, 2026, kg), at=at)

    def surrender(self, kg, name="s", declaration="e-1", at=JUNE):
        return self.does("surrender", Surrender(name, declaration, 2026, kg), at=at)

    def sell(self, kg, name="x", holder="east", at=JUNE):
        return self.does("sell", Sell(name, holder, 2026, kg), at=at)

    def kg(self):
        with self.house.books.read() as unit:
            return {name: kg for (name, _), kg in self.quotas.balances(unit).items() if kg}

    def check(self):
        with self.house.books.read() as unit:
            found = self.quotas.check(unit)
        return found + self.house.check()

    def refused(self, does, *words, **more):
        before = self.house.everything(), self.kg()
        with pytest.raises(QipanError) as caught:
            does(*words, **more)
        assert (self.house.everything(), self.kg()) == before
        return caught.value.code


@pytest.fixture
def desk(books):
    return Desk(books)


def test_delivered_compute_is_allotted_quota_that_is_surrendered_or_sold_once(desk):
    assert desk.budget(1000) == (1000, 0, True)
    assert desk.match() == (450, 0, True)
    assert desk.declare(300) == (300, 0, True)
    assert desk.surrender(200) == (200, 0, True)
    assert desk.refused(desk.surrender, 101, "s2") == "emissions_surrendered"
    assert desk.surrender(100, "s2") == (100, 0, True)
    assert desk.refused(desk.surrender, 1, "s3") == "emissions_surrendered"
    assert desk.refused(desk.sell, 151) == "quota_short"
    assert desk.sell(150) == (150, 0, True)
    assert desk.refused(desk.sell, 1, "y") == "quota_short"
    assert desk.kg() == {
        "registry/quota": -1000,
        "registry/quota/budget": 550,
        "east/quota/surrendered": 300,
        "carbon-market/quota": 150,
    }
    assert [desk.match(), desk.surrender(200), desk.sell(150)] == [(450, 0, False), (200, 0, False), (150, 0, False)]
    assert desk.check() == ()


def test_compute_is_matched_with_quota_or_with_certificates_never_with_both(desk):
    desk.budget(1000)
    may = replace(DELIVERY, delivery_id="d-2", card_h=10)
    desk.house.send(Issue("may", "wind-1", (made(24 * 70, 500),)), JUNE)
    assert desk.match("n", may, Backing.CERTIFICATE) == (0, 90, True)
    assert desk.house.held("east") == {("east", "held"): 90}
    assert desk.match() == (450, 0, True)
    for delivery, backing in ((DELIVERY, Backing.CERTIFICATE), (may, Backing.QUOTA), (DELIVERY, Backing.QUOTA)):
        assert desk.refused(desk.match, "again", delivery, backing) == "delivery_matched"
    assert desk.refused(desk.match, "again", replace(DELIVERY, card_h=999)) == "extent_taken"
    assert desk.refused(desk.match, "o", replace(may, delivery_id="d-3", card_h=100), Backing.CERTIFICATE) == (
        "certificates_short"
    )
    assert desk.check() == ()


def test_no_transfer_makes_quota_of_certificates(desk):
    desk.budget(1000)
    desk.match()
    for debit, credit in (("west/gec", "east/quota"), ("east/quota", "west/gec")):
        draft = Draft(transfer_id="t", debit=debit, credit=credit, amount=1, period=hour(0), reason="convert")
        with pytest.raises(RuleBrokenError) as caught, desk.house.books.begin() as unit:
            desk.house.accounts.post_whole(unit, [draft], JUNE)
        assert [one.rule for one in caught.value.findings] == ["asset_differs"]


def test_only_a_site_that_is_certified_for_when_it_delivered_is_matched(desk):
    desk.budget(1000)
    early = replace(DELIVERY, start=hour(-2), end=hour(-1))
    assert desk.refused(desk.match, delivery=early) == "site_not_certified"
    assert desk.refused(desk.match, delivery=replace(DELIVERY, site="south")) == "site_not_certified"
    late = replace(DELIVERY, start=datetime(2028, 5, 1, tzinfo=UTC), end=datetime(2028, 5, 2, tzinfo=UTC))
    assert desk.refused(desk.match, delivery=late, at=datetime(2028, 6, 1, tzinfo=UTC)) == "site_not_certified"


def test_a_certification_covers_its_period_until_it_is_revoked(desk):
    desk.budget(1000)
    assert desk.match(delivery=replace(DELIVERY, start=hour(0), end=hour(1))) == (450, 0, True)
    with desk.house.books.begin() as unit:
        desk.quotas._certifications.revoke(unit, "v", "c", SOON, auditor="judge", reason="meter was wrong")
    again = replace(DELIVERY, delivery_id="d-9")
    assert desk.refused(desk.match, "n", replace(again, start=hour(0), end=hour(1))) == "site_not_certified"
    assert desk.refused(desk.match, "n", again) == "site_not_certified"
    may = replace(again, start=NOW, end=SOON)
    assert desk.match("n", may) == (450, 0, True)


def test_the_rule_is_that_of_the_day_of_delivery(desk):
    desk.budget(1000)
    june = replace(DELIVERY, start=datetime(2026, 6, 3, tzinfo=UTC), end=datetime(2026, 6, 4, tzinfo=UTC))
    assert desk.match(delivery=june) == (100, 0, True)
    old = replace(june, start=datetime(2024, 6, 3, tzinfo=UTC), end=datetime(2024, 6, 4, tzinfo=UTC))
    assert desk.refused(desk.match, "n", old) == "quota_rule_unknown"


def test_quota_of_a_year_is_over_at_the_end_of_the_next(desk):
    desk.budget(1000)
    desk.match()
    desk.declare(300)
    last, over = datetime(2027, 12, 31, 15, tzinfo=UTC), datetime(2027, 12, 31, 16, tzinfo=UTC)
    assert desk.refused(desk.surrender, 1, at=over) == "quota_expired"
    assert desk.refused(desk.sell, 1, at=over) == "quota_expired"
    assert desk.refused(desk.budget, 1, "z", at=over) == "quota_expired"
    assert desk.surrender(1, at=last) == (1, 0, True)
    with desk.house.books.begin() as unit:
        desk.house.accounts.expire(unit, "quota", over)
    assert desk.kg()["registry/quota/expired"] == 999
    assert desk.check() == ()


@pytest.mark.parametrize(
    ("does", "words", "code"),
    [
        ("budget", (0,), "quota_unfit"),
        ("budget", (5, "b", 1), "quota_unfit"),
        ("budget", (5, "a b"), "request_id_malformed"),
        ("budget", (5, "i"), "certificate_request_differs"),
        ("match", ("m", replace(DELIVERY, card_h=0)), "delivery_unfit"),
        ("match", ("m", replace(DELIVERY, buyer="west")), "delivery_unfit"),
        ("match", ("m", replace(DELIVERY, end=DELIVERY.start)), "delivery_unfit"),
        ("match", ("m", replace(DELIVERY, end=JUNE)), "delivery_unfit"),
        ("match", ("m", replace(DELIVERY, delivery_id="a/b")), "delivery_unfit"),
        ("match", ("m", replace(DELIVERY, buyer="East")), "holder_unfit"),
        ("match", ("m", replace(DELIVERY, buyer="carbon-market")), "holder_reserved"),
        ("match", ("m", replace(DELIVERY, card_h=2)), "delivery_small"),
        ("match", ("m", replace(DELIVERY, card_h=10_000)), "quota_short"),
        ("declare", (0,), "declaration_unfit"),
        ("declare", (5, "e", "carbon-market"), "holder_reserved"),
        ("surrender", (5,), "declaration_unknown"),
        ("surrender", (5, "s", "i"), "declaration_unknown"),
        ("surrender", (0,), "quota_unfit"),
        ("sell", (5,), "quota_short"),
        ("sell", (5, "x", "nobody"), "quota_short"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_posted(desk, does, words, code):
    desk.budget(1000)
    assert desk.refused(getattr(desk, does), *words) == code


def test_the_check_finds_what_goes_past_the_desk(desk):
    desk.budget(1000)
    desk.match()
    desk.declare(300)
    desk.surrender(10)
    draft = Draft(transfer_id="t", debit="east/quota", credit="registry/quota/budget", amount=1,
                  period=datetime(2025, 12, 31, 16, tzinfo=UTC), reason="back")  # fmt: skip
    with desk.house.books.begin() as unit:
        desk.house.accounts.post_whole(unit, [draft], JUNE)
        rules = {one.rule for one in desk.quotas.check(unit)}
        unit.connection.rollback()
    assert rules == {"quota_differs"}
    assert desk.check() == ()


def test_the_shipped_rule_is_dated() -> None:
    (rule_,) = quota_rules_of(Catalog.load())
    assert (rule_.version, rule_.since, rule_.g_per_card_h, rule_.wh_per_card_h) == ("2025", date(2025, 1, 1), 450, 900)


class Trade(RuleBasedStateMachine):
    """Two buyers and a budget against four counters."""

    @initialize()
    def open(self):
        self.books = Books("sqlite://")
        self.books.migrate()
        self.desk = Desk(self.books)
        self.desk.budget(2000)
        self.left, self.count = 2000, 0
        self.has = {"east": 0, "north": 0}
        self.declared, self.done, self.sold = {"east": 0, "north": 0}, {"east": 0, "north": 0}, 0
        for name in self.has:
            self.desk.declare(700, f"e-{name}", name)
            self.declared[name] = 700

    def teardown(self):
        if hasattr(self, "books"):
            self.books.close()

    def name(self):
        self.count += 1
        return f"q{self.count}"

    @rule(buyer=st.sampled_from(["east", "north"]), card_h=st.integers(3, 3000), number=st.integers(0, 3))
    def match(self, buyer, card_h, number):
        delivery = replace(DELIVERY, delivery_id=f"d{number}{card_h}", buyer=buyer, card_h=card_h)
        kg = card_h * 450 // 1000
        known = getattr(self, "known", set())
        if kg > self.left or delivery.delivery_id in known:
            self.desk.refused(self.desk.match, self.name(), delivery)
            return
        assert self.desk.match(self.name(), delivery) == (kg, 0, True)
        self.known = known | {delivery.delivery_id}
        self.left -= kg
        self.has[buyer] += kg

    @rule(holder=st.sampled_from(["east", "north"]), kg=st.integers(1, 500))
    def surrender(self, holder, kg):
        name = self.name()
        if kg > self.has[holder] or self.done[holder] + kg > self.declared[holder]:
            self.desk.refused(self.desk.surrender, kg, name, f"e-{holder}")
            return
        for is_new in (True, False):
            assert self.desk.surrender(kg, name, f"e-{holder}") == (kg, 0, is_new)
        self.has[holder] -= kg
        self.done[holder] += kg

    @rule(holder=st.sampled_from(["east", "north"]), kg=st.integers(1, 500))
    def sell(self, holder, kg):
        name = self.name()
        if kg > self.has[holder]:
            self.desk.refused(self.desk.sell, kg, name, holder)
            return
        assert self.desk.sell(kg, name, holder) == (kg, 0, True)
        self.has[holder] -= kg
        self.sold += kg

    @invariant()
    def every_kg_is_in_one_place(self):
        if not hasattr(self, "desk"):
            return
        found = self.desk.kg()
        wanted = {"registry/quota": -2000, "registry/quota/budget": self.left, "carbon-market/quota": self.sold}
        wanted |= {f"{name}/quota": kg for name, kg in self.has.items()}
        wanted |= {f"{name}/quota/surrendered": kg for name, kg in self.done.items()}
        assert found == {name: kg for name, kg in wanted.items() if kg}
        assert self.desk.check() == ()


Trade.TestCase.settings = settings(max_examples=6, stateful_step_count=20, deadline=None)
TestTrade = Trade.TestCase
