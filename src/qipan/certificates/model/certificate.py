"""Wh of renewable energy: what was made, what was issued for it, who holds which part in which state, what was used.

A part is a half-open range ``[unit_start, unit_end)`` of the Wh of one issuance; how much it is follows from its ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from qipan.certificates.model.month import Month

BUNDLE_WH: Final = 1_000_000
"""A national certificate stands for 1,000 kWh."""


@dataclass(frozen=True, slots=True)
class Production:
    """What a device made in an hour, or in a month of UTC+8.

    Attributes
    ----------
    wh
        Energy, rounded down to whole Wh.
    evidence
        What says so: a reading, or the digest of a meter's file.
    """

    start: datetime
    end: datetime
    wh: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Issuance:
    """The Wh that were issued for one production; the hour is an attribute of them."""

    issuance_id: str
    device_id: str
    start: datetime
    end: datetime
    wh: int
    evidence: str

    @property
    def month(self) -> Month:
        """Month that its Wh belong to."""
        return Month.of(self.start)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Some Wh of an issuance.

    Examples
    --------
    >>> Part("i", 0, 250).wh, Part("i", 250, 1000).wh
    (250, 750)
    """

    issuance_id: str
    unit_start: int
    unit_end: int

    @property
    def wh(self) -> int:
        """How much it is."""
        return self.unit_end - self.unit_start


class State(StrEnum):
    """What has become of Wh: exactly one of these at any moment; the last three are for good."""

    HELD = "held"
    ALLOCATED = "allocated"
    RETIRED = "retired"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def is_final(self) -> bool:
        """Whether what is in this state never moves again."""
        return self not in {State.HELD, State.ALLOCATED}


@dataclass(frozen=True, slots=True)
class Holding:
    """A part, who has it and what for.

    Attributes
    ----------
    holder
        Of what is retired, the beneficiary.
    start, end
        When it was made.
    claim_id
        The claim in the books that says so.
    bundle_id
        The national certificate that it is in; empty where it is in none.
    """

    part: Part
    holder: str
    state: State
    device_id: str
    start: datetime
    end: datetime
    claim_id: str
    bundle_id: str = ""

    @property
    def wh(self) -> int:
        """How much it is."""
        return self.part.wh

    @property
    def month(self) -> Month:
        """Month that it belongs to."""
        return Month.of(self.start)

    def cut(self, unit_start: int, unit_end: int) -> Holding:
        """Return that range of it."""
        return replace(self, part=Part(self.part.issuance_id, unit_start, unit_end))


@dataclass(frozen=True, slots=True)
class Bundle:
    """A national certificate: the Wh that it is made of, the oldest first."""

    bundle_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """A row of metered use; its Wh can be covered once, as those of an issuance can be claimed once."""

    usage_id: str
    consumer: str
    start: datetime
    end: datetime
    wh: int

    @property
    def month(self) -> Month:
        """Month that it lies in."""
        return Month.of(self.start)


class Granularity(StrEnum):
    """How near in time production and use must lie."""

    HOUR = "hour"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Pair:
    """Made and used: as many Wh of a holding as of a row of use, from ``usage_start`` on."""

    holding: Holding
    usage: Usage
    usage_start: int

    @property
    def usage_end(self) -> int:
        """End of the range of the row of use."""
        return self.usage_start + self.holding.wh
