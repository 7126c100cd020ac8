"""What the browser draws is plain JSON with the numbers of the document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qipan.interfaces.report import charts
from qipan.interfaces.report.words import words

EN, ZH = words("en"), words("zh")


def test_map_holds_demand_sites_and_flows_in_one_language(document: dict[str, Any]) -> None:
    drawn = charts.board_map(document, ZH)
    assert drawn["kind"] == "map"
    assert drawn["demand"] == {"440000": 10.0}
    assert drawn["sites"][0] | {"point": None} == {
        "name": "中卫集群",
        "point": None,
        "capacity_unit_h": 20.0,
        "used_unit_h": 9.0,
        "used_share": 0.45,
    }
    assert drawn["sites"][1]["used_share"] is None
    assert drawn["flows"][0]["coords"] == [[113.3, 23.1], [105.2, 37.5]]


def test_map_of_places_elsewhere_is_plain(document: dict[str, Any]) -> None:
    document["sites"][0] |= {"lon_deg": 8.7, "lat_deg": 50.1}
    assert charts.board_map(document, EN)["kind"] == "plain"


def test_use_sums_plan_and_capacity_over_sites(document: dict[str, Any]) -> None:
    drawn = charts.use(document, EN)
    assert drawn["slots"] == ["22:00", "23:00", "10-10 00:00"]
    assert drawn["planned"]["values"] == [8.0, 16.0, 4.0]
    assert drawn["capacity"]["values"] == [10.0, 10.0, 10.0]


@pytest.mark.parametrize(("draw", "ends"), [(charts.lmp, (0.48, 0.72)), (charts.electricity, (0.4, 0.6))])
def test_prices_are_in_yuan_with_the_ends_of_their_scale(document: dict[str, Any], draw: Any, ends: Any) -> None:
    drawn = draw(document, EN)
    assert (drawn["least"], drawn["most"]) == ends


def test_prices_that_are_missing_are_null(document: dict[str, Any]) -> None:
    document["sites"][0]["lmp_fen_per_unit_h"] = [None, float("nan"), 60.0]
    assert charts.lmp(document, EN)["values"][0] == [None, None, 0.6]


def test_charts_are_valid_json(document: dict[str, Any]) -> None:
    for draw in (charts.board_map, charts.use, charts.lmp, charts.electricity):
        json.dumps(draw(document, EN), allow_nan=False)
