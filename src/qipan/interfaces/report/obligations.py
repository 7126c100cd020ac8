"""What codes of the market, accounts, certificates and agreements are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from qipan.interfaces.report.words import Words, mark
from qipan.kernel.places import Hub

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

RISK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "failure": mark("failed delivery"),
        "price_above": mark("price above the strike"),
        "price_below": mark("price below the strike"),
    }
)

LEASE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "proposed": mark("waits for the other side"),
        "current": mark("paid as agreed"),
        "behind": mark("behind"),
        "default": mark("in default"),
        "ended": mark("paid off"),
        "repossessed": mark("cards taken back"),
    }
)
"""How a lease stands."""

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


ASSET: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fen": mark("money"),
        "gec": mark("certificates, month by month"),
        "quota": mark("carbon quota"),
        "market-credit": mark("credit of the compute bank"),
    }
)
"""Assets that the house opens; others are called by their id."""

OWNER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "market": mark("clearing house"),
        "registry": mark("registry"),
        "statistics": mark("statistics"),
        "carbon-market": mark("carbon market"),
    }
)
"""Owners that the house keeps for itself; others are called by their name."""

PURPOSE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "issued": mark("source of what is issued"),
        "retired": mark("retired"),
        "expired": mark("expired"),
        "held": mark("held"),
        "allocated": mark("allocated"),
        "budget": mark("budget"),
        "settlement": mark("settlement"),
        "margin": mark("margin"),
        "margin_held": mark("margin held"),
        "fund": mark("default fund"),
        "clearing": mark("clearing"),
        "capital": mark("capital of the clearing house"),
        "delivery": mark("paid ahead for delivery"),
        "insurance": mark("insurance pool"),
        "credit": mark("credit of the compute bank"),
        "spot": mark("spot market"),
        "congestion_rent": mark("congestion rent"),
        "fees": mark("fees"),
        "carriers": mark("carriers"),
        "remainder": mark("what rounding leaves"),
        "uplift": mark("uplift"),
        "balancing": mark("balancing"),
        "vouchers": mark("compute vouchers"),
        "agreements": mark("agreements"),
        "industry_transfer_fund": mark("industry-transfer fund"),
        "statistics": mark("statistical memo"),
        "escrow": mark("escrow"),
        "rent": mark("congestion rent"),
        "reserved": mark("reserved to be used"),
        "used": mark("used"),
        "unused": mark("not used"),
        "passing": mark("on its way to holders"),
    }
)
"""What an account is for."""

REASON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "margin": mark("margin brought or taken back"),
        "initial_margin": mark("initial margin"),
        "variation_margin": mark("variation margin"),
        "default": mark("default waterfall"),
        "delivery_price": mark("paid ahead for delivery"),
        "delivery": mark("settlement of a delivery"),
        "insurance": mark("insurance"),
        "lease": mark("lease"),
        "compute_bank": mark("compute bank"),
        "compute_supplied": mark("compute supplied"),
        "compute_reserved": mark("compute reserved"),
        "compute_missed": mark("compute that did not come"),
        "compute_returned": mark("compute not supplied"),
        "compute_used": mark("compute used"),
        "compute_unused": mark("compute not used"),
        "compute_balanced": mark("compute balanced"),
        "spot": mark("spot auction"),
        "spot_bid": mark("held for a bid"),
        "spot_refund": mark("refund of downtime"),
        "spot_deviation": mark("deviation from the auction"),
        "voucher": mark("compute vouchers"),
        "agreement_bill": mark("bill of an agreement"),
        "industry_transfer_fund": mark("industry-transfer fund"),
        "share_rent": mark("shared congestion rent"),
        "share_green_premium": mark("shared green premium"),
        "share_enclave": mark("shared enclave output"),
        "enclave_tax": mark("tax of an enclave"),
        "enclave_income": mark("income of an enclave"),
        "enclave_cost": mark("cost of an enclave"),
        "enclave_loss": mark("loss of an enclave"),
        "enclave_memo": mark("statistical memo of an enclave"),
        "certificate_issued": mark("certificates issued"),
        "certificate_transfer": mark("certificates handed over"),
        "certificate_allocation": mark("certificates allocated"),
        "certificate_release": mark("certificates released"),
        "certificate_retirement": mark("certificates retired"),
        "certificate_withdrawal": mark("certificates withdrawn"),
        "certificate_expiry": mark("certificates expired"),
        "carbon_quota": mark("carbon quota"),
        "correction": mark("correction by a dispute"),
        "expired": mark("expired"),
        "lapsed": mark("lapsed"),
    }
)
"""What a transfer of the house is for; others keep their own word."""

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

ITEM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tax_fen": mark("Tax, yuan"),
        "income_fen": mark("Income, yuan"),
        "memo_fen": mark("Output as statistics count it, yuan"),
        "cost_fen": mark("Cost, yuan"),
        "loss_fen": mark("Loss, yuan"),
        "land_m2": mark("Land, m²"),
        "energy_wh": mark("Energy, Wh"),
        "data_bytes": mark("Data, bytes"),
    }
)
"""What an event of an enclave has amounts of."""

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

INPUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fen_per_unit": mark("price of a unit"),
        "occupancy": mark("occupancy"),
        "growth": mark("growth of prices"),
        "electricity": mark("price of electricity"),
        "noi_margin": mark("NOI margin"),
        "operating_fen_per_year": mark("operating cost"),
        "capex_fen_per_year": mark("yearly capex"),
        "capex_fen": mark("renewals"),
        "residual_fen": mark("residual value"),
        "discount_rate": mark("discount rate"),
    }
)
"""Inputs of a valuation that are moved one at a time."""

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


def hub_names(hubs: Iterable[Hub], words: Words) -> dict[str, str]:
    """Return what hubs are called in the language that is spoken, by their ids."""
    return {one.hub_id: one.name_zh if words.lang == "zh" else one.name_en for one in hubs}
