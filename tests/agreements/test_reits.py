"""Two REITs on data centres: what the model reaches from what their filings published, and what that rests on.

The numbers are what the model gives; none was chosen to meet a final value.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from qipan.agreements.model.prospectus import Growth, Prospectus, Step
from qipan.agreements.sources.prospectus_toml import read
from qipan.agreements.value import required_fen_per_unit, value

PAGE = Path(__file__).resolve().parents[2] / "docs/finance.md"
MILLION_FEN = 10**8


def shown(name: str) -> Prospectus:
    """Return the prospectus of a REIT as the page shows it."""
    text = PAGE.read_text(encoding="utf-8").split(f":caption: {name}.toml\n\n")[1].split("```")[0]
    prospectus, _, findings = read(text.encode())
    assert findings == ()
    assert prospectus is not None
    return prospectus


@pytest.mark.parametrize(("name", "value_fen"), [("180901", 335_619_647_060), ("508060", 224_887_138_641)])
def test_the_page_shows_what_the_model_reaches(name: str, value_fen: int) -> None:
    assert value(shown(name)).value_fen == value_fen
    assert f"{value_fen / MILLION_FEN:,.2f} million yuan" in PAGE.read_text(encoding="utf-8")


def test_yields_of_the_first_are_those_published() -> None:
    found = value(shown("180901"))
    told = [f"{float(found.distribution_yields[year]):.2%}" for year in (2025, 2026, 2027)]
    assert told == ["7.71%", "6.42%", "6.42%"]
    assert 11.50 < found.price_to_ffo < 17.25


def test_the_first_needs_growth_of_two_percent_to_be_worth_its_filing() -> None:
    reit = shown("180901")

    def at(rate: str) -> int:
        return value(replace(reit, growth=(reit.growth[0], Growth(2027, Decimal(rate))))).value_fen

    assert at("0.021") < reit.offer_fen < at("0.022")


@pytest.mark.parametrize(("years", "millions"), [(10, 1882), (30, 3161), (50, 3449)])
def test_the_term_of_the_first_is_told_with_its_weight(years: int, millions: int) -> None:
    assert round(value(replace(shown("180901"), years=years)).value_fen / MILLION_FEN) == millions


def test_the_second_is_worth_its_first_filing_at_the_first_rate() -> None:
    at_eight = replace(shown("508060"), discount_rate=Decimal("0.08"))
    assert required_fen_per_unit(at_eight, 2_195 * MILLION_FEN) == at_eight.fen_per_unit


def test_what_is_assumed_of_the_second_moves_it_by_less_than_a_percent() -> None:
    reached = []
    for years in (30, 50):
        for first in (2030, 2035):
            at_eight = replace(
                shown("508060"), years=years, growth=(Growth(first, Decimal("0.02")),), discount_rate=Decimal("0.08")
            )
            price = required_fen_per_unit(at_eight, 2_195 * MILLION_FEN)
            lower = replace(
                at_eight, fen_per_unit=price, discount_rate=Decimal("0.078"), occupancy=(Step(2025, Decimal(1)),)
            )
            reached.append(value(lower).value_fen / MILLION_FEN)
    assert (round(min(reached)), round(max(reached))) == (2240, 2257)
