"""A proof as a file shows that something was entered; one flipped bit anywhere is found."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError
from qipan.log.check import entry
from qipan.log.checkpoint import checkpoint
from qipan.log.model import Head
from qipan.log.note import COSIGNS, SIGNS, Signer
from qipan.log.proof import Proof, check_proof, proof_of
from qipan.log.tree import hashes_over, inclusion_proof, leaf_hash, root
from qipan.log.verify import check_held

LOG = Signer("qipan/test", SIGNS, bytes(range(32)))
WITNESS = Signer("department", COSIGNS, bytes(range(1, 33)))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAYLOADS = [b"batch %d" % n for n in range(11)]
ENTRIES = [entry(kind="reading", at=NOW, digest=sha256(data).hexdigest()) for data in PAYLOADS]
HASHES = hashes_over([leaf_hash(one) for one in ENTRIES])


def noted(size: int) -> str:
    return checkpoint(Head(size, root(size, HASHES)), LOG.name, LOG)


def proved(seq: int, size: int) -> Proof:
    return Proof(ENTRIES[seq], seq, inclusion_proof(seq, size, HASHES), noted(size))


def rules(proof: Proof, data: bytes | None, **how: int) -> set[str]:
    return {found.rule for found in check_proof(proof, data, log=LOG.verifier, **how)}


@given(st.integers(1, 11), st.data())
def test_proof_of_any_leaf_at_any_size_is_read_and_holds(size: int, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, size - 1))
    proof = proved(seq, size)
    assert proof_of(str(proof)) == proof
    assert rules(proof, PAYLOADS[seq]) == set()


def test_every_flipped_bit_of_a_proof_is_found() -> None:
    whole = str(proved(6, 11)).encode()
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            with suppress(BadInputError, UnicodeDecodeError):
                assert rules(proof_of(bytes(changed).decode()), None), (place, bit)


def test_proof_of_another_payload_place_or_key_is_refused() -> None:
    assert rules(proved(3, 11), b"another") == {"payload_changed"}
    proof = proved(3, 11)
    assert rules(Proof(proof.entry, 4, proof.path, proof.note), None) == {"not_included"}
    assert rules(proof, None, quorum=1) == {"quorum_missing"}
    stranger = check_proof(proof, None, log=WITNESS.verifier)
    assert "log_unsigned" in {found.rule for found in stranger}


@given(st.text(max_size=200))
def test_any_text_is_a_proof_or_refused_in_words(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        proof_of(text)
    assert caught.value.code == "proof_malformed"


def test_kept_checkpoint_tells_a_log_that_was_rewritten_or_cut() -> None:
    def held(entries: list[bytes]) -> set[str]:
        return {found.rule for found in check_held(entries, noted(7), log=LOG.verifier)}

    assert held(ENTRIES) == set()
    assert held(ENTRIES[:7]) == set()
    assert held(ENTRIES[:6]) == {"head_beyond"}
    assert held([*ENTRIES[:2], ENTRIES[3], ENTRIES[2], *ENTRIES[4:]]) == {"head_differs"}
