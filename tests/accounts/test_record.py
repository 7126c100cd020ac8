"""What is entered in the log, byte by byte; and what is read back, or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Transfer
from qipan.accounts.record import (
    account_record,
    asset_record,
    claim_record,
    extent_record,
    read_claim,
    read_transfer,
    release_record,
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


@pytest.mark.parametrize("read", [read_claim, read_transfer])
@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"{}",
        lambda record: record + b" ",
        lambda record: record.replace(b"+00:00", b"Z"),
        lambda record: record.replace(b":9", b':"9"'),
        lambda record: record.replace(b":9", b":null"),
        lambda record: record.replace(b"{", b'{"x":1,', 1),
        lambda record: record.replace(b'"2026-03-01T05:00:00.000000+00:00"', b"5"),
    ],
)
def test_what_is_written_otherwise_is_refused(read, change):
    record = claim_record(CLAIM) if read is read_claim else transfer_record(TRANSFER)
    with pytest.raises(BadInputError) as caught:
        read(change(record))
    assert caught.value.code == "record_malformed"
    what = "a claim" if read is read_claim else "a transfer"
    assert caught.value.message == f"A record must be {what} in canonical JSON, was not."
