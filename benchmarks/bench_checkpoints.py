"""Verify a year of checkpoints, one a minute, as an outsider would; beside it, bare Ed25519 verification of as many.

Each checkpoint is signed by the log; one a day is cosigned by two witnesses. Every root is recomputed from the entries.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.record import RESULTS, write
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qipan.bootstrap.published import verify_folder
from qipan.log import note as notes
from qipan.log.check import entry
from qipan.log.checkpoint import checkpoint, text_of
from qipan.log.model import Head
from qipan.log.sources import folder as published
from qipan.log.tree import grown, leaf_hash, root
from qipan.workflows.publish import Trust

YEAR = 525_600
DAY = 1440


def main() -> None:
    """Make, publish and verify; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoints", type=int, default=YEAR)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    log = notes.Signer("qipan.example/log", notes.SIGNS, bytes(range(32)))
    witnesses = [notes.Signer(f"department-{n}", notes.COSIGNS, bytes([n]) * 32) for n in (1, 2)]
    with tempfile.TemporaryDirectory(prefix="qipan-bench-") as name:
        made = make(log, witnesses, options.checkpoints)
        published.write(Path(name), *made, (), bytes.fromhex)
        trust = Trust(log.verifier, tuple(witness.verifier for witness in witnesses))
        begun = time.perf_counter()
        found = verify_folder(Path(name), trust, processes=os.cpu_count() or 1)
        took_s = time.perf_counter() - begun
    bare_s = bare(made[0], log)
    result: dict[str, Any] = {
        "checkpoints": found.checkpoints,
        "entries": found.entries,
        "cosigned_by_two_witnesses": options.checkpoints // DAY,
        "findings": len(found.findings),
        "verify_s": round(took_s, 1),
        "bare_ed25519_one_process_s": round(bare_s, 1),
        "ratio_to_bare": round(took_s / bare_s, 2),
    }
    print(json.dumps(result, indent=2))
    print(write("bench_checkpoints", result, options.results))


def make(log: notes.Signer, witnesses: list[notes.Signer], count: int) -> tuple[list[str], list[bytes]]:
    """Return checkpoints and entries of a log that grows by one leaf a minute."""
    entries: list[bytes] = []
    checkpoints: list[str] = []
    nodes: dict[tuple[int, int], bytes] = {}
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def hash_at(level: int, index: int) -> bytes:
        return nodes[level, index]

    for minute in range(count):
        at = start + timedelta(minutes=minute)
        entries.append(entry(kind="minute", at=at, digest=sha256(str(minute).encode()).hexdigest()))
        for level, index, found in grown(minute, leaf_hash(entries[-1]), hash_at):
            nodes[level, index] = found
        head = Head(minute + 1, root(minute + 1, hash_at))
        whole = checkpoint(head, log.name, log)
        if minute % DAY == DAY - 1:
            text = text_of(head, log.name)
            whole += "".join(f"{notes.sign(text, one, time_s=int(at.timestamp()))}\n" for one in witnesses)
        checkpoints.append(whole)
    return checkpoints, entries


def bare(checkpoints: list[str], log: notes.Signer) -> float:
    """Return the seconds that the signatures alone take, one after the other, with nothing read or compared."""
    public = Ed25519PrivateKey.from_private_bytes(log.secret).public_key()
    sample = [notes.parted(note) for note in checkpoints[:20_000]]
    pairs = [(signatures[0].signature, text.encode()) for text, signatures in sample]
    begun = time.perf_counter()
    for signature, message in pairs:
        public.verify(signature, message)
    return (time.perf_counter() - begun) / len(pairs) * len(checkpoints)


if __name__ == "__main__":
    main()
