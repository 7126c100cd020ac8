"""Books with a few assets and accounts."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from tests.accounts.made import ACCOUNTS, ASSETS, NOW

from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.log.service import Log


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    """Let the machine stand in a zone that is neither UTC nor that of contracts."""
    with monkeypatch.context() as here:
        here.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


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


@pytest.fixture
def opened(books, house):
    """Return books with assets and accounts, and nothing posted."""
    with books.begin(caller="test") as unit:
        for asset in ASSETS:
            house.accounts.open_asset(unit, asset, NOW)
        for account in ACCOUNTS:
            house.accounts.open_account(unit, account, NOW)
    return books
