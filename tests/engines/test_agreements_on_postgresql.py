"""Agreements on a real PostgreSQL: the same tests as on SQLite, and trustees that race for one revenue."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from tests.agreements.conftest import house
from tests.agreements.made import MONTHS, House

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parent.parent
RACERS = 4
PLEDGES = 12
__all__ = ["house"]


def again(file):
    """Return the tests of a module that stand on an agreement."""
    path = TESTS / file
    spec = importlib.util.spec_from_file_location(f"again_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    # What drops a trigger of SQLite by its name is about SQLite.
    skipped = {"test_check_finds_a_bill_that_does_not_follow"}
    return {
        f"{path.stem}_{name.removeprefix('test_')}": one
        for name, one in vars(module).items()
        # Those that make books of their own make them on SQLite.
        if name.startswith("test_")
        and name not in skipped
        and {"house", "empty"} & set(inspect.signature(one).parameters) == {"house"}
    }


globals().update(again("agreements/test_service.py"))

RACER = """
import random, sys
from decimal import Decimal
from tests.agreements.made import MONTHS, NOW, House
from qipan.agreements.model.posted import Pledge
from qipan.kernel.errors import RuleBrokenError
from qipan.storage.books import Books

address, racer, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
books, chance = Books(address), random.Random(racer)
house = House(books)
for number in range(count):
    first = chance.randrange(0, 9)
    months = MONTHS[first], MONTHS[first + chance.randrange(1, 3)]
    share = Decimal(chance.randrange(1, 8)) / 10
    try:
        house.do(house.pledging.pledge, Pledge(f"p-{racer}-{number}", "sh-nx", f"h-{racer}", share, *months), NOW)
    except RuleBrokenError as error:
        assert error.code == "revenue_pledged", error
"""


def test_trustees_that_race_never_hold_one_part_twice(postgresql, books, house: House) -> None:
    words = [sys.executable, "-c", RACER, postgresql.address("books")]
    racers = [subprocess.Popen([*words, str(racer), str(PLEDGES)], cwd=TESTS.parent) for racer in range(RACERS)]
    assert [one.wait(timeout=300) for one in racers] == [0] * RACERS
    with books.read() as unit:
        pledges = house.pledging.pledges(unit, "sh-nx")
    assert len({one.holder for one in pledges}) > 1
    for month in MONTHS:
        assert sum(one.share for one in pledges if one.start <= month < one.end) <= 1
