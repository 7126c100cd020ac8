"""``/api/v1/ledger``."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

FLEET = """
fleet: mine
name_en: Mine
zone: Europe/Berlin
sites:
  - {site_id: north, name_en: North, lon_deg: 10.0, lat_deg: 53.5, pue: 1.3, price_yuan_per_kwh: 0.7,
     location_kg_per_kwh: 0.35, green_share: 0.5,
     pools: [{pool_id: north-cards, kind: intelligent, quantity: 16, it_kw_per_unit: 1.0}]}
origins:
  - {origin_id: lab, name_en: Lab, lon_deg: 9.9, lat_deg: 53.6, weight: 1}
"""


def test_fleets_hold_the_national_hubs(client: TestClient) -> None:
    fleets = {fleet["fleet_id"]: fleet for fleet in client.get("/api/v1/ledger/fleets").json()}
    assert len(fleets["national"]["sites"]) == 10
    assert fleets["national"]["sites"][0]["pools"][0]["kind"] == "intelligent"


def test_import_sites_registers_a_fleet_without_a_power_cap(client: TestClient, callers: Any) -> None:
    answer = client.post("/api/v1/ledger/sites", files={"file": ("mine.yaml", FLEET)}, headers=callers.operator)
    assert answer.status_code == 201, answer.text
    assert answer.json()["sites"][0]["power_cap_kw"] is None
    assert answer.json() in client.get("/api/v1/ledger/fleets").json()


def test_import_sites_of_a_bad_file_names_every_finding(client: TestClient, callers: Any) -> None:
    bad = FLEET.replace("pue: 1.3", "pue: 0.3").replace("weight: 1", "weight: -1")
    answer = client.post("/api/v1/ledger/sites", files={"file": ("bad.yaml", bad)}, headers=callers.operator)
    assert (answer.status_code, answer.json()["code"]) == (400, "fleet_invalid")
    assert {finding["column"] for finding in answer.json()["findings"]} == {"sites[0].pue", "origins[0].weight"}


@pytest.mark.parametrize(("by", "count"), [("site", 10), ("hub", 8)])
def test_use_of_the_day_is_what_the_plan_entered(client: TestClient, by: str, count: int) -> None:
    rows = client.get("/api/v1/ledger/use", params={"day": "2026-06-01", "fleet_id": "national", "by": by}).json()
    assert len(rows["national"]) == count
    # A day at another load is not entered, so the newest at load 1 counts.
    entered = next(run for run in client.get("/api/v1/day/reports").json() if run["load"] == 1.0)
    report = client.get(f"/api/v1/day/reports/{entered['plan_id']}").json()
    planned = sum(sum(site["used_unit_h"][: report["day_slots"]]) for site in report["sites"])
    assert sum(row["used_unit_h"] for row in rows["national"]) == pytest.approx(planned)
    assert all(
        row["idle_unit_h"] == pytest.approx(row["capacity_unit_h"] - row["used_unit_h"]) for row in rows["national"]
    )


def test_use_of_an_unknown_fleet_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v1/ledger/use", params={"fleet_id": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "fleet_unknown")
