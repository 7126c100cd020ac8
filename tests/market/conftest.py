"""What tests of the market trade: one week of cards at one hub; and books with members who may trade it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from tests.market.made import Market

from qipan.market.model.contract import Instrument, Window
from qipan.storage.books import Books


@pytest.fixture
def week() -> Instrument:
    return Instrument("h100-80g", "ningxia", Window.named("2026-W10"))


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 2, 1, tzinfo=UTC)


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
def market(books):
    """Return a market with a site that has certified cards, two firms, and two books."""
    made = Market(books)
    made.open()
    return made
