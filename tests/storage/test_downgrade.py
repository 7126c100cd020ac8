"""Books are brought back to an older revision, whole or not at all."""

import pytest
import sqlalchemy as sa

from qipan.kernel.errors import NotFoundError, RuleBrokenError
from qipan.storage.books import Books
from qipan.storage.downgrade import downgrade

OLDER = "0023"


def schema(books: Books) -> list[tuple[str, str]]:
    with books.read() as unit:
        return [
            (row.name, row.sql) for row in unit.execute(sa.text("select name, sql from sqlite_master order by name"))
        ]


def test_downgrade_and_upgrade_leave_the_same_tables(books):
    before = schema(books)
    downgrade(books, OLDER)
    assert books.revision() == OLDER
    assert "market_lease_word" not in {name for name, _ in schema(books)}
    books.migrate()
    assert schema(books) == before


def test_downgrade_refuses_a_revision_behind_what_can_be_undone(books):
    with pytest.raises(NotFoundError, match="was 0012") as refused:
        downgrade(books, "0012")
    assert refused.value.code == "revision_unknown"
    assert books.revision() == books.newest_revision()


def test_downgrade_refuses_to_drop_rows_unasked_and_changes_nothing(books):
    before = schema(books)
    # A row without its lease and member: what counts is that it is there.
    connection = books.engine.raw_connection()
    try:
        connection.execute("pragma query_only = off")
        connection.execute("pragma foreign_keys = off")
        connection.execute("insert into market_lease_word values ('lease', 'member', '', '2026-01-01 00:00:00')")
        connection.commit()
        connection.execute("pragma foreign_keys = on")
    finally:
        connection.close()
    with pytest.raises(RuleBrokenError) as refused:
        downgrade(books, OLDER)
    assert refused.value.code == "migration_drops_rows"
    assert [(one.column, one.rule) for one in refused.value.findings] == [("market_lease_word", "dropped")]
    assert books.revision() == books.newest_revision()
    assert schema(books) == before
    downgrade(books, OLDER, drops=True)
    assert books.revision() == OLDER
