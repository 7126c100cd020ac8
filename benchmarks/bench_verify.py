"""Verify a national day as an outsider would: every signature, checkpoint, entry, and every byte of the data.

100 sources sign a batch each hour, of 100 pools that tell each minute: 14.4 million readings in 2,400 batches of
Parquet. Beside it, the same files hashed with SHA-256 one after the other, with nothing parsed or compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.bench_readings import fleet
from benchmarks.record import RESULTS, write
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qipan.bootstrap.published import verify_folder
from qipan.ledger.model.fleet import Key, Source
from qipan.ledger.model.reading import NO_COUNTER, READING_KIND, Readings, Statement, Way
from qipan.ledger.seal import seal, sign
from qipan.ledger.service.register import FLEET_KIND
from qipan.ledger.sources import readings as forms
from qipan.ledger.store.fleet import document_of
from qipan.log import note as notes
from qipan.log.check import entry
from qipan.log.checkpoint import checkpoint
from qipan.log.model import Head
from qipan.log.sources import folder as published
from qipan.log.tree import grown, leaf_hash, root
from qipan.workflows.publish import Trust

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES, HOURS, POOLS = 100, 24, 100
MINUTE_US = 60_000_000


def main() -> None:
    """Make, publish and verify; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=SOURCES)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    log = notes.Signer("qipan.example/log", notes.SIGNS, bytes(range(32)))
    with tempfile.TemporaryDirectory(prefix="qipan-bench-") as name:
        folder = Path(name)
        make(folder, log, options.sources)
        begun = time.perf_counter()
        found = verify_folder(folder, Trust(log.verifier), processes=os.cpu_count() or 1)
        took_s = time.perf_counter() - begun
        begun = time.perf_counter()
        files = [path for path in folder.rglob("*") if path.is_file()]
        size_mb = sum(len(data) for path in files if sha256(data := path.read_bytes()).digest()) / 2**20
        hash_s = time.perf_counter() - begun
    assert not found.findings, found.findings[:3]
    result: dict[str, Any] = {
        "readings": options.sources * HOURS * POOLS * 60,
        "batches": found.signatures,
        "checkpoints": found.checkpoints,
        "size_mb": round(size_mb, 1),
        "verify_s": round(took_s, 2),
        "batches_per_s": round(found.signatures / took_s),
        "mb_per_s": round(size_mb / took_s, 1),
        "readings_per_s": round(options.sources * HOURS * POOLS * 60 / took_s),
        "sha256_s": round(hash_s, 2),
        "ratio_to_sha256": round(took_s / hash_s, 2),
    }
    print(json.dumps(result, indent=2))
    print(write("bench_verify", result, options.results))


def make(folder: Path, log: notes.Signer, sources: int) -> None:
    """Publish the register and a day of signed batches, with a checkpoint each hour."""
    keys = [Ed25519PrivateKey.from_private_bytes(n.to_bytes(32)) for n in range(1, sources + 1)]
    register = replace(fleet(0), sources=tuple(source(n, key) for n, key in enumerate(keys)))
    payloads: dict[str, bytes] = {}
    entries: list[bytes] = []
    checkpoints: list[str] = []
    nodes: dict[tuple[int, int], bytes] = {}

    def enter(kind: str, at: datetime, data: bytes) -> None:
        digest = sha256(data).hexdigest()
        payloads[digest] = data
        entries.append(entry(kind=kind, at=at, digest=digest))
        for level, index, found in grown(len(entries) - 1, leaf_hash(entries[-1]), lambda *at: nodes[at]):
            nodes[level, index] = found

    enter(FLEET_KIND, START, document_of(register).encode())
    rng = np.random.default_rng(20260101)
    for hour in range(HOURS):
        at = START + timedelta(hours=hour + 1)
        for n, key in enumerate(keys):
            data = forms.write_parquet(told(rng, n, hour))
            digest = sha256(data).hexdigest()
            said = Statement(f"source-{n:03}", Way.ATTESTED, hour + 1, at, "parquet", digest, "k")
            enter(READING_KIND, at, seal(said, sign(said, key), data))
        checkpoints.append(checkpoint(Head(len(entries), root(len(entries), lambda *at: nodes[at])), log.name, log))
    published.write(folder, checkpoints, entries, payloads, payloads.__getitem__)


def source(number: int, key: Ed25519PrivateKey) -> Source:
    """Return a source with the public half of a key."""
    public = b64encode(key.public_key().public_bytes_raw()).decode()
    return Source(f"source-{number:03}", "Source", "源", 3600, 600, keys=(Key("k", public, START - timedelta(days=1)),))


def told(rng: np.random.Generator, number: int, hour: int) -> Readings:
    """Return an hour of readings of the pools of a source."""
    names = tuple(f"used-{number:03}-{pool:03}" for pool in range(POOLS))
    meter = np.tile(np.arange(POOLS, dtype=np.int32), 60)
    begins = int(START.timestamp()) * 1_000_000 + (hour * 60 + np.repeat(np.arange(60), POOLS)) * MINUTE_US
    nothing = np.zeros(len(meter), dtype=np.int32)
    counter = np.full(len(meter), NO_COUNTER, dtype=np.int64)
    value = rng.integers(0, 60_000, len(meter))
    return Readings(names, meter, begins, begins + MINUTE_US, value, counter, nothing, nothing.astype(np.int8))


if __name__ == "__main__":
    main()
