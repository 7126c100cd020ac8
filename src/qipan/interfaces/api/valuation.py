"""What simulations of agreements and valuations of sites are told as: names and units as in Python."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from qipan.agreements.model.prospectus import Prospectus, Valuation
from qipan.agreements.model.simulation import Gain, Simulation
from qipan.agreements.sensitivity import by_rate_and_occupancy, one_at_a_time
from qipan.agreements.value import required_fen_per_unit, value
from qipan.agreements.waterfall import run_down
from qipan.bootstrap.files import read_prospectus
from qipan.interfaces.api.party import plain

RATE_STEPS: Final = tuple(map(Decimal, ("-0.01", "-0.005", "0", "0.005", "0.01")))
"""How far from its own discount rate the table looks."""
OCCUPANCIES: Final = tuple(map(Decimal, ("0.6", "0.7", "0.8", "0.9", "1")))
"""Occupancies that the table looks at."""


def told_simulation(agreement_id: str, found: Simulation) -> dict[str, Any]:
    """Return what each party gains, in fen, and the base prices at which nobody loses."""
    ranges = {"in_expectation": found.in_expectation, "in_every_scenario": found.in_every_scenario}
    return {
        "agreement": agreement_id,
        "is_rational": found.is_rational,
        "gains": [_gain(one) for one in found.gains],
        "base_price_fen_per_card_h": {
            name: {"least": prices.least_fen, "most": prices.most_fen, "is_empty": prices.is_empty}
            for name, prices in ranges.items()
        },
    }


def told_value(data: bytes, worth_fen: int | None) -> dict[str, Any]:
    """Value a prospectus and return it with its sensitivity and waterfall, in fen.

    Raises
    ------
    QipanError
        As `qipan.bootstrap.files.read_prospectus` and `qipan.agreements.value` say.
    """
    prospectus, structure = read_prospectus(data)
    found = value(prospectus)
    rates = [max(prospectus.discount_rate + step, Decimal(0)) for step in RATE_STEPS]
    told = _valuation(prospectus, found)
    moved = one_at_a_time(prospectus)
    told["sensitivity"] = {name: {"down_fen": low, "up_fen": high} for name, (low, high) in moved.items()}
    told["by_rate_and_occupancy"] = {
        "discount_rates": [float(rate) for rate in rates],
        "occupancies": [float(share) for share in OCCUPANCIES],
        "value_fen": by_rate_and_occupancy(prospectus, rates, OCCUPANCIES),
    }
    paid = run_down([max(one.cash_fen, 0) for one in found.flows], structure) if structure else ()
    told["waterfall"] = [{"year": one.year, **plain(part)} for one, part in zip(found.flows, paid, strict=False)]
    if worth_fen is not None:
        told["required"] = {"value_fen": worth_fen, "fen_per_unit": required_fen_per_unit(prospectus, worth_fen)}
    return told


def _gain(gain: Gain) -> dict[str, Any]:
    scenario, fen = gain.worst
    return {
        "party": gain.party,
        "is_rational": gain.is_rational,
        "expected_fen": plain(gain.expected_fen),
        "expected": plain(dict(gain.expected)),
        "worst": {"scenario": scenario, "fen": fen},
        "scenarios": plain({name: dict(parts) for name, parts in gain.by_scenario.items()}),
        "reasons": [plain(one) for one in gain.reasons],
    }


def _valuation(prospectus: Prospectus, found: Valuation) -> dict[str, Any]:
    ratio: Fraction | None = found.price_to_ffo
    return {
        "name": prospectus.name,
        "inputs": {
            one.name: {"value": plain(getattr(prospectus, one.name)), "source": prospectus.source(one.name)}
            for one in fields(prospectus)
            if one.name not in {"name", "sources"}
        },
        "value_fen": found.value_fen,
        "residual_fen": found.residual_fen,
        "price_fen": found.price_fen,
        "price_to_ffo": None if ratio is None else float(ratio),
        "years": [
            plain(one)
            | {
                "noi_fen": one.noi_fen,
                "cash_fen": one.cash_fen,
                "distribution_yield": plain(found.distribution_yields[one.year]),
            }
            for one in found.flows
        ],
    }
