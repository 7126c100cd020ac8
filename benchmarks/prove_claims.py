"""Prove that nothing is claimed twice: processes race for the same units and hours on PostgreSQL.

Each claim asks for some units of one extent for some hours, at random, so that most ask for what another has or wants.
Half of the racers go through the service, half write past it, so that only the engine stands between them; now and then
a racer releases what it won. At the end what stands is counted unit by unit and hour by hour, and every claim that a
racer was told it won, and did not release, must stand.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import sqlalchemy as sa
from benchmarks.record import RESULTS, write
from tests.engines.postgresql import lacking, running

from qipan.accounts.model.claim import Claim, Extent
from qipan.accounts.model.posting import Asset, AssetKind
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.accounts.store import claim as store
from qipan.kernel.errors import EngineError, RuleBrokenError
from qipan.log.service import Log
from qipan.storage.books import Books

HOUR = datetime(2026, 3, 1, 5, tzinfo=UTC)
CLAIMS, RACERS = 1_000_000, 8
UNITS, HOURS = 200_000, 24
UNITS_MAX, HOURS_MAX = 400, 6
RELEASED = 0.2
"""Share of won claims that are released."""
FINDINGS_SHOWN = 20


def main() -> int:
    """Run the race; exit 1 if anything was counted twice, or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=CLAIMS)
    parser.add_argument("--racers", type=int, default=RACERS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--race", nargs=3, metavar=("ADDRESS", "RACER", "CLAIMS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.race:
        race(asked.race[0], asked.seed, int(asked.race[1]), int(asked.race[2]))
        return 0
    if what := lacking():
        raise SystemExit(f"{what} must be installed; run: make servers")
    began = time.monotonic()
    with running() as server:
        address = server.address("books")
        open_extent(address)
        words = [sys.executable, __file__, "--seed", str(asked.seed), "--race", address]
        each = [str(asked.claims // asked.racers)]
        racers = [
            subprocess.Popen([*words, str(number), *each], stdout=subprocess.PIPE, text=True)
            for number in range(asked.racers)
        ]
        told: Counter[str] = Counter()
        kept: set[str] = set()
        for racer in racers:
            lines = racer.communicate()[0].splitlines()
            if racer.returncode:
                raise SystemExit(f"A racer must end well, was {racer.args}.")
            told += Counter({word: int(times) for word, times in map(str.split, lines[:-1])})
            kept.update(lines[-1].split())
        result, findings = count(address, kept)
    whole = {
        "seed": asked.seed,
        "racers": asked.racers,
        "claims": told.total() - told["released"],
        "told": dict(sorted(told.items())),
        **result,
        "findings": findings[:FINDINGS_SHOWN],
        "violations": len(findings),
        "took_s": round(time.monotonic() - began, 1),
    }
    print(whole)
    print(f"See {write('prove_claims', whole, asked.results).name}.")
    return int(bool(findings))


def open_extent(address: str) -> None:
    """Make books with one extent."""
    books, log = Books(address), Log()
    books.migrate()
    with books.begin() as unit:
        Accounts(log).open_asset(unit, Asset("a100@gui", AssetKind.COMPUTE, "A100", "gui"), HOUR)
        Claims(log).open_extent(unit, Extent("race", "a100@gui", UNITS, HOUR, HOUR + HOURS * timedelta(hours=1)), HOUR)
    books.close()


def race(address: str, seed: int, racer: int, claims: int) -> None:
    """Claim again and again; print what came of it, and last which claims this racer still has."""
    books, service, chance = Books(address), Claims(Log()), random.Random(f"{seed}/{racer}")
    told: Counter[str] = Counter()
    kept: list[str] = []
    for number in range(claims):
        one = claim(chance, f"{racer}-{number}")
        try:
            with books.begin() as unit:
                if racer % 2:
                    # No lock, no look: only the constraint stands between two racers.
                    store.insert_claims(unit, [one], {"race": 1})
                else:
                    service.claim(unit, [one], HOUR)
        except RuleBrokenError as error:
            told[error.code] += 1
        except EngineError as error:
            # The constraint speaks, or two wait for each other and the engine ends one of them.
            told["engine_refused" if "ex_claim_once" in error.message else error.code] += 1
        else:
            told["won"] += 1
            kept.append(one.claim_id)
            if not racer % 2 and chance.random() < RELEASED:
                with books.begin() as unit:
                    service.release(unit, kept.pop(), HOUR)
                told["released"] += 1
    books.close()
    print("\n".join(f"{word} {times}" for word, times in told.items()))
    print(" ".join(kept))


def claim(chance: random.Random, name: str) -> Claim:
    """Return a claim at random."""
    first, hour = chance.randrange(UNITS - UNITS_MAX), chance.randrange(HOURS - HOURS_MAX)
    until = hour + chance.randint(1, HOURS_MAX)
    start, end = (HOUR + timedelta(hours=one) for one in (hour, until))
    return Claim(
        name, "race", f"racer{name[0]}", "held", first, first + chance.randint(1, UNITS_MAX), start, end, False
    )


def count(address: str, kept: set[str]) -> tuple[dict[str, int], list[str]]:
    """Count what stands, unit by unit and hour by hour; return figures and what is wrong."""
    books = Books(address)
    with books.read() as unit:
        every = unit.execute(sa.select(store.CLAIM)).all()
        findings = [one.message for one in Log().check(unit)]
    books.close()
    cells = np.zeros((UNITS, HOURS), dtype=np.int32)
    stands = [row for row in every if row.released is None]
    for row in stands:
        start, end = (round((at - HOUR).total_seconds()) // 3600 for at in (row.start, row.end))
        cells[row.unit_start : row.unit_end, start:end] += 1
    twice = int((cells > 1).sum())
    if twice:
        findings.append(f"{twice} units and hours are claimed more than once")
    names = {row.claim_id for row in stands}
    findings += [f"{name} was won and is lost" for name in sorted(kept - names)]
    findings += [f"{name} stands, and nobody was told so" for name in sorted(names - kept)]
    return {"standing": len(stands), "units_and_hours": int((cells > 0).sum()), "counted_twice": twice}, findings


if __name__ == "__main__":
    sys.exit(main())
