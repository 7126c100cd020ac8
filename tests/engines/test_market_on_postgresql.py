"""The market on a real PostgreSQL: the same tests as on SQLite, and writers that race for one book."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from tests.market.conftest import market
from tests.market.made import WEEK, Market, cover

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parent.parent
RACERS = 4
ORDERS = 60
__all__ = ["market"]


def again(file):
    """Return the tests of a module that stand on a market."""
    path = TESTS / file
    spec = importlib.util.spec_from_file_location(f"again_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return {
        f"{path.stem}_{name.removeprefix('test_')}": one
        for name, one in vars(module).items()
        # Those that make books of their own make them on SQLite.
        if name.startswith("test_") and {"market", "empty"} & set(inspect.signature(one).parameters) == {"market"}
    }


globals().update(again("market/test_trading.py"))
globals().update(again("market/test_clearing.py"))
globals().update(again("market/test_delivery.py"))

RACER = """
import random, sys
from tests.market.made import NOW, order
from qipan.log.service import Log
from qipan.market.service.trading import Trading
from qipan.storage.books import Books

address, racer, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
books, trading, chance = Books(address), Trading(Log()), random.Random(racer)
for number in range(count):
    member, side = chance.choice([("firm", "buy"), ("bank", "buy"), ("site", "sell")])
    one = order(f"{racer}-{number}", member, side, chance.randrange(1, 3), chance.randrange(9, 12))
    for _ in range(chance.choice([1, 1, 2])):
        with books.begin() as unit:
            trading.send(unit, [one], NOW)
books.close()
"""


def test_writers_that_race_for_a_book_lose_nothing_and_sell_nothing_twice(postgresql, books):
    made = Market(books)
    made.open()
    made.send(cover("c", "site", 12))
    words = [sys.executable, "-c", RACER, postgresql.address("books")]
    racers = [subprocess.Popen([*words, str(racer), str(ORDERS)], cwd=TESTS.parent) for racer in range(RACERS)]
    for racer in racers:
        racer.communicate(timeout=300)
    assert [racer.returncode for racer in racers] == [0] * RACERS
    with books.read() as unit:
        requests = made.trading.requests(unit, WEEK.name)
        trades = made.trading.trades(unit, WEEK.name)
        assert made.trading.check(unit) == ()
        assert made.log.check(unit) == ()
    assert [one.number for one in requests] == list(range(1, RACERS * ORDERS + 2))
    assert {one.request_id for one in requests} == {"c"} | {
        f"{racer}-{number}" for racer in range(RACERS) for number in range(ORDERS)
    }
    assert 0 < sum(one.lots for one in trades) <= 12
