"""The ledger keeps fleets and use by release, each acknowledged once, and answers as of any moment."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from qipan.kernel.errors import BadInputError, NotFoundError, RuleBrokenError
from qipan.kernel.resources import Kind
from qipan.ledger.model.use import Grouping

HOUR = timedelta(hours=1)


def enter(ledger, books, uses, released, source="plan"):
    with books.begin() as unit:
        receipt = ledger.enter_use(unit, source, uses, released=released, now=released)
    with books.read() as unit:
        ledger.record_use(unit)
    return receipt


def test_import_sites_registers_the_example(ledger, books, example, now):
    with books.begin() as unit:
        imported = ledger.import_sites(unit, example, now)
    with books.read() as unit:
        assert ledger.fleet(unit, "nordsee") == imported
        assert ledger.fleets(unit) == (imported,)
    assert [site.site_id for site in imported.sites] == ["luleaa", "frankfurt", "porto"]


def test_import_sites_with_findings_keeps_nothing_and_tells_all(ledger, books, example, now):
    broken = example.replace(b"pue: 1.1 #", b"pue: 11 #").replace(b"lat_deg: 50.11", b"lat_deg: north")
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        ledger.import_sites(unit, broken, now)
    assert caught.value.code == "fleet_invalid"
    assert [finding.rule for finding in caught.value.findings] == [
        "pue_out_of_range",
        "not_a_number",
    ]
    with books.read() as unit:
        assert ledger.fleets(unit) == ()


def test_import_sites_twice_adds_no_release(ledger, books, example, now):
    with books.begin() as unit:
        first = ledger.import_sites(unit, example, now)
        second = ledger.import_sites(unit, example + b"# a comment says nothing\n", now + HOUR)
        assert first == second
        assert [release.released for release in ledger.history(unit, "nordsee")] == [now]


def test_register_a_fleet_that_breaks_a_rule_refuses(ledger, books, fleet, now):
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        ledger.register(unit, replace(fleet, zone_name="Mars/Olympus"), now)
    assert (caught.value.code, caught.value.findings[0].rule) == ("fleet_invalid", "zone_unknown")


def test_fleet_as_of_a_moment_stays_what_it_was(ledger, books, fleet, now):
    grown = replace(fleet, name_en="Grown")
    with books.begin() as unit:
        ledger.register(unit, fleet, now)
        ledger.register(unit, grown, now + HOUR)
        ledger.register(unit, fleet, now + 2 * HOUR)
        answers = [ledger.fleet(unit, "pair", now + step * HOUR).name_en for step in (0, 0.5, 1, 1.5, 2, 9)]
        assert answers == ["A pair", "A pair", "Grown", "Grown", "A pair", "A pair"]
        assert ledger.fleets(unit, now - HOUR) == ()
        assert len(ledger.history(unit, "pair")) == 3


@pytest.mark.parametrize("step", [timedelta(0), -HOUR])
def test_register_with_a_clock_that_went_back_refuses(ledger, books, fleet, now, step):
    with books.begin() as unit:
        ledger.register(unit, fleet, now)
    with pytest.raises(RuleBrokenError) as caught, books.begin() as unit:
        ledger.register(unit, replace(fleet, name_en="Other"), now + step)
    assert caught.value.code == "release_not_later"


def test_fleet_that_is_unknown_names_the_nearest(ledger, books, fleet, now):
    with books.begin() as unit:
        with pytest.raises(NotFoundError) as caught:
            ledger.fleet(unit, "pair")
        assert "qipan ledger import sites" in caught.value.hint
        ledger.register(unit, fleet, now)
        with pytest.raises(NotFoundError, match="meant pair") as caught:
            ledger.fleet(unit, "pear")
        assert (caught.value.code, caught.value.field) == ("fleet_unknown", "fleet_id")
        with pytest.raises(NotFoundError, match="2017-10-09T23:00"):
            ledger.fleet(unit, "pair", now - HOUR)


def test_fleet_as_of_a_naive_moment_refuses(ledger, books, now):
    with pytest.raises(BadInputError) as caught, books.read() as unit:
        ledger.fleet(unit, "pair", now.replace(tzinfo=None))
    assert caught.value.code == "time_naive"


def test_enter_use_is_read_back_and_added_up(ledger, books, fleet, uses, day, now):
    receipt = enter(ledger, books, uses, now)
    assert (receipt.is_new, receipt.rows, receipt.kind, receipt.source) == (True, 3, "use", "plan")
    assert ledger.use(day, now, ["alpha", "beta"]) == tuple(uses)
    assert ledger.use(day, now, ["alpha"]) == tuple(uses[:2])
    assert ledger.use(uses[1].period, now, ["alpha", "beta"]) == (uses[1],)
    assert ledger.use(day, now - HOUR, ["alpha"]) == ()
    alpha, beta = ledger.utilisation(fleet, day, now)
    assert (alpha.used_share, alpha.idle_unit_h, beta.used_share) == (0.375, 125.0, 0.0)
    general, intelligent = ledger.utilisation(fleet, day, now, by=Grouping.HUB)
    assert (general.group, general.kind, intelligent.group, intelligent.kind) == (
        "north",
        Kind.GENERAL,
        "north",
        Kind.INTELLIGENT,
    )


def test_enter_use_twice_is_there_already(ledger, books, uses, day, now):
    first = enter(ledger, books, uses, now)
    again = enter(ledger, books, uses[::-1], now)
    assert (again.is_new, again.sequence, again.digest) == (False, first.sequence, first.digest)
    assert ledger.use(day, now, ["alpha", "beta"]) == tuple(uses)


def test_enter_use_of_a_later_release_corrects_and_can_be_taken_back(ledger, books, uses, day, now):
    corrected = replace(uses[0], used_unit_h=30.0, energy_wh=18_000.0)
    enter(ledger, books, uses, now)
    enter(ledger, books, [corrected], now + HOUR, source="site")
    enter(ledger, books, uses[:1], now + 2 * HOUR)
    told = [ledger.use(day, now + step * HOUR, ["alpha"])[0].used_unit_h for step in (0, 1, 2)]
    assert told == [25.0, 30.0, 25.0]
    assert ledger.use(day, now + HOUR, ["alpha"])[1] == uses[1]


def test_enter_use_that_arrives_late_corrects_nothing_newer(ledger, books, uses, day, now):
    newer = replace(uses[0], used_unit_h=30.0)
    enter(ledger, books, [newer], now + HOUR)
    enter(ledger, books, uses[:1], now)
    assert ledger.use(day, now, ["alpha"]) == (uses[0],)
    assert ledger.use(day, now + HOUR, ["alpha"]) == (newer,)


def test_enter_use_with_findings_keeps_nothing_and_tells_all(ledger, books, uses, now):
    bad = [replace(uses[0], energy_wh=math.nan), replace(uses[1], used_unit_h=101.0)]
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        ledger.enter_use(unit, "site", bad, released=now, now=now)
    assert caught.value.code == "use_invalid"
    assert [(finding.row, finding.rule) for finding in caught.value.findings] == [
        (1, "use_out_of_range"),
        (2, "use_above_capacity"),
    ]
    with books.read() as unit:
        assert ledger.record_use(unit) == ()


def test_enter_use_of_nothing_refuses(ledger, books, now):
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        ledger.enter_use(unit, "site", [], released=now, now=now)
    assert caught.value.code == "use_empty"


def test_record_use_after_a_kill_or_a_lost_lake_brings_all_of_it_back(ledger, books, uses, day, now, tmp_path):
    with books.begin() as unit:
        ledger.enter_use(unit, "plan", uses, released=now, now=now)
        ledger.enter_use(unit, "plan", uses[:1], released=now + HOUR, now=now + HOUR)
    assert ledger.use(day, now, ["alpha"]) == ()
    with books.read() as unit:
        assert len(ledger.record_use(unit)) == 2
        assert ledger.record_use(unit) == ()
    before = ledger.use(day, now + HOUR, ["alpha", "beta"])
    shutil.rmtree(tmp_path / "lake")
    ledger._observations.create()
    with books.read() as unit:
        assert len(ledger.record_use(unit)) == 2
    assert ledger.use(day, now + HOUR, ["alpha", "beta"]) == before == tuple(uses)


def test_meters_and_sources_follow_every_release_and_stay_what_they_were(ledger, books, example, now):
    later = now + timedelta(days=1)
    with books.begin() as unit:
        ledger.import_sites(unit, example, now)
        assert ledger.meters(unit)["luleaa/pdu"].meter.end is None
        ledger.end_meter(unit, "luleaa/pdu", later, later)
        assert ledger.meters(unit)["luleaa/pdu"].meter.end == later
        assert ledger.meters(unit, now)["luleaa/pdu"].meter.end is None
        assert ledger.meters(unit, now) is ledger.meters(unit, now)
        assert set(ledger.sources(unit)) == {"luleaa", "grid-north"}
        assert ledger.sources(unit, now - timedelta(days=1)) == {}
