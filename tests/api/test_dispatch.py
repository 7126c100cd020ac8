"""``/api/v1/dispatch``."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.conftest import Callers

PLANS = "/api/v1/dispatch/plans"


def test_volumes_are_those_of_the_report(client: TestClient) -> None:
    told = client.get(f"{PLANS}/latest/volumes").json()
    report: dict[str, Any] = client.get(f"/api/v1/day/reports/{told['plan_id']}").json()
    assert told["rows"] == report["volumes"]
    for row in told["rows"]:
        assert row["asked_unit_h"] == pytest.approx(row["eligible_unit_h"] + sum(row["excluded_unit_h"].values()))
    answer = client.get(f"{PLANS}/nobody/volumes")
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_unknown")


def test_regions_alone_are_those_of_the_report(client: TestClient) -> None:
    told = client.get(f"{PLANS}/latest/stand-alone").json()
    report: dict[str, Any] = client.get(f"/api/v1/day/reports/{told['plan_id']}").json()
    assert told["rows"] == report["stand_alone"]
    assert any(row["alone_fen"] > row["net_fen"] + 100.0 for row in told["rows"])
    assert all(row["net_fen"] <= row["alone_fen"] + 1.0 for row in told["rows"])
    answer = client.get(f"{PLANS}/nobody/stand-alone")
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_unknown")


def test_explain_job_sets_the_cheapest_other_sites_against_where_it_is(client: TestClient) -> None:
    rows = client.get("/api/v1/day/reports/latest/jobs", params={"status": "placed", "size": 200}).json()["rows"]
    for row in rows:
        told = client.get(f"{PLANS}/latest/explain/job", params={"job": row["job_id"]}).json()
        assert (told["chosen"]["site_id"], told["chosen"]["start"][:16]) == (row["site_id"], row["start"][:16])
        for one in told["alternatives"]:
            assert one["difference_fen"] == pytest.approx(sum(one["difference_parts_fen"].values()))
            assert one["cost_fen"] - told["chosen"]["cost_fen"] == pytest.approx(one["difference_fen"])
    answer = client.get(f"{PLANS}/latest/explain/job", params={"job": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")


def test_explain_job_without_a_place_names_the_limit_of_every_site(client: TestClient) -> None:
    told = client.get(f"{PLANS}/latest/explain/job", params={"job": "giant"}).json()
    assert (told["chosen"], told["alternatives"], told["reason"]) == (None, [], "too_large")
    assert {one["reason"] for one in told["excluded"]} == {"too_large"}


def test_explain_price_adds_up_to_the_lmp_of_the_report(client: TestClient) -> None:
    report = client.get("/api/v1/day/reports/latest").json()
    site = report["sites"][0]
    told = client.get(f"{PLANS}/latest/explain/price", params={"site": site["site_id"], "slot": 9}).json()
    assert told["start"] == report["slots"][9]
    (row,) = told["rows"]
    assert row["lmp_fen_per_unit_h"] == pytest.approx(site["lmp_fen_per_unit_h"][9])
    assert sum(row["parts_fen_per_unit_h"].values()) == pytest.approx(row["lmp_fen_per_unit_h"])


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"site": "nowhere", "slot": 0}, 404, "site_unknown"),
        ({"site": "zhongwei", "slot": 99}, 400, "slot_out_of_range"),
    ],
)
def test_explain_price_refuses_in_words(client: TestClient, asked: dict[str, Any], status: int, code: str) -> None:
    answer = client.get(f"{PLANS}/latest/explain/price", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_power_of_a_plan_that_knows_none_says_how_to_get_it(client: TestClient) -> None:
    answer = client.get(f"{PLANS}/latest/power")
    assert (answer.status_code, answer.json()["code"]) == (404, "power_unknown")
    assert "--power" in answer.json()["hint"]


def test_call_is_for_operators_and_tells_what_it_costs(client: TestClient, callers: Callers) -> None:
    asked = {"place": "640000", "mw": 0.0001, "from": "10:00", "hours": 1}
    refused = client.get(f"{PLANS}/latest/call", params=asked)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_needed")
    told = client.get(f"{PLANS}/latest/call", params=asked, headers=callers.operator).json()
    assert (told["site_ids"], told["first_slot"], told["end_slot"]) == (["zhongwei"], 10, 11)
    assert told["shed_kwh"] == pytest.approx(told["work_kwh"] + told["store_kwh"] + told["renewable_kwh"])
    answer = client.get(f"{PLANS}/latest/call", params=asked | {"place": "atlantis"}, headers=callers.operator)
    assert (answer.status_code, answer.json()["code"]) == (404, "place_unknown")


def test_flexibility_has_a_row_for_each_tier(client: TestClient, callers: Callers) -> None:
    rows = client.get(f"{PLANS}/latest/flexibility", headers=callers.operator).json()["rows"]
    assert [row["tier"] for row in rows] == ["realtime", "interactive", "batch", "offline"]
    assert all(row["leave_region_fen"] >= 0 for row in rows)
