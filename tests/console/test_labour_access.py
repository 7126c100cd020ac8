"""Who may do and see what of labour: one table of callers by operations, and the regions that come out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from tests.console.conftest import PASSWORD, opened
from tests.console.test_labour_pages import client_of
from tests.labour.issued import KINDRED, LOST, PLACES, issue_clustered

from qipan.access.model import Duty, Role, Scope
from qipan.bootstrap.services import Services
from qipan.interfaces.report.labour import told_outlook

OWN, OTHER = "120000", "440000"
CALLERS = {
    "visitor": None,
    "country": (Role.VIEWER, Scope(is_country=True), ()),
    "north": (Role.VIEWER, Scope(adcodes=frozenset(LOST)), ()),
    "tianjin": (Role.OPERATOR, Scope(adcodes=frozenset({OWN})), ()),
    "bureau": (Role.VIEWER, Scope(adcodes=frozenset({OWN})), (Duty.LABOUR,)),
    "site": (Role.VIEWER, Scope(site_ids=frozenset({"wuhu-1"})), (Duty.LABOUR,)),
    "auditor": (Role.VIEWER, Scope(is_country=True), (Duty.AUDITOR,)),
    "chief": (Role.ADMIN, Scope(is_country=True), ()),
}
SEES = {
    "country": PLACES,
    "north": LOST,
    "tianjin": (OWN,),
    "bureau": (OWN,),
    "site": (),
    "auditor": PLACES,
    "chief": PLACES,
}
"""Regions whose cells and warnings each may see."""
ACTS = {"bureau", "chief"}
"""Who may act, within the scope."""
NOT_SIGNED_IN = 401


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Services:
    """Return services with a panel of eleven provinces, and a user for each caller."""
    made, now = opened(tmp_path_factory.mktemp("access") / "home"), datetime.now(UTC)
    issue_clustered(made)
    with made.books.begin() as unit:
        for name, given in CALLERS.items():
            if given is None:
                continue
            role, scope, duties = given
            made.access.create_user(unit, name, password=PASSWORD, role=role, now=now)
            made.access.change_scope(unit, name, scope, now)
            for duty in duties:
                made.access.grant(unit, name, duty, now)
    return made


@pytest.fixture(scope="module")
def doors(house: Services) -> dict[str, TestClient]:
    """Return a client for each caller; the visitor has not signed in."""
    return {name: client_of(house, "" if given is None else name) for name, given in CALLERS.items()}


@pytest.fixture(scope="module")
def warned(house: Services) -> dict[str, str]:
    """Return a warning that is open of each region that has one."""
    with house.books.read() as unit:
        found = house.warnings.warnings(unit, open_only=True)
    return {one.cell.region: one.warning_id for one in found}


def status(client: TestClient, operation: str, warning: str, region: str) -> int:
    """Return what a door answers; acts bring no reason, so that one that is let pass is refused for that."""
    api = "/api/v1/labour"
    cell = f"/labour/cell?panel=places&region={region}&industry=C38"
    act = {"warning": warning, "act": "confirm", "reason": " "}
    csv = {"file": ("panel.csv", b"region,period,value\n110000,2020-01,1\n")}
    exposures = [("file", csv["file"]), ("exposures", ("e.csv", b"industry,channel,exposure\nC38,robots,1\n"))]
    asks = {
        "rest panels": lambda: client.get(f"{api}/panels"),
        "rest outlook": lambda: client.get(f"{api}/panels/places"),
        "rest warnings": lambda: client.get(f"{api}/warnings"),
        "rest warning": lambda: client.get(f"{api}/warnings/{warning}"),
        "rest act": lambda: client.post(f"{api}/warnings/{warning}/confirm", json={"reason": " "}),
        "rest attribute": lambda: client.post(f"{api}/attribute", files=exposures, data={"since": "2020-01-01"}),
        "rest clusters": lambda: client.post(f"{api}/clusters", files=csv, data={"events": "fall 10%"}),
        "page": lambda: client.get("/labour"),
        "page cell": lambda: client.get(cell),
        "page act": lambda: client.post("/labour/cell", data=act),
        "page clusters": lambda: client.get("/labour/clusters"),
        "page scan": lambda: client.post("/labour/clusters", files=csv, data={"events": "fall 10%"}),
        "page ask": lambda: client.get("/labour/attribute"),
        "page attribute": lambda: client.post("/labour/attribute", files=exposures, data={"since": "2020-01-01"}),
        "feed": lambda: client.get("/labour/feed.xml"),
    }
    return int(asks[operation]().status_code)


WHOEVER = ("rest panels", "rest outlook", "rest warnings", "page", "page clusters", "page ask", "feed")
"""Operations that every user has; what comes out is narrowed, not refused."""
FILES = ("rest attribute", "rest clusters", "page attribute", "page scan")
"""Operations on the caller's own file, which here is too short to answer: refused for that alone."""


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("region", [OWN, OTHER])
def test_every_operation_answers_each_caller_as_the_table_says(doors, warned, caller, region):
    client, sees = doors[caller], region in SEES.get(caller, ())
    some = warned.get(region)
    assert some, f"no warning is open in {region}"
    expected = dict.fromkeys(WHOEVER, 200) | dict.fromkeys(FILES, 422)
    expected |= {"rest warning": 200 if sees else 403, "page cell": 200 if sees else 404}
    acts = 400 if caller in ACTS and sees else 403
    expected |= {"rest act": acts, "page act": acts}
    if caller == "visitor":
        expected = dict.fromkeys(expected, NOT_SIGNED_IN)
    found = {operation: status(client, operation, some, region) for operation in expected}
    if caller == "visitor":
        found = {name: NOT_SIGNED_IN if code == 303 else code for name, code in found.items()}
    assert found == expected


@pytest.mark.parametrize("caller", SEES)
def test_only_regions_of_the_scope_come_out_of_any_door(doors, house, caller):
    client, sees = doors[caller], set(SEES[caller])
    outlook = client.get("/api/v1/labour/panels/places").json()
    assert {one["region"] for one in outlook["cells"]} == sees
    assert len(outlook["cells"]) == len(sees) * len(KINDRED)
    assert {one["region"] for one in outlook["warnings"]} <= sees
    rows = client.get("/api/v1/labour/warnings", params={"size": 1000}).json()["rows"]
    with house.books.read() as unit:
        every = house.warnings.warnings(unit)
    assert {one["warning"] for one in rows} == {one.warning_id for one in every if one.cell.region in sees}
    links = re.findall(r"region=(\d{6})", client.get("/labour").text)
    assert set(links) == sees
    items = ET.fromstring(client.get("/labour/feed.xml").content).findall("channel/item/link")
    told = {found for item in items for found in re.findall(r"region=(\d{6})", item.text or "")}
    assert told == {one.cell.region for one in every if one.cell.region in sees}


@pytest.mark.parametrize("caller", SEES)
def test_a_cluster_is_shown_only_to_those_who_may_see_all_of_its_regions(doors, caller):
    text = doors[caller].get("/labour/clusters").text
    is_shown = "Beijing, Tianjin, Hebei" in text
    assert is_shown == (set(LOST) <= set(SEES[caller]))
    assert ("No cluster is told." in text) != is_shown
    if not is_shown:
        assert "Hebei" not in text.split("<main", 1)[1]


def test_who_sees_all_but_few_regions_is_not_told_what_the_few_lost(house):
    with house.books.read() as unit:
        newest = house.warnings.newest(unit, "places")
    told = {
        count: told_outlook(newest, Scope(adcodes=frozenset(PLACES[:count])))
        for count in (len(PLACES) - 5, len(PLACES) - 1)
    }
    moved = {count: {one["of"] for row in told[count]["warnings"] for one in row["moved"]} for count in told}
    assert "all" in moved[len(PLACES) - 5]
    assert moved[len(PLACES) - 1] <= {"cell", "region"}
