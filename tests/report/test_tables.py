"""The tables hold the numbers of the document, in yuan and on the wall clock."""

from __future__ import annotations

from typing import Any

from qipan.interfaces.report import tables
from qipan.interfaces.report.table import Table
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def texts(table: Table, index: int) -> list[str]:
    return [cell.text for cell in table.rows[index].cells]


def test_sites_add_up_the_day_without_its_outlook(document: dict[str, Any]) -> None:
    table = tables.sites(document, EN)
    assert texts(table, 0)[:7] == ["Zhongwei", "20", "9", "45.0 %", "10.8", "0.500", "0.60"]
    assert texts(table, 1)[:4] == ["Shaoguan", "0", "0", "–"]
    assert texts(tables.site_use(document, ZH), 0) == ["中卫集群", "20", "45.0 %", "0.60"]


def test_origins_show_what_was_asked_and_placed(document: dict[str, Any]) -> None:
    table = tables.origins(document, ZH)
    assert texts(table, 0) == ["广东", "8", "10", "83.3 %", "90.0 %"]
    assert texts(table, 1) == ["实验室", "2", "2", "16.7 %", "0.0 %"]


def test_flows_name_both_ends(document: dict[str, Any]) -> None:
    assert texts(tables.flows(document, EN), 0) == ["Guangdong", "Zhongwei", "9"]
    document["flows"] = []
    assert tables.flows(document, EN).empty == "No work was placed."


def test_tiers_dash_a_round_trip_that_nobody_made(document: dict[str, Any]) -> None:
    assert texts(tables.tiers(document, EN), 0) == ["Real-time", "4", "3", "0", "1", "5", "50.0 %", "–"]


def test_policies_hold_both_carbon_accounts_and_mark_our_own(document: dict[str, Any]) -> None:
    table = tables.policies(document, EN)
    assert [row.is_own for row in table.rows] == [True, False, False]
    titles = [head.title for head in table.heads[1:5]]
    assert titles == ["Cost", "Planned cost", "Carbon, location-based", "Carbon, market-based"]
    assert texts(table, 0)[:5] == ["Qipan's plan", "800", "1,200", "5.10", "0.95"]
    assert table.rows[0].cells[1].bar == 0.8
    assert table.rows[2].cells[3].bar == 1.0


def test_policies_of_a_report_kept_without_the_planned_cost_dash_it(document: dict[str, Any]) -> None:
    for score in document["scores"]:
        del score["planned_fen"]
    assert [texts(tables.policies(document, EN), index)[2] for index in range(3)] == ["–"] * 3


def test_policies_dash_means_of_work_where_none_ran(document: dict[str, Any]) -> None:
    document["scores"][0] |= {"mean_wait_h": None, "moved_share": None}
    table = tables.policies(document, EN)
    shown = dict(zip((head.title for head in table.heads), texts(table, 0), strict=True))
    assert (shown["Wait"], shown["Left macro-region"]) == ("–", "–")


def test_good_says_which_cost_is_minimised_and_why_the_other_may_be_lower() -> None:
    said = tables.good(EN)
    assert "The plan minimises the planned cost: at a gap of 0 % no placement has a lower one." in said
    assert "cost is the money of what ran" in said


def test_hours_set_the_outlook_apart(document: dict[str, Any]) -> None:
    table = tables.hours(document, "price_fen_per_kwh", EN, caption="Electricity", unit="yuan/kWh", digits=3)
    assert [texts(table, index) for index in range(3)] == [
        ["22:00", "0.400", "0.400"],
        ["23:00", "0.600", "0.600"],
        ["10-10 00:00", "0.500", "0.500"],
    ]
    assert [row.is_apart for row in table.rows] == [False, False, True]
    used = tables.hours(document, "used_unit_h", EN, caption="Use", unit="card-hours", digits=0)
    assert texts(used, 1) == ["23:00", "6", "0"]


def test_bound_shows_gap_and_identities(document: dict[str, Any]) -> None:
    table = tables.bound(document, EN)
    shown = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert shown["Gap to the bound, unserved work included"] == "2.000 %"
    assert shown["Payments = revenue + transport + rent, off by"] == "1.0e-12"


def test_demand_leaves_out_origins_without_a_region(document: dict[str, Any]) -> None:
    assert tables.demand_by_region(document) == {"440000": 10.0}


def test_out_of_scope_counts_by_reason(document: dict[str, Any]) -> None:
    assert tables.out_of_scope(document) == [("no_cards", 2)]
