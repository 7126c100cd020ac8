"""What is entered in the log, byte by byte; and what is read back, or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.model.dispute import Answer, Decision, Opening, Step, Withdrawal
from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Transfer
from qipan.accounts.record import (
    account_record,
    asset_record,
    claim_record,
    extent_record,
    read_claim,
    read_step,
    read_transfer,
    release_record,
    step_record,
    transfer_record,
)
from qipan.kernel.errors import BadInputError

AT = datetime(2026, 3, 1, 4, 5, 6, 7, tzinfo=UTC)
EAST = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=8)))
CLAIM = Claim("c", "e", "east", "reserved", 3, 9, EAST, AT + timedelta(hours=9), is_final=True)
TRANSFER = Transfer(
    transfer_id="t",
    action=Action.PENDING,
    asset_id="fen",
    debit="a",
    credit="b",
    amount=5,
    asked=6,
    period=EAST,
    pending_id="p",
    timeout_s=7,
    chain="k",
    balancing_debit=True,
    balancing_credit=False,
    reason="test",
    reference="交付 1",
    debit_entry=8,
    credit_entry=9,
    at=AT,
)
STEPS = {
    "opened": Step(
        1,
        EAST,
        "",
        Opening(dispute_id="d", party="east", by="ann", transfer_ids=("t", "u"), ground="价格不对", cites="f-9"),
    ),
    "answered": Step(2, AT, "ab", Answer(dispute_id="d", party="west", by="bob", words="It was.")),
    "decided": Step(3, AT, "cd", Decision(dispute_id="d", by="eve", words="Half.", amounts={"t": 9, "u": 8})),
    "withdrawn": Step(4, AT, "ef", Withdrawal(dispute_id="d", by="ann", words="A slip.")),
}
FORMS = {
    "claim": (read_claim, claim_record(CLAIM), "a claim"),
    "transfer": (read_transfer, transfer_record(TRANSFER), "a transfer"),
    **{act: (read_step, step_record(step), "a step of a dispute") for act, step in STEPS.items()},
}


def told(record):
    assert record == json.dumps(json.loads(record), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return json.loads(record)


def test_what_is_entered_tells_every_field_under_its_name():
    assert told(asset_record(Asset("g", AssetKind.COMPUTE, "A100", "gui", 3, 4))) == {
        "asset": "g",
        "kind": "compute",
        "lifetime_h": 4,
        "lifetime_months": 3,
        "model": "A100",
        "place": "gui",
    }
    assert told(account_record(Account("x", "o", "fen", "cash", -5, 6))) == {
        "account": "x",
        "asset": "fen",
        "ceiling": 6,
        "floor": -5,
        "owner": "o",
        "purpose": "cash",
    }
    assert told(extent_record(Extent("e", "fen", 100, EAST, AT + timedelta(hours=9)))) == {
        "asset": "fen",
        "end": "2026-03-01T13:05:06.000007+00:00",
        "extent": "e",
        "start": "2026-03-01T05:00:00.000000+00:00",
        "units": 100,
    }
    assert told(claim_record(CLAIM)) == {
        "claim": "c",
        "end": "2026-03-01T13:05:06.000007+00:00",
        "extent": "e",
        "final": True,
        "holder": "east",
        "purpose": "reserved",
        "start": "2026-03-01T05:00:00.000000+00:00",
        "unit_end": 9,
        "unit_start": 3,
    }
    assert told(release_record("c", EAST)) == {"claim": "c", "released": "2026-03-01T05:00:00.000000+00:00"}
    assert told(transfer_record(TRANSFER)) == {
        "action": "pending",
        "amount": 5,
        "asked": 6,
        "asset": "fen",
        "at": "2026-03-01T04:05:06.000007+00:00",
        "balancing_credit": False,
        "balancing_debit": True,
        "chain": "k",
        "credit": "b",
        "credit_entry": 9,
        "debit": "a",
        "debit_entry": 8,
        "pending": "p",
        "period": "2026-03-01T05:00:00.000000+00:00",
        "reason": "test",
        "reference": "交付 1",
        "timeout_s": 7,
        "transfer": "t",
    }


def test_what_is_entered_is_read_back():
    assert read_claim(claim_record(CLAIM)) == CLAIM
    assert read_transfer(transfer_record(TRANSFER)) == TRANSFER
    without = TRANSFER.__class__(**{**{name: getattr(TRANSFER, name) for name in TRANSFER.__slots__}, "period": None})
    assert told(transfer_record(without))["period"] == ""
    assert read_transfer(transfer_record(without)) == without


@pytest.mark.parametrize(
    ("act", "tells"),
    [
        ("opened", {"opened": "价格不对", "party": "east", "transfers": ["t", "u"], "cites": "f-9", "by": "ann"}),
        ("answered", {"answered": "It was.", "party": "west", "by": "bob"}),
        ("decided", {"decided": "Half.", "amounts": {"t": 9, "u": 8}, "by": "eve"}),
        ("withdrawn", {"withdrawn": "A slip.", "by": "ann"}),
    ],
)
def test_a_step_of_a_dispute_tells_its_act_and_is_read_back(act, tells):
    step = STEPS[act]
    at = "2026-03-01T05:00:00.000000+00:00" if act == "opened" else "2026-03-01T04:05:06.000007+00:00"
    assert told(step_record(step)) == {
        "dispute": "d", "number": step.number, "at": at, "before": step.before, **tells,
    }  # fmt: skip
    assert read_step(step_record(step)) == step


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"{}",
        lambda record: record + b" ",
        lambda record: record.replace(b"+00:00", b"Z"),
        lambda record: record.replace(b'"', b"'", 1),
        lambda record: record.replace(b"{", b'{"x":1,', 1),
        lambda record: record.replace(b'"2026-03-01T05:00:00.000000+00:00"', b"5").replace(
            b'"2026-03-01T04:05:06.000007+00:00"', b"5"
        ),
    ],
)
def test_what_is_written_otherwise_is_refused(form, change):
    read, record, what = FORMS[form]
    with pytest.raises(BadInputError) as caught:
        read(change(record))
    assert caught.value.code == "record_malformed"
    assert caught.value.message == f"A record must be {what} in canonical JSON, was not."


@pytest.mark.parametrize("form", ["claim", "transfer"])
@pytest.mark.parametrize("other", [b':"9"', b":null"])
def test_a_number_that_is_none_is_refused(form, other):
    read, record, _ = FORMS[form]
    with pytest.raises(BadInputError):
        read(record.replace(b":9", other))
