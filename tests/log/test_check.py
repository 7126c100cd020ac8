"""Check the log: whatever was touched is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from qipan.log.check import check, entry
from qipan.log.model import Leaf
from qipan.log.tree import grown, leaf_hash

AT = datetime(2017, 10, 9, tzinfo=UTC)


def honest(size):
    """Return leaves and subtrees of a log that nobody touched."""
    leaves, nodes = [], {}
    for seq in range(size):
        kind, at, digest = "plan", AT + timedelta(hours=seq), sha256(bytes([seq])).hexdigest()
        leaf = Leaf(seq, kind, at, digest, leaf_hash(entry(kind=kind, at=at, digest=digest)))
        leaves.append(leaf)
        nodes.update({(level, index): node for level, index, node in grown(seq, leaf.leaf_hash, lambda *at: nodes[at])})
    return leaves, nodes


def rules(leaves, nodes):
    return [(finding.row, finding.rule) for finding in check(leaves, nodes)]


def test_check_of_an_honest_log_finds_nothing():
    for size in range(10):
        assert check(*honest(size)) == ()


def test_check_of_a_changed_digest_names_leaf_and_subtrees():
    leaves, nodes = honest(4)
    leaves[2] = replace(leaves[2], digest="0" * 64)
    assert rules(leaves, nodes) == [
        (3, "leaf_changed"),
        (3, "node_changed"),
        (4, "node_changed"),
        (4, "node_changed"),
    ]


def test_check_of_a_changed_moment_or_kind_names_the_leaf():
    for change in ({"at": AT - timedelta(days=1)}, {"kind": "batch"}):
        leaves, nodes = honest(1)
        leaves[0] = replace(leaves[0], **change)
        assert (1, "leaf_changed") in rules(leaves, nodes)


def test_check_of_a_changed_or_missing_subtree_names_it():
    leaves, nodes = honest(4)
    assert rules(leaves, nodes | {(1, 1): b"x" * 32}) == [(4, "node_changed")]
    del nodes[2, 0]
    assert rules(leaves, nodes) == [(4, "node_changed")]


def test_check_of_a_missing_leaf_names_the_place():
    leaves, nodes = honest(4)
    del leaves[1]
    assert rules(leaves, nodes) == [(2, "leaf_missing")]
