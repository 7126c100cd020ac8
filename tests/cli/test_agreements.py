"""``qipan agreements``: who gains what before signing, in words and as JSON, and files that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import assert_refused, shown
from typer.testing import CliRunner, Result

from qipan.interfaces.cli.app import app

HEAD_AND_SLUMP = {"scena", "slump"}
PAGE = Path(__file__).resolve().parents[2] / "docs/agreements.md"


def block(name: str) -> str:
    """Return a file that the page shows."""
    return PAGE.read_text(encoding="utf-8").split(f":caption: {name}\n\n")[1].split("```")[0]


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"LANG": "C.UTF-8"})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    deal, courses = tmp_path / "sh-nx.toml", tmp_path / "courses.csv"
    deal.write_text(block(deal.name), encoding="utf-8")
    courses.write_text(block(courses.name), encoding="utf-8")
    return deal, courses


def simulated(files: tuple[Path, Path], *words: object) -> Result:
    return typed("agreements", "simulate", files[0], "--scenarios", files[1], *words)


def test_the_json_holds_every_scenario_and_the_range_of_prices(files) -> None:
    told = shown(simulated(files, "--json"))
    assert told["is_rational"] is True
    east, west = told["gains"]
    assert (east["party"], west["party"]) == ("310000", "640000")
    assert east["expected_fen"] == sum(east["expected"].values()) == 530_949_200
    assert west["scenarios"]["slump"]["rent"] == 0
    assert east["worst"] == {"scenario": "slump", "fen": sum(east["scenarios"]["slump"].values())}
    assert told["base_price_fen_per_card_h"]["in_expectation"]["least"] == 977
    assert told["base_price_fen_per_card_h"]["in_every_scenario"]["is_empty"] is True


def test_who_loses_is_told_why_in_both_languages(files) -> None:
    deal, courses = files
    deal.write_text(block("sh-nx.toml").replace("take_or_pay = 0.8", "take_or_pay = 1"), encoding="utf-8")
    courses.write_text("\n".join(line for line in block("courses.csv").splitlines() if line[:5] in HEAD_AND_SLUMP))
    english = simulated(files).output
    assert "310000 should not sign: it loses" in english
    assert "take-or-pay -" in english
    assert "640000 may sign" in english
    chinese = simulated(files, "--lang", "zh").output
    assert "310000 不宜签约" in chinese
    assert "照付不议" in chinese
    told = shown(simulated(files, "--json"))
    assert told["is_rational"] is False
    assert {"take_or_pay", "compute"} <= {one["component"] for one in told["gains"][0]["reasons"]}
    assert told["gains"][0]["reasons"][0]["scenarios"] == ["slump"]


def test_a_range_of_two_ends_is_told(files) -> None:
    files[0].write_text(block("sh-nx.toml").replace("cap_fen_per_card_h = 1_400", ""), encoding="utf-8")
    told = shown(simulated(files, "--json"))["base_price_fen_per_card_h"]["in_expectation"]
    words = f"Nobody loses in expectation at a base price of {told['least']:,} to {told['most']:,} fen a card-hour."
    assert words in simulated(files).output


def test_a_bad_agreement_is_refused_with_its_findings_and_the_file(files) -> None:
    files[0].write_text(block("sh-nx.toml").replace("640000 = 0.7", "640000 = 0.8"), encoding="utf-8")
    assert_refused(simulated(files), 3, "agreement_unreadable", "sh-nx.toml", "shares_unfit")


def test_bad_scenarios_are_refused(files) -> None:
    files[1].write_text(block("courses.csv").replace("steady,5", "steady,five"), encoding="utf-8")
    assert_refused(simulated(files), 3, "scenarios_unreadable", "courses.csv", "not_decimal")
    files[1].write_text(block("courses.csv").replace("2027-01,680000", "2027-01,920000"), encoding="utf-8")
    assert_refused(simulated(files), 5, "use_above_volume")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert_refused(simulated((tmp_path / "no.toml", tmp_path / "no.csv")), 4, "file_not_found", "no.toml")


CENTRE = PAGE.with_name("finance.md")


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    file = tmp_path / "centre.toml"
    text = CENTRE.read_text(encoding="utf-8").split(":caption: centre.toml\n\n")[1].split("```")[0]
    file.write_text(text, encoding="utf-8")
    return file


def test_a_valuation_as_json_adds_up(centre: Path) -> None:
    told = shown(typed("agreements", "value", centre, "--worth", 100_000_000_000, "--json"))
    assert told["inputs"]["units_per_year"] == {"value": 70_080_000, "source": "8,000 cards x 8,760 hours"}
    assert told["inputs"]["discount_rate"] == {"value": 0.08, "source": "assumed"}
    assert told["inputs"]["capex_fen"]["value"] == {"2031": 20_000_000_000}
    for year, paid in zip(told["years"], told["waterfall"], strict=True):
        assert year["cash_fen"] == paid["inflow_fen"]
        parts = ("fees_fen", "senior_fen", "reserve_fen", "junior_fen", "residual_fen")
        assert sum(paid[part] for part in parts) == paid["inflow_fen"]
    assert told["required"] == {"value_fen": 100_000_000_000, "fen_per_unit": 593}
    rows = told["by_rate_and_occupancy"]
    assert rows["discount_rates"] == [0.07, 0.075, 0.08, 0.085, 0.09]
    assert len(rows["value_fen"]) == 5
    assert told["sensitivity"]["fen_per_unit"]["down_fen"] < told["value_fen"]


def test_a_valuation_is_told_in_both_languages(centre: Path) -> None:
    english = typed("agreements", "value", centre, "--worth", 100_000_000_000).output
    for words in (
        "assumed",
        "Net present value: 1,293.26 million yuan",
        "at 593 fen a unit",
        "Waterfall",
        "owner pays",
    ):
        assert words in english
    chinese = typed("agreements", "value", centre, "--lang", "zh").output
    for words in ("净现值:1,293.26 百万元", "分配瀑布", "单项变动", "业主承担"):
        assert words in chinese


def test_a_bad_prospectus_is_refused(centre: Path) -> None:
    centre.write_text(centre.read_text(encoding="utf-8").replace("0.85 }", "1.85 }"), encoding="utf-8")
    assert_refused(typed("agreements", "value", centre), 3, "prospectus_unreadable", "centre.toml", "prospectus_unfit")
