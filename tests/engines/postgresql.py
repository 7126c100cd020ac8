"""A real PostgreSQL server, on a Unix socket in a folder of its own: for tests, benchmarks and long proofs."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

START_S = 300
"""A server that recovers while others write to the same disk takes its time."""


class PostgreSQL:
    """One server; PostgreSQL refuses root, so there its programs run as its own OS user."""

    def __init__(self, programs: Path, folder: Path, owner: str) -> None:
        self.programs, self.folder, self.owner = programs, folder, owner
        self.data = folder / "data"

    def call(self, program: str, *words: object) -> None:
        """Run one of the server's programs, and fail with what it printed."""
        owned: dict[str, Any] = {"user": self.owner, "group": self.owner, "extra_groups": []} if self.owner else {}
        command = [str(self.programs / program), *map(str, words)]
        # A server that stays keeps what it was given as its output, so that of a pipe would have no end.
        with tempfile.TemporaryFile() as told:
            done = subprocess.run(
                command, check=False, stdout=told, stderr=told, cwd=self.folder, timeout=2 * START_S, **owned
            )
            told.seek(0)
            assert done.returncode == 0, told.read().decode()

    def make(self, database: str) -> None:
        """Make a cluster, start it, and make a database in it."""
        self.call("initdb", "-D", self.data, "-U", "qipan", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.start()
        self.call("createdb", "-h", self.folder, "-U", "qipan", database)

    def start(self) -> None:
        """Start it; no port is opened."""
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c timezone=Asia/Shanghai "
            "-c recovery_init_sync_method=syncfs"
        )
        words = ("-w", "-t", START_S, "-o", options)
        self.call("pg_ctl", "-D", self.data, "-l", self.folder / "log", *words, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; after ``immediate`` it must recover when it is started."""
        self.call("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """Send SIGKILL to the server and to all of its processes."""
        first = int((self.data / "postmaster.pid").read_text("utf-8").split()[0])
        # A server that is stopped forks nobody, so that none of its processes outlives it and keeps its memory.
        os.kill(first, signal.SIGSTOP)
        children = Path(f"/proc/{first}/task/{first}/children").read_text("utf-8").split()
        killed = [first, *map(int, children)]
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(map(_runs, killed)):
            time.sleep(0.01)
        # Where nobody collects the dead at once, a server that starts takes the one named here to be alive.
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)

    def address(self, database: str) -> str:
        """Return the address of a database for the books."""
        return f"postgresql://qipan@/{database}?host={self.folder}"


def lacking() -> str:
    """Return what is missing for a server on this machine; empty if nothing is."""
    if not _programs():
        return "PostgreSQL"
    if os.geteuid() == 0 and "postgres" not in {one.pw_name for one in pwd.getpwall()}:
        return "the OS user postgres"
    return ""


@contextmanager
def running(database: str = "books") -> Iterator[PostgreSQL]:
    """Start a server with an empty database; it is stopped, and all of it removed, at the end."""
    owner = "postgres" if os.geteuid() == 0 else ""
    # Not below a folder of root's: the server's user could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="qipan-pg-"))
    server = PostgreSQL(_programs()[-1].parent, folder, owner)
    try:
        if owner:
            shutil.chown(folder, owner, owner)
        server.make(database)
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder)


def _programs() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))


def _runs(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False
