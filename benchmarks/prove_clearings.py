"""Prove that spot auctions clear to the fen: random auctions held against their identities, priced by two solvers.

Of each auction: payments = revenue + carriers + rent + fees + remainder, and nothing remains; no order is worse off
than its limit, and none that the price is good for is left out without uplift; links keep their limits; HiGHS by dual
simplex and by interior point lead to the same prices, awards and supplies; another order of entry changes no price and
no volume of a limit. Then a day of 270,000 orders, some 100,000 trades, is entered, cleared, told again, and made anew
from its requests.

Every auction has its own seed, so a violation is played again by ``--first NUMBER --count 1``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import highspy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.random_auction import random_auction
from benchmarks.record import RESULTS, write
from tests.market.made_spot import AFTER, BEFORE, CLASS, DAY, GATE, MEMBERS, SpotMarket

from qipan.dispatch.model.plan import Instance, Plan
from qipan.dispatch.plan import read_plan
from qipan.dispatch.programme.formulate import formulate
from qipan.dispatch.programme.simplex import new_solver, pass_model, read_solution
from qipan.market.auction import clear
from qipan.market.model.auction import Auction, Network, Outcome
from qipan.market.model.order import Order, Side
from qipan.storage.books import Books
from qipan.workflows.clear_spot import find

COUNT, ORDERS = 10_000, 270_000
SEED = 11
FINDINGS_SHOWN = 20
HUBS = 8


@dataclass(slots=True)
class Tally:
    """What has been seen so far."""

    seen: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def by_interior_point(day: Instance) -> Plan:
    """Plan an hour by an interior point with crossover; where it gives up it is asked again, at last with presolve."""
    program = formulate(*day)
    for presolve in ("off", "off", "on"):
        solver = new_solver(solver="ipx", run_crossover="on", presolve=presolve)
        pass_model(solver, program)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            break
    return read_plan(day.board, day.classes, program, read_solution(solver))


def wrong_in(auction: Auction, orders: list[Order], rng: np.random.Generator, seen: Counter[str]) -> list[str]:
    """Clear one auction in all ways and return what is wrong."""
    outcome = clear(auction, orders, find(auction, orders))
    found = _identities(outcome) + _rational(outcome, orders)
    other = clear(auction, orders, find(auction, orders, by_interior_point))
    found += _identities(other) + _rational(other, orders)
    differ = sum(one != two for one, two in zip(outcome.prices, other.prices, strict=True))
    if differ:
        found.append(f"{differ} prices differ between solvers")
    if (other.awards, other.fills) != (outcome.awards, outcome.fills):
        found.append("awards or supplies differ between solvers")
    shuffled = [orders[at] for at in rng.permutation(len(orders))]
    again = clear(auction, shuffled, find(auction, shuffled))
    if (again.prices, _volumes(again, shuffled)) != (outcome.prices, _volumes(outcome, orders)):
        found.append("another order of entry leads to other prices or volumes")
    over = _lots_over(auction, outcome, orders)
    if over > 0:
        found.append(f"a link carries {over} lots more than it can")
    seen["prices"] += len(outcome.prices)
    seen["lots"] += sum(one.lots for one in outcome.fills)
    seen["with_rent"] += int(outcome.rent_fen > 0)
    seen["with_uplift"] += int(outcome.uplift_fen > 0)
    return found


def _identities(outcome: Outcome) -> list[str]:
    kept = outcome.transfer_fen + outcome.rent_fen + outcome.fee_fen + outcome.remainder_fen
    # Revenue is told with its fees taken off, so those of offers are in the fees once.
    left = outcome.payment_fen - outcome.revenue_fen - kept
    found = [f"payments are off by {left} fen"] if left else []
    found += [f"{outcome.remainder_fen} fen remain"] if outcome.remainder_fen else []
    by_order: Counter[str] = Counter()
    for one in outcome.fills:
        by_order[one.bid_id] += one.lots
        by_order[one.offer_id] += one.lots
    unserved = [one.order_id for one in outcome.awards if by_order[one.order_id] != one.lots]
    return found + ([f"not served as awarded: {unserved[:3]}"] if unserved else [])


def _rational(outcome: Outcome, orders: list[Order]) -> list[str]:
    found = []
    for order, award in zip(orders, outcome.awards, strict=True):
        gain = order.side * (order.fen_per_card_h - award.fen_per_card_h)
        if award.lots and gain < 0:
            found.append(f"{order.order_id} is worse off than its limit")
        if award.uplift_fen != max(gain, 0) * (order.lots - award.lots) * 8:
            found.append(f"{order.order_id} is left out without uplift")
    return found


def _lots_over(auction: Auction, outcome: Outcome, orders: list[Order]) -> float:
    """Return by how many lots a link carries more than it can."""
    net, place = auction.network, {one.order_id: auction.place(one.instrument) or (0, 0) for one in orders}
    flow = np.zeros((24, len(net.hubs), len(net.hubs)), dtype=np.int64)
    for one in outcome.fills:
        flow[place[one.offer_id][1], place[one.offer_id][0], place[one.bid_id][0]] += one.lots
    crossing = np.einsum("tij,lij->lt", flow, np.array(net.share, dtype=np.int64).reshape(-1, *flow.shape[1:]))
    over = np.abs(crossing) / net.parts - np.array(net.capacity_lots, dtype=np.int64)[:, None]
    return float(over.max(initial=0.0))


def _volumes(outcome: Outcome, orders: list[Order]) -> dict[tuple[str, Side, int], int]:
    found: Counter[tuple[str, Side, int]] = Counter()
    for order, award in zip(orders, outcome.awards, strict=True):
        found[order.instrument, order.side, order.fen_per_card_h] += award.lots
    return dict(found)


def a_day(orders: int, seed: int) -> dict[str, Any]:
    """Enter, clear, tell again and make anew a day of so many orders; twice, in books of their own."""
    hubs = tuple(f"hub-{number}" for number in range(HUBS))
    rng = np.random.default_rng(seed)
    transfer = tuple(tuple(0 if a == b else int(rng.integers(5, 40)) for b in range(HUBS)) for a in range(HUBS))
    auction = Auction(CLASS, DAY, GATE, 25, Network(hubs, transfer))
    requests: dict[str, list[Order]] = {name: [] for name in MEMBERS}
    for number in range(orders):
        at, hour, lots = (int(rng.integers(high)) for high in (HUBS, 24, 3))
        side = Side.BUY if number % 2 else Side.SELL
        # Two members buy and two sell, so that nobody meets its own order.
        member = MEMBERS[(number % 2) * 2 + number // 2 % 2]
        fen = int(rng.integers(100, 140)) * 10
        requests[member].append(Order(f"o-{number}", member, auction.instrument(at, hour), side, lots + 1, fen))
    told = [_played(auction, requests, orders) for _ in range(2)]
    return {**told[0], "same_digest_in_other_books": told[0]["digest"] == told[1]["digest"]}


def _played(auction: Auction, requests: dict[str, list[Order]], orders: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(f"sqlite:///{folder}/books.sqlite")
        books.migrate()
        market = SpotMarket(books)
        market.open_spot(auction, BEFORE, cards=8 * orders, fen=10**12)
        began = time.process_time()
        for number, (_, some) in enumerate(sorted(requests.items())):
            market.enter(BEFORE + timedelta(seconds=number), *some)
        entered = time.process_time()
        outcome = market.clear(AFTER)
        cleared = time.process_time()
        again = market.clear(AFTER)
        retold = time.process_time()
        wrong = market.wrong()
        checked = time.process_time()
        books.close()
    return {
        "orders": orders,
        "awards": sum(one.lots > 0 for one in outcome.awards),
        "supplies": len(outcome.fills),
        "digest": outcome.digest,
        "same_digest_again": again.digest == outcome.digest,
        "findings_of_check": len(wrong),
        "cpu_s": {
            "entered": round(entered - began, 1),
            "cleared_and_paid": round(cleared - entered, 1),
            "told_again": round(retold - cleared, 1),
            "made_anew": round(checked - retold, 1),
        },
    }


def main() -> int:
    """Prove as many auctions as asked for and the day, and write the result; exit with 1 if anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many auctions")
    parser.add_argument("--orders", type=int, default=ORDERS, help="how many orders the day has")
    parser.add_argument("--first", type=int, default=0, help="number of the first auction")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--hundredth", action="store_true", help="a hundredth of both")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    part = 100 if asked.hundredth else 1
    count, orders = asked.count // part, asked.orders // part
    tally, began = Tally(), time.process_time()
    for number in range(asked.first, asked.first + count):
        rng = np.random.default_rng([asked.seed, number])
        auction, some = random_auction(rng)
        tally.findings += [f"auction {number}: {one}" for one in wrong_in(auction, some, rng, tally.seen)]
    cpu_s = round(time.process_time() - began, 1)
    day = a_day(orders, asked.seed) if orders else {}
    if day and not (day["same_digest_again"] and day["same_digest_in_other_books"] and not day["findings_of_check"]):
        tally.findings.append("the day is not told alike")
    result = {
        "seed": asked.seed,
        "first": asked.first,
        "auctions": count,
        "of_which": dict(sorted(tally.seen.items())),
        "violations": len(tally.findings),
        "findings": tally.findings[:FINDINGS_SHOWN],
        "cpu_s": cpu_s,
        "day": day,
    }
    print(f"{count:,} auctions, {tally.seen['prices']:,} prices: {len(tally.findings)} violations.")
    print("\n".join(tally.findings[:FINDINGS_SHOWN]))
    path = write("prove_clearings", result, asked.results)
    print(f"At {datetime.now(UTC):%H:%M}: see {path.name}.")
    return int(bool(tally.findings))


if __name__ == "__main__":
    sys.exit(main())
