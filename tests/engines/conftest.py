"""Real servers for the tests, started by the fixtures and ended with them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from qipan.storage.books import Books, metadata


def missing(what):
    """Skip where a server is not installed; on the build machine that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} must be installed on the build machine.")
    pytest.skip(f"{what} is not installed")


class PostgreSQL:
    """One server of its own, on a Unix socket in a folder of its own."""

    def __init__(self, programs, folder, owner):
        self.programs, self.folder, self.owner = programs, folder, owner
        self.data = folder / "data"

    def call(self, program, *arguments):
        """Run one of the server's programs as its own OS user; PostgreSQL refuses root."""
        as_owner = {"user": self.owner, "group": self.owner, "extra_groups": []} if self.owner else {}
        command = [self.programs / program, *arguments]
        done = subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            timeout=60,
            **as_owner,
        )
        assert done.returncode == 0, done.stdout.decode()

    def make(self):
        """Make an empty cluster."""
        self.call("initdb", "-D", self.data, "-U", "qipan", "-A", "trust", "-E", "UTF8", "--no-locale")

    def start(self):
        """Start it; no port is opened."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c timezone=Asia/Shanghai"
        self.call("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-o", options, "start")

    def stop(self, mode="immediate"):
        """Stop it; ``immediate`` is a kill, from which it recovers when started."""
        self.call("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def address(self, database):
        """Return the address of a database for the books."""
        return f"postgresql://qipan@/{database}?host={self.folder}"


@pytest.fixture(scope="session")
def postgresql():
    """Start a PostgreSQL server of Debian's package."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        missing("PostgreSQL")
    owner = None
    if os.geteuid() == 0:
        owner = "postgres"
        if owner not in {one.pw_name for one in pwd.getpwall()}:
            missing("the OS user postgres")
    # Not below pytest's own folder: the server's user could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="qipan-pg-"))
    if owner:
        shutil.chown(folder, owner, owner)
    server = PostgreSQL(found[-1].parent, folder, owner)
    server.make()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated(postgresql):
    """Return books on PostgreSQL, migrated once."""
    postgresql.call("createdb", "-h", postgresql.folder, "-U", "qipan", "books")
    made = Books(postgresql.address("books"))
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def books(migrated):
    """Return books on PostgreSQL without a row."""
    with migrated.begin() as unit:
        names = sa.inspect(unit.connection).get_table_names()
        tables = ", ".join(table.name for table in metadata.sorted_tables if table.name in names)
        unit.execute(sa.text(f"truncate {tables} restart identity cascade"))
    return migrated
