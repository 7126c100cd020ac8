"""Who sees what: a user the sites of their scope, a visitor sums that betray no owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from qipan.access.model import Role, Scope
from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.report.figures import last_day
from qipan.interfaces.server import create_app
from qipan.kernel.time import BOARD_ZONE, zone
from qipan.ledger.model.reading import Statement, Way
from qipan.ledger.seal import seal
from qipan.settings import Settings

HOUR = datetime(2026, 4, 1, tzinfo=UTC)
DAY = {"day": "2026-04-01"}
PLACES = {
    # region: what each of its sites used, every site of an operator of its own
    "520000": (10, 12, 14),
    "640000": (10, 11),
    "620000": (9,),
}
SITE = """
  - site_id: {id}
    name_en: {id}
    operator: {id}
    adcode: {adcode}
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{{ pool_id: {id}/cards, kind: intelligent, quantity: 20, it_kw_per_unit: 1 }}]
    meters:
      - {{ meter_id: {id}/used, measure: used_unit_s, pool_id: {id}/cards, source_id: {id} }}
      - {{ meter_id: {id}/grid, measure: grid_j, source_id: {id} }}"""
USED = {f"s{adcode[:2]}{number}": used for adcode, all_ in PLACES.items() for number, used in enumerate(all_)}


def sealed(site_id: str, used: int | dict[datetime, int], *, released: datetime = HOUR + timedelta(hours=2)) -> bytes:
    rows = []
    for hour, level in (used if isinstance(used, dict) else {HOUR: used}).items():
        period = f"{hour.isoformat()},{(hour + timedelta(hours=1)).isoformat()}"
        rows += [f"{site_id}/used,{period},{level * 3600}", f"{site_id}/grid,{period},{level * 3_600_000}"]
    data = "\n".join(["meter_id,start,end,value", *rows]).encode()
    return seal(Statement(site_id, Way.COLLECTED, 0, released, "csv", sha256(data).hexdigest()), b"", data)


def document(places: dict[str, str]) -> bytes:
    """Return a fleet of sites in regions, each of an operator and a source of its own."""
    sites = "".join(SITE.format(id=name, adcode=adcode) for name, adcode in places.items())
    sources = "".join(f"\n  - {{ source_id: {one}, name_en: {one}, cadence_s: 3600 }}" for one in places)
    return f"fleet: shared\nname_en: Shared\nzone: Asia/Shanghai\nsites:{sites}\nsources:{sources}".encode()


def receive(services: Services, *batches: bytes) -> None:
    for batch in batches:
        opened = services.metering.open(batch)
        with services.books.begin() as unit:
            services.metering.receive(unit, opened, datetime.now(UTC))
    with services.books.read() as unit:
        services.metering.project(unit)


@pytest.fixture(scope="module")
def keys(services: Services) -> dict[str, dict[str, str]]:
    """Enter six sites and what they used; return the headers of a department, of an operator and of an admin."""
    now = datetime.now(UTC)
    places = {f"s{adcode[:2]}{n}": adcode for adcode, all_ in PLACES.items() for n in range(len(all_))}
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, document(places), now)
    receive(services, *(sealed(site_id, used) for site_id, used in USED.items()))
    headers = {}
    scopes = {
        "guizhou": (Role.VIEWER, Scope(adcodes=frozenset({"520000"}))),
        "gansu": (Role.OPERATOR, Scope(site_ids=frozenset({"s620"}))),
        "country": (Role.VIEWER, Scope(is_country=True)),
    }
    for name, (role, scope) in scopes.items():
        with services.books.begin() as unit:
            user = services.access.create_user(unit, name, password="four unrelated words", role=role, now=now)
            services.access.change_scope(unit, name, scope, datetime.now(UTC))
            key, _ = services.access.issue_token(unit, user, name="tests", now=now)
        headers[name] = {"Authorization": f"Bearer {key}"}
    return headers | {"visitor": {}}


@pytest.fixture
def ask(client: TestClient, keys):
    def get(who: str, path: str, **values: Any):
        answer = client.get(f"/api/v1/ledger/{path}", params=DAY | values, headers=keys[who])
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def used(rows) -> dict[str, float]:
    return {row["group"]: row["used_unit_h"] for row in rows if row["used_unit_h"] is not None}


def test_user_sees_the_sites_of_their_scope_only(ask) -> None:
    assert used(ask("guizhou", "supply")) == {"s520": 10, "s521": 12, "s522": 14}
    assert used(ask("guizhou", "supply", by="country")) == {"all": 36}
    assert used(ask("gansu", "idle")) == {"s620": 9}
    assert {row["group"] for row in ask("gansu", "burn")} == {"s620"}
    assert {row["meter_id"] for row in ask("gansu", "completeness")} == {"s620/used", "s620/grid"}
    assert {row["source_id"] for row in ask("gansu", "freshness")} == {"s620"}
    assert {row["source_id"] for row in ask("guizhou", "batches")} == {"s520", "s521", "s522"}
    assert used(ask("country", "supply", by="country")) == {"all": 66}
    assert not any(row["is_withheld"] for row in ask("country", "supply"))


def test_user_sends_for_their_sites_only_and_sees_their_disputes(client: TestClient, keys, ask) -> None:
    def send(data: bytes):
        return client.post("/api/v1/ledger/readings", files={"file": ("b", data)}, headers=keys["gansu"])

    refused = send(sealed("s520", 10))
    assert (refused.status_code, refused.json()["code"]) == (403, "source_out_of_scope")
    assert send(sealed("s620", 9)).status_code == 200
    told = send(sealed("s620", 8))
    assert told.json()["disputed"] == 2
    assert ask("guizhou", "disputes") == []
    found = ask("gansu", "disputes", open_only="true")
    assert [row["source_id"] for row in found] == ["s620"] * 2
    for row in found:
        to = f"/api/v1/ledger/disputes/{row['dispute_id']}/resolution"
        assert client.post(to, json={"resolution": "upheld"}, headers=keys["gansu"]).status_code == 200
    assert ask("gansu", "disputes", open_only="true") == []
    answer = client.get("/api/v1/ledger/disputes")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


def test_visitor_sees_sums_of_three_owners_and_nothing_that_gives_a_smaller_one_away(ask) -> None:
    for by in ("site", "pool"):
        rows = ask("visitor", "supply", by=by)
        assert used(rows) == {}
        assert sum(row["is_withheld"] for row in rows) == 6
    regions = {row["group"]: row for row in ask("visitor", "supply", by="region") if row["group"] in PLACES}
    assert {name: row["is_withheld"] for name, row in regions.items()} == {
        "520000": False,
        "640000": True,
        "620000": True,
    }
    assert regions["520000"]["used_unit_h"] == 36
    assert regions["640000"]["used_share"] is None
    assert regions["640000"]["certified_unit_h"] > 0
    # All but Guizhou is thirty of three owners: the country may stand.
    assert used(ask("visitor", "supply", by="country")) == {"all": 66}


@pytest.mark.slow
def test_visitor_sees_the_same_in_every_step_and_no_rank_of_sites(ask) -> None:
    hours = ask("visitor", "supply", by="region", step="hour")
    assert set(used(hours)) == {"520000"}
    assert ask("visitor", "idle", by="site") == []
    assert used(ask("visitor", "idle", by="region")) == {"520000": 36}
    burn = {row["group"]: row["grid_wh"] for row in ask("visitor", "burn", by="region") if row["group"] in PLACES}
    assert burn == {"520000": 36_000, "640000": None, "620000": None}
    assert all(row["grid_wh"] is None for row in ask("visitor", "burn"))


@pytest.mark.parametrize("asks", [{"fleet": "shared"}, {"as_of": "2026-04-02T00:00:00Z"}])
def test_visitor_may_not_ask_for_what_makes_differences(client: TestClient, keys, asks) -> None:
    answer = client.get("/api/v1/ledger/supply", params=DAY | asks | {"by": "country"})
    assert (answer.status_code, answer.json()["code"]) == (403, "sum_not_public")


@pytest.mark.parametrize("path", ["batches", "completeness", "freshness", "disputes"])
def test_visitor_is_not_told_of_meters_sources_and_batches(client: TestClient, keys, path: str) -> None:
    answer = client.get(f"/api/v1/ledger/{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")


SITES = dict(zip(PLACES, (("a", "b", "c"), ("d", "e", "f"), ("g",)), strict=True))
"""Sites of three regions; the third is withheld always, and of the others the smaller one with it."""


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return a home whose sites told of yesterday and today; of the two large regions one used more yesterday.

    Of any other 24 hours it is the other one, since the first one's use was in the first hour of yesterday.
    """
    services, now = build(settings(tmp_path_factory.mktemp("days") / "home")), datetime.now(UTC)
    places = {name: adcode for adcode, names in SITES.items() for name in names}
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, document(places), now)
    start = datetime.combine(last_day(now), time(), tzinfo=zone(BOARD_ZONE)).astimezone(UTC)
    hours = [start + timedelta(hours=n) for n in range(48) if start + timedelta(hours=n + 1) <= now]
    used = {
        "520000": {hour: 20 if hour == start else 1 for hour in hours},
        "640000": dict.fromkeys(hours[4:], 2),
        "620000": dict.fromkeys(hours, 3),
    }
    receive(services, *(sealed(name, used[adcode], released=now) for name, adcode in places.items()))
    return services


def settings(home: Path) -> Settings:
    found = Settings(home=home)
    initialise(found, datetime.now(UTC))
    return found


@pytest.fixture(scope="module")
def visitor(two_days: Services) -> TestClient:
    return TestClient(create_app(two_days), base_url="http://127.0.0.1:8750")


def windows(client: TestClient, path: str, **asks: str) -> Iterator[dict[str, Any]]:
    """Yield what a visitor reads in every window that may be asked for, without a day and by each day around now."""
    today = datetime.now(zone(BOARD_ZONE)).date()
    days: list[dict[str, Any]] = [{}, *({"day": (today + timedelta(days=n)).isoformat()} for n in range(-1, 1))]
    for day in days:
        answer = client.get(f"/api/v1/ledger/{path}", params=day | asks)
        if answer.status_code == 200:
            yield from answer.json()
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "day_not_over")


@pytest.mark.slow
@pytest.mark.parametrize(("path", "figure"), [("supply", "used_unit_h"), ("burn", "grid_wh")])
def test_visitor_finds_no_difference_between_two_windows(visitor: TestClient, path: str, figure: str) -> None:
    at = {name: place for place, name in enumerate("abcdefg")}
    members = SITES | {"all": tuple(at)}
    read: dict[tuple[str, str], set[str]] = {}
    withheld: set[str] = set()
    for by, step in product(("region", "country"), ("hour", "day", "whole")):
        for row in windows(visitor, path, by=by, step=step, modelled="true" if step == "day" else "false"):
            if row["group"] in members and row.get("kind", "intelligent") == "intelligent":
                withheld |= {row["group"]} if row["is_withheld"] else set()
                if row[figure] is not None:
                    read.setdefault((row["start"], row["end"]), set()).add(row["group"])
    assert "620000" in withheld
    assert any("all" in groups for groups in read.values())
    secret = np.eye(len(at))[at["g"]]
    for period, groups in read.items():
        sums = np.array([[name in members[group] for name in at] for group in sorted(groups)], dtype=float)
        assert np.linalg.matrix_rank([*sums, secret]) > np.linalg.matrix_rank(sums), (period, groups)


@pytest.mark.slow
def test_visitor_without_a_day_is_told_of_the_last_one_that_is_over(visitor: TestClient) -> None:
    def ask(day: date | None) -> Any:
        asks = {"by": "country"} | ({"day": day.isoformat()} if day else {})
        return visitor.get("/api/v1/ledger/supply", params=asks)

    over = last_day(datetime.now(UTC))
    told = ask(None)
    assert told.json() == ask(over).json()
    assert told.json()[0]["start"] == datetime.combine(over, time(), zone(BOARD_ZONE)).astimezone(UTC).isoformat()
