"""A file of a prospectus: read exactly, sources kept, and refused with everything that is wrong with it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qipan.agreements.model.prospectus import Electricity, Growth, Prospectus, Step, Timing
from qipan.agreements.model.waterfall import Structure, Tranche
from qipan.agreements.sources.prospectus_toml import read

TEXT = """
name = "a hall"
first_year = 2027
years = 10
unit = "card-hours"
units_per_year = 1_000_000
fen_per_unit = 1_000
occupancy = [{ from = 2027, share = 0.5 }, { from = 2028, share = "0.8" }]
growth = [{ from = 2029, rate = 0.02, every = 2 }]
electricity = { kwh_per_unit = 1, pue = 1.2, fen_per_kwh = 36, passed_through = true }
operating_fen_per_year = 5_000
operating_growth = 0.01
capex_fen_per_year = 300
capex_fen = { 2031 = 7_000 }
discount_rate = 0.08
residual_fen = 9
offer_fen = 1_000_000
payout = 0.9
timing = "middle"

[sources]
discount_rate = "filed"

[bond]
fees_fen = 5
reserve_fen = 1
reserve_target_fen = 10
senior = { principal_fen = 100, rate = 0.03, schedule_fen = [50, 50] }
"""


def test_a_prospectus_is_read_as_it_is_written() -> None:
    prospectus, structure, findings = read(TEXT.encode())
    assert findings == ()
    assert prospectus == Prospectus(
        name="a hall",
        first_year=2027,
        years=10,
        unit="card-hours",
        units_per_year=1_000_000,
        fen_per_unit=1_000,
        occupancy=(Step(2027, Decimal("0.5")), Step(2028, Decimal("0.8"))),
        growth=(Growth(2029, Decimal("0.02"), 2),),
        electricity=Electricity(Decimal(1), Decimal("1.2"), Decimal(36), is_passed_through=True),
        operating_fen_per_year=5_000,
        operating_growth=Decimal("0.01"),
        capex_fen_per_year=300,
        capex_fen={2031: 7_000},
        discount_rate=Decimal("0.08"),
        residual_fen=9,
        offer_fen=1_000_000,
        payout=Decimal("0.9"),
        timing=Timing.MIDDLE,
        sources={"discount_rate": "filed"},
    )
    assert structure == Structure(5, Tranche(100, Decimal("0.03"), (50, 50)), Tranche(0, Decimal(0), ()), 1, 10)
    assert (prospectus.source("discount_rate"), prospectus.source("years")) == ("filed", "assumed")


def test_one_occupancy_holds_for_all_years_and_there_may_be_no_bond() -> None:
    lines = TEXT.split("\n[bond]", maxsplit=1)[0].splitlines()
    text = "\n".join("occupancy = 0.7" if line.startswith("occupancy") else line for line in lines)
    prospectus, structure, findings = read(text.encode())
    assert (findings, structure) == ((), None)
    assert prospectus is not None
    assert prospectus.occupancy == (Step(2027, Decimal("0.7")),)


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [("years = 10", "years = 0", "years", "prospectus_unfit"), ("years = 10", "", "years", "key_missing"),
     ("years = 10", "jears = 10", "jears", "key_unknown"),
     ("share = 0.5", "share = 1.5", "occupancy", "prospectus_unfit"),
     ("share = 0.5", "part = 0.5", "occupancy[0].part", "key_unknown"),
     ("every = 2", "every = 0", "growth", "prospectus_unfit"), ("rate = 0.02", "", "", "file_not_toml"),
     ("{ 2031 =", "{ later =", "capex_fen.later", "not_a_year"),
     ("{ 2031 =", "{ 2041 =", "capex_fen", "prospectus_unfit"),
     ('timing = "middle"', 'timing = "dawn"', "timing", "timing_unknown"),
     ("passed_through = true", "passed_through = 1", "electricity.passed_through", "not_a_flag"),
     ("pue = 1.2", "pue = 0.2", "electricity", "prospectus_unfit"),
     ('discount_rate = "filed"', 'luck = "filed"', "sources.luck", "source_of_nothing"),
     ("[50, 50]", "[50, 60]", "bond.senior", "tranche_unfit"),
     ("[50, 50]", "[0.5]", "bond.senior.schedule_fen", "not_whole"),
     ("fees_fen = 5", "fees_fen = -5", "bond", "structure_unfit"),
     ("senior = {", "major = {", "bond.senior", "key_missing")],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(old: str, new: str, path: str, rule: str) -> None:
    assert old in TEXT
    *_, findings = read(TEXT.replace(old, new).encode())
    assert (path, rule) in [(one.column, one.rule) for one in findings]
