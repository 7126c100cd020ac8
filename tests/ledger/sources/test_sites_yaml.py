"""A fleet in YAML is read with every fault at once, and written so that it is read as the same."""

from __future__ import annotations

import gzip
import math
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.ledger.check import check_fleet
from qipan.ledger.model.fleet import FIGURES, STATUSES, Fleet, Origin, Pool, Site
from qipan.ledger.model.power import Area, Carrier, Medium, Plant, Store
from qipan.ledger.sources import power_yaml, sites_yaml
from qipan.ledger.sources.sites_yaml import read, write

SMALL = """\
fleet: nord
name_en: Nord
zone: Europe/Oslo
sites:
  - site_id: NO
    name_en: Norway
    lon_deg: 10.75
    lat_deg: 59.91
    pue: 1.2
    price_yuan_per_kwh: 0.29
    location_kg_per_kwh: 0.03
    pools: [{kind: intelligent, quantity: 8, it_kw_per_unit: 0.7}]
"""


def changed(old, new):
    assert old in SMALL
    return read(SMALL.replace(old, new).encode())


def told(intake):
    assert (intake.fleet is None) == bool(intake.findings)
    return [(finding.row, finding.column, finding.rule) for finding in intake.findings]


def test_read_the_smallest_fleet_fills_in_what_may_be_left_out():
    intake = read(SMALL.encode())
    site = Site(
        site_id="NO",
        name_en="Norway",
        name_zh="Norway",
        hub_id="",
        adcode="",
        macro="",
        point=Point(10.75, 59.91),
        pue=1.2,
        power_cap_kw=math.inf,
        price_fen_per_kwh=(29.0,) * 24,
        location_kg_per_kwh=0.03,
        green_share=0.0,
        pools=(Pool("NO/intelligent", Kind.INTELLIGENT, "", 8.0, 0.7),),
    )
    origin = Origin("NO", "Norway", "Norway", "", "", Point(10.75, 59.91), 8.0)
    assert intake.fleet == Fleet("nord", "Nord", "Nord", "Europe/Oslo", (site,), (origin,), {})


def test_read_the_example_gives_three_sites_and_their_words(example):
    fleet = read(example).fleet
    luleaa, frankfurt, porto = fleet.sites
    assert (luleaa.power_cap_kw, frankfurt.power_cap_kw, porto.power_cap_kw) == (2500.0, math.inf, 600.0)
    assert (frankfurt.price_fen_per_kwh[0], frankfurt.price_fen_per_kwh[19]) == (71.0, 114.0)
    assert len(frankfurt.price_fen_per_kwh) == 24
    assert {site.adcode for site in fleet.sites} == {""}
    assert luleaa.status == {"pue": "modelled"}
    assert [pool.kind for pool in luleaa.pools] == ["intelligent", "general"]
    assert [origin.weight for origin in fleet.origins] == [3.0, 2.0, 1.0]
    assert fleet.round_trip_ms[("london", "porto")] == 33.0


def test_read_a_site_in_a_known_region_needs_no_price_and_no_factor():
    text = SMALL.replace("price_yuan_per_kwh: 0.29", "adcode: 640000").replace("    location_kg_per_kwh: 0.03\n", "")
    site = read(text.encode()).fleet.sites[0]
    assert (site.adcode, site.price_fen_per_kwh, site.location_kg_per_kwh) == ("640000", None, None)
    assert told(read(text.encode(), adcodes=["110000"])) == [(10, "sites[0].adcode", "adcode_unknown")]


def test_read_a_site_outside_every_region_needs_price_and_factor():
    text = SMALL.replace("    price_yuan_per_kwh: 0.29\n    location_kg_per_kwh: 0.03\n", "")
    assert told(read(text.encode())) == [
        (5, "sites[0].price_yuan_per_kwh", "price_missing"),
        (5, "sites[0].location_kg_per_kwh", "factor_missing"),
    ]


def test_read_a_site_without_power_is_accepted():
    site = changed("pue: 1.2", "pue: 1.2\n    power_cap_mw: 0").fleet.sites[0]
    assert (site.power_cap_kw, site.has_power) == (0.0, False)


def test_read_bom_and_windows_line_ends_are_no_fault():
    assert read(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()).fleet == read(SMALL.encode()).fleet


def test_read_without_cards_anywhere_weighs_every_site_alike():
    fleet = changed("kind: intelligent", "kind: storage").fleet
    assert [origin.weight for origin in fleet.origins] == [1.0]


@pytest.mark.parametrize(
    ("data", "row", "rule"),
    [
        (b"", 0, "file_empty"),
        (b"\n\n# only a comment\n", 0, "file_empty"),
        ("fleet: 棋盘".encode("gbk"), 0, "file_not_utf8"),
        (gzip.compress(SMALL.encode()), 0, "file_compressed"),
        (SMALL.encode()[:-10], 12, "file_not_yaml"),
        (b"fleet: [", 1, "file_not_yaml"),
        (b"fleet: a\n\tzone: b\n", 2, "file_not_yaml"),
        (b"a: 1\n---\nb: 2\n", 2, "file_not_yaml"),
        (b"fleet: \x00", 0, "file_not_yaml"),
        (b"[" * 10_000, 0, "file_not_yaml"),
        (b"just words", 1, "not_a_mapping"),
        (b"- a\n- list\n", 1, "not_a_mapping"),
    ],
)
def test_read_what_is_no_fleet_says_why(data, row, rule):
    intake = read(data)
    assert told(intake) == [(row, "", rule)]


def test_read_never_constructs_what_a_file_names():
    (finding,) = changed("pue: 1.2", 'pue: !!python/object/apply:os.system ["true"]').findings
    assert (finding.row, finding.rule) == (9, "not_a_number")


@pytest.mark.parametrize(
    ("old", "new", "row", "column", "rule"),
    [
        ("zone: Europe/Oslo", "zone: Europa/Oslo", 3, "zone", "zone_unknown"),
        ("zone: Europe/Oslo", "zone:", 1, "zone", "key_missing"),
        ("pue: 1.2", "pue: 0.5", 9, "sites[0].pue", "pue_out_of_range"),
        ("pue: 1.2", "pue: .nan", 9, "sites[0].pue", "not_a_number"),
        ("pue: 1.2", "pue: 1e999", 9, "sites[0].pue", "not_a_number"),
        ("pue: 1.2", "pue: 1.2\n    power_cap_mw: 1e307", 10, "sites[0].power_cap_mw", "not_a_number"),
        ("pue: 1.2", "pue: [1.2]", 9, "sites[0].pue", "not_a_number"),
        ("pue: 1.2", "pue: 1,2", 9, "sites[0].pue", "not_a_number"),
        ("pue: 1.2", "pue: ~", 5, "sites[0].pue", "key_missing"),
        ("pue: 1.2", "PUE: 1.2\n    pue: 1.2", 9, "sites[0].PUE", "key_unknown"),
        ("pue: 1.2", "pue: 1.2\n    pue: 1.3", 10, "sites[0].pue", "key_repeated"),
        ("pue: 1.2", "pue: 1.2\n    power_cap_mw: -2", 10, "sites[0].power_cap_mw", "power_cap_negative"),
        ("pue: 1.2", "pue: 1.2\n    status: {pue: sure}", 10, "sites[0].status.pue", "status_unknown"),
        ("pue: 1.2", "pue: 1.2\n    status: {PUE: assumed}", 10, "sites[0].status.PUE", "key_unknown"),
        ("pue: 1.2", "pue: 1.2\n    hub_id: two words", 10, "sites[0].hub_id", "id_malformed"),
        ("name_en: Norway", "name_en: {a: b}", 6, "sites[0].name_en", "not_text"),
        ("kind: intelligent", "kind: inteligent", 12, "sites[0].pools[0].kind", "kind_unknown"),
        ("quantity: 8", "quantity: 0", 12, "sites[0].pools[0].quantity", "quantity_out_of_range"),
        ("quantity: 8", "quantity: 9e307", 12, "sites[0].pools[0].quantity", "quantity_out_of_range"),
        ("quantity: 8", "quantity: eight", 12, "sites[0].pools[0].quantity", "not_a_number"),
        ("0.29", "[0.29, 0.30]", 10, "sites[0].price_yuan_per_kwh", "price_count"),
        ("0.29", f"[{'0.3, ' * 23}x]", 10, "sites[0].price_yuan_per_kwh[23]", "not_a_number"),
        ("zone: ", "round_trips_ms: 3\nzone: ", 3, "round_trips_ms", "not_a_mapping"),
        ("zone: ", "round_trips_ms: {NO: 3}\nzone: ", 3, "round_trips_ms.NO", "not_a_mapping"),
        ("zone: ", "round_trips_ms: {NO: {SE: 3}}\nzone: ", 3, "round_trips_ms.NO.SE", "site_unknown"),
        ("zone: ", "round_trips_ms: {NO: {NO: -3}}\nzone: ", 3, "round_trips_ms.NO.NO", "round_trip_out_of_range"),
        ("zone: ", "origins: []\nzone: ", 3, "origins", "origins_empty"),
        ("zone: ", "origins: [a]\nzone: ", 3, "origins[0]", "not_a_mapping"),
    ],
)
def test_read_one_fault_is_told_once_with_line_and_column(old, new, row, column, rule):
    assert told(changed(old, new)) == [(row, column, rule)]


def test_read_quantities_whose_sum_overflows_tells_both():
    pool = "{kind: intelligent, quantity: 9e307, it_kw_per_unit: 1, pool_id: %s}"
    intake = changed("[{kind: intelligent, quantity: 8, it_kw_per_unit: 0.7}]", f"[{pool % 'a'}, {pool % 'b'}]")
    assert [rule for *_, rule in told(intake)] == ["quantity_out_of_range"] * 2


def test_read_an_unknown_key_or_kind_names_the_nearest():
    assert changed("pue: 1.2", "pue: 1.2\n    green_shares: 1").findings[0].message.endswith("meant green_share?.")
    assert changed("kind: intelligent", "kind: inteligent").findings[0].message.endswith("meant intelligent?.")


def test_read_a_value_out_of_range_shows_it_as_it_was_written():
    assert changed("pue: 1.2", "pue: 1.2\n    power_cap_mw: -2").findings[0].value == "-2"


def test_read_ten_broken_sites_tells_every_fault():
    broken = """
  - {site_id: b0, name_en: A, lon_deg: 1, lat_deg: 1, pue: 9, price_yuan_per_kwh: 1, location_kg_per_kwh: 1, pools: P}
  - {site_id: b1, name_en: A, lon_deg: x, lat_deg: 1, pue: 9, adcode: 640000, pools: [{kind: z, quantity: -1}]}
  - {site_id: b2, name_en: A, lon_deg: 1, lat_deg: 99, pue: 2, adcode: 64, pools: []}
  - {site_id: b2, name_en: A, lon_deg: 1, lat_deg: 9, pue: 2, adcode: 640000, pools: []}
  - {name_en: A, lon_deg: 1, lat_deg: 9, pue: 2, green_share: 2, adcode: 640000}
  - {site_id: b5, colour: red, adcode: 640000}
  - three words only
  - [a, list]
  - {site_id: b/8, name_en: "", lon_deg: 1, lat_deg: 9, pue: nan, adcode: 640000, pools: [5]}
  - {site_id: b9, name_en: A, lon_deg: 1, lat_deg: 9, pue: 2, pools: [{kind: general, quantity: 1, it_kw_per_unit: 0}]}
"""
    findings = told(read((SMALL.rstrip() + broken).encode()))
    assert [rule for *_, rule in findings if _[0] == 13] == ["not_a_list", "pue_out_of_range"]
    assert findings == sorted(findings, key=lambda finding: finding[0])
    expected = {
        13: {"pools": "not_a_list", "pue": "pue_out_of_range"},
        14: {
            "lon_deg": "not_a_number",
            "pue": "pue_out_of_range",
            "pools[0].kind": "kind_unknown",
            "pools[0].it_kw_per_unit": "key_missing",
            "pools[0].quantity": "quantity_out_of_range",
        },
        15: {"lat_deg": "latitude_out_of_range", "adcode": "adcode_malformed", "pools": "pools_empty"},
        16: {"site_id": "id_repeated", "pools": "pools_empty"},
        17: {"site_id": "key_missing", "pools": "key_missing", "green_share": "green_share_out_of_range"},
        18: dict.fromkeys(("name_en", "lon_deg", "lat_deg", "pue", "pools"), "key_missing") | {"colour": "key_unknown"},
        19: {"": "not_a_mapping"},
        20: {"": "not_a_mapping"},
        21: {
            "site_id": "id_malformed",
            "name_en": "name_malformed",
            "pue": "not_a_number",
            "pools[0]": "not_a_mapping",
        },
        22: {
            "price_yuan_per_kwh": "price_missing",
            "location_kg_per_kwh": "factor_missing",
            "pools[0].it_kw_per_unit": "unit_power_out_of_range",
        },
    }
    flat = {
        (row, f"sites[{row - 12}]{'.' if column else ''}{column}", rule)
        for row, columns in expected.items()
        for column, rule in columns.items()
    }
    assert set(findings) == flat
    assert len(findings) == len(flat)


def test_write_is_yaml_that_others_read(fleet):
    document = yaml.safe_load(write(fleet))
    alpha, beta = document["sites"]
    assert (alpha["price_yuan_per_kwh"], alpha["pools"][0]["quantity"]) == (0.29, 100)
    assert b" price_yuan_per_kwh: 0.29\n" in write(fleet)
    assert "power_cap_mw" not in alpha
    assert (beta["power_cap_mw"], beta["status"]) == (0, {"pue": "assumed"})
    assert document["round_trips_ms"] == {"alpha": {"beta": 42.5}}


PRINTABLE = st.characters(categories=["L", "M", "N", "P", "S"]) | st.just(" ")
NAMES = st.text(PRINTABLE, min_size=1, max_size=30).filter(lambda name: bool(name.strip()) and name.isprintable())
WORDS = st.text(st.characters(categories=["L", "Nd"]) | st.sampled_from("._-"), min_size=1, max_size=20)
LON, LAT = st.floats(-180, 180), st.floats(-90, 90)
POINTS = st.builds(Point, LON, LAT)
POSITIVE = st.floats(0, 1e4, exclude_min=True)
FINITE = st.floats(-1e5, 1e5)
ADCODES = st.sampled_from(["", "110000", "640000"])
POOLS = st.builds(
    Pool, NAMES, st.sampled_from(Kind), st.just("") | NAMES, st.floats(0, 1e9, exclude_min=True), POSITIVE
)
PRICES = st.lists(FINITE, min_size=1, max_size=4).map(lambda some: tuple(some[i % len(some)] for i in range(24)))
FACTORS = st.floats(0, 10)


SHARES = st.lists(st.floats(0, 1), min_size=24, max_size=24).map(tuple)
PLANTS = st.builds(Plant, st.sampled_from(Carrier), POSITIVE, FINITE, SHARES)
STORES = st.builds(Store, st.sampled_from(Medium), POSITIVE, POSITIVE, st.floats(0, 1, exclude_min=True))


def sites(adcodes, prices, factors):
    return st.builds(
        Site,
        site_id=WORDS,
        name_en=NAMES,
        name_zh=NAMES,
        hub_id=st.just("") | WORDS,
        adcode=adcodes,
        macro=st.just("") | NAMES,
        point=POINTS,
        pue=st.floats(1, 3),
        power_cap_kw=st.floats(0),
        price_fen_per_kwh=prices,
        location_kg_per_kwh=factors,
        green_share=st.floats(0, 1),
        pools=st.lists(POOLS, min_size=1, max_size=3, unique_by=lambda pool: pool.pool_id).map(tuple),
        status=st.dictionaries(st.sampled_from(FIGURES), st.sampled_from(STATUSES)),
        pue_by_month=st.just(()) | st.lists(st.floats(1, 3), min_size=12, max_size=12).map(tuple),
        plants=st.lists(PLANTS, max_size=2).map(tuple),
        store=st.none() | STORES,
    )


SITES = sites(ADCODES, PRICES, FACTORS) | sites(st.just("640000"), st.none() | PRICES, st.none() | FACTORS)
ORIGINS = st.builds(Origin, WORDS, NAMES, NAMES, ADCODES, st.just("") | NAMES, POINTS, POSITIVE)


@st.composite
def fleets(draw):
    some = draw(st.lists(SITES, min_size=1, max_size=2, unique_by=lambda site: site.site_id).map(tuple))
    origins = draw(st.lists(ORIGINS, min_size=1, max_size=2, unique_by=lambda origin: origin.origin_id).map(tuple))
    pairs = [(origin.origin_id, site.site_id) for origin in origins for site in some]
    trips = draw(st.dictionaries(st.sampled_from(pairs), st.floats(0, 1e5)))
    zone = draw(st.sampled_from(["Asia/Shanghai", "UTC", "America/St_Johns"]))
    area = st.builds(
        Area,
        WORDS,
        NAMES,
        NAMES,
        adcodes=st.lists(st.sampled_from(["110000", "640000"]), max_size=2, unique=True).map(tuple),
        site_ids=st.just(tuple(site.site_id for site in some)),
        limit_kw=st.floats(0),
        peak_fen_per_kw=st.floats(0, 1e7),
    )
    areas = draw(st.lists(area, max_size=2, unique_by=lambda one: one.area_id).map(tuple))
    some = tuple(
        replace(site, fixed_kw=draw(st.sampled_from([0.0, min(site.power_cap_kw, site.it_kw * 0.5)]))) for site in some
    )
    return Fleet(draw(WORDS), draw(NAMES), draw(NAMES), zone, some, origins, trips, areas=areas)


@settings(max_examples=60)
@given(fleets())
def test_write_then_read_gives_the_same_fleet_to_the_last_bit(fleet):
    assert check_fleet(fleet) == []
    data = write(fleet)
    intake = read(data)
    assert intake.findings == ()
    assert intake.fleet == fleet
    assert write(intake.fleet) == data


@settings(max_examples=150)
@given(st.data())
def test_read_damaged_bytes_never_fails_and_tells_all_or_gives_a_sound_fleet(data):
    damaged = bytearray(SMALL.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    intake = read(bytes(damaged))
    assert (intake.fleet is None) == bool(intake.findings)
    if intake.fleet is not None:
        assert check_fleet(intake.fleet) == []


def test_read_a_truncated_file_never_fails():
    for length in range(len(SMALL)):
        intake = read(SMALL.encode()[:length])
        assert (intake.fleet is None) == bool(intake.findings)


@pytest.mark.parametrize("part", [b"[", b"- ", b"? ", b"{a: "])
def test_read_deep_nesting_is_refused_and_does_not_crash(part):
    assert told(read(part * 50_000)) == [(0, "", "file_not_yaml")]


def test_keys_are_all_read_and_all_explained_in_the_example(example):
    text = example.decode()
    for keys in (sites_yaml.FLEET_KEYS, sites_yaml.SITE_KEYS, sites_yaml.POOL_KEYS, sites_yaml.ORIGIN_KEYS):
        assert [key for key in keys if f"{key}:" not in text and key not in {"adcode", "pool_id"}] == []
    for keys in (power_yaml.PLANT_KEYS, power_yaml.STORE_KEYS, power_yaml.AREA_KEYS):
        assert [key for key in keys if f"{key}:" not in text and key != "adcodes"] == []


def test_read_power_in_mw_and_yuan_keeps_kw_and_fen(example):
    fleet = read(example).fleet
    luleaa = fleet.sites[0]
    assert (luleaa.fixed_kw, luleaa.pue_in(7), luleaa.store) == (
        200.0,
        1.16,
        Store(Medium.BATTERY, 2000.0, 500.0, 0.88),
    )
    (plant,) = luleaa.plants
    assert (plant.carrier, plant.peak_kw, plant.price_fen_per_kwh) == (Carrier.WIND, 1500.0, 5.0)
    assert (plant.availability[0], plant.availability[11], len(plant.availability)) == (0.46, 0.28, 24)
    (area,) = fleet.areas
    assert (area.site_ids, area.limit_kw, area.peak_fen_per_kw) == (("porto",), 500.0, 120.0)
    assert fleet.sites[1].pue_in(7) == fleet.sites[1].pue == 1.35


POWER = "pue: 1.2\n    "


@pytest.mark.parametrize(
    ("new", "row", "column", "rule"),
    [
        ("pue_by_month: [1.2, 1.2]", 10, "sites[0].pue_by_month", "month_count"),
        (f"pue_by_month: [{'1.2, ' * 11}4]", 10, "sites[0].pue_by_month[11]", "pue_out_of_range"),
        ("fixed_mw: 0.00672", 10, "sites[0].fixed_mw", "fixed_out_of_range"),
        ("fixed_mw: -1", 10, "sites[0].fixed_mw", "fixed_out_of_range"),
        ("fixed_mw: 0.002\n    power_cap_mw: 0.001", 10, "sites[0].fixed_mw", "fixed_above_cap"),
        ("plants: [{carrier: solar, peak_mw: 1}]", 10, "sites[0].plants[0].availability", "availability_missing"),
        (
            f"plants: [{{carrier: sun, peak_mw: 1, availability: [{'1, ' * 24}]}}]",
            10,
            "sites[0].plants[0].carrier",
            "carrier_unknown",
        ),
        (f"plants: [{{carrier: wind, availability: [{'1, ' * 24}]}}]", 10, "sites[0].plants[0].peak_mw", "key_missing"),
        (
            "plants: [{carrier: wind, peak_mw: 1, availability: [1]}]",
            10,
            "sites[0].plants[0].availability",
            "availability_count",
        ),
        (
            f"plants: [{{carrier: wind, peak_mw: 1, availability: [{'1, ' * 23}1.1]}}]",
            10,
            "sites[0].plants[0].availability[23]",
            "availability_out_of_range",
        ),
        ("store: {medium: battery, capacity_mwh: 1, power_mw: 1}", 10, "sites[0].store.efficiency", "key_missing"),
        (
            "store: {medium: battery, capacity_mwh: 0, power_mw: 1, efficiency: 1}",
            10,
            "sites[0].store.capacity_mwh",
            "store_out_of_range",
        ),
        (
            "store: {medium: cell, capacity_mwh: 1, power_mw: 1, efficiency: 1}",
            10,
            "sites[0].store.medium",
            "medium_unknown",
        ),
        (
            "store: {medium: thermal, capacity_mwh: 1, power_mw: 1, efficiency: 1.5}",
            10,
            "sites[0].store.efficiency",
            "efficiency_out_of_range",
        ),
    ],
)
def test_read_one_fault_of_power_is_told_with_line_and_column(new, row, column, rule):
    assert told(changed("pue: 1.2", POWER + new)) == [(row, column, rule)]


@pytest.mark.parametrize(
    ("area", "column", "rule"),
    [
        ("{area_id: a, name_en: A}", "areas[0]", "area_empty"),
        ("{area_id: a, name_en: A, adcodes: [640000]}", "areas[0]", "area_empty"),
        ("{area_id: a, name_en: A, adcodes: [64], site_ids: [NO]}", "areas[0].adcodes[0]", "adcode_malformed"),
        ("{area_id: a, name_en: A, site_ids: [SE]}", "areas[0].site_ids[0]", "site_unknown"),
        ("{area_id: a, name_en: A, site_ids: [NO], limit_mw: -1}", "areas[0].limit_mw", "limit_out_of_range"),
        ("{area_id: a, name_en: A, site_ids: [NO], peak_yuan_per_kw: -1}", "areas[0].peak_yuan_per_kw", "PEAK"),
        ("{area_id: a b, name_en: A, site_ids: [NO]}", "areas[0].area_id", "id_malformed"),
    ],
)
def test_read_one_fault_of_an_area_is_told(area, column, rule):
    assert told(changed("zone: ", f"areas: [{area}]\nzone: ")) == [
        (3, column, rule.replace("PEAK", "peak_out_of_range"))
    ]
