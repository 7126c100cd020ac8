"""A real Slurm, with slurmdbd and MariaDB, runs jobs; what ``sacct`` prints becomes readings."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from qipan.kernel.time import Interval
from qipan.ledger.sources.slurm import COLUMNS, read, read_map

pytestmark = pytest.mark.engine

MAP = b"""
zone: UTC
period_s: 10
pools:
  - { cluster: real, partition: main, resource: gres/gpu, allocated: given, used: used, queued: waited }
"""


def test_real_accounting_becomes_readings(slurm) -> None:
    cluster = slurm.cluster("real", cpus=2)
    began = datetime.now(UTC).replace(microsecond=0)
    how = ("sbatch", "--parsable", "--output=/dev/null", "--partition=main")
    # The second wants more cards than the first leaves, and waits for it.
    for cards, command in ((3, "sleep 6"), (2, "srun --overlap sleep 4")):
        cluster.ask(*how, "--ntasks=1", f"--gres=gpu:sim:{cards}", f"--wrap={command}")
    columns = (*COLUMNS, "ElapsedRaw", "State", "ConsumedEnergyRaw")
    since = began.strftime("%Y-%m-%dT%H:%M:%S")

    def accounting() -> str:
        return cluster.ask(
            "sacct", "--allusers", "--parsable2", f"--starttime={since}", f"--format={','.join(columns)}"
        )

    deadline = time.monotonic() + 60
    while accounting().count("|COMPLETED|") < 4:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    text = accounting()
    rows = [dict(zip(columns, line.split("|"), strict=True)) for line in text.splitlines()[1:]]
    jobs = [row for row in rows if "." not in row["JobIDRaw"]]
    assert len(jobs) == 2 < len(rows)

    first = began - timedelta(seconds=began.second % 10)
    readings = read(text.encode(), read_map(MAP), Interval(first, first + timedelta(seconds=120)))
    sums = {name: int(readings.value[readings.meter == place].sum()) for place, name in enumerate(readings.meter_ids)}
    elapsed_s = [int(row["ElapsedRaw"]) for row in jobs]
    assert sums["given"] == sums["used"] == 3 * elapsed_s[0] + 2 * elapsed_s[1]
    assert sums["given"] >= 3 * 6 + 2 * 4
    waited_s = [
        (datetime.fromisoformat(row["Start"]) - datetime.fromisoformat(row["Eligible"])).seconds for row in jobs
    ]
    assert sums["waited"] == 3 * waited_s[0] + 2 * waited_s[1]
    assert waited_s[1] >= 5
