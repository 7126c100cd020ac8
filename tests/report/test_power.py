"""Compute and grid in tables, charts and sentences."""

from __future__ import annotations

from typing import Any

import pytest

from qipan.interfaces.report import power
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")
HOURS = {
    "plan_id": "2026-01-05-1",
    "power_is_modelled": True,
    "day": "2026-01-05",
    "zone_name": "Asia/Shanghai",
    "slots": [f"2026-01-04T{16 + hour:02d}:00:00Z" for hour in range(4)],
    "slot_s": 3600,
    "day_slots": 3,
}
MET: dict[str, Any] = {
    **HOURS,
    "areas": [
        {
            "area_id": "640000",
            "name_en": "Ningxia",
            "name_zh": "宁夏",
            "site_ids": ["zhongwei"],
            "sites": [{"site_id": "zhongwei", "name_en": "Zhongwei", "name_zh": "中卫集群"}],
            "sites_kw": [1.0, 2.0, 3.0, 4.0],
            "others_kw": [100.0, 90.0, 80.0, 70.0],
            "limit_kw": None,
            "over_kwh": 0.0,
            "peaks_kw": {"others": 100.0, "qipan": 101.0, "blind": 103.0, "home_first": 110.0},
        }
    ],
    "uptake": [
        {
            "site_id": "zhongwei",
            "name_en": "Zhongwei",
            "name_zh": "中卫",
            "available_kwh": 200.0,
            "taken_kwh": {"qipan": 150.0, "blind": 140.0, "home_first": 50.0},
        }
    ],
}
CALL: dict[str, Any] = {
    **HOURS,
    "name_en": "Ningxia",
    "name_zh": "宁夏",
    "reduce_kw": 500.0,
    "first_slot": 1,
    "end_slot": 2,
    "before_kw": [10.0, 900.0, 20.0, 30.0],
    "after_kw": [110.0, 500.0, 320.0, 30.0],
    "delivered_kw": [400.0],
    "short_kw": [100.0],
    "is_met": False,
    "shed_kwh": 400.0,
    "work_kwh": 300.0,
    "store_kwh": 80.0,
    "renewable_kwh": 20.0,
    "cost_fen": 8000.0,
    "lost_fen": 0.0,
    "fen_per_kwh": 20.0,
    "shifted": [
        {
            "kind": "intelligent",
            "tier": "batch",
            "shed_unit_h": 250.0,
            "elsewhere_unit_h": 100.0,
            "earlier_unit_h": 50.0,
            "later_unit_h": 90.0,
            "lost_unit_h": 10.0,
        }
    ],
}


def cells(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_areas_show_by_how_much_each_policy_raises_the_peak() -> None:
    assert cells(power.areas(MET, EN)) == [["Ningxia", "100", "4.0", "1.0", "3.0", "10.0", "–", "0.0"]]
    assert power.areas(MET, ZH).rows[0].cells[0].note == "中卫集群"
    assert cells(power.area_hours(MET, EN))[0] == ["00:00", "1.0"]
    assert [row.is_apart for row in power.area_hours(MET, EN).rows] == [False, False, False, True]
    chart = power.power_chart(MET, ZH)
    assert (chart["series"][0]["name"], chart["unit"], chart["day_slots"]) == ("宁夏", "kW", 3)


def test_uptake_shows_shares_and_what_is_curtailed() -> None:
    (row,) = cells(power.uptake(MET, EN))
    assert row == ["Zhongwei", "200", "150 (75.0 %)", "50 (25.0 %)", "50"]
    sentence = power.power_sentence(MET, EN)
    assert "takes 75.0 % of what own plants could give, home-first 25.0 %" in sentence
    assert "by 1.0 kW, a plan blind to them by 3.0 kW, home-first by 10.0 kW" in sentence
    assert "modelled from facts" in sentence
    assert power.power_sentence({**MET, "areas": [], "uptake": [], "power_is_modelled": False}, EN) == ""


def test_call_says_what_is_delivered_and_what_it_costs() -> None:
    sentence = power.call_sentence(CALL, EN)
    assert sentence.startswith("Ningxia cannot draw 0.500 MW less. 400.0 kWh less for 80.00 yuan, 200.00 yuan a MWh.")
    assert "can draw" in power.call_sentence(CALL | {"is_met": True}, EN)
    assert "无法压减" in power.call_sentence(CALL, ZH)
    assert "not the placed jobs" in sentence
    assert "并非已安排的作业" in power.call_sentence(CALL, ZH)
    assert power.call_hours(CALL, EN).heads[1].title == "Baseline: linear programme"
    assert "– yuan a MWh" in power.call_sentence(CALL | {"fen_per_kwh": None}, EN)


def test_call_of_sites_that_draw_nothing_says_just_that() -> None:
    sentence = power.call_sentence(CALL | {"before_kw": [0.0] * len(CALL["before_kw"])}, EN)
    assert sentence.startswith("By the linear programme of the day Ningxia draws nothing from the grid in these hours")
    assert "yuan" not in sentence


@pytest.mark.parametrize(("is_whole", "first", "count"), [(False, "00:00", 4), (True, "00:00", 4)])
def test_call_hours_mark_the_slots_of_the_call(is_whole: bool, first: str, count: int) -> None:
    table = power.call_hours(CALL, EN, is_whole=is_whole)
    assert len(table.rows) == count
    assert cells(table)[0][:3] == [first, "10.0", "110.0"]
    assert cells(table)[1] == ["01:00", "900.0", "500.0", "400.0", "100.0"]
    assert [row.is_own for row in table.rows] == [False, True, False, False]


def test_shifted_and_chart_hold_the_same_answer() -> None:
    assert cells(power.shifted(CALL, EN)) == [["Batch", "250.0", "100.0", "50.0", "90.0", "10.0"]]
    chart = power.call_chart(CALL, EN)
    assert (chart["series"][0]["values"], chart["planned"]["values"]) == (CALL["after_kw"], CALL["before_kw"])


def test_flexibility_is_told_in_all_by_unit_hour_and_by_kwh() -> None:
    one = {
        "kind": "general",
        "tier": "batch",
        "work_unit_h": 100.0,
        "energy_kwh": 125.0,
        "wait_fen": 5000.0,
        "wait_lost_fen": 0.0,
        "leave_region_fen": 20000.0,
        "leave_region_lost_fen": 0.0,
        "leave_macro_fen": 10000.0,
        "leave_macro_lost_fen": 0.0,
    }
    idle = one | {"tier": "offline", "work_unit_h": 0.0, "energy_kwh": 0.0, "wait_fen": 0.0}
    told = cells(power.flexibility({"rows": [one, idle]}, EN))
    assert told[0] == ["Batch", "100 core-hours", "+50", "0.5000", "0.4000", "+200", "2.0000", "1.6000", "+100"]
    assert told[1][:5] == ["Offline", "0 core-hours", "0", "–", "–"]
