"""A fleet in tables is read with every fault at once, and written so that it is read as the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.sources.test_sites_yaml import NAMES, POINTS, WORDS, fleets

from qipan.ledger.check import check_fleet
from qipan.ledger.model.fleet import (
    Agreement,
    Certified,
    DataResource,
    ExchangePoint,
    Fleet,
    Key,
    Link,
    Meter,
    Source,
)
from qipan.ledger.model.reading import Measure
from qipan.ledger.sources import sites_csv, sites_yaml
from qipan.ledger.sources.sites_csv import read, write

SMALL = {
    "fleet.csv": "fleet,name_en,zone\nnord,Nord,Europe/Oslo\n",
    "sites.csv": "site_id,name_en,lon_deg,lat_deg,pue,price_yuan_per_kwh,location_kg_per_kwh,status_pue\n"
    "NO,Norway,10.75,59.91,1.2,0.29,0.03,modelled\nSE,Sweden,18.07,59.33,1.1,0.3,0.02,\n",
    "pools.csv": "site_id,kind,quantity,it_kw_per_unit\nSE,intelligent,4,0.7\nNO,intelligent,8,0.7\n",
    "certified.csv": "site_id,pool_id,start,quantity\nNO,NO/intelligent,2026-01-01T00:00:00+01:00,6\n",
    "meters.csv": "site_id,meter_id,measure,source_id\nSE,se/grid,grid_j,grid\n",
    "sources.csv": "source_id,name_en,cadence_s,agreement_reference,agreement_shared_with,agreement_start\n"
    "grid,Grid,3600,NC-1,public,2026-01-01T00:00:00+01:00\n",
    "keys.csv": "source_id,key_id,public_key,start\n"
    "grid,k1,A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=,2026-01-01T00:00:00+01:00\n",
    "round_trips.csv": "origin_id,site_id,round_trip_ms\nNO,SE,9.5\nSE,NO,9.6\n",
}


def encoded(tables):
    return {name: text.encode() for name, text in tables.items()}


def changed(table, old, new):
    assert old in SMALL[table]
    return read(encoded({**SMALL, table: SMALL[table].replace(old, new)}))


def told(intake):
    assert (intake.fleet is None) == bool(intake.findings)
    return [(finding.row, finding.column, finding.rule) for finding in intake.findings]


def test_read_tables_gives_every_part_to_the_one_that_holds_it():
    intake = read(encoded(SMALL))
    assert intake.findings == ()
    norway, sweden = intake.fleet.sites
    assert (norway.pools[0].quantity, sweden.pools[0].quantity) == (8.0, 4.0)
    assert [step.quantity for step in norway.pools[0].certified] == [6.0]
    assert [meter.meter_id for meter in sweden.meters] == ["se/grid"]
    assert norway.status == {"pue": "modelled"}
    assert intake.fleet.sources[0].keys[0].key_id == "k1"
    assert intake.fleet.sources[0].agreement.reference == "NC-1"
    assert intake.fleet.round_trip_ms == {("NO", "SE"): 9.5, ("SE", "NO"): 9.6}
    assert [origin.weight for origin in intake.fleet.origins] == [8.0, 4.0]


@pytest.mark.parametrize(
    ("table", "old", "new", "row", "column", "rule"),
    [
        ("sites.csv", "1.1", "0.9", 3, "sites.csv:pue", "pue_out_of_range"),
        ("sites.csv", "1.1", "eleven", 3, "sites.csv:pue", "not_a_number"),
        ("sites.csv", "1.1", "", 3, "sites.csv:pue", "key_missing"),
        ("sites.csv", "modelled", "guessed", 2, "sites.csv:status_pue", "status_unknown"),
        ("sites.csv", "0.29", "0.29 0.30", 2, "sites.csv:price_yuan_per_kwh", "price_count"),
        ("sites.csv", "location_kg", "locaton_kg", 0, "sites.csv:locaton_kg_per_kwh", "key_unknown"),
        ("sites.csv", "0.02,", "0.02", 3, "sites.csv", "cell_count"),
        ("sites.csv", "Sweden", '"Sweden', 0, "sites.csv", "file_not_csv"),
        ("pools.csv", "SE,", "Se,", 3, "sites.csv:site_id", "pools_empty"),
        ("pools.csv", "SE,", "Se,", 2, "pools.csv:site_id", "site_unknown"),
        ("pools.csv", "8,", "-8,", 3, "pools.csv:quantity", "quantity_out_of_range"),
        ("certified.csv", "NO/", "N0/", 2, "certified.csv:pool_id", "pool_unknown"),
        ("certified.csv", "2026", "soon", 2, "certified.csv:start", "moment_malformed"),
        ("meters.csv", "grid_j", "grid", 2, "meters.csv:measure", "measure_unknown"),
        ("meters.csv", ",grid\n", ",gird\n", 2, "meters.csv:source_id", "source_unknown"),
        ("sources.csv", "public", "all", 2, "sources.csv:agreement_shared_with", "shared_with_unknown"),
        ("keys.csv", "grid,", ",", 2, "keys.csv:source_id", "source_unknown"),
        ("round_trips.csv", "NO,SE", "NO,DK", 2, "round_trips.csv:site_id", "site_unknown"),
        ("round_trips.csv", "NO,SE", "DK,SE", 2, "round_trips.csv:origin_id", "origin_unknown"),
        ("round_trips.csv", "9.6", "-9", 3, "round_trips.csv:round_trip_ms", "round_trip_out_of_range"),
        ("fleet.csv", "Europe/Oslo", "Oslo", 2, "fleet.csv:zone", "zone_unknown"),
        ("fleet.csv", "nord,Nord,Europe/Oslo\n", "", 0, "fleet.csv", "fleet_count"),
    ],
)
def test_read_tells_the_table_its_row_and_its_column(table, old, new, row, column, rule):
    assert (row, column, rule) in told(changed(table, old, new))


def test_read_names_the_nearest_word():
    (finding,) = changed("certified.csv", "NO/", "N0/").findings
    assert finding.message.endswith(" pools.csv, was of 'NO N0/intelligent'; meant NO/intelligent?.")
    (finding,) = changed("meters.csv", ",grid\n", ",gird\n").findings
    assert finding.message.endswith("was 'gird'; meant grid?.")


def test_read_a_folder_without_a_needed_table_or_with_a_stranger_is_refused():
    tables = encoded(SMALL)
    tables["meter.csv"] = tables.pop("meters.csv")
    del tables["pools.csv"]
    assert told(read(tables)) == [(0, "meter.csv", "table_unknown"), (0, "pools.csv", "table_missing")]
    assert told(read({})) == [(0, f"{name}.csv", "table_missing") for name in ("fleet", "sites", "pools")]


def test_read_tells_the_faults_of_all_tables_at_once():
    tables = {**SMALL, "sites.csv": SMALL["sites.csv"].replace("1.1", "9"), "keys.csv": "source_id,key\ngrid,k1\n"}
    assert told(read(encoded(tables))) == [
        (3, "sites.csv:pue", "pue_out_of_range"),
        (0, "keys.csv:key", "key_unknown"),
        (2, "keys.csv:key_id", "key_missing"),
        (2, "keys.csv:public_key", "key_missing"),
        (2, "keys.csv:start", "key_missing"),
    ]


def test_the_example_is_the_same_in_both_forms(example):
    fleet = sites_yaml.read(example).fleet
    tables = write(fleet)
    assert set(tables) == set(sites_csv.TABLES)
    assert read(tables).fleet == fleet
    assert sites_yaml.write(read(tables).fleet) == sites_yaml.write(fleet)


MOMENTS = st.integers(0, 10**9).map(lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
SOURCES = st.builds(
    Source,
    WORDS,
    NAMES,
    NAMES,
    st.integers(1, 10**6),
    st.integers(0, 10**6),
    st.lists(st.builds(Key, WORDS, st.just("A" * 43 + "="), MOMENTS), max_size=2, unique_by=lambda key: key.key_id).map(
        tuple
    ),
    st.none() | st.builds(Agreement, NAMES, st.sampled_from(["site", "region", "public"]), MOMENTS),
)
STEPS = st.lists(st.builds(Certified, MOMENTS, st.floats(0, 1e9), st.just("") | NAMES), max_size=2)


@st.composite
def registers(draw):
    """A fleet with all that measures it."""
    fleet = draw(fleets())
    sources = tuple(draw(st.lists(SOURCES, min_size=1, max_size=2, unique_by=lambda source: source.source_id)))

    def equipped(place, site):
        steps = sorted({one.start: one for one in draw(STEPS)}.values(), key=lambda one: one.start)
        first = replace(site.pools[0], certified=tuple(steps))
        source_id = draw(st.sampled_from(sources)).source_id
        meters = (
            Meter(f"{place}/used", Measure.USED, source_id, first.pool_id, draw(st.none() | MOMENTS)),
            Meter(f"{place}/grid", Measure.GRID_ENERGY, source_id),
        )
        return replace(site, pools=(first, *site.pools[1:]), meters=meters[: draw(st.integers(0, 2))], racks=3)

    sites = tuple(equipped(place, site) for place, site in enumerate(fleet.sites))
    point = ExchangePoint("ix.1", draw(NAMES), draw(NAMES), "", draw(POINTS))
    link = Link("l", sites[0].site_id, "ix.1", draw(st.floats(1, 1e4)), draw(st.none() | st.floats(0, 1e3)))
    data = DataResource("d", draw(NAMES), draw(NAMES), sites[-1].site_id, draw(st.floats(0, 1e6)), "free")
    return replace(fleet, sites=sites, sources=sources, exchange_points=(point,), links=(link,), data_resources=(data,))


@settings(max_examples=15)
@given(registers())
def test_write_then_read_gives_the_same_fleet_and_the_same_tables(fleet: Fleet):
    assert check_fleet(fleet) == []
    tables = write(fleet)
    intake = read(tables)
    assert intake.findings == ()
    assert intake.fleet == fleet
    assert write(intake.fleet) == tables
    text = sites_yaml.write(fleet)
    assert sites_yaml.write(read(write(sites_yaml.read(text).fleet)).fleet) == text


@settings(max_examples=40)
@given(st.data())
def test_read_damaged_bytes_never_fails_and_tells_all_or_gives_a_sound_fleet(data):
    tables = encoded(SMALL)
    name = data.draw(st.sampled_from(sorted(tables)))
    damaged = bytearray(tables[name])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    intake = read({**tables, name: bytes(damaged)})
    assert (intake.fleet is None) == bool(intake.findings)
    if intake.fleet is not None:
        assert check_fleet(intake.fleet) == []
