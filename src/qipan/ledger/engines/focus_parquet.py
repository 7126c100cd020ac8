"""Write rows of FOCUS as Parquet or CSV; quantities are decimals, times carry their zone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from qipan.ledger.focus import COLUMNS, SCALE, Form, Row

_TYPES: Final = {
    Form.TEXT: pa.string(),
    Form.QUANTITY: pa.decimal128(38, SCALE),
    Form.MOMENT: pa.timestamp("us", tz="UTC"),
    Form.TRUTH: pa.bool_(),
}

SCHEMA: Final = pa.schema([(name, _TYPES[form]) for name, form in COLUMNS.items()])


def write_parquet(rows: Sequence[Row]) -> bytes:
    """Write rows as Parquet."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), sink, compression="zstd")
    return sink.getvalue()


def write_csv(rows: Sequence[Row]) -> bytes:
    """Write rows as CSV; a time is written as 2026-01-01T00:00:00Z, and nothing stands for null."""
    written = [{name: _cell(row[name], form) for name, form in COLUMNS.items()} for row in rows]
    sink = io.BytesIO()
    pcsv.write_csv(pa.Table.from_pylist(written, schema=pa.schema([(name, pa.string()) for name in COLUMNS])), sink)
    return sink.getvalue()


def _cell(value: object, form: Form) -> str | None:
    if value is None:
        return None
    if form is Form.MOMENT:
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if form is Form.QUANTITY:
        return f"{value:f}"
    return str(value).lower() if form is Form.TRUTH else str(value)
