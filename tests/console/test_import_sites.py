"""The form of a fleet refuses sites outside the scope of who sends it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, opened

from qipan.access.model import Role, Scope
from qipan.bootstrap.services import Services
from qipan.interfaces.server import create_app

FLEET = """
fleet: {fleet}
name_en: A fleet
zone: Asia/Shanghai
sites:
  - {{ site_id: {site}, name_en: A site, adcode: {adcode}, lon_deg: 105, lat_deg: 37, pue: 1.2,
      pools: [{{ kind: intelligent, quantity: 20, it_kw_per_unit: 1 }}] }}
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Services:
    services, now = opened(tmp_path_factory.mktemp("fleets") / "home"), datetime.now(UTC)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, FLEET.format(fleet="far", site="far-1", adcode="640000").encode(), now)
        services.access.change_scope(unit, "li.wei", Scope(adcodes=frozenset({"520000"})), now)
        assert services.access.user(unit, "li.wei").role is Role.OPERATOR
    return services


@pytest.mark.parametrize(
    ("fleet", "site", "adcode", "status"),
    [
        ("near", "near-1", "520000", 303),
        ("near", "far-1", "520000", 403),
        ("far", "near-1", "520000", 403),
        ("near", "near-2", "640000", 403),
    ],
)
def test_form_takes_fleets_of_the_scope_only(shared: Services, fleet: str, site: str, adcode: str, status: int) -> None:
    client = TestClient(create_app(shared), base_url="http://127.0.0.1:8750", follow_redirects=False)
    client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD})
    client.headers["Origin"] = str(client.base_url)
    document = FLEET.format(fleet=fleet, site=site, adcode=adcode)
    answer = client.post("/ledger/sites", files={"file": ("f.yaml", document)})
    assert answer.status_code == status
    assert ("<code>fleet_out_of_scope</code>" in answer.text) == (status == 403)
    with shared.books.read() as unit:
        (far,) = shared.ledger.fleet(unit, "far").sites
    assert (far.site_id, far.adcode) == ("far-1", "640000")


def test_form_of_a_day_begins_with_the_fleet_that_was_imported_last(shared: Services) -> None:
    with shared.books.begin() as unit:
        document = FLEET.format(fleet="zeta", site="zeta-1", adcode="520000").encode()
        shared.ledger.import_sites(unit, document, datetime.now(UTC))
    client = TestClient(create_app(shared), base_url="http://127.0.0.1:8750")
    client.post("/sign-in", data={"name": "li.wei", "password": PASSWORD}, headers={"Origin": str(client.base_url)})
    assert '<option value="zeta" selected>' in client.get("/days").text
