"""Say what pools used in the words of FOCUS 1.2, so that tools for cloud bills read it; nothing is priced.

Source: FOCUS 1.2, FinOps Open Cost and Usage Specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from qipan.kernel.resources import Kind
from qipan.kernel.time import zone
from qipan.ledger.model.figure import Supply
from qipan.ledger.model.fleet import Fleet, Pool, Site


class Form(StrEnum):
    """What a column of FOCUS holds."""

    TEXT = "text"
    QUANTITY = "quantity"
    MOMENT = "moment"
    TRUTH = "truth"


Row = Mapping[str, str | Decimal | datetime | bool | None]

SCALE: Final = 9
"""Figures behind the point of a quantity: a unit-second is 0.000277778 unit-hours."""

COLUMNS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "BilledCost": Form.QUANTITY,
        "BillingAccountId": Form.TEXT,
        "BillingAccountName": Form.TEXT,
        "BillingAccountType": Form.TEXT,
        "BillingCurrency": Form.TEXT,
        "BillingPeriodEnd": Form.MOMENT,
        "BillingPeriodStart": Form.MOMENT,
        "ChargeCategory": Form.TEXT,
        "ChargeClass": Form.TEXT,
        "ChargeDescription": Form.TEXT,
        "ChargeFrequency": Form.TEXT,
        "ChargePeriodEnd": Form.MOMENT,
        "ChargePeriodStart": Form.MOMENT,
        "ConsumedQuantity": Form.QUANTITY,
        "ConsumedUnit": Form.TEXT,
        "ContractedCost": Form.QUANTITY,
        "EffectiveCost": Form.QUANTITY,
        "InvoiceId": Form.TEXT,
        "InvoiceIssuerName": Form.TEXT,
        "ListCost": Form.QUANTITY,
        "PricingQuantity": Form.QUANTITY,
        "PricingUnit": Form.TEXT,
        "ProviderName": Form.TEXT,
        "PublisherName": Form.TEXT,
        "RegionId": Form.TEXT,
        "RegionName": Form.TEXT,
        "ResourceId": Form.TEXT,
        "ResourceName": Form.TEXT,
        "ResourceType": Form.TEXT,
        "ServiceCategory": Form.TEXT,
        "ServiceName": Form.TEXT,
        "ServiceSubcategory": Form.TEXT,
        "SubAccountId": Form.TEXT,
        "SubAccountName": Form.TEXT,
        "SubAccountType": Form.TEXT,
        "x_AllocatedQuantity": Form.QUANTITY,
        "x_CapacityQuantity": Form.QUANTITY,
        "x_CertifiedQuantity": Form.QUANTITY,
        "x_IsModelled": Form.TRUTH,
    }
)
"""Columns in their order; those with ``x_`` are ours."""

_SERVICE: Final = {
    Kind.INTELLIGENT: ("Compute", "Other (Compute)", "Intelligent compute", "Card-Hours"),
    Kind.GENERAL: ("Compute", "Other (Compute)", "General compute", "Core-Hours"),
    Kind.SUPERCOMPUTING: ("Compute", "Other (Compute)", "Supercomputing", "Node-Hours"),
    Kind.STORAGE: ("Storage", "Other (Storage)", "Storage", "TB-Hours"),
}
"""Category, subcategory and name of the service, and the unit of its use."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pool stands; ``region_name`` is empty where nobody has said."""

    fleet: Fleet
    site: Site
    pool: Pool
    region_name: str = ""


def charge(one: Supply, place: Place, zone_name: str) -> Row | None:
    """Return what a pool used over a period as a row of FOCUS; ``None`` where no meter has told its use.

    The billing period is the civil month of the zone; costs are 0, since the ledger knows no prices.
    """
    if one.used_unit_h is None:
        return None
    fleet, site, pool = place.fleet, place.site, place.pool
    category, subcategory, service, unit = _SERVICE[one.kind]
    used, free = _quantity(one.used_unit_h), _quantity(0.0)
    month_start, month_end = _month(one.period.start, zone_name)
    return {
        **dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), free),
        "BillingAccountId": fleet.fleet_id,
        "BillingAccountName": fleet.name_en,
        "BillingAccountType": "Fleet",
        "BillingCurrency": "CNY",
        "BillingPeriodStart": month_start,
        "BillingPeriodEnd": month_end,
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": f"Use of pool {pool.pool_id} at {site.name_en}, not priced",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodStart": one.period.start,
        "ChargePeriodEnd": one.period.end,
        "ConsumedQuantity": used,
        "ConsumedUnit": unit,
        "InvoiceId": None,
        "InvoiceIssuerName": site.operator or fleet.name_en,
        "PricingQuantity": used,
        "PricingUnit": unit,
        "ProviderName": site.operator or fleet.name_en,
        "PublisherName": site.operator or fleet.name_en,
        "RegionId": site.adcode or None,
        "RegionName": place.region_name or None,
        "ResourceId": pool.resource_code or f"{fleet.fleet_id}/{site.site_id}/{pool.pool_id}",
        "ResourceName": pool.pool_id,
        "ResourceType": "Pool",
        "ServiceCategory": category,
        "ServiceName": service,
        "ServiceSubcategory": subcategory,
        "SubAccountId": site.site_id,
        "SubAccountName": site.name_en,
        "SubAccountType": "Site",
        "x_AllocatedQuantity": None if one.allocated_unit_h is None else _quantity(one.allocated_unit_h),
        "x_CapacityQuantity": _quantity(one.capacity_unit_h),
        "x_CertifiedQuantity": _quantity(one.certified_unit_h),
        "x_IsModelled": one.is_modelled,
    }


def _quantity(unit_h: float) -> Decimal:
    return Decimal(unit_h).quantize(Decimal(1).scaleb(-SCALE))


def _month(moment: datetime, zone_name: str) -> tuple[datetime, datetime]:
    """Return start and end of the civil month of a zone.

    Examples
    --------
    >>> [edge.isoformat() for edge in _month(datetime(2025, 12, 31, 16, tzinfo=UTC), "Asia/Shanghai")]
    ['2025-12-31T16:00:00+00:00', '2026-01-31T16:00:00+00:00']
    """
    first = moment.astimezone(zone(zone_name)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.astimezone(UTC), after.astimezone(UTC)
