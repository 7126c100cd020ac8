"""Dump the books as they stand at one moment, while others write, and load a dump into empty books.

SQLite copies itself (``VACUUM INTO``), so nothing that was deleted lies in the copy; PostgreSQL is dumped and loaded by
its own programs, ``pg_dump`` and ``pg_restore``.

Source: SQLite, VACUUM; PostgreSQL, Backup and Restore, SQL Dump.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from qipan.kernel.errors import ConflictError, EngineError
from qipan.storage.books import Books


def dump(books: Books, file: Path) -> None:
    """Write books to a file that is not there yet.

    Raises
    ------
    EngineError
        ``books_program_missing``, ``books_program_failed``, or what `Books.read` says.
    """
    if books.is_shared:
        _call("pg_dump", books, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")
        return
    # VACUUM stands outside of transactions, which `Books` always opens.
    with books.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        try:
            raw.execute("PRAGMA query_only=OFF").close()
            raw.execute("VACUUM INTO ?", [str(file)]).close()
        except raw.Error as error:
            raise EngineError(
                f"The books must be dumped whole, was: {error}, in {books}.",
                code="books_program_failed",
                hint="Check the free disk space, and try again.",
            ) from error


def load(file: Path, books: Books) -> None:
    """Load a dump, whole or not at all, into books of the same engine in which nothing stands.

    Raises
    ------
    ConflictError
        ``books_taken`` when tables are there.
    EngineError
        As `dump`.
    """
    with books.read() as unit:
        found = sa.inspect(unit.connection).get_table_names()
    if found:
        raise ConflictError(
            f"Books must be empty before others are loaded into them, was {len(found)} tables, in {books}.",
            code="books_taken",
            hint="Name an empty database in QIPAN_BOOKS, or another folder in QIPAN_HOME.",
        )
    if books.is_shared:
        _call("pg_restore", books, "--single-transaction", "--no-owner", "--no-privileges", str(file))
        return
    database = books.engine.url.database
    assert database is not None
    books.close()
    shutil.copyfile(file, database)


def _call(program: str, books: Books, *words: str) -> None:
    """Run a program of PostgreSQL on books; the password goes by the environment, where other users cannot read it."""
    url = books.engine.url
    address = url.set(drivername="postgresql", password=None).render_as_string()
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    found = shutil.which(program)
    if found is None:
        raise EngineError(
            f"{program} must be installed to back up and restore books on PostgreSQL, was not found.",
            code="books_program_missing",
            hint="Install the client programs of PostgreSQL, as new as the server.",
        )
    done = subprocess.run(
        [found, f"--dbname={address}", "--no-password", *words],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | secret,
    )
    if done.returncode:
        told = done.stderr.strip().splitlines()
        raise EngineError(
            f"{program} must carry out what is asked, was: {told[0] if told else done.returncode}, in {books}.",
            code="books_program_failed",
            hint="Check that its version is not older than the server's, and that there is room on the disk.",
        )
