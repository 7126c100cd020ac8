"""What codes of the market, accounts, certificates and agreements are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from qipan.interfaces.report.words import mark

TENOR: Final[Mapping[str, str]] = MappingProxyType(
    {"hour": mark("hours"), "day": mark("days"), "week": mark("weeks"), "month": mark("months")}
)

MARK_RULE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "vwap": mark("mean of the trades of the closing hour"),
        "mid": mark("middle of bid and ask"),
        "spot": mark("mean of its hours on spot"),
        "plan": mark("price of the plan"),
        "carried": mark("mark of the longer book"),
    }
)

ENTRY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "standing": mark("Standing: trades what it can, the rest stands"),
        "immediate": mark("Immediate: trades what it can, the rest is cancelled"),
        "passive": mark("Passive: stands, and is refused where it would trade at once"),
    }
)

ORDER_STATE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "open": mark("open"),
        "filled": mark("filled"),
        "cancelled": mark("cancelled"),
        "rejected": mark("rejected"),
        "expired": mark("expired"),
    }
)


UNIT: Final[Mapping[str, str]] = MappingProxyType(
    {"milli-card-seconds": mark("milli-card-seconds"), "Wh": mark("Wh"), "kg": mark("kg")}
)

ACTION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "move": mark("moved"),
        "pending": mark("reserved"),
        "post": mark("posted"),
        "void": mark("released"),
        "lapse": mark("lapsed"),
        "expire": mark("expired"),
    }
)


CERTIFICATE_STATE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held": mark("held"),
        "allocated": mark("allocated"),
        "retired": mark("retired"),
        "expired": mark("expired"),
        "withdrawn": mark("withdrawn"),
    }
)

CERTIFICATE_REQUEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "issue": mark("issued"),
        "bundling": mark("bundled"),
        "transfer": mark("handed over"),
        "allocate": mark("allocated"),
        "release": mark("released"),
        "retire": mark("retired"),
        "withdraw": mark("withdrawn"),
        "expire": mark("expired"),
        "attest": mark("attested"),
        "audit": mark("audited"),
        "revoke": mark("revoked"),
        "budget": mark("budget made"),
        "match": mark("delivery matched"),
        "declare": mark("emissions declared"),
        "surrender": mark("quota surrendered"),
        "sell": mark("quota sold"),
    }
)

SOURCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "wind": mark("wind"),
        "solar": mark("solar"),
        "biomass": mark("biomass"),
        "geothermal": mark("geothermal"),
        "ocean": mark("ocean"),
        "hydro": mark("hydro"),
    }
)

GREEN_MEASURE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "green_share": mark("green share by the month"),
        "hourly_share": mark("green share by the hour"),
        "pue": mark("PUE"),
    }
)


POOL: Final[Mapping[str, str]] = MappingProxyType(
    {"rent": mark("congestion rent"), "green_premium": mark("green premium"), "enclave": mark("enclave")}
)

COMPONENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "compute": mark("compute at the base price"),
        "index": mark("index"),
        "limits": mark("floor and cap"),
        "take_or_pay": mark("take-or-pay"),
        "rent": mark("congestion rent"),
        "green_premium": mark("green premium"),
        "fund": mark("industry-transfer fund"),
        "aid": mark("aid, modelled"),
    }
)
"""Components of a party's gain from an agreement."""

CASH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "income": mark("Income"),
        "electricity": mark("Electricity cost"),
        "operating": mark("Operating"),
        "noi": mark("NOI"),
        "capex": mark("Capex"),
        "cash": mark("Cash"),
        "distributed": mark("Distributed"),
    }
)

WATERFALL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inflow": mark("Inflow"),
        "fees": mark("Fees"),
        "senior": mark("Senior"),
        "reserve": mark("To reserve"),
        "junior": mark("Junior"),
        "residual": mark("Residual"),
        "senior_owed": mark("Senior owed"),
    }
)
