"""Prove the ledger: kill its signed ingest again and again, and look for what was lost, doubled or changed.

A sender sends signed batches of readings, some with corrections, some repeated in another batch, some contradicting
earlier ones. It is killed with SIGKILL at random moments and started again. After each kill the log is recomputed, and
every acknowledgement that was ever given is held against the books, and each batch against the trail; at the end the
lake must hold exactly the readings that a person would expect, and must be the same when it is made again from the
archive.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
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

from benchmarks.record import RESULTS, write
from benchmarks.send_batches import lines
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from qipan.bootstrap.services import Services, build, initialise
from qipan.kernel.places import Point
from qipan.kernel.resources import Kind
from qipan.ledger.model.fleet import Fleet, Key, Meter, Origin, Pool, Site, Source
from qipan.ledger.model.reading import Measure, Statement, Way
from qipan.ledger.seal import seal, sign
from qipan.settings import Settings

KILLS = 200
BATCHES = 600
METERS = 20
START = datetime(2026, 1, 1, tzinfo=UTC)
SENDER = Path(__file__).with_name("send_batches.py")

Row = tuple[str, int]
Expected = dict[tuple[str, int, int], int]
"""Meter, hour and release to value."""


def main() -> int:
    """Run the proof; exit 1 if anything was lost, doubled or changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--batches", type=int, default=BATCHES)
    parser.add_argument("--hundredth", action="store_true", help="2 kills and 12 batches, for a quick look")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.hundredth:
        options.kills, options.batches = 2, 12
    folder = Path(tempfile.mkdtemp(prefix="qipan-prove-"))
    try:
        result = prove(folder, kills=options.kills, batches=options.batches, seed=options.seed)
    finally:
        shutil.rmtree(folder)
    path = write("prove_ledger", result, options.results)
    print(json.dumps(result, indent=2))
    print(path)
    return 1 if result["findings"] else 0


def prove(folder: Path, *, kills: int, batches: int, seed: int) -> dict[str, Any]:
    """Kill and restart until all batches are acknowledged; return what was seen."""
    chance = random.Random(seed)
    settings = Settings(home=folder / "home")
    initialise(settings, datetime.now(UTC))
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    register(settings, key)
    outbox, told = folder / "outbox", folder / "told.jsonl"
    expected, disputed = fill(outbox, key, batches, chance)
    findings: list[str] = []
    sender = [sys.executable, str(SENDER), str(settings.home), str(outbox), str(told)]
    # A process that is killed early must not spend its life on compiling what it imports.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    begun, done, recovered_s = time.monotonic(), 0, []
    while done < kills:
        child = subprocess.Popen(sender, env=environment)
        ended = wait(child, told, chance)
        if ended:
            # Everything was sent before the kill: the last batches are sent once more, as a site that forgot would.
            forget(told, chance)
            continue
        done += 1
        at = time.monotonic()
        findings += look(settings, told, done)
        recovered_s.append(time.monotonic() - at)
    subprocess.run(sender, env=environment, check=True)
    findings += look(settings, told, done + 1)
    findings += look_at_lake(settings, expected, disputed, told, len(list(outbox.iterdir())))
    return {
        "seed": seed,
        "kills": done,
        "batches": batches,
        "readings_sent": len(expected),
        "acknowledgements": len(lines(told)),
        "disputes_expected": disputed,
        "slowest_look_s": round(max(recovered_s, default=0.0), 2),
        "took_s": round(time.monotonic() - begun, 1),
        "findings": findings,
    }


def register(settings: Settings, key: Ed25519PrivateKey) -> None:
    """Register one site whose source signs."""
    public = b64encode(key.public_key().public_bytes_raw()).decode()
    pool = Pool("proof/cards", Kind.INTELLIGENT, "", 1000.0, 1.0)
    meters = tuple(Meter(f"m{n:02d}", Measure.USED, "proof", pool.pool_id) for n in range(METERS))
    # One meter of use at a time is valid for a pool; the others are energy of the cards, each of its own pool.
    pools = tuple(replace(pool, pool_id=f"proof/cards-{n}") for n in range(METERS))
    meters = tuple(replace(meter, pool_id=pools[n].pool_id) for n, meter in enumerate(meters))
    site = Site(
        "proof", "Proof", "证明", "", "", "", Point(0, 0), 1.2, 2e6, (30.0,) * 24, 0.5, 0.0, pools, {}, meters=meters
    )
    source = Source("proof", "Proof", "证明", 60, 60, (Key("k", public, START - timedelta(days=1)),))
    origin = Origin("proof", "Proof", "证明", "", "", Point(0, 0), 1.0)
    fleet = Fleet("proof", "Proof", "证明", "UTC", (site,), (origin,), sources=(source,))
    services = build(settings)
    with services.books.begin() as unit:
        services.ledger.register(unit, fleet, datetime.now(UTC))
    services.books.close()


def fill(outbox: Path, key: Ed25519PrivateKey, batches: int, chance: random.Random) -> tuple[Expected, int]:
    """Write sealed batches; return every reading that must stand, and how many must be disputed."""
    outbox.mkdir()
    expected: Expected = {}
    disputed = 0
    for number in range(1, batches + 1):
        # A few batches share a release with an earlier one: only these can repeat or contradict.
        release = number if chance.random() < 0.8 or number < 3 else chance.randrange(1, number)
        rows: dict[Row, int] = {}
        for _ in range(chance.randrange(1, 60)):
            rows[f"m{chance.randrange(METERS):02d}", chance.randrange(24)] = chance.randrange(1000)
        if release != number:
            known = [one for one in expected if one[2] == release]
            for meter, hour, _ in chance.sample(known, min(5, len(known))):
                rows[meter, hour] = expected[meter, hour, release] + chance.choice([0, 0, 1])
        for (meter, hour), value in rows.items():
            stands = expected.setdefault((meter, hour, release), value)
            disputed += stands != value
        data = "meter_id,start,end,value\n" + "".join(
            f"{meter},{moment(hour)},{moment(hour + 1)},{value}\n" for (meter, hour), value in rows.items()
        )
        content = data.encode()
        released = START + timedelta(days=2, seconds=release)
        statement = Statement("proof", Way.ATTESTED, number, released, "csv", sha256(content).hexdigest(), "k")
        (outbox / f"{number:06d}").write_bytes(seal(statement, sign(statement, key), content))
    return expected, disputed


def moment(hour: int) -> str:
    """Return the start of an hour of the proof's day."""
    return (START + timedelta(hours=hour)).isoformat()


def wait(child: subprocess.Popen[bytes], told: Path, chance: random.Random) -> bool:
    """Kill the sender some time after its first new acknowledgement; return True if it was faster."""
    before = told.stat().st_size if told.exists() else 0
    while child.poll() is None and (told.stat().st_size if told.exists() else 0) == before:
        time.sleep(0.002)
    until = time.monotonic() + chance.uniform(0.0, 0.15)
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    if child.poll() is not None:
        if child.returncode:
            raise SystemExit(f"The sender ended by itself with {child.returncode}.")
        return True
    child.send_signal(signal.SIGKILL)
    child.wait()
    return False


def forget(told: Path, chance: random.Random) -> None:
    """Lose the newest acknowledgements, as a site does that is restored from a backup."""
    kept = lines(told)
    kept = kept[: max(0, len(kept) - chance.randrange(5, 40))]
    told.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def look(settings: Settings, told: Path, kill: int) -> list[str]:
    """Recompute the log and hold every acknowledgement against the books."""
    services = build(settings)
    try:
        with services.books.read() as unit:
            found = [f"kill {kill}: {finding.message}" for finding in services.log.check(unit)]
            receipts = {one.sequence: one for one in services.observations.batches(unit, kind="reading")}
            leaves = {leaf.seq: leaf for leaf in services.log.leaves(unit, kind="reading")}
            trail = services.access.trail(unit, action="batch_received")
        if sorted(one.detail["sequence"] for one in trail) != sorted(receipts):
            found.append(f"kill {kill}: {len(trail)} entries of the trail for {len(receipts)} batches")
        digests = [receipt.digest for receipt in receipts.values()]
        if len(set(digests)) != len(digests) or len(leaves) != len(receipts):
            found.append(
                f"kill {kill}: {len(digests)} batches with {len(set(digests))} digests and {len(leaves)} leaves"
            )
        for line in lines(told):
            answer = json.loads(line)
            receipt, leaf = receipts.get(answer["sequence"]), leaves.get(answer["leaf"])
            if receipt is None or leaf is None or not receipt.digest == leaf.digest == answer["digest"]:
                found.append(f"kill {kill}: acknowledged and lost: {line}")
    finally:
        services.books.close()
    return found


def look_at_lake(settings: Settings, expected: Expected, disputed: int, told: Path, batches: int) -> list[str]:
    """Compare the lake with what must stand, before and after it is made again from the archive."""
    services = build(settings)
    found = []
    try:
        if len({json.loads(line)["file"] for line in lines(told)}) != batches:
            found.append("not every batch was acknowledged in the end")
        with services.books.read() as unit:
            services.metering.project(unit)
            raised = len(services.metering.disputes(unit))
        if raised != disputed:
            found.append(f"{raised} disputes were raised where {disputed} must be")
        first = rows_in(services)
        if content(first) != sorted((*reading, value) for reading, value in expected.items()):
            found.append("the lake does not hold exactly the readings that must stand")
        shutil.rmtree(settings.home / "lake" / "reading")
        services.metering.create()
        with services.books.read() as unit:
            services.metering.project(unit)
        if rows_in(services) != first:
            found.append("the lake made again from the archive differs")
    finally:
        services.books.close()
    return found


def rows_in(services: Services) -> list[dict[str, Any]]:
    """Return every row of the lake, in one order."""
    rows = services.lake.table("reading").to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: (row["sequence"], row["meter_id"], row["period_start"]))


def content(rows: list[dict[str, Any]]) -> list[tuple[str, int, int, int]]:
    """Return meter, hour, release and value of rows."""
    base = START + timedelta(days=2)
    return sorted(
        (
            row["meter_id"],
            round((row["period_start"] - START) / timedelta(hours=1)),
            round((row["released"] - base).total_seconds()),
            row["value"],
        )
        for row in rows
    )


if __name__ == "__main__":
    raise SystemExit(main())
