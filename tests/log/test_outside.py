"""Roots and proofs are those of an independent implementation of RFC 6962 (pymerkle)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from qipan.log.tree import consistency_proof, hashes_over, inclusion_proof, leaf_hash, root
from qipan.log.tree import verify_consistency as our_check

ENTRIES = st.lists(st.binary(max_size=40), min_size=1, max_size=40)


def theirs(entries: list[bytes]) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    return tree


@given(ENTRIES)
def test_roots_agree_at_every_size(entries: list[bytes]) -> None:
    tree, hash_at = theirs(entries), hashes_over([leaf_hash(entry) for entry in entries])
    for size in range(1, len(entries) + 1):
        assert root(size, hash_at) == tree.get_root(size)


@given(ENTRIES, st.data())
def test_proofs_agree(entries: list[bytes], data: st.DataObject) -> None:
    tree, hash_at = theirs(entries), hashes_over([leaf_hash(entry) for entry in entries])
    size = data.draw(st.integers(1, len(entries)))
    seq = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    proof = tree.prove_inclusion(seq + 1, size)
    verify_inclusion(tree.get_leaf(seq + 1), tree.get_root(size), proof)
    assert [bytes(step) for step in proof.path[1:]] == list(inclusion_proof(seq, size, hash_at))
    verify_consistency(tree.get_root(old), tree.get_root(size), tree.prove_consistency(old, size))
    ours = consistency_proof(old, size, hash_at)
    old_root, new_root = tree.get_root(old), tree.get_root(size)
    assert our_check(old_size=old, new_size=size, path=ours, old_root=old_root, new_root=new_root)
