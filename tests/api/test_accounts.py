"""Accounts over REST: who may open, post and see; nothing is left of what is refused; statements need only a key."""

from __future__ import annotations

import pytest
from tests.api.house import FORBIDDEN, House, code

from qipan.accounts.statement import check_statement
from qipan.log.note import verifier_of

DUTIES_TO_POST = ("nobody", "east", "west", "registry", "auditor")


@pytest.fixture(scope="module")
def bank(house: House) -> House:
    """Return a house with 1,000 fen of east and 500 of west."""
    assert house.new("clearing", "accounts/assets", asset_id="fen", kind="money")["unit"] == "fen"
    cash = {"asset_id": "fen", "purpose": "cash"}
    house.new("clearing", "accounts", account_id="bank", owner="bank", asset_id="fen", purpose="issued", floor=None)
    for owner in ("east", "west"):
        house.new("clearing", "accounts", account_id=f"{owner}/cash", owner=owner, **cash)
    house.new("clearing", "accounts/transfers", transfers=[
        {"transfer_id": "t-1", "debit": "bank", "credit": "east/cash", "amount": 1000, "reason": "opening"},
        {"transfer_id": "t-2", "debit": "bank", "credit": "west/cash", "amount": 500, "reason": "opening"},
    ])  # fmt: skip
    return house


def test_only_clearing_opens_and_posts(bank: House) -> None:
    before = bank.leaves()
    move = {"reason": "gift", "transfer_id": "t-9", "debit": "west/cash", "credit": "east/cash", "amount": 1}
    for path, body in (
        ("accounts/assets", {"asset_id": "kg", "kind": "quota"}),
        ("accounts", {"account_id": "x", "owner": "east", "asset_id": "fen", "purpose": "x"}),
        ("accounts/transfers", {"transfers": [move]}),
        ("accounts/assets/fen/expire", {}),
    ):
        assert bank.refusals("POST", path, *DUTIES_TO_POST, **body) == FORBIDDEN
        assert bank.refusals("POST", path, "visitor", **body) == {(401, "sign_in_needed")}
    assert bank.leaves() == before


def test_accounts_are_shown_to_who_acts_for_them_and_to_who_keeps_or_audits(bank: House) -> None:
    def seen(who: str, **values: str) -> dict[str, int]:
        rows = bank.get(who, "accounts", **values)["rows"]
        return {row["account_id"]: row["periods"][0]["available"] for row in rows}

    assert seen("east") == seen("east", owner="east") == {"east/cash": 1000}
    assert seen("west") == {"west/cash": 500}
    assert seen("clearing") == seen("auditor") == {"bank": -1500, "east/cash": 1000, "west/cash": 500}
    assert seen("auditor", owner="west", asset_id="fen") == {"west/cash": 500}
    assert bank.refusals("GET", "accounts", "nobody", "registry") == FORBIDDEN
    assert bank.refusals("GET", "accounts", "west", "nobody", owner="east") == FORBIDDEN
    paged = bank.get("clearing", "accounts", page=2, size=2)
    assert (len(paged["rows"]), paged["total"], paged["page"], paged["size"]) == (1, 3, 2, 2)


def test_what_moved_is_told_in_pages(bank: House) -> None:
    told = bank.get("east", "accounts/transfers", account_id="east/cash")
    assert [(row["transfer_id"], row["amount"]) for row in told["rows"]] == [("t-1", 1000)]
    assert bank.get("auditor", "accounts/transfers", account_id="bank", page=2, size=1)["rows"][0]["amount"] == 500
    assert bank.refusals("GET", "accounts/transfers", "west", "nobody", account_id="east/cash") == FORBIDDEN
    assert bank.refusals("GET", "accounts/transfers", "east", account_id="none") == {(404, "account_unknown")}


def test_transfers_stand_together_or_leave_nothing(bank: House) -> None:
    before = bank.leaves()
    good = {"reason": "gift", "transfer_id": "g", "debit": "east/cash", "credit": "west/cash", "amount": 10}
    bad = {"reason": "gift", "transfer_id": "b", "debit": "east/cash", "credit": "west/cash", "amount": 10_000}
    answer = bank.send("clearing", "accounts/transfers", transfers=[good, bad])
    assert code(answer) == (422, "transfers_refused")
    assert [(one["row"], one["rule"]) for one in answer.json()["findings"]] == [(2, "below_floor")]
    assert bank.leaves() == before
    other = {"reason": "opening", "transfer_id": "t-1", "debit": "bank", "credit": "east/cash", "amount": 999}
    answer = bank.send("clearing", "accounts/transfers", transfers=[other])
    assert code(answer) == (422, "transfers_refused")
    assert bank.leaves() == before


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("accounts/assets", {"asset_id": "fen", "kind": "quota"}, (409, "asset_taken")),
        ("accounts/assets", {"asset_id": "a b", "kind": "money"}, (400, "name_unfit")),
        ("accounts/assets", {"asset_id": "h100", "kind": "compute"}, (400, "asset_unfit")),
        ("accounts/assets", {"asset_id": "x", "kind": "gold"}, (422, "request_malformed")),
        ("accounts", {"account_id": "o", "owner": "o", "asset_id": "no", "purpose": "x"}, (404, "asset_unknown")),
        (
            "accounts",
            {"account_id": "o", "owner": "o", "asset_id": "fen", "purpose": "x", "floor": 5},
            (400, "account_unfit"),
        ),
        (
            "accounts",
            {"account_id": "bank", "owner": "o", "asset_id": "fen", "purpose": "x"},
            (409, "account_taken"),
        ),
        ("accounts/transfers", {"transfers": []}, (422, "request_malformed")),
        (
            "accounts/transfers",
            {"transfers": [{"reason": "x", "transfer_id": "m", "sum": 5}]},
            (422, "request_malformed"),
        ),
        (
            "accounts/transfers",
            {"transfers": [{"reason": "x", "transfer_id": "m", "amount": 2**60}]},
            (422, "request_malformed"),
        ),
        ("accounts/assets/no/expire", {}, (404, "asset_unknown")),
        ("accounts/statements", {"account_id": "no"}, (404, "account_unknown")),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(bank: House, path: str, body: dict, expected: tuple) -> None:
    before = bank.leaves()
    assert code(bank.send("clearing", path, **body)) == expected
    assert bank.leaves() == before


def test_a_statement_is_verified_offline_with_nothing_but_its_key(bank: House) -> None:
    for who in ("east", "clearing", "auditor"):
        answer = bank.send(who, "accounts/statements", account_id="east/cash")
        assert answer.status_code == 200, answer.text
    told = answer.json()
    log = verifier_of(told["key"])
    assert (told["transfers"], check_statement(told["statement"], log=log)) == (1, ())
    forged = told["statement"]["lines"][0]
    forged["transfer"] = forged["transfer"].replace('"amount":1000', '"amount":9000')
    assert check_statement(told["statement"], log=log) != ()
    assert bank.refusals("POST", "accounts/statements", "west", "nobody", account_id="east/cash") == FORBIDDEN


def test_claims_are_shown_to_who_holds_keeps_or_audits(bank: House) -> None:
    for who in ("east", "registry", "auditor"):
        assert bank.get(who, "accounts/claims", holder="east") == {"rows": [], "total": 0, "page": 1, "size": 100}
    assert bank.refusals("GET", "accounts/claims", "nobody", "west", holder="east") == FORBIDDEN


def test_books_are_checked_by_clearing_and_auditor(bank: House) -> None:
    assert bank.get("auditor", "accounts/check") == bank.get("clearing", "accounts/check") == []
    assert bank.refusals("GET", "accounts/check", "nobody", "east", "registry") == FORBIDDEN
