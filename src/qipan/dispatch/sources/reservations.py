"""Contracts of reserved capacity: a CSV or Parquet file, a row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.job import KINDS
from qipan.dispatch.model.reservation import Reservation, ReservationIntake
from qipan.dispatch.sources.cells import Quarantine, is_empty, moments, texts
from qipan.dispatch.sources.forms import RESERVATIONS
from qipan.dispatch.sources.table import read_table
from qipan.kernel.errors import Finding
from qipan.kernel.money import FEN_PER_YUAN

OPTIONAL: Final = ("card_model",)
MINUTE_S: Final = 60.0

KIND_UNKNOWN = Finding(0, "kind", "kind_unknown", f"kind must be one of {', '.join(KINDS)}")


def read(data: bytes) -> ReservationIntake:
    r"""Read a file of reservations; bad rows are set aside with findings.

    Raises
    ------
    BadInputError
        As `table.read_table`.

    Examples
    --------
    >>> intake = read(
    ...     b"reservation_id,holder,site,kind,from,to,units,price_yuan_per_unit_h\n"
    ...     b"r1,lab,north,intelligent,2026-06-01T08:00:00+08:00,2026-06-01T20:00:00+08:00,8,5.5\n"
    ...     b"r1,lab,north,intelligent,2026-06-01T08:00:30+08:00,2026-06-01T20:00:00+08:00,0,5.5\n"
    ... )
    >>> intake.reservations[0].price_fen_per_unit_h, [finding.rule for finding in intake.findings]
    (550.0, ['minute_not_whole', 'units_not_positive'])
    """
    table = read_table(data, needed=RESERVATIONS.needed, optional=OPTIONAL)
    rows = Quarantine(table)
    rows.name_unknown_columns()
    for column in ("holder", "site"):
        rows.refuse(is_empty(table.cells(column)), Finding(0, column, "text_missing", f"{column} must be given"))
    kind = rows.choice(KINDS, KIND_UNKNOWN, required=True)
    from_s, to_s = (_moment(rows, column) for column in ("from", "to"))
    rows.refuse(to_s <= from_s, Finding(0, "to", "to_not_after_from", "to must lie after from"))
    units = rows.number("units", required=True)
    rows.refuse(units <= 0, Finding(0, "units", "units_not_positive", "units must be above zero"))
    price = rows.number("price_yuan_per_unit_h", required=True)
    negative = Finding(0, "price_yuan_per_unit_h", "number_negative", "price_yuan_per_unit_h must be zero or more")
    rows.refuse(price < 0, negative)
    _refuse_repeated(rows)
    words = {name: texts(table.cells(name)) for name in ("reservation_id", "holder", "site", "card_model")}
    return ReservationIntake(
        reservations=tuple(
            Reservation(
                reservation_id=words["reservation_id"][row],
                holder=words["holder"][row],
                site_id=words["site"][row],
                kind=KINDS[kind[row]],
                card_model=words["card_model"][row],
                from_s=float(from_s[row]),
                to_s=float(to_s[row]),
                units=float(units[row]),
                price_fen_per_unit_h=float(price[row]) * FEN_PER_YUAN,
                line=int(table.line[row]),
            )
            for row in np.flatnonzero(rows.good).tolist()
        ),
        rows_read=table.rows_read,
        findings=rows.findings,
    )


def write(reservations: Iterable[Reservation]) -> bytes:
    """Write reservations as the CSV that `read` reads.

    Examples
    --------
    >>> one = Reservation("r1", "lab", "north", KINDS[0], "", 0.0, 3600.0, 8.0, 550.0)
    >>> read(write([one])).reservations == (one,)
    True
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(
        ("reservation_id", "holder", "site", "kind", "card_model", "from", "to", "units", "price_yuan_per_unit_h")
    )
    for one in reservations:
        start, end = (datetime.fromtimestamp(at, tz=UTC).isoformat() for at in (one.from_s, one.to_s))
        names = one.reservation_id, one.holder, one.site_id, one.kind.value, one.card_model
        price_yuan = one.price_fen_per_unit_h / FEN_PER_YUAN
        rows.writerow((*names, start, end, f"{one.units:.15g}", f"{price_yuan:.15g}"))
    return out.getvalue().encode()


def _moment(rows: Quarantine, column: str) -> Floats:
    """Read a column of whole minutes, in seconds since 1970-01-01 UTC, ``(rows,)``; ``nan`` where refused."""
    wall_s, offset_s = moments(rows.table.cells(column))
    form = "2026-06-01T08:00:00+08:00"
    rows.refuse(np.isnan(wall_s), Finding(0, column, "moment_unreadable", f"{column} must be a time such as {form}"))
    naive = Finding(0, column, "moment_naive", f"{column} must carry its zone, for example {form}")
    rows.refuse(np.isfinite(wall_s) & np.isnan(offset_s), naive)
    moment_s = np.asarray(wall_s - offset_s)
    rows.refuse(moment_s % MINUTE_S > 0, Finding(0, column, "minute_not_whole", f"{column} must be a whole minute"))
    return moment_s


def _refuse_repeated(rows: Quarantine) -> None:
    """Refuse rows without a name, and of good rows with one name all but the first."""
    column = "reservation_id"
    cells = rows.table.cells(column)
    missing = Finding(0, column, "reservation_id_missing", f"{column} must be given")
    rows.refuse(is_empty(cells), missing)
    message = f"{column} must be unique in the file, and the first row with it stays"
    rows.refuse(rows.repeated(column), Finding(0, column, "reservation_id_duplicate", message))
