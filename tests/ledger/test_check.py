"""Every rule of fleets and entries of use refuses what it must, and nothing else."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.ledger.check import check_fleet, check_uses, nearest
from qipan.ledger.model.fleet import Pool


def rules(fleet, **options):
    return [(finding.column, finding.rule) for finding in check_fleet(fleet, **options)]


def with_site(fleet, **changes):
    return replace(fleet, sites=(replace(fleet.sites[0], **changes), *fleet.sites[1:]))


def with_pool(fleet, **changes):
    return with_site(fleet, pools=(replace(fleet.sites[0].pools[0], **changes),))


def with_origin(fleet, **changes):
    return replace(fleet, origins=(replace(fleet.origins[0], **changes),))


def test_check_fleet_that_keeps_the_rules_finds_nothing(fleet):
    assert check_fleet(fleet) == []


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"pue": 0.99}, "pue", "pue_out_of_range"),
        ({"pue": 3.01}, "pue", "pue_out_of_range"),
        ({"pue": math.nan}, "pue", "pue_out_of_range"),
        ({"power_cap_kw": -1.0}, "power_cap_kw", "power_cap_negative"),
        ({"power_cap_kw": math.nan}, "power_cap_kw", "power_cap_negative"),
        ({"green_share": 1.01}, "green_share", "green_share_out_of_range"),
        ({"green_share": -0.01}, "green_share", "green_share_out_of_range"),
        ({"green_share": math.nan}, "green_share", "green_share_out_of_range"),
        ({"price_fen_per_kwh": (1.0,) * 23}, "price_fen_per_kwh", "price_count"),
        ({"price_fen_per_kwh": (1.0,) * 23 + (math.inf,)}, "price_fen_per_kwh[23]", "price_out_of_range"),
        ({"price_fen_per_kwh": None}, "price_fen_per_kwh", "price_missing"),
        ({"location_kg_per_kwh": None}, "location_kg_per_kwh", "factor_missing"),
        ({"location_kg_per_kwh": -0.1}, "location_kg_per_kwh", "factor_out_of_range"),
        ({"location_kg_per_kwh": 10.1}, "location_kg_per_kwh", "factor_out_of_range"),
        ({"location_kg_per_kwh": math.nan}, "location_kg_per_kwh", "factor_out_of_range"),
        ({"point": Point(180.1, 0.0)}, "lon_deg", "longitude_out_of_range"),
        ({"point": Point(0.0, -90.1)}, "lat_deg", "latitude_out_of_range"),
        ({"point": Point(0.0, math.nan)}, "lat_deg", "latitude_out_of_range"),
        ({"site_id": ""}, "site_id", "id_malformed"),
        ({"site_id": "a/b"}, "site_id", "id_malformed"),
        ({"site_id": "a" * 65}, "site_id", "id_malformed"),
        ({"hub_id": "two words"}, "hub_id", "id_malformed"),
        ({"name_en": " "}, "name_en", "name_malformed"),
        ({"name_zh": "two\nlines"}, "name_zh", "name_malformed"),
        ({"adcode": "64000"}, "adcode", "adcode_malformed"),
        ({"adcode": "６４００００"}, "adcode", "adcode_malformed"),
        ({"pools": ()}, "pools", "pools_empty"),
        ({"status": {"price": "assumed"}}, "status", "figure_unknown"),
        ({"status": {"pue": "certain"}}, "status.pue", "status_unknown"),
    ],
)
def test_check_fleet_with_a_bad_site_names_the_field(fleet, changes, column, rule):
    assert rules(with_site(fleet, **changes)) == [(f"sites[0].{column}", rule)]


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"quantity": 0.0}, "quantity", "quantity_out_of_range"),
        ({"quantity": math.inf}, "quantity", "quantity_out_of_range"),
        ({"quantity": 1.01e9}, "quantity", "quantity_out_of_range"),
        ({"quantity": math.nan}, "quantity", "quantity_out_of_range"),
        ({"it_kw_per_unit": 0.0}, "it_kw_per_unit", "unit_power_out_of_range"),
        ({"it_kw_per_unit": math.nan}, "it_kw_per_unit", "unit_power_out_of_range"),
        ({"pool_id": ""}, "pool_id", "name_malformed"),
        ({"card_model": "\t"}, "card_model", "name_malformed"),
    ],
)
def test_check_fleet_with_a_bad_pool_names_the_field(fleet, changes, column, rule):
    assert rules(with_pool(fleet, **changes)) == [(f"sites[0].pools[0].{column}", rule)]


@pytest.mark.parametrize(
    "changes",
    [
        {"pue": 1.0},
        {"pue": 3.0},
        {"power_cap_kw": 0.0},
        {"power_cap_kw": math.inf},
        {"green_share": 1.0},
        {"price_fen_per_kwh": (-5.0,) * 24},
        {"location_kg_per_kwh": 0.0},
        {"site_id": "中卫-1.a_b"},
        {"hub_id": ""},
        {"price_fen_per_kwh": None, "location_kg_per_kwh": None, "adcode": "640000"},
    ],
)
def test_check_fleet_at_the_edge_of_a_rule_finds_nothing(fleet, changes):
    assert rules(replace(with_site(fleet, **changes), round_trip_ms={})) == []


def test_check_fleet_with_repeated_ids_names_each_and_where_it_stood_first(fleet):
    alpha = fleet.sites[0]
    doubled = replace(
        fleet,
        sites=(alpha, replace(alpha, pools=alpha.pools * 2)),
        origins=fleet.origins * 2,
        round_trip_ms={},
    )
    findings = check_fleet(doubled)
    assert [finding.column for finding in findings] == [
        "sites[1].site_id",
        "origins[1].origin_id",
        "sites[1].pools[1].pool_id",
    ]
    assert {finding.rule for finding in findings} == {"id_repeated"}
    assert "sites[0].site_id" in findings[0].message


def test_check_fleet_without_sites_or_origins_says_so(fleet):
    empty = replace(fleet, sites=(), origins=(), round_trip_ms={})
    assert rules(empty) == [("sites", "sites_empty"), ("origins", "origins_empty")]


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "Asia", "../etc", "a" * 300, "Asia/\0"])
def test_check_fleet_with_an_unknown_zone_says_so(fleet, name):
    assert rules(replace(fleet, zone_name=name)) == [("zone_name", "zone_unknown")]


def test_check_fleet_with_bad_weights_says_so(fleet):
    assert rules(with_origin(fleet, weight=-1.0)) == [("origins[0].weight", "weight_out_of_range")]
    assert rules(with_origin(fleet, weight=math.nan)) == [("origins[0].weight", "weight_out_of_range")]
    assert rules(with_origin(fleet, weight=0.0)) == [("origins", "weights_zero")]


def test_check_fleet_with_bad_round_trips_names_each_end_once(fleet):
    trips = {("alpha", "beta"): -1.0, ("alpha", "betta"): 3.0, ("omega", "alpha"): 1.0, ("omega", "beta"): math.inf}
    findings = check_fleet(replace(fleet, round_trip_ms=trips))
    assert [(finding.column, finding.rule) for finding in findings] == [
        ("round_trip_ms.alpha.beta", "round_trip_out_of_range"),
        ("round_trip_ms.alpha.betta", "site_unknown"),
        ("round_trip_ms.omega", "origin_unknown"),
        ("round_trip_ms.omega.beta", "round_trip_out_of_range"),
    ]
    assert findings[1].message.endswith("'betta'; meant beta?.")


def test_check_fleet_knows_the_regions_it_is_given(fleet):
    assert rules(fleet, adcodes={"640000"}) == []
    assert rules(fleet, adcodes={"640001"}) == [("sites[1].adcode", "adcode_unknown")]


def test_check_fleet_with_many_faults_finds_all_of_them(fleet):
    pool = Pool("x", Kind.GENERAL, "", -1.0, -1.0)
    broken = replace(with_site(fleet, pue=0.0, green_share=2.0, point=Point(999.0, 999.0), pools=(pool,)), zone_name="")
    assert len(rules(broken)) == 7


def test_check_uses_that_keep_the_rules_finds_nothing(uses):
    assert check_uses(uses) == []


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"energy_wh": math.nan}, "energy_wh", "use_out_of_range"),
        ({"capacity_unit_h": math.inf}, "capacity_unit_h", "use_out_of_range"),
        ({"used_unit_h": -1.0}, "used_unit_h", "use_out_of_range"),
        ({"used_unit_h": 100.01}, "used_unit_h", "use_above_capacity"),
    ],
)
def test_check_uses_with_a_bad_entry_names_row_and_field(uses, changes, column, rule):
    uses[1] = replace(uses[1], **changes)
    assert [(f.row, f.column, f.rule) for f in check_uses(uses)] == [(2, column, rule)]


def test_check_uses_with_a_period_twice_names_the_second(uses):
    findings = check_uses([*uses, uses[0]])
    assert [(f.row, f.rule) for f in findings] == [(4, "use_repeated")]
    assert "row 1" in findings[0].message


def test_check_uses_bears_the_rounding_of_sums(uses):
    assert check_uses([replace(uses[0], used_unit_h=100.0 + 1e-8)]) == []


def test_nearest_names_only_what_is_near():
    assert nearest("quantty", ["kind", "quantity"]) == "; meant quantity?"
    assert nearest("xyz", ["kind", "quantity"]) == ""
