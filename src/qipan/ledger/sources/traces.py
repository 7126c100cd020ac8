"""Public traces that a rehearsal rests on: the nodes of a real fleet, and how busy a real cluster was.

Source: `weng2023` for the pods; the nodes are those of alibaba/clusterdata, v2026 spot GPU.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
from numpy.typing import NDArray

from qipan.kernel.errors import BadInputError
from qipan.kernel.units import S_PER_H
from qipan.ledger.rehearse import Stock

NODE_COLUMNS: Final = ("gpu_model", "gpu_capacity_num", "node_name")
POD_COLUMNS: Final = ("name", "num_gpu", "gpu_milli", "deletion_time", "scheduled_time")
GZIP: Final = b"\x1f\x8b"


def read_stock(data: bytes) -> tuple[Stock, ...]:
    r"""Return the nodes of a fleet, each with its card model and count.

    Raises
    ------
    BadInputError
        ``trace_unreadable`` unless it is CSV (gzip or plain) with `NODE_COLUMNS`.

    Examples
    --------
    >>> read_stock(b"gpu_model,gpu_capacity_num,cpu_num,node_name\nA10,1,128,7\n")
    (Stock(name='7', card_model='A10', cards=1),)
    """
    table = _table(data, NODE_COLUMNS)
    rows = zip(*(table[column].to_pylist() for column in NODE_COLUMNS), strict=True)
    return tuple(Stock(str(name), str(model), int(cards)) for model, cards, name in rows if cards)


def read_busy(data: bytes, *, groups: int, hours: int) -> NDArray[np.float64]:
    """Return how many cards were busy in the last hours of a trace of pods, ``(groups, hours)`` in card-hours.

    Pods are dealt to the groups in turn, in the order of their rows; a pod works from its schedule to its deletion.

    Raises
    ------
    BadInputError
        ``trace_unreadable`` unless it is CSV (gzip or plain) with the columns of the openb pods.
    """
    table = _table(data, POD_COLUMNS)
    cards = _numbers(table, "num_gpu") * _numbers(table, "gpu_milli") / 1000.0
    start, end = _numbers(table, "scheduled_time"), _numbers(table, "deletion_time")
    works = (cards > 0) & (end > start)
    cards, start, end = cards[works], start[works], end[works]
    first = np.floor(end.max() / S_PER_H) - hours if len(end) else 0.0
    busy = np.zeros((groups, hours))
    for hour in range(hours):
        opens = (first + hour) * S_PER_H
        inside_h = np.clip(np.minimum(end, opens + S_PER_H) - np.maximum(start, opens), 0.0, None) / S_PER_H
        busy[:, hour] = np.bincount(np.arange(len(cards)) % groups, weights=cards * inside_h, minlength=groups)
    return busy


def _table(data: bytes, columns: tuple[str, ...]) -> pa.Table:
    try:
        stream = pa.CompressedInputStream(io.BytesIO(data), "gzip") if data.startswith(GZIP) else io.BytesIO(data)
        return pcsv.read_csv(stream, convert_options=pcsv.ConvertOptions(include_columns=list(columns)))
    except (pa.ArrowException, KeyError, OSError) as error:
        raise BadInputError(
            f"A trace must be CSV with the columns {', '.join(columns)}, was not: {error}.",
            code="trace_unreadable",
            hint="Give the file as it was published, gzip or plain.",
        ) from error


def _numbers(table: pa.Table, column: str) -> NDArray[np.float64]:
    try:
        return np.asarray(table[column].cast(pa.float64()).fill_null(0.0).to_numpy())
    except pa.ArrowException as error:
        raise BadInputError(
            f"Column {column} of a trace must hold numbers, was not so: {error}.",
            code="trace_unreadable",
            hint="Give the file as it was published, gzip or plain.",
        ) from error
