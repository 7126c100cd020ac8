"""All compute that changed hands is made anew, from what books and auctions came to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from qipan.accounts.model.posting import Draft, Transfer
from qipan.accounts.service.posting import Accounts
from qipan.kernel.errors import Finding
from qipan.market.hand_over import COMPUTE, Handed, give, take_back
from qipan.market.hand_over_spot import balance, give_back, sell
from qipan.market.record import read_delivery
from qipan.market.service.handing import served_of
from qipan.market.service.spot import Spot
from qipan.market.store import delivery as deliveries
from qipan.market.store import spot as auctions
from qipan.storage.books import UnitOfWork


class ComputeAudit:
    """Holds all transfers of compute against what they rest on."""

    def __init__(self, spot: Spot, accounts: Accounts) -> None:
        self._spot = spot
        self._accounts = accounts

    def check(self, unit: UnitOfWork) -> tuple[Finding, ...]:
        """Make anew all compute that changed hands, and hold it against every transfer of compute.

        Rule: ``compute_differs``.
        """
        wanted = {draft.transfer_id: _told(draft) for handed in self._all(unit) for draft in handed.drafts}
        posted = {
            one.transfer_id: _told(one)
            for asset_id in self._accounts.assets(unit)
            if asset_id.startswith(COMPUTE)
            for one in self._accounts.transfers(unit, asset_id=asset_id)
        }
        return tuple(
            Finding(0, "transfer_id", "compute_differs", f"{name} must hand over what its book or auction says.", name)
            for name in sorted(wanted.keys() | posted.keys())
            if wanted.get(name) != posted.get(name)
        )

    def _all(self, unit: UnitOfWork) -> Iterator[Handed]:
        """Yield what changes hands by all books that are allocated and all auctions that are cleared."""
        done = deliveries.deliveries(unit)
        for name, allocation in deliveries.allocations(unit).items():
            served = served_of(unit, allocation)
            yield give(served)
            if name in done:
                yield take_back(served, read_delivery(done[name]))
        for name in self._spot.clearings(unit):
            outcome, refunds = self._spot.outcome(unit, name), auctions.refunds(unit, auction=name)
            yield sell(outcome)
            for one in refunds:
                yield give_back(outcome, one)
            deviation = auctions.deviation(unit, name)
            if deviation is not None:
                yield balance(outcome, refunds, json.loads(deviation)["delivered"])


def _told(one: Draft | Transfer) -> tuple[str, str, int, datetime | None]:
    return one.debit, one.credit, one.amount, one.period
