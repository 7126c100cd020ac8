"""A year of load is read whole or refused with every fault."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from qipan.dispatch.sources.grid_load import read
from qipan.kernel.errors import BadInputError

CODES = {"NX": "640000", "GD": "440000"}


def table(header: str = "hour,NX,GD", hours: int = 8760, **cells: str) -> bytes:
    """Write a table whose loads are the hour and a thousand times the hour; ``h<hour>`` replaces a row."""
    rows = [cells.get(f"h{hour}", f"{hour},{hour},{1000 * hour}") for hour in range(1, hours + 1)]
    return "\n".join([header, *rows, ""]).encode()


@pytest.mark.parametrize("packed", [bytes, gzip.compress, lambda data: b"\xef\xbb\xbf" + data])
def test_read_gives_kilowatts_by_region_and_hour(packed) -> None:
    load = read(packed(table()), CODES)
    assert load.adcodes == ("640000", "440000")
    assert load.load_kw.shape == (2, 8760)
    assert load.load_kw[0, :2].tolist() == [1000.0, 2000.0]
    assert load.load_kw[1, -1] == pytest.approx(8760 * 1e6)
    assert np.isfinite(load.load_kw).all()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (table(hours=8759), [(0, "", "hour_count")]),
        (table("hour,NX,XX"), [(0, "XX", "region_unknown")]),
        (table("hour,NX,NX"), [(0, "NX", "region_repeated")]),
        (table(h3="3,many,3"), [(4, "NX", "load_malformed")]),
        (table(h3="3,-1,nan"), [(4, "NX", "load_malformed"), (4, "GD", "load_malformed")]),
        (table(h4="4,4"), [(5, "", "cell_count")]),
        (b"hour\n", [(0, "", "region_unknown"), (0, "", "hour_count")]),
        (gzip.compress(table())[:-9], [(0, "", "file_unreadable")]),
        ("hour,宁夏".encode("gbk"), [(0, "", "file_unreadable")]),
    ],
)
def test_read_refuses_with_every_fault(data: bytes, found) -> None:
    with pytest.raises(BadInputError) as caught:
        read(data, CODES)
    assert caught.value.code == "grid_load_unreadable"
    assert [(one.row, one.column, one.rule) for one in caught.value.findings] == found
