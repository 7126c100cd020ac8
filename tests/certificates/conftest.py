"""Books with two devices."""

from __future__ import annotations

import shutil

import pytest
from tests.certificates.made import House

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
    """Return a registry with a wind farm and a solar plant."""
    made = House(books)
    made.open()
    return made
