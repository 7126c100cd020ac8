"""``qipan dispatch expand``: a table for people in both languages, JSON for machines, refusals in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import Qipan, assert_refused, shown

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "expansion.json"


def test_expand_tells_what_is_built_and_what_else_would_cost(qipan: Qipan) -> None:
    told = shown(qipan("dispatch", "expand", EXAMPLE, "--gap", "1e-6", "--json"))
    assert told["gap"] <= 1e-6
    assert told["bound_fen"] <= told["plan"]["cost_fen"] * (1 + 1e-9)
    assert told["plan"]["cost_fen"] < told["followed"]["cost_fen"] < told["nothing"]["cost_fen"]
    assert told["plan"]["carbon_kg"][2] < told["nothing"]["carbon_kg"][2]
    options = {one["option_id"]: one for one in told["options"]}
    assert options["wind-nx"]["first_year"] == 2027
    assert options["land-nx"]["first_year"] == 2026
    assert options["land-nx"]["next_unit_worth_fen_per_year"] is None
    assert options["cards-gz"]["first_year"] is None
    assert options["cards-gz"]["standing"] == pytest.approx([0.0] * 3)
    assert options["link"]["first_unit_worth_fen_per_year"] > options["link"]["next_unit_worth_fen_per_year"]


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("wind plant", "gap", "options not built")), ("zh", ("风电场", "折现率", "影子价格"))]
)
def test_expand_prints_tables(qipan: Qipan, lang: str, words: tuple[str, ...]) -> None:
    done = qipan("dispatch", "expand", EXAMPLE, "--lang", lang, "--gap", "0.01")
    assert done.exit_code == 0
    for word in (*words, "2027", "Guangdong-Ningxia"):
        assert word in done.stdout


def test_expand_stops_when_time_is_up(qipan: Qipan) -> None:
    told = shown(qipan("dispatch", "expand", EXAMPLE, "--seconds", "0", "--json"))
    assert told["steps"] == 1
    assert told["gap"] > 0


def test_expand_reads_costs_from_the_facts_that_the_user_replaced(qipan: Qipan, tmp_path: Path) -> None:
    own = tmp_path / "facts.csv"
    own.write_text("fact_id,value\nexpansion/wind/capital,1000000\n", encoding="utf-8")
    told = shown(qipan("dispatch", "expand", EXAMPLE, "--gap", "0.01", "--json", QIPAN_FACTS=str(own)))
    wind = next(one for one in told["options"] if one["option_id"] == "wind-nx")
    assert wind["first_year"] is None


def test_expand_names_what_is_wrong_with_a_file(qipan: Qipan, tmp_path: Path) -> None:
    form = json.loads(EXAMPLE.read_bytes())
    form["options"][0]["moves"][0]["of"] = "nowhere"
    form["days"][0]["instance"]["sites"][0]["pue"] = 0.5
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(form), encoding="utf-8")
    assert_refused(qipan("dispatch", "expand", bad), 3, "expansion_bad", "days.0.instance.sites.0.pue")
    form["days"][0]["instance"] = "none.json"
    bad.write_text(json.dumps(form), encoding="utf-8")
    assert_refused(qipan("dispatch", "expand", bad), 4, "file_not_found", "none.json")


def test_schema_of_expansion_fits_the_example(qipan: Qipan) -> None:
    schema = json.loads(qipan("dispatch", "schema", "--of", "expansion").stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(EXAMPLE.read_bytes()))
