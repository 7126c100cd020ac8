"""Requests are counted by operation, never by address."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_metrics_count_by_operation(client: TestClient) -> None:
    client.get("/api/v1/facts/grid/location_factor/640000/2022")
    client.get("/api/v1/facts/none")
    client.get("/no/such/page")
    shown = client.get("/metrics").text
    assert 'qipan_requests_total{method="GET",operation="facts.show",status="200"} 1' in shown
    assert 'qipan_requests_total{method="GET",operation="facts.show",status="404"} 1' in shown
    assert 'qipan_requests_total{method="GET",operation="other",status="404"} 1' in shown
    assert "no/such/page" not in shown
