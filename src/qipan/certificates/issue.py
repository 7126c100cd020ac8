"""Issue certificates: what production may be issued, under which id, and what may be traded.

Source: rules of the National Energy Administration on issuing and trading green certificates
(国能发新能规〔2024〕67号): 1,000 kWh a certificate, what is less is carried to the next month; own use, and hydro power
commissioned before 2023, are issued and not traded; stores get none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from qipan.accounts.model.posting import Grid
from qipan.accounts.periods import end_of, is_start
from qipan.certificates.expire import expires
from qipan.certificates.model.certificate import Issuance, Production
from qipan.certificates.model.device import Device, Source
from qipan.certificates.model.month import ZONE, Month
from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.kernel.time import in_utc

HYDRO_TRADED_FROM: Final = datetime(2023, 1, 1, tzinfo=ZONE).astimezone(UTC)
"""Hydro power commissioned before is issued, and not traded."""

MOST_OF_CAPACITY: Final = Fraction(11, 10)
"""What a device can make at most, as a share of its rated power; meters and ratings differ."""

MOST_WH: Final = 2**53 - 1

MOST_EVIDENCE: Final = 200
"""Letters of an evidence."""


def is_tradable(device: Device) -> bool:
    """Tell whether certificates of a device may change hands."""
    is_old_hydro = device.source is Source.HYDRO and device.commissioned < HYDRO_TRADED_FROM
    return not device.is_self_used and not is_old_hydro


def issuances(
    device: Device, productions: Sequence[Production], request_id: str, now: datetime
) -> tuple[Issuance, ...]:
    """Return what is issued for productions, numbered by their rows from 1; nothing made is nothing issued.

    Raises
    ------
    BadInputError
        ``production_unfit``.
    RuleBrokenError
        ``production_outside``, ``production_beyond_capacity``, ``certificate_expired``.
    """
    for production in productions:
        check_production(device, production, now)
    return tuple(
        Issuance(f"{request_id}/{row}", device.device_id, in_utc(one.start), in_utc(one.end), one.wh, one.evidence)
        for row, one in enumerate(productions, start=1)
        if one.wh
    )


def check_production(device: Device, production: Production, now: datetime) -> None:
    """Refuse production that is not on the grid of time, not over, or more than its device can make.

    Raises
    ------
    BadInputError
        ``production_unfit`` unless it is one hour or one month of UTC+8, with evidence.
    RuleBrokenError
        ``production_outside`` unless it lies between commissioning and now; ``production_beyond_capacity``;
        ``certificate_expired`` where its time is over already.
    """
    start, end = production.start, production.end
    grids = [grid for grid in (Grid.HOUR, Grid.MONTH) if is_start(grid, start) and end == end_of(grid, start)]
    is_told = 0 <= production.wh <= MOST_WH and 1 <= len(production.evidence) <= MOST_EVIDENCE
    if not grids or not is_told:
        raise BadInputError(
            f"Production must be of one hour or one month of UTC+8, not negative and with its evidence, was "
            f"{production.wh} Wh from {start.isoformat()} to {end.isoformat()}, evidence {production.evidence!r}.",
            code="production_unfit",
            hint="Correct the row; hours and months are half-open and carry their zone.",
        )
    if not device.commissioned <= start or not end <= in_utc(now):
        raise RuleBrokenError(
            f"Production must lie between commissioning, {device.commissioned.isoformat()}, and now, was "
            f"{start.isoformat()} to {end.isoformat()}: {device.device_id}.",
            code="production_outside",
            hint="Issue an hour when it is over, and a month when it is over.",
        )
    hours = Fraction(int((end - start).total_seconds()), 3600)
    most_wh = device.capacity_w * hours * MOST_OF_CAPACITY
    if production.wh > most_wh:
        raise RuleBrokenError(
            f"Production must be at most {int(most_wh)} Wh, which the device can make, was {production.wh} from "
            f"{start.isoformat()} on: {device.device_id}.",
            code="production_beyond_capacity",
            hint="Check the meter, its unit and the rated power of the device.",
        )
    if expires(Month.of(start)) <= in_utc(now):
        raise RuleBrokenError(
            f"Certificates must be issued while they are valid, was over at {expires(Month.of(start)).isoformat()}: "
            f"{start.isoformat()} of {device.device_id}.",
            code="certificate_expired",
            hint="Certificates are valid for two years, the month of production counted.",
        )
