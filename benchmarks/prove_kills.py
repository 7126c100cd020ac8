"""Prove that what was acknowledged stands: kill PostgreSQL, and those who post to it, again and again.

Writers post batches of transfers, each under ids that follow from writer and number, to one PostgreSQL with fsync on.
Now and then the server with all of its processes gets SIGKILL, or a writer does. A writer that heard nothing sends the
very same batch again, until it is answered; one that was killed goes on where its last acknowledgement was heard. At
the end the books must hold every acknowledged transfer as it was asked for, once, and nothing else; balances, log and
transfers must follow from each other.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sqlalchemy as sa
from benchmarks.record import RESULTS, write
from tests.engines.postgresql import PostgreSQL, lacking, running

from qipan.accounts.model.posting import Account, Asset, AssetKind, Draft
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import EngineError
from qipan.log.service import Log
from qipan.storage.books import Books

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KILLS, OPERATIONS, WRITERS, OWNERS, BATCH = 200, 1_000_000, 4, 200, 1000
PAUSES_S = (0.5, 2.5)
OF_A_WRITER = 0.25
"""Share of kills that a writer gets; the server gets the others."""
FINDINGS_SHOWN = 20


def main() -> int:
    """Run the proof; exit 1 if anything was lost, changed or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="acknowledged ones, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--post", nargs=3, metavar=("ADDRESS", "WRITER", "FROM"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.post:
        post(asked.post[0], asked.seed, int(asked.post[1]), int(asked.post[2]))
        return 0
    if what := lacking():
        raise SystemExit(f"{what} must be installed; run: make servers")
    began = time.monotonic()
    with running() as server:
        open_books(server.address("books"))
        writers = [Writer(server.address("books"), asked.seed, number) for number in range(WRITERS)]
        try:
            killed = kill_often(server, writers, asked.kills, asked.operations, random.Random(asked.seed))
            for writer in writers:
                writer.end()
        finally:
            for writer in writers:
                writer.process.kill()
        findings = verify(server.address("books"), asked.seed, writers)
    outcomes = sum((writer.outcomes for writer in writers), Counter())
    told = {
        "seed": asked.seed,
        "kills": killed,
        "writers": WRITERS,
        "acknowledged": outcomes.total(),
        "of_which_heard_of_only_when_sent_again": outcomes["exists"],
        "findings": findings[:FINDINGS_SHOWN],
        "violations": len(findings),
        "took_s": round(time.monotonic() - began, 1),
    }
    print(told)
    print(f"See {write('prove_kills', told, asked.results).name}.")
    return int(bool(findings))


class Writer:
    """A process that posts, started again where it was killed; what it was answered is kept here."""

    def __init__(self, address: str, seed: int, number: int) -> None:
        self.words = [sys.executable, __file__, "--seed", str(seed), "--post", address, str(number)]
        self.number, self.acknowledged = number, 0
        self.outcomes: Counter[str] = Counter()
        self.start()

    def start(self) -> None:
        """Start it behind its last acknowledgement."""
        words = [*self.words, str(self.acknowledged)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def listen(self) -> None:
        """Take in what the process says: a line for each batch that was acknowledged."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.endswith("\n"):
                return
            number, created, exists = map(int, line.split())
            assert number == self.acknowledged, f"writer {self.number} must answer {self.acknowledged}, did {number}"
            self.acknowledged += 1
            self.outcomes.update(created=created, exists=exists)

    def kill(self) -> None:
        """Kill it, and start it again."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.listener.join()
        self.start()

    def end(self) -> None:
        """Let it finish its batch and go."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait() == 0, f"writer {self.number} must end well"
        self.listener.join()


def kill_often(
    server: PostgreSQL, writers: list[Writer], kills: int, operations: int, chance: random.Random
) -> dict[str, int]:
    """Kill until there were as many kills, and go on until as much is acknowledged."""
    killed = Counter(server=0, writer=0)
    while killed.total() < kills:
        time.sleep(chance.uniform(*PAUSES_S))
        if chance.random() < OF_A_WRITER:
            chance.choice(writers).kill()
            killed["writer"] += 1
        else:
            server.kill()
            killed["server"] += 1
            server.start()
    while sum(writer.outcomes.total() for writer in writers) < operations:
        time.sleep(0.2)
    return dict(killed)


def post(address: str, seed: int, writer: int, first: int) -> None:
    """Post batch after batch, each until it is answered, until nobody listens."""
    accounts, books, number = Accounts(Log()), Books(address), first
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        drafts = batch(seed, writer, number)
        try:
            with books.begin() as unit:
                told = Counter(one.value for one in accounts.post(unit, drafts, NOW))
        except EngineError:
            time.sleep(0.05)
            continue
        assert set(told) <= {"created", "exists"}, f"only new and known transfers were sent, were {told}"
        print(number, told["created"], told["exists"], flush=True)
        number += 1
    books.close()


def batch(seed: int, writer: int, number: int) -> list[Draft]:
    """Return the drafts that a writer sends under a number: the same whenever it is asked."""
    chance = random.Random(f"{seed}/{writer}/{number}")
    size = chance.randint(1, BATCH)
    return [
        Draft(
            transfer_id=f"w{writer}-{number}-{place}",
            debit="bank",
            credit=f"o{chance.randrange(OWNERS):03}",
            amount=chance.randrange(1, 1000),
            reason="proof",
        )
        for place in range(size)
    ]


def open_books(address: str) -> None:
    """Make books with a bank and its owners."""
    books, accounts = Books(address), Accounts(Log())
    books.migrate()
    with books.begin() as unit:
        assert unit.execute(sa.text("show fsync")).scalar_one() == "on"
        accounts.open_asset(unit, Asset("fen", AssetKind.MONEY), NOW)
        accounts.open_account(unit, Account("bank", "bank", "fen", "issued", floor=None), NOW)
        for number in range(OWNERS):
            accounts.open_account(unit, Account(f"o{number:03}", f"o{number:03}", "fen", "cash"), NOW)
    books.close()


def verify(address: str, seed: int, writers: list[Writer]) -> list[str]:
    """Hold the books against every acknowledgement, and against themselves; return what is wrong."""
    books, accounts, log = Books(address), Accounts(Log()), Log()
    findings: list[str] = []
    with books.read() as unit:
        stands: dict[str, tuple[str, str, int]] = {}
        for one in accounts.transfers(unit):
            if one.transfer_id in stands:
                findings.append(f"{one.transfer_id} stands twice")
            stands[one.transfer_id] = (one.debit, one.credit, one.amount)
        for name, asked in _acknowledged(seed, writers):
            if stands.pop(name, None) != asked:
                findings.append(f"{name} was acknowledged as {asked}, and is lost or changed")
        findings += [f"{name} stands, and nobody was told so" for name in stands]
        findings += [one.message for one in (*accounts.check(unit), *log.check(unit))]
    books.close()
    return findings


def _acknowledged(seed: int, writers: list[Writer]) -> Iterator[tuple[str, tuple[str, str, int]]]:
    for writer in writers:
        for number in range(writer.acknowledged):
            for one in batch(seed, writer.number, number):
                yield one.transfer_id, (one.debit, one.credit, one.amount)


if __name__ == "__main__":
    sys.exit(main())
