"""Durable postings a second on SQLite and PostgreSQL, in batches and single; beside each, a plain append by SQL.

A posting is acknowledged when its commit is on the disk: the transfer with its rules checked, the balances, its leaf of
the log and the log's inner nodes. The plain append writes the same transfer's row, and nothing else, into a table
without a rule, in transactions of the same size, on the same connection, in turn with ours. Both keep the engine's
fsync on; the result says so as the engine tells it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import sqlalchemy as sa
from benchmarks.record import RESULTS, write
from tests.engines.postgresql import lacking, running

from qipan.accounts.model.posting import Account, Asset, AssetKind, Draft, Outcome
from qipan.accounts.service.posting import Accounts
from qipan.accounts.store.posting import TRANSFER
from qipan.log.service import Log
from qipan.storage.books import Books

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OWNERS = 1000
SIZES = (1, 100, 1000, 8000)
ROUNDS = {1: 200, 100: 20, 1000: 10, 8000: 4}
PLAIN = sa.Table("plain_transfer", sa.MetaData(), *[sa.Column(one.name, one.type) for one in TRANSFER.c])


def main() -> None:
    """Measure each engine; print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=float, default=1.0, help="multiple of the rounds of each size")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    result: dict[str, Any] = {"owners": OWNERS}
    for name in options.engine or ["sqlite", "postgresql"]:
        with ENGINES[name]() as address:
            result[name] = measure(address, options.rounds)
    print(json.dumps(result, indent=2))
    print(write("bench_postings", result, options.results))


def measure(address: str, rounds: float) -> dict[str, Any]:
    """Post and append in turns, in transactions of every size."""
    books, accounts, chance = Books(address), Accounts(Log()), random.Random(1)
    books.migrate()
    with books.begin() as unit:
        PLAIN.create(unit.connection)
        fsync = "synchronous" if not books.is_shared else "fsync"
        told = unit.execute(sa.text(f"{'pragma' if not books.is_shared else 'show'} {fsync}")).scalar_one()
        accounts.open_asset(unit, Asset("fen", AssetKind.MONEY), NOW)
        accounts.open_account(unit, Account("bank", "bank", "fen", "issued", floor=None), NOW)
        for number in range(OWNERS):
            accounts.open_account(unit, Account(f"o{number:04}", f"o{number:04}", "fen", "cash"), NOW)
        fund = [draft(f"fund{number}", "bank", f"o{number:04}", 10**9) for number in range(OWNERS)]
        assert set(accounts.post(unit, fund, NOW)) == {Outcome.CREATED}
    result: dict[str, Any] = {fsync: told}
    made = 0
    for size in SIZES:
        ours, plain, cpu_s = [], [], 0.0
        for _ in range(max(2, round(ROUNDS[size] * rounds))):
            batch = [random_draft(chance, made + number) for number in range(size)]
            begun, worked = time.perf_counter(), time.process_time()
            with books.begin() as unit:
                outcomes = accounts.post(unit, batch, datetime.now(UTC))
            ours.append(time.perf_counter() - begun)
            cpu_s += time.process_time() - worked
            assert set(outcomes) == {Outcome.CREATED}
            rows = [row(one, made + number) for number, one in enumerate(batch)]
            begun = time.perf_counter()
            with books.begin() as unit:
                unit.execute(sa.insert(PLAIN), rows)
            plain.append(time.perf_counter() - begun)
            made += size
        result[f"in_transactions_of_{size}"] = {
            "postings_per_s": per_s(size, ours),
            "postings_per_cpu_s_of_ours": round(size * len(ours) / cpu_s),
            "plain_appends_per_s": per_s(size, plain),
            "ratio_to_plain": round(sum(ours) / sum(plain), 2),
            "p50_ms": ms(ours, 50),
            "p99_ms": ms(ours, 99),
            "plain_p50_ms": ms(plain, 50),
            "plain_p99_ms": ms(plain, 99),
            "rounds": len(ours),
        }
    with books.read() as unit:
        result["findings_afterwards"] = len(accounts.check(unit))
    books.close()
    return result


def draft(name: str, debit: str, credit: str, amount: int) -> Draft:
    """Return a draft of money."""
    return Draft(transfer_id=name, debit=debit, credit=credit, amount=amount, reason="bench")


def random_draft(chance: random.Random, number: int) -> Draft:
    """Return a draft from one owner to another."""
    debit, credit = chance.sample(range(OWNERS), 2)
    return draft(f"t{number:09}", f"o{debit:04}", f"o{credit:04}", chance.randrange(1, 1000))


def row(one: Draft, number: int) -> dict[str, Any]:
    """Return the row of a transfer, as somebody would write it who checks nothing."""
    return {
        "leaf": number, "transfer_id": one.transfer_id, "action": "move", "asset_id": "fen", "debit": one.debit,
        "credit": one.credit, "amount": one.amount, "asked": one.amount, "period": -1, "pending_id": "", "timeout_s": 0,
        "chain": "", "balancing_debit": False, "balancing_credit": False, "reason": one.reason, "reference": "",
        "debit_entry": 0, "credit_entry": 0, "at": NOW,
    }  # fmt: skip


def per_s(size: int, times: list[float]) -> int:
    """Return how many a second."""
    return round(size * len(times) / sum(times))


def ms(times: list[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    return round(float(np.percentile(times, percent)) * 1000, 2)


@contextmanager
def sqlite() -> Iterator[str]:
    """Yield the address of a file."""
    with tempfile.TemporaryDirectory(prefix="qipan-bench-") as folder:
        yield f"sqlite:///{folder}/books.sqlite"


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the address of a server of its own."""
    if what := lacking():
        raise SystemExit(f"{what} is not installed; run: make servers, or name --engine sqlite")
    with running() as server:
        yield server.address("books")


ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


if __name__ == "__main__":
    main()
