"""Clusters and attribution in the console and over REST: of a panel that is issued, and of the caller's own files."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import opened
from tests.console.test_labour_pages import client_of
from tests.labour.explained import explained_files
from tests.labour.issued import issue_clustered, issue_some

API = "/api/v1/labour"


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    made = opened(tmp_path_factory.mktemp("places") / "home")
    issue_clustered(made)
    issue_some(made)
    return client_of(made, "li.wei")


@pytest.fixture(scope="module")
def files() -> list[tuple[str, tuple[str, bytes]]]:
    """Return a panel and exposures; since 2022 language models have lowered employment."""
    return explained_files()


def test_clusters_of_an_issued_panel_are_on_the_map_and_in_the_list(worker):
    text = worker.get("/labour/clusters?panel=places").text
    assert "Beijing, Tianjin, Hebei" in text
    assert "C38, C39" in text
    assert 'data-chart="clusters"' in text
    assert '"110000": 1.' in text.replace('"110000":1.', '"110000": 1.')
    assert '"710000"' not in text.split('id="charts"')[1]


def test_a_panel_of_few_regions_says_that_clusters_cannot_be_told(worker):
    text = worker.get("/labour/clusters?panel=insured").text
    assert "clusters cannot be told" in text
    assert "5 regions at least" in text
    zh = worker.get("/labour/clusters?panel=insured", headers={"Accept-Language": "zh"}).text
    assert "无法判断聚集" in zh


def test_a_torn_file_is_refused_with_its_name_and_findings(worker):
    answer = worker.post("/labour/clusters", files={"file": ("torn.csv", b"region,x\n")}, data={"events": "fall 10%"})
    assert answer.status_code == 400
    assert "torn.csv" in answer.text
    bad = worker.post("/labour/clusters", files={"file": ("torn.csv", b"")}, data={"events": "drop", "false": "x"})
    assert bad.status_code == 400
    assert "event_rule_bad" in bad.text


def test_attribution_tells_verdicts_parts_and_earlier_dates(worker, files):
    text = worker.post("/labour/attribute", files=files, data={"since": "2022-01-01"}).text
    assert "language models" in text
    assert "lowers" in text
    assert "cannot tell" in text
    assert "2022-01-01, the day" in text
    assert "2021-01-01" in text
    assert "Guangdong · s" in text
    assert "Rows of exposures left out" in text
    one = worker.post("/labour/attribute", files=files, data={"since": "2022-01-01", "cell": "440000/s3"}).text
    assert "The cell Guangdong · s3" in one
    zh = worker.post(
        "/labour/attribute", files=files, data={"since": "2022-01-01"}, headers={"Accept-Language": "zh"}
    ).text
    assert "语言模型" in zh
    assert "无法判断" in zh


def test_what_cannot_be_explained_is_refused_with_a_hint(worker, files):
    unknown = worker.post("/labour/attribute", files=files, data={"since": "2022-01-01", "cell": "x"})
    assert (unknown.status_code, "cell_unexplained" in unknown.text) == (404, True)
    early = worker.post("/labour/attribute", files=files, data={"since": "2013-01-01"})
    assert (early.status_code, "attribution_short" in early.text) == (422, True)
    years = worker.post("/labour/attribute", files=files, data={"since": "2022-01-01", "years": "many"})
    assert years.status_code == 400


def test_rest_answers_the_same_from_files(worker, files):
    told = worker.post(f"{API}/attribute", files=files, data={"since": "2022-01-01"}).json()
    assert [(one["channel"], one["verdict"]) for one in told["channels"]] == [
        ("language_models", "lowers"),
        ("robots", "cannot_tell"),
    ]
    assert told["exposures_left_out"][0]["rule"] == "cell_empty"
    panel = [one for one in files if one[0] == "file"]
    few = worker.post(f"{API}/clusters", files=panel, data={"events": "fall 10%"})
    assert (few.status_code, few.json()["code"]) == (422, "regions_few")


def test_the_feed_speaks_the_language_of_its_address(worker):
    assert "/labour/feed.xml?lang=en" in worker.get("/labour").text
    text = worker.get("/labour/feed.xml?lang=zh").text
    assert "<title>失业预警</title>" in text
    assert "<language>zh-CN</language>" in text
    assert "截至 2015-" in text
    assert "as of" not in text


def test_the_heat_map_names_industries_and_tells_each_square_in_words(worker):
    text = worker.get("/labour?panel=places").text
    assert "Electrical machinery" in text
    assert 'aria-label="Beijing · C38: ' in text
    assert "yellow ≥ 0.5" in text
