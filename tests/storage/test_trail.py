"""The trail is in with its unit of work or not at all, and never changed; also run on PostgreSQL, see tests/engines."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from qipan.kernel.errors import EngineError
from qipan.storage.books import Books
from qipan.storage.trail import TRAIL, record_action

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def books(tmp_path):
    with_file = Books(f"sqlite:///{tmp_path}/books.sqlite")
    with_file.migrate()
    yield with_file
    with_file.close()


def rows(books):
    with books.read() as unit:
        return [tuple(row)[1:] for row in unit.execute(sa.select(TRAIL).order_by(TRAIL.c.entry_id))]


def test_record_action_keeps_who_asked_what_and_when(books):
    with books.begin(caller="user:li.wei") as unit:
        record_action(unit, "role_changed", "wang", NOW, role="viewer", why="假期")
    with books.begin() as unit:
        record_action(unit, "role_changed", 7, NOW)
    assert rows(books) == [
        (NOW, "user:li.wei", "role_changed", "wang", '{"role": "viewer", "why": "假期"}'),
        (NOW, "", "role_changed", "7", "{}"),
    ]


def fail_after_recording(books):
    with books.begin() as unit:
        record_action(unit, "role_changed", "wang", NOW)
        raise ZeroDivisionError


def test_record_action_undone_leaves_nothing(books):
    with pytest.raises(ZeroDivisionError):
        fail_after_recording(books)
    assert rows(books) == []


@pytest.mark.parametrize(
    "change", [sa.update(TRAIL).values(caller="nobody"), sa.delete(TRAIL)], ids=["update", "delete"]
)
def test_trail_refuses_to_be_changed(books, change):
    with books.begin(caller="user:li.wei") as unit:
        record_action(unit, "role_changed", "wang", NOW)
    with pytest.raises(EngineError) as caught, books.begin() as unit:
        unit.execute(change)
    assert "append-only" in caught.value.message
    assert [row[1] for row in rows(books)] == ["user:li.wei"]
