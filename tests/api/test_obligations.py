"""Whatever a program sends where obligations are entered into, it is answered or refused; the server never fails."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.api.house import WEEK, House, open_market
from tests.api.test_router import OBLIGATIONS

SAMPLES = 3
"""Bodies that each address is sent by who keeps the house; one by each of the others."""

TEXTS = ("", "a", "east", "west", "bank", "fen", WEEK, "a/b", "棋盘", "\u0000", "x" * 5000, "2027-01", "2027-13", "-1")
NUMBERS = (0, 1, -1, 7, 2**31, 2**53 - 1, -(2**53) + 1, 2**63, 10**30, 1.5, 1e308)
MOMENTS = ("2026-03-01T05:00:00+08:00", "2026-03-01T05:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
STRANGE: tuple[Any, ...] = (None, True, [], {}, "NaN")
PLAIN: dict[str | None, tuple[Any, ...]] = {
    "integer": NUMBERS,
    "number": NUMBERS,
    "boolean": (False, True),
    "date": ("2027-12-31", "0001-01-01", "9999-12-31"),
    "date-time": MOMENTS,
    "string": TEXTS,
}


@pytest.fixture(scope="module")
def market(house: House) -> House:
    """Return a market with members that have money, and a book."""
    open_market(house)
    return house


def described(house: House) -> tuple[dict[str, Any], list[tuple[str, str, dict[str, Any]]]]:
    """Return the schemas, and method, path and description of each address where obligations are entered into."""
    told = house.client.get("/api/v1/openapi.json").json()
    addresses = [
        (method, path, one)
        for path, methods in told["paths"].items()
        for method, one in methods.items()
        if one["operationId"].split(".")[0] in OBLIGATIONS
    ]
    return told["components"]["schemas"], addresses


def value(schema: dict[str, Any], schemas: dict[str, Any], chance: random.Random) -> Any:
    """Return something that a schema may allow, and now and then something that it does not."""
    if chance.random() < 0.04:
        return chance.choice(STRANGE)
    one = chance.choice(schema.get("anyOf") or schema.get("oneOf") or [schema])
    if "$ref" in one:
        return value(schemas[one["$ref"].rsplit("/", 1)[1]], schemas, chance)
    if "const" in one or "enum" in one:
        return chance.choice(one.get("enum") or [one["const"]])
    if one.get("type") == "array":
        return [value(one["items"], schemas, chance) for _ in range(chance.randint(0, 2))]
    if one.get("type") == "object":
        return fields(one, schemas, chance)
    return chance.choice(PLAIN.get(one.get("format") or one.get("type"), STRANGE))


def fields(schema: dict[str, Any], schemas: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return an object: fields that it needs, some of the others, or values under whatever names."""
    if "properties" not in schema:
        return {chance.choice(TEXTS): value(schema.get("additionalProperties", {}), schemas, chance)}
    needed = schema.get("required", ())
    told = schema["properties"].items()
    return {name: value(of, schemas, chance) for name, of in told if name in needed or chance.random() < 0.5}


def test_every_address_answers_or_refuses_whatever_it_is_sent(market: House) -> None:
    schemas, addresses = described(market)
    chance, seen = random.Random(5), set()
    everyone = ("clearing", "registry", "east", "west")
    for method, path, one in addresses:
        body = one.get("requestBody", {}).get("content", {}).get("application/json")
        for who in everyone:
            for _ in range(SAMPLES if who in {"clearing", "registry"} else 1):
                address = "/".join(chance.choice(("a", "fen", "%00", "棋")) if "{" in x else x for x in path.split("/"))
                query = {
                    x["name"]: value(x["schema"], schemas, chance)
                    for x in one.get("parameters", ())
                    if x["in"] == "query" and (x["required"] or chance.random() < 0.3)
                }
                asked = {"json": value(body["schema"], schemas, chance)} if body else {}
                known = {name: told for name, told in query.items() if isinstance(told, str | int | float)}
                answer = market.client.request(method, address, params=known, headers=market.headers[who], **asked)
                assert answer.status_code < 500, (method, address, known, asked, answer.text)
                seen.add(answer.status_code)
    assert {200, 400, 403, 404, 422} <= seen
    for path in ("accounts", "market", "certificates", "agreements"):
        assert market.get("auditor", f"{path}/check") == []


def test_no_address_of_obligations_is_open_to_visitors_or_to_users_without_a_duty(market: House) -> None:
    free = {"agreements.simulate", "agreements.value"}
    reads = {
        "market.member.list",
        "market.forward.books",
        "market.forward.depth",
        "market.forward.trades",
        "certificates.devices",
    }
    reads |= {f"market.spot_{name}" for name in ("auctions", "prices")}
    reads |= {"market.deliver.allocations", "market.deliver.owed", "market.forward.marks"}
    reads |= {f"certificates.{name}" for name in ("centre_criteria", "centre_list", "quota_rule")}
    schemas, addresses = described(market)
    assert len(addresses) > 60
    chance, before = random.Random(7), market.leaves()
    for method, path, one in addresses:
        if one["operationId"] in free:
            continue
        answer = market.client.request(method, path, headers={})
        assert answer.status_code == 401, (one["operationId"], answer.text)
        if one["operationId"] in reads or "requestBody" not in one:
            continue
        for _ in range(SAMPLES):
            body = one["requestBody"]["content"].get("application/json")
            asked = {"json": value(body["schema"], schemas, chance)} if body else {}
            answer = market.client.request(method, path, headers=market.headers["nobody"], **asked)
            assert answer.status_code in {400, 403, 404, 422}, (one["operationId"], answer.text)
    assert market.leaves() == before
