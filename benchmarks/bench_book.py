"""Match a hundred thousand random limit orders in our book, in a heap of thirty lines, and in peers where installed.

The heap keeps prices and lots alone. Ours checks form, identity, cover and self-trade, tells every change and trade,
and knows whole orders, which the second row has. `limit-order-book` (C++ behind ctypes, MIT; it tells no trades) and
`pyorderbook` (MIT) run where they are installed; they are not locked. CPU time of one process, the best of the rounds,
what was made before frozen out of the collection of garbage.

    python benchmarks/bench_book.py
"""

from __future__ import annotations

import argparse
import gc
import heapq
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import record  # noqa: E402

from qipan.market.book import Book  # noqa: E402
from qipan.market.model.contract import Instrument, Window  # noqa: E402
from qipan.market.model.order import Order, Side, Trade  # noqa: E402

SEED = 5
MEMBERS = 500
WEEK = Instrument("h100-80g", "ningxia", Window.named("2026-W10"))
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path, default=record.RESULTS)
    asked = parser.parse_args()
    plain = made(asked.orders)
    runs: dict[str, Callable[[], Callable[[], int]]] = {
        "heap sketch": lambda: lambda: sketch(plain),
        "ours": lambda: ours(plain, 0),
        "ours, one order in ten whole": lambda: ours(plain, 10),
        "limit-order-book": lambda: limit_order_book(plain),
        "pyorderbook": lambda: pyorderbook(plain),
    }
    needs = {"limit-order-book": "limit_order_book", "pyorderbook": "pyorderbook"}
    told: dict[str, Any] = {}
    for name, prepare in runs.items():
        if name in needs and find_spec(needs[name]) is None:
            print(f"{name}: not installed")
            told[name] = "not installed"
            continue
        took_s, trades = measure(prepare, asked.rounds)
        told[name] = {"orders_per_cpu_s": round(asked.orders / took_s), "trades": trades}
        ratio = told[name]["orders_per_cpu_s"] / told["heap sketch"]["orders_per_cpu_s"]
        told[name]["ratio_to_sketch"] = round(ratio, 3)
        print(f"{name}: {asked.orders / took_s:,.0f} orders/s of CPU, {ratio:.2f} of the sketch, {trades} trades")
    path = record.write("bench_book", {"seed": SEED, "orders": asked.orders, "runs": told}, asked.results)
    print(f"See {path.name}.")
    return 0


def measure(prepare: Callable[[], Callable[[], int]], rounds: int) -> tuple[float, int]:
    """Return the least CPU time of some rounds, and the trades."""
    best, trades = float("inf"), 0
    for _ in range(rounds):
        run = prepare()
        gc.collect()
        gc.freeze()
        began = time.process_time()
        trades = run()
        best = min(best, time.process_time() - began)
        gc.unfreeze()
    return best, trades


def made(count: int) -> list[tuple[bool, int, int]]:
    """Return random orders: whether they buy, lots, limit."""
    rng = random.Random(SEED)
    return [(rng.random() < 0.5, rng.randint(1, 100), 1000 + rng.randint(-50, 50)) for _ in range(count)]


def ours(plain: list[tuple[bool, int, int]], one_whole_in: int) -> Callable[[], int]:
    """Return a run of our book; buyers and sellers differ, so that nobody meets itself."""
    orders = [
        Order(
            str(i),
            f"{'b' if buys else 's'}{i % MEMBERS}",
            WEEK.name,
            Side.BUY if buys else Side.SELL,
            lots,
            price,
            is_whole=bool(one_whole_in) and i % one_whole_in == 0,
        )
        for i, (buys, lots, price) in enumerate(plain)
    ]
    book = Book(WEEK, WEEK.window.start)
    for member in range(MEMBERS):
        book.grant(f"s{member}", 10**9)

    def run() -> int:
        return sum(type(event) is Trade for order in orders for event in book.enter(order, NOW))

    return run


def sketch(plain: list[tuple[bool, int, int]]) -> int:
    """Match by price, then time, with two heaps; return the trades."""
    bids: list[list[int]] = []
    asks: list[list[int]] = []
    trades = 0
    for i, (buys, lots, price) in enumerate(plain):
        mine, theirs, sign = (bids, asks, 1) if buys else (asks, bids, -1)
        while lots and theirs and theirs[0][0] <= sign * price:
            best = theirs[0]
            taken = min(lots, best[2])
            lots -= taken  # noqa: PLW2901
            best[2] -= taken
            trades += 1
            if not best[2]:
                heapq.heappop(theirs)
        if lots:
            heapq.heappush(mine, [-sign * price, i, lots])
    return trades


def limit_order_book(plain: list[tuple[bool, int, int]]) -> Callable[[], int]:
    """Return a run of limit-order-book, which does not tell its trades."""
    from limit_order_book.limit_order_book import LimitOrderBook

    book = LimitOrderBook()

    def run() -> int:
        for i, (buys, lots, price) in enumerate(plain):
            (book.limit_buy if buys else book.limit_sell)(i + 1, lots, price)
        return 0

    return run


def pyorderbook(plain: list[tuple[bool, int, int]]) -> Callable[[], int]:
    """Return a run of pyorderbook."""
    from pyorderbook import Book as Theirs
    from pyorderbook import ask, bid

    book = Theirs()
    orders = [(bid if buys else ask)("X", price, lots) for buys, lots, price in plain]

    def run() -> int:
        return sum(len(book.match(order).trades) for order in orders)

    return run


if __name__ == "__main__":
    sys.exit(main())
