"""Books with an agreement that both parties have signed, and money to pay with."""

from __future__ import annotations

import shutil

import pytest
from tests.agreements.made import House

from qipan.storage.books import Books


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """Return the file of migrated books without a row."""
    path = tmp_path_factory.mktemp("empty") / "books.sqlite"
    made = Books(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture
def books(tmp_path, empty):
    shutil.copy(empty, tmp_path)
    with_file = Books(f"sqlite:///{tmp_path}/books.sqlite")
    yield with_file
    with_file.close()


@pytest.fixture
def house(books):
    """Return services with an agreement in force."""
    made = House(books)
    made.open()
    return made
