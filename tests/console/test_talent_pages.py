"""Plans of courses and the exchange of experts in the console: paths, obstacles, blocks, CSV, both languages."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from tests.cli.test_talent import CONTRACTS, EXPERTS, POSTS
from tests.cli.test_talent_skills import FILES
from tests.console.test_chinese import left_over
from tests.console.test_labour_pages import bureau, client_of

from qipan.bootstrap.services import Services

__all__ = ["bureau"]

COURSES = {name: (f"{name}.csv", FILES[f"{name}.csv"]) for name in ("persons", "modules", "jobs")}
EXCHANGE = {"experts": ("e.csv", EXPERTS), "posts": ("p.csv", POSTS), "contracts": ("c.csv", CONTRACTS)}


@pytest.fixture
def worker(bureau: Services) -> TestClient:
    return client_of(bureau, "li.wei")


def lines(text: str, name: str) -> list[list[str]]:
    body = text.split(f'<table id="{name}"')[1].partition("</table>")[0].partition("<tbody>")[2]
    rows = re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    return [
        [re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)]
        for line in rows
    ]


def test_an_empty_page_teaches_what_files_hold(worker):
    page = worker.get("/talent").text
    assert "person, region, skills, hours, money_fen" in page
    assert 'href="/talent/exchange"' in page
    assert "expert, post, terms" in worker.get("/talent/exchange").text


def test_a_path_leads_through_modules_to_the_job_or_says_why_not(worker):
    answer = worker.post("/talent", files=COURSES, data={"day": "2027-01-15"})
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    text = answer.text
    found = lines(text, "paths")
    ways = {line[0]: [other[1:] for other in found if other[0] == line[0]] for line in found}
    assert ways["p"][0] == ["1", "m", "at any time", "40", "9"]
    assert ways["p"][1][:2] == ["2", "Job j in 640000, 5,000 yuan a month"]
    assert ways["q"][0][1].startswith("No plan: too little time.")
    assert "1 of 2 persons have a plan" in text
    assert "<caption>Persons (1)</caption>" in text


def test_the_exchange_shows_contracts_regions_and_that_none_blocks(worker):
    text = worker.post("/talent/exchange", files=EXCHANGE).text
    assert lines(text, "signed")[0][:3] == ["a", "p", "equity"]
    assert [line[0] for line in lines(text, "regions")] == ["310000", "640000"]
    assert lines(text, "blocking")[0][0].startswith("None: every possible contract was looked at")


def test_tables_are_given_as_csv_and_no_name_is_a_formula(worker):
    persons = FILES["persons.csv"].replace("\np,", "\n=p,")
    paths = worker.post("/talent", files=COURSES | {"persons": ("p.csv", persons)}, data={"form": "paths"})
    assert paths.headers["content-type"] == "text/csv; charset=utf-8"
    assert "'=p,1,m,at any time,40,9.0" in paths.text
    regions = worker.post("/talent/exchange", files=EXCHANGE, data={"form": "regions"}).text
    assert regions.splitlines()[1].startswith("310000,")
    assert "-60" in regions


def test_bad_files_are_refused_with_what_was_wrong(worker):
    refused = worker.post("/talent", files=COURSES | {"jobs": ("jobs.csv", "a,b\n1,2\n")})
    assert refused.status_code == 400
    assert "courses_unreadable" in refused.text
    assert "jobs.csv" in refused.text
    assert worker.post("/talent/exchange").status_code == 400
    assert worker.post("/talent", files=COURSES, data={"day": "2027"}).status_code == 400


def test_both_pages_speak_chinese(bureau):
    zh = client_of(bureau, "li.wei", "zh")
    for page in (
        zh.get("/talent"),
        zh.post("/talent", files=COURSES),
        zh.get("/talent/exchange"),
        zh.post("/talent/exchange", files=EXCHANGE),
    ):
        assert {
            text
            for text in left_over(page.text)
            if not re.search(r"^li\.wei|[a-z]+:0|^(skills|expert)$|unlisted", text)
        } == set()


def test_visitors_sign_in_first(bureau):
    visitor = client_of(bureau, "")
    assert visitor.get("/talent").status_code in {303, 401}
    assert 'href="/talent"' not in visitor.get("/").text
