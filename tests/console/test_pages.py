"""The pages without a browser: what they hold, who may see them, what their forms do."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import csv, opened, planned

from qipan.bootstrap.services import Services
from qipan.interfaces.console.fields import in_form
from qipan.interfaces.report.words import words as in_language
from qipan.interfaces.server import create_app
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.workflows.request import DayRequest

pytestmark = pytest.mark.slow

PAGES = [
    "/",
    "/plan",
    "/power",
    "/jobs",
    "/compare",
    "/ledger",
    "/atlas",
    "/expansions",
    "/rolls",
    "/facts",
    "/days",
    "/docs",
    "/sign-in",
]
PASSWORD = "four unrelated words"


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, name: str) -> list[str]:
        return [value for _, attributes in self.found if (value := attributes.get(name)) is not None]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("lang", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_page_speaks_the_chosen_language(client: TestClient, path: str, lang: str, tag: str) -> None:
    answer = client.get(path, headers={"Accept-Language": lang})
    assert answer.status_code == 200
    assert f'<html lang="{tag}">' in answer.text
    assert len(re.findall(r"<h1[ >]", answer.text)) == 1


@pytest.mark.parametrize("path", PAGES)
def test_page_holds_nothing_that_the_content_policy_forbids(client: TestClient, path: str) -> None:
    tags = Tags(client.get(path).text)
    assert tags.all("style") == []
    assert [name for _, attributes in tags.found for name in attributes if name.startswith("on")] == []
    inline = [a for tag, a in tags.found if tag == "script" and "src" not in a and a.get("type") != "application/json"]
    assert inline == []
    assert [address for address in (*tags.all("src"), *tags.all("href")) if "//" in address] == []


def test_every_address_on_the_pages_answers(client: TestClient) -> None:
    addresses = {
        address
        for path in PAGES
        for name in ("href", "src", "hx-get")
        for address in Tags(client.get(path).text).all(name)
        if address.startswith("/")
    }
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def test_static_files_are_kept_for_ever_and_come_compressed(client: TestClient) -> None:
    address = next(one for one in Tags(client.get("/").text).all("src") if one.endswith("echarts.min.js"))
    answer = client.get(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 400_000
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    assert client.get(address.replace(address.split("/")[2], "0" * 16)).status_code == 404
    assert client.get("/static/" + address.split("/")[2] + "/../../page.py").status_code == 404


def test_board_says_up_and_down_and_shows_both_carbon_accounts(client: TestClient, services: Services) -> None:
    text = client.get("/", headers={"Accept-Language": "en"}).text
    change = services.day.report()["against_home_first"]
    for key, name in (("cost", "cost"), ("location", "location_kg"), ("market", "market_kg")):
        direction = "lower" if change[name] < -0.0005 else "higher" if change[name] > 0.0005 else "same"
        assert f'data-key="{key}" data-direction="{direction}"' in text
    assert "Carbon, location-based" in text
    assert "Carbon, market-based" in text


def test_board_tells_the_volumes_for_the_west(client: TestClient, services: Services) -> None:
    rows = services.day.report()["volumes"]
    text = client.get("/").text
    assert 'id="volumes"' in text
    asked = sum(row["asked_unit_h"] for row in rows)
    assert f"Of {asked:,.0f} card-hours that the east asks for" in text
    assert text.count("<tr>", text.index('id="volumes"')) >= len(rows)


def test_board_tells_what_each_region_gains(client: TestClient, services: Services) -> None:
    rows = services.day.report()["stand_alone"]
    text = client.get("/").text
    assert f"of {len(rows)} regions pay no more than they would alone" in text
    assert text.count("<tr>", text.index('id="stand-alone"')) >= len(rows)
    assert "个地区中有" in client.get("/", headers={"Accept-Language": "zh"}).text


def test_jobs_and_prices_lead_to_what_explains_them(client: TestClient, services: Services) -> None:
    plan_id = services.day.report()["plan_id"]
    assert f"/explain?plan={plan_id}&amp;job=job-02" in client.get("/jobs", params={"text": "job-02"}).text
    job = client.get("/explain", params={"job": "job-02"}, headers={"Accept-Language": "en"}).text
    assert "Why here: job job-02" in job
    assert "Here and the cheapest other sites" in job
    refused = client.get("/explain", params={"job": "giant"}, headers={"Accept-Language": "en"}).text
    assert "is too small for it" in refused
    assert f"/explain?plan={plan_id}&amp;site=zhongwei&amp;slot=3" in client.get("/plan").text
    price = client.get("/explain", params={"site": "zhongwei", "slot": 3}, headers={"Accept-Language": "zh"}).text
    assert "无约束起作用" in price
    assert client.get("/explain", params={"site": "nowhere"}).status_code == 404
    unknown = client.get("/explain", params={"site": "nowhere"}, headers={"Accept-Language": "zh"}).text
    assert "站点须属于该计划，实为" in unknown
    assert "A site must be" not in unknown
    asked = client.get("/explain", headers={"Accept-Language": "en"})
    assert asked.status_code == 200
    assert f'<a href="/jobs?plan={plan_id}">A job: choose it' in asked.text


def test_pages_escape_what_users_named(client: TestClient) -> None:
    text = client.get("/").text
    assert "&lt;jobs&gt;.csv" in text
    assert "<jobs>" not in text


def test_first_page_without_a_day_says_what_to_run(empty_services: Services) -> None:
    client = TestClient(create_app(empty_services), base_url="http://127.0.0.1", follow_redirects=False)
    text = client.get("/", headers={"Accept-Language": "en"}).text
    assert "qipan demo" in text
    answer = client.get("/plan", headers={"Accept-Language": "en"})
    assert (answer.status_code, "no_plan_yet" in answer.text) == (404, True)


def test_unknown_plan_and_page_are_friendly(client: TestClient) -> None:
    assert "plan_unknown" in client.get("/?plan=none").text
    answer = client.get("/nothing", headers={"Accept-Language": "zh"})
    assert (answer.status_code, "此地址没有页面" in answer.text) == (404, True)


def test_jobs_show_why_one_was_refused_in_the_language_of_the_page(client: TestClient) -> None:
    for lang, words in (("en", "largest site that it may use"), ("zh", "可用站点最多只能承载")):
        text = client.get("/jobs?status=refused", headers={"Accept-Language": lang}).text
        assert "giant" in text
        assert words in text


def test_jobs_keep_the_filter_when_sorted_and_paged(client: TestClient) -> None:
    text = client.get("/jobs?text=job&tier=batch&sort=quantity&descending=1").text
    addresses = [address for address in Tags(text).all("hx-get") if "sort=" in address]
    assert addresses
    assert all("text=job" in address and "tier=batch" in address for address in addresses)
    assert 'aria-sort="descending"' in text


def test_facts_are_searched_in_both_languages(client: TestClient) -> None:
    text = client.get("/facts", params={"q": "中卫 上架率"}).text
    assert "cluster/zhongwei/rack_up_target" in text
    assert "region/110000" not in text


def test_ledger_shows_use_of_the_newest_day(client: TestClient) -> None:
    text = client.get("/ledger", headers={"Accept-Language": "en"}).text
    assert "Planned use on 2026-06-01" in text
    assert 'id="use-by-hub"' in text


def test_language_is_kept_and_leads_back(client: TestClient) -> None:
    answer = client.post("/language", data={"lang": "zh", "next": "/jobs?page=1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?page=1")
    client.headers["Origin"] = str(client.base_url)
    assert '<html lang="zh-CN">' in client.get("/", headers={"Accept-Language": "en"}).text
    assert client.post("/language", data={"lang": "fr"}).status_code == 400


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_sign_in_never_leads_elsewhere(client: TestClient, elsewhere: str) -> None:
    answer = client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD, "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_sign_in_sets_a_cookie_that_scripts_cannot_read(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert PASSWORD not in cookie


def test_sign_in_with_a_wrong_password_is_refused_and_then_slowed(client: TestClient) -> None:
    for _ in range(10):
        assert client.post("/sign-in", data={"name": "li.wei", "password": "wrong"}).status_code == 401
    answer = client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD})
    assert (answer.status_code, "sign_in_too_often" in answer.text) == (429, True)


def test_a_forged_cookie_signs_nobody_in(client: TestClient) -> None:
    client.cookies.set("qipan", "eyJ1c2VyIjogImFkbWluIn0=.aaaa.bbbb")
    assert "Sign in" in client.get("/", headers={"Accept-Language": "en"}).text


def test_sign_out_forgets_who_was_there(signed_in: TestClient) -> None:
    assert "li.wei" in signed_in.get("/").text
    assert signed_in.post("/sign-out").status_code == 303
    assert "li.wei" not in signed_in.get("/").text


def test_a_disabled_user_is_a_visitor_at_once(client: TestClient, services: Services) -> None:
    from datetime import UTC, datetime

    from qipan.access.model import Role

    now = datetime.now(UTC)
    with services.books.begin() as unit:
        services.access.create_user(unit, "leaver", password=PASSWORD, role=Role.OPERATOR, now=now)
    assert client.post("/sign-in", data={"name": "leaver", "password": PASSWORD}).status_code == 303
    assert "leaver" in client.get("/days").text
    with services.books.begin() as unit:
        services.access.disable_user(unit, "leaver", now)
    assert "leaver" not in client.get("/days").text


@pytest.mark.parametrize("path", ["/days", "/ledger/sites"])
def test_forms_need_an_operator(client: TestClient, path: str, trace: bytes) -> None:
    assert client.post(path, files={"file": ("jobs.csv", trace)}).status_code == 401
    client.post("/sign-in", data={"name": "visitor", "password": PASSWORD})
    client.headers["Origin"] = str(client.base_url)
    answer = client.post(path, files={"file": ("jobs.csv", trace)})
    assert (answer.status_code, "role_too_low" in answer.text) == (403, True)


def test_running_a_day_leads_to_its_board(signed_in: TestClient, trace: bytes) -> None:
    answer = signed_in.post(
        "/days",
        files={"file": ("mine.csv", trace)},
        data={"format": "generic", "day": "2026-06-01", "load": "1.5", "seed": "2", "fleet_id": "national"}
        | {"no_worse_than": "home_first"},
    )
    address = planned(signed_in, answer)
    text = signed_in.get(address).text
    assert "No tier served worse" in text
    assert 'id="upheld"' in text
    assert "mine.csv (generic)" in text
    plan_id = address.removeprefix("/?plan=")
    listed = signed_in.get("/days", headers={"Accept-Language": "zh"}).text
    row = listed[listed.index(plan_id) :].partition("</tr>")[0]
    for words in (">2026-06-01</a>", "国家枢纽", "mine.csv (通用)", f">{datetime.now(zone(BOARD_ZONE)):%Y-%m-%d} "):
        assert words in row
    assert listed.count(">日计划<") == 2  # the page is called as the menu calls it


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"day": "2026-13-01"}, "field_unreadable"),
        ({"load": "much"}, "field_unreadable"),
        ({"seed": "1.5"}, "field_unreadable"),
        ({"epoch": "noon", "format": "openb"}, "field_unreadable"),
        ({"outlook_h": "1.5"}, "field_unreadable"),
        ({"outlook_h": "999"}, "option_out_of_range"),
        ({"carbon_yuan_per_t": "-1"}, "option_out_of_range"),
        ({"carbon_account": "both"}, "option_out_of_range"),
        ({"green_share": "2"}, "option_out_of_range"),
        ({"grid_load_scale": "0"}, "option_out_of_range"),
        ({"day": "2025-01-01"}, "day_empty"),
        ({"format": "swf"}, "format_unknown"),
        ({"zone_name": "Asia/Peking"}, "zone_unknown"),
    ],
)
def test_a_day_that_cannot_be_run_says_why_and_keeps_the_form(
    signed_in: TestClient, trace: bytes, options: dict[str, str], code: str
) -> None:
    given = {"format": "generic", "seed": "2", "load": "3"} | options
    answer = signed_in.post("/days", files={"file": ("mine.csv", trace)}, data=given)
    assert answer.status_code == 400
    assert f"<code>{code}</code>" in answer.text
    assert f'name="seed" min="0" step="1" value="{given["seed"]}"' in answer.text


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "leave out “Refuse a file with any bad row” to set them aside"), ("zh", "去掉严格模式")],
)
def test_hints_name_the_fields_of_the_form(signed_in: TestClient, trace: bytes, lang: str, said: str) -> None:
    files = {"file": ("mine.csv", trace + b"bad,never,intelligent\n")}
    answer = signed_in.post("/days", files=files, data={"strict": "1"}, headers={"Accept-Language": lang})
    assert "<code>rows_bad</code>" in answer.text
    assert said in answer.text
    assert "--strict" not in answer.text


def test_fields_stand_for_options_but_commands_and_other_options_stay() -> None:
    english, chinese = in_language("en"), in_language("zh")
    assert in_form("Give this file with --jobs and --format philly.", english) == (
        "Give this file with “File of jobs” and “Format” philly."
    )
    assert in_form("用 --fleet 选择", chinese) == "用 “机群” 选择"
    for text in ("Write --region NAME.", "Run a trace: qipan dispatch roll --reservations FILE."):
        assert in_form(text, english) == text


def test_a_bad_fleet_shows_its_findings(signed_in: TestClient) -> None:
    answer = signed_in.post("/ledger/sites", files={"file": ("bad.yaml", b"fleet: x\nsites: []")})
    assert answer.status_code == 400
    assert "<code>fleet_invalid</code>" in answer.text


def test_closed_server_leads_visitors_to_the_sign_in(services: Services) -> None:
    from dataclasses import replace

    closed = services.settings.model_copy(update={"anonymous_role": "none"})
    client = TestClient(
        create_app(replace(services, settings=closed)), base_url="http://127.0.0.1", follow_redirects=False
    )
    answer = client.get("/jobs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/jobs")
    assert client.get("/sign-in").status_code == 200


def test_map_approval_number_stands_under_the_map(services: Services) -> None:
    from dataclasses import replace

    approved = services.settings.model_copy(update={"map_approval": "GS(2026)1"})
    client = TestClient(create_app(replace(services, settings=approved)), base_url="http://127.0.0.1")
    assert "审图号：GS(2026)1" in client.get("/", headers={"Accept-Language": "zh"}).text


def test_docs_list_every_operation_with_its_fields(client: TestClient) -> None:
    text = client.get("/docs").text
    described: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    for path in described["paths"]:
        assert path in text
    assert "carbon_yuan_per_t" in text


def test_atlas_counts_rehearsals_only_when_asked(demo: Services, metered_day: date) -> None:
    client = TestClient(create_app(demo), base_url="http://127.0.0.1:8750")
    english = {"Accept-Language": "en"}
    assert "Nothing was metered on this day" in client.get(f"/atlas?day={metered_day}", headers=english).text
    text = client.get(f"/atlas?day={metered_day}&modelled=yes", headers=english).text
    assert "Nothing was metered" not in text
    (drawn,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', text, re.DOTALL)
    hours = json.loads(drawn)["atlas"]["hours"]
    assert [hour["label"] for hour in hours] == [f"{hour:02d}:00" for hour in range(24)]
    assert sum(site["used_unit_h"] for hour in hours for site in hour["sites"]) > 0
    assert "modelled" in text


def test_bulletin_says_what_the_atlas_says(demo: Services, metered_day: date) -> None:
    client = TestClient(create_app(demo), base_url="http://127.0.0.1:8750")
    assert client.get("/atlas?day=2026-99-99").status_code in (400, 422)
    answer = client.get(f"/bulletin?form=csv&day={metered_day}&modelled=yes")
    assert answer.headers["content-disposition"] == f'attachment; filename="bulletin-{metered_day}.csv"'
    assert ",used_unit_h," in answer.text
    page = client.get(f"/bulletin?day={metered_day}&modelled=yes")
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_day_with_reservations_shows_them_on_its_board(signed_in: TestClient) -> None:
    jobs = (
        b"job_id,submit,kind,quantity,requested_s,origin,tier,data_class,reservation\n"
        b"mine,2026-06-01T09:00:00+08:00,intelligent,4,3600,440000,offline,free,r1\n"
        b"other,2026-06-01T09:00:00+08:00,intelligent,4,3600,440000,offline,free,\n"
    )
    contracts = (
        b"reservation_id,holder,site,kind,from,to,units,price_yuan_per_unit_h\n"
        b"r1,Institute of Ice,zhongwei,intelligent,2026-06-01T00:00:00+08:00,2026-06-02T00:00:00+08:00,8,6\n"
        b"r2,Nobody,zhongwei,intelligent,2026-06-01T00:00:00+08:00,2026-06-02T00:00:00+08:00,-8,6\n"
    )
    files = {"file": ("mine.csv", jobs), "reservations": ("contracts.csv", contracts)}
    answer = signed_in.post("/days", files=files, data={"day": "2026-06-01", "fleet_id": "national"})
    text = signed_in.get(planned(signed_in, answer)).text
    assert "Institute of Ice" in text
    assert "Jobs that name a reservation: covered 1." in text
    assert "Rows of reservations set aside: 1 of 2." in text
    assert "Contract price" in text


def test_board_lists_the_rows_that_were_set_aside(tmp_path: Path) -> None:
    made = opened(tmp_path / "home")
    bad = "bad,2026-06-01T08:00:00+08:00,intelligent,0,3600,440000,batch"
    stray = "stray,2026-06-01T08:00:00+08:00,intelligent,1,3600,999999,batch"
    held = (
        "reservation_id,holder,site,kind,from,to,units,price_yuan_per_unit_h\n"
        "r1,lab,zhongwei,intelligent,2026-06-01T08:00:00+08:00,2026-06-01T08:00:00+08:00,1,1\n"
    )
    request = DayRequest(
        data=csv(4) + f"\n{bad}\n{stray}\n".encode(),
        name="monday.csv",
        format="generic",
        day=date(2026, 6, 1),
        reservations=held.encode(),
    )
    made.day.run(request, datetime.now(UTC))
    client = TestClient(create_app(made), base_url="http://127.0.0.1:8750")
    shown = {lang: " ".join(client.get("/", headers={"Accept-Language": lang}).text.split()) for lang in ("en", "zh")}
    assert "What is wrong with rows of monday.csv" in shown["en"]
    for row, told in ((6, "quantity must be above zero, was &#39;0&#39;."), (7, "which is not on the board.")):
        assert re.search(rf'<td class="number">{row}</td>.*{re.escape(told)}', shown["en"])
    assert "to must lie after from" in shown["en"]
    assert "monday.csv 中被隔离的行有何问题" in shown["zh"]
    for told in ("quantity 须大于零，实为 &#39;0&#39;。", "“999999”不在其上。", "to 须晚于 from"):
        assert told in shown["zh"]
    assert "must be above zero" not in shown["zh"]


def test_form_says_which_file_is_wrong_and_where(signed_in: TestClient) -> None:
    signed_in.headers["Accept-Language"] = "zh"
    files = {
        "file": ("jobs.csv", csv(4)),
        "links": ("links.csv", b"link,from,to,gb_per_h\na,440000,640000,many\n"),
    }
    answer = signed_in.post("/days", data={"format": "generic", "day": "2026-06-01"}, files=files)
    assert answer.status_code == 400
    told = " ".join(answer.text.split())
    assert "所在文件 <strong>links.csv</strong>" in told
    assert '<td class="number">2</td><td>gb_per_h</td>' in told
    assert "gb_per_h 须为不小于 0 的数" in told
    files["links"] = ("links.csv", b"")
    answer = signed_in.post("/days", data={"format": "generic", "day": "2026-06-01"}, files=files)
    assert (answer.status_code, "file_empty" in answer.text, "links.csv" in answer.text) == (400, True, True)
    files["links"] = ("links.csv", "link,from,to,gb_per_h\n西线,440000,640000,9\n".encode("gb18030"))
    answer = signed_in.post("/days", data={"format": "generic", "day": "2026-06-01"}, files=files)
    assert (answer.status_code, "GB18030" in answer.text, "links.csv" in answer.text) == (400, True, True)
