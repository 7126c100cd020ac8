"""One interface, described by itself; its names are those of Python and of the command line."""

from __future__ import annotations

from fastapi.testclient import TestClient

NAMES = {
    "facts.search",
    "facts.show",
    "jobs.import",
    "jobs.findings",
    "ledger.fleets",
    "ledger.import_sites",
    "ledger.use",
    "ledger.send",
    "ledger.batches",
    "ledger.disputes",
    "ledger.resolve",
    "ledger.utilisation",
    "ledger.idle",
    "ledger.energy",
    "ledger.complete",
    "ledger.sources",
    "ledger.checkpoint",
    "ledger.discrepancies",
    "ledger.suspicions",
    "ledger.findings",
    "day.ran",
    "day.run",
    "day.runs",
    "day.reports",
    "day.report",
    "day.jobs",
    "day.report_html",
    "access.trail",
    "dispatch.volumes",
    "dispatch.stand_alone",
    "dispatch.expand",
    "dispatch.expansion",
    "dispatch.expansions",
    "dispatch.explain_job",
    "dispatch.roll",
    "dispatch.rolled",
    "dispatch.rolls",
    "dispatch.explain_price",
    "dispatch.power",
    "dispatch.call",
    "dispatch.flexibility",
}


def test_openapi_names_every_operation(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    assert {one["operationId"] for one in operations} == NAMES
    assert all(one["description"] for one in operations)
    assert all(path.startswith("/api/v1/") for path in described["paths"])


def test_every_operation_promises_problems(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    for methods in described["paths"].values():
        for one in methods.values():
            assert one["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")
