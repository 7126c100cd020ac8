"""What the house enters from its pages: members, books, capacity; what centres attest, who is audited; quota moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from tests.api.test_centres import PERIOD, YEAR
from tests.api.test_certificates import MONTH
from tests.console.conftest import PASSWORD, opened
from tests.console.test_spot_pages import leaves, signed_in

from qipan.access.model import Duty, Role
from qipan.bootstrap.services import Services
from qipan.certificates.model.certificate import Granularity, Production, Usage
from qipan.certificates.model.device import Device, Source
from qipan.certificates.model.request import Allocate, Issue, Retire, Selection

WEEK = "h100-80g@ningxia/2198-W10"
PRICES = "day,fen_per_card_h\n" + "".join(
    f"2026-{month:02}-{day:02},{1200 + (day * 37 + month * 11) % 60}\n"
    for month in range(1, 11)
    for day in range(1, 29)
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services in which li.wei clears and keeps the registry, and zhang acts for ``west``."""
    made, now = opened(tmp_path_factory.mktemp("opening") / "home"), datetime.now(UTC)
    with made.books.begin() as unit:
        for name in ("zhang", "nobody"):
            made.access.create_user(unit, name, password=PASSWORD, role=Role.VIEWER, now=now)
        made.access.grant(unit, "zhang", Duty.SITE, now, party="west")
        made.access.grant(unit, "li.wei", Duty.CLEARING, now)
        made.access.grant(unit, "li.wei", Duty.REGISTRY, now)
        wind = Device("wind-1", "west", Source.WIND, "640500", 50_000_000, datetime(2020, 1, 1, tzinfo=UTC), False)
        made.registry.enter_device(unit, wind, now)
        start, end = MONTH.start, MONTH.start + timedelta(hours=1)
        made.registry.send(unit, Issue("i-1", "wind-1", (Production(start, end, 1_000_000, "m"),)), now)
        made.registry.enter_usages(unit, [Usage("u-0", "west", start, end, 900_000)], now)
    return made


@pytest.fixture(scope="module")
def clerk(home: Services) -> TestClient:
    return signed_in(home, "li.wei")


@pytest.fixture(scope="module")
def west(home: Services) -> TestClient:
    return signed_in(home, "zhang")


def refused(client: TestClient, path: str, data: dict[str, str], **files: tuple[str, bytes]) -> tuple[int, str]:
    """Return status and code of a refusal."""
    answer = client.post(path, data=data, files=files or None)
    code = answer.text.split("<code>")
    assert len(code) > 1, answer.text[:400]
    found = [part.split("</code>")[0] for part in code[1:]]
    return answer.status_code, next(one for one in found if one.replace("_", "").isalpha() and "_" in one)


def test_members_books_and_capacity_are_entered_from_the_desk_once(home: Services, clerk: TestClient) -> None:
    assert "Admit a member" in clerk.get("/market/clearing").text
    told = []
    for _ in range(2):
        for path, data in (
            ("admit", {"member": "west"}),
            ("open", {"instrument": WEEK, "margin_yuan": "1.5"}),
        ):
            assert clerk.post(f"/market/{path}", data=data).headers["location"] == "/market/clearing"
        told.append(leaves(home))
    assert told[0] == told[1]
    step = {"member": "west", "card_class": "h100-80g", "hub_id": "ningxia", "cards": "80", "certificate": "NC-1"}
    assert clerk.post("/market/certify", data=step | {"start": "2198-03-01T00:00"}).status_code == 303
    answer = clerk.post(
        "/market/open", data={"instrument": "h100-80g@ningxia/2198-W11"}, files={"history": ("p.csv", PRICES.encode())}
    )
    assert answer.status_code == 303
    with home.books.read() as unit:
        listings = home.trading.listings(unit)
    assert listings[WEEK].margin_fen_per_card_h == 150
    assert listings["h100-80g@ningxia/2198-W11"].margin_source.startswith("history:")


def test_what_is_entered_amiss_is_told_and_leaves_nothing(home: Services, clerk: TestClient) -> None:
    before = leaves(home)
    step = {"member": "west", "card_class": "h100-80g", "hub_id": "ningxia", "cards": "80", "certificate": "NC-1"}
    for path, data, expected in (
        ("admit", {"member": "market"}, (400, "member_unfit")),
        ("admit", {"member": "east", "key": "none"}, (400, "key_line_malformed")),
        ("open", {"instrument": WEEK}, (400, "margin_unstated")),
        ("open", {"instrument": WEEK, "margin_yuan": "1.505"}, (400, "field_unreadable")),
        ("open", {"instrument": WEEK, "margin_yuan": "2"}, (409, "book_taken")),
        ("open", {"instrument": "h100", "margin_yuan": "2"}, (400, "instrument_name_bad")),
        ("open", {"instrument": WEEK, "margin_yuan": "2", "coverage": "2"}, (400, "field_unreadable")),
        ("certify", step | {"member": "none"}, (404, "member_unknown")),
        ("certify", step | {"cards": "x"}, (400, "field_unreadable")),
        ("certify", step | {"start": "noon"}, (400, "field_unreadable")),
    ):
        assert refused(clerk, f"/market/{path}", data) == expected, (path, data)
    bad = ("p.csv", b"day,fen_per_card_h\nx,y\n")
    assert refused(clerk, "/market/open", {"instrument": WEEK}, history=bad) == (400, "prices_unreadable")
    assert leaves(home) == before


def test_who_has_no_duty_enters_nothing(home: Services, west: TestClient) -> None:
    before, nobody = leaves(home), signed_in(home, "nobody")
    for path in ("market/admit", "market/open", "market/certify", "certificates/audit"):
        data = {"member": "east", "instrument": WEEK, "form_id": "x", "site": "west"}
        for client in (west, nobody):
            assert refused(client, f"/{path}", data) == (403, "duty_missing"), path
    for path in ("attest", "declare", "sell"):
        data = {"form_id": "x", "site": "east", "holder": "east", "pue": "1.2", "year": "2030", "kg": "1"}
        for client in (west, nobody):
            assert refused(client, f"/certificates/{path}", data) == (403, "duty_missing"), path
    for page in ("/certificates/centres", "/certificates/quota"):
        assert 'method="post" action="/certificates/' not in nobody.get(page).text
    assert 'action="/certificates/attest"' in west.get("/certificates/centres").text
    assert 'action="/certificates/audit"' not in west.get("/certificates/centres").text
    assert leaves(home) == before


def test_centre_is_attested_and_audited_from_the_page(home: Services, clerk: TestClient, west: TestClient) -> None:
    paper = {"form_id": "evidence-1", "site": "west", "pue": "1.22", **PERIOD, "document": "report"}
    told = []
    for _ in range(2):
        assert west.post("/certificates/attest", data=paper).headers["location"] == "/certificates/centres"
        told.append(leaves(home))
    assert told[0] == told[1]
    check = {"form_id": "audit-1", "site": "west", "auditor": "judge", **PERIOD, "evidence": "evidence-1"}
    for client, path, data, expected in (
        (west, "attest", paper | {"pue": "1.3"}, (409, "certificate_request_differs")),
        (west, "attest", paper | {"form_id": "e-2", "pue": "low"}, (400, "field_unreadable")),
        (west, "attest", paper | {"form_id": "e-2", "first": "2027-13"}, (400, "month_unreadable")),
        (clerk, "audit", check, (422, "grade_none")),
        (clerk, "audit", check | {"auditor": "west"}, (403, "audit_not_independent")),
        (clerk, "audit", check | {"evidence": "none"}, (404, "evidence_unknown")),
    ):
        assert refused(client, f"/certificates/{path}", data) == expected, (path, data)
    assert leaves(home) == told[1]
    now = datetime.now(UTC)
    with home.books.begin() as unit:
        home.registry.send(unit, Allocate("a-1", "west", MONTH.name, Granularity.HOUR, ()), now)
        home.registry.send(unit, Retire("r-1", "west", "west", Selection(), "a-1"), now)
    for _ in range(2):
        assert clerk.post("/certificates/audit", data=check).headers["location"] == "/certificates/centres"
    text = west.get("/certificates/centres").text
    assert "audit-1" in text
    assert "judge" in text


def test_quota_is_declared_surrendered_and_sold_from_the_page(home: Services, west: TestClient) -> None:
    asked = {"form_id": "declaration-1", "holder": "west", "year": f"{YEAR}", "kg": "500"}
    told = []
    for _ in range(2):
        assert west.post("/certificates/declare", data=asked).headers["location"] == "/certificates/quota"
        told.append(leaves(home))
    assert told[0] == told[1]
    text = west.get("/certificates/quota").text
    assert "<option>declaration-1</option>" in text
    assert "declaration-1" not in signed_in(home, "nobody").get("/certificates/quota").text
    given = {"form_id": "surrender-1", "declaration": "declaration-1", "year": f"{YEAR}", "kg": "100"}
    sold = {"form_id": "sale-1", "holder": "west", "year": f"{YEAR}", "kg": "100"}
    for path, data, expected in (
        ("declare", asked | {"kg": "501"}, (409, "certificate_request_differs")),
        ("declare", asked | {"form_id": "d-2", "kg": "-1"}, (400, "declaration_unfit")),
        ("declare", asked | {"form_id": "d-2", "kg": "some"}, (400, "field_unreadable")),
        ("surrender", given, (422, "quota_short")),
        ("surrender", given | {"kg": "0"}, (400, "quota_unfit")),
        ("sell", sold, (422, "quota_short")),
        ("sell", sold | {"year": "soon"}, (400, "field_unreadable")),
    ):
        assert refused(west, f"/certificates/{path}", data) == expected, (path, data)
    assert leaves(home) == told[1]
