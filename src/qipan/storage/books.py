"""Books: what must never be lost or half done, in SQLite, or in PostgreSQL by one setting.

A door or a workflow opens one unit of work, `Books.begin`, and passes it down; it is committed whole or not at all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from qipan.kernel.errors import BadInputError, EngineError, QipanError
from qipan.kernel.time import in_utc

WAIT_S: Final = 30.0
"""How long a writer waits for its turn, in seconds."""

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)
"""Where every store registers its tables."""

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Type of a 64-bit number that the engine counts up; SQLite does so only for INTEGER."""

# Alembic's own table, apart from those of stores.
_KEPT_REVISION = sa.table("alembic_version", sa.column("version_num", sa.String))
_MIGRATIONS = Path(__file__).parent / "migrations"
_READ_ONLY = "qipan_read_only"
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_BUSY = {"40001", "40P01", "55P03"}
_FULL = {"53100"}
_NO_TABLE = {"42P01"}
_UNREACHABLE = ("08", "28", "3D", "57P")


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment, aware in Python and kept in UTC by every engine; one without a zone is refused (``time_naive``)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand the moment to the engine in UTC; SQLite keeps no zone."""
        if value is None:
            return None
        moment = in_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One open transaction of the books; services read and write through it and never commit.

    Attributes
    ----------
    caller
        Who asks for it, in the words of the door.
    """

    connection: sa.Connection
    caller: str = ""

    def execute(self, statement: sa.Executable, values: Any = None) -> sa.CursorResult[Any]:
        """Run one statement; a list of values runs it once for each."""
        return self.connection.execute(statement, values)

    def insert(self, table: sa.Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows at once, as fast as the engine takes them; PostgreSQL by COPY.

        Parameters
        ----------
        columns
            Their names, in the order of the values of a row.
        """
        dialect = self.connection.dialect
        made = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
        ready = [
            [value if make is None else make(value) for make, value in zip(made, row, strict=True)] for row in rows
        ]
        if not ready:
            return
        quoted = ", ".join(dialect.identifier_preparer.quote(name) for name in columns)
        into = f"{dialect.identifier_preparer.format_table(table)} ({quoted})"
        if dialect.name == "sqlite":
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {into} VALUES ({marks})"  # noqa: S608 - names of our own tables
            self.connection.exec_driver_sql(statement, [tuple(row) for row in ready])
            return
        cursor: Any = self.connection.connection.cursor()
        try:
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in ready:
                    copy.write_row(row)
        except dialect.loaded_dbapi.Error as error:
            # COPY goes past SQLAlchemy, its errors do not.
            raise sa.exc.DBAPIError.instance(into, None, error, dialect.loaded_dbapi.Error) from error
        finally:
            cursor.close()

    def lock(self, name: str) -> None:
        """Let one writer at a time pass here, until this unit of work ends.

        SQLite has one writer anyway; PostgreSQL takes an advisory lock of that name. What is read afterwards is what
        the writer before has committed, so numbers that must follow each other do.
        """
        if self.connection.dialect.name == "postgresql":
            key = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
            self.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


class Books:
    """The transactional store behind one address.

    Parameters
    ----------
    address
        ``sqlite:///PATH``, ``sqlite://`` (in memory) or ``postgresql://USER:PASSWORD@HOST/NAME``.
    caller
        Who asks, where one caller opens every unit of work.

    Raises
    ------
    BadInputError
        ``books_address_unknown`` when the address is of neither engine.
    EngineError
        ``driver_missing`` when PostgreSQL is asked for and its driver is not installed.

    Examples
    --------
    >>> books = Books("sqlite://")
    >>> books.migrate()
    >>> with books.begin() as unit:
    ...     unit.execute(sa.text("select 40 + 2")).scalar_one()
    42
    >>> books.revision() == books.newest_revision()
    True
    >>> books.close()
    """

    def __init__(self, address: str, *, caller: str = "") -> None:
        self.caller = caller
        url = _url(address)
        in_memory = url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}
        self.engine = _engine(url, in_memory=in_memory)
        # Books in memory have one connection, so one unit of work at a time.
        self._turn = threading.Lock() if in_memory else None

    @property
    def is_shared(self) -> bool:
        """Whether several machines may write to it at once."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self, *, caller: str | None = None) -> Iterator[UnitOfWork]:
        """Open one unit of work; it is committed at the end, and undone by any error.

        Parameters
        ----------
        caller
            Who asks; the caller of the books, if nobody is named.

        Raises
        ------
        EngineError
            ``books_unreachable``, ``books_busy``, ``books_full``, ``books_not_migrated``, ``books_failed``.
        """
        with self._open() as connection, connection.begin():
            yield UnitOfWork(connection, self.caller if caller is None else caller)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open one unit of work that sees one state of the books and can change nothing.

        Raises
        ------
        EngineError
            As `begin`; writing fails with ``books_failed``.
        """
        with self._open() as connection:
            options: dict[str, Any] = {_READ_ONLY: True}
            if self.is_shared:
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with connection.execution_options(**options).begin():
                yield UnitOfWork(connection)

    def migrate(self) -> None:
        """Bring the tables to the newest revision; all or nothing, and nothing when they are there already.

        Raises
        ------
        EngineError
            ``books_newer`` when the books were written by a newer Qipan, else as `begin`.
        """
        if self.engine.dialect.name == "sqlite" and self.engine.url.database:
            Path(self.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self.begin() as unit:
            unit.lock("migrate")
            with migrations(unit, str(self)) as (command, config):
                command.upgrade(config, "head")

    def revision(self) -> str | None:
        """Return the revision of the tables, ``None`` before the first migration."""
        with self.read() as unit:
            return kept_revision(unit)

    def newest_revision(self) -> str:
        """Return the revision that `migrate` leads to."""
        # Files of migrations begin with their revision and follow each other.
        return max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __str__(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def _open(self) -> Iterator[sa.Connection]:
        if self._turn is not None and not self._turn.acquire(timeout=WAIT_S):
            raise _busy(str(self))
        try:
            with self.engine.connect() as connection:
                yield connection
        except sa.exc.StatementError as error:
            # SQLAlchemy wraps what our own types refuse; it is told as it is.
            if isinstance(error.orig, QipanError):
                raise error.orig from None
            raise _translated(error, str(self)) from error
        finally:
            if self._turn is not None:
                self._turn.release()


def _url(address: str) -> sa.URL:
    try:
        url = sa.make_url(address)
        return url.set(drivername=_DRIVERS[url.get_backend_name()])
    except (sa.exc.ArgumentError, KeyError) as error:
        raise BadInputError(
            f"The address of the books must begin with sqlite:// or postgresql://, was {address.partition('://')[0]!r}.",
            code="books_address_unknown",
            hint="Write for example sqlite:////var/lib/qipan/books.sqlite.",
        ) from error


def _engine(url: sa.URL, *, in_memory: bool) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        try:
            # Every session speaks UTC and waits as long as on SQLite, whatever the server's defaults are.
            options = f"-c timezone=UTC -c lock_timeout={WAIT_S * 1000:.0f}"
            return sa.create_engine(url, pool_pre_ping=True, connect_args={"options": options})
        except ModuleNotFoundError as error:
            raise EngineError(
                "PostgreSQL needs its driver, was not installed.",
                code="driver_missing",
                hint="Install qipan[postgres].",
            ) from error
    arguments: dict[str, Any] = {"connect_args": {"timeout": WAIT_S, "check_same_thread": False}}
    engine = sa.create_engine(url, **arguments, **({"poolclass": StaticPool} if in_memory else {}))
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # The driver must not open transactions of its own: only then are BEGIN IMMEDIATE and transactional DDL ours.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    is_read_only = bool(connection.get_execution_options().get(_READ_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if is_read_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")


@contextmanager
def migrations(unit: UnitOfWork, books: str) -> Iterator[tuple[Any, Any]]:
    """Open the migrations on a unit of work: Alembic's commands, and the settings that they take.

    Raises
    ------
    EngineError
        ``books_newer`` when the books were written by a newer Qipan.
    """
    # Books are opened every day and migrated once: only this needs Alembic.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = unit.connection
    try:
        yield command, config
    except CommandError as error:
        raise EngineError(
            f"The books must be at a revision this Qipan knows, was {kept_revision(unit)}, in {books}.",
            code="books_newer",
            hint="Install the Qipan that wrote them, or a newer one.",
        ) from error


def kept_revision(unit: UnitOfWork) -> str | None:
    """Return the revision of the tables as a unit of work sees it, ``None`` before the first migration."""
    if not sa.inspect(unit.connection).has_table(_KEPT_REVISION.name):
        return None
    found: str | None = unit.execute(sa.select(_KEPT_REVISION.c.version_num)).scalar_one_or_none()
    return found


def _busy(books: str) -> EngineError:
    return EngineError(
        f"The books must be free within {WAIT_S:.0f} s, was busy, in {books}.",
        code="books_busy",
        hint="Try again; if it stays so, look for a program that holds them open.",
    )


def _translated(error: sa.exc.StatementError, books: str) -> EngineError:
    told = str(error.orig).strip()
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _BUSY or "database is locked" in told:
        return _busy(books)
    if state in _FULL or "disk is full" in told:
        return EngineError(
            f"The books must have room to write, was full, in {books}.",
            code="books_full",
            hint="Free some disk space; nothing that was acknowledged is lost.",
        )
    if state in _NO_TABLE or "no such table" in told:
        return EngineError(
            f"The books must hold Qipan's tables, was: {told}, in {books}.",
            code="books_not_migrated",
            hint="Run: qipan init",
        )
    no_session = isinstance(error, sa.exc.OperationalError) and not state and books.startswith("postgresql")
    if no_session or state.startswith(_UNREACHABLE) or "unable to open" in told:
        return EngineError(
            f"The books must be reachable, was: {told}, in {books}.",
            code="books_unreachable",
            hint="Check the address of the books, and that its folder or server exists.",
        )
    return EngineError(
        f"The books must carry out what is asked, was: {told}, in {books}.",
        code="books_failed",
        hint="Report this with the log; the unit of work was undone.",
    )
