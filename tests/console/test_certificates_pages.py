"""The pages of certificates: the registry, a holder's forms, the life of an issuance, scores side by side, grades."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, opened

from qipan.access.model import Duty
from qipan.bootstrap.files import read_usage
from qipan.bootstrap.services import Services
from qipan.certificates.model.certificate import State
from qipan.certificates.model.device import Device, Source
from qipan.certificates.model.month import Month
from qipan.interfaces.server import create_app

MADE = (
    b"start,end,kwh,evidence\n"
    b"2026-03-02T10:00:00+08:00,2026-03-02T11:00:00+08:00,1400.5,meter 7\n"
    b"2026-03-02T11:00:00+08:00,2026-03-02T12:00:00+08:00,900,meter 7\n"
)
USED = (
    b"usage_id,consumer,start,end,kwh\n"
    b"u-1,east,2026-03-02T10:00:00+08:00,2026-03-02T11:00:00+08:00,900\n"
    b"u-2,east,2026-03-02T11:00:00+08:00,2026-03-02T12:00:00+08:00,900\n"
    b"u-3,east,2026-03-02T19:00:00+08:00,2026-03-02T20:00:00+08:00,700\n"
)


@pytest.fixture
def registry(tmp_path: Path) -> tuple[Services, TestClient]:
    """Return a home with a device and metered use, and its clerk, who also trades for both holders."""
    made, now = opened(tmp_path / "home"), datetime.now(UTC)
    with made.books.begin() as unit:
        made.access.grant(unit, "li.wei", Duty.REGISTRY, now)
        for party in ("west", "east"):
            made.access.grant(unit, "li.wei", Duty.TRADER, now, party=party)
        made.access.grant(unit, "visitor", Duty.TRADER, now, party="east")
        wind = Device("wind-1", "west", Source.WIND, "640500", 50_000_000, datetime(2024, 1, 1, tzinfo=UTC), False)
        made.registry.enter_device(unit, wind, now)
        made.registry.enter_usages(unit, read_usage(USED), now)
    return made, signed_in(made, "li.wei")


def signed_in(services: Services, name: str) -> TestClient:
    client = TestClient(create_app(services), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.headers |= {"Origin": str(client.base_url), "Accept-Language": "en"}
    assert client.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
    return client


def issue(client: TestClient, form_id: str = "issue-1") -> int:
    files = {"file": ("made.csv", MADE, "text/csv")}
    data = {"form_id": form_id, "device_id": "wind-1"}
    return client.post("/certificates/issue", data=data, files=files).status_code


def held_wh(services: Services, holder: str, *states: State) -> int:
    with services.books.read() as unit:
        return sum(one.wh for one in services.registry.holdings(unit, holder=holder, states=states or None))


def test_registry_shows_devices_to_users_and_holders_to_whom_they_concern(
    registry: tuple[Services, TestClient],
) -> None:
    services, clerk = registry
    assert issue(clerk) == 303
    visitor = TestClient(create_app(services), base_url="http://127.0.0.1:8750", follow_redirects=False)
    assert visitor.get("/certificates").headers["location"] == "/sign-in?next=/certificates"
    text = clerk.get("/certificates").text
    assert "wind-1" in text
    assert "2,300.500" in text
    assert "/certificates/holder?holder=west" in text
    trader = signed_in(services, "visitor")
    assert "/certificates/holder?holder=west" not in trader.get("/certificates").text
    assert trader.get("/certificates/holder", params={"holder": "west"}).status_code == 403
    assert issue(trader, "issue-2") == 403
    assert trader.post("/certificates/expire").status_code == 403


def test_double_click_issues_and_hands_over_once(registry: tuple[Services, TestClient]) -> None:
    services, clerk = registry
    assert [issue(clerk), issue(clerk)] == [303, 303]
    assert issue(clerk, "issue-2") == 422  # each moment once
    sent = {"form_id": "transfer-1", "holder": "west", "to": "east", "kwh": "200.5"}
    for _ in range(2):
        assert clerk.post("/certificates/transfer", data=sent).status_code == 303
    assert held_wh(services, "east") == 200_500
    refused = clerk.post("/certificates/transfer", data=sent | {"form_id": "transfer-2", "kwh": "99999"})
    assert (refused.status_code, "certificates_short" in refused.text) == (422, True)
    assert 'value="99999"' in refused.text
    unread = clerk.post("/certificates/transfer", data=sent | {"form_id": "transfer-3", "kwh": "0.0001"})
    assert "field_unreadable" in unread.text


def test_bundles_are_handed_over_whole(registry: tuple[Services, TestClient]) -> None:
    services, clerk = registry
    issue(clerk)
    data = {"form_id": "bundle-1", "device_id": "wind-1", "month": "2026-03"}
    assert clerk.post("/certificates/bundle", data=data).status_code == 303
    assert "<option>bundle-1/2</option>" in clerk.get("/certificates/holder", params={"holder": "west"}).text
    sent = {"form_id": "transfer-1", "holder": "west", "to": "east", "bundle_id": ["bundle-1/1", "bundle-1/2"]}
    assert clerk.post("/certificates/transfer", data=sent).status_code == 303
    assert held_wh(services, "east") == 2_000_000


def test_hour_and_month_stand_side_by_side_and_differ(registry: tuple[Services, TestClient]) -> None:
    services, clerk = registry
    issue(clerk)
    clerk.post("/certificates/transfer", data={"form_id": "t-1", "holder": "west", "to": "east"})
    for number, by in ((1, "hour"), (2, "month")):
        sent = {"form_id": f"allocate-{number}", "holder": "east", "month": "2026-03", "by": by}
        assert clerk.post("/certificates/allocate", data=sent).status_code == 303
        back = {"form_id": f"retire-{number}", "holder": "east", "allocation": f"allocate-{number}"}
        for _ in range(2):
            assert clerk.post("/certificates/retire", data=back).status_code == 303
    assert held_wh(services, "east", State.RETIRED) == 2_300_500
    with services.books.read() as unit:
        score = services.registry.score(unit, "east", Month.named("2026-03"))
    text = clerk.get("/certificates/match", params={"member": "east"}).text
    cards = dict(re.findall(r'data-key="(\w[\w-]*)"><h2>[^<]*</h2><p class="figure">([^<]+)</p>', text))
    assert cards["hourly"] == f"{score.hourly_share:.1%}".replace("%", " %")
    assert cards["monthly"] == f"{score.monthly_share:.1%}".replace("%", " %")
    assert cards["hourly"] != cards["monthly"]
    assert 'id="scores-table"' in text
    assert clerk.get("/certificates/match", params={"grid_share": "2"}).status_code == 400


def test_life_of_an_issuance_tells_each_step(registry: tuple[Services, TestClient]) -> None:
    services, clerk = registry
    issue(clerk)
    clerk.post("/certificates/transfer", data={"form_id": "t-1", "holder": "west", "to": "east", "kwh": "1000"})
    with services.books.read() as unit:
        name = services.registry.holdings(unit, holder="east")[0].part.issuance_id
    text = clerk.get("/certificates/one", params={"issuance": name}).text
    assert "[0, 1,400,500)" in text
    assert "[0, 1,000,000)" in text
    assert "handed over" in text
    seen = signed_in(services, "visitor").get("/certificates/one", params={"issuance": name}).text
    assert "steps of other holders are not shown" in seen
    assert ">west</td>" not in seen
    assert clerk.get("/certificates/one", params={"issuance": "nothing"}).status_code == 404


def test_centres_and_quota_tell_their_rules(registry: tuple[Services, TestClient]) -> None:
    _, clerk = registry
    text = clerk.get("/certificates/centres").text
    assert "green share by the hour" in text
    assert "≥ 50 %" in text
    assert "450 g" in clerk.get("/certificates/quota").text
    assert "900 Wh" in clerk.get("/certificates/quota").text
