"""A day killed at any moment leaves nothing half done, and the next run brings everything up to date."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qipan.bootstrap.services import build, initialise
from qipan.settings import Settings
from qipan.workflows.request import DayRequest

pytestmark = pytest.mark.slow

NOW = datetime(2024, 6, 11, 4, 0, tzinfo=UTC)
JOBS = "job_id,submit,kind,quantity,requested_s,origin,tier\n" + "".join(
    f"j{i},2024-06-10T{i % 24:02d}:30:00+08:00,intelligent,1,3600,广东,batch\n" for i in range(200)
)


@pytest.mark.parametrize("share", [0.7, 0.85, 0.93, 1.0])
def test_run_killed_at_any_moment_is_whole_or_not_there(tmp_path: Path, share: float) -> None:
    settings = Settings(home=tmp_path / "home")
    initialise(settings, NOW)
    file = tmp_path / "jobs.csv"
    file.write_text(JOBS, encoding="utf-8")
    command = [str(Path(sys.executable).parent / "qipan"), "day", "run", "--jobs", str(file), "--json"]
    environment = os.environ | {"QIPAN_HOME": str(settings.home)}
    begun = time.monotonic()
    whole = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert whole.returncode == 0, whole.stderr.decode()
    lasted_s = time.monotonic() - begun

    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    time.sleep(lasted_s * share)
    child.send_signal(signal.SIGKILL)
    child.wait()

    services = build(settings)
    services.day.run(DayRequest(JOBS.encode(), "jobs.csv", "generic", seed=7), NOW)
    reports = services.day.reports()
    assert len(reports) in (2, 3)
    for report in reports:
        assert services.day.jobs(report["plan_id"]).total == report["jobs"] == 200
    with services.books.read() as unit:
        assert services.log.check(unit) == ()
        assert [leaf.kind for leaf in services.log.leaves(unit)].count("plan") == len(reports)
    services.books.close()
