"""``/api/v1/facts``."""

from __future__ import annotations

from fastapi.testclient import TestClient

FACTS = "/api/v1/facts"


def test_search_finds_a_fact_in_chinese(client: TestClient) -> None:
    found = client.get(FACTS, params={"q": "中卫 上架率"}).json()
    assert (found["total"], found["page"]) == (1, 1)
    assert found["rows"][0]["fact_id"] == "cluster/zhongwei/rack_up_target"
    assert found["rows"][0].keys() >= {"value", "unit", "as_of", "status", "source", "label_en", "label_zh", "bound"}


def test_search_pages_through_everything_once(client: TestClient) -> None:
    total = client.get(FACTS, params={"size": 1}).json()["total"]
    seen = [
        row["fact_id"]
        for page in range(1, total // 500 + 2)
        for row in client.get(FACTS, params={"size": 500, "page": page}).json()["rows"]
    ]
    assert len(seen) == len(set(seen)) == total


def test_search_filters_by_status(client: TestClient) -> None:
    rows = client.get(FACTS, params={"status": "assumed", "size": 1000}).json()["rows"]
    assert {row["status"] for row in rows} == {"assumed"}


def test_show_returns_one_fact_by_its_name(client: TestClient) -> None:
    fact = client.get(f"{FACTS}/grid/location_factor/640000/2022").json()
    assert (fact["value"], fact["as_of"]) == (0.6423, "2022")


def test_show_of_an_unknown_fact_names_the_nearest(client: TestClient) -> None:
    answer = client.get(f"{FACTS}/grid/location_factor/640000/2023")
    assert answer.status_code == 404
    assert answer.json()["code"] == "fact_unknown"
    assert "grid/location_factor/640000/2022" in answer.json()["hint"]
