"""A release of a fleet comes back from the books as it was entered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from qipan.ledger.store import fleet as store


def test_newest_release_gives_the_fleet_back(books, fleet, now):
    with books.begin() as unit:
        entered = store.insert_release(unit, fleet, now)
    with books.read() as unit:
        assert store.newest_release(unit, "pair") == entered
        assert store.newest_release(unit, "other") is None
    assert entered.fleet == fleet
    assert entered.digest == store.digest_of(fleet)


def test_newest_release_as_of_a_moment_is_the_last_not_later(books, fleet, now):
    later = replace(fleet, name_en="Later")
    with books.begin() as unit:
        store.insert_release(unit, fleet, now)
        store.insert_release(unit, later, now + timedelta(hours=1))

        def name_at(seconds):
            release = store.newest_release(unit, "pair", now + timedelta(seconds=seconds))
            return release and release.fleet.name_en

        assert [name_at(seconds) for seconds in (-1, 0, 3599, 3600)] == [None, "A pair", "A pair", "Later"]
        assert [release.fleet.name_en for release in store.releases(unit, "pair")] == ["A pair", "Later"]
        assert store.fleet_ids(unit) == ("pair",)
        assert store.fleet_ids(unit, now - timedelta(seconds=1)) == ()


def test_digest_follows_what_a_fleet_says(fleet):
    assert store.digest_of(fleet) == store.digest_of(replace(fleet))
    assert store.digest_of(fleet) != store.digest_of(replace(fleet, round_trip_ms={}))
    assert store.digest_of(fleet) != store.digest_of(replace(fleet, sites=fleet.sites[::-1]))
