"""Centres and quota over REST: graded by the registry on what was attested; each kg given up or sold once."""

from __future__ import annotations

import pytest
from tests.api.house import FORBIDDEN, House, code
from tests.api.test_certificates import MONTH, PLANT, hour, made

from qipan.certificates.model.month import ZONE

YEAR = MONTH.start.astimezone(ZONE).year
PERIOD = {"first": MONTH.later(-11).name, "last": MONTH.name}
AUDIT = {"site": "west", "auditor": "judge", **PERIOD}
DELIVERY = {"delivery_id": "d-1", "site": "west", "buyer": "east", **hour(30), "card_h": 1000}


@pytest.fixture(scope="module")
def registry(house: House) -> House:
    """Return a house in which west covered all of its use with certificates of its own plant."""
    house.new("registry", "certificates/devices", device_id="wind-1", owner="west", **PLANT)
    issued = {"device_id": "wind-1", "productions": [made(0, 1_000_000)]}
    house.new("registry", "certificates/issues", request_id="i-1", **issued)
    use = {"usage_id": "u-0", "consumer": "west", **hour(0), "wh": 900_000}
    house.new("registry", "certificates/usages", usages=[use])
    return house


def test_a_centre_is_graded_by_the_registry_alone_on_what_was_attested(registry: House) -> None:
    criteria = registry.get("nobody", "certificates/centres/criteria")
    assert [name for name, _ in criteria["grades"]] == ["a", "b", "c"]
    before = registry.leaves()
    assert code(registry.send("registry", "certificates/centres/audits", request_id="c", **AUDIT)) == (
        422,
        "grade_none",
    )
    others = ("nobody", "east", "west", "clearing", "auditor")
    assert registry.refusals("POST", "certificates/centres/audits", *others, request_id="c", **AUDIT) == FORBIDDEN
    paper = {"request_id": "e", "site": "west", "pue": 1.22, **PERIOD, "document": "report"}
    assert registry.refusals("POST", "certificates/centres/evidence", "nobody", "east", "auditor", **paper) == FORBIDDEN
    assert registry.leaves() == before
    registry.new("west", "certificates/allocations", request_id="a", consumer="west", month=MONTH.name)
    registry.new("west", "certificates/retirements", request_id="r", holder="west", allocation_id="a")
    assert registry.new("west", "certificates/centres/evidence", **paper)["evidence"]["value_ppm"] == 1_220_000
    own = {"request_id": "o", **AUDIT, "auditor": "west"}
    assert code(registry.send("registry", "certificates/centres/audits", **own)) == (403, "audit_not_independent")
    asks = {"request_id": "c", **AUDIT, "evidence_ids": ["e"]}
    first, again = (registry.send("registry", "certificates/centres/audits", **asks) for _ in range(2))
    assert first.status_code == 201, first.text
    assert (first.json()["grade"], first.json()["is_valid"]) == ("a", True)
    assert again.json() == first.json()
    assert registry.get("nobody", "certificates/centres", site="west") == [first.json()]
    assert registry.get("nobody", "certificates/centres", site="east") == []


def test_quota_is_allotted_for_certified_compute_and_given_up_once(registry: House) -> None:
    assert registry.get("nobody", "certificates/quota/rule")["g_per_card_h"] == 450
    registry.new("registry", "certificates/quota/budgets", request_id="b", year=YEAR, kg=1000)
    before = registry.leaves()
    uncertified = {"request_id": "m", **DELIVERY, "site": "north"}
    assert code(registry.send("registry", "certificates/quota/matches", **uncertified)) == (403, "site_not_certified")
    assert registry.refusals("POST", "certificates/quota/matches", "nobody", "west", **uncertified) == FORBIDDEN
    assert registry.leaves() == before
    assert registry.new("registry", "certificates/quota/matches", request_id="m", **DELIVERY)["kg"] == 450
    twice = {"request_id": "n", **DELIVERY, "backing": "certificate"}
    assert code(registry.send("registry", "certificates/quota/matches", **twice)) == (422, "delivery_matched")
    declared = {"holder": "east", "year": YEAR, "kg": 300, "request_id": "e-1"}
    assert registry.refusals("POST", "certificates/quota/declarations", "nobody", "west", **declared) == FORBIDDEN
    registry.new("east", "certificates/quota/declarations", **declared)
    given = {"declaration_id": "e-1", "year": YEAR, "kg": 300, "request_id": "s"}
    assert registry.refusals("POST", "certificates/quota/surrenders", "nobody", "west", "auditor", **given) == FORBIDDEN
    assert registry.new("east", "certificates/quota/surrenders", **given)["kg"] == 300
    more = given | {"request_id": "u", "kg": 1}
    assert code(registry.send("east", "certificates/quota/surrenders", **more)) == (422, "emissions_surrendered")
    sold = {"holder": "east", "year": YEAR, "request_id": "x"}
    assert registry.refusals("POST", "certificates/quota/sales", "west", "registry", kg=1, **sold) == FORBIDDEN
    assert code(registry.send("east", "certificates/quota/sales", kg=151, **sold)) == (422, "quota_short")
    registry.new("east", "certificates/quota/sales", kg=150, **sold)
    own = {one["account"]: one["kg"] for one in registry.get("east", "certificates/quota")}
    assert own == {"east/quota": 0, "east/quota/surrendered": 300}
    everything = {one["account"]: one["kg"] for one in registry.get("auditor", "certificates/quota")}
    assert everything["carbon-market/quota"] == 150
    assert registry.refusals("GET", "certificates/quota", "nobody", "clearing") == FORBIDDEN
    assert registry.get("auditor", "certificates/check") == []


def test_certification_is_revoked_by_who_audited_it(registry: House) -> None:
    revoke = {"certification_id": "c", "reason": "PUE was wrong", "request_id": "z"}
    told = registry.send("registry", "certificates/centres/revocations", auditor="other", **revoke)
    assert code(told) == (403, "audit_of_another")
    none = revoke | {"certification_id": "none"}
    told = registry.send("registry", "certificates/centres/revocations", auditor="judge", **none)
    assert code(told) == (404, "certification_unknown")
    ended = registry.send("registry", "certificates/centres/revocations", auditor="judge", **revoke)
    assert (ended.status_code, ended.json()["is_valid"]) == (201, False)
    assert [one["reason"] for one in registry.get("west", "certificates/centres")] == ["PUE was wrong"]
