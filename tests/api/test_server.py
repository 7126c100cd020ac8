"""The doors under one address."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qipan.bootstrap.services import Services
from qipan.interfaces import server
from qipan.interfaces.guard import LOOPBACK
from qipan.kernel.errors import NotFoundError


def test_app_before_init_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QIPAN_HOME", str(tmp_path / "none"))
    with pytest.raises(NotFoundError) as caught:
        server.app()
    assert (caught.value.code, caught.value.hint) == (
        "not_initialised",
        "Run: qipan init, or name its folder by QIPAN_HOME.",
    )


def test_app_reads_the_environment(monkeypatch: pytest.MonkeyPatch, services: Services) -> None:
    monkeypatch.setenv("QIPAN_HOME", str(services.settings.home))
    made = server.app()
    assert TestClient(made, base_url="http://localhost").get("/healthz").text == "ok\n"


def test_a_server_for_others_answers_to_any_name(services: Services) -> None:
    from dataclasses import replace

    open_settings = services.settings.model_copy(update={"host": "192.0.2.7"})
    made = server.create_app(replace(services, settings=open_settings))
    assert "qipan.example" not in LOOPBACK
    assert TestClient(made, base_url="https://qipan.example").get("/healthz").status_code == 200


def test_errors_speak_the_language_of_their_door(client: TestClient) -> None:
    page, problem = client.get("/jobs?page=0"), client.get("/api/v1/facts?page=0")
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert (problem.status_code, problem.headers["content-type"]) == (422, "application/problem+json")


def test_an_upload_beyond_the_limit_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.post("/api/v1/jobs/import", content=b"", headers={"Content-Length": str(server.BODY_BYTES_MAX + 1)})
    assert answer.status_code == 413
