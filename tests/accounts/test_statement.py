"""A statement proves itself with nothing but a key, and every change of it shows."""

from __future__ import annotations

import copy
import json

import pytest
from tests.accounts.made import HOUR, NOW, move

from qipan.accounts.model.posting import Action, Draft
from qipan.accounts.record import read_transfer, transfer_record
from qipan.accounts.statement import check_statement, document
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.log.note import SIGNS, Signer

SIGNER = Signer("qipan/test", SIGNS, bytes(32))


@pytest.fixture
def told(opened, house):
    drafts = [
        move("fund", "bank", "a", 100),
        move("one", "a", "b", 30),
        move("p", "a", "b", 60, action=Action.PENDING),
        move("other", "b", "bank", 5),
        Draft(transfer_id="part", action=Action.POST, pending_id="p", amount=20, reason="test"),
    ]
    with opened.begin() as unit:
        house.accounts.post(unit, drafts, NOW)
        house.log.checkpoint(unit, SIGNER, NOW)
        house.accounts.post(unit, [move("later", "a", "b", 1)], NOW)
        made = house.accounts.statement(unit, "a")
    return json.loads(json.dumps(document(made)))


def rules(told):
    return {one.rule for one in check_statement(told, log=SIGNER.verifier)}


def test_statement_holds_every_transfer_under_the_checkpoint_and_proves_itself(told):
    assert [json.loads(line["transfer"])["transfer"] for line in told["lines"]] == ["fund", "one", "p", "part"]
    assert told["balances"] == [
        {"period": "", "debits_posted": 50, "credits_posted": 100, "debits_pending": 0, "credits_pending": 0}
    ]
    assert rules(told) == set()


def changed(told, change):
    told = copy.deepcopy(told)
    change(told)
    return rules(told)


def test_statement_with_a_transfer_left_out_shows(told):
    for place in range(3):
        assert "entry_missing" in changed(told, lambda one, place=place: one["lines"].pop(place))
    assert "balance_differs" in changed(told, lambda one: one["lines"].pop())


def test_statement_with_a_changed_amount_shows(told):
    def change(one):
        one["lines"][1]["transfer"] = one["lines"][1]["transfer"].replace('"amount":30', '"amount":31')

    assert {"payload_changed", "balance_differs"} <= changed(told, change)


def test_statement_with_a_changed_balance_or_account_shows(told):
    assert changed(told, lambda one: one["balances"][0].update(credits_posted=101)) == {"balance_differs"}
    assert "payload_changed" in changed(told, lambda one: one.update(account=one["account"].replace("cash", "fund")))


def test_statement_with_proofs_exchanged_shows(told):
    def change(one):
        one["lines"][0]["proof"], one["lines"][1]["proof"] = one["lines"][1]["proof"], one["lines"][0]["proof"]

    assert "payload_changed" in changed(told, change)


def test_statement_with_the_accounts_own_proof_for_a_transfer_shows(told):
    def change(one):
        one["lines"][0] = {"transfer": one["account"], "proof": one["proof"]}

    assert {"kind_differs", "record_malformed"} <= changed(told, change)


def test_statement_with_a_transfer_of_another_account_shows(told, opened, house):
    with opened.begin() as unit:
        other = document(house.accounts.statement(unit, "b"))
    line = next(one for one in other["lines"] if '"other"' in one["transfer"])
    assert "not_of_account" in changed(told, lambda one: one["lines"].append(line))


def test_statement_under_another_key_shows(told):
    other = Signer("qipan/test", SIGNS, bytes(range(32)))
    assert "log_unsigned" in {one.rule for one in check_statement(told, log=other.verifier)}


@pytest.mark.parametrize(
    "change",
    [lambda one: one.pop("form"), lambda one: one.update(form="x"), lambda one: one.update(lines=5)],
    ids=["no_form", "other_form", "lines"],
)
def test_statement_of_another_form_is_refused(told, change):
    with pytest.raises(BadInputError) as caught:
        changed(told, change)
    assert caught.value.code == "statement_malformed"


def test_statement_before_a_checkpoint_is_refused(opened, house):
    with pytest.raises(NotFoundError) as caught, opened.begin() as unit:
        house.accounts.statement(unit, "a")
    assert caught.value.code == "checkpoint_unknown"


def test_record_of_a_transfer_is_read_back_and_another_is_refused(opened, house):
    with opened.begin() as unit:
        house.accounts.post(unit, [move("x", "site", "h", 3, period=HOUR, reference="交付 1")], NOW)
        (transfer,) = house.accounts.transfers(unit)
    record = transfer_record(transfer)
    assert list(json.loads(record)) == sorted(json.loads(record))
    assert read_transfer(record) == transfer
    for bad in (b"", b"[]", b"{}", record + b" ", record.replace(b'"amount":3', b'"amount":"3"')):
        with pytest.raises(BadInputError) as caught:
            read_transfer(bad)
        assert caught.value.code == "record_malformed"


def findings(told, change):
    told = copy.deepcopy(told)
    change(told)
    return [(one.row, one.column, one.rule) for one in check_statement(told, log=SIGNER.verifier)]


def test_findings_name_their_row_and_those_after_a_bad_row_are_found_too(told, opened, house):
    with opened.begin() as unit:
        other = document(house.accounts.statement(unit, "b"))
    strange = next(line for line in other["lines"] if '"other"' in line["transfer"])

    def change(one):
        one["lines"][0] = {"transfer": one["account"], "proof": one["proof"]}
        one["lines"].insert(1, strange)

    found = findings(told, change)
    assert found[:3] == [
        (1, "proof", "kind_differs"),
        (1, "transfer", "record_malformed"),
        (2, "transfer", "not_of_account"),
    ]
    assert found[-1] == (0, "balances", "balance_differs")
    assert (3, "entry", "entry_missing") in found
    assert findings(told, lambda one: one.update(proof=one["lines"][0]["proof"]))[-1] == (0, "proof", "kind_differs")


def test_a_statement_tells_each_period(opened, house):
    drafts = [move("x", "site", "h", 3, period=HOUR), move("y", "site", "h", 4, period=HOUR.replace(hour=7))]
    with opened.begin() as unit:
        house.accounts.post(unit, drafts[::-1], NOW)
        house.log.checkpoint(unit, SIGNER, NOW)
        told = document(house.accounts.statement(unit, "h"))
    assert [(one["period"], one["credits_posted"]) for one in told["balances"]] == [
        (HOUR.isoformat(), 3),
        (HOUR.replace(hour=7).isoformat(), 4),
    ]
    assert findings(told, lambda _: None) == []


def whole(told, change=lambda _: None, **more):
    told = copy.deepcopy(told)
    change(told)
    return check_statement(told, log=SIGNER.verifier, **more)


def test_periods_are_told_in_the_order_of_time(opened, house):
    periods = [HOUR.replace(day=day, hour=hour) for day, hour in ((10, 3), (2, 9), (2, 11))]
    drafts = [move(f"x-{at}", "site", "h", at + 1, period=period) for at, period in enumerate(periods)]
    with opened.begin() as unit:
        house.accounts.post(unit, drafts, NOW)
        house.log.checkpoint(unit, SIGNER, NOW)
        told = document(house.accounts.statement(unit, "h"))
    assert [one["period"] for one in told["balances"]] == [period.isoformat() for period in sorted(periods)]
    assert whole(told) == ()


def test_what_is_wrong_is_told_by_row_even_behind_a_row_that_cannot_be_read(told):
    def change(one):
        one["lines"][0]["transfer"] = "{}"
        one["lines"][2]["transfer"] = one["lines"][2]["transfer"].replace('"debit_entry":3', '"debit_entry":7')

    found = {(one.row, one.column, one.rule): one for one in whole(told, change)}
    assert found[1, "transfer", "record_malformed"].message == "A record must be a transfer in canonical JSON, was not."
    assert found[3, "payload", "payload_changed"].message
    assert found[2, "entry", "entry_missing"].value == "2"
    assert (
        found[3, "entry", "entry_missing"].message == "Entries of a must follow each other, was 7 where 2 must stand."
    )
    (differs,) = [one for one in whole(told, change) if one.rule == "balance_differs"]
    assert differs.message == (
        "Balances must be debits posted 50, debits pending 0, credits posted 0, credits pending 0, was "
        "debits posted 50, debits pending 0, credits posted 100, credits pending 0."
    )


def test_a_proof_of_another_kind_and_a_transfer_of_others_are_told_in_words(told, opened, house):
    with opened.begin() as unit:
        other = document(house.accounts.statement(unit, "b"))
    strange = next(line for line in other["lines"] if '"other"' in line["transfer"])

    def change(one):
        one["proof"] = one["lines"][0]["proof"]
        one["lines"].append(strange)

    told_in = {(one.row, one.rule): one.message for one in whole(told, change)}
    assert told_in[0, "kind_differs"] == "An entry must be of kind account, was transfer."
    assert told_in[5, "not_of_account"] == "A transfer must be one of a, was of b and bank."


def test_witnesses_are_asked_for_where_a_quorum_is(told):
    assert {one.rule for one in whole(told, quorum=1)} == {"quorum_missing"}
    assert {(one.row, one.column) for one in whole(told, quorum=1)} == {(row, "signature") for row in range(5)}
    assert all("1" in one.message for one in whole(told, quorum=1))


def test_a_statement_whose_account_lacks_a_word_is_refused(told):
    for word in ("account", "owner", "asset", "purpose", "floor", "ceiling"):
        without = {name: kept for name, kept in json.loads(told["account"]).items() if name != word}
        with pytest.raises(BadInputError) as caught:
            whole(told, lambda one, without=without: one.update(account=json.dumps(without)))
        assert caught.value.code == "statement_malformed"


def test_a_floor_that_the_account_has_is_held_against_its_transfers(told):
    def change(one):
        one["lines"][1]["transfer"] = one["lines"][1]["transfer"].replace('"amount":30', '"amount":130')

    (found,) = [one for one in whole(told, change) if one.rule == "below_floor" and one.row == 2]
    assert (found.column, found.value, found.message) == ("amount", "-30", "a must hold at least 0, was -30.")
