"""The services of the market are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.criteria import limits_of
from qipan.bootstrap.services import Maker
from qipan.market.service.balancing import Balancing
from qipan.market.service.bank import Bank
from qipan.market.service.clearing import Clearing
from qipan.market.service.compute_audit import ComputeAudit
from qipan.market.service.delivery import Deliveries
from qipan.market.service.insurance import Insurance
from qipan.market.service.leasing import Leasing
from qipan.market.service.margin import Margins
from qipan.market.service.monitoring import Monitoring
from qipan.market.service.nomination import Nominating
from qipan.market.service.spot import Spot
from qipan.market.service.trading import Trading
from qipan.market.service.voucher import Vouchers

MAKERS: Final[Mapping[str, Maker]] = {
    "trading": lambda services: Trading(services.log),
    "margins": lambda services: Margins(services.trading, services.accounts),
    "clearing": lambda services: Clearing(services.trading, services.margins, services.accounts, services.log),
    "vouchers": lambda services: Vouchers(services.trading, services.accounts, services.log),
    "spot": lambda services: Spot(
        services.trading, services.margins, services.vouchers, services.accounts, services.log
    ),
    "balancing": lambda services: Balancing(services.spot, services.vouchers, services.accounts, services.log),
    "nominating": lambda services: Nominating(services.trading, services.log),
    "deliveries": lambda services: Deliveries(services.trading, services.clearing, services.accounts, services.log),
    "compute_audit": lambda services: ComputeAudit(services.spot, services.accounts),
    "insurance": lambda services: Insurance(
        services.trading, services.clearing, services.deliveries, services.accounts, services.log
    ),
    "leasing": lambda services: Leasing(services.trading, services.accounts, services.log),
    "bank": lambda services: Bank(services.trading, services.accounts, services.log),
    "monitoring": lambda services: Monitoring(services.log, limits_of(services.catalog)),
}
