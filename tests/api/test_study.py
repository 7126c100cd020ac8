"""``/api/v1/dispatch/expansions`` and ``/rolls``: asked, carried out aside, fetched."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.conftest import Callers, csv, ended

from qipan.bootstrap.services import Services
from qipan.interfaces.report import roll as roll_report
from qipan.interfaces.report.words import words
from qipan.interfaces.server import create_app
from qipan.workflows.request import RollRequest
from qipan.workflows.study import StudyKind

pytestmark = pytest.mark.slow

EXPANSIONS, ROLLS = "/api/v1/dispatch/expansions", "/api/v1/dispatch/rolls"
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "expansion.json"


def ask_expansion(client: TestClient, callers: Callers, data: bytes, **terms: Any) -> Any:
    files = {"file": ("expansion.json", data)}
    return client.post(EXPANSIONS, headers=callers.operator, files=files, data=terms)


@contextmanager
def held(client: TestClient) -> Iterator[None]:
    """Hold the study that is carried out, so that it cannot be done before it is looked at."""
    pid = client.app.state.asides[StudyKind.EXPANSION]._process.pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ask_roll(client: TestClient, callers: Callers, tables: dict[str, bytes] | None = None, **terms: Any) -> Any:
    given = {"first_day": "2026-06-01", "days": 1, "every_s": 3600} | terms
    files = {"file": ("jobs.csv", csv())} | {name: (f"{name}.csv", data) for name, data in (tables or {}).items()}
    return client.post(ROLLS, headers=callers.operator, files=files, data=given)


def test_expansion_is_asked_carried_out_aside_and_kept(
    client: TestClient, callers: Callers, services: Services
) -> None:
    answer = ask_expansion(client, callers, EXAMPLE.read_bytes(), gap=1e-6)
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    address = answer.headers["location"]
    # Nobody waits: another page answers meanwhile, and a second study is refused.
    with held(client):
        assert client.get("/healthz").status_code == 200
        again = ask_expansion(client, callers, EXAMPLE.read_bytes())
    assert (again.status_code, again.json()["code"]) == (409, "run_in_progress")
    told = ended(client, address)
    assert told["state"] == "done"
    result = told["result"]
    assert result["gap"] <= 1e-6
    assert result["plan"]["cost_fen"] < result["followed"]["cost_fen"] < result["nothing"]["cost_fen"]
    wind = next(one for one in result["options"] if one["option_id"] == "wind-nx")
    assert (wind["site_ids"], wind["first_year"]) == (["nx"], 2027)
    link = next(one for one in result["options"] if one["option_id"] == "link")
    assert link["ways"] == [["440000", "nx"]]
    # Another server knows it, too.
    other = TestClient(create_app(services), base_url=str(client.base_url))
    assert other.get(address).json()["result"] == result
    assert [one["study_id"] for one in other.get(EXPANSIONS).json()] == [told["study_id"]]


def test_expansion_is_refused_before_it_is_kept(client: TestClient, callers: Callers) -> None:
    before = client.get(EXPANSIONS).json()
    answer = ask_expansion(client, callers, b"{}")
    assert (answer.status_code, answer.json()["code"]) == (400, "expansion_bad")
    answer = ask_expansion(client, callers, EXAMPLE.read_bytes(), seconds=0)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        400,
        "option_out_of_range",
        "seconds",
    )
    named = EXAMPLE.read_text(encoding="utf-8").replace('"instance": {', '"instance": "day.json", "was": {', 1)
    assert ask_expansion(client, callers, named.encode()).json()["code"] == "expansion_bad"
    viewer = client.post(EXPANSIONS, headers=callers.viewer, files={"file": ("a", EXAMPLE.read_bytes())})
    assert viewer.status_code == 403
    assert client.get(EXPANSIONS).json() == before
    assert client.get(f"{EXPANSIONS}/999999").json()["code"] == "study_unknown"


def test_expansion_that_names_a_file_is_refused(client: TestClient, callers: Callers) -> None:

    form = json.loads(EXAMPLE.read_bytes())
    form["days"][0]["instance"] = "day.json"
    answer = ask_expansion(client, callers, json.dumps(form).encode())
    assert answer.status_code == 400
    assert any("day.json" in finding["message"] for finding in answer.json()["findings"])


def test_roll_is_asked_carried_out_aside_and_kept(client: TestClient, callers: Callers) -> None:
    answer = ask_roll(client, callers, price=0.2)
    assert answer.status_code == 202
    told = ended(client, answer.headers["location"])
    assert told["state"] == "done", told["error"]
    plain, off = told["result"]["runs"]
    assert (plain["errors"], off["errors"]) == ({}, {"price": 0.2})
    # Thirty-nine fit; the giant one is refused.
    assert (told["result"]["jobs"], told["result"]["refused"], plain["served"]) == (40, 1, 39)
    assert plain["placement_us_p99"] > 0
    assert client.get(f"{EXPANSIONS}/{told['study_id']}").status_code == 404


def test_roll_keeps_its_tables_and_settles_reservations(client: TestClient, callers: Callers) -> None:
    reservations = (
        b"reservation_id,holder,site,kind,card_model,from,to,units,price_yuan_per_unit_h\n"
        b"r1,lab,qingyang,intelligent,,2026-06-01T00:00:00+08:00,2026-06-02T00:00:00+08:00,5,9.5\n"
    )
    substitutes = b"kind,card_model,by_kind,by_card_model,units\nintelligent,A100,intelligent,H20,2\n"
    tables = {"reservations": reservations, "substitutes": substitutes}
    answer = ask_roll(client, callers, tables, notice_s=3600, keeps_reserve=True)
    assert answer.status_code == 202, answer.text
    told = ended(client, answer.headers["location"])
    assert told["state"] == "done", told["error"]
    assert (told["result"]["notice_s"], told["result"]["keeps_reserve"]) == (3600, True)
    (row,) = told["result"]["runs"][0]["reservations"]["rows"]
    assert (row["reserved_unit_h"], row["used_unit_h"]) == pytest.approx((120.0, 0.0))
    assert row["net_fen"] == pytest.approx(row["sold_fen"] - 120.0 * 950.0)


def test_roll_is_refused_before_it_is_kept(client: TestClient, callers: Callers) -> None:
    before = client.get(ROLLS).json()
    answer = ask_roll(client, callers, {"links": b"no"})
    assert (answer.status_code, answer.json()["code"], answer.json()["file"]) == (400, "columns_missing", "links.csv")
    answer = ask_roll(client, callers, first_day="2026-07-01")
    assert (answer.status_code, answer.json()["code"]) == (400, "day_empty")
    answer = ask_roll(client, callers, seed=-1)
    assert (answer.status_code, answer.json()["field"]) == (400, "seed")
    assert ask_roll(client, callers, fleet_id="none").status_code == 404
    assert client.get(ROLLS).json() == before


def test_roll_that_cannot_be_run_says_why(client: TestClient, callers: Callers) -> None:
    told = ended(client, ask_roll(client, callers, every_s=60, seconds=1).headers["location"])
    assert (told["state"], told["error"]["code"]) == ("failed", "study_out_of_time")
    answer = ask_roll(client, callers, every_s=61)
    assert (answer.status_code, answer.json()["code"]) == (400, "option_out_of_range")


def test_roll_out_of_time_keeps_the_run_that_was_done(services: Services) -> None:
    request = RollRequest(csv(), "jobs.csv", "generic", date(2026, 6, 1), 1, every_s=3600.0, errors={"price": 0.2})
    study_id = services.studies.ask_roll(request, seconds=60, now=datetime.now(UTC))
    seconds = 0.0

    def progress(told: str) -> None:
        nonlocal seconds
        seconds = 100.0 if told == "run with forecast errors: 50%" else seconds

    services.studies.carry_out(
        study_id, cpu=time.process_time, clock=lambda: seconds, now=lambda: datetime.now(UTC), progress=progress
    )
    told = services.studies.study(study_id, StudyKind.ROLL)
    assert (told["state"], told["error"]) == ("done", None)
    result = told["result"]
    assert [one["errors"] for one in result["runs"]] == [{}]
    assert (result["errors"], result["unfinished"]) == ({"price": 0.2}, "run with forecast errors: 54%")
    english, chinese = (roll_report.unfinished(result, words(lang)) for lang in ("en", "zh"))
    assert english.startswith("The time ended at: run with forecast errors: 54%.")
    assert chinese.startswith("时间用尽，当时进行到：有预测误差的运行：54%。")


def test_study_that_nobody_carries_out_is_interrupted(client: TestClient, callers: Callers, services: Services) -> None:

    study_id = services.studies.ask_expansion(
        EXAMPLE.read_bytes(), "expansion.json", gap=1e-3, seconds=60, now=datetime.now(UTC)
    )
    told = client.get(f"{EXPANSIONS}/{study_id}").json()
    assert (told["state"], told["result"], told["error"]) == ("interrupted", None, None)


def test_study_that_a_defect_ends_says_so(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr("qipan.workflows.study.weigh", fail)
    now = datetime.now(UTC)
    study_id = services.studies.ask_expansion(EXAMPLE.read_bytes(), "expansion.json", gap=1e-3, seconds=60, now=now)
    with pytest.raises(ZeroDivisionError):
        services.studies.carry_out(
            study_id, cpu=time.process_time, clock=time.perf_counter, now=lambda: now, progress=lambda _: None
        )
    told = client.get(f"{EXPANSIONS}/{study_id}").json()
    assert (told["state"], told["error"]["code"]) == ("failed", "study_failed")
    assert "ZeroDivisionError: nothing to divide by" in told["error"]["message"]
