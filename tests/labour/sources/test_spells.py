"""Spells from files: every bad row has a finding, and nobody's name gets through."""

from __future__ import annotations

import gzip
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qipan.kernel.errors import BadInputError
from qipan.labour.sources import spells

KEY = b"sixteen bytes or more"
TODAY = date(2026, 1, 1)


def read(path, key=KEY):
    reading = spells.Tally()
    parts = list(spells.read(path, key, reading, today=TODAY))
    return pa.concat_tables(parts) if parts else None, reading


def written(tmp_path, text, name="spells.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_ten_broken_rows_are_named_each(tmp_path):
    bad = {
        ",440000,2020-01-01,": ("person", "cell_empty"),
        "p,,2020-01-01,": ("region", "cell_empty"),
        "p,440000,,": ("start", "day_unreadable"),
        "p,440000,2020-02-30,": ("start", "day_unreadable"),
        "p,440000,20200101,": ("start", "day_unreadable"),
        "p,440000,2020-01-01,later": ("end", "day_unreadable"),
        "p,440000,2020-01-02,2020-01-02": ("end", "spell_backwards"),
        "p,440000,2026-01-02,": ("start", "spell_ahead"),
        "p,440000,2020-01-01": ("", "row_torn"),
        "p,440000,2020-01-01,,": ("", "row_torn"),
    }
    good = "q,440000,2020-01-01,2020-02-01"
    text = "\n".join(["person,region,start,end", *(line for one in bad for line in (good, one)), good, ""])
    found, reading = read(written(tmp_path, text))
    told = sorted((one.row, one.column, one.rule) for one in reading.findings)
    assert told == [(3 + 2 * at, *rule) for at, rule in enumerate(bad.values())]
    assert (reading.rows, reading.left_out, len(found)) == (21, 10, 11)


def test_numbers_of_rows_hold_over_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(spells, "BYTES_A_PART", 200)
    rows = ["p,440000,2020-01-01," if at % 7 else "p,440000" for at in range(100)]
    rows[50] = "p,,2020-01-01,"
    _, reading = read(written(tmp_path, "\n".join(["person,region,start,end", *rows, ""])))
    numbers = sorted(one.row for one in reading.findings)
    assert numbers == sorted([*(2 + at for at in range(0, 100, 7)), 52])


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "parquet of days"])
def test_every_form_gives_the_same_spells(tmp_path, form):
    text = "人员,地区,行业,开始,结束\n张三,440000,I,2020-01-01,\n李四,110000,I,2020-01-05,2020-02-01\n"
    path = written(tmp_path, text)
    wanted, _ = read(path)
    if form == "csv.gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif form != "csv":
        days = [date(2020, 1, 1), date(2020, 1, 5)], [None, date(2020, 2, 1)]
        start, end = days if form.endswith("days") else ([str(d) for d in days[0]], ["", "2020-02-01"])
        columns = {"person": ["张三", "李四"], "region": ["440000", "110000"], "industry": ["I", "I"]}
        pq.write_table(pa.table(columns | {"start": start, "end": end}), path)
    found, reading = read(path)
    assert (found.to_pylist(), reading.findings) == (wanted.to_pylist(), [])
    assert found["end"].to_pylist() == [None, date(2020, 2, 1)]


def test_a_person_keeps_one_pseudonym_that_the_key_decides(tmp_path):
    path = written(tmp_path, "person,region,start\n" + "".join(f"p{n % 3},a,2020-01-01\n" for n in range(9)))
    one, other = (read(path, key)[0]["person"].to_pylist() for key in (KEY, KEY + b"!"))
    assert one[:3] * 3 == one
    assert len(set(one)) == len(set(other)) == 3
    assert not set(one) & set(other)


@pytest.mark.parametrize(
    "text", ["", "person,start\np,2020-01-01\n", "person,region,start,colour\np,a,2020-01-01,red\n", "PAR1"]
)
def test_a_file_of_another_form_is_refused(tmp_path, text):
    with pytest.raises(BadInputError) as refused:
        read(written(tmp_path, text))
    assert refused.value.code == "spells_unreadable"


def test_a_row_that_is_not_utf_8_refuses_the_file(tmp_path):
    path = tmp_path / "spells.csv"
    path.write_bytes(b"person,region,start\n\xff\xfe,a,2020-01-01\n")
    with pytest.raises(BadInputError, match="must be CSV in UTF-8"):
        read(path)
