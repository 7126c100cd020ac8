"""Unit-hours of two kinds are never added: rows, shares, charts and sentences tell them apart."""

from __future__ import annotations

from typing import Any

import pytest

from qipan.interfaces.report import charts, day, kinds, stand_alone, tables
from qipan.interfaces.report.words import words

EN = words("en")


@pytest.fixture
def mixed(document: dict[str, Any]) -> dict[str, Any]:
    """The day with a little work on cores besides: Guangdong's, at the second site."""
    document["sites"][1] |= {"product": "general", "capacity_unit_h": [8.0] * 3, "used_unit_h": [1.0, 2.0, 0.0]}
    document["origins"].append(document["origins"][0] | {"kind": "general", "work_unit_h": 4.0, "placed_unit_h": 3.0})
    document["flows"].append(document["flows"][0] | {"kind": "general", "site_id": "shaoguan", "work_unit_h": 3.0})
    document["tiers"].append(document["tiers"][0] | {"kind": "general", "jobs": 1, "work_unit_h": 4.0})
    for score in document["scores"]:
        score["work_unit_h"] = {"intelligent": 9.0, "general": 3.0}
    return document


def texts(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_rows_of_a_day_with_two_kinds_say_their_units_and_share_only_their_own(mixed: dict[str, Any]) -> None:
    assert kinds.of_day(mixed) == ("intelligent", "general")
    origins = texts(tables.origins(mixed, EN))
    assert [row[0] for row in origins] == ["Guangdong", "</script><b>Lab</b>", "Guangdong"]
    assert [row[2:4] for row in origins] == [
        ["10 card-hours", "83.3 %"],
        ["2 card-hours", "16.7 %"],
        ["4 core-hours", "100.0 %"],
    ]
    assert [row[2] for row in texts(tables.flows(mixed, EN))] == ["9 card-hours", "3 core-hours"]
    assert [row.cells[2].bar for row in tables.flows(mixed, EN).rows] == [1.0, 1.0]
    assert [row[5] for row in texts(tables.tiers(mixed, EN))] == ["5 card-hours", "4 core-hours"]
    assert texts(tables.policies(mixed, EN))[0][-2] == "9 card-hours, 3 core-hours"


def test_map_and_chart_draw_one_kind_and_say_so(mixed: dict[str, Any]) -> None:
    drawn = charts.board_map(mixed, EN)
    assert (drawn["unit"], drawn["demand"], len(drawn["sites"]), len(drawn["flows"])) == (
        "card-hours",
        {"440000": 10.0},
        1,
        1,
    )
    assert charts.use(mixed, EN)["capacity"]["values"] == [10.0, 10.0, 10.0]
    assert day.drawn(mixed, EN) == "Drawn is work in card-hours; work of other kinds stands in the tables."
    assert "9 card-hours, 3 core-hours in the plan" in day.same_work(mixed, EN)


def test_day_of_one_kind_needs_no_such_words(document: dict[str, Any]) -> None:
    assert day.drawn(document, EN) == ""


def test_days_kept_before_kinds_were_told_apart_read_as_they_did(document: dict[str, Any]) -> None:
    for row in (*document["origins"], *document["flows"], *document["tiers"]):
        del row["kind"]
    for score in document["scores"]:
        score |= {"work_unit_h": 9.0, "lost_unit_h": 1.0}
    for region in document["stand_alone"]:
        region |= {field: region[field]["intelligent"] for field in region if field.endswith("unit_h")}
    assert texts(tables.origins(document, EN))[0] == ["Guangdong", "8", "10", "83.3 %", "90.0 %"]
    assert texts(tables.policies(document, EN))[0][-2:] == ["9", "1"]
    assert texts(stand_alone.stand_alone(document, EN))[1][1] == "9"
    assert charts.board_map(document, EN)["demand"] == {"440000": 10.0}
    assert day.same_work(document, EN).startswith("Work that ran: 9 card-hours in the plan")


def test_regions_tell_each_kind(document: dict[str, Any]) -> None:
    document["stand_alone"][0]["asked_unit_h"]["general"] = {"batch": 2.0, "offline": 1.0}
    assert texts(stand_alone.stand_alone(document, EN))[1][1] == "9 card-hours, 3 core-hours"
