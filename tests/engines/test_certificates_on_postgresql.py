"""The registry of certificates on a real PostgreSQL: the same tests as on SQLite, and holders that race for Wh."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from tests.certificates.conftest import house
from tests.certificates.made import House, made, used

from qipan.certificates.model.request import Issue, Selection, Transfer

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parent.parent
RACERS = 4
REQUESTS = 40
__all__ = ["house"]


def again(file):
    """Return the tests of a module that stand on a registry."""
    path = TESTS / file
    spec = importlib.util.spec_from_file_location(f"again_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return {
        f"{path.stem}_{name.removeprefix('test_')}": one
        for name, one in vars(module).items()
        # Those that make books of their own make them on SQLite.
        if name.startswith("test_") and {"house", "empty"} & set(inspect.signature(one).parameters) == {"house"}
    }


globals().update(again("certificates/test_registry.py"))

RACER = """
import random, sys
from tests.certificates.made import NOW, House, made
from qipan.certificates.model.certificate import Granularity
from qipan.certificates.model.request import Allocate, Issue, Release, Retire, Selection, Transfer
from qipan.kernel.errors import QipanError
from qipan.storage.books import Books

address, racer, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
books, chance = Books(address), random.Random(racer)
house = House(books)
for number in range(count):
    name = f"{racer}-{number}"
    wh = chance.randrange(1, 30)
    request = chance.choice([
        Issue(name, "wind-1", (made(chance.randrange(1, 12), wh),)),
        Transfer(name, "west", "east", Selection(wh)),
        Transfer(name, "east", "west", Selection(wh)),
        Allocate(name, "east", "2026-03", Granularity.HOUR),
        Release(name, f"{chance.randrange(4)}-{chance.randrange(count)}"),
        Retire(name, "east", "east", Selection(wh)),
    ])
    for _ in range(chance.choice([1, 1, 2])):
        try:
            with books.begin() as unit:
                house.registry.send(unit, request, NOW)
        except QipanError as error:
            assert error.code != "claim_overlaps", error
books.close()
"""


def test_holders_that_race_issue_and_count_nothing_twice(postgresql, books):
    made_house = House(books)
    made_house.open()
    made_house.send(Issue("i", "wind-1", (made(0, 1000),)))
    made_house.send(Transfer("t", "west", "east", Selection(300)))
    made_house.use(*(used(f"u{number}", number, 100) for number in range(12)))
    words = [sys.executable, "-c", RACER, postgresql.address("books")]
    racers = [subprocess.Popen([*words, str(racer), str(REQUESTS)], cwd=TESTS.parent) for racer in range(RACERS)]
    for racer in racers:
        racer.communicate(timeout=300)
    assert [racer.returncode for racer in racers] == [0] * RACERS
    assert made_house.check() == ()
    with books.read() as unit:
        requests = made_house.registry.requests(unit)
        holdings = made_house.registry.holdings(unit)
    assert len({one.request_id for one in requests}) == len(requests) > 10
    units = [(one.part.issuance_id, wh) for one in holdings for wh in range(one.part.unit_start, one.part.unit_end)]
    assert len(units) == len(set(units))
    issued = sum(one.wh for one in requests if one.kind == "issue")
    assert len(units) == issued == -made_house.balance("registry/gec")
