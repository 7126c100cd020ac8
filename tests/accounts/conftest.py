"""Books with a few assets and accounts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import pytest
from tests.accounts.made import ACCOUNTS, ASSETS, NOW

from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.log.service import Log
from qipan.storage.books import Books


@dataclass
class House:
    """The services and the clock of a test."""

    accounts: Accounts
    claims: Claims
    log: Log


@pytest.fixture
def house():
    log = Log()
    return House(Accounts(log), Claims(log), log)


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
def opened(books, house):
    """Return books with assets and accounts, and nothing posted."""
    with books.begin(caller="test") as unit:
        for asset in ASSETS:
            house.accounts.open_asset(unit, asset, NOW)
        for account in ACCOUNTS:
            house.accounts.open_account(unit, account, NOW)
    return books
