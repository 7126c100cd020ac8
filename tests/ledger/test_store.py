"""A release of a fleet comes back from the books as it was entered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from qipan.ledger.model.power import Area, Carrier, Medium, Plant, Store
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


def test_document_leaves_out_what_fleets_could_not_state_at_first(fleet):
    """A fleet without power keeps the SHA that its release had before fleets could state any."""
    words = json.loads(store.document_of(fleet))
    assert "areas" not in words
    assert not {"pue_by_month", "fixed_kw", "plants", "store"} & words["sites"][0].keys()


def test_a_fleet_with_power_comes_back_from_its_document(fleet):
    area = Area("line", "Line", "专线", site_ids=(fleet.sites[0].site_id,), peak_fen_per_kw=90.0)
    site = replace(
        fleet.sites[0],
        pue_by_month=(1.2,) * 12,
        fixed_kw=0.5,
        plants=(Plant(Carrier.WIND, 10.0, 5.0, (0.5,) * 24),),
        store=Store(Medium.THERMAL, 4.0, 1.0, 0.9),
    )
    powered = replace(fleet, sites=(site, *fleet.sites[1:]), areas=(area, replace(area, area_id="b", limit_kw=5.0)))
    assert store.fleet_of(store.document_of(powered)) == powered
    assert store.digest_of(powered) != store.digest_of(fleet)
