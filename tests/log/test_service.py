"""The log in the books: entries get places without gaps, and proofs that anyone can check.

Tests that ask for ``books`` also run on PostgreSQL, see tests/engines/test_postgresql.py.
"""

import threading
from datetime import UTC, datetime
from hashlib import sha256

import pytest
import sqlalchemy as sa

from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.log.check import entry
from qipan.log.checkpoint import cosign
from qipan.log.note import COSIGNS, SIGNS, Signer
from qipan.log.service import Log
from qipan.log.store import LEAF
from qipan.log.tree import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from qipan.storage.books import Books, metadata
from qipan.storage.trail import TRAIL

NOW = datetime(2017, 10, 9, tzinfo=UTC)
LOG = Log()


@pytest.fixture
def books():
    in_memory = Books("sqlite://")
    with in_memory.begin() as unit:
        metadata.create_all(unit.connection)
    yield in_memory
    in_memory.close()


@pytest.fixture
def unit(books):
    with books.begin() as opened:
        yield opened


def enter(unit, count):
    return [LOG.append(unit, "plan", f"payload {i}".encode(), NOW) for i in range(count)]


def fail_after(books, write):
    """Write in a unit of work that then fails."""
    with books.begin() as unit:
        write(unit)
        raise ZeroDivisionError


def test_head_of_an_empty_log_is_the_empty_root(unit):
    assert (LOG.head(unit).size, LOG.root(unit)) == (0, EMPTY_ROOT)


def test_append_takes_the_next_place_and_shows_what_it_hashes(unit):
    leaves = enter(unit, 3)
    assert [leaf.seq for leaf in leaves] == [0, 1, 2]
    assert leaves[1].digest == sha256(b"payload 1").hexdigest()
    assert leaves[1].leaf_hash == leaf_hash(entry(kind="plan", at=NOW, digest=leaves[1].digest))
    assert list(LOG.leaves(unit)) == leaves
    assert list(LOG.leaves(unit, start=1, limit=1)) == leaves[1:2]
    assert LOG.leaves(unit, kind="other") == ()


def test_append_undone_leaves_no_place_behind(books):
    with books.begin() as unit:
        enter(unit, 1)
    with pytest.raises(ZeroDivisionError):
        fail_after(books, lambda unit: enter(unit, 2))
    with books.begin() as unit:
        assert LOG.append(unit, "plan", b"next", NOW).seq == 1
        assert LOG.check(unit) == ()


def test_append_by_many_threads_leaves_no_gap(books):
    def send():
        for _ in range(5):
            with books.begin() as unit:
                enter(unit, 2)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with books.read() as unit:
        assert [leaf.seq for leaf in LOG.leaves(unit)] == list(range(30))
        assert LOG.check(unit) == ()


def test_prove_every_leaf_at_every_size_verifies(unit):
    enter(unit, 9)
    for size in range(1, 10):
        for seq in range(size):
            proof = LOG.prove(unit, seq, size)
            assert proof.head == LOG.head(unit, size)
            assert verify_inclusion(proof.leaf.leaf_hash, seq=seq, size=size, path=proof.path, root=proof.head.root)


def test_prove_growth_from_a_kept_head_verifies(unit):
    heads = [LOG.head(unit)]
    for _ in range(9):
        enter(unit, 1)
        heads.append(LOG.head(unit))
    for kept in heads:
        proof = LOG.prove_growth(unit, kept.size)
        assert (proof.old, proof.new) == (kept, heads[-1])
        assert verify_consistency(
            old_size=kept.size, new_size=9, path=proof.path, old_root=kept.root, new_root=heads[-1].root
        )


def test_find_a_payload_gives_its_leaves(unit):
    leaves = enter(unit, 3)
    assert LOG.find(unit, b"payload 2") == (leaves[2],)
    assert LOG.find(unit, b"never entered") == ()


def test_check_after_a_change_in_the_books_finds_it(unit):
    enter(unit, 5)
    assert LOG.check(unit) == ()
    unit.execute(sa.update(LEAF).where(LEAF.c.seq == 3).values(digest="0" * 64))
    assert {finding.rule for finding in LOG.check(unit)} == {"leaf_changed", "node_changed"}


@pytest.mark.parametrize("seq", [-1, 2, 99])
def test_prove_a_leaf_that_is_not_there_is_refused(unit, seq):
    enter(unit, 2)
    with pytest.raises(NotFoundError) as caught:
        LOG.prove(unit, seq)
    assert caught.value.code == "leaf_not_found"


def test_head_of_a_size_out_of_range_is_refused(unit):
    enter(unit, 2)
    for ask in (lambda: LOG.head(unit, 3), lambda: LOG.head(unit, -1), lambda: LOG.prove_growth(unit, 2, 1)):
        with pytest.raises(BadInputError) as caught:
            ask()
        assert caught.value.code == "log_size_out_of_range"


def test_checkpoint_and_cosignature_leave_one_entry_each_on_the_trail(unit):
    signer, witness = (Signer("qipan/test", SIGNS, bytes(32)), Signer("department", COSIGNS, bytes(range(32))))
    enter(unit, 2)
    notes = [LOG.checkpoint(unit, signer, NOW) for _ in range(2)]
    signature, _ = cosign(notes[0], log=signer.verifier, seen=None, proof=None, witness=witness, now=NOW)
    for _ in range(2):
        LOG.add_cosignature(unit, 2, signature, witness=witness.verifier, now=NOW)
    assert unit.execute(sa.select(TRAIL.c.action, TRAIL.c.subject, TRAIL.c.detail)).all() == [
        ("checkpoint_signed", "2", "{}"),
        ("checkpoint_cosigned", "2", '{"witness": "department"}'),
    ]
