"""Plans are submitted, shown and rendered from the command line; what cannot be is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import Qipan, assert_refused, shown

SLURM = """
[sites.{name}]
engine = "slurm"
conf = "none.conf"
folder = "none"
resources = {{ intelligent = "gres/gpu" }}
"""
DAY = ("--day", "2025-01-06", "--fleet", "national")
KUEUE = """
[sites.{name}]
engine = "kueue"
namespace = "n"
queue = "q"
image = "i"
resources = {{ intelligent = "nvidia.com/gpu" }}
"""


@pytest.fixture
def plan_id(qipan: Qipan, trace: Callable[..., Path]) -> str:
    """Plan some jobs of today."""
    now = datetime.now(UTC).isoformat()
    rows = [f"job-{number},{now},intelligent,1,600,interactive,110000,run {number},{now}" for number in range(4)]
    text = "job_id,submit,kind,quantity,requested_s,tier,origin,command,start_by\n" + "\n".join(rows) + "\n"
    report = shown(qipan("day", "run", "--jobs", trace(text.encode()), "--fleet", "national", "--json"))
    assert report["account"]["placed"] == 4
    return str(report["plan_id"])


@pytest.fixture
def engines(qipan: Qipan, plan_id: str, tmp_path: Path) -> Callable[[str], Path]:
    """Return what writes a file of engines for the sites of the plan."""
    names = {row["site_id"] for row in shown(qipan("day", "jobs", plan_id, "--json"))["rows"]}

    def write(form: str) -> Path:
        path = tmp_path / "engines.toml"
        path.write_text("".join(form.format(name=name) for name in sorted(names)))
        return path

    return write


def test_submit_enters_every_placed_job_once(qipan: Qipan, plan_id: str, engines) -> None:
    told = shown(qipan("dispatch", "submit", plan_id, "--engines", engines(SLURM), "--json"))
    assert (told["jobs"], told["open"], told["attempts"], told["is_over"]) == (4, 4, 0, False)
    assert shown(qipan("dispatch", "show", "--json")) == told
    assert "4 to run" in qipan("dispatch", "show").output
    assert_refused(qipan("dispatch", "submit", plan_id, "--engines", engines(SLURM)), 6, "plan_submitted", "once")
    site_id = told["sites"][0]["site_id"]
    assert "fenced" in qipan("dispatch", "fence", site_id).output
    assert shown(qipan("dispatch", "fence", site_id, "--lift", "--json"))["fenced"] is None
    assert shown(qipan("access", "trail", "--json"))


def test_render_writes_a_file_for_each_job(qipan: Qipan, plan_id: str, engines, tmp_path: Path) -> None:
    words = ("dispatch", "render", plan_id, "--as", "kueue", "--to", tmp_path / "out", "--engines")
    assert "4 files" in qipan(*words, engines(KUEUE)).output
    files = sorted((tmp_path / "out").iterdir())
    commands = [
        yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["containers"][0]["command"] for file in files
    ]
    assert sorted(command[-1] for command in commands) == ["run 0", "run 1", "run 2", "run 3"]
    assert shown(qipan(*words, engines(SLURM), "--json")) == {"written": [], "left_out": 4}


def test_what_cannot_be_carried_out_is_refused(qipan: Qipan, plan_id: str, engines, tmp_path: Path) -> None:
    submit = ("dispatch", "submit", plan_id, "--engines")
    assert_refused(qipan(*submit, engines(KUEUE)), 3, "engine_not_carried_out")
    (tmp_path / "bad.toml").write_text("[sites.nowhere]\nengine = 'pbs'\n")
    assert_refused(qipan(*submit, tmp_path / "bad.toml"), 3, "engines_invalid", "pbs")
    (tmp_path / "other.toml").write_text(SLURM.format(name="nowhere"))
    assert_refused(qipan(*submit, tmp_path / "other.toml"), 3, "orders_incomplete")
    assert_refused(qipan("dispatch", "follow", plan_id), 4, "plan_not_submitted")
    assert_refused(qipan("dispatch", "fence", "nowhere"), 4, "site_unknown")


def test_volumes_tell_what_the_west_should_take_and_what_holds_the_rest(
    qipan: Qipan, trace: Callable[..., Path]
) -> None:
    file = (
        "job_id,submit,kind,quantity,requested_s,tier,origin,workload,data_class\n"
        "a,2025-01-06T00:00:00+08:00,intelligent,4,7200,batch,310000,training,free\n"
        "b,2025-01-06T01:00:00+08:00,intelligent,4,7200,offline,310000,rendering,free\n"
        "c,2025-01-06T02:00:00+08:00,intelligent,4,7200,batch,310000,training,region\n"
    )
    ran = shown(
        qipan("day", "run", "--jobs", trace(file.encode()), "--day", "2025-01-06", "--fleet", "national", "--json")
    )
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
    assert "Not eligible, its data may not go west: 8" in english
    assert "承接" in qipan("dispatch", "volumes", "--lang", "zh").stdout
    assert_refused(qipan("dispatch", "volumes", "nobody"), 4, "plan_unknown")
    alone = shown(qipan("dispatch", "stand-alone", "--json"))
    assert alone["rows"] == ran["stand_alone"]
    shanghai = next(row for row in alone["rows"] if row["region_id"] == "310000")
    assert shanghai["asked_unit_h"] == {"intelligent": {"batch": 16.0, "offline": 8.0}}
    assert "regions pay no more than they would alone" in qipan("dispatch", "stand-alone").stdout
    assert "单独成本" in qipan("dispatch", "stand-alone", "--lang", "zh").stdout


def test_explain_tells_why_here_and_what_made_a_price(qipan: Qipan, trace: Callable[..., Path]) -> None:
    file = (
        "job_id,submit,kind,quantity,requested_s,tier,origin,data_class\n"
        "a,2025-01-06T00:00:00+08:00,intelligent,4,7200,batch,310000,free\n"
        "b,2025-01-06T00:00:00+08:00,intelligent,4,7200,batch,310000,region\n"
    )
    shown(qipan("day", "run", "--jobs", trace(file.encode()), *DAY, "--json"))
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
    alone = qipan("dispatch", "explain", "--site", "zhongwei")
    assert_refused(alone, 3, "explanation_unclear", "was of site zhongwei.")
    assert_refused(qipan("dispatch", "explain", "--job", "c"), 4, "job_unknown")
