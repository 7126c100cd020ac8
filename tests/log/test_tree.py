"""The tree: known roots, and no proof that holds for anything but the truth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.log.tree import (
    EMPTY_ROOT,
    consistency_proof,
    grown,
    hashes_over,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# Leaves of the reference tests of Certificate Transparency, and the roots after 1 to 8 of them.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZE_MAX = 40
LEAVES = [leaf_hash(bytes([i])) for i in range(SIZE_MAX)]
HASH_AT = hashes_over(LEAVES)


def root_by_definition(leaves):
    """Follow the recursion of RFC 6962 word by word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(root_by_definition(leaves[:half]), root_by_definition(leaves[half:]))


def flipped(value, bit):
    """Return the bytes with one bit turned."""
    changed = bytearray(value)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


def test_root_of_nothing_is_the_known_one():
    assert root(0, hashes_over([])).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_root_of_the_reference_entries_is_the_known_one(size):
    assert root(size, hashes_over([leaf_hash(one) for one in ENTRIES])).hex() == ROOTS[size - 1]


def test_inclusion_proof_of_the_reference_entries_is_the_known_one():
    hash_at = hashes_over([leaf_hash(one) for one in ENTRIES])
    # The proof for the first of eight: its neighbour, the next two, the next four.
    assert inclusion_proof(0, 8, hash_at) == (hash_at(0, 1), hash_at(1, 1), hash_at(2, 1))


@pytest.mark.parametrize("size", range(SIZE_MAX + 1))
def test_root_of_every_size_follows_the_definition(size):
    assert root(size, HASH_AT) == root_by_definition(LEAVES[:size])


def test_grown_leaf_by_leaf_gives_the_same_subtrees():
    kept = {}
    for size, leaf in enumerate(LEAVES):
        kept.update({(level, index): found for level, index, found in grown(size, leaf, lambda *at: kept[at])})
        assert root(size + 1, lambda *at: kept[at]) == root(size + 1, HASH_AT)
    assert all(found == HASH_AT(*at) for at, found in kept.items())


def test_verify_inclusion_of_every_leaf_in_every_size_holds():
    for size in range(1, SIZE_MAX + 1):
        whole = root(size, HASH_AT)
        for seq in range(size):
            path = inclusion_proof(seq, size, HASH_AT)
            assert verify_inclusion(LEAVES[seq], seq=seq, size=size, path=path, root=whole)


def test_verify_consistency_of_every_pair_of_sizes_holds():
    roots = [root(size, HASH_AT) for size in range(SIZE_MAX + 1)]
    for new in range(SIZE_MAX + 1):
        for old in range(new + 1):
            path = consistency_proof(old, new, HASH_AT)
            assert verify_consistency(
                old_size=old, new_size=new, path=path, old_root=roots[old], new_root=roots[new]
            ), (old, new)


@given(data=st.data(), size=st.integers(1, SIZE_MAX), bit=st.integers(0, 255))
def test_verify_inclusion_with_any_flipped_bit_fails(data, size, bit):
    seq = data.draw(st.integers(0, size - 1))
    path, whole = list(inclusion_proof(seq, size, HASH_AT)), root(size, HASH_AT)
    assert not verify_inclusion(flipped(LEAVES[seq], bit), seq=seq, size=size, path=path, root=whole)
    assert not verify_inclusion(LEAVES[seq], seq=seq, size=size, path=path, root=flipped(whole, bit))
    for step in range(len(path)):
        broken = [*path[:step], flipped(path[step], bit), *path[step + 1 :]]
        assert not verify_inclusion(LEAVES[seq], seq=seq, size=size, path=broken, root=whole)
    assert not verify_inclusion(LEAVES[seq], seq=seq, size=size, path=[*path, whole], root=whole)
    assert not path or not verify_inclusion(LEAVES[seq], seq=seq, size=size, path=path[:-1], root=whole)


@given(size=st.integers(2, SIZE_MAX), data=st.data())
def test_verify_inclusion_at_another_place_fails(size, data):
    seq = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size).filter(lambda place: place != seq))
    path, whole = inclusion_proof(seq, size, HASH_AT), root(size, HASH_AT)
    assert not verify_inclusion(LEAVES[seq], seq=other, size=size, path=path, root=whole)


@given(data=st.data(), new=st.integers(2, SIZE_MAX), bit=st.integers(0, 255))
def test_verify_consistency_with_any_flipped_bit_fails(data, new, bit):
    old = data.draw(st.integers(1, new - 1))
    path = list(consistency_proof(old, new, HASH_AT))
    roots = {"old_root": root(old, HASH_AT), "new_root": root(new, HASH_AT)}
    sizes = {"old_size": old, "new_size": new}
    for name, true in roots.items():
        assert not verify_consistency(**sizes, path=path, **(roots | {name: flipped(true, bit)}))
    for step in range(len(path)):
        broken = [*path[:step], flipped(path[step], bit), *path[step + 1 :]]
        assert not verify_consistency(**sizes, path=broken, **roots)
    assert not verify_consistency(**sizes, path=[*path, LEAVES[0]], **roots)
    assert not verify_consistency(**sizes, path=path[:-1], **roots)


def test_verify_consistency_of_a_rewritten_past_fails():
    rewritten = hashes_over([LEAVES[1], *LEAVES[1:]])
    for old, new in [(1, 2), (4, 8), (5, 13), (8, 8)]:
        path = consistency_proof(old, new, rewritten)
        assert not verify_consistency(
            old_size=old, new_size=new, path=path, old_root=root(old, HASH_AT), new_root=root(new, rewritten)
        )


def test_verify_consistency_of_sizes_in_the_wrong_order_fails():
    empty = {"path": (), "old_root": EMPTY_ROOT, "new_root": EMPTY_ROOT}
    assert not verify_consistency(old_size=1, new_size=0, **empty)
    assert not verify_consistency(old_size=-1, new_size=0, **empty)
    assert verify_consistency(old_size=0, new_size=0, **empty)
