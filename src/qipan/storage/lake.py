"""Lake: measurements in append-only Delta tables on Parquet, read with Ibis on DuckDB or Spark Connect.

Every batch carries the name of its source and a sequence that rises. Delta keeps the last sequence of each source in
the same commit as the rows, so a batch that is sent again changes nothing, also after a kill.

Read results with ``.to_pyarrow()``.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import ibis
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from ibis.backends.sql import SQLBackend

from qipan.kernel.errors import BadInputError, ConflictError, EngineError
from qipan.storage import engine as engines

KEEP_H: Final = 168
"""How long files that a compaction replaced are kept for readers, in hours."""

FILES_MAX: Final = 32
"""How many files may stand where one would do, before they are merged."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Lake:
    """A folder of append-only tables.

    Parameters
    ----------
    root
        The folder; each table has one below it.
    engine
        ``sc://host:port`` of a Spark Connect endpoint that reads it, empty for DuckDB in this process.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> lake = Lake(Path(folder.name))
    >>> lake.create("reading", pa.schema([("energy_wh", pa.int64())]))
    >>> batch = pa.table({"energy_wh": [40, 2]})
    >>> lake.append("reading", batch, source="meter", sequence=1)
    True
    >>> lake.append("reading", batch, source="meter", sequence=1)
    False
    >>> lake.table("reading").energy_wh.sum().to_pyarrow().as_py()
    42
    >>> folder.cleanup()
    """

    def __init__(self, root: Path, *, engine: str = engines.DUCKDB) -> None:
        self.root = root.absolute()
        self.engine = engine
        # Connections are not shared between threads; each one has its own.
        self._local = threading.local()

    def create(self, table: str, schema: pa.Schema, *, by: str = "") -> None:
        """Create an empty table; one that is there gains columns at its end that may be empty, or stays as it is.

        Parameters
        ----------
        by
            Column that its files are kept apart by, so that a query of a few values reads only their files.

        Raises
        ------
        ConflictError
            ``lake_schema_differs`` when the table has other columns.
        """
        if table in self.tables():
            found, wanted = self.schema(table), _plain(schema)
            added = list(wanted)[len(found) :]
            if pa.schema(list(wanted)[: len(found)]) == found and all(column.nullable for column in added):
                if added:
                    self._open(table).alter.add_columns([Field.from_arrow(column) for column in added])
                return
            raise ConflictError(
                f"Table {table} must have the columns {_words(schema)}, was {_words(found)}, in {self.root}.",
                code="lake_schema_differs",
                hint="Use a folder of this Qipan's own for the lake.",
            )
        path = self._path(table)
        path.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(path, schema=schema, mode="ignore", partition_by=[by] if by else None)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables, sorted."""
        if not self.root.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.root.iterdir() if (path / "_delta_log").is_dir()))

    def schema(self, table: str) -> pa.Schema:
        """Return the columns of a table.

        Raises
        ------
        EngineError
            ``lake_table_missing``.
        """
        return _schema(self._open(table))

    def append(
        self, table: str, batch: pa.Table | Iterator[pa.Table], *, source: str, sequence: int, after: int | None = None
    ) -> bool:
        """Add a batch whole; return ``False`` when this sequence of the source is in the table already.

        Parameters
        ----------
        batch
            Its rows; a large batch may be given part by part, so that it never stands in memory, and then needs
            ``after``.
        sequence
            Rises with every batch of the source.
        after
            The sequence that must be the last one there, 0 for none; so no batch is ever skipped unseen.

        Raises
        ------
        BadInputError
            ``lake_batch_misfit`` when the batch has other columns than the table.
        ConflictError
            ``lake_gap`` when the last sequence is not ``after``.
        EngineError
            ``lake_table_missing``, ``lake_failed``.
        """
        while True:
            delta = self._open(table)
            last = delta.transaction_version(source) or 0
            if sequence <= last:
                return False
            if after is not None and after != last:
                raise ConflictError(
                    f"Batch {sequence} of {source} must follow batch {after}, was {last}, in table {table}.",
                    code="lake_gap",
                    hint="Add the batches of a source in the order of their sequence.",
                )
            mark = CommitProperties(app_transactions=[Transaction(source, sequence)])
            try:
                rows = _fitting(batch, _schema(delta), table)
                write_deltalake(delta, rows, mode="append", commit_properties=mark)
            except (DeltaError, OSError) as error:
                # Another writer of the same source may have been faster: Delta refuses the second commit, and the next
                # look finds that the last sequence has risen.
                if isinstance(error, CommitFailedError) and self.last_sequence(table, source=source) > last:
                    continue
                raise EngineError(
                    f"The lake must take a batch whole, was: {error}, in table {table} of {self.root}.",
                    code="lake_failed",
                    hint="Check the folder's rights and the free disk space, then project the batch again.",
                ) from error
            return True

    def last_sequence(self, table: str, *, source: str) -> int:
        """Return the last sequence of a source that is in the table, 0 for none.

        Raises
        ------
        EngineError
            ``lake_table_missing``.
        """
        return self._open(table).transaction_version(source) or 0

    def table(self, table: str, *, least: Any = None, most: Any = None) -> ibis.Table:
        """Return a table as it stands now, to be queried with Ibis; times are UTC.

        Tables that one thread asked for can be joined. An empty table has its columns and no row.

        Parameters
        ----------
        least, most
            First and last value of the column that its files are kept apart by; files of other values are not read.

        Raises
        ------
        EngineError
            ``lake_table_missing``, ``lake_engine_malformed``, ``lake_engine_missing``, ``lake_engine_silent``.
        """
        delta = self._open(table)
        # Parts of one table that a thread asked for stand side by side.
        name = "_".join(re.sub(r"\W", "_", str(word)) for word in (table, least, most) if word is not None)
        return engines.view(self._backend(), name, _parts(delta, self._path(table), least, most), _schema(delta))

    def compact(self, table: str, *, files_max: int = FILES_MAX) -> int:
        """Merge the files that stand apart too much; rows and sequences stay the same.

        Files that were replaced are deleted after `KEEP_H`, so queries under way are not disturbed.

        Parameters
        ----------
        files_max
            How many files one value of the column that keeps them apart may have before they are merged.

        Returns
        -------
        int
            How many values had more; 0 while another merges this table.

        Raises
        ------
        EngineError
            ``lake_table_missing``.
        """
        with self._alone(table) as is_alone:
            return self._compact(table, files_max) if is_alone else 0

    def _compact(self, table: str, files_max: int) -> int:
        delta = self._open(table)
        crowded = [part for part in _parts(delta, self._path(table), None, None) if len(part.files) > files_max]
        for part in crowded:
            of_part = [(column, "=", str(value)) for column, value in part.told.items()]
            delta.optimize.compact(partition_filters=of_part or None)
        if crowded:
            delta.vacuum(retention_hours=KEEP_H, dry_run=False)
        return len(crowded)

    @contextlib.contextmanager
    def _alone(self, table: str) -> Iterator[bool]:
        """Tell whether nobody else, in any process, merges this table, and keep it so.

        Delta takes two mergings of the same files, and every row would stand twice. The kernel of the system lets go
        of the file when its process ends, however it ends.
        """
        path = self._path(table)
        if not path.is_dir():
            # Opening says what is missing.
            yield True
            return
        with (self.root / f".{table}.compacting").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _open(self, table: str) -> DeltaTable:
        path = self._path(table)
        try:
            return DeltaTable(path)
        except TableNotFoundError as error:
            raise EngineError(
                f"The lake must hold table {table}, was not found, in {self.root}.",
                code="lake_table_missing",
                hint="Run: qipan init",
            ) from error

    def _path(self, table: str) -> Path:
        if not _NAME.fullmatch(table):
            raise BadInputError(
                f"A table's name must be small letters, figures and underscores, was {table!r}.",
                code="lake_name_malformed",
                hint="Write for example observations.",
            )
        return self.root / table

    def _backend(self) -> SQLBackend:
        backend: SQLBackend | None = getattr(self._local, "backend", None)
        if backend is None:
            backend = self._local.backend = engines.connect(self.engine, spill=self.root / ".spill")
        return backend


def _parts(delta: DeltaTable, path: Path, least: Any, most: Any) -> list[engines.Part]:
    """Return the files that stand, those of one value of the column that keeps them apart together."""
    (column,) = delta.metadata().partition_columns or [""]
    standing = pa.table(delta.get_add_actions(flatten=True))
    files = [str(path / unquote(name)) for name in standing["path"].to_pylist()]
    if not column:
        return [engines.Part(tuple(files))] if files else []
    by_value: dict[Any, list[str]] = {}
    for file, value in zip(files, standing[f"partition.{column}"].to_pylist(), strict=True):
        by_value.setdefault(value, []).append(file)
    return [
        engines.Part(tuple(of_value), {column: value})
        for value, of_value in sorted(by_value.items())
        if (least is None or least <= value) and (most is None or value <= most)
    ]


def _schema(delta: DeltaTable) -> pa.Schema:
    return pa.schema(delta.schema().to_arrow())


def _plain(schema: pa.Schema) -> pa.Schema:
    return schema.remove_metadata()


def _words(schema: pa.Schema) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in schema)


def _fitting(batch: pa.Table | Iterator[pa.Table], schema: pa.Schema, table: str) -> pa.Table | pa.RecordBatchReader:
    if not isinstance(batch, pa.Table):
        parts = (rows for part in batch for rows in _fitting(part, schema, table).to_batches())
        return pa.RecordBatchReader.from_batches(schema, parts)
    try:
        return batch.select(schema.names).cast(schema)
    except (KeyError, ValueError, pa.ArrowException) as error:
        raise BadInputError(
            f"A batch for table {table} must have the columns {_words(schema)}, was {_words(batch.schema)}.",
            code="lake_batch_misfit",
            hint="Give every column its name and type.",
        ) from error
