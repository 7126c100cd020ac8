from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import Qipan, assert_refused

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "instance.json"

# The kernels compile for half a minute on a fresh machine.
pytestmark = pytest.mark.slow


def test_solve_prints_a_certified_plan_and_where_its_energy_comes_from(qipan: Qipan) -> None:
    done = qipan("dispatch", "solve", EXAMPLE, "--gap", "1e-6", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["bound_fen"] <= told["cost_fen"] <= told["bound_fen"] * (1 + 1e-6)
    assert 0 <= told["gap"] <= 1e-6
    far = next(one for one in told["products"] if one["site"] == "nx")
    assert far["lmp_fen_per_unit_h"] == pytest.approx([48.0] * 3, abs=0.01)
    assert max(told["meters"][1]["renewable_kwh"]) == pytest.approx(6.0)
    assert all(
        lost == pytest.approx(0.0, abs=1e-6) for tier in told["tiers"] for lost in tier["unserved_unit_h"].values()
    )


def test_solve_stops_when_time_is_up_and_says_how_near_it_is(qipan: Qipan) -> None:
    done = qipan("dispatch", "solve", EXAMPLE, "--gap", "0", "--seconds", "0", "--lang", "zh")
    assert done.exit_code == 0
    assert "差距" in done.stdout
    assert "实时" in done.stdout


def test_solve_names_what_is_wrong_with_a_file(qipan: Qipan, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(EXAMPLE.read_bytes().replace(b'"pue": 1.25', b'"pue": 0.25'))
    assert_refused(qipan("dispatch", "solve", bad), 3, "instance_bad")
    assert_refused(qipan("dispatch", "solve", tmp_path / "none.json"), 4, "file_not_found")


def test_solve_tells_prices_by_site(qipan: Qipan) -> None:
    text = qipan("dispatch", "solve", EXAMPLE, "--gap", "1e-6").stdout
    assert "Prices, yuan/unit-hour" in text
    assert "Prices of every slot: --json" in text
    (row,) = (line.split() for line in text.splitlines() if line.strip().startswith("nx "))
    assert row[-3:] == ["0.48", "0.48", "0.48"]


def test_solve_sends_a_file_of_expansion_to_who_reads_it(qipan: Qipan) -> None:
    expansion = EXAMPLE.with_name("expansion.json")
    assert_refused(qipan("dispatch", "solve", expansion), 3, "instance_bad", "which `qipan dispatch expand` reads")
    assert_refused(qipan("dispatch", "expand", EXAMPLE), 3, "expansion_bad", "which `qipan dispatch solve` reads")


def test_schema_fits_the_example(qipan: Qipan) -> None:
    schema = json.loads(qipan("dispatch", "schema").stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(EXAMPLE.read_bytes()))
