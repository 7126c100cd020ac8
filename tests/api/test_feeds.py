"""``/labour/feeds``, ``/labour/fresh`` and ``/labour/cross``: who may, what is told, and the gauge of what is late."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.api.house import House, code, made_house
from tests.labour.feeds import TERMS

from qipan.access.model import Duty, Scope

DELIVERY = b"region,industry,period,value\n440000,I,2026-W10,120\n440000,C,2026-W10,3\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = made_house(tmp_path_factory.mktemp("feeds"))
    with made.services.books.begin() as unit:
        made.services.access.grant(unit, "registry", Duty.LABOUR, datetime.now(UTC))
    return made


def terms() -> dict[str, Any]:
    made = copy.deepcopy(TERMS)
    made["sharing"]["until"] = "2199-01-01"
    return made


def test_feeds_are_added_received_and_told_by_those_who_may(house: House):
    who = "registry"
    assert code(house.send("auditor", "labour/feeds", **terms())) == (403, "duty_missing")
    assert house.send(who, "labour/feeds", **terms()).json()["name"] == "claims"
    assert code(house.send(who, "labour/feeds", **{**terms(), "unit": "jobs"})) == (409, "feed_differs")
    assert code(house.send(who, "labour/feeds", **{**terms(), "by": ["industry"]}))[1] == "feed_unfit"
    headers = house.headers[who]
    sent = house.client.post(
        "/api/v1/labour/feeds/claims/deliveries", files={"file": ("week.csv", DELIVERY)}, headers=headers
    )
    assert (sent.status_code, sent.json()["refused"]) == (201, 1)
    again = house.client.post(
        "/api/v1/labour/feeds/claims/deliveries", files={"file": ("week.csv", DELIVERY)}, headers=headers
    )
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert len(house.get(who, "labour/feeds/claims")["deliveries"]) == 1
    (fresh,) = house.get("auditor", "labour/fresh", as_of="2199-01-01")
    assert (fresh["feed"], fresh["is_late"]) == ("claims", True)
    shown = house.client.get("/metrics", headers=headers).text
    assert 'qipan_labour_feed_late_days{feed="claims"} ' in shown


def test_an_occupation_is_crossed(house: House):
    found = house.get("auditor", "labour/cross/4-04-05-03", digits=3)
    assert found["candidates"][0]["code"] == "422"


def test_who_sees_some_regions_only_keeps_no_feed(house: House):
    with house.services.books.begin() as unit:
        house.services.access.grant(unit, "auditor", Duty.LABOUR, datetime.now(UTC))
        house.services.access.change_scope(unit, "auditor", Scope(adcodes=frozenset({"520000"})), datetime.now(UTC))
    try:
        assert code(house.send("auditor", "labour/feeds", **{**terms(), "name": "other"})) == (403, "scope_narrow")
        assert code(house.send("auditor", "labour/feeds/claims/end", reason="why")) == (403, "scope_narrow")
    finally:
        with house.services.books.begin() as unit:
            house.services.access.change_scope(unit, "auditor", Scope(is_country=True), datetime.now(UTC))
