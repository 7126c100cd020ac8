"""What several services keep is checked together."""

from __future__ import annotations

from qipan.bootstrap.services import Services, Unit
from qipan.kernel.errors import Finding


def check_market(services: Services, unit: Unit) -> tuple[Finding, ...]:
    """Make all that the market keeps anew, from books to credit, and hold it against what is kept.

    Auctions have a check of their own, `SpotClearing.check`.
    """
    parts = (
        services.trading,
        services.clearing,
        services.nominating,
        services.deliveries,
        services.compute_audit,
        services.insurance,
        services.leasing,
        services.bank,
    )
    return tuple(finding for part in parts for finding in part.check(unit))
