"""A statement is verified with nothing but the key of the log, and each change of it is found."""

from __future__ import annotations

import json
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.certificates.made import NOW, House, hour, made, used

from qipan.accounts.model.claim import Claim
from qipan.accounts.record import claim_record
from qipan.certificates.model.certificate import Granularity
from qipan.certificates.model.month import Month
from qipan.certificates.model.request import Allocate, Issue, Retire, Selection, Transfer
from qipan.certificates.statement import check_statement, document
from qipan.kernel.errors import BadInputError
from qipan.log.note import SIGNS, Signer
from qipan.storage.books import Books

SIGNER = Signer("log.example", SIGNS, secrets.token_bytes(32))


def told_by(house, month=None):
    with house.books.begin() as unit:
        house.log.checkpoint(unit, SIGNER, NOW)
    with house.books.read() as unit:
        return json.loads(json.dumps(document(house.registry.statement(unit, "east", month))))


@pytest.fixture(scope="module")
def statement():
    """Return the statement of a consumer that covered two hours and retired more than it used."""
    books = Books("sqlite://")
    books.migrate()
    house = House(books)
    house.open()
    house.send(Issue("i", "wind-1", (made(0, 600), made(2, 900))))
    house.send(Issue("j", "wind-1", (made(24 * 31, 70),)))
    house.use(used("u0", 0, 500), used("u2", 2, 300), used("u9", 9, 40))
    house.send(Transfer("t", "west", "east", Selection(1000)))
    house.send(Transfer("t2", "west", "east", Selection(month="2026-04")))
    house.send(Allocate("a", "east", "2026-03", Granularity.HOUR))
    house.send(Retire("r", "east", "east", allocation_id="a"))
    house.send(Retire("s", "east", "east", Selection(150)))
    assert len(told_by(house, Month.named("2026-04"))["lines"]) == 0
    house.send(Retire("q", "east", "east", Selection(20, month="2026-04")))
    told = told_by(house)
    assert len(told_by(house, Month.named("2026-04"))["lines"]) == 1
    # What no registry would enter: a claim that is not final, one of somebody else, one that covers less use.
    with books.begin() as unit:
        for claim in (
            Claim("gec/f/1", "issuance/i/1", "east", "retired", 500, 550, hour(0), hour(1)),
            Claim("gec/f/1", "issuance/i/1", "thief", "retired", 500, 550, hour(0), hour(1), is_final=True),
            Claim("gec/f/1", "issuance/i/1", "east", "retired", 0, 50, hour(0), hour(1), is_final=True),
            Claim("gec/f/1", "issuance/i/1", "east", "retired", 550, 601, hour(0), hour(1), is_final=True),
            Claim("use/f/1", "usage/u0", "east", "retired", 500, 551, hour(0), hour(1), is_final=True),
        ):
            house.log.append(unit, "claim", claim_record(claim), NOW)
        house.log.checkpoint(unit, SIGNER, NOW)
    with books.read() as unit:
        forged = []
        for leaf in house.log.leaves(unit, kind="claim")[-5:]:
            forged.append((leaf.digest, str(house.log.proof(unit, leaf.seq))))
    yield told, forged
    books.close()


def rules(told):
    return {one.rule for one in check_statement(told, log=SIGNER.verifier)}


def rules_or_code(told):
    try:
        return rules(told)
    except BadInputError as error:
        return {error.code} & {"proof_malformed"}


def copied(statement):
    return json.loads(json.dumps(statement[0]))


def test_a_statement_shows_hours_and_use_and_adds_up(statement):
    told = copied(statement)
    assert rules(told) == set()
    assert told["months"] == [
        {"month": "2026-03", "retired_wh": 950, "covering_wh": 800, "used_wh": 840, "residual_wh": 40},
        {"month": "2026-04", "retired_wh": 20, "covering_wh": 0, "used_wh": 0, "residual_wh": 0},
    ]
    assert set(told["issues"]) == {"i", "j"}
    assert [line["use"] is not None for line in told["lines"]] == [True, False, True, False, False]


def test_what_is_left_out_or_told_twice_is_found(statement):
    told = copied(statement)
    del told["lines"][1]
    assert rules(told) == {"total_differs"}
    told = copied(statement)
    told["lines"].append(told["lines"][0])
    assert rules(told) == {"parts_overlap", "total_differs"}
    told = copied(statement)
    told["consumer"] = "other"
    assert rules(told) >= {"not_of_consumer", "usage_differs"}
    told = copied(statement)
    del told["usages"][0]
    assert rules(told) == {"usage_differs", "total_differs"}
    told = copied(statement)
    told["usages"].append(told["usages"][0])
    assert rules(told) == {"usage_differs"}
    told = copied(statement)
    told["lines"][0]["issue"] = "j"
    assert rules(told) == {"production_differs"}
    told = copied(statement)
    del told["issues"]["i"]
    assert rules(told) == {"production_differs"}
    told = copied(statement)
    first, third = (told["lines"][place]["use"] for place in (0, 2))
    told["lines"][0]["use"], told["lines"][2]["use"] = third, first
    assert rules(told) == {"pair_differs"}
    told = copied(statement)
    told["lines"][0]["claim"] = told["lines"][0]["use"]
    assert {"production_differs", "parts_overlap"} & rules(told)
    told = copied(statement)
    told["issues"]["i"] = told["lines"][0]["claim"]
    assert "kind_differs" in rules(told)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, {"claim_not_final"}),
        (1, {"not_of_consumer"}),
        (2, {"parts_overlap"}),
        (3, {"production_differs"}),
    ],
)
def test_what_a_lying_registry_enters_is_found(statement, place, wrong):
    told, forged = copied(statement), statement[1]
    claims = [
        Claim("gec/f/1", "issuance/i/1", "east", "retired", 500, 550, hour(0), hour(1)),
        Claim("gec/f/1", "issuance/i/1", "thief", "retired", 500, 550, hour(0), hour(1), is_final=True),
        Claim("gec/f/1", "issuance/i/1", "east", "retired", 0, 50, hour(0), hour(1), is_final=True),
        Claim("gec/f/1", "issuance/i/1", "east", "retired", 550, 601, hour(0), hour(1), is_final=True),
    ]
    told["lines"][1] = {
        "issue": "i",
        "claim": {"record": claim_record(claims[place]).decode(), "proof": forged[place][1]},
        "use": None,
    }
    wh = claims[place].unit_end - claims[place].unit_start
    told["months"][0]["retired_wh"] += wh - 100
    assert rules(told) == wrong


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_letter_of_a_statement_can_be_changed_unseen(statement, data):
    told = copied(statement)
    line = data.draw(st.sampled_from(told["lines"]))
    proved = data.draw(
        st.sampled_from(
            [line["claim"], *([line["use"]] if line["use"] else []), *told["issues"].values(), *told["usages"]]
        )
    )
    name = data.draw(st.sampled_from(["record", "proof"]))
    place = data.draw(st.integers(0, len(proved[name]) - 1))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=122))
    changed = proved[name][:place] + letter + proved[name][place + 1 :]
    if changed == proved[name]:
        return
    proved[name] = changed
    assert rules_or_code(told)


@pytest.mark.parametrize("told", [{}, {"form": "qipan/certificates@v1"}, {"form": "x", "lines": 5}, []])
def test_another_file_is_no_statement(told):
    with pytest.raises(BadInputError) as caught:
        check_statement(told, log=SIGNER.verifier)
    assert caught.value.code == "statement_malformed"
