"""Warnings carried home in the console and by REST: who sees which regions, in both languages, without a traceback."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from tests.console.test_chinese import left_over
from tests.console.test_labour_pages import bureau, client_of
from tests.labour.issued import INDUSTRIES, REGIONS

from qipan.bootstrap.services import Services

__all__ = ["bureau"]

SHARES = {"430000": 0.4, "440000": 0.3, "520000": 0.2, "540000": 0.0001}
ORIGINS = "destination,origin,share\n" + "".join(
    f"{there},{home},{share}\n" for there in REGIONS for home, share in SHARES.items()
)
JOBS = "region,industry,jobs\n" + "".join(f"{there},{of},100000\n" for there in REGIONS for of in INDUSTRIES)
BRIDGE = "industry,occupation,share\nC39,6-25,0.6\nC39,4-02,0.4\nI,4-04,0.7\nI,2-02,0.3\nX99,1-01,1\n"
FILES = {"origins": ("origins.csv", ORIGINS), "jobs": ("jobs.csv", JOBS), "bridge": ("bridge.csv", BRIDGE)}
API = "/api/v1/labour/panels/insured/home"


@pytest.fixture
def worker(bureau: Services) -> TestClient:
    return client_of(bureau, "li.wei")


def table(text: str, name: str) -> list[str]:
    body = text.split(f'<table id="{name}"')[1].partition("</table>")[0]
    return re.findall(r'<th scope="row">([^<]+)', body)


def test_the_page_tells_people_by_home_region(worker):
    assert 'href="/labour/home?panel=insured"' in worker.get("/labour").text
    assert 'name="origins"' in worker.get("/labour/home?panel=insured").text
    text = worker.post("/labour/home", data={"panel": "insured"}, files=FILES).text
    assert table(text, "homes")[:2] == ["Hunan", "Guangdong"]
    assert table(text, "by-occupation")[-1] == "All"
    assert "An industry must be a code of GB/T 4754" in text
    assert "modelled from figures that are assumed" in text
    assert 'data-chart="board"' in text


def test_the_page_speaks_chinese(bureau):
    zh = client_of(bureau, "li.wei", "zh")
    for page in (
        zh.get("/labour/home?panel=insured"),
        zh.post("/labour/home", data={"panel": "insured"}, files=FILES),
        zh.post("/labour/home", data={"panel": "insured"}, files={"origins": ("o.csv", ORIGINS)}),
        zh.post("/labour/home", data={"panel": "insured"}, files={"origins": ("o.csv", "a,b\n1,2\n")}),
    ):
        found = {
            text
            for text in left_over(page.text)
            if not re.search(r"insured|^industry$|destination、|[a-z]+,[a-z]+|GB/T|C39|I6|home\.md", text)
        }
        assert found == set()


@pytest.mark.parametrize(
    ("files", "code"),
    [({}, "origins_unreadable"), ({"origins": ("o.csv", "a,b\n1,2\n")}, "origins_unreadable")],
)
def test_the_page_of_bad_files_says_what_is_wrong(worker, files, code):
    answer = worker.post("/labour/home", data={"panel": "insured"}, files=files)
    assert answer.status_code in {400, 422}
    assert code in answer.text


def test_rest_tells_the_same_and_only_of_regions_within_the_scope(bureau, worker):
    told = worker.post(API, files=FILES).json()
    people = {one["region"]: one["people"]["expected"] for one in told["homes"]}
    lost = sum(one["people"]["expected"] for one in told["warnings"])
    assert people["430000"] == pytest.approx(0.4 * lost, abs=0.2)
    assert told["withheld"]["regions"] == ["520000", "540000"]
    other = client_of(bureau, "visitor").post(API, files=FILES).json()
    assert (other["homes"], other["withheld"], other["lost"], other["stays"]) == ([], None, None, None)
    assert {one["region"] for one in other["warnings"]} <= {"520000"}
    shares = {"origins": ("o.csv", ORIGINS.replace("0.0001", "0.1")), "jobs": FILES["jobs"]}
    own = client_of(bureau, "visitor").post(API, files=shares).json()
    assert [one["region"] for one in own["homes"]] == ["520000"]
    assert {row["region"] for table in own["tables"].values() for row in table["rows"]} == {"520000"}
    assert all(table["all"] is None for table in own["tables"].values())
    assert client_of(bureau, "").post(API, files=FILES).status_code == 401
    assert worker.post(API.replace("insured", "none"), files=FILES).json()["code"] == "panel_unissued"
