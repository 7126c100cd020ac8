"""A table of substitutes from the command line: what runs on what, why, and that no engine is told wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

FLEET = """
fleet: models
name_en: Two models
zone: Asia/Shanghai
sites:
  - {site_id: coast, name_en: Coast, adcode: 310000, macro: east, lon_deg: 121.5, lat_deg: 31.2, pue: 1.25,
     pools: [{kind: intelligent, card_model: A, quantity: 16, it_kw_per_unit: 1}]}
  - {site_id: plateau, name_en: Plateau, adcode: 640000, macro: west, lon_deg: 105.2, lat_deg: 37.5, pue: 1.2,
     pools: [{kind: intelligent, card_model: B, quantity: 64, it_kw_per_unit: 0.2}]}
"""
JOBS = """job_id,submit,kind,card_model,quantity,requested_s,tier,origin,data_class,command
train,2026-06-01T08:00:00+08:00,intelligent,A,3,7200,offline,coast,free,true
chat,2026-06-01T09:00:00+08:00,intelligent,A,4,36000,batch,coast,province,true
"""

KUEUE = """
[sites.{name}]
engine = "kueue"
namespace = "n"
queue = "q"
image = "i"
resources = {{ intelligent = "nvidia.com/gpu" }}
"""


@pytest.fixture
def run(qipan: Qipan, trace: Callable[..., Path], tmp_path: Path) -> Callable[..., object]:
    """Run the day of two jobs on two models."""
    fleet = tmp_path / "models.yaml"
    fleet.write_text(FLEET)
    assert qipan("ledger", "import", "sites", fleet).exit_code == 0
    return lambda *words: qipan("day", "run", "--jobs", trace(JOBS.encode()), "--fleet", "models", *words)


def test_a_day_with_a_table_runs_work_on_substitutes_and_says_so(run, qipan: Qipan, tmp_path: Path) -> None:
    rows = tmp_path / "substitutes.csv"
    rows.write_text("kind,card_model,by_kind,by_card_model,units\nintelligent,A,intelligent,B,1.7\n")
    # Three A by 1.7 B are 5.1, and so six B, for two hours; the other job may not leave its province.
    told = shown(run("--substitutes", rows, "--json"))
    pair = {"kind": "intelligent", "card_model": "A", "by_kind": "intelligent", "by_card_model": "B"}
    assert told["substituted"] == [pair | {"jobs": 1, "asked_unit_h": 6.0, "held_unit_h": pytest.approx(12.0)}]
    assert told["substitutes_given"] == {"file": "substitutes.csv", "rows": 1, "asked": 1, "held": 1, "used": 1}
    assert told["scores"][0]["work_unit_h"] == pytest.approx({"intelligent": 6.0 + 40.0})
    assert told["scores"][0]["energy_kwh"] == pytest.approx(12.0 * 0.2 * 1.2 + 40.0 * 1.25)
    jobs = {one["job_id"]: one for one in shown(qipan("day", "jobs", told["plan_id"], "--json"))["rows"]}
    assert (jobs["train"]["on_substitute"], jobs["train"]["held_units"]) == (True, 6.0)
    assert (jobs["chat"]["on_substitute"], jobs["chat"]["held_units"]) == (False, 4.0)
    text = qipan("day", "show", told["plan_id"], "--lang", "en").output
    assert "Work on substitutes" in text
    assert "3, by 6" in " ".join(qipan("day", "jobs", "--lang", "en").output.split())
    why = shown(qipan("dispatch", "explain", "--job", "train", "--json"))
    assert (why["chosen"]["card_model"], why["chosen"]["units"]) == ("B", 6.0)
    assert [(one["card_model"], one["units"]) for one in why["alternatives"]] == [("A", 3.0)]
    assert "on 6 Intelligent B" in " ".join(
        qipan("dispatch", "explain", "--job", "train", "--lang", "en").output.split()
    )
    engines = tmp_path / "engines.toml"
    engines.write_text("".join(KUEUE.format(name=name) for name in ("coast", "plateau")))
    words = ("dispatch", "render", told["plan_id"], "--as", "kueue", "--to", tmp_path / "out", "--engines", engines)
    assert_refused(qipan(*words), 5, "substitutes_held", "in 1 jobs, first train")


def test_a_day_without_a_table_runs_what_is_asked_for(run) -> None:
    told = shown(run("--json"))
    assert (told["substituted"], told["substitutes_given"]) == ([], None)
    assert told["scores"][0]["energy_kwh"] == pytest.approx(46.0 * 1.25)


def test_a_day_refuses_a_broken_table(run, tmp_path: Path) -> None:
    rows = tmp_path / "substitutes.csv"
    rows.write_text("kind,card_model,by_kind,by_card_model,units\ncards,A,intelligent,B,0\n")
    assert_refused(run("--substitutes", rows), 3, "substitutes_unreadable", "cards", "units")


def test_a_table_that_matches_nothing_is_told_of(run, qipan: Qipan, tmp_path: Path) -> None:
    rows = tmp_path / "none.csv"
    rows.write_text(
        "kind,card_model,by_kind,by_card_model,units\nintelligent,Z,intelligent,B,1\nintelligent,A,intelligent,Z,1\n"
    )
    told = shown(run("--substitutes", rows, "--json"))
    assert told["substituted"] == []
    assert told["substitutes_given"] == {"file": "none.csv", "rows": 2, "asked": 1, "held": 0, "used": 0}
    text = " ".join(qipan("day", "show", told["plan_id"], "--lang", "zh").stdout.split())
    assert "替代表 none.csv：共 2 行" in text
