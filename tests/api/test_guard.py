"""Foreign hosts and origins stay out, and every answer carries the security headers."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from qipan.interfaces.guard import CONTENT_POLICY, HEADERS

SIGN_OUT = "/sign-out"


@pytest.mark.parametrize("path", ["/", "/api/v1/facts", "/healthz", "/nothing", "/api/v1/nothing"])
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert CONTENT_POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.:80@evil.example"])
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host_unknown")


@pytest.mark.parametrize("host", ["127.0.0.1:8750", "localhost", "[::1]:8750"])
def test_this_machine_answers_to_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "is_let_pass"),
    [
        ({"Origin": "http://127.0.0.1:8750"}, True),
        ({"Origin": "http://127.0.0.1:8751"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Cookie": "qipan=x"}, False),
        ({}, True),
    ],
)
def test_a_change_must_come_from_a_page_of_ours(client: TestClient, headers: dict[str, str], is_let_pass: bool) -> None:
    answer = client.post(SIGN_OUT, headers=headers)
    assert answer.status_code == (303 if is_let_pass else 403)
    assert is_let_pass or answer.json()["code"] == "origin_foreign"


def test_a_program_with_a_token_needs_no_page(client: TestClient, callers: Any, trace: bytes) -> None:
    headers = callers.operator | {"Origin": "https://elsewhere.example"}
    answer = client.post("/api/v1/jobs/import", files={"file": ("jobs.csv", trace)}, headers=headers)
    assert answer.status_code == 200
