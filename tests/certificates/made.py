"""Devices, holdings and rows of use in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qipan.accounts.service.claims import Claims
from qipan.accounts.service.posting import Accounts
from qipan.certificates.model.certificate import Holding, Part, Production, State, Usage
from qipan.certificates.model.device import Device, Source
from qipan.certificates.service.registry import Registry
from qipan.kernel.errors import QipanError
from qipan.log.service import Log

NOW = datetime(2026, 5, 2, tzinfo=UTC)
MARCH = datetime(2026, 2, 28, 16, tzinfo=UTC)
"""First moment of March 2026 of UTC+8."""
HOUR = timedelta(hours=1)

WIND = Device("wind-1", "west", Source.WIND, "640500", 50_000_000, datetime(2024, 1, 1, tzinfo=UTC))
SUN = Device("sun-1", "south", Source.SOLAR, "640500", 2_000_000, datetime(2024, 1, 1, tzinfo=UTC))


def hour(number):
    """Return the start of the so-manieth hour of March."""
    return MARCH + number * HOUR


def made(number, wh, evidence="meter-1"):
    return Production(hour(number), hour(number + 1), wh, evidence)


def used(name, number, wh, consumer="east"):
    return Usage(name, consumer, hour(number), hour(number + 1), wh)


def held(issuance_id, wh, number=0, *, start=0, holder="west", bundle_id="", state=State.HELD):
    """Return a holding of Wh that were made in the so-manieth hour of March."""
    part = Part(issuance_id, start, start + wh)
    return Holding(part, holder, state, "wind-1", hour(number), hour(number + 1), f"c/{issuance_id}/{start}", bundle_id)


class House:
    """Services on books, one unit of work a call."""

    def __init__(self, books):
        self.books = books
        self.log = Log()
        self.accounts = Accounts(self.log)
        self.claims = Claims(self.log)
        self.registry = Registry(self.log, self.accounts, self.claims)

    def open(self):
        with self.books.begin(caller="test") as unit:
            for device in (WIND, SUN):
                assert self.registry.enter_device(unit, device, NOW)

    def use(self, *usages, at=NOW):
        with self.books.begin(caller="test") as unit:
            return self.registry.enter_usages(unit, usages, at)

    def send(self, request, at=NOW):
        with self.books.begin(caller="test") as unit:
            return self.registry.send(unit, request, at)

    def told(self, request, at=NOW):
        """Return Wh, how many things they are, and whether the request is new."""
        answer = self.send(request, at)
        return answer.entered.wh, answer.entered.count, answer.is_new

    def refused(self, request, at=NOW):
        """Return the code of a refusal; it must have left nothing behind."""
        before = self.everything()
        with pytest.raises(QipanError) as caught:
            self.send(request, at)
        assert self.everything() == before
        return caught.value.code

    def expire(self, at):
        with self.books.begin(caller="test") as unit:
            return self.registry.expire(unit, at)

    def held(self, holder=None, *states):
        """Return Wh by holder and state."""
        found = {}
        with self.books.read() as unit:
            for one in self.registry.holdings(unit, holder=holder, states=states or None):
                key = (one.holder, one.state.value)
                found[key] = found.get(key, 0) + one.wh
        return found

    def holdings(self, holder=None):
        with self.books.read() as unit:
            return self.registry.holdings(unit, holder=holder)

    def score(self, consumer, **more):
        with self.books.read() as unit:
            return self.registry.score(unit, consumer, **more)

    def balance(self, account_id):
        """Return what an account has over all months."""
        with self.books.read() as unit:
            found = self.accounts.balances(unit, [account_id])
        return sum(one.posted for one in found.values())

    def everything(self):
        with self.books.read() as unit:
            return self.log.head(unit), self.registry.holdings(unit), list(self.accounts.transfers(unit))

    def check(self):
        with self.books.read() as unit:
            return self.registry.check(unit) + self.accounts.check(unit) + self.log.check(unit)
