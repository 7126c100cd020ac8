"""A batch is one piece: every bit of it is spoken for, and only its source can have signed it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import QipanError
from qipan.ledger.model.fleet import Key, Source
from qipan.ledger.model.reading import Batch, Statement, Way
from qipan.ledger.seal import check_signature, seal, sign, statement_bytes, unseal

RELEASED = datetime(2026, 1, 2, tzinfo=UTC)
DATA = b"meter_id,start,end,value\nm,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,5\n"
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = Key("k1", b64encode(SECRET.public_key().public_bytes_raw()).decode(), RELEASED - timedelta(days=1))
SOURCE = Source("s", "S", "甲", 3600, 600, (KEY,))
STATEMENT = Statement("s", Way.ATTESTED, 7, RELEASED, "csv", sha256(DATA).hexdigest(), "k1")


def refusal(batch: Batch, source: Source = SOURCE) -> str:
    with pytest.raises(QipanError) as caught:
        check_signature(batch, source)
    return caught.value.code


def test_statement_is_canonical_json() -> None:
    assert statement_bytes(STATEMENT).decode() == (
        f'{{"digest":"{sha256(DATA).hexdigest()}","form":"csv","key_id":"k1","number":7,'
        '"released":"2026-01-02T00:00:00.000000+00:00","source_id":"s","way":"attested"}'
    )


def test_signed_batch_of_its_source_is_taken() -> None:
    batch = unseal(seal(STATEMENT, sign(STATEMENT, SECRET), DATA))
    check_signature(batch, SOURCE)
    assert batch.data == DATA


@given(st.binary(max_size=300), st.text(max_size=20))
def test_unseal_gives_back_what_was_sealed(data: bytes, source_id: str) -> None:
    statement = replace(STATEMENT, source_id=source_id, digest=sha256(data).hexdigest())
    assert unseal(seal(statement, b"\x00" * 64, data)) == Batch(statement, b"\x00" * 64, data)


def test_every_flipped_bit_is_found() -> None:
    sealed = seal(STATEMENT, sign(STATEMENT, SECRET), DATA)
    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(QipanError):
                check_signature(unseal(bytes(changed)), SOURCE)


@given(st.binary(max_size=200))
def test_unseal_refuses_other_bytes_in_words(data: bytes) -> None:
    with pytest.raises(QipanError) as caught:
        unseal(data)
    assert caught.value.code == "batch_unsealed"


def test_signature_of_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    assert refusal(Batch(STATEMENT, sign(STATEMENT, other), DATA)) == "signature_wrong"


def test_unknown_key_is_refused() -> None:
    statement = replace(STATEMENT, key_id="k2")
    assert refusal(Batch(statement, sign(statement, SECRET), DATA)) == "key_unknown"


@pytest.mark.parametrize(
    ("start", "end"), [(RELEASED + timedelta(seconds=1), None), (RELEASED - timedelta(days=9), RELEASED)]
)
def test_key_that_is_not_valid_at_the_release_is_refused(start: datetime, end: datetime | None) -> None:
    source = replace(SOURCE, keys=(replace(KEY, start=start, end=end),))
    assert refusal(Batch(STATEMENT, sign(STATEMENT, SECRET), DATA), source) == "key_not_valid"


def test_source_with_keys_cannot_be_spoken_for_without_a_signature() -> None:
    statement = replace(STATEMENT, way=Way.COLLECTED, key_id="")
    assert refusal(Batch(statement, b"", DATA)) == "signature_missing"


def test_source_without_keys_is_collected() -> None:
    collected = replace(SOURCE, keys=())
    check_signature(Batch(replace(STATEMENT, way=Way.COLLECTED, key_id=""), b"", DATA), collected)
    assert refusal(Batch(STATEMENT, sign(STATEMENT, SECRET), DATA), collected) == "signature_unasked"
