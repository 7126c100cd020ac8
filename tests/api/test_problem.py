"""Errors are problem details, whatever they come from."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from qipan.interfaces.api.problem import FINDINGS_SHOWN, problem
from qipan.interfaces.entry import STATUS, status_of
from qipan.kernel.errors import BadInputError, EngineError, Finding, NotAllowedError, QipanError

NAMES = {"type", "title", "status", "detail", "code", "hint", "field", "findings", "findings_count"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "address_unknown"),
        ("DELETE", "/api/v1/facts", 405, "method_unknown"),
        ("GET", "/api/v1/facts?page=0", 422, "request_malformed"),
        ("GET", "/api/v1/day/reports/none", 404, "plan_unknown"),
        ("POST", "/api/v1/day/run", 401, "sign_in_needed"),
    ],
)
def test_every_error_is_a_problem(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() == NAMES
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:qipan:error:{code}")
    assert body["hint"].endswith(".")


def test_malformed_request_names_each_field(client: TestClient) -> None:
    body = client.get("/api/v1/facts", params={"page": "x", "size": "0"}).json()
    assert [finding["column"] for finding in body["findings"]] == ["page", "size"]
    assert body["field"] == "page"


def test_unauthorised_answer_says_how_to_authorise(client: TestClient) -> None:
    assert client.post("/api/v1/day/run").headers["www-authenticate"] == "Bearer"


def test_every_class_of_error_has_a_status() -> None:
    assert set(STATUS) == set(QipanError.__subclasses__())
    assert len(set(STATUS.values())) == len(STATUS)


def test_status_of_a_code_comes_before_that_of_its_class() -> None:
    refused = NotAllowedError("A token must be known, was not so.", code="token_refused", hint="Issue a new token.")
    assert status_of(refused) == 401
    assert status_of(EngineError("The disk must have room, was full.", code="disk_full", hint="Make room.")) == 503


def test_many_findings_are_cut_and_counted() -> None:
    findings = [
        Finding(row, "submit", "time_naive", "A time must carry its zone.") for row in range(FINDINGS_SHOWN + 5)
    ]
    error = BadInputError("Every row must be good, was not.", code="rows_bad", hint="Correct them.", findings=findings)
    body = problem(error).body
    assert body.count(b'"time_naive"') == FINDINGS_SHOWN
    assert f'"findings_count":{FINDINGS_SHOWN + 5}'.encode() in body


def test_a_failure_of_the_server_is_a_problem_without_its_trace(client: TestClient) -> None:
    app = client.app

    def fail() -> None:
        raise ZeroDivisionError

    app.add_api_route("/api/v1/fail", fail)
    answer = TestClient(app, base_url=str(client.base_url), raise_server_exceptions=False).get("/api/v1/fail")
    assert (answer.status_code, answer.json()["code"]) == (500, "http_500")
    assert "Zero" not in answer.text
