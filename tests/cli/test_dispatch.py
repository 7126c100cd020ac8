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
