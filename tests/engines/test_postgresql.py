"""The books on a real PostgreSQL: the same tests as on SQLite, and what only a server can show.

Every test of the foundations that asks for the fixture ``books`` is run here again, with the ``books`` of conftest.py.
"""

import importlib.util
import inspect
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from qipan.kernel.errors import EngineError
from qipan.observations.store import SERIES
from qipan.storage import books as books_module
from qipan.storage.books import Books

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parent.parent
SERIES_ROW = {"series_id": "load", "name_en": "Load", "name_zh": "负荷", "unit": "MW", "source": "grid"}


def load(path):
    """Import a test module by its place; tests are no package."""
    name = f"again_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def again(module, folder):
    """Return the tests and fixtures of a module that stand on books, without its own ``books``."""
    found = {}
    for name, one in vars(module).items():
        if type(one).__name__ == "FixtureFunctionDefinition" and name != "books":
            found[name] = one
        if name.startswith("test_") and {"books", "unit"} & set(inspect.signature(one).parameters):
            found[f"test_{folder}_{name.removeprefix('test_')}"] = one
    return found


for folder, file in [
    ("books", "storage/test_books.py"),
    ("observations", "observations/test_service.py"),
    ("log", "log/test_service.py"),
    ("access", "access/test_service.py"),
    ("trail", "storage/test_trail.py"),
]:
    globals().update(again(load(TESTS / file), folder))

MIGRATIONS = load(TESTS / "storage/test_migrations.py")


def series_ids(books):
    with books.read() as unit:
        return unit.execute(sa.select(SERIES.c.series_id).order_by(SERIES.c.series_id)).scalars().all()


def test_migrate_on_a_server_makes_exactly_the_tables_of_the_stores(books):
    MIGRATIONS.import_stores()
    books.migrate()
    missing = MIGRATIONS.missing_operations(books)
    assert not missing, f"Write a migration with these operations:\n{missing}"
    assert books.revision() == books.newest_revision()


def test_begin_speaks_utc_whatever_the_server_does(books):
    with books.begin() as unit:
        assert unit.execute(sa.text("show timezone")).scalar_one() == "UTC"
    assert books.is_shared


def write_while_killed(postgresql, books):
    """Write in a unit of work whose server is killed before it ends."""
    with books.begin() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW | {"series_id": "lost"})
        postgresql.stop()
        unit.execute(sa.select(SERIES))


def test_begin_after_a_killed_server_loses_nothing_that_was_acknowledged(postgresql, books):
    with books.begin() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW)
    with pytest.raises(EngineError) as caught:
        write_while_killed(postgresql, books)
    postgresql.start()
    assert caught.value.code == "books_unreachable"
    assert series_ids(books) == ["load"]


def test_begin_of_two_that_wait_for_each_other_is_busy_for_one(books):
    met, codes = threading.Barrier(2), []

    def cross(first, second):
        try:
            with books.begin() as unit:
                unit.lock(first)
                met.wait()
                unit.lock(second)
        except EngineError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=cross, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["books_busy"]


def test_read_while_another_writes_sees_one_state(books):
    with books.read() as reading:
        assert reading.execute(sa.select(SERIES.c.series_id)).all() == []
        with books.begin() as writing:
            writing.execute(sa.insert(SERIES), SERIES_ROW)
        assert reading.execute(sa.select(SERIES.c.series_id)).all() == []
    assert series_ids(books) == ["load"]


def test_begin_on_a_database_that_is_not_there_is_unreachable(postgresql):
    books = Books(postgresql.address("none"))
    with pytest.raises(EngineError) as caught, books.begin():
        pass
    books.close()
    assert caught.value.code == "books_unreachable"


def test_begin_while_another_holds_the_lock_is_busy(books, monkeypatch):
    monkeypatch.setattr(books_module, "WAIT_S", 0.2)
    hurried = Books(books.engine.url.render_as_string(hide_password=False))
    with books.begin() as unit:
        unit.lock("log")
        with pytest.raises(EngineError) as caught, hurried.begin() as other:
            other.lock("log")
    hurried.close()
    assert caught.value.code == "books_busy"
