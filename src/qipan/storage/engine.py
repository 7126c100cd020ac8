"""Engines that read the lake: DuckDB in this process, or Spark Connect (Apache Spark, Sail) at an address.

Both get the same Ibis expressions. A Spark engine opens the files itself, so it must see the lake's folder at the
same path.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from qipan.kernel.errors import EngineError

DUCKDB: Final = ""
"""The address that stands for DuckDB in this process."""


@dataclass(frozen=True, slots=True)
class Part:
    """Parquet files of one table, and what all their rows have in columns that the files do not hold."""

    files: tuple[str, ...]
    told: Mapping[str, object] = field(default_factory=dict)


def connect(address: str = DUCKDB, *, spill: Path | None = None) -> SQLBackend:
    """Open an engine; its times are UTC.

    Parameters
    ----------
    address
        ``sc://host:port`` of a Spark Connect endpoint, empty for DuckDB in this process.
    spill
        Folder for what DuckDB cannot hold in memory while it answers.

    Raises
    ------
    EngineError
        ``lake_engine_malformed``, ``lake_engine_missing`` when its packages are not there, ``lake_engine_silent``
        when nothing answers.
    """
    if address == DUCKDB:
        # Nothing may be fetched from outside at run time.
        backend = ibis.duckdb.connect(autoinstall_known_extensions=False)
        # A result that is not fetched blocks the connection.
        backend.raw_sql("SET TimeZone = 'UTC'").fetchall()
        if spill is not None:
            backend.con.execute("SET temp_directory = ?", [str(spill)]).fetchall()
        return backend
    if not address.startswith("sc://"):
        raise EngineError(
            f"The lake's engine must be sc://host:port, or empty for DuckDB, was {address!r}.",
            code="lake_engine_malformed",
            hint="Set QIPAN_LAKE_ENGINE to the address of a Spark Connect endpoint.",
        )
    try:
        import grpc  # type: ignore[import-untyped]
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise EngineError(
            f"The lake's engine {address} must have the packages of Spark Connect, was: {error}.",
            code="lake_engine_missing",
            hint="Install the packages of qipan[spark].",
        ) from error
    # Ibis says it for every small table; it changes nothing.
    warnings.filterwarnings("ignore", message="'verifySchema' is ignored", category=UserWarning)
    try:
        session = SparkSession.builder.remote(address).config("spark.sql.session.timeZone", "UTC").getOrCreate()
        return _whole(session)
    except (PySparkException, grpc.RpcError) as error:
        raise EngineError(
            f"The lake's engine must answer at {address}, was: {error}.",
            code="lake_engine_silent",
            hint="Start the Spark Connect server, or leave QIPAN_LAKE_ENGINE empty.",
        ) from error


def view(backend: SQLBackend, name: str, parts: Sequence[Part], schema: pa.Schema) -> ibis.Table:
    """Return the Parquet files of one table as a table of the engine, its columns in the schema's order."""
    if backend.name == "duckdb":
        _view_of_duckdb(backend, name, parts, schema)
    else:
        _view_of_spark(backend, name, parts, schema)
    # The columns are the Delta table's own; asking DuckDB for them goes through calls that it has deprecated.
    columns = ibis.Schema.from_pyarrow(schema)
    return ops.DatabaseTable(name=name, schema=columns, source=backend, namespace=ops.Namespace()).to_expr()


def _whole(session: Any) -> SQLBackend:
    from ibis.backends.pyspark import Backend

    class Spark(Backend):  # type: ignore[misc]
        """Ibis on Spark, its answers as Arrow: through pandas a whole number beside a null would become a float."""

        def to_pyarrow(self, expr: ibis.Expr, /, *, params: Any = None, limit: Any = None, **options: Any) -> Any:
            asked = expr.as_table()
            self._run_pre_execute_hooks(asked)
            text = self.compile(asked, params=params, limit=limit, **options)
            rows = self._session.sql(text).toArrow().rename_columns(list(asked.columns))
            return expr.__pyarrow_result__(rows.cast(asked.schema().to_pyarrow()))

    backend = Spark()
    backend.do_connect(session)
    return backend


def _view_of_duckdb(backend: SQLBackend, name: str, parts: Sequence[Part], schema: pa.Schema) -> None:
    files = [file for part in parts for file in part.files]
    if not files:
        backend.con.register(name, schema.empty_table())
        return
    backend.con.unregister(name)
    # Columns that the files do not hold stand in the names of their folders.
    found = backend.con.read_parquet(files, union_by_name=True, hive_partitioning=True)
    # They come last, unless they are asked for in their place; columns younger than every file are empty.
    types = backend.con.from_arrow(schema.empty_table()).types
    held = set(found.columns)
    asked = (
        f'"{column}"' if column in held else f'CAST(NULL AS {kind}) AS "{column}"'
        for column, kind in zip(schema.names, types, strict=True)
    )
    found.project(", ".join(asked)).create_view(name, replace=True)


def _view_of_spark(backend: SQLBackend, name: str, parts: Sequence[Part], schema: pa.Schema) -> None:
    from ibis.backends.pyspark.datatypes import PySparkSchema
    from pyspark.sql.connect.functions import col, lit

    session = backend._session  # noqa: SLF001  Ibis gives no other way to the session that it holds.
    types = PySparkSchema.from_ibis(ibis.Schema.from_pyarrow(schema))

    def read(part: Part) -> Any:
        # Sail 0.7 reads a day that a folder tells as 1970-01-01, so it is told here.
        held = [column for column in types if column.name not in part.told]
        found = session.read.schema(type(types)(held)).parquet(*part.files)
        told = [
            lit(part.told[column.name]).cast(column.dataType).alias(column.name)
            if column.name in part.told
            else col(column.name)
            for column in types
        ]
        return found.select(*told)

    def together(some: Sequence[Part]) -> Any:
        # Half by half: a union nested in a hundred others is more than a message may hold.
        if len(some) == 1:
            return read(some[0])
        half = len(some) // 2
        return together(some[:half]).union(together(some[half:]))

    found = together(parts) if parts else session.createDataFrame([], types)
    found.createOrReplaceTempView(name)
