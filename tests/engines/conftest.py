"""Real servers for the tests, started by the fixtures and ended with them."""

import os

import pytest
import sqlalchemy as sa
from tests.engines.postgresql import lacking, running

from qipan.storage.books import Books, metadata


def missing(what):
    """Skip where a server is not installed; on the build machine that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} must be installed on the build machine.")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def postgresql():
    """Start a PostgreSQL server of Debian's package."""
    if what := lacking():
        missing(what)
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgresql):
    """Return books on PostgreSQL, migrated once."""
    made = Books(postgresql.address("books"))
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def books(migrated):
    """Return books on PostgreSQL without a row."""
    with migrated.begin() as unit:
        names = sa.inspect(unit.connection).get_table_names()
        tables = ", ".join(table.name for table in metadata.sorted_tables if table.name in names)
        unit.execute(sa.text(f"truncate {tables} restart identity cascade"))
    return migrated
