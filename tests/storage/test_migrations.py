"""The migrations and the stores' tables are the same, on SQLite here and on PostgreSQL in tests/engines."""

import importlib
import pkgutil

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

import qipan
from qipan.kernel.errors import EngineError
from qipan.storage.books import Books, Moment, metadata


def import_stores() -> list[str]:
    """Import every pillar's store, so that all tables are registered; return their names."""
    found = [
        module.name
        for module in pkgutil.walk_packages(qipan.__path__, "qipan.")
        if module.name.split(".")[2:3] == ["store"]
    ]
    for name in found:
        importlib.import_module(name)
    return found


def missing_operations(books: Books) -> str:
    """Return what a migration still has to do, as the body of its script; empty where nothing is missing."""
    with books.begin() as unit:
        context = MigrationContext.configure(
            unit.connection, opts={"compare_type": True, "compare_server_default": True, "render_as_batch": True}
        )
        wanted = produce_migrations(context, metadata)
    if wanted.upgrade_ops is None or wanted.upgrade_ops.is_empty():
        return ""
    return render_python_code(wanted.upgrade_ops, render_as_batch=True, render_item=render_moment)


def render_moment(_kind, item, _context):
    """Write our own type as what the engine knows, since scripts import nothing of Qipan."""
    return "sa.DateTime(timezone=True)" if isinstance(item, Moment) else False


@pytest.fixture
def books(tmp_path):
    with_file = Books(f"sqlite:///{tmp_path}/books.sqlite")
    yield with_file
    with_file.close()


def test_migrate_from_nothing_makes_exactly_the_tables_of_the_stores(books):
    stores = import_stores()
    assert {"qipan.observations.store", "qipan.log.store", "qipan.access.store"} <= set(stores)
    books.migrate()
    missing = missing_operations(books)
    assert not missing, f"Write a migration with these operations:\n{missing}"


def test_migrate_twice_changes_nothing(books):
    books.migrate()
    books.migrate()
    assert books.revision() == books.newest_revision()


def test_migrate_makes_the_folder(tmp_path):
    books = Books(f"sqlite:///{tmp_path}/new/folder/books.sqlite")
    assert not (tmp_path / "new").exists()
    books.migrate()
    assert books.revision() == books.newest_revision()
    books.close()


def test_migrate_keeps_check_and_key_names_of_the_convention(books):
    books.migrate()
    with books.read() as unit:
        inspector = sa.inspect(unit.connection)
        assert inspector.get_pk_constraint("quarantine")["name"] == "pk_quarantine"
        assert {one["name"] for one in inspector.get_unique_constraints("batch")} == {"uq_batch_source_digest"}
        assert inspector.get_foreign_keys("quarantine")[0]["name"] == "fk_quarantine_sequence_batch"


def test_migrate_refuses_books_of_a_newer_program(books):
    books.migrate()
    with books.begin() as unit:
        unit.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(EngineError) as caught:
        books.migrate()
    assert caught.value.code == "books_newer"
    assert "9999" in caught.value.message


def test_migrate_killed_half_way_leaves_nothing(books, monkeypatch):
    real = sa.Connection.execute

    def fail_late(connection, statement, *args, **kwargs):
        if "log_node" in str(statement):
            raise KeyboardInterrupt
        return real(connection, statement, *args, **kwargs)

    monkeypatch.setattr(sa.Connection, "execute", fail_late)
    with pytest.raises(KeyboardInterrupt):
        books.migrate()
    monkeypatch.undo()
    with books.read() as unit:
        assert sa.inspect(unit.connection).get_table_names() == []


def test_migrate_enters_the_names_of_every_release_for_who_had_them_last(books, monkeypatch):
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0007"))
    books.migrate()
    monkeypatch.undo()
    said = '{{"sites": [{{"meters": [{{"meter_id": "{}"}}]}}, {{}}], "sources": [{{"source_id": "s"}}]}}'
    releases = [("first", "2026-01-01", "m"), ("other", "2026-01-02", "m"), ("first", "2026-01-03", "n")]
    with books.begin() as unit:
        for fleet_id, day, meter_id in releases:
            row = {"fleet": fleet_id, "day": f"{day} 00:00:00.000000", "document": said.format(meter_id)}
            insert = "insert into fleet (fleet_id, released, digest, document) values (:fleet, :day, '', :document)"
            unit.execute(sa.text(insert), row)
    books.migrate()
    with books.read() as unit:
        rows = unit.execute(sa.text("select kind, name, fleet_id from fleet_name order by kind, name")).all()
    assert rows == [("meter", "m", "other"), ("meter", "n", "first"), ("source", "s", "first")]
