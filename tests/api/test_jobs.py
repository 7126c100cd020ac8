"""``/api/v1/jobs``."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

IMPORT = "/api/v1/jobs/import"


def test_import_accounts_for_every_row(client: TestClient, callers: Any, trace: bytes) -> None:
    naive = b"bad-1,2026-06-01T09:00:00,intelligent,1,60,440000,batch"
    zero = b"bad-2,2026-06-01T09:00:00Z,intelligent,0,60,,batch"
    spoilt = b"\n".join([trace, naive, zero])
    national = {"fleet_id": "national"}
    answer = client.post(IMPORT, data=national, files={"file": ("spoilt.csv", spoilt)}, headers=callers.operator)
    assert answer.status_code == 200, answer.text
    account = answer.json()
    assert account["rows_read"] == account["rows_accepted"] + account["rows_quarantined"] == 42
    assert account["days"] == {"2026-06-01": 40}
    assert {finding["row"] for finding in account["findings"]} == {42, 43}
    kept = client.get(f"/api/v1/jobs/imports/{account['sequence']}/findings").json()
    assert kept == account["findings"]


def test_strict_import_of_a_bad_row_is_refused_with_its_findings(client: TestClient, callers: Any) -> None:
    bad = b"job_id,submit,kind,quantity,requested_s\na,2026-06-01T09:00:00Z,intelligent,-1,60"
    answer = client.post(IMPORT, files={"file": ("bad.csv", bad)}, data={"strict": "true"}, headers=callers.operator)
    body = answer.json()
    assert (answer.status_code, body["findings_count"]) == (400, len(body["findings"]))
    assert body["findings"][0]["column"] == "quantity"


def test_import_of_requests_says_that_its_jobs_are_their_hours(client: TestClient, callers: Any, trace: bytes) -> None:
    requests = b"TIMESTAMP,ContextTokens,GeneratedTokens\n" + b"".join(
        b"2023-11-16 %02d:15:00.0000000,4000,200\n" % hour for hour in (9, 9, 10)
    )

    def imported(data: bytes, form: str) -> dict[str, Any]:
        given = {"format": form, "fleet_id": "national"}
        return client.post(IMPORT, data=given, files={"file": ("f", data)}, headers=callers.operator).json()

    account = imported(requests, "llm")
    assert (account["rows_read"], account["are_hours_of_requests"], account["days"]) == (3, True, {"2023-11-16": 2})
    assert not imported(trace, "generic")["are_hours_of_requests"]


def test_import_of_an_empty_file_is_refused_in_words(client: TestClient, callers: Any) -> None:
    answer = client.post(IMPORT, files={"file": ("empty.csv", b"")}, headers=callers.operator)
    assert answer.status_code == 400
    assert "empty" in answer.json()["detail"]


def test_import_in_an_unknown_format_names_the_known_ones(client: TestClient, callers: Any, trace: bytes) -> None:
    answer = client.post(IMPORT, files={"file": ("jobs.csv", trace)}, data={"format": "swf"}, headers=callers.operator)
    assert (answer.status_code, answer.json()["code"]) == (400, "format_unknown")


def test_import_needs_an_operator(client: TestClient, callers: Any, trace: bytes) -> None:
    answer = client.post(IMPORT, files={"file": ("jobs.csv", trace)}, headers=callers.viewer)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
