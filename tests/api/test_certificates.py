"""Certificates over REST: issued by the registry, moved by who acts for a holder, proved to whoever has a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.api.house import FORBIDDEN, House, code

from qipan.certificates.model.month import Month
from qipan.certificates.statement import check_statement
from qipan.log.note import verifier_of

MONTH = Month.of(datetime.now(UTC)).later(-1)
"""The month before this one: it is over, and its certificates are valid."""

PLANT = {"source": "wind", "adcode": "640500", "capacity_w": 50_000_000, "commissioned": "2020-01-01T00:00:00+08:00"}
PARTIES = ("nobody", "east", "west", "clearing", "auditor")


def hour(number: int) -> dict[str, str]:
    """Return start and end of the so-manieth hour of the month."""
    start = MONTH.start + timedelta(hours=number)
    return {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}


def made(number: int, wh: int) -> dict[str, Any]:
    return {**hour(number), "wh": wh, "evidence": "m"}


@pytest.fixture(scope="module")
def registry(house: House) -> House:
    """Return a house with a wind farm of west that was issued 2,300.5 kWh, and use of east of 1,100 and 700 kWh."""
    house.new("registry", "certificates/devices", device_id="wind-1", owner="west", **PLANT)
    issued = {"device_id": "wind-1", "productions": [made(0, 1_400_500), made(1, 900_000), made(2, 0)]}
    told = house.new("registry", "certificates/issues", request_id="i-1", **issued)
    assert (told["kind"], told["wh"], told["is_new"]) == ("issue", 2_300_500, True)
    use = [
        {"usage_id": "u-0", "consumer": "east", **hour(0), "wh": 1_100_000},
        {"usage_id": "u-9", "consumer": "east", **hour(9), "wh": 700_000},
    ]
    assert house.new("registry", "certificates/usages", usages=use) == {"rows": 2, "new": 2}
    return house


def held(registry: House, who: str = "auditor", **values: str) -> dict[tuple[str, str, str], int]:
    rows = registry.get(who, "certificates/supply", **values)["rows"]
    return {(one["holder"], one["state"], one["bundle"]): one["wh"] for one in rows}


def test_only_the_registry_issues_bundles_withdraws_and_expires(registry: House) -> None:
    before = registry.leaves()
    month = MONTH.name
    for path, body in (
        ("devices", {"device_id": "wind-2", "owner": "east", **PLANT}),
        ("usages", {"usages": [{"usage_id": "u-1", "consumer": "east", **hour(1), "wh": 5}]}),
        ("issues", {"request_id": "i-9", "device_id": "wind-1", "productions": [made(5, 5)]}),
        ("bundles", {"request_id": "b-9", "device_id": "wind-1", "month": month}),
        ("withdrawals", {"request_id": "w-9", "issue_id": "i-1"}),
        ("expire", {}),
        ("centres/audits", {}),
        ("quota/budgets", {"request_id": "q-9", "year": 2026, "kg": 5}),
    ):
        assert registry.refusals("POST", f"certificates/{path}", *PARTIES, **body) == FORBIDDEN
    assert registry.refusals("POST", "certificates/expire", "visitor") == {(401, "sign_in_needed")}
    assert registry.leaves() == before


def test_holders_move_their_own_certificates_only(registry: House) -> None:
    before = registry.leaves()
    body = {"request_id": "t-9", "holder": "west", "wh": 5}
    others = ("nobody", "east", "clearing", "registry", "auditor")
    assert registry.refusals("POST", "certificates/transfers", *others, to="east", **body) == FORBIDDEN
    assert registry.refusals("POST", "certificates/retirements", *others, **body) == FORBIDDEN
    allocate = {"request_id": "a-9", "consumer": "east", "month": MONTH.name}
    assert registry.refusals("POST", "certificates/allocations", "nobody", "west", "registry", **allocate) == FORBIDDEN
    assert registry.leaves() == before


def test_certificates_go_from_the_meter_to_the_use_they_cover(registry: House) -> None:
    month = MONTH.name
    bundled = registry.new("registry", "certificates/bundles", request_id="g", device_id="wind-1", month=month)
    assert bundled["count"] == 2
    expected = {("west", "held", ""): 300_500, ("west", "held", "g/1"): 1_000_000, ("west", "held", "g/2"): 1_000_000}
    assert held(registry) == held(registry, "west") == held(registry, "registry", holder="west") == expected
    assert held(registry, "east") == {}
    assert registry.refusals("GET", "certificates/supply", "nobody", "clearing") == FORBIDDEN
    assert registry.refusals("GET", "certificates/supply", "east", holder="west") == FORBIDDEN
    assert registry.get("west", "certificates/supply", page=2, size=2)["total"] == 3
    sold = {"request_id": "t", "holder": "west", "to": "east", "bundle_ids": ["g/1", "g/2"]}
    assert registry.new("west", "certificates/transfers", **sold)["wh"] == 2_000_000
    first = registry.new("east", "certificates/allocations", request_id="a", consumer="east", month=month)
    assert first["wh"] == 1_100_000
    undo = {"request_id": "x", "allocation_id": "a"}
    assert registry.refusals("POST", "certificates/releases", "nobody", "west", "auditor", **undo) == FORBIDDEN
    assert registry.new("east", "certificates/releases", **undo)["wh"] == 1_100_000
    by_month = {"request_id": "b", "consumer": "east", "month": month, "by": "month"}
    assert registry.new("east", "certificates/allocations", **by_month)["wh"] == 1_800_000
    planned = registry.get("east", "certificates/match", consumer="east", planned=True)
    assert (planned["hourly_wh"], planned["monthly_wh"]) == (1_100_000, 1_800_000)
    assert registry.get("registry", "certificates/match", consumer="east", month=month)["made_wh"] == 0
    two = {"request_id": "r", "holder": "east", "allocation_id": "b", "wh": 5}
    assert code(registry.send("east", "certificates/retirements", **two)) == (400, "retirement_of_two")
    retired = registry.new("east", "certificates/retirements", request_id="r", holder="east", allocation_id="b")
    assert retired["wh"] == 1_800_000
    for_maker = {"request_id": "s", "holder": "east", "beneficiary": "maker", "wh": 5}
    assert registry.new("east", "certificates/retirements", **for_maker)["wh"] == 5
    assert held(registry, "auditor", holder="maker", month=month) == {("maker", "retired", "g/2"): 5}
    assert registry.refusals("GET", "certificates/match", "west", "nobody", consumer="east") == FORBIDDEN
    assert registry.send("registry", "certificates/expire").json() == {"wh": 0, "count": 0, "is_new": False}


def test_sellers_and_buyers_add_up(registry: House) -> None:
    told = registry.get("auditor", "certificates/balance", month=MONTH.name, grid_kwh=2900, grid_kg=900)
    shares = {one["holder"]: one for one in told["shares"]}
    assert (shares["west"]["made_wh"], shares["west"]["sold_wh"]) == (2_300_500, 2_000_000)
    assert shares["east"]["residual_wh"] == 0
    assert told["residual_kg_per_kwh"] is not None
    assert registry.refusals("GET", "certificates/balance", "nobody", "east", "clearing") == FORBIDDEN
    assert registry.refusals("GET", "certificates/balance", "registry", grid_kwh=1, grid_kg=1) == {
        (400, "grid_too_small")
    }
    assert registry.get("nobody", "certificates/devices")[0]["is_tradable"] is True


def test_a_statement_is_verified_offline_with_nothing_but_its_key(registry: House) -> None:
    answer = registry.send("east", "certificates/statements", consumer="east", month=MONTH.name)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["months"][0]["retired_wh"] == 1_800_000
    log = verifier_of(told["key"])
    assert check_statement(told["statement"], log=log) == ()
    told["statement"]["months"][0]["retired_wh"] += 1
    assert [one.rule for one in check_statement(told["statement"], log=log)] == ["total_differs"]
    assert registry.refusals("POST", "certificates/statements", "west", "clearing", consumer="east") == FORBIDDEN
    assert registry.get("auditor", "certificates/check") == registry.get("registry", "certificates/check") == []
    assert registry.refusals("GET", "certificates/check", "east", "clearing") == FORBIDDEN


@pytest.mark.parametrize(
    ("who", "path", "body", "expected"),
    [
        ("west", "transfers", {"holder": "west", "to": "east", "wh": 9_999_999}, (422, "certificates_short")),
        ("west", "transfers", {"holder": "west", "to": "east", "wh": -1}, (400, "selection_unfit")),
        ("west", "transfers", {"holder": "west", "to": "east", "bundle_ids": ["no/1"]}, (422, "bundle_not_whole")),
        ("west", "transfers", {"holder": "west", "to": "west"}, (422, "transfer_to_itself")),
        ("west", "transfers", {"holder": "west", "to": "East"}, (400, "holder_unfit")),
        ("west", "transfers", {"holder": "west", "to": "east", "month": "May"}, (422, "request_malformed")),
        (
            "west",
            "transfers",
            {"request_id": "i-1", "holder": "west", "to": "east"},
            (409, "certificate_request_differs"),
        ),
        ("west", "transfers", {"request_id": "a b", "holder": "west", "to": "east"}, (400, "request_id_malformed")),
        (
            "east",
            "allocations",
            {"consumer": "east", "month": MONTH.name, "usage_ids": ["no"]},
            (404, "usage_unknown"),
        ),
        ("registry", "releases", {"allocation_id": "i-1"}, (404, "allocation_unknown")),
        ("east", "retirements", {"holder": "east", "allocation_id": "no"}, (404, "allocation_unknown")),
        ("registry", "withdrawals", {"issue_id": "no"}, (404, "issue_unknown")),
        ("registry", "withdrawals", {"issue_id": "i-1"}, (422, "issue_moved_on")),
        ("registry", "bundles", {"device_id": "no", "month": MONTH.name}, (404, "device_unknown")),
        ("registry", "bundles", {"device_id": "wind-1", "month": MONTH.later(1).name}, (422, "month_not_over")),
        ("registry", "issues", {"device_id": "wind-1", "productions": [made(0, 5)]}, (422, "issued_already")),
        ("registry", "issues", {"device_id": "wind-1", "productions": [made(5, -1)]}, (400, "production_unfit")),
        (
            "registry",
            "issues",
            {"device_id": "wind-1", "productions": [made(7, 5), made(6, 55_000_001)]},
            (422, "production_beyond_capacity"),
        ),
        ("registry", "issues", {"device_id": "wind-1", "productions": []}, (422, "request_malformed")),
    ],
)
def test_what_is_refused_leaves_nothing(registry: House, who: str, path: str, body: dict, expected: tuple) -> None:
    before = registry.leaves()
    assert code(registry.send(who, f"certificates/{path}", **{"request_id": "no", **body})) == expected
    assert registry.leaves() == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"device_id": "wind-1", "owner": "east", **PLANT}, (409, "device_taken")),
        ({"device_id": "w 1", "owner": "west", **PLANT}, (400, "device_unfit")),
        ({"device_id": "w", "owner": "west", **PLANT, "source": "coal"}, (422, "request_malformed")),
        ({"device_id": "w", "owner": "west", **PLANT, "commissioned": "2020-01-01"}, (422, "request_malformed")),
    ],
)
def test_devices_that_cannot_be_are_refused(registry: House, body: dict, expected: tuple) -> None:
    assert code(registry.send("registry", "certificates/devices", **body)) == expected
