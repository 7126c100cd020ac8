"""Accounts on a real PostgreSQL: the same tests as on SQLite, and claims that race from several processes."""

import importlib.util
import inspect
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.accounts.conftest import house, opened
from tests.accounts.made import ASSETS, HOUR, NOW, move

from qipan.accounts.model.claim import Extent
from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.accounts.store.claim import CLAIM
from qipan.kernel.errors import EngineError
from qipan.log.service import Log

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parent.parent
RACERS = 4
CLAIMS = 400
UNITS = 20_000
__all__ = ["house", "opened"]


def again(file):
    """Return the tests of a module that stand on opened books, and its fixtures."""
    path = TESTS / file
    spec = importlib.util.spec_from_file_location(f"again_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = {}
    for name, one in vars(module).items():
        if type(one).__name__ == "FixtureFunctionDefinition":
            found[name] = one
        # What is refused before the engine is asked is the same on every engine.
        asks = name.startswith("test_") and "not_whole" not in name
        if asks and {"opened", "extent"} & set(inspect.signature(one).parameters):
            found[f"{path.stem}_{name.removeprefix('test_')}"] = one
    return found


globals().update(again("accounts/test_service.py"))
globals().update(again("accounts/test_claims.py"))

RACER = """
import random, sys
from datetime import datetime, timedelta
from qipan.accounts.model.claim import Claim
from qipan.accounts.service.claims import Claims
from qipan.accounts.store import claim as store
from qipan.kernel.errors import EngineError, RuleBrokenError
from qipan.log.service import Log
from qipan.storage.books import Books

address, racer, count, units, way = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
books, claims, chance = Books(address), Claims(Log()), random.Random(racer)
start = datetime.fromisoformat("2026-03-01T05:00:00+00:00")
won = 0
for number in range(count):
    first, hour = chance.randrange(units - 60), chance.randrange(4)
    until = start + timedelta(hours=hour + chance.randrange(1, 3))
    one = Claim(f"{racer}-{number}", "race", f"racer{racer}", "retired", first, first + chance.randrange(1, 60),
                start + timedelta(hours=hour), until, True)
    try:
        with books.begin() as unit:
            if way == "service":
                claims.claim(unit, [one], start)
            else:
                # No lock, no look: only the constraint stands between two racers.
                store.insert_claims(unit, [one], {"race": 1})
        won += 1
    except RuleBrokenError as error:
        assert error.code == "claim_overlaps", error.code
    except EngineError as error:
        # Two that wait for each other: the engine ends one of them.
        assert "ex_claim_once" in error.message or error.code == "books_busy", error.message
books.close()
print(won)
"""


@pytest.mark.parametrize("way", ["service", "engine_alone"])
def test_claims_that_race_from_processes_count_nothing_twice(postgresql, books, way):
    log = Log()
    with books.begin() as unit:
        for asset in ASSETS:
            Accounts(log).open_asset(unit, asset, NOW)
        extent = Extent("race", "a100@gui", UNITS, HOUR, datetime(2026, 3, 1, 11, tzinfo=UTC))
        assert Claims(log).open_extent(unit, extent, NOW)
    words = [sys.executable, "-c", RACER, postgresql.address("books")]
    racers = [
        subprocess.Popen([*words, str(racer), str(CLAIMS), str(UNITS), way], stdout=subprocess.PIPE)
        for racer in range(RACERS)
    ]
    told = [racer.communicate(timeout=300)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * RACERS
    won = sum(map(int, told))
    with books.read() as unit:
        rows = unit.execute(sa.select(CLAIM)).all()
        assert log.check(unit) == ()
    seen = set()
    for row in rows:
        hours = range(int((row.start - HOUR).total_seconds()) // 3600, int((row.end - HOUR).total_seconds()) // 3600)
        cells = {(one, hour) for one in range(row.unit_start, row.unit_end) for hour in hours}
        assert not cells & seen
        seen |= cells
    assert len(rows) == won
    assert 0 < won < RACERS * CLAIMS


def post_while_killed(postgresql, books, house, draft):
    """Post in a unit of work whose server is killed before it is committed."""
    with books.begin() as unit:
        house.accounts.post(unit, [draft], NOW)
        postgresql.stop()


def test_posting_killed_with_its_server_keeps_exactly_what_was_acknowledged(postgresql, opened, house):
    told = [move("first", "bank", "a", 1), move("second", "a", "b", 1)]
    with opened.begin() as unit:
        house.accounts.post(unit, told[:1], NOW)
    with pytest.raises(EngineError) as caught:
        post_while_killed(postgresql, opened, house, move("lost", "bank", "a", 7))
    postgresql.start()
    assert caught.value.code == "books_unreachable"
    with opened.begin() as unit:
        house.accounts.post(unit, told[1:], NOW)
    with opened.begin() as unit:
        assert [one.transfer_id for one in house.accounts.transfers(unit)] == [one.transfer_id for one in told]
        assert house.accounts.check(unit) == ()
        assert {one.value for one in house.accounts.post(unit, told, NOW)} == {"exists"}
