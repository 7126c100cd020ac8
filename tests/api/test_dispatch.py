"""``/api/v1/dispatch``."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

PLANS = "/api/v1/dispatch/plans"


def test_volumes_are_those_of_the_report(client: TestClient) -> None:
    told = client.get(f"{PLANS}/latest/volumes").json()
    report: dict[str, Any] = client.get(f"/api/v1/day/reports/{told['plan_id']}").json()
    assert told["rows"] == report["volumes"]
    for row in told["rows"]:
        assert row["asked_unit_h"] == pytest.approx(row["eligible_unit_h"] + sum(row["excluded_unit_h"].values()))
    answer = client.get(f"{PLANS}/nobody/volumes")
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_unknown")
