"""Evidence in disputes: whoever has the key of the log checks it with no books, and is told what is wrong where."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.accounts.made import NOW
from tests.accounts.made_dispute import SIGNER, WHOLE, answer, court_in, decision, do, opening

from qipan.accounts.evidence import check_evidence, document
from qipan.accounts.model.dispute import Step
from qipan.accounts.record import DISPUTE_KIND, TRANSFER_KIND, step_record, transfer_record
from qipan.kernel.errors import BadInputError, Finding


@pytest.fixture
def court(books):
    return court_in(books)


def shown(books, court, dispute_id="d-1"):
    with books.begin() as unit:
        court.log.checkpoint(unit, SIGNER, NOW)
    with books.read() as unit:
        made = document(dispute_id, court.disputes.evidence(unit, dispute_id))
    return json.loads(json.dumps(made))


def rules(told):
    return {one.rule for one in check_evidence(told, log=SIGNER.verifier)}


@pytest.fixture
def told(books, court):
    """Return the evidence in a dispute that was upheld."""
    do(books, court.disputes.open, opening())
    do(books, court.disputes.answer, answer())
    do(books, court.disputes.decide, decision(WHOLE))
    return shown(books, court)


def test_evidence_verifies_with_nothing_but_the_key(told):
    assert rules(told) == set()
    kinds = [json.loads(one["payload"]) for one in told["exhibits"]]
    assert [one.get("transfer", one.get("dispute")) for one in kinds] == [
        "s/a", "s/b", "s/c", "d-1", "d-1", "d-1", "dispute/d-1/1", "dispute/d-1/2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "rule"),
    [(0, "transfer_missing"), (3, "step_strange"), (4, "step_strange"), (6, "correction_differs")],
)
def test_evidence_without_one_of_its_exhibits_is_not_whole(told, place, rule):
    del told["exhibits"][place]
    assert rule in rules(told)


@pytest.mark.parametrize(
    ("place", "old", "new"), [(0, '"amount":300', '"amount":200'), (5, "shows", "hides"), (6, '"c"', '"b"')]
)
def test_evidence_that_was_changed_is_told(told, place, old, new):
    one = told["exhibits"][place]
    assert old in one["payload"]
    one["payload"] = one["payload"].replace(old, new)
    assert "payload_changed" in rules(told)


@pytest.mark.parametrize(
    ("parties", "names"),
    [
        ({"c"}, ["s/a", "s/c", "dispute/d-1/1", "dispute/d-1/2"]),
        ({"b"}, ["s/a", "s/b", "dispute/d-1/2"]),
        ({"a"}, ["s/a", "dispute/d-1/2"]),
    ],
)
def test_evidence_for_a_party_shows_its_own_of_what_is_linked_and_verifies(books, court, told, parties, names):
    with books.read() as unit:
        own = document("d-1", court.disputes.evidence(unit, "d-1", parties))
    payloads = [json.loads(one["payload"]) for one in own["exhibits"]]
    assert [one["transfer"] for one in payloads if "transfer" in one] == names
    assert rules(own) == set()


def test_what_a_disputed_transfer_follows_from_is_shown_to_its_own_party_alone(books, court, monkeypatch, told):
    asked = []
    monkeypatch.setattr(court.disputes, "_behind", (lambda _, one: asked.append(one.transfer_id) or (),))
    with books.read() as unit:
        for parties in ({"c"}, {"b"}, {"a"}, None):
            court.disputes.evidence(unit, "d-1", parties)
    assert asked == ["s/a", "s/a"]  # for a, and for who sees all


def test_evidence_of_another_dispute_is_told(books, court, told):
    told["dispute"] = "d-2"
    assert "step_strange" in rules(told)


@pytest.mark.parametrize("change", [{"form": "other"}, {"exhibits": [{"payload": "x"}]}, {"exhibits": 3}])
def test_evidence_of_another_form_is_refused(told, change):
    with pytest.raises(BadInputError) as caught:
        check_evidence({**told, **change}, log=SIGNER.verifier)
    assert caught.value.code == "evidence_malformed"


def enter(books, court, kind, payload):
    """Enter a leaf in the log; return its exhibit, with a proof that holds."""
    with books.begin() as unit:
        seq = court.log.append(unit, kind, payload, NOW).seq
        court.log.checkpoint(unit, SIGNER, NOW)
    with books.read() as unit:
        return {"payload": payload.decode(), "proof": str(court.log.proof(unit, seq))}


def findings(told, **more):
    return check_evidence(told, log=SIGNER.verifier, **more)


def missing(name):
    return Finding(0, "transfers", "transfer_missing", f"A disputed transfer must be shown, was not: {name}.", name)


def differs(name):
    told = f"What is corrected must go back as decided, did not: {name}."
    return Finding(0, "transfers", "correction_differs", told, name)


def test_each_thing_that_lacks_is_told_by_name(told):
    exhibits = told["exhibits"]
    told["exhibits"] = exhibits[1:]
    # What is not shown cannot be held against its correction, but for the amount.
    assert findings(told) == (missing("s/a"),)
    told["exhibits"] = [*exhibits[:5], *exhibits[6:]]
    assert findings(told) == (differs("s/c"), differs("s/a"))
    told["exhibits"] = exhibits[:6]
    assert findings(told) == (differs("s/a"), differs("s/c"))
    told["exhibits"] = exhibits[:7]
    assert findings(told) == (differs("s/a"),)
    told["exhibits"] = exhibits[:5]
    assert findings(told) == ()


def test_evidence_without_a_step_or_with_a_strange_one_is_told(books, court, told):
    exhibits = told["exhibits"]
    told["exhibits"] = exhibits[:3]
    words = "The opening of d-1 must be shown, was not."
    assert findings(told) == (Finding(0, "steps", "step_strange", words),)
    told["exhibits"] = [exhibits[4]]
    words = "Steps of d-1 must follow each other, was d-1 2 at 1."
    assert findings(told) == (Finding(0, "steps", "step_strange", words),)
    first = Step(1, NOW, "", opening())
    again = Step(2, NOW, sha256(step_record(first)).hexdigest(), opening())
    told["exhibits"] = [enter(books, court, DISPUTE_KIND, step_record(one)) for one in (first, again)]
    words = "A dispute must be open for what follows in it, was opened: d-1."
    assert findings(told) == (Finding(0, "steps", "step_strange", words),)


def test_a_record_that_cannot_be_read_is_told_with_its_row(books, court, told):
    told["exhibits"].insert(2, enter(books, court, TRANSFER_KIND, b'{"transfer":1}'))
    (found,) = findings(told)
    assert (found.row, found.column, found.rule) == (3, "payload", "record_malformed")
    assert found.message.endswith(".")


def test_a_proof_that_does_not_hold_is_told_with_its_row(told):
    told["exhibits"][1]["payload"] = told["exhibits"][1]["payload"].replace('"amount":100', '"amount":101')
    (found,) = findings(told)
    assert (found.row, found.rule) == (2, "payload_changed")
    assert found.message
    assert {one.row for one in findings(told, quorum=1)} == set(range(1, 9))


@pytest.mark.parametrize("change", [{"credit": "b"}, {"amount": 299}, {"reason": "other"}])
def test_a_correction_that_goes_elsewhere_than_decided_is_told(books, court, told, change):
    with books.read() as unit:
        (posted,) = [one for one in court.accounts.transfers(unit, "a") if one.transfer_id == "dispute/d-1/2"]
    told["exhibits"][7] = enter(books, court, TRANSFER_KIND, transfer_record(replace(posted, **change)))
    assert findings(told) == (differs("s/a"),)
