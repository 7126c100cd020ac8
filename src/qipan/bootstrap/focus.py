"""Rows of FOCUS meet their adapter."""

from __future__ import annotations

from collections.abc import Sequence

from qipan.ledger.engines import focus_parquet
from qipan.ledger.focus import Row


def focus_file(rows: Sequence[Row], *, as_csv: bool) -> bytes:
    """Return rows of FOCUS as a file: Parquet, or CSV."""
    return focus_parquet.write_csv(rows) if as_csv else focus_parquet.write_parquet(rows)
