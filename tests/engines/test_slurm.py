"""A real Slurm, with slurmdbd and MariaDB, runs jobs; what ``sacct`` prints becomes readings."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qipan.kernel.time import Interval
from qipan.ledger.sources.slurm import COLUMNS, read, read_map

pytestmark = pytest.mark.engine

PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sacct", "sacctmgr")
HOST = socket.gethostname()
MAP = b"""
zone: UTC
period_s: 10
pools:
  - { cluster: real, partition: main, resource: gres/gpu, allocated: given, used: used, queued: waited }
"""
SLURM = """
ClusterName=real
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.s
SlurmUser=root
SlurmdUser=root
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/d.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/d.log
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={folder}/munge.s
AccountingStorageTRES=gres/gpu,gres/gpu:sim
JobAcctGatherType=jobacct_gather/none
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={node} CPUs=2 Gres=gpu:sim:4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
DBD = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.s
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
LogFile={folder}/dbd.log
PidFile={folder}/dbd.pid
StorageType=accounting_storage/mysql
StorageUser=root
StorageLoc=slurm
"""

Ask = Callable[..., str]


def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come to be within a minute.")
        time.sleep(0.3)


def listens(number: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", number)) == 0


def need_programs() -> None:
    """Skip where a program is missing; on the build machine that is a failure."""
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if lacking or os.geteuid() != 0:
        told = f"{', '.join(lacking) or 'root'} is missing"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


def configure(folder: Path, names: Mapping[str, object]) -> None:
    """Write what the daemons read."""
    (folder / "slurm.conf").write_text(SLURM.format(**names))
    (folder / "slurmdbd.conf").write_text(DBD.format(**names))
    (folder / "slurmdbd.conf").chmod(0o600)
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    (folder / "gres.conf").write_text(f"AutoDetect=off\nNodeName=n1 Name=gpu Type=sim File={folder}/card[0-3]\n")
    for card in range(4):
        (folder / f"card{card}").touch()
    (folder / "key").write_bytes(secrets.token_bytes(64))
    (folder / "key").chmod(0o600)
    (folder / "state").mkdir()


@pytest.fixture(scope="module")
def slurm() -> Iterator[Ask]:
    """Start one cluster with accounting; return what calls its programs."""
    need_programs()
    # A socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="qipan-slurm-"))
    names = {"folder": folder, "host": HOST, "ctld": port(), "dbd": port(), "node": port()}
    configure(folder, names)
    environment = os.environ | {
        "SLURM_CONF": str(folder / "slurm.conf"),
        "MYSQL_UNIX_PORT": str(folder / "sql.s"),
        "TZ": "UTC",
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
    }

    def ask(*words: str) -> str:
        done = subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=30, env=environment, cwd=folder
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)

        def start(*words: str) -> None:
            log = stack.enter_context((folder / f"{words[0]}.out").open("wb"))
            child = subprocess.Popen(words, stdout=log, stderr=log, env=environment, cwd=folder)
            stack.callback(child.wait, 30)
            stack.callback(child.terminate)

        sockets = [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "log", "seed")]
        start("munged", "-F", "--force", f"--socket={folder}/munge.s", f"--key-file={folder}/key", *sockets)
        ask(
            "mariadb-install-db",
            "--no-defaults",
            "--user=root",
            f"--datadir={folder}/sql",
            "--auth-root-authentication-method=normal",
        )
        start(
            "mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={folder}/sql",
            f"--socket={folder}/sql.s",
            "--skip-networking",
        )
        until((folder / "sql.s").exists, "MariaDB")
        start("slurmdbd", "-D")
        until(lambda: listens(int(str(names["dbd"]))), "slurmdbd")
        if "real" not in ask("sacctmgr", "-nP", "list", "cluster", "format=cluster"):
            ask("sacctmgr", "-i", "add", "cluster", "real")
        start("slurmctld", "-D", "-c")
        until(lambda: listens(int(str(names["ctld"]))), "slurmctld")
        start("slurmd", "-D", "-N", "n1", "-c")
        until(lambda: "idle" in ask("sinfo", "-h", "-o", "%T"), "An idle node")
        yield ask


def test_real_accounting_becomes_readings(slurm: Ask) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    how = ("sbatch", "--parsable", "--output=/dev/null", "--partition=main")
    # The second wants more cards than the first leaves, and waits for it.
    for cards, command in ((3, "sleep 6"), (2, "srun --overlap sleep 4")):
        slurm(*how, "--ntasks=1", f"--gres=gpu:sim:{cards}", f"--wrap={command}")
    columns = (*COLUMNS, "ElapsedRaw", "State", "ConsumedEnergyRaw")
    since = began.strftime("%Y-%m-%dT%H:%M:%S")

    def accounting() -> str:
        return slurm("sacct", "--allusers", "--parsable2", f"--starttime={since}", f"--format={','.join(columns)}")

    until(lambda: accounting().count("|COMPLETED|") >= 4, "The end of both jobs")
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
