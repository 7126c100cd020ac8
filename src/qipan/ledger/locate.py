"""Find where meters stand in a fleet."""

from __future__ import annotations

from collections.abc import Mapping

from qipan.ledger.model.fleet import Fleet, Registered


def meters_of(fleet: Fleet) -> Mapping[str, Registered]:
    """Return the meters of a fleet by their names, each with its site and pool."""
    found: dict[str, Registered] = {}
    for site in fleet.sites:
        pools = {pool.pool_id: pool for pool in site.pools}
        for meter in site.meters:
            found[meter.meter_id] = Registered(fleet, site, pools.get(meter.pool_id), meter)
    return found
