"""``/api/v1/day``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.conftest import csv, ended

from qipan.bootstrap.services import Services
from qipan.kernel.errors import EngineError
from qipan.workflows.request import DayRequest
from qipan.workflows.study import StudyKind

RUN, REPORTS = "/api/v1/day/run", "/api/v1/day/reports"


def test_day_is_asked_carried_out_aside_and_its_report_kept(client: TestClient, callers: Any, trace: bytes) -> None:
    answer = client.post(
        RUN,
        files={"file": ("again.csv", trace)},
        data={"format": "generic", "day": "2026-06-01", "load": "2", "seed": "3", "fleet_id": "national"}
        | {"no_worse_than": "any"},
        headers=callers.operator,
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "running"), answer.text
    # Nobody waits: another page answers meanwhile, a second day is refused.
    again = client.post(RUN, files={"file": ("jobs.csv", trace)}, headers=callers.operator)
    assert (again.status_code, again.json()["code"]) == (409, "run_in_progress")
    told = ended(client, answer.headers["location"])
    assert (told["state"], told["error"]) == ("done", None)
    assert client.get(RUN).json()[0]["study_id"] == told["study_id"]
    assert (told["name"], told["terms"]["load"]) == ("again.csv", 2.0)
    report = client.get(f"{REPORTS}/{told['result']['plan_id']}").json()
    account = report["account"]
    assert account["jobs"] == account["placed"] + account["carried_over"] + account["refused"] == 80
    assert {"cost", "location_kg", "market_kg"} <= report["against_home_first"].keys()
    assert (report["upheld"]["no_worse_than"], report["upheld"]["is_kept"]) == ("any", True)
    assert client.get(REPORTS).json()[0]["plan_id"] == report["plan_id"]


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"day": "2026-06-02"}, 400, "day_empty"),
        ({"load": "0"}, 400, "option_out_of_range"),
        ({"no_worse_than": "nobody"}, 400, "option_out_of_range"),
        ({"format": "philly"}, 400, "columns_missing"),
        ({"fleet_id": "nobody"}, 404, "fleet_unknown"),
        ({"carbon_account": "both"}, 422, "request_malformed"),
        ({"day": "yesterday"}, 422, "request_malformed"),
    ],
)
def test_run_refuses_in_words_before_it_is_kept(
    client: TestClient, callers: Any, trace: bytes, options: dict[str, str], status: int, code: str
) -> None:
    before = client.get(RUN).json()
    answer = client.post(RUN, files={"file": ("jobs.csv", trace)}, data=options, headers=callers.operator)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get(RUN).json() == before


TABLES = {
    "grid_load": (b"region,hour,mw\n", "grid_load_unreadable"),
    "reservations": (b"no", "columns_missing"),
    "substitutes": (b"no", "columns_missing"),
    "links": (b"link,from,to,gb_per_h\na,440000,640000,many\n", "links_unreadable"),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_cannot_be_read_is_refused_at_once(
    client: TestClient, callers: Any, trace: bytes, table: str
) -> None:
    before, (data, code) = client.get(RUN).json(), TABLES[table]
    files = {"file": ("jobs.csv", trace), table: (f"my-{table}.csv", data)}
    told = client.post(RUN, files=files, data={"fleet_id": "national"}, headers=callers.operator)
    assert (told.status_code, told.json()["code"], told.json()["file"]) == (400, code, f"my-{table}.csv"), told.text
    assert client.get(RUN).json() == before


def test_other_studies_do_not_hold_a_day_up(client: TestClient) -> None:
    asides = client.app.state.asides
    assert asides[StudyKind.EXPANSION] is asides[StudyKind.ROLL] is not asides[StudyKind.DAY]


def test_a_day_that_fails_when_it_is_planned_says_why(
    client: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    request = DayRequest(csv(), "jobs.csv", "generic", fleet_id="national", file_names={"links": "links.csv"})
    study_id = services.studies.ask_day(request, now=now)

    def fail(*_: Any, **__: Any) -> None:
        raise EngineError("The solver must find the optimum, was stopped.", code="solver_failed", hint="Ask again.")

    monkeypatch.setattr("qipan.workflows.day.solve_day", fail)
    services.studies.carry_out(study_id, cpu=float, clock=float, now=lambda: now, progress=lambda _: None)
    told = client.get(f"{RUN}/{study_id}").json()
    assert (told["state"], told["result"], told["error"]["code"]) == ("failed", None, "solver_failed")


def test_jobs_filter_sort_and_page(client: TestClient) -> None:
    address = f"{REPORTS}/latest/jobs"
    whole = client.get(address, params={"size": 200}).json()
    assert whole["total"] == len(whole["rows"])
    placed = client.get(address, params={"status": "placed", "sort": "quantity", "descending": "true"}).json()
    quantities = [row["quantity"] for row in placed["rows"]]
    assert quantities == sorted(quantities, reverse=True)
    assert {row["status"] for row in placed["rows"]} == {"placed"}
    pages = [client.get(address, params={"page": page, "size": 7}).json()["rows"] for page in (1, 2)]
    assert [row["job_id"] for rows in pages for row in rows] == [row["job_id"] for row in whole["rows"][:14]]


def test_a_refused_job_says_why_in_both_languages(client: TestClient) -> None:
    (row,) = client.get(f"{REPORTS}/latest/jobs", params={"text": "giant", "status": "refused", "size": 1}).json()[
        "rows"
    ]
    assert row["reason"] == "too_large"
    assert "largest site" in row["why_en"]
    assert "最多" in row["why_zh"]


def test_jobs_refuse_an_unknown_sort_key(client: TestClient) -> None:
    answer = client.get(f"{REPORTS}/latest/jobs", params={"sort": "colour"})
    assert (answer.status_code, answer.json()["code"]) == (400, "sort_unknown")


@pytest.mark.parametrize(("lang", "words"), [("en", "Carbon, market-based"), ("zh", "碳排放（按市场）")])
def test_report_html_stands_alone_and_may_not_act(client: TestClient, lang: str, words: str) -> None:
    answer = client.get(f"{REPORTS}/latest/report.html", params={"lang": lang})
    assert answer.status_code == 200
    assert words in answer.text
    assert "GS(2026)1" in answer.text
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")


def test_run_with_reservations_settles_them(client: TestClient, callers: Any, trace: bytes) -> None:
    contracts = (
        "reservation_id,holder,site,kind,from,to,units,price_yuan_per_unit_h\n"
        "r1,lab,zhongwei,intelligent,2026-06-01T00:00:00+08:00,2026-06-02T00:00:00+08:00,{},6\n"
    )
    named = b"\n".join(
        line + (b",reservation" if number == 0 else b",r1" if number == 4 else b",")
        for number, line in enumerate(trace.split(b"\n"))
    )

    def run(units: int) -> Any:
        files = {"file": ("jobs.csv", named), "reservations": ("contracts.csv", contracts.format(units).encode())}
        return client.post(RUN, files=files, data={"fleet_id": "national"}, headers=callers.operator)

    answer = run(8)
    assert answer.status_code == 202, answer.text
    plan_id = ended(client, answer.headers["location"])["result"]["plan_id"]
    (row,) = client.get(f"{REPORTS}/{plan_id}").json()["reservations"]["rows"]
    assert (row["reserved_unit_h"], row["used_unit_h"], row["covered_jobs"]) == (192.0, 8.0, 1)
    assert row["net_fen"] == pytest.approx(row["lmp_fen"] - row["covered_fen"] - 192.0 * 600.0)
    refused = run(1_000_000)
    assert (refused.status_code, refused.json()["code"]) == (400, "reservations_unmet")
    assert refused.json()["findings"][0]["rule"] == "pool_over_reserved"
