"""Prove accounts: random drafts under injected faults, held against a model that was written a second time.

An episode is one book with its own seed: batches of drafts, some repeated, some in another order, some forged under the
ids of others, some posted by a process that dies before or after its commit, while the clock jumps. Every outcome must
be that of the model; at the end balances, log and transfers must follow from each other, each earlier head of the log
must be a prefix of the last, and the calls that were acknowledged, made again on empty books, must give the very same
root.

An episode is played again by ``--first NUMBER --count 1``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.record import RESULTS, write
from benchmarks.spread import spread
from tests.independent.accounts_model import Model

from qipan.accounts.model.posting import Account, Action, Asset, AssetKind, Draft, Outcome
from qipan.accounts.periods import expires, is_start
from qipan.accounts.service.posting import Accounts
from qipan.log.model import Head
from qipan.log.service import Log
from qipan.log.tree import verify_consistency
from qipan.storage.books import Books, UnitOfWork

COUNT = 2500
DRAFTS = 4000
"""Drafts of an episode; ten million in all."""

BATCH_MAX_TENS = 2.8
"""Batches are of 1 to 630 drafts, as many of 1 to 10 as of 63 to 630."""

FINDINGS_SHOWN = 20
DIED = 9
# A process that has threads must not fork; the server that forks here has none.
APART = get_context("forkserver")
APART.set_forkserver_preload(["qipan.accounts.service.posting", "qipan.storage.books"])
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = [NOW + timedelta(hours=hour) for hour in range(6)]
FAULTS = ("none", "duplicate", "reorder", "forge", "crash_before_commit", "crash_after_commit", "clock_jump")
WEIGHTS = (58, 10, 10, 8, 4, 4, 6)
FORGED: tuple[dict[str, Any], ...] = (
    {"amount": 7}, {"reason": "other"}, {"balancing_debit": True}, {"debit": "m2"}, {"credit": "h2"}, {"linked": False},
    {"period": NOW}, {"period": NOW + timedelta(minutes=1)}, {"debit": "none"},
)  # fmt: skip
"""What is changed in a draft that is sent again under its id."""

STEPS_S = (1, 20, 400)
JUMPS_S = (-7200, -60, -1, 1, 30, 61, 600, 3600)

ASSETS = {
    one.asset_id: one
    for one in (
        Asset("fen", AssetKind.MONEY),
        Asset("cards", AssetKind.COMPUTE, "A100", "gui", lifetime_h=0),
    )
}
ACCOUNTS = (
    Account("bank", "bank", "fen", "issued", floor=None),
    *(Account(f"m{number}", f"m{number}", "fen", "cash", floor=-50 * (number % 3)) for number in range(8)),
    *(Account(f"d{number}", f"d{number}", "fen", "debt", floor=-500, ceiling=100 * number) for number in range(3)),
    Account("gone", "bank", "fen", "retired"),
    Account("site", "site", "cards", "issued", floor=None),
    *(Account(f"h{number}", f"h{number}", "cards", "holding") for number in range(6)),
    Account("used", "site", "cards", "retired"),
    Account("over", "site", "cards", "expired"),
)
OF_MONEY = [one.account_id for one in ACCOUNTS if one.asset_id == "fen"]
OF_CARDS = [one.account_id for one in ACCOUNTS if one.asset_id == "cards"]


@dataclass(slots=True)
class Tally:
    """What has been seen so far."""

    drafts: int = 0
    transfers: int = 0
    episodes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what was seen elsewhere."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def result(self) -> dict[str, Any]:
        """Return the tally as plain values."""
        return {
            "operations": self.drafts,
            "transfers": self.transfers,
            "episodes": self.episodes,
            "outcomes": dict(sorted(self.outcomes.items())),
            "outcomes_never_seen": sorted(set(Outcome) - set(self.outcomes)),
            "faults": dict(sorted(self.faults.items())),
            "violations": len(self.findings),
            "findings": self.findings[:FINDINGS_SHOWN],
        }


def main() -> int:
    """Run the proof; exit 1 if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first episode")
    parser.add_argument("--count", type=int, default=COUNT, help="how many episodes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    tally, begun = Tally(), time.monotonic()
    for part in spread(partial(play, options.seed), options.first, options.count, options.processes):
        tally.add(part)
    took_s = time.monotonic() - begun
    rate = round(tally.drafts / took_s)
    told = {"seed": options.seed, "first": options.first, "took_s": round(took_s, 1), "operations_per_s": rate}
    result = {**told, **tally.result()}
    print(json.dumps(result, indent=2))
    print(write("prove_accounts", result, options.results))
    return 1 if tally.findings else 0


def play(seed: int, numbers: range) -> Tally:
    """Play episodes, one after the other."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="qipan-prove-") as name:
        folder = Path(name)
        make_empty(folder / "empty.sqlite")
        for number in numbers:
            Episode(number, seed, folder, tally).run()
            tally.episodes += 1
    return tally


def post_and_die(path: Path, batch: list[Draft], clock: datetime, commits: bool) -> None:
    """Post a batch, and die before the commit or after it."""
    with Books(f"sqlite:///{path}").begin() as unit:
        Accounts(Log()).post(unit, batch, clock)
        if not commits:
            os._exit(DIED)
    os._exit(DIED)


def make_empty(path: Path) -> None:
    """Write books with assets and accounts, and nothing posted."""
    books, accounts = Books(f"sqlite:///{path}"), Accounts(Log())
    books.migrate()
    with books.begin() as unit:
        for asset in ASSETS.values():
            accounts.open_asset(unit, asset, NOW)
        for account in ACCOUNTS:
            accounts.open_account(unit, account, NOW)
    books.close()


class Episode:
    """One book, one model, one seed."""

    def __init__(self, number: int, seed: int, folder: Path, tally: Tally) -> None:
        self.number, self.folder, self.tally = number, folder, tally
        self.chance = random.Random(f"{seed} {number}")
        self.log = Log()
        self.accounts = Accounts(self.log)
        told = {one.account_id: (one.asset_id, one.purpose, one.floor, one.ceiling) for one in ACCOUNTS}
        self.model = Model(told, expiry)
        self.clock = NOW
        self.made = 0
        self.sent: list[list[Draft]] = []
        self.acknowledged: list[tuple[list[Draft], datetime]] = []
        self.heads: list[Head] = []

    def run(self) -> None:
        """Send batches under faults, then hold everything against everything."""
        path = self.fresh("book")
        self.books = Books(f"sqlite:///{path}")
        while self.made < DRAFTS:
            self.step(path)
        self.look()
        self.books.close()
        if self.replayed() != self.heads[-1]:
            self.tell("the calls made again on empty books give another root")

    def step(self, path: Path) -> None:
        """Send one batch, under one fault or none."""
        fault = self.chance.choices(FAULTS, WEIGHTS)[0]
        self.tally.faults[fault] += 1
        self.clock += timedelta(seconds=self.chance.choice(JUMPS_S if fault == "clock_jump" else STEPS_S))
        if fault in {"duplicate", "reorder", "forge"} and self.sent:
            batch = list(self.chance.choice(self.sent))
            if fault == "reorder":
                self.chance.shuffle(batch)
            if fault == "forge":
                batch = [replace(one, **self.chance.choice(FORGED)) for one in batch]
        else:
            batch = self.batch()
            self.sent.append(batch)
        if fault.startswith("crash"):
            self.crash(path, batch, commits=fault == "crash_after_commit")
        self.send(batch)
        if self.chance.random() < 0.1:
            self.compare()

    def send(self, batch: list[Draft]) -> None:
        """Post a batch and hold each outcome against the model's."""
        with self.books.begin() as unit:
            found = [one.value for one in self.accounts.post(unit, batch, self.clock)]
            self.heads.append(self.log.head(unit))
        self.acknowledged.append((batch, self.clock))
        wanted = self.model.send(batch, self.clock)
        self.tally.drafts += len(batch)
        self.tally.outcomes.update(found)
        for draft, is_so, must in zip(batch, found, wanted, strict=True):
            if is_so != must:
                self.tell(f"{draft} must be {must}, was {is_so}")

    def crash(self, path: Path, batch: list[Draft], *, commits: bool) -> None:
        """Let a process post a batch and die, before its commit or after it; nobody hears what became of it."""
        self.books.close()
        child = APART.Process(target=post_and_die, args=(path, batch, self.clock, commits))
        child.start()
        child.join()
        assert child.exitcode == DIED, f"A process must die where it was told to, ended with {child.exitcode}"
        self.books = Books(f"sqlite:///{path}")
        if commits:
            self.model.send(batch, self.clock)
            self.acknowledged.append((batch, self.clock))

    def compare(self) -> None:
        """Hold every balance against the model's."""
        with self.books.read() as unit:
            found = self.accounts.balances(unit, [one.account_id for one in ACCOUNTS])
        told = {cell: (one.posted, one.debits_pending, one.credits_pending) for cell, one in found.items()}
        if told != self.model.cells:
            self.tell("balances are not those of the model")

    def look(self) -> None:
        """Hold books, log, heads and model against each other."""
        self.compare()
        with self.books.read() as unit:
            for one in (*self.accounts.check(unit), *self.log.check(unit)):
                self.tell(one.message)
            transfers = sum(1 for _ in self.accounts.transfers(unit))
            self.check_heads(unit)
        self.tally.transfers += transfers
        if transfers != self.model.written:
            self.tell(f"{transfers} transfers stand where {self.model.written} must")

    def check_heads(self, unit: UnitOfWork) -> None:
        """Check that earlier heads of the log are prefixes of the last."""
        last = self.heads[-1]
        for head in self.chance.sample(self.heads, min(10, len(self.heads))):
            path = self.log.prove_growth(unit, head.size, last.size).path
            if not verify_consistency(
                old_size=head.size, new_size=last.size, path=path, old_root=head.root, new_root=last.root
            ):
                self.tell(f"the head of {head.size} leaves is no prefix of that of {last.size}")

    def replayed(self) -> Head:
        """Make the acknowledged calls again on empty books, without a fault; return the head of the log."""
        books = Books(f"sqlite:///{self.fresh('again')}")
        with books.begin() as unit:
            for batch, at in self.acknowledged:
                self.accounts.post(unit, batch, at)
            head = self.log.head(unit)
        books.close()
        return head

    def fresh(self, name: str) -> Path:
        """Return the file of empty books, with nothing left of the last episode."""
        for path in self.folder.glob(f"{name}.sqlite*"):
            path.unlink()
        return Path(shutil.copy(self.folder / "empty.sqlite", self.folder / f"{name}.sqlite"))

    def tell(self, what: str) -> None:
        """Keep a violation, with what plays it again."""
        self.tally.findings.append(f"episode {self.number}: {what}")

    def batch(self) -> list[Draft]:
        """Return new drafts; the last is seldom linked to nothing."""
        size = int(10 ** self.chance.uniform(0, BATCH_MAX_TENS))
        drafts = []
        for _ in range(size):
            self.made += 1
            drafts.append(self.draft(drafts))
        return drafts

    def draft(self, before: Sequence[Draft]) -> Draft:
        """Return a draft that often can be posted, and sometimes takes an id that is taken."""
        chance = self.chance
        named = chance.randrange(self.made) if chance.random() < 0.02 else self.made
        name, linked = f"t{named}", chance.random() < 0.15
        kind = chance.random()
        if kind < 0.15:
            pending = chance.choice(before).transfer_id if before and kind < 0.08 else f"t{chance.randrange(self.made)}"
            open_now = next(iter(self.model.open), pending)
            return Draft(
                transfer_id=name,
                action=chance.choice([Action.POST, Action.POST, Action.VOID]),
                pending_id=chance.choice([pending, open_now, open_now]),
                amount=chance.choice([0, 0, 1, 20, 1000]),
                debit=chance.choice(["", "", "", "m1"]),
                reason="proof",
                linked=linked,
            )
        of_money = chance.random() < 0.6
        debit, credit = chance.choices(OF_MONEY if of_money else OF_CARDS, k=2)
        if chance.random() < 0.01:
            credit = chance.choice(["none", "h0", "m0"])
        action = chance.choices([Action.MOVE, Action.PENDING, Action.EXPIRE], [70, 25, 5])[0]
        return Draft(
            transfer_id=name,
            action=action,
            debit=chance.choice(["bank", debit]) if of_money else chance.choice(["site", debit, debit]),
            credit="over" if action is Action.EXPIRE and not of_money else credit,
            amount=chance.choice([1, 5, 20, 100, chance.randrange(1, 300), 2**53 - 1]),
            period=None if of_money else chance.choice(HOURS),
            timeout_s=chance.choice([0, 1, 20, 300]) if action is Action.PENDING else 0,
            balancing_debit=chance.random() < 0.1,
            balancing_credit=chance.random() < 0.05,
            reason="proof",
            linked=linked,
        )


def expiry(asset_id: str, period: datetime | None) -> datetime | str | None:
    """Return when units can no longer be moved, as the model asks for it."""
    asset = ASSETS[asset_id]
    return expires(asset, period) if is_start(asset.grid, period) else "unfit"


if __name__ == "__main__":
    raise SystemExit(main())
