"""Enter, and prove what was entered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from hashlib import sha256

from qipan.kernel.errors import BadInputError, Finding, NotAllowedError, NotFoundError
from qipan.kernel.time import in_utc
from qipan.log import store, tree
from qipan.log.check import check, entry
from qipan.log.checkpoint import checkpoint
from qipan.log.model import ConsistencyProof, Head, InclusionProof, Leaf
from qipan.log.note import Signature, Signer, Verifier, is_signed, parted
from qipan.log.proof import Proof
from qipan.storage.books import UnitOfWork
from qipan.storage.trail import record_action

_DIGEST = "0" * 64
"""Stands in an entry where the digest of a payload will."""


class Log:
    """The one log of the books; an entry is there when its unit of work is."""

    def append(self, unit: UnitOfWork, kind: str, payload: bytes, now: datetime) -> Leaf:
        """Enter a payload: its digest, what it is, and the moment.

        Parameters
        ----------
        payload
            Bytes as received, or `qipan.log.canonical.canonical` of a value.
        """
        return self.extend(unit, kind, (payload,), now)[0]

    def extend(self, unit: UnitOfWork, kind: str, payloads: Sequence[bytes], now: datetime) -> tuple[Leaf, ...]:
        """Enter payloads in their order, as `append` does one; many at once take a fraction of the time each."""
        # Each leaf takes the next place, so leaves are entered one after the other.
        unit.lock("log")
        at, first = in_utc(now), store.size(unit)
        if not payloads:
            return ()
        # One more leaf completes subtrees only with the newest that are complete.
        known = store.peaks(unit, first)
        nodes: dict[tuple[int, int], bytes] = {}

        def hash_at(level: int, index: int) -> bytes:
            found = nodes.get((level, index))
            return known[level, index] if found is None else found

        leaves: list[Leaf] = []
        before, _, after = entry(kind=kind, at=at, digest=_DIGEST).partition(_DIGEST.encode())
        for seq, payload in enumerate(payloads, start=first):
            digest = sha256(payload).hexdigest()
            leaf = Leaf(seq, kind, at, digest, tree.leaf_hash(before + digest.encode() + after))
            leaves.append(leaf)
            for level, index, found in tree.grown(seq, leaf.leaf_hash, hash_at):
                nodes[level, index] = found
        store.insert_leaves(unit, leaves, nodes)
        return tuple(leaves)

    def head(self, unit: UnitOfWork, size: int | None = None) -> Head:
        """Return the size and root of the log, now or when it had ``size`` leaves.

        Raises
        ------
        BadInputError
            ``log_size_out_of_range``.
        """
        whole = store.size(unit)
        size = whole if size is None else size
        if not 0 <= size <= whole:
            raise BadInputError(
                f"A size of the log must lie between 0 and {whole}, was {size}.",
                code="log_size_out_of_range",
                hint=f"Choose 0 to {whole}.",
            )
        return Head(size, tree.root(size, lambda level, index: store.node(unit, level, index)))

    def root(self, unit: UnitOfWork, size: int | None = None) -> bytes:
        """Return the root of `head`.

        Raises
        ------
        BadInputError
            ``log_size_out_of_range``.
        """
        return self.head(unit, size).root

    def prove(self, unit: UnitOfWork, seq: int, size: int | None = None) -> InclusionProof:
        """Prove that the leaf at ``seq`` stands in the log, as it is or as it was at ``size``.

        Raises
        ------
        BadInputError
            ``log_size_out_of_range``.
        NotFoundError
            ``leaf_not_found`` unless ``0 <= seq < size``.
        """
        head = self.head(unit, size)
        leaf = _leaf(unit, seq, head.size)
        path = tree.inclusion_proof(seq, head.size, lambda level, index: store.node(unit, level, index))
        return InclusionProof(leaf, head, path)

    def prove_growth(self, unit: UnitOfWork, old_size: int, new_size: int | None = None) -> ConsistencyProof:
        """Prove that the log of ``new_size`` begins with the log of ``old_size``.

        Raises
        ------
        BadInputError
            ``log_size_out_of_range`` unless ``0 <= old_size <= new_size``, and the log is as long.
        """
        new = self.head(unit, new_size)
        if old_size > new.size:
            raise BadInputError(
                f"The older size must be at most the newer one {new.size}, was {old_size}.",
                code="log_size_out_of_range",
                hint="Give the smaller size first.",
            )
        old = self.head(unit, old_size)
        path = tree.consistency_proof(old.size, new.size, lambda level, index: store.node(unit, level, index))
        return ConsistencyProof(old, new, path)

    def leaves(
        self, unit: UnitOfWork, *, start: int = 0, limit: int | None = None, kind: str | None = None
    ) -> tuple[Leaf, ...]:
        """Return leaves from place ``start`` on, in order."""
        return store.leaves(unit, start=start, limit=limit, kind=kind)

    def find_digest(self, unit: UnitOfWork, digest: str) -> tuple[Leaf, ...]:
        """Return the leaves that were entered for the payload with this SHA-256, in hex."""
        return store.leaves(unit, digest=digest)

    def find(self, unit: UnitOfWork, payload: bytes) -> tuple[Leaf, ...]:
        """Return the leaves that were entered for a payload."""
        return store.leaves(unit, digest=sha256(payload).hexdigest())

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Recompute the whole log from its leaves and return what does not agree; nothing when all is well."""
        return check(store.leaves(unit), store.nodes(unit))

    def checkpoint(self, unit: UnitOfWork, signer: Signer, now: datetime) -> str:
        """Sign the log as it is and keep that; a log that has not grown since is not signed again."""
        unit.lock("log")
        head = self.head(unit)
        if store.newest_checkpoint_size(unit) != head.size:
            store.insert_checkpoint(unit, size=head.size, at=in_utc(now), note=checkpoint(head, signer.name, signer))
            record_action(unit, "checkpoint_signed", head.size, now)
        return store.checkpoints(unit, size=head.size)[0]

    def checkpoints(self, unit: UnitOfWork, *, after: int = -1) -> tuple[str, ...]:
        """Return the checkpoints of logs longer than ``after``, each with what witnesses have signed."""
        return store.checkpoints(unit, after=after)

    def proof(self, unit: UnitOfWork, seq: int) -> Proof:
        """Return the proof, as a file, that the leaf at ``seq`` stands under the newest checkpoint.

        Raises
        ------
        NotFoundError
            ``checkpoint_unknown`` before the first checkpoint; ``leaf_not_found`` behind the newest one.
        """
        (found,) = self.proofs(unit, [seq])
        return found

    def proofs(self, unit: UnitOfWork, seqs: Iterable[int]) -> Iterator[Proof]:
        """Yield the proof of each leaf, as `proof` does; what many of them rest on is read once.

        Raises
        ------
        NotFoundError
            ``checkpoint_unknown`` before the first checkpoint; ``leaf_not_found`` behind the newest one.
        """
        newest = store.newest_checkpoint_size(unit)
        if newest is None:
            raise NotFoundError(
                "A checkpoint must have been made before anything is proved, was none.",
                code="checkpoint_unknown",
                hint="Make one with: qipan ledger checkpoint",
            )
        (note,) = store.checkpoints(unit, size=newest)
        hash_at = cache(partial(store.node, unit))
        for seq in seqs:
            leaf = _leaf(unit, seq, newest)
            path = tree.inclusion_proof(seq, newest, hash_at)
            yield Proof(entry(kind=leaf.kind, at=leaf.at, digest=leaf.digest), seq, path, note)

    def add_cosignature(
        self, unit: UnitOfWork, size: int, signature: Signature, *, witness: Verifier, now: datetime
    ) -> str:
        """Keep a witness's signature of the checkpoint of a size; return the checkpoint with it.

        Raises
        ------
        NotFoundError
            ``checkpoint_unknown``.
        NotAllowedError
            ``cosignature_wrong`` unless it is that witness's signature of this checkpoint.
        """
        found = store.checkpoints(unit, size=size)
        if not found:
            raise NotFoundError(
                f"A checkpoint must have been made at {size} leaves, was not.",
                code="checkpoint_unknown",
                hint="Make one with: qipan ledger checkpoint",
            )
        if not is_signed(parted(found[0])[0], signature, witness):
            raise NotAllowedError(
                f"A cosignature must be that of {witness.name} under this checkpoint, was not.",
                code="cosignature_wrong",
                hint="Let the witness sign the checkpoint as it was published.",
            )
        if not store.has_cosigned(unit, size=size, name=witness.name):
            store.insert_cosignature(unit, size=size, name=witness.name, at=in_utc(now), line=str(signature))
            record_action(unit, "checkpoint_cosigned", size, now, witness=witness.name)
        return store.checkpoints(unit, size=size)[0]


def _leaf(unit: UnitOfWork, seq: int, size: int) -> Leaf:
    """Return a leaf that stands in the log as it was at a size."""
    if not 0 <= seq < size:
        raise NotFoundError(
            f"A leaf must stand before place {size}, was asked for at {seq}.",
            code="leaf_not_found",
            hint=f"Choose a place below {size}." if size else "The log is empty.",
        )
    (leaf,) = store.leaves(unit, start=seq, limit=1)
    return leaf
