"""Series, observation, receipt: the words for what was received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qipan.kernel.time import Interval, in_utc


@dataclass(frozen=True, slots=True)
class Series:
    """What is measured over and over: one name, one unit, one source."""

    series_id: str
    name_en: str
    name_zh: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of a series for one period, as it was released; a correction is a later release.

    Raises
    ------
    BadInputError
        ``time_naive`` when the release carries no zone.
    """

    series_id: str
    period: Interval
    released: datetime
    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "released", in_utc(self.released))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The acknowledgement of one batch: its bytes are archived, and its place in the order is fixed.

    Attributes
    ----------
    sequence
        Place among all batches, rising from 1.
    previous
        Sequence of the batch before it of the same source and kind, 0 for the first.
    digest
        SHA-256 of the bytes, in hexadecimal.
    source, kind
        Who sent it, and in which form.
    received
        When it came first.
    rows
        Rows it holds, those in quarantine included.
    quarantined
        Rows in quarantine.
    is_new
        False when the same bytes had come from this source before.
    """

    sequence: int
    previous: int
    digest: str
    source: str
    kind: str
    received: datetime
    rows: int
    quarantined: int
    is_new: bool
