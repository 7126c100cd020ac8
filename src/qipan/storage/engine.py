"""Engines that read the lake: DuckDB in this process, or Spark Connect (Apache Spark, Sail) at an address.

Both get the same Ibis expressions. A Spark engine opens the files itself, so it must see the lake's folder at the
same path.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from qipan.kernel.errors import EngineError

DUCKDB = ""
"""The address that stands for DuckDB in this process."""


def connect(address: str = DUCKDB) -> SQLBackend:
    """Open an engine; its times are UTC.

    Parameters
    ----------
    address
        ``sc://host:port`` of a Spark Connect endpoint, empty for DuckDB in this process.

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
        return backend
    if not address.startswith("sc://"):
        raise EngineError(
            f"The lake's engine must be sc://host:port, or empty for DuckDB, was {address!r}.",
            code="lake_engine_malformed",
            hint="Set QIPAN_LAKE_ENGINE to the address of a Spark Connect endpoint.",
        )
    try:
        import grpc
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise EngineError(
            f"The lake's engine {address} must have the packages of Spark Connect, was: {error}.",
            code="lake_engine_missing",
            hint="Run: pip install 'qipan[spark]'",
        ) from error
    try:
        session = SparkSession.builder.remote(address).config("spark.sql.session.timeZone", "UTC").getOrCreate()
        return ibis.pyspark.connect(session)
    except (PySparkException, grpc.RpcError) as error:
        raise EngineError(
            f"The lake's engine must answer at {address}, was: {error}.",
            code="lake_engine_silent",
            hint="Start the Spark Connect server, or leave QIPAN_LAKE_ENGINE empty.",
        ) from error


def view(backend: SQLBackend, name: str, files: Sequence[str], schema: pa.Schema, *, root: Path) -> ibis.Table:
    """Return the Parquet files of one table as a table of the engine, its columns in the schema's order.

    Parameters
    ----------
    root
        The table's folder; folders below it such as ``day=2024-01-01`` are values of a column.
    """
    columns = ibis.Schema.from_pyarrow(schema)
    if backend.name == "duckdb":
        _view_of_duckdb(backend, name, files, schema)
    else:
        _view_of_spark(backend, name, files, columns, root)
    # The columns are the Delta table's own; asking DuckDB for them goes through calls that it has deprecated.
    return ops.DatabaseTable(name=name, schema=columns, source=backend, namespace=ops.Namespace()).to_expr()


def _view_of_duckdb(backend: SQLBackend, name: str, files: Sequence[str], schema: pa.Schema) -> None:
    if not files:
        backend.con.register(name, schema.empty_table())
        return
    backend.con.unregister(name)
    found = backend.con.read_parquet(list(files), union_by_name=True, hive_partitioning=True)
    # A column that is told by the folders comes last, unless it is asked for in its place.
    found.select(*(f'"{column}"' for column in schema.names)).create_view(name, replace=True)


def _view_of_spark(backend: SQLBackend, name: str, files: Sequence[str], columns: ibis.Schema, root: Path) -> None:
    from ibis.backends.pyspark.datatypes import PySparkSchema

    session, types = backend._session, PySparkSchema.from_ibis(columns)
    if files:
        found = session.read.schema(types).option("basePath", str(root)).parquet(*files)
    else:
        found = session.createDataFrame([], types)
    found.select(*columns.names).createOrReplaceTempView(name)
