"""Readings come in over REST, are acknowledged once, and are told by every figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from fastapi.testclient import TestClient

from qipan.bootstrap.services import Services
from qipan.ledger.model.reading import Statement, Way
from qipan.ledger.seal import seal

HOUR = datetime(2026, 5, 1, tzinfo=UTC)
FLEET = """
fleet: metered
name_en: Metered
zone: Asia/Shanghai
sites:
  - site_id: metered
    name_en: Metered
    adcode: 640000
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{ pool_id: metered/cards, kind: intelligent, quantity: 10, it_kw_per_unit: 1 }]
    meters:
      - { meter_id: metered/used, measure: used_unit_s, pool_id: metered/cards, source_id: metered }
      - { meter_id: metered/grid, measure: grid_j, source_id: metered }
      - { meter_id: metered/pdu, measure: pdu_j, source_id: metered }
sources:
  - { source_id: metered, name_en: Metered, cadence_s: 3600 }
"""


def sealed(used: int, *, released: datetime = HOUR + timedelta(hours=2)) -> bytes:
    rows = {"metered/used": used, "metered/grid": 12_000_000, "metered/pdu": 10_000_000}
    period = f"{HOUR.isoformat()},{(HOUR + timedelta(hours=1)).isoformat()}"
    lines = [f"{meter},{period},{value}" for meter, value in rows.items()]
    data = "\n".join(["meter_id,start,end,value", *lines]).encode()
    return seal(Statement("metered", Way.COLLECTED, 0, released, "csv", sha256(data).hexdigest()), b"", data)


@pytest.fixture(scope="module")
def sent(services: Services) -> None:
    now = datetime.now(UTC)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, FLEET.encode(), now)


@pytest.fixture
def post(client: TestClient, callers, sent):
    def call(data: bytes):
        return client.post("/api/v1/ledger/readings", files={"file": ("b", data)}, headers=callers.operator)

    return call


def test_batch_is_acknowledged_once_and_told_by_every_figure(client: TestClient, callers, post) -> None:
    first, again = post(sealed(18_000)), post(sealed(18_000))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"is_new": False} == again.json()
    disputed = post(sealed(19_000))
    assert (disputed.json()["disputed"], disputed.json()["repeated"]) == (1, 2)

    def get(path: str, **values: str):
        answer = client.get(f"/api/v1/ledger/{path}", params=values, headers=callers.viewer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    day = {"day": "2026-05-01", "fleet": "metered"}
    (supply,) = get("supply", **day, by="macro3")
    assert (supply["group"], supply["used_unit_h"], supply["capacity_unit_h"]) == ("west", 5.0, 10.0)
    assert (supply["certified_unit_h"], supply["used_share"], supply["idle_unit_h"]) == (240.0, 0.5, 5.0)
    (burn,) = get("burn", **day)
    assert (burn["pue"], burn["market_kg"] > 0, burn["green_share"]) == (1.2, True, None)
    assert [row["group"] for row in get("idle", **day)] == ["metered"]
    assert {row["told_share"] for row in get("completeness", **day)} == {1 / 24}
    assert get("supply", day="2026-05-01", as_of="2026-01-01T00:00:00Z") == []
    assert "metered" in {row["source_id"] for row in get("freshness")}
    assert get("batches")[-1]["source_id"] == "metered"
    (dispute,) = get("disputes", open_only="true")
    answer = client.post(
        f"/api/v1/ledger/disputes/{dispute['dispute_id']}/resolution",
        json={"resolution": "upheld", "note": "checked"},
        headers=callers.operator,
    )
    assert answer.json()["resolution"] == "upheld"
    assert get("disputes", open_only="true") == []


def test_findings_come_in_the_order_of_rows_and_columns(client: TestClient, callers, post) -> None:
    period = f"{(HOUR + timedelta(hours=1)).isoformat()},{(HOUR + timedelta(hours=2)).isoformat()}"
    lines = [f"metered/grid,{period},5", f"metered/used,{period},-1", "metered/used,then,now,1"]
    data = "\n".join(["meter_id,start,end,value", *lines]).encode()
    released = HOUR + timedelta(hours=3)
    batch = seal(Statement("metered", Way.COLLECTED, 0, released, "csv", sha256(data).hexdigest()), b"", data)
    path = f"/api/v1/ledger/batches/{post(batch).json()['sequence']}/findings"
    found = client.get(path, headers=callers.viewer).json()
    assert [(one["row"], one["column"]) for one in found] == [(3, "value"), (4, "end"), (4, "start")]


@pytest.mark.parametrize("data", [b"", b"{}\n", b"nothing at all"])
def test_what_is_no_batch_is_refused_in_words(post, data: bytes) -> None:
    answer = post(data)
    assert answer.status_code == 400
    assert answer.json()["code"] == "batch_unsealed"


def test_visitors_may_not_send(client: TestClient, sent) -> None:
    answer = client.post("/api/v1/ledger/readings", files={"file": ("b", sealed(1))})
    assert answer.status_code == 401
