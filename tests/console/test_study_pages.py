"""The pages of long questions: asked, seen while they are carried out, and read."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, planned

from qipan.bootstrap.services import Services
from qipan.interfaces.console import studies
from qipan.interfaces.report import labels
from qipan.interfaces.report.words import words as in_language
from qipan.interfaces.server import create_app
from qipan.kernel.errors import EngineError
from qipan.workflows.request import DayRequest
from qipan.workflows.study import StudyKind

pytestmark = pytest.mark.slow

WAIT_S = 300
PODS = b"name,num_gpu,gpu_milli,qos,creation_time,deletion_time,scheduled_time\n" + b"".join(
    b"p%d,1,1000,BE,%d,%d,%d\n" % (n, 3600 * n, 3600 * (n + 2), 3600 * n) for n in range(20)
)


@pytest.fixture(scope="module")
def operator(services: Any) -> TestClient:
    here = "http://127.0.0.1:8750"
    made = TestClient(create_app(services), base_url=here, follow_redirects=False, headers={"Origin": here})
    assert made.post("/sign-in", data={"name": "li.wei", "password": PASSWORD}).status_code == 303
    return made


def read_when_done(client: TestClient, address: str, lang: str = "en") -> str:
    until = time.monotonic() + WAIT_S
    while True:
        answer = client.get(address, headers={"Accept-Language": lang, "HX-Request": "true"})
        if answer.headers.get("hx-refresh"):
            return client.get(address, headers={"Accept-Language": lang}).text
        assert 'id="progress"' in answer.text
        assert time.monotonic() < until
        time.sleep(0.3)


def charts_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found.group(1)))


def test_expansion_of_the_example_is_drawn_and_told_in_both_languages(operator: TestClient) -> None:
    answer = operator.post("/expansions", data={"example": "1", "gap": "1e-6"})
    assert answer.status_code == 303, answer.text
    page = read_when_done(operator, answer.headers["location"])
    chart = charts_of(page)["map"]
    assert chart["kind"] == "map"
    assert [site["name"] for site in chart["sites"]] == ["Guangdong", "Ningxia"]
    assert chart["sites"][1]["used_unit_h"] > 0
    assert sum(chart["demand"].values()) == pytest.approx(sum(site["used_unit_h"] for site in chart["sites"]))
    assert {(flow["from"], flow["to"]) for flow in chart["flows"]} == {("Guangdong", "Ningxia")}
    for words in ("Following shadow prices", "wind plant", "The next is worth", "2027"):
        assert words in page
    said = read_when_done(operator, answer.headers["location"], "zh")
    for words in ("以同样资金在影子价格最高处建设", "风电场", "再增单位价值"):
        assert words in said


def test_expansion_refuses_a_bad_file_on_its_page(operator: TestClient) -> None:
    answer = operator.post("/expansions", files={"file": ("bad.json", b"{}")}, data={"gap": "0.01"})
    assert answer.status_code == 400
    assert "expansion_bad" in answer.text
    answer = operator.post("/expansions", data={"example": "1", "gap": "little"})
    assert "field_unreadable" in answer.text
    assert operator.get("/expansions?study=999999").status_code == 404


def test_roll_shows_regret_power_and_latency(operator: TestClient, trace: bytes) -> None:
    given = {"first_day": "2026-06-01", "days": "1", "every_min": "60", "price": "0.2"}
    answer = operator.post("/rolls", files={"file": ("jobs.csv", trace)}, data=given)
    assert answer.status_code == 303, answer.text
    # What runs is named to whoever asks for something else meanwhile.
    busy = operator.post("/expansions", data={"example": "1"})
    assert busy.status_code == 409
    assert f'<a href="{answer.headers["location"]}">Study' in busy.text
    page = read_when_done(operator, answer.headers["location"])
    chart = charts_of(page)["regret"]
    assert chart["names"] == ["06-01"]
    assert [one["name"] for one in chart["series"]] == ["Without forecast errors", "Errors: prices 0.2"]
    for words in ("Regret over the bound", "Residual supply index", "Placement, p99", "Zhongwei"):
        assert words in page
    asked = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.partition('id="settings"')[2]))
    assert (asked["File of jobs"], asked["Forecast errors"], asked["Reservations"]) == (
        "jobs.csv",
        "prices 0.2",
        "none",
    )
    assert (asked["Minutes between re-plans"], asked["Load, times"]) == ("60", "× 1")


def test_roll_takes_tables_and_a_reserve_and_shows_what_reservations_came_to(
    operator: TestClient, services: Services, trace: bytes
) -> None:
    contracts = (
        b"reservation_id,holder,site,kind,card_model,from,to,units,price_yuan_per_unit_h\n"
        b"lab-day,Lab,qingyang,intelligent,,2026-06-01T00:00:00+08:00,2026-06-02T00:00:00+08:00,5,9.5\n"
    )
    given = {"first_day": "2026-06-01", "days": "1", "every_min": "60", "notice_min": "30", "keeps_reserve": "1"}
    with services.books.read() as unit:
        joined = services.boards.links_joining(services.ledger.fleet(unit, "national"))
    links = "".join(f"{one.name},{one.start},{one.end},,{one.km}\n" for one in joined)
    files = {
        "file": ("jobs.csv", trace),
        "reservations": ("contracts.csv", contracts),
        "substitutes": ("others.csv", b"kind,card_model,by_kind,by_card_model,units\nintelligent,A,intelligent,B,2\n"),
        "links": ("links.csv", b"link,from,to,gb_per_h,km\n" + links.encode()),
    }
    answer = operator.post("/rolls", files=files, data=given)
    assert answer.status_code == 303, answer.text
    page = read_when_done(operator, answer.headers["location"])
    for words in (
        "lab-day",
        "for what was used or sold",
        "Without forecast errors: Jobs that name a reservation: none",
    ):
        assert words in page
    said = read_when_done(operator, answer.headers["location"], "zh")
    for words in ("lab-day", "已用或已售部分"):
        assert words in said
    number = int(answer.headers["location"].rpartition("=")[2])
    terms = services.studies.study(number, StudyKind.ROLL)["terms"]
    assert terms["keeps_reserve"]
    assert terms["file_names"] == {name: file for name, (file, _) in files.items() if name != "file"}


def test_roll_is_refused_at_once_on_its_page(operator: TestClient, services: Services, trace: bytes) -> None:
    before = services.studies.studies(StudyKind.ROLL)
    days = {"first_day": "2026-06-01", "days": "1", "every_min": "60"}
    for given, code in (
        ({"first_day": "2026-07-01"}, "day_empty"),
        ({"format": "philly"}, "columns_missing"),
        ({"zone_name": "Nowhere"}, "zone_unknown"),
        ({"seed": "-1"}, "option_out_of_range"),
        ({"load": "0"}, "load_not_positive"),
        ({"load": "1e9"}, "load_too_large"),
        ({"epoch": "noon"}, "field_unreadable"),
    ):
        answer = operator.post("/rolls", files={"file": ("jobs.csv", trace)}, data=days | given)
        assert (answer.status_code, code in answer.text) == (400, True), (code, answer.text)
    empty = operator.post("/rolls", files={"file": ("jobs.csv", trace), "links": ("links.csv", b"")}, data=days)
    assert (empty.status_code, "file_empty" in empty.text, "links.csv" in empty.text) == (400, True, True)
    none = operator.post("/rolls", files={"file": ("jobs.csv", trace)}, data=days | {"first_day": "2026-07-01"})
    assert "Its busiest days are 2026-06-01." in none.text
    seed = operator.post("/rolls", files={"file": ("jobs.csv", trace)}, data=days | {"seed": "x"})
    assert "In the field <strong>Seed</strong>" in seed.text
    assert services.studies.studies(StudyKind.ROLL) == before


def test_every_field_that_cannot_be_read_is_told_in_chinese(operator: TestClient, trace: bytes) -> None:
    days, dates = "load seed outlook_h carbon_yuan_per_t green_share grid_load_scale", "day epoch"
    rolls = "first_day days every_min demand price renewable load seed epoch plants_share notice_min seconds"
    forms = {"/days": f"{days} {dates}", "/rolls": rolls, "/expansions": "gap seconds"}
    for path, fields in forms.items():
        for field in fields.split():
            given = {"first_day": "2026-06-01"} | {field: "x"}
            answer = operator.post(path, files={"file": ("f", trace)}, data=given, headers={"Accept-Language": "zh"})
            assert (answer.status_code, "field_unreadable" in answer.text) == (400, True), (path, field)
            told = answer.text.partition('role="alert"')[2].partition("</div>")[0]
            assert "所在栏目 <strong>" in told, (path, field)
            assert 'lang="en"' not in told, (path, field)


def test_trace_without_dates_is_rolled_with_its_start(operator: TestClient, services: Services) -> None:
    days = {"first_day": "2023-01-01", "days": "1", "every_min": "60", "format": "openb", "seed": "3", "load": "2"}
    pods = {"file": ("pods.csv", PODS)}
    answer = operator.post("/rolls", files=pods, data=days)
    assert (answer.status_code, "epoch_missing" in answer.text) == (400, True)
    more = {"epoch": "2023-01-01T00:00:00+08:00", "zone_name": "Asia/Tokyo", "renewable": "0.3", "plants_share": "0.5"}
    answer = operator.post("/rolls", files=pods, data=days | more)
    assert answer.status_code == 303, answer.text
    page = read_when_done(operator, answer.headers["location"])
    assert "Errors: wind and solar 0.3" in page
    asked = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.partition('id="settings"')[2]))
    assert (asked["Format"], asked["Start of a trace without dates"], asked["Zone of the trace&#39;s clocks"]) == (
        "openb",
        "2023-01-01T00:00:00+08:00",
        "Asia/Tokyo",
    )
    terms = services.studies.study(int(answer.headers["location"].rpartition("=")[2]), StudyKind.ROLL)["terms"]
    assert (terms["seed"], terms["load"], terms["plants_share"], terms["zone_name"]) == (3, 2.0, 0.5, "Asia/Tokyo")


def test_day_is_followed_until_its_plan_is_there(operator: TestClient, trace: bytes) -> None:
    files, given = {"file": ("mine.csv", trace)}, {"day": "2026-06-01", "fleet_id": "national"}
    answer = operator.post("/days", files=files, data=given)
    assert answer.status_code == 303, answer.text
    # Whoever comes meanwhile sees it, and is led to it if another day is asked.
    for path in (answer.headers["location"], "/days"):
        page = operator.get(path, headers={"Accept-Language": "zh", "HX-Request": "true"})
        assert 'id="progress"' in page.text
        assert "mine.csv" in page.text
        assert "hx-refresh" not in page.headers
    busy = operator.post("/days", files=files, data=given)
    assert busy.status_code == 409
    assert f'<a href="{answer.headers["location"]}">Study' in busy.text
    seen = operator.get(planned(operator, answer), headers={"Accept-Language": "en"})
    assert "mine.csv (generic)" in seen.text
    # What polls is told that it is over; the list leads to the plan.
    over = operator.get(answer.headers["location"], headers={"HX-Request": "true"})
    assert over.headers["hx-refresh"] == "true"
    assert f'<a href="{answer.headers["location"]}">' in operator.get("/days").text


def test_steps_of_a_day_are_said_in_the_language_of_the_page() -> None:
    told = [studies.progress(StudyKind.DAY, step, in_language("zh")) for step in labels.STEP]
    assert told[:2] == ["生成作业", "读取作业"]
    assert all(re.search("[一-鿿]", one) for one in told)
    assert (
        studies.progress(StudyKind.ROLL, "run with forecast errors: 50%", in_language("zh")) == "有预测误差的运行：50%"
    )


def test_day_that_fails_says_why_and_keeps_its_form(
    operator: TestClient, services: Services, trace: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise EngineError("The solver must find the optimum, was stopped.", code="solver_failed", hint="Ask again.")

    now = datetime.now(UTC)
    request = DayRequest(trace, "mine.csv", "generic", date(2026, 6, 1), "national", load=2.5, models_power=True)
    study_id = services.studies.ask_day(request, now=now)
    address = f"/days?study={study_id}"
    assert "was interrupted" in operator.get(address).text
    monkeypatch.setattr("qipan.workflows.day.solve_day", fail)
    services.studies.carry_out(study_id, cpu=float, clock=float, now=lambda: now, progress=lambda _: None)
    page = operator.get(address).text
    assert "<code>solver_failed</code>" in page
    for field in (
        'name="load" min="0.01" step="any" value="2.5"',
        'value="2026-06-01"',
        'name="models_power" value="1" checked',
    ):
        assert field in page


def test_visitors_see_no_form(client: TestClient) -> None:
    assert "Running a day needs the role operator." in client.get("/days").text
    for path in ("/expansions", "/rolls"):
        page = client.get(path).text
        assert "Asking needs the role operator." in page
        assert 'enctype="multipart/form-data"' not in page
