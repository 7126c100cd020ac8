"""Hourly load of regions over a year: a table with a column a region, as PyPSA-China publishes it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.power import GridLoad
from qipan.dispatch.sources.table import NOT_UTF8_HINT
from qipan.kernel.errors import BadInputError, Finding

HOURS_OF_YEAR: Final = 8760
UNPACKED_MAX: Final = 64 << 20
"""Bytes that a packed file may unpack to."""

_GZIP_MAGIC = b"\x1f\x8b"
_KW_IN_MW = 1000.0
_FINDINGS_MOST = 100
_FORM_HINT = "Give a table in MW: hours from the first of January down, codes of regions such as NX across."


def read(data: bytes, codes: Mapping[str, str]) -> GridLoad:
    r"""Read a table in MW, plain or gzip: a first column that is passed over, then one for each region.

    The first row under the header is the first civil hour of the year; there are 8,760.

    Parameters
    ----------
    codes
        Adcode of a region by the name of its column.

    Raises
    ------
    BadInputError
        ``grid_load_unreadable`` with findings: ``file_unreadable``, ``region_unknown``, ``region_repeated``,
        ``hour_count``, ``cell_count``, ``load_malformed``.

    Examples
    --------
    >>> rows = b"hour,NX\n" + b"".join(b"%d,9000\n" % hour for hour in range(1, 8761))
    >>> load = read(rows, {"NX": "640000"})
    >>> load.adcodes, load.load_kw.shape, load.load_kw[0, 0]
    (('640000',), (1, 8760), np.float64(9000000.0))
    """
    try:
        reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
        (_, header), *rows = [(reader.line_num, row) for row in reader if row] or [(1, [])]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        told = f"A file of load must be CSV in UTF-8, plain or gzip, was not: {error}."
        hint = NOT_UTF8_HINT if isinstance(error, UnicodeDecodeError) else _FORM_HINT
        raise _refused([Finding(0, "", "file_unreadable", told)], hint) from error
    findings = _of_header(header, codes)
    if len(rows) != HOURS_OF_YEAR:
        told = f"A year must have {HOURS_OF_YEAR} rows, one an hour, was {len(rows)}."
        findings.append(Finding(0, "", "hour_count", told, str(len(rows))))
    load_mw, bad = _cells(header, rows)
    findings += bad
    if findings:
        raise _refused(findings)
    return GridLoad(tuple(codes[name.strip()] for name in header[1:]), load_mw.T * _KW_IN_MW)


def _text(data: bytes) -> str:
    if data.startswith(_GZIP_MAGIC):
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            data = packed.read(UNPACKED_MAX + 1)
        if len(data) > UNPACKED_MAX:
            raise OSError(f"it unpacks to more than {UNPACKED_MAX >> 20} MiB")
    return data.decode("utf-8-sig")


def _of_header(header: list[str], codes: Mapping[str, str]) -> list[Finding]:
    findings, seen = [], set()
    for name in map(str.strip, header[1:]):
        if name not in codes:
            told = f"A column must be named by the code of a region, such as NX, was {name!r}."
            findings.append(Finding(0, name, "region_unknown", told, name))
        elif name in seen:
            told = f"A region must have one column, was two: {name}."
            findings.append(Finding(0, name, "region_repeated", told, name))
        seen.add(name)
    if len(header) < 2:
        told = "A file must have a column of hours and one for each region, was without regions."
        findings.append(Finding(0, "", "region_unknown", told))
    return findings


def _cells(header: list[str], rows: list[tuple[int, list[str]]]) -> tuple[Floats, list[Finding]]:
    """Return the figures, ``(hours, regions)``, and what is wrong with cells; at most a hundred findings.

    Parameters
    ----------
    rows
        Line and cells of each.
    """
    findings: list[Finding] = []
    load_mw = np.zeros((len(rows), max(len(header) - 1, 0)))
    for hour, (line, row) in enumerate(rows):
        if len(findings) >= _FINDINGS_MOST:
            break
        if len(row) != len(header):
            told = f"A row must have {len(header)} cells as the header has, was {len(row)}."
            findings.append(Finding(line, "", "cell_count", told))
            continue
        for place, cell in enumerate(row[1:]):
            try:
                load_mw[hour, place] = float(cell)
            except ValueError:
                load_mw[hour, place] = np.nan
            if not 0 <= load_mw[hour, place] < np.inf:
                told = f"A load must be a number of MW, at least 0, was {cell!r}."
                findings.append(Finding(line, header[place + 1], "load_malformed", told, cell))
    return load_mw, findings


def _refused(findings: list[Finding], hint: str = _FORM_HINT) -> BadInputError:
    return BadInputError(
        f"A file of load must hold a year of every region it names, was wrong in {len(findings)} places.",
        code="grid_load_unreadable",
        hint=hint,
        findings=findings,
    )
