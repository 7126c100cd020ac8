"""Slurm clusters of Debian's packages with one accounting database, each started, killed and started again by tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sacct", "sacctmgr")
HOST = socket.gethostname()
PATIENCE_S = 240
LOG_LINES = 150
SLURM = """
ClusterName={name}
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
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=sched_interval=2,batch_sched_delay=0,bf_interval=2
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool
SlurmctldPidFile={at}/ctld.pid
SlurmdPidFile={at}/d.pid
SlurmctldLogFile={at}/ctld.log
SlurmdLogFile={at}/d.log
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={folder}/munge.s
AccountingStorageTRES=gres/gpu,gres/gpu:sim
JobAcctGatherType=jobacct_gather/none
GresTypes=gpu
NodeName={name}-n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={node} CPUs={cpus} Gres=gpu:sim:{cards} State=UNKNOWN
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


def port() -> int:
    """Return a free port below those that outgoing connections take: a daemon that starts again finds it free."""
    while True:
        number = 15000 + secrets.randbelow(10000)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something to be so; a machine that is busy is no defect, so the end is far."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come to be within {PATIENCE_S} s.")
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


class Daemons:
    """Processes in the foreground, with the environment that all of Slurm's programs get here."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.environment = os.environ | {
            "MYSQL_UNIX_PORT": str(folder / "sql.s"),
            "TZ": "UTC",
            "PATH": f"{os.environ['PATH']}:/usr/sbin",
        }

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a daemon that ends with the stack."""
        log = self.stack.enter_context((self.folder / f"{words[0]}.out").open("ab"))
        child = subprocess.Popen(words, stdout=log, stderr=log, env=self.environment | more, cwd=self.folder)
        self.stack.callback(child.wait, 30)
        self.stack.callback(child.terminate)
        return child

    def ask(self, *words: str, **more: str) -> str:
        """Run a program and return what it printed."""
        environment = self.environment | more
        done = subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=PATIENCE_S, env=environment, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


class Cluster:
    """One cluster of one node."""

    def __init__(self, name: str, daemons: Daemons, dbd: int, *, cards: int, cpus: int) -> None:
        self.name, self.daemons = name, daemons
        self.at = daemons.folder / name
        self.conf = self.at / "slurm.conf"
        self.shared = self.at / "shared"
        self.ctld = port()
        (self.at / "state").mkdir(parents=True)
        self.shared.mkdir()
        numbers = {"ctld": self.ctld, "dbd": dbd, "node": port(), "cards": cards, "cpus": cpus}
        self.conf.write_text(SLURM.format(name=name, host=HOST, folder=daemons.folder, at=self.at, **numbers))
        (self.at / "cgroup.conf").write_text("CgroupAutomount=no\n")
        files = f"NodeName={name}-n1 Name=gpu Type=sim File={self.at}/card[0-{cards - 1}]"
        (self.at / "gres.conf").write_text(f"AutoDetect=off\n{files}\n")
        for card in range(cards):
            (self.at / f"card{card}").touch()
        self.running: list[subprocess.Popen[bytes]] = []

    def ask(self, *words: str) -> str:
        """Run one of the cluster's commands."""
        return self.daemons.ask(*words, SLURM_CONF=str(self.conf))

    def start(self) -> None:
        """Start controller and node; what stood in the state is taken up again."""
        self.start_controller()
        self.start_node()

    def start_controller(self) -> None:
        """Start the controller alone, so that what stood in the state waits."""
        if self.name not in self.daemons.ask(
            "sacctmgr", "-nP", "list", "cluster", "format=cluster", SLURM_CONF=str(self.conf)
        ):
            self.ask("sacctmgr", "-i", "add", "cluster", self.name)
        self.running.append(self.daemons.start("slurmctld", "-D", SLURM_CONF=str(self.conf)))
        until(lambda: listens(self.ctld), "slurmctld")

    def start_node(self) -> None:
        """Start the node."""
        self.running.append(self.daemons.start("slurmd", "-D", "-N", f"{self.name}-n1", SLURM_CONF=str(self.conf)))
        until(self.is_up, f"The node of {self.name}")

    def is_up(self) -> bool:
        """Say whether the node answers; a star says that it does not."""
        told = self.ask("sinfo", "-h", "-o", "%T")
        return "*" not in told and any(word in told for word in ("idle", "mix", "alloc", "comp"))

    def jobs(self, states: str) -> list[str]:
        """Return the names of jobs in some states, as the queue says."""
        return self.ask("squeue", "--noheader", f"--states={states}", "--format=%j").split()

    def remember(self) -> None:
        """Have the controller keep its jobs as they stand: it forgets, when it dies, what was not kept."""
        since = time.time()
        job = self.ask("squeue", "--noheader", "--format=%A").split()[0]
        self.ask("scontrol", "update", f"JobId={job}", "Comment=kept")
        kept = self.at / "state/job_state"
        until(lambda: kept.exists() and kept.stat().st_mtime > since, "The controller's memory")

    def kill(self) -> None:
        """Kill the whole site at once: controller, node, and every job on it."""
        mark = f"SLURM_CONF={self.conf}".encode()
        # Whoever was being made while the others were killed is found the next time.
        while _kill(mark):
            time.sleep(0.05)
        for child in self.running:
            child.wait(30)
        self.running = []

    def describe(self) -> str:
        """Return what a person wants to know where a test failed."""
        columns = "JobIDRaw,JobName,State,ExitCode,Submit,Start,End"
        asked = (
            ("sinfo",),
            ("squeue", "--states=all"),
            ("sacct", "-X", "-D", "-P", "--allusers", "--starttime=now-1hour", f"--format={columns}"),
        )
        told = [f"--- {self.name}"]
        for words in asked:
            done = subprocess.run(
                ("timeout", "20", *words),
                capture_output=True,
                text=True,
                check=False,
                env=self.daemons.environment | {"SLURM_CONF": str(self.conf)},
            )
            told.append(f"{words[0]}: {done.stdout}{done.stderr}")
        told += (self.at / "ctld.log").read_text(errors="replace").splitlines()[-LOG_LINES:]
        return "\n".join(told)


def _kill(mark: bytes) -> int:
    """Kill each process with a mark in its environment; return how many there were."""
    killed = 0
    for process in [path for path in Path("/proc").iterdir() if path.name.isdigit()]:
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
        except (OSError, ProcessLookupError):
            continue
    return killed


class Slurm:
    """An installation: one accounting database, and the clusters that a test asks for."""

    def __init__(self, daemons: Daemons, dbd: int) -> None:
        self.daemons, self.dbd = daemons, dbd

    def cluster(self, name: str, *, cards: int = 4, cpus: int = 4, is_open: bool = True) -> Cluster:
        """Start a cluster; one that is not open has no node as yet."""
        made = Cluster(name, self.daemons, self.dbd, cards=cards, cpus=cpus)
        shutil.copy(self.daemons.folder / "slurmdbd.conf", made.at / "slurmdbd.conf")
        (made.at / "slurmdbd.conf").chmod(0o600)
        self.daemons.stack.callback(made.kill)
        made.start_controller()
        if is_open:
            made.start_node()
        return made


@pytest.fixture(scope="package")
def slurm() -> Iterator[Slurm]:
    """Start munge, MariaDB and slurmdbd; clusters are started by those who ask."""
    need_programs()
    # A socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="qipan-slurm-"))
    dbd = port()
    (folder / "slurmdbd.conf").write_text(DBD.format(folder=folder, host=HOST, dbd=dbd))
    (folder / "slurmdbd.conf").chmod(0o600)
    # slurmdbd looks for its own file beside the one that SLURM_CONF names.
    (folder / "slurm.conf").touch()
    (folder / "key").write_bytes(secrets.token_bytes(64))
    (folder / "key").chmod(0o600)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        daemons = Daemons(folder, stack)
        sockets = [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "log", "seed")]
        daemons.start("munged", "-F", "--force", f"--socket={folder}/munge.s", f"--key-file={folder}/key", *sockets)
        sql = ("--no-defaults", "--user=root", f"--datadir={folder}/sql")
        daemons.ask("mariadb-install-db", *sql, "--auth-root-authentication-method=normal")
        daemons.start("mariadbd", *sql, f"--socket={folder}/sql.s", "--skip-networking")
        until((folder / "sql.s").exists, "MariaDB")
        daemons.start("slurmdbd", "-D", SLURM_CONF=str(folder / "slurm.conf"))
        until(lambda: listens(dbd), "slurmdbd")
        yield Slurm(daemons, dbd)
