"""A member's orders, and the process that takes them killed at any moment: what was answered stands, once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.market.made import WEEK, Market, cover, later

from qipan.storage.books import Books

pytestmark = pytest.mark.slow

KILLS = 6
TAKER = """
import sys
from tests.market.made import Market, later, order
from qipan.storage.books import Books

market = Market(Books(sys.argv[1]))
for number in range(int(sys.argv[2]), 100_000):
    member, side = [("site", "sell"), ("firm", "buy")][number % 2]
    (answer,) = market.order(order(f"o-{number}", member, side, 1, 1200), at=later(number))
    print(number, answer.entered.digest, answer.entered.state, len(answer.trades), flush=True)
"""


def test_orders_that_were_answered_outlive_the_process(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/books.sqlite"
    books = Books(address)
    books.migrate()
    market = Market(books)
    market.open()
    market.fund(10**10)
    market.order(cover("c", "site", 12))
    told: dict[int, list[str]] = {}
    first = 0
    for kill in range(KILLS):
        words = [sys.executable, "-c", TAKER, address, str(first)]
        child = subprocess.Popen(words, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(3 + kill):
            number, *answer = child.stdout.readline().split()
            told[int(number)] = answer
        child.send_signal(signal.SIGKILL)
        for line in child.communicate()[0].splitlines():
            number, *answer = line.split()
            if len(answer) == 3:
                told[int(number)] = answer
        # One that was not answered may stand or not; it is sent again, with all before it.
        first = max(0, max(told) - 2)
    market.begin_anew()
    with books.read() as unit:
        stands = {one.request_id: one for one in market.trading.requests(unit, WEEK.name)}
        trades = market.trading.trades(unit, WEEK.name)
    for number, (digest, state, count) in told.items():
        assert (stands[f"o-{number}"].digest, stands[f"o-{number}"].state) == (digest, state)
        assert int(count) == sum(
            f"o-{number}" in (one.buy_id, one.sell_id) for one in trades if one.at == later(number)
        )
    assert len(stands) - 1 - len(told) in {0, 1}
    assert market.check() == ()
    books.close()
