from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.conftest import Qipan, assert_refused, shown

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
    assert [tier["unserved_unit_h"] for tier in told["tiers"]] == pytest.approx([0.0] * 4, abs=1e-6)


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


def test_schema_fits_the_example(qipan: Qipan) -> None:
    schema = json.loads(qipan("dispatch", "schema").stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(EXAMPLE.read_bytes()))


def test_volumes_tell_what_the_west_should_take_and_what_holds_the_rest(
    qipan: Qipan, trace: Callable[..., Path]
) -> None:
    file = (
        "job_id,submit,kind,quantity,requested_s,tier,origin,workload,data_class\n"
        "a,2025-01-06T00:00:00+08:00,intelligent,4,7200,batch,310000,training,free\n"
        "b,2025-01-06T01:00:00+08:00,intelligent,4,7200,offline,310000,rendering,free\n"
        "c,2025-01-06T02:00:00+08:00,intelligent,4,7200,batch,310000,training,region\n"
    )
    ran = shown(qipan("day", "run", "--jobs", trace(file.encode()), "--day", "2025-01-06", "--json"))
    told = shown(qipan("dispatch", "volumes", "--json"))
    assert (told["plan_id"], told["origin_macro"], told["site_macro"]) == (ran["plan_id"], "east", "west")
    assert told["rows"] == ran["volumes"]
    assert sum(row["asked_unit_h"] for row in told["rows"]) == 24.0
    assert [(row["workload"], row["data_class"], row["excluded_unit_h"]) for row in told["rows"]] == [
        ("training", "free", {}),
        ("training", "region", {"data_may_not_leave": 8.0}),
        ("rendering", "free", {}),
    ]
    english = qipan("dispatch", "volumes", told["plan_id"]).stdout
    assert "Of 24 card-hours that the east asks for, the west should take" in english
    assert "Not eligible, its data may not go there: 8" in english
    assert "承接" in qipan("dispatch", "volumes", "--lang", "zh").stdout
    assert_refused(qipan("dispatch", "volumes", "nobody"), 4, "plan_unknown")


def test_explain_tells_why_here_and_what_made_a_price(qipan: Qipan, trace: Callable[..., Path]) -> None:
    file = (
        "job_id,submit,kind,quantity,requested_s,tier,origin,data_class\n"
        "a,2025-01-06T00:00:00+08:00,intelligent,4,7200,batch,310000,free\n"
        "b,2025-01-06T00:00:00+08:00,intelligent,4,7200,batch,310000,region\n"
    )
    shown(qipan("day", "run", "--jobs", trace(file.encode()), "--day", "2025-01-06", "--json"))
    told = shown(qipan("dispatch", "explain", "--job", "a", "--json"))
    assert len(told["alternatives"]) == 3
    assert all(one["difference_fen"] > -1e-4 for one in told["alternatives"])
    bound = qipan("dispatch", "explain", told["plan_id"], "--job", "b").stdout
    assert "Not Zhongwei: its data may not go there" in bound
    assert "所在站点" in qipan("dispatch", "explain", "--job", "a", "--lang", "zh").stdout
    price = shown(qipan("dispatch", "explain", "--site", "zhongwei", "--slot", "3", "--json"))
    assert price["rows"][0]["binding"] == []
    assert "No limit binds" in qipan("dispatch", "explain", "--site", "zhongwei", "--slot", "3").stdout
    assert_refused(qipan("dispatch", "explain"), 3, "explanation_unclear")
    assert_refused(qipan("dispatch", "explain", "--site", "zhongwei"), 3, "explanation_unclear")
    assert_refused(qipan("dispatch", "explain", "--job", "c"), 4, "job_unknown")
