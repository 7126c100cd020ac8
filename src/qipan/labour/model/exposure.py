"""Nouns of what machines could do and where they are used: channels, exposure, adoption, people employed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.labour.model.array import Floats


class Channel(StrEnum):
    """By what kind of machine work is done; kinds are never added up before they are told apart."""

    LANGUAGE_MODELS = "language_models"
    SOFTWARE = "software"
    ROBOTS = "robots"


@dataclass(frozen=True, slots=True)
class Triangle:
    """A share of which the least, the likeliest and the most are stated; between them it is drawn from a triangle.

    Raises
    ------
    BadInputError
        ``triangle_bad`` unless they lie in this order between 0 and 1.

    Examples
    --------
    >>> Triangle(0.0, 0.5, 1.0).at(np.array([0.0, 0.125, 0.5, 1.0]))
    array([0.  , 0.25, 0.5 , 1.  ])
    """

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.likely <= self.high <= 1.0:
            raise BadInputError(
                "A share must have its least, likeliest and most in this order from 0 to 1, was "
                f"{self.low:g}, {self.likely:g}, {self.high:g}.",
                code="triangle_bad",
                hint="State for example 0.1, 0.4, 0.8.",
            )

    def at(self, levels: Floats) -> Floats:
        """Return the values below which it lies with these probabilities."""
        if self.low == self.high:
            return np.full(levels.shape, self.low)
        width, turn = self.high - self.low, (self.likely - self.low) / (self.high - self.low)
        rising = self.low + np.sqrt(levels * width * (self.likely - self.low))
        falling = self.high - np.sqrt((1.0 - levels) * width * (self.high - self.likely))
        return np.where(levels < turn, rising, falling)

    def times(self, factor: float) -> Triangle:
        """Return a share of it; nothing goes above 1."""
        return Triangle(*(min(1.0, one * factor) for one in (self.low, self.likely, self.high)))


@dataclass(frozen=True, slots=True)
class Exposure:
    """Share of an occupation's hours of work that a kind of machine could do.

    Attributes
    ----------
    year
        About which year; nothing where the source names none.
    """

    occupation: str
    channel: Channel
    year: int | None
    share: Triangle


@dataclass(frozen=True, slots=True)
class Exposures:
    """All that is known of exposure.

    Where an occupation has both, what names no year says how much, and what names years says when.
    """

    known: dict[tuple[str, Channel], dict[int | None, Triangle]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Exposure]) -> Exposures:
        """Return what rows say; of two that speak of the same, the later stands."""
        known: dict[tuple[str, Channel], dict[int | None, Triangle]] = {}
        for row in rows:
            known.setdefault((row.occupation, row.channel), {})[row.year] = row.share
        return cls(known)

    @property
    def occupations(self) -> tuple[str, ...]:
        """Which have an exposure, in the order of their codes."""
        return tuple(sorted({occupation for occupation, _ in self.known}))

    def share(self, occupation: str, channel: Channel, year: int) -> Triangle | None:
        """Return the exposure in a year: of the latest year known by then, or the first where that is later.

        Examples
        --------
        >>> rows = [Exposure("a", Channel.ROBOTS, year, Triangle(x, x, x)) for year, x in ((None, 0.6), (2019, 0.1))]
        >>> found = Exposures.of([*rows, Exposure("a", Channel.ROBOTS, 2023, Triangle(0.2, 0.2, 0.2))])
        >>> found.share("a", Channel.ROBOTS, 2020).likely, found.share("a", Channel.ROBOTS, 2024).likely
        (0.3, 0.6)
        """
        found = self.known.get((occupation, channel))
        if not found:
            return None
        years = sorted(one for one in found if one is not None)
        if not years:
            return found[None]
        at = found[max((one for one in years if one <= year), default=years[0])]
        if None not in found:
            return at
        last = found[years[-1]].likely
        return found[None].times(at.likely / last) if last else found[None]


@dataclass(frozen=True, slots=True)
class Adoption:
    """Share of employers, or of hours, that use a kind of machine.

    Attributes
    ----------
    region, industry, occupation
        Of whom; empty where of all.
    standard_error
        Of the share, as its survey states it.
    """

    region: str
    industry: str
    occupation: str
    channel: Channel
    year: int
    share: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Adoptions:
    """All that is known of adoption."""

    known: dict[tuple[str, str, str, Channel], dict[int, Adoption]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Adoption]) -> Adoptions:
        """Return what rows say; of two that speak of the same, the later stands."""
        known: dict[tuple[str, str, str, Channel], dict[int, Adoption]] = {}
        for row in rows:
            known.setdefault((row.region, row.industry, row.occupation, row.channel), {})[row.year] = row
        return cls(known)

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Regions and industries that it speaks of, in their order."""
        return tuple(sorted({(region, industry) for region, industry, _, _ in self.known}))

    def of_year(self, region: str, industry: str, occupation: str, channel: Channel, year: int) -> Adoption | None:
        """Return what is known nearest: of the occupation before all, of the industry before the region.

        Of whom it is told, it is the latest that is not after the year; who is told of only later is passed over.
        """
        for whose in ((region, industry), ("", industry), (region, ""), ("", "")):
            for kind in (occupation, ""):
                found = self.known.get((*whose, kind, channel), {})
                years = [one for one in found if one <= year]
                if years:
                    return found[max(years)]
        return None


@dataclass(frozen=True, slots=True)
class Employed:
    """People of an occupation in a region and industry, empty where in all of them.

    Attributes
    ----------
    standard_error
        Of the persons, 0 where all were counted.
    """

    region: str
    industry: str
    occupation: str
    year: int
    persons: float
    standard_error: float
