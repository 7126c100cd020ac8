"""Nouns of the human-machine replacement ratio: what is assumed, an interval, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qipan.labour.model.exposure import Channel, Triangle


class Consistency(StrEnum):
    """What realised employment says of an estimate from exposure and adoption."""

    AGREES = "agrees"
    """It could well have come about if the estimate were true, and has narrowed it."""
    CANNOT_TELL = "cannot_tell"
    """It could hardly have come about: one of the two is wrong, and nobody can say which."""
    UNCHECKED = "unchecked"
    """Nothing is known of it, or too little else to compare it with."""


@dataclass(frozen=True, slots=True)
class CredibleInterval:
    """An estimate with the ends between which it lies with the stated probability."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """What no file says.

    Attributes
    ----------
    handed_over
        Of the exposed hours at those who use a machine, the share that it does instead of people, by its kind.
    level
        Probability with which an interval holds.
    doubt
        How unlikely employment must be, if the estimate were true, for "cannot tell".
    """

    handed_over: Mapping[Channel, Triangle]
    level: float = 0.9
    doubt: float = 0.05


@dataclass(frozen=True, slots=True)
class Replacement:
    """Share of an occupation's hours that machines do, of those that people did in the base year.

    Attributes
    ----------
    expected
        From exposure and adoption alone.
    ratio, by_channel
        With what employment says; nothing where one cannot tell. Where it is unchecked, as expected.
    at_most
        What it cannot exceed, whatever share is handed over and whoever among the exposed has adopted.
    realised
        Share that has gone of what employment would have been had it moved as where little is exposed.
    chance
        How likely employment as far off as this would be, if the estimate were true.
    """

    region: str
    industry: str
    occupation: str
    expected: CredibleInterval
    ratio: CredibleInterval | None
    by_channel: Mapping[Channel, CredibleInterval]
    at_most: float
    realised: CredibleInterval | None
    chance: float | None
    verdict: Consistency
