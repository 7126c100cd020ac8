"""A history of output per head, from which the path without AI is learned and on which forecasts are judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.policy.model.array import Floats

FEWEST_YEARS = 5
"""Of growth, before anything is learned from them."""
FEWEST_REGIONS = 5


@dataclass(frozen=True, slots=True)
class History:
    """Output per head by year.

    Attributes
    ----------
    years
        One after the other, without a gap.
    per_head
        ``(years, regions)``, above 0.
    people
        What regions are weighed by, ``(years, regions)``.

    Raises
    ------
    BadInputError
        ``history_torn``, ``history_not_positive``.
    RuleBrokenError
        ``policy_history_short``.
    """

    regions: tuple[str, ...]
    years: tuple[int, ...]
    per_head: Floats
    people: Floats

    def __post_init__(self) -> None:
        if not self.years:
            raise _short(0, len(self.regions))
        if self.years != tuple(range(self.years[0], self.years[0] + len(self.years))):
            missing = sorted(set(range(self.years[0], self.years[-1])) - set(self.years))
            raise BadInputError(
                f"A history must have every year, was without {', '.join(map(str, missing))}.",
                code="history_torn",
                hint="Give these years, or leave out those before or after them.",
            )
        bad = np.argwhere(~(self.per_head > 0.0) | ~(self.people > 0.0))
        if len(bad):
            year, region = self.years[bad[0][0]], self.regions[bad[0][1]]
            raise BadInputError(
                f"Output per head and people must be there and above 0, was not in {len(bad)} places: first {region} "
                f"in {year}.",
                code="history_not_positive",
                hint="Complete the panel, or leave the region out.",
            )
        if len(self.years) < FEWEST_YEARS + 1 or len(self.regions) < FEWEST_REGIONS:
            raise _short(len(self.years), len(self.regions))

    def until(self, year: int) -> History:
        """Return what was known at the end of a year, which may lie after the last one.

        Raises
        ------
        RuleBrokenError
            ``policy_history_short``.
        """
        kept = sum(one <= year for one in self.years)
        return replace(self, years=self.years[:kept], per_head=self.per_head[:kept], people=self.people[:kept])

    @property
    def relative(self) -> Floats:
        """Logarithm of output per head against its mean over regions, ``(years, regions)``."""
        log = np.log(self.per_head)
        return np.asarray(log - log.mean(axis=1, keepdims=True))


def _short(years: int, regions: int) -> RuleBrokenError:
    return RuleBrokenError(
        f"A history must have {FEWEST_YEARS + 1} years and {FEWEST_REGIONS} regions at least, was {years} and "
        f"{regions}.",
        code="policy_history_short",
        hint="Give a longer panel; of a shorter one nothing is learned.",
    )
