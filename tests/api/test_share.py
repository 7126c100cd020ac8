"""Who sees what: a user the sites of their scope, a visitor sums that betray no owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qipan.access.model import Role, Scope
from qipan.bootstrap import Services
from qipan.ledger.model.reading import Statement, Way
from qipan.ledger.seal import seal

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


def sealed(site_id: str, used: int, *, released: datetime = HOUR + timedelta(hours=2)) -> bytes:
    period = f"{HOUR.isoformat()},{(HOUR + timedelta(hours=1)).isoformat()}"
    rows = (f"{site_id}/used,{period},{used * 3600}", f"{site_id}/grid,{period},{used * 3_600_000}")
    data = "\n".join(["meter_id,start,end,value", *rows]).encode()
    return seal(Statement(site_id, Way.COLLECTED, 0, released, "csv", sha256(data).hexdigest()), b"", data)


@pytest.fixture(scope="module")
def keys(services: Services) -> dict[str, dict[str, str]]:
    """Enter six sites and what they used; return the headers of a department, of an operator and of an admin."""
    now = datetime.now(UTC)
    sites = [
        SITE.format(id=f"s{adcode[:2]}{n}", adcode=adcode) for adcode, all_ in PLACES.items() for n in range(len(all_))
    ]
    sources = [f"\n  - {{ source_id: {one}, name_en: {one}, cadence_s: 3600 }}" for one in USED]
    document = (
        "fleet: shared\nname_en: Shared\nzone: Asia/Shanghai\nsites:" + "".join(sites) + "\nsources:" + "".join(sources)
    )
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, document.encode(), now)
    for site_id, used in USED.items():
        opened = services.metering.open(sealed(site_id, used))
        with services.books.begin() as unit:
            services.metering.receive(unit, opened, now)
    with services.books.read() as unit:
        services.metering.project(unit)
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
