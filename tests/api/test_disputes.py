"""Disputes over REST: each duty does its part and no other, parties see their own, and evidence needs only a key."""

from __future__ import annotations

import pytest
from tests.api.house import FORBIDDEN, House, code

from qipan.accounts.evidence import check_evidence
from qipan.log.note import verifier_of

OPEN = {"dispute_id": "d-1", "party": "east", "transfers": ["fee"], "ground": "It was charged twice."}


@pytest.fixture(scope="module")
def court(house: House) -> House:
    """Return a house in which east and west paid the house a fee, linked, and it paid a third."""
    house.new("clearing", "accounts/assets", asset_id="fen", kind="money")
    house.new("clearing", "accounts", account_id="bank", owner="bank", asset_id="fen", purpose="issued", floor=None)
    for owner in ("east", "west", "trustee", "house"):
        house.new("clearing", "accounts", account_id=owner, owner=owner, asset_id="fen", purpose="cash")
    moves = [
        ("in-e", "bank", "east", 100, False),
        ("in-w", "bank", "west", 100, False),
        ("fee", "east", "house", 30, True),
        ("fee-w", "west", "house", 20, True),
        ("paid", "house", "trustee", 50, False),
    ]
    house.new("clearing", "accounts/transfers", transfers=[
        {"transfer_id": name, "debit": debit, "credit": credit, "amount": fen, "linked": linked, "reason": "fee"}
        for name, debit, credit, fen, linked in moves
    ])  # fmt: skip
    return house


def test_a_dispute_is_heard_and_decided(court: House) -> None:
    before = court.leaves()
    assert court.refusals("POST", "accounts/disputes", "west", "clearing", "auditor", "nobody", **OPEN) == FORBIDDEN
    assert code(court.send("visitor", "accounts/disputes", **OPEN)) == (401, "sign_in_needed")
    assert court.leaves() == before
    assert court.new("east", "accounts/disputes", **OPEN)["state"] == "opened"
    assert code(court.send("east", "accounts/disputes", **{**OPEN, "ground": "Other."})) == (409, "dispute_taken")
    said = {"party": "trustee", "words": "It was due."}
    assert court.new("trustee", "accounts/disputes/d-1/answers", **said)["state"] == "answered"
    assert court.refusals("POST", "accounts/disputes/d-1/answers", "west", "clearing", **said) == FORBIDDEN
    decided = {"words": "It was charged twice.", "amounts": {"fee": 30, "paid": 30}}
    assert court.refusals("POST", "accounts/disputes/d-1/decision", "east", "trustee", "nobody", **decided) == FORBIDDEN
    one_sided = {**decided, "amounts": {"fee": 30}}
    assert code(court.send("auditor", "accounts/disputes/d-1/decision", **one_sided)) == (422, "correction_one_sided")
    assert court.new("auditor", "accounts/disputes/d-1/decision", **decided)["state"] == "upheld"
    assert code(court.send("east", "accounts/disputes/d-1/withdrawal", words="So.")) == (422, "dispute_closed")
    shown = court.get("clearing", "accounts/disputes/d-1")
    assert [one["act"] for one in shown["steps"]] == ["opened", "answered", "decided"]
    assert [one["reference"] for one in shown["corrections"]] == ["paid", "fee"]
    assert court.get("auditor", "accounts/disputes/check") == []


def test_parties_see_their_own_of_what_is_linked(court: House) -> None:
    def seen(who: str) -> list[str]:
        return [one["transfer_id"] for one in court.get(who, "accounts/disputes/d-1")["transfers"]]

    assert seen("auditor") == ["fee", "fee-w", "paid"]
    assert seen("east") == ["fee"]
    assert seen("west") == ["fee", "fee-w"]
    for who, amounts in (("auditor", {"fee": 30, "paid": 30}), ("west", {"fee": 30}), ("east", {"fee": 30})):
        assert court.get(who, "accounts/disputes/d-1")["amounts"] == amounts
    assert court.get("auditor", "accounts/disputes/d-1")["parties"] == ["east", "house", "trustee", "west"]
    assert court.get("west", "accounts/disputes/d-1")["parties"] == ["east", "trustee", "west"]
    assert court.get("east", "accounts/disputes/d-1")["parties"] == ["east", "trustee"]
    assert court.refusals("GET", "accounts/disputes/d-1", "nobody", "shanghai") == FORBIDDEN
    assert court.refusals("GET", "accounts/disputes", "nobody", "registry") == FORBIDDEN
    assert court.get("west", "accounts/disputes")["total"] == 1
    assert court.get("shanghai", "accounts/disputes")["total"] == 0
    assert court.get("clearing", "accounts/disputes", open_only=True)["rows"] == []


@pytest.mark.parametrize("who", ["auditor", "east", "west"])
def test_evidence_needs_only_the_key(court: House, who: str) -> None:
    told = court.send(who, "accounts/disputes/d-1/evidence").json()
    assert told["exhibits"] == len(told["evidence"]["exhibits"])
    assert check_evidence(told["evidence"], log=verifier_of(told["key"])) == ()


def test_a_dispute_is_withdrawn_by_its_party(court: House) -> None:
    court.new("west", "accounts/disputes", dispute_id="d-2", party="west", transfers=["fee-w"], ground="Why?")
    assert court.refusals("POST", "accounts/disputes/d-2/withdrawal", "east", "auditor", words="So.") == FORBIDDEN
    assert court.new("west", "accounts/disputes/d-2/withdrawal", words="I see.")["state"] == "withdrawn"


@pytest.mark.parametrize("name", ["gec/r-1/1", "rs/a1/west"])
def test_what_records_rest_on_does_not_go_back(court: House, name: str) -> None:
    one = {"transfer_id": name, "debit": "west", "credit": "trustee", "amount": 5, "reason": "delivery_price"}
    court.new("clearing", "accounts/transfers", transfers=[one])
    dispute = name.replace("/", "-")
    court.new("west", "accounts/disputes", dispute_id=dispute, party="west", transfers=[name], ground="Why?")
    decided = {"words": "So.", "amounts": {name: 5}}
    refused = court.send("auditor", f"accounts/disputes/{dispute}/decision", **decided)
    assert code(refused) == (422, "correction_kept")
    assert court.get("auditor", f"accounts/disputes/{dispute}")["state"] == "opened"


def test_the_market_is_watched_by_clearing_and_auditor_alone(court: House) -> None:
    assert court.refusals("GET", "market/monitor", "east", "registry", "nobody") == FORBIDDEN
    told = court.get("auditor", "market/monitor", since="2026-01-01T00:00:00Z")
    assert (told["trades"], told["hours"], told["flags"]) == (0, 0, [])
