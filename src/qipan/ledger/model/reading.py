"""Nouns of metering: measures, readings in columns, sealed batches, disputes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.errors import Finding
from qipan.kernel.time import Interval

READING_KIND: Final = "reading"
"""Kind of the batches that hold readings, and of their leaves in the log."""

NO_COUNTER: Final = -1
"""Stands in `Readings.counter` where a meter tells what flowed in a period and not what it has counted so far."""

EPOCH_MAX: Final = 2**31 - 1
"""Most resets of a counter that can be declared."""

BAD_EPOCH: Final = -1
"""Stands in `Readings.epoch` where a source has told a number below 0 or above `EPOCH_MAX`; it is never kept."""


class Measure(StrEnum):
    """What a meter measures over a period, always a whole number of the base unit that ends its name.

    ``unit`` is that of the pool's kind (card, core, node, TB); a rack is a rack.
    """

    CAPACITY = "capacity_unit_s"
    """What the site says was there; `Certified` says what may be."""
    ALLOCATED = "allocated_unit_s"
    USED = "used_unit_s"
    QUEUED = "queued_unit_s"
    """Demand that waited: units asked for, times the seconds they waited."""
    RACKED = "racked_rack_s"
    """Racks that carry machines, for the rack-up rate (上架率)."""
    STORED = "stored_gb_s"
    MOVED = "moved_mb"
    """Data that left or entered the site over the backbone."""
    CARD_ENERGY = "card_j"
    HOST_ENERGY = "host_j"
    PDU_ENERGY = "pdu_j"
    GRID_ENERGY = "grid_j"
    """At the meter of the grid company: everything the site takes."""
    GREEN_ENERGY = "green_j"
    """What of it the site says was green; certificates are retired elsewhere."""
    WATER = "water_ml"


class Quality(StrEnum):
    """How a value came about."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    """Worked out by the source from other measurements."""
    SUBSTITUTED = "substituted"
    """Put where a meter was silent."""
    MODELLED = "modelled"
    """Made by a simulation; never mixed with the others unless asked for."""


class Way(StrEnum):
    """How a batch came in."""

    ATTESTED = "attested"
    """Signed by its source."""
    COLLECTED = "collected"
    """Pulled by us."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings of one source and release, in columns; every array has the axis ``(readings,)``.

    Attributes
    ----------
    meter_ids
        Names of the meters.
    meter
        Position in ``meter_ids``, int32.
    start_us, end_us
        The half-open period, microseconds since 1970-01-01 UTC, int64.
    value
        What flowed in the period, in the base unit of the meter's measure, int64.
    counter
        What the meter had counted at the end of the period, int64; `NO_COUNTER` where it does not count.
    epoch
        How often the counter has been reset, as declared, int32.
    quality
        Position in the order of `Quality`, int8.
    """

    meter_ids: tuple[str, ...]
    meter: NDArray[np.int32]
    start_us: NDArray[np.int64]
    end_us: NDArray[np.int64]
    value: NDArray[np.int64]
    counter: NDArray[np.int64]
    epoch: NDArray[np.int32]
    quality: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.meter)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Readings:
        """Return some of the readings, under the same meters."""
        return Readings(
            self.meter_ids,
            self.meter[rows],
            self.start_us[rows],
            self.end_us[rows],
            self.value[rows],
            self.counter[rows],
            self.epoch[rows],
            self.quality[rows],
        )


@dataclass(frozen=True, slots=True)
class ReadingsIntake:
    """What an adapter made of bytes: the readings that could be read, and a finding for every row that could not.

    Attributes
    ----------
    rows
        Line of the file, that of the header is 1, for each reading; int64 ``(readings,)``.
    rows_read
        Rows that the file holds, those with findings included.
    """

    readings: Readings
    rows: NDArray[np.int64]
    rows_read: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands before the data of a batch: who says it, when it was released, and the digest of the data.

    Attributes
    ----------
    form
        Form of the data: ``csv``, ``parquet``, or another that an adapter knows.
    number
        Of an attested source 1 for its first batch, and one more with each; which numbers never came is told with how
        fresh a source is. The last ones held back do not show. 0 where collected.
    digest
        SHA-256 of the data, in hexadecimal.
    key_id
        Key of the source that has signed; empty where collected.
    """

    source_id: str
    way: Way
    number: int
    released: datetime
    form: str
    digest: str
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A statement, its signature (empty where collected) and the data it speaks of."""

    statement: Statement
    signature: bytes
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A sealed batch, its digest, and what its data say."""

    sealed: bytes
    digest: str
    batch: Batch
    intake: ReadingsIntake


@dataclass(frozen=True, slots=True)
class Dispute:
    """The same reading told twice with other content: the later one was refused, and someone decides.

    Attributes
    ----------
    sequence, row
        Batch and row of the refused reading; ``held_sequence`` is the batch of the one that stands.
    resolution
        What was decided: ``upheld`` (the first stands), ``corrected`` (the source released a correction); empty while
        open.
    """

    dispute_id: int
    sequence: int
    row: int
    held_sequence: int
    source_id: str
    meter_id: str
    period: Interval
    released: datetime
    held_value: int
    refused_value: int
    raised: datetime
    resolution: str = ""
    resolved: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of a batch; once it is returned, nothing of it can be lost.

    ``accepted + repeated + disputed + quarantined == rows``.

    Attributes
    ----------
    repeated
        Rows that were there already with the same content.
    leaf
        Place of the batch in the verifiable log.
    is_new
        False when the same bytes had come before.
    """

    sequence: int
    digest: str
    leaf: int
    rows: int
    accepted: int
    repeated: int
    disputed: int
    quarantined: int
    is_new: bool
