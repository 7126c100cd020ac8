"""An operator imports fleets of the sites of their scope only, and takes nobody else's by their names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qipan.access.model import Role, Scope
from qipan.bootstrap.services import Services
from qipan.interfaces.entry import COUNTRY, Caller
from qipan.interfaces.share import FEW, check_fleet
from qipan.kernel.errors import NotAllowedError

SITE = """
  - site_id: {id}
    name_en: {id}
    adcode: {adcode}
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{{ pool_id: {id}/cards, kind: intelligent, quantity: 20, it_kw_per_unit: 1 }}]
    meters:
      - {{ meter_id: {id}/used, measure: used_unit_s, pool_id: {id}/cards, source_id: {id} }}"""


def document(fleet_id: str, places: dict[str, str], *, with_meters: bool = True, name: str = "A fleet") -> bytes:
    sites = "".join(SITE.format(id=site_id, adcode=adcode) for site_id, adcode in places.items())
    sources = "".join(f"\n  - {{ source_id: {one}, name_en: {one}, cadence_s: 3600 }}" for one in places)
    text = f"fleet: {fleet_id}\nname_en: {name}\nzone: Asia/Shanghai\nsites:"
    if with_meters:
        return f"{text}{sites}\nsources:{sources}".encode()
    return (text + "".join(line + "\n" for line in sites.splitlines() if "meter" not in line)).encode()


@pytest.fixture(scope="module")
def headers(services: Services) -> dict[str, str]:
    """Enter two fleets of two departments; return the headers of the operator of the first."""
    now = datetime.now(UTC)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, document("dept-a", {"own-1": "530000"}), now)
        services.ledger.import_sites(unit, document("dept-b", {"far-1": "450000", "far-2": "450000"}), now)
        services.ledger.import_sites(unit, document("mixed", {"own-9": "530000", "far-9": "450000"}), now)
        user = services.access.create_user(unit, "dept-a", password="four unrelated words", role=Role.OPERATOR, now=now)
        services.access.change_scope(unit, "dept-a", Scope(adcodes=frozenset({"530000"})), now)
        key, _ = services.access.issue_token(unit, user, name="tests", now=now)
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def send(client: TestClient, services: Services, headers: dict[str, str]) -> Any:
    def post(data: bytes, who: dict[str, str] | None = None) -> tuple[int, str]:
        answer = client.post("/api/v1/ledger/sites", files={"file": ("f.yaml", data)}, headers=who or headers)
        return answer.status_code, answer.json().get("code", "")

    return post


def releases(services: Services) -> dict[str, int]:
    with services.books.read() as unit:
        return {one.fleet_id: len(services.ledger.history(unit, one.fleet_id)) for one in services.ledger.fleets(unit)}


REFUSED = (403, "fleet_out_of_scope")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(document("mine", {"new-1": "450000"}), id="a site elsewhere"),
        pytest.param(document("mine", {"new-1": "530000", "new-2": "450000"}), id="one of two elsewhere"),
        pytest.param(document("mine", {"far-1": "530000"}, with_meters=False), id="a name that stands elsewhere"),
        pytest.param(document("mine", {"far-1": "530000"}), id="its meters too"),
        pytest.param(document("dept-b", {"far-1": "530000", "far-2": "530000"}), id="another's fleet, moved"),
        pytest.param(document("dept-b", {"new-1": "530000"}), id="another's fleet, replaced"),
        pytest.param(document("mixed", {"own-9": "530000"}), id="a site elsewhere left out"),
        pytest.param(document("mixed", {"own-9": "530000", "far-9": "450000"}, name="Other"), id="sources elsewhere"),
        pytest.param(document("national", {"own-1": "530000"}, with_meters=False), id="the national fleet"),
    ],
)
def test_fleet_that_speaks_for_others_is_refused_and_nothing_kept(services: Services, send, data: bytes) -> None:
    before = releases(services)
    assert send(data) == REFUSED
    assert releases(services) == before


def test_own_fleet_may_be_imported_changed_and_shared_within_the_scope(services: Services, send) -> None:
    assert send(document("dept-a", {"own-1": "530000", "own-2": "530000"}))[0] == 201
    # Rehearsed fleets name sites that stand in another one.
    assert send(document("again", {"own-1": "530000"}, with_meters=False))[0] == 201
    assert releases(services)["dept-a"] == 2


def test_findings_come_before_the_scope(send) -> None:
    bad = document("mine", {"far-1": "450000"}).replace(b"pue: 1.2", b"pue: 0.2")
    assert send(bad) == (400, "fleet_invalid")


def test_who_sees_the_country_may_take_any_fleet(send, callers) -> None:
    assert send(document("mixed", {"own-9": "530000"}), callers.operator)[0] == 201


def test_refusal_names_a_few_sites_and_a_way_out(services: Services) -> None:
    with services.books.read() as unit:
        national = services.ledger.fleet(unit, "national")
    with pytest.raises(NotAllowedError, match=r", .* …, of fleet national") as raised:
        check_fleet(Caller("nobody", Role.OPERATOR, Scope()), (), national)
    assert raised.value.message.count(", ") == FEW + 2
    assert "widen the scope" in raised.value.hint
    check_fleet(Caller("all", Role.OPERATOR, COUNTRY), (), national)
