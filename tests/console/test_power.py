"""The page of compute and grid: peaks, uptake, calls, the worth of flexibility."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import csv, opened

from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app
from qipan.workflows.request import DayRequest

pytestmark = pytest.mark.slow

CALL = {"place": "zhongwei", "mw": "0.0001", "from": "10:00", "hours": "1"}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(scope="module")
def powered(tmp_path_factory: pytest.TempPathFactory) -> Services:
    made = opened(tmp_path_factory.mktemp("console") / "power")
    request = DayRequest(csv(30), "jobs.csv", "generic", date(2026, 6, 1), models_power=True)
    made.day.run(request, datetime.now(UTC))
    return made


@pytest.fixture
def grid(powered: Services) -> TestClient:
    """Return a client whose operator signed in, on a day with plants, stores and areas."""
    client = TestClient(create_app(powered), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers["Origin"] = str(client.base_url)
    client.post("/sign-in", data={"name": "li.wei", "password": "four unrelated words"})
    return client


def test_page_tells_peaks_and_uptake_in_chart_and_table(grid: TestClient, powered: Services) -> None:
    text = grid.get("/power", headers=ENGLISH).text
    told = powered.responding.power()
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert [line["values"] for line in charts["areas"]["series"]] == [area["sites_kw"] for area in told["areas"]]
    assert 'id="areas-table"' in text
    assert 'id="uptake"' in text
    assert "算电协同" in grid.get("/power", headers={"Accept-Language": "zh"}).text


def test_page_answers_a_call_and_says_what_flexibility_is_worth(grid: TestClient) -> None:
    text = grid.get("/power", params=CALL, headers=ENGLISH).text
    assert "Answer to the call" in text
    assert 'id="call-table"' in text
    assert 'id="worth"' in grid.get("/power", params={"worth": "1"}, headers=ENGLISH).text


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"mw": "much"}, 400, "field_unreadable"),
        ({"from": "10:30"}, 400, "call_out_of_range"),
        ({"place": "nowhere"}, 404, "place_unknown"),
    ],
)
def test_page_refuses_a_call_in_words(grid: TestClient, changed: dict[str, str], status: int, code: str) -> None:
    answer = grid.get("/power", params=CALL | changed, headers=ENGLISH)
    assert (answer.status_code, code in answer.text) == (status, True)


def test_page_of_a_plain_day_says_how_to_model_power_and_viewers_may_not_call(client: TestClient) -> None:
    text = client.get("/power", headers=ENGLISH).text
    assert "This plan knows no plant" in text
    assert "needs the role operator" in text
    assert client.get("/power", params=CALL).status_code == 401
