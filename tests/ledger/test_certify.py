"""Single changes of a fleet leave the rest as it is, and history tells each of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qipan.access import store
from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError
from qipan.ledger import certify
from qipan.ledger.model.fleet import Agreement, Certified, Change, Key, Meter
from qipan.ledger.model.reading import Measure

START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
POOL = "alpha/intelligent"
EXAMPLE_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


@pytest.fixture
def known(ledger, books, example, now):
    with books.begin() as unit:
        return ledger.import_sites(unit, example, now)


def test_certify_keeps_what_counted_before_the_first_step(fleet):
    steps = certify.certify(fleet, POOL, Certified(START, 80.0, "NO-1")).sites[0].pools[0].certified
    assert steps == (Certified(certify.BEGINNING, 100.0), Certified(START, 80.0, "NO-1"))


def test_certify_at_the_start_of_a_step_corrects_it_and_sorts(fleet):
    after = certify.certify(fleet, POOL, Certified(LATER, 90.0))
    after = certify.certify(after, POOL, Certified(START, 80.0))
    after = certify.certify(after, POOL, Certified(LATER, 95.0, "NO-2"))
    assert [step.quantity for step in after.sites[0].pools[0].certified] == [100.0, 80.0, 95.0]
    assert after.sites[1] == fleet.sites[1]


def test_certify_a_pool_of_two_sites_refuses(fleet):
    twice = replace(fleet, sites=(fleet.sites[0], replace(fleet.sites[1], pools=fleet.sites[0].pools)))
    with pytest.raises(RuleBrokenError) as caught:
        certify.certify(twice, POOL, Certified(START, 80.0))
    assert caught.value.code == "pool_ambiguous"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda fleet: certify.certify(fleet, "x", Certified(START, 1.0)), "pool_unknown"),
        (lambda fleet: certify.add_key(fleet, "x", Key("k", EXAMPLE_KEY, START)), "source_unknown"),
        (lambda fleet: certify.agree(fleet, "x", Agreement("a", "site", START)), "source_unknown"),
        (lambda fleet: certify.add_meter(fleet, "x", Meter("m", Measure.GRID_ENERGY, "s")), "site_unknown"),
        (lambda fleet: certify.end_meter(fleet, "x", START), "meter_unknown"),
    ],
)
def test_change_of_what_is_not_there_is_not_found(fleet, change, code):
    with pytest.raises(NotFoundError) as caught:
        change(fleet)
    assert caught.value.code == code


def test_each_change_adds_a_release_and_history_tells_it(ledger, books, known, now):
    with books.begin(caller="shell:root") as unit:
        ledger.certify(unit, "luleaa/intelligent/A100", Certified(LATER, 1400.0, "NC-27"), now + timedelta(hours=1))
        ledger.end_key(unit, "luleaa", "luleaa-2026", LATER, now=now + timedelta(hours=2))
        ledger.add_key(unit, "luleaa", Key("luleaa-2027", EXAMPLE_KEY, LATER), now + timedelta(hours=3))
        ledger.end_meter(unit, "luleaa/pdu", LATER, now + timedelta(hours=4))
        meter = Meter("luleaa/pdu-2", Measure.PDU_ENERGY, "luleaa", start=LATER)
        ledger.add_meter(unit, "luleaa", meter, now + timedelta(hours=5))
        ledger.agree(unit, "grid-north", Agreement("NC-8", "region", START), now + timedelta(hours=6))
    with books.read() as unit:
        told = [changes for _, changes in ledger.changes(unit, "nordsee")]
        assert ledger.fleet(unit, "nordsee", now) == known
        assert ledger.meters(unit)["luleaa/pdu-2"].meter == meter
        trail = [(one.caller, one.action, one.subject) for one in store.trail(unit, caller="shell:root")][::-1]
        assert EXAMPLE_KEY not in str(store.trail(unit))
    assert trail == [
        ("shell:root", "capacity_certified", "luleaa/intelligent/A100"),
        ("shell:root", "key_ended", "luleaa/luleaa-2026"),
        ("shell:root", "key_added", "luleaa/luleaa-2027"),
        ("shell:root", "meter_ended", "luleaa/pdu"),
        ("shell:root", "meter_added", "luleaa/pdu-2"),
        ("shell:root", "agreement_registered", "grid-north"),
    ]
    end = "2027-01-01T00:00:00+00:00"
    pool = "sites[luleaa].pools[luleaa/intelligent/A100]"
    assert told == [
        (),
        (Change(f"{pool}.certified[{end}]", "", f"start {end}, quantity 1400.0, certificate NC-27"),),
        (Change("sources[luleaa].keys[luleaa-2026].end", "", end),),
        (
            Change(
                "sources[luleaa].keys[luleaa-2027]",
                "",
                f"key_id luleaa-2027, public_key {EXAMPLE_KEY}, start {end}",
            ),
        ),
        (Change("sites[luleaa].meters[luleaa/pdu].end", "", end),),
        (
            Change(
                "sites[luleaa].meters[luleaa/pdu-2]",
                "",
                f"meter_id luleaa/pdu-2, measure pdu_j, source_id luleaa, start {end}",
            ),
        ),
        (
            Change(
                "sources[grid-north].agreement",
                "",
                "reference NC-8, shared_with region, start 2026-01-01T00:00:00+00:00",
            ),
        ),
    ]


def test_end_key_that_ended_sooner_refuses(ledger, books, known, now):
    with books.begin() as unit:
        ledger.end_key(unit, "luleaa", "luleaa-2026", START + timedelta(days=9), now=now + timedelta(hours=1))
    with pytest.raises(RuleBrokenError) as caught, books.begin() as unit:
        ledger.end_key(unit, "luleaa", "luleaa-2026", LATER, now=now + timedelta(hours=2))
    assert caught.value.code == "key_ended"


def test_change_of_what_no_fleet_has_is_not_found(ledger, books, known, now):
    with pytest.raises(NotFoundError) as caught, books.begin() as unit:
        ledger.certify(unit, "nowhere", Certified(START, 1.0), now + timedelta(hours=1))
    assert caught.value.code == "holder_unknown"


def test_register_names_that_another_fleet_has_refuses_each(ledger, books, known, now):
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        ledger.register(unit, replace(known, fleet_id="other"), now + timedelta(hours=1))
    rules = [finding.rule for finding in caught.value.findings]
    assert (rules.count("meter_taken"), rules.count("source_taken")) == (4, 2)


def test_register_names_that_another_fleet_had_refuses_each(ledger, books, known, now):
    left = replace(known, sites=tuple(replace(site, meters=()) for site in known.sites), sources=())
    with books.begin() as unit:
        ledger.register(unit, left, now + timedelta(hours=1))
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        ledger.register(unit, replace(known, fleet_id="other"), now + timedelta(hours=2))
    rules = [finding.rule for finding in caught.value.findings]
    assert (rules.count("meter_taken"), rules.count("source_taken")) == (4, 2)
    with books.begin() as unit:
        assert ledger.register(unit, known, now + timedelta(hours=3)) == known
