"""Books: one unit of work is all or nothing, one writer at a time, errors in words.

Tests that ask for ``books`` also run on PostgreSQL, see tests/engines/test_postgresql.py.
"""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from qipan.kernel.errors import BadInputError, EngineError
from qipan.observations.store import BATCH, SERIES
from qipan.storage import books as books_module
from qipan.storage.books import Books, metadata

SERIES_ROW = {"series_id": "load", "name_en": "Load", "name_zh": "负荷", "unit": "MW", "source": "grid"}


@pytest.fixture
def books():
    in_memory = Books("sqlite://")
    with in_memory.begin() as unit:
        metadata.create_all(unit.connection)
    yield in_memory
    in_memory.close()


@pytest.fixture
def address(tmp_path):
    place = f"sqlite:///{tmp_path}/books.sqlite"
    with_file = Books(place)
    with_file.migrate()
    with_file.close()
    return place


def series_count(books):
    with books.read() as unit:
        return unit.execute(sa.select(sa.func.count()).select_from(SERIES)).scalar_one()


def fail_after(books, write):
    """Write in a unit of work that then fails."""
    with books.begin() as unit:
        write(unit)
        raise ZeroDivisionError


def test_begin_without_error_commits(books):
    with books.begin() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW)
    assert series_count(books) == 1


def test_begin_with_any_error_undoes_all(books):
    with pytest.raises(ZeroDivisionError):
        fail_after(books, lambda unit: unit.execute(sa.insert(SERIES), SERIES_ROW))
    assert series_count(books) == 0


def test_read_refuses_to_write(books):
    with pytest.raises(EngineError) as caught, books.read() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW)
    assert caught.value.code == "books_failed"
    assert series_count(books) == 0
    with books.begin() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW)
    assert series_count(books) == 1


def test_lock_with_two_threads_loses_no_update(books):
    with books.begin() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW | {"unit": "0"})

    def count_up():
        for _ in range(20):
            with books.begin() as unit:
                unit.lock("count")
                now = int(unit.execute(sa.select(SERIES.c.unit)).scalar_one())
                unit.execute(sa.update(SERIES).values(unit=str(now + 1)))

    threads = [threading.Thread(target=count_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with books.read() as unit:
        assert unit.execute(sa.select(SERIES.c.unit)).scalar_one() == "40"


def test_moment_written_in_another_zone_is_read_in_utc(books):
    eight = datetime(2017, 10, 9, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    row = {"previous": 0, "digest": "", "source": "", "kind": "", "rows": 0, "quarantined": 0, "received": eight}
    with books.begin() as unit:
        unit.execute(sa.insert(BATCH), row)
        found = unit.execute(sa.select(BATCH.c.received)).scalar_one()
    assert found == datetime(2017, 10, 9, 0, 0, 0, 123456, tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)


def test_moment_without_a_zone_is_refused(books):
    with pytest.raises(BadInputError) as caught, books.begin() as unit:
        unit.execute(sa.select(BATCH).where(BATCH.c.received < datetime(2017, 10, 9)))  # noqa: DTZ001 - the point
    assert caught.value.code == "time_naive"


def test_begin_with_a_foreign_key_of_nothing_fails(books):
    with pytest.raises(EngineError) as caught, books.begin() as unit:
        unit.execute(
            sa.insert(metadata.tables["quarantine"]),
            {"sequence": 7, "number": 1, "row": 1, "column": "", "rule": "", "message": "", "value": ""},
        )
    assert caught.value.code == "books_failed"


def test_begin_before_migration_says_what_to_run(tmp_path):
    books = Books(f"sqlite:///{tmp_path}/books.sqlite")
    with pytest.raises(EngineError) as caught, books.begin() as unit:
        unit.execute(sa.select(SERIES))
    books.close()
    assert caught.value.code == "books_not_migrated"
    assert caught.value.hint == "Run: qipan init"


def test_read_while_another_writes_sees_one_state(address):
    first, second = Books(address), Books(address)
    with first.read() as reading:
        assert reading.execute(sa.select(sa.func.count()).select_from(SERIES)).scalar_one() == 0
        with second.begin() as writing:
            writing.execute(sa.insert(SERIES), SERIES_ROW)
        assert reading.execute(sa.select(sa.func.count()).select_from(SERIES)).scalar_one() == 0
    assert series_count(first) == 1
    first.close()
    second.close()


def test_begin_while_another_writes_is_busy(address, monkeypatch):
    monkeypatch.setattr(books_module, "WAIT_S", 0.05)
    first, second = Books(address), Books(address)
    with first.begin(), pytest.raises(EngineError) as caught, second.begin():
        pass
    assert caught.value.code == "books_busy"
    first.close()
    second.close()


def test_begin_on_a_full_disk_says_so_and_keeps_what_was_there(address):
    books = Books(address)
    with books.begin() as unit:
        unit.execute(sa.insert(SERIES), SERIES_ROW)
        unit.execute(sa.text("pragma max_page_count = 1"))
    with pytest.raises(EngineError) as caught, books.begin() as unit:
        unit.execute(sa.insert(SERIES), [SERIES_ROW | {"series_id": f"{i:0200}"} for i in range(1000)])
    assert caught.value.code == "books_full"
    assert series_count(books) == 1
    books.close()


@pytest.mark.slow
@pytest.mark.parametrize("is_committed", [False, True])
def test_kill_keeps_exactly_what_was_committed(address, is_committed):
    program = f"""
import os, sqlalchemy as sa
from qipan.storage.books import Books
with Books({address!r}).begin() as unit:
    unit.execute(sa.text("insert into series values ('load', 'Load', '负荷', 'MW', 'grid')"))
    if not {is_committed}:
        os._exit(9)
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    books = Books(address)
    assert series_count(books) == int(is_committed)
    books.close()


def test_begin_in_a_missing_folder_is_unreachable(tmp_path):
    with pytest.raises(EngineError) as caught, Books(f"sqlite:///{tmp_path}/none/books.sqlite").begin():
        pass
    assert caught.value.code == "books_unreachable"


def test_begin_without_a_server_is_unreachable_and_hides_the_password():
    books = Books("postgresql://someone:secret@127.0.0.1:1/qipan")
    with pytest.raises(EngineError) as caught, books.begin():
        pass
    assert caught.value.code == "books_unreachable"
    assert "secret" not in caught.value.message
    assert books.is_shared


@pytest.mark.parametrize("address", ["mysql://host/name", "books.sqlite", ""])
def test_books_at_an_unknown_address_are_refused(address):
    with pytest.raises(BadInputError) as caught:
        Books(address)
    assert caught.value.code == "books_address_unknown"


def test_open_file_writes_ahead_and_syncs_fully(address):
    books = Books(address)
    with books.begin() as unit:
        pragmas = {
            name: unit.execute(sa.text(f"pragma {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    books.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_insert_many_rows_keeps_every_type_and_none_is_nothing(books):
    at = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    columns = ("previous", "digest", "source", "kind", "received", "rows", "quarantined")
    with books.begin() as unit:
        unit.insert(BATCH, columns, [(0, "棋\t\\\n'\"", f"s{number}", "", at, 2**62, number) for number in range(3)])
        unit.insert(BATCH, columns, [])
    with books.read() as unit:
        found = unit.execute(sa.select(BATCH).order_by(BATCH.c.quarantined)).all()
    assert [(row.digest, row.source, row.received, row.rows) for row in found] == [
        ("棋\t\\\n'\"", f"s{number}", at.astimezone(UTC), 2**62) for number in range(3)
    ]


def test_insert_many_rows_of_which_one_is_refused_is_told_and_undone(books):
    rows = [("load", "", "", "", ""), ("wind", "", "", "", ""), ("load", "", "", "", "")]
    with pytest.raises(EngineError) as caught, books.begin() as unit:
        unit.insert(SERIES, ("series_id", "name_en", "name_zh", "unit", "source"), rows)
    assert caught.value.code == "books_failed"
    assert series_count(books) == 0
