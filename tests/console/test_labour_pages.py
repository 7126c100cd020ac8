"""Jobs at risk: heat map, watch list, a cell with its warnings, the feed; who may see and who may act."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, opened
from tests.labour.feeds import TERMS
from tests.labour.issued import INDUSTRIES, REGIONS, issue_some

from qipan.access.model import Duty, Role, Scope
from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.labour.model.issued import Act

CELL = "/labour/cell?panel=insured&region=440000&industry=I64"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with warnings; li.wei has the duty labour, visitor sees one region only."""
    made, now = opened(tmp_path_factory.mktemp("labour") / "home"), datetime.now(UTC)
    issue_some(made)
    with made.books.begin() as unit:
        made.access.grant(unit, "li.wei", Duty.LABOUR, now)
        made.access.create_user(unit, "chief", password=PASSWORD, role=Role.ADMIN, now=now)
        made.access.change_scope(unit, "visitor", Scope(adcodes=frozenset({"520000"})), now)
    return made


def client_of(services: Services, name: str, lang: str = "en") -> TestClient:
    made = TestClient(create_app(services), base_url="http://127.0.0.1:8750", follow_redirects=False)
    made.headers |= {"Origin": str(made.base_url), "Accept-Language": lang}
    if name:
        assert made.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
    return made


@pytest.fixture
def worker(bureau: Services) -> TestClient:
    return client_of(bureau, "li.wei")


def squares(text: str) -> list[str]:
    table = text.split('<table id="heat"')[1].partition("</table>")[0]
    return re.findall(r"<td", table)


def test_the_heat_map_has_a_square_for_every_cell_and_names_regions(worker):
    text = worker.get("/labour").text
    assert len(squares(text)) == len(REGIONS) * len(INDUSTRIES)
    assert "Guangdong" in text
    assert "At most 0.1 false alarms" in text
    assert re.search(r'class="heat-(blue|yellow|orange|red)"', text)
    assert 'id="charts"' in text


def addresses(worker):
    table = worker.get("/labour").text.split('<table id="watch"')[1]
    return [one.replace("&amp;", "&") for one in re.findall(r'href="(/labour/cell[^"]+)"', table)]


def test_the_page_speaks_chinese(bureau):
    text = client_of(bureau, "li.wei", "zh").get("/labour").text
    assert "热力图" in text
    assert "广东" in text
    assert "关注清单" in text


def test_a_square_leads_to_a_cell_with_its_evidence_and_steps(worker):
    one = worker.get(addresses(worker)[0]).text
    for part in ("History", "What says so", "Evidence", "its industry", "issued", "as of 2015-"):
        assert part in one, part
    assert 'name="reason"' in one


def test_steps_of_a_cell_are_told_on_the_clock_of_the_board(bureau, worker):
    with bureau.books.read() as unit:
        step = bureau.warnings.warnings(unit)[0].steps[0]
    text = "".join(one.text for one in map(worker.get, addresses(worker)))
    assert f"{step.at.astimezone(zone(BOARD_ZONE)):%Y-%m-%d %H:%M}" in text
    assert f"{step.at.astimezone(UTC):%Y-%m-%d %H:%M}" not in text


def test_who_has_the_duty_acts_and_who_has_not_is_refused(bureau, worker):
    with bureau.books.read() as unit:
        name = next(one.warning_id for one in bureau.warnings.warnings(unit) if one.state is Act.ISSUED)
    given = {"warning": name, "act": "treat", "reason": "courses for 40 people"}
    assert client_of(bureau, "visitor").post("/labour/cell", data=given).status_code == 403
    done = worker.post("/labour/cell", data=given)
    assert done.status_code == 303
    assert "courses for 40 people" in worker.get(done.headers["location"]).text
    assert worker.post("/labour/cell", data=given | {"reason": " "}).status_code == 400


def test_a_user_sees_the_regions_of_the_scope_and_a_visitor_none(bureau):
    text = client_of(bureau, "visitor").get("/labour").text
    assert len(squares(text)) == len(INDUSTRIES)
    assert "Guangdong" not in text
    assert client_of(bureau, "visitor").get(CELL).status_code == 404
    assert client_of(bureau, "").get("/labour").status_code in {303, 401}


def test_the_feed_is_rss_with_one_item_a_warning_and_every_step_of_it(bureau, worker):
    answer = worker.get("/labour/feed.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    items = ET.fromstring(answer.content).findall("channel/item")
    with bureau.books.read() as unit:
        found = {one.warning_id: one for one in bureau.warnings.warnings(unit)}
    assert sorted(one.find("guid").text for one in items) == sorted(found)
    for item in items:
        one = found[item.find("guid").text]
        assert len(item.find("description").text.split("\n")) == len(one.steps)
        assert item.find("pubDate").text == format_datetime(one.steps[-1].at)


def test_without_warnings_the_page_says_how_to_issue_some(empty_services):
    assert "--issue NAME" in client_of(empty_services, "li.wei").get("/labour").text


def test_rest_gives_the_same(bureau, worker):
    told = worker.get("/api/v1/labour/panels/insured").json()
    assert len(told["cells"]) == len(REGIONS) * len(INDUSTRIES)
    rows = worker.get("/api/v1/labour/warnings").json()
    assert rows["total"] >= 1
    name = next(one["warning"] for one in rows["rows"] if one["state"] == "issued")
    assert worker.get(f"/api/v1/labour/warnings/{name}").json()["steps"][0]["act"] == "issued"
    assert worker.get("/api/v1/labour/panels").json()[0]["promised_a_year"] == 0.1
    other = client_of(bureau, "visitor")
    assert len(other.get("/api/v1/labour/panels/insured").json()["cells"]) == len(INDUSTRIES)
    answer = other.post(f"/api/v1/labour/warnings/{name}/confirm", json={"reason": "seen"})
    assert (answer.status_code, answer.json()["code"]) == (403, "duty_missing")
    assert client_of(bureau, "").get("/api/v1/labour/warnings").status_code == 401
    done = worker.post(f"/api/v1/labour/warnings/{name}/withdraw", json={"reason": "wrong panel"})
    assert done.json()["state"] == "withdrawn"
    again = worker.post(f"/api/v1/labour/warnings/{name}/withdraw", json={"reason": "wrong panel"})
    assert (again.status_code, again.json()["code"]) == (422, "warning_over")


def test_the_page_tells_whether_figures_come(bureau: Services) -> None:
    assert 'id="fresh"' not in client_of(bureau, "li.wei").get("/labour").text
    with bureau.books.begin() as unit:
        bureau.feeds.add(unit, TERMS, datetime.now(UTC))
    shown = client_of(bureau, "li.wei").get("/labour").text.split('id="fresh"')[1]
    assert "Whether figures come" in client_of(bureau, "li.wei").get("/labour").text
    assert re.search(r"\d+ periods, since 2026-01-19, \d+ days", shown)
    assert "自 2026-01-19 起" in client_of(bureau, "li.wei", "zh").get("/labour").text


def test_the_bulletin_is_a_page_and_three_files(bureau, worker):
    page = worker.get("/labour/bulletin?panel=insured&month=2026-03").text
    for part in ("Jobs at risk: bulletin of 2026-03", "Watch list", "Heat map", "Promised and realised", "Guangdong"):
        assert part in page, part
    links = re.findall(r'href="(/labour/bulletin[^"]+form=\w+)"', page)
    starts = {"html": b"<!doctype", "pdf": b"%PDF", "xlsx": b"PK"}
    for link in links:
        answer = worker.get(link.replace("&amp;", "&"))
        assert answer.content.lstrip().startswith(starts.pop(link.rpartition("=")[2]))
    assert starts == {}
    assert "就业风险月报" in client_of(bureau, "li.wei", "zh").get("/labour/bulletin?month=2026-03").text
    assert worker.get("/labour/bulletin").status_code == 200
    assert 'href="/labour/bulletin?panel=insured"' in worker.get("/labour").text


def test_the_bulletin_keeps_to_the_scope_and_refuses_odd_months(bureau, worker):
    visitor = client_of(bureau, "visitor")
    assert "Guangdong" not in visitor.get("/labour/bulletin?month=2026-03").text
    told = visitor.get("/api/v1/labour/bulletin?panel=insured&month=2026-03&format=json").json()
    assert {one["region"] for one in told["cells"]} == {"520000"}
    assert {one["region"] for one in told["watch"]} <= {"520000"}
    assert worker.get("/labour/bulletin?month=March").status_code == 400
    assert worker.get("/labour/bulletin?month=2099-01").status_code == 400
    assert worker.get("/labour/bulletin?month=2020-01").status_code == 404
    assert client_of(bureau, "").get("/api/v1/labour/bulletin?panel=insured&month=2026-03").status_code == 401


@pytest.mark.parametrize(("form", "start"), [("html", b"<!doctype"), ("pdf", b"%PDF"), ("xlsx", b"PK")])
def test_rest_gives_the_bulletin_in_every_form(worker, form, start):
    answer = worker.get(f"/api/v1/labour/bulletin?panel=insured&month=2026-03&lang=zh&format={form}")
    assert answer.status_code == 200, answer.text
    assert answer.content.lstrip().startswith(start)
    assert ("attachment" in answer.headers.get("content-disposition", "")) == (form != "html")


def test_admins_subscribe_by_rest_and_nobody_else(bureau, worker):
    asked = {"url": "https://localhost/hook", "regions": ["440000"], "grade": "orange"}
    assert worker.post("/api/v1/labour/subscriptions", json=asked).status_code == 403
    assert worker.get("/api/v1/labour/subscriptions").status_code == 403
    admin = client_of(bureau, "chief")
    answer = admin.post("/api/v1/labour/subscriptions", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_address_private")
    assert admin.post("/api/v1/labour/subscriptions", json=asked | {"url": "nonsense"}).status_code == 400
    made = admin.post("/api/v1/labour/subscriptions", json=asked | {"url": "https://8.8.8.8/hook"}).json()
    assert made["secret"].startswith("whsec_")
    (listed,) = admin.get("/api/v1/labour/subscriptions").json()
    assert "secret" not in listed
    assert listed["subscription"] == made["subscription"]
    assert admin.delete(f"/api/v1/labour/subscriptions/{made['subscription']}").json()["ended"]
