"""Pages tell a user of the sites of their scope, and a visitor the sums that REST gives them; nobody else's numbers."""

from __future__ import annotations

import csv as tables
import io
import re
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import NODES, PODS, opened

from qipan.access.model import Role, Scope
from qipan.bootstrap.services import Services
from qipan.interfaces.report.figures import last_day
from qipan.interfaces.server import create_app
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.ledger.model.reading import Statement, Way
from qipan.ledger.seal import seal

HOUR = datetime(2026, 4, 1, tzinfo=UTC)
DAY = HOUR.date()
ADCODE = {"guian": "520000", "zunyi": "520000", "bijie": "520000", "zhongwei": "640000", "lanzhou": "620000"}
USED = {"guian": 1217, "zunyi": 1319, "bijie": 1427, "zhongwei": 1531, "lanzhou": 1637}
HAD = 4001
SCOPES = {
    "guizhou": Scope(adcodes=frozenset({"520000"})),
    "gansu": Scope(site_ids=frozenset({"x-lanzhou"})),
    "country": Scope(is_country=True),
}
SITE = """
  - site_id: x-{name}
    name_en: X-{name}
    operator: {name} ltd
    adcode: {adcode}
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{{ pool_id: x-{name}/cards, kind: intelligent, quantity: 4001, it_kw_per_unit: 1 }}]
    meters:
      - {{ meter_id: x-{name}/used, measure: used_unit_s, pool_id: x-{name}/cards, source_id: x-{name} }}
      - {{ meter_id: x-{name}/grid, measure: grid_j, source_id: x-{name} }}"""


def sealed(
    name: str,
    used: int,
    *,
    seconds: int = 3600,
    start: datetime = HOUR,
    lasts: timedelta = timedelta(hours=1),
    released: datetime = HOUR + timedelta(hours=2),
) -> bytes:
    period = f"{start.isoformat()},{(start + lasts).isoformat()}"
    rows = (f"x-{name}/used,{period},{used * seconds}", f"x-{name}/grid,{period},{used * 3_600_000_000}")
    data = "\n".join(["meter_id,start,end,value", *rows]).encode()
    statement = Statement(f"x-{name}", Way.COLLECTED, 0, released, "csv", sha256(data).hexdigest())
    return seal(statement, b"", data)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return a home of five owners whose meters told one hour, each told twice differently."""
    services, now = opened(tmp_path_factory.mktemp("scope") / "home"), datetime.now(UTC)
    fleet = "fleet: shared\nname_en: Shared\nzone: Asia/Shanghai\nsites:"
    fleet += "".join(SITE.format(name=name, adcode=adcode) for name, adcode in ADCODE.items()) + "\nsources:"
    fleet += "".join(f"\n  - {{ source_id: x-{name}, name_en: X-{name}, cadence_s: 3600 }}" for name in ADCODE)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, fleet.encode(), now)
    for name, used in USED.items():
        for seconds in (3600, 1800):
            told = services.metering.open(sealed(name, used, seconds=seconds))
            with services.books.begin() as unit:
                services.metering.receive(unit, told, now)
    with services.books.read() as unit:
        services.metering.project(unit)
    return services


@pytest.fixture(scope="module")
def keys(shared: Services) -> dict[str, dict[str, str]]:
    headers: dict[str, dict[str, str]] = {"visitor": {}}
    for name, scope in SCOPES.items():
        with shared.books.begin() as unit:
            now = datetime.now(UTC)
            user = shared.access.create_user(unit, name, password="four unrelated words", role=Role.VIEWER, now=now)
            shared.access.change_scope(unit, name, scope, now)
            key, _ = shared.access.issue_token(unit, user, name="tests", now=now)
        headers[name] = {"Authorization": f"Bearer {key}"}
    return headers


@pytest.fixture
def look(shared: Services, keys: dict[str, dict[str, str]]) -> Any:
    client = TestClient(create_app(shared), base_url="http://127.0.0.1:8750", follow_redirects=False)

    def get(who: str, path: str, status: int = 200, **asks: str) -> Any:
        headers = keys[who] | {"Accept": "text/html", "Accept-Language": "en"}
        answer = client.get(path, params={"day": DAY.isoformat()} | asks, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    return get


def numbers(name: str) -> set[str]:
    """Return how a page may write what a site used and left idle, or who it is."""
    amounts = (USED[name], HAD - USED[name])
    return {f"x-{name}", f"X-{name}", f"{name} ltd"} | {f"{n}" for n in amounts} | {f"{n:,}" for n in amounts}


def betrayed(text: str, names: Any) -> list[str]:
    return [one for name in names for one in numbers(name) if re.search(rf"(?<![\d.,]){re.escape(one)}(?!\d)", text)]


PAGES = ("/atlas", "/bulletin", "/bulletin?form=csv", "/ledger?fleet=shared")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("who", "own"), [("guizhou", ("guian", "zunyi", "bijie")), ("gansu", ("lanzhou",)), ("country", tuple(USED))]
)
def test_page_tells_a_user_of_the_sites_of_their_scope_only(look, who: str, own: tuple[str, ...], path: str) -> None:
    at, _, query = path.partition("?")
    text = look(who, at, **dict(pair.split("=") for pair in query.split("&") if pair)).text
    assert betrayed(text, USED.keys() - set(own)) == []
    assert all(f"x-{name}" in text or f"X-{name}" in text for name in own)


def sums(text: str) -> dict[tuple[str, str, str], tuple[str, str]]:
    rows = tables.DictReader(io.StringIO(text))
    return {(row["group_by"], row["group"], row["figure"]): (row["value"], row["status"]) for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("who", ["guizhou", "gansu", "country", "visitor"])
def test_sums_of_a_page_are_those_over_rest(look, who: str) -> None:
    told = sums(look(who, "/bulletin", form="csv").text)
    for by in ("hub", "region", "macro3", "country"):
        for path, figures in (("supply", ("used_unit_h", "idle_unit_h")), ("burn", ("grid_wh", "location_kg"))):
            rows = look(who, f"/api/v1/ledger/{path}", by=by).json()
            for row in rows:
                for figure in figures:
                    value = "" if row[figure] is None else repr(float(row[figure]))
                    assert told.get((by, row["group"], figure), ("", ""))[0] == value, (by, row["group"], figure)


def test_site_outside_the_scope_is_answered_as_one_that_is_not_there(look) -> None:
    assert "1,637" in look("gansu", "/atlas/site/x-lanzhou").text
    outside = look("gansu", "/atlas/site/x-guian", 404).text
    nowhere = look("gansu", "/atlas/site/x-nowhere", 404).text
    assert outside.replace("x-guian", "x-nowhere") == nowhere
    assert betrayed(look("gansu", "/atlas/site/x-lanzhou").text, USED.keys() - {"lanzhou"}) == []


def test_fleet_without_a_site_of_the_scope_is_not_offered(look) -> None:
    text = look("gansu", "/ledger").text
    assert 'value="national"' not in text
    assert 'value="shared"' in text


def test_user_sees_disputes_of_their_sources_only(look) -> None:
    assert "x-lanzhou/used" in look("gansu", "/atlas/site/x-lanzhou").text
    text = look("guizhou", "/bulletin").text
    assert "x-guian/used" in text
    assert "x-lanzhou/used" not in text


def test_visitor_sees_sums_of_enough_owners_and_no_site(look) -> None:
    for path in ("/atlas", "/bulletin"):
        text = look("visitor", path).text
        assert betrayed(text, USED) == []
        assert "withheld" in text
        assert f"{sum(USED.values()):,}" in text or path == "/atlas"
    told = sums(look("visitor", "/bulletin", form="csv").text)
    assert told["country", "all", "used_unit_h"] == (repr(float(sum(USED.values()))), "metered")
    assert told["region", "640000", "used_unit_h"] == ("", "withheld")
    assert told["region", "640000", "certified_unit_h"][0] != ""
    assert {by for by, _, _ in told} == {"country", "macro3", "hub", "region"}


def test_visitor_is_shown_no_metered_site_and_no_single_fleet(look) -> None:
    for day in ("2026-04-01", "2026-04-02"):
        assert look("visitor", "/atlas/site/x-guian", 303, day=day).headers["location"].startswith("/sign-in")
    assert betrayed(look("visitor", "/atlas", 403, fleet="shared").text, USED) == []
    assert 'name="fleet"' not in look("visitor", "/atlas").text


def test_visitor_is_given_nothing_away_by_a_rehearsal_beside(look, shared: Services) -> None:
    shared.rehearsal.of_traces(NODES, PODS, datetime.now(UTC), day=DAY, days=1)
    for path in ("/atlas", "/bulletin"):
        text = look("visitor", path, modelled="yes").text
        assert betrayed(text, USED) == []
        assert "modelled" in text
    assert {by for by, _, _ in sums(look("visitor", "/bulletin", form="csv", modelled="yes").text)} == {
        "country",
        "macro3",
        "hub",
        "region",
    }


def test_visitor_is_shown_no_source_with_meters_on_a_day_of_which_none_told(look) -> None:
    _, _, sources = look("visitor", "/atlas", day="2026-04-02").text.partition('id="sources"')
    assert sources
    assert "x-guian" not in sources
    _, _, sources = look("country", "/atlas", day="2026-04-02").text.partition('id="sources"')
    assert "x-guian" in sources


def test_visitor_is_shown_a_day_once_it_is_over(look, shared: Services) -> None:
    now = datetime.now(UTC)
    yesterday = last_day(now)
    today = yesterday + timedelta(days=1)
    midnight = datetime.combine(today, time(), tzinfo=zone(BOARD_ZONE))
    for name, used in USED.items():
        told = shared.metering.open(
            sealed(name, used, seconds=60, start=midnight, lasts=timedelta(minutes=1), released=now)
        )
        with shared.books.begin() as unit:
            shared.metering.receive(unit, told, now)
    with shared.books.read() as unit:
        shared.metering.project(unit)
    early = "Visitors are shown a day once it is over"
    for asked in (today.isoformat(), ""):
        text = look("visitor", "/atlas", day=asked).text
        assert f"Atlas of compute on {yesterday}" in text
        assert (early in text) == bool(asked)
    assert f"Compute bulletin of {yesterday}" in look("visitor", "/bulletin", day=today.isoformat()).text
    rows = tables.DictReader(io.StringIO(look("visitor", "/bulletin", form="csv", day=today.isoformat()).text))
    assert {row["day"] for row in rows} == {yesterday.isoformat()}
    refused = look("visitor", "/api/v1/ledger/supply", 403, day=today.isoformat(), by="country").json()
    assert refused["code"] == "day_not_over"
    text = look("country", "/atlas", day=today.isoformat()).text
    assert f"Atlas of compute on {today}" in text
    assert early not in text
