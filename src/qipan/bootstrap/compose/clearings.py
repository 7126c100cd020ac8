"""The workflows of the clearing house are made: spot auctions that dispatch clears, and all that is due at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.services import Maker, Services
from qipan.dispatch.sources import links, reservations
from qipan.market.service.spot_audit import SpotAudit
from qipan.workflows.advance import Advancing, Offices
from qipan.workflows.clear_spot import SpotClearing
from qipan.workflows.deliver import Delivering


def _offices(services: Services) -> Offices:
    return Offices(
        trading=services.trading,
        clearing=services.clearing,
        spot_clearing=services.spot_clearing,
        nominating=services.nominating,
        deliveries=services.deliveries,
        delivering=services.delivering,
        insurance=services.insurance,
        vouchers=services.vouchers,
        leasing=services.leasing,
    )


MAKERS: Final[Mapping[str, Maker]] = {
    "spot_clearing": lambda services: SpotClearing(
        catalog=services.catalog,
        spot=services.spot,
        balancing=services.balancing,
        audit=SpotAudit(services.spot, services.vouchers, services.accounts, services.log),
        read_links=links.read,
    ),
    "delivering": lambda services: Delivering(services.deliveries, services.spot, services.day, reservations.write),
    "advancing": lambda services: Advancing(services.books, _offices(services)),
}
