"""Prove the order book: millions of random requests with faults, each answered as a naive book answers it.

Faults: a request sent again, at once or later, with the same or other content; a clock that jumps ahead or back; a
crash, after which a book is made anew from its requests and must be what it was. Every book has its own seed, so a
violation is played again by ``--first NUMBER --count 1``.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.record import RESULTS, write
from benchmarks.spread import spread
from tests.independent.naive_book import NaiveBook, plain

from qipan.market.book import Book
from qipan.market.model.contract import Instrument, Window
from qipan.market.model.order import Entry, Event, Order, Side, Trade

COUNT, REQUESTS = 200_000, 50
"""Books, and requests to each: ten million."""
SEED = 7
FINDINGS_SHOWN = 20
MEMBERS = ("east", "west", "north", "south")
ENTRIES = (Entry.STANDING, Entry.STANDING, Entry.STANDING, Entry.IMMEDIATE, Entry.PASSIVE)
DAY = Instrument("h100-80g", "ningxia", Window.named("2026-03-02"))
OPENS = DAY.window.start - timedelta(hours=60)
Request = Callable[[Book], list[Event]]


class Play:
    """One book, the naive one beside it, and all requests so far."""

    def __init__(self, seed: int, number: int, tally: Counter[str]) -> None:
        self.rng = random.Random(f"{seed}/{number}")
        self.tally = tally
        self.last_trading = OPENS + timedelta(hours=self.rng.randint(20, 60))
        self.book, self.naive = Book(DAY, self.last_trading), NaiveBook(self.last_trading)
        self.now = OPENS
        self.sent: list[Order] = []
        self.requests: list[Request] = []
        self.heard: list[Event] = []

    def run(self, requests: int) -> str:
        """Return what went wrong first; empty where nothing did."""
        self.ask(lambda book: book.expire(OPENS))
        for member in MEMBERS:
            self.grant(member, self.rng.randint(0, 20))
        for _ in range(requests):
            act = self.rng.choices((self.enter, self.again, self.cancel, self.jump, self.crash), (60, 10, 16, 9, 5))[0]
            self.tally[act.__name__] += 1
            if not act():
                return f"{act.__name__} after {len(self.requests)} requests"
            if not self.is_sound():
                return f"state after {act.__name__} and {len(self.requests)} requests"
        return ""

    def grant(self, member: str, lots: int) -> None:
        """Grant cover in both."""
        self.ask(lambda book: book.grant(member, lots) or [])
        self.naive.granted[member] += lots

    def enter(self) -> bool:
        """Enter a new order in both."""
        rng = self.rng
        until = self.now + timedelta(hours=rng.randint(0, 30)) if rng.random() < 0.3 else None
        order = Order(
            f"o{len(self.sent)}",
            rng.choice(MEMBERS),
            DAY.name,
            rng.choice((Side.BUY, Side.SELL)),
            rng.randint(1, 9),
            rng.randint(95, 105),
            rng.choice(ENTRIES),
            rng.random() < 0.4,
            until,
        )
        self.sent.append(order)
        return self.send(order)

    def again(self) -> bool:
        """Send an order once more, now and then with other content."""
        if not self.sent:
            return True
        order = self.rng.choice(self.sent)
        return self.send(replace(order, lots=order.lots + (self.rng.random() < 0.3)))

    def send(self, order: Order) -> bool:
        """Send an order to both, at the time that each member's clock tells: it may lag behind."""
        told = self.now - timedelta(hours=self.rng.choice((0, 0, 0, 5)))
        events = self.ask(lambda book: book.enter(order, told))
        return plain(events) == self.naive.enter(order, self.now)

    def cancel(self) -> bool:
        """Cancel some order, now and then another member's, or one that never was."""
        order = self.rng.choice(self.sent) if self.sent else None
        order_id = order.order_id if order else "never"
        member = order.member if order and self.rng.random() < 0.9 else self.rng.choice(MEMBERS)
        now = self.now
        events = self.ask(lambda book: book.cancel(order_id, member, now))
        return plain(events) == self.naive.cancel(order_id, member, self.now)

    def jump(self) -> bool:
        """Let the clock jump, back too: a book's time never runs back."""
        hours = self.rng.choice((-8, 0, 1, 2, 5))
        told = self.now + timedelta(hours=hours)
        self.now = max(self.now, told)
        events = self.ask(lambda book: book.expire(told))
        return plain(events) == self.naive.pass_time(self.now)

    def crash(self) -> bool:
        """Make the book anew from its requests; it must tell the same and be the same."""
        anew = Book(DAY, self.last_trading)
        heard = [event for request in self.requests for event in request(anew)]
        is_same = heard == self.heard and shown(anew) == shown(self.book)
        self.book = anew
        return is_same

    def ask(self, request: Request) -> list[Event]:
        """Ask the book, and keep request and answer."""
        events = request(self.book)
        self.requests.append(request)
        self.heard += events
        self.tally["trades"] += sum(isinstance(event, Trade) for event in events)
        return events

    def is_sound(self) -> bool:
        """Say whether both books stand alike, positions sum to zero, and every short is covered."""
        for side in Side:
            stands = sorted(
                (s for s in self.naive.stands if s.order.side == side),
                key=lambda s: (-s.order.side * s.order.fen_per_card_h, s.came),
            )
            if self.book.standing(side) != tuple((s.order, s.left) for s in stands):
                return False
        positions = self.book.positions
        return sum(positions.values()) == 0 and all(
            positions.get(member, 0) == self.naive.bought[member]
            and self.book.cover_lots(member) == self.naive.free(member)
            and positions.get(member, 0) + self.naive.granted[member] >= 0
            for member in MEMBERS
        )


def shown(book: Book) -> tuple[object, ...]:
    """Return all that can be seen of a book."""
    return (*map(book.standing, Side), dict(book.positions), *map(book.cover_lots, MEMBERS))


def play(seed: int, numbers: range) -> tuple[Counter[str], list[str], float]:
    """Play books one after the other; return what happened, what went wrong, and the CPU seconds."""
    tally: Counter[str] = Counter()
    began = time.process_time()
    told = ((number, Play(seed, number, tally).run(REQUESTS)) for number in numbers)
    wrong = [f"book {number}: {what}" for number, what in told if what]
    return tally, wrong, time.process_time() - began


def main() -> int:
    """Play, print and write; exit with 1 if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--hundredth", action="store_true", help="a hundredth of the books")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    count = asked.count // 100 if asked.hundredth else asked.count
    tally: Counter[str] = Counter()
    findings: list[str] = []
    cpu_s = 0.0
    for seen, wrong, took_s in spread(partial(play, asked.seed), asked.first, count, asked.processes):
        tally += seen
        findings += wrong
        cpu_s += took_s
    result = {
        "seed": asked.seed,
        "first": asked.first,
        "books": count,
        "requests": count * REQUESTS,
        "of_which": dict(sorted(tally.items())),
        "violations": len(findings),
        "findings": findings[:FINDINGS_SHOWN],
        "cpu_s": round(cpu_s, 1),
    }
    print(f"{count * REQUESTS:,} requests to {count:,} books, {tally['trades']:,} trades: {len(findings)} violations.")
    print("\n".join(findings[:FINDINGS_SHOWN]))
    path = write("prove_market", result, asked.results)
    print(f"See {path.name}.")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
