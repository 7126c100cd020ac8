"""Signed notes are those of the Go checksum database and of C2SP, to the letter."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, QipanError
from qipan.log.checkpoint import checkpoint, cosign, head_of
from qipan.log.model import ConsistencyProof, Head
from qipan.log.note import COSIGNS, SIGNS, Signer, is_signed, joined, parted, sign, signer_of, verifier_of
from qipan.log.tree import consistency_proof, hashes_over, leaf_hash, root

# The example of golang.org/x/mod/sumdb/note.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOG = Signer("qipan/test", SIGNS, bytes(range(32)))
WITNESS = Signer("department", COSIGNS, bytes(range(1, 33)))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_published_example_verifies() -> None:
    text, (signature,) = parted(NOTE)
    assert is_signed(text, signature, verifier_of(KEY))
    assert not is_signed(text.replace("answer", "Answer"), signature, verifier_of(KEY))
    assert joined(text, (signature,)) == NOTE


@pytest.mark.parametrize("signer", [LOG, WITNESS])
def test_keys_and_signatures_are_read_as_they_are_written(signer: Signer) -> None:
    assert signer_of(signer.text()) == signer
    assert verifier_of(str(signer.verifier)) == signer.verifier
    signature = sign("text\n", signer, time_s=1_767_225_600)
    assert parted(joined("text\n", (signature,))) == ("text\n", (signature,))
    assert is_signed("text\n", signature, signer.verifier)
    assert "PRIVATE" not in repr(signer)


def test_every_flipped_bit_of_a_checkpoint_is_found() -> None:
    note = checkpoint(Head(3, bytes(32)), "qipan/test", LOG).encode()
    for place in range(len(note)):
        for bit in range(8):
            changed = bytearray(note)
            changed[place] ^= 1 << bit
            assert not is_good(bytes(changed))
    assert is_good(note)


def is_good(note: bytes) -> bool:
    try:
        text, signatures = parted(note.decode())
        head_of(text)
    except (QipanError, UnicodeDecodeError):
        return False
    return all(is_signed(text, signature, LOG.verifier) for signature in signatures)


@given(st.text(max_size=200))
def test_any_text_is_a_note_or_refused_in_words(text: str) -> None:
    for read in (parted, head_of, verifier_of, signer_of):
        with suppress(BadInputError):
            read(text)


@given(st.integers(0, 40), st.integers(0, 40))
def test_witness_signs_what_continues_and_nothing_else(old: int, new: int) -> None:
    hash_at = hashes_over([leaf_hash(bytes([n])) for n in range(40)])
    seen, head = Head(old, root(old, hash_at)), Head(new, root(new, hash_at))
    note = checkpoint(head, LOG.name, LOG)
    path = consistency_proof(old, new, hash_at) if old <= new else ()
    proof = ConsistencyProof(seen, head, path)
    if new < old:
        assert refusal(note, seen, proof) == "log_shrunk"
        return
    signature, remembered = cosign(note, log=LOG.verifier, seen=seen, proof=proof, witness=WITNESS, now=NOW)
    assert remembered == head
    assert is_signed(parted(note)[0], signature, WITNESS.verifier)
    if new:
        forked = checkpoint(Head(new, bytes(32)), LOG.name, LOG)
        if old:
            assert refusal(forked, seen, proof) == "log_forked"


def test_witness_refuses_what_the_log_has_not_signed() -> None:
    stranger = Signer("qipan/test", SIGNS, bytes(32))
    assert refusal(checkpoint(Head(1, bytes(32)), LOG.name, stranger), None, None) == "checkpoint_unsigned"
    assert refusal(checkpoint(Head(1, bytes(32)), "another/log", LOG), None, None) == "checkpoint_unsigned"


def refusal(note: str, seen: Head | None, proof: ConsistencyProof | None) -> str:
    with pytest.raises(QipanError) as caught:
        cosign(note, log=LOG.verifier, seen=seen, proof=proof, witness=WITNESS, now=NOW)
    return caught.value.code
