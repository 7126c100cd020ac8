"""Gather regions into clubs, each of which converges by itself: the log t test, and the clustering that rests on it.

Of a set of regions, ``H`` is the variance of each one's level over their mean. The set converges where ``log(H1/Ht) - 2
log(log t)`` does not fall with ``log t``: its slope over an error that allows for autocorrelation is above -1.65, over
the years that are left after the first third. Clubs grow from a core of the leading regions, and neighbouring clubs
that converge together are merged.

Source: `phillips2007`, `phillips2009` (clubs and their merging), `andrews1991` (quadratic spectral kernel, bandwidth
from a first-order autoregression), `hodrick1997` (trend).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats
from scipy.linalg import solveh_banded

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Floats, Ints
from qipan.regions.model.panel import Panel

CONVERGES: Final = -1.65
"""Above this t a set converges, at 5 %."""
SMOOTHNESS: Final = 400.0
"""Of the trend where nobody says."""
ROUGH: Final = 0.25
"""Variance of second over first differences, from which on a series is no trend yet; 2 where growth is chance alone."""
YEARS_MIN: Final = 8
SIEVE_STEP: Final = 0.1
SIEVE_MOST: Final = 3.0


@dataclass(frozen=True, slots=True)
class LogT:
    """The log t test of a set: slope (twice the speed of convergence), its error, t, and the one-sided p."""

    slope: float
    standard_error: float
    t: float
    p_value: float

    @property
    def converges(self) -> bool:
        """Say whether the set converges."""
        return self.t > CONVERGES


@dataclass(frozen=True, slots=True)
class Club:
    """Regions that converge together.

    Attributes
    ----------
    regions
        The leading one of the last year first.
    sieve
        What t had to be for a region to be taken into the core.
    of
        Which clubs it was merged from, counted from 1.
    """

    regions: tuple[str, ...]
    test: LogT
    sieve: float
    of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clubs:
    """Clubs of a panel.

    Attributes
    ----------
    whole
        The test of all regions together.
    found, merged
        Clubs as they were found, and after neighbouring ones were merged.
    divergent
        Regions in no club.
    left_out
        Regions without a figure in each year.
    smoothness
        Of the trend that logarithms were brought to; none where figures were taken as they are.
    """

    years: tuple[int, ...]
    whole: LogT
    found: tuple[Club, ...]
    merged: tuple[Club, ...]
    divergent: tuple[str, ...]
    left_out: tuple[str, ...]
    smoothness: float | None


def gather(
    panel: Panel, *, smoothness: float | None = None, as_is: bool = False, trim: float = 1.0 / 3.0, sieve: float = 0.0
) -> Clubs:
    """Return the clubs of a panel.

    Parameters
    ----------
    smoothness
        Take logarithms and their trend, this smooth. Without it, and unless figures are taken as they are, that is done
        at `SMOOTHNESS` where they are not smooth yet.
    trim
        Share of years at the beginning that the test leaves out.
    sieve
        What t must be for a region to be taken into a core, at first.

    Raises
    ------
    BadInputError
        ``years_few``, ``years_gaps``, ``points_few``, ``value_not_positive``, ``trim_unfit``, ``trend_unfit``.
    """
    if as_is and smoothness is not None:
        raise BadInputError(
            "Figures must be taken as they are, or smoothed, was both.",
            code="trend_unfit",
            hint="Leave out --smooth or --as-is.",
        )
    there = np.asarray(np.isfinite(panel.value).all(axis=0))
    _check(panel, int(there.sum()), trim)
    value = panel.value[:, there].T
    if value.min() <= 0.0:
        raise BadInputError(
            f"Figures of which clubs are gathered must be above 0, was {value.min():g}.",
            code="value_not_positive",
            hint="Clubs are of levels, as income per head, or of their logarithms.",
        )
    if smoothness is None and not as_is and roughness(value) > ROUGH:
        smoothness = SMOOTHNESS
    level = value if smoothness is None else np.array([trend(one, smoothness) for one in np.log(value)])
    names = [region for region, is_in in zip(panel.regions, there, strict=True) if is_in]
    order = np.argsort(-level[:, -1], kind="stable")
    gathering = _Gathering(level[order], trim, sieve)
    sets, divergent = gathering.gather()
    named = [names[at] for at in order]
    found = [
        Club(tuple(named[at] for at in members), gathering.test(members), cut, (number,))
        for number, (members, cut) in enumerate(sets, start=1)
    ]
    merged = [
        Club(tuple(named[at] for at in members), gathering.test(members), max(found[one - 1].sieve for one in of), of)
        for members, of in gathering.merge([members for members, _ in sets])
    ]
    return Clubs(
        panel.years,
        gathering.test(np.arange(len(named))),
        tuple(found),
        tuple(merged),
        tuple(named[at] for at in divergent),
        tuple(region for region, is_in in zip(panel.regions, there, strict=True) if not is_in),
        smoothness,
    )


def log_t(value: Floats, trim: float = 1.0 / 3.0) -> LogT:
    """Return the log t test of a set of regions, ``(regions, years)``.

    Where all are alike in some year there is nothing left to converge, and t is infinite.
    """
    apart = ((value / value.mean(axis=0) - 1.0) ** 2).mean(axis=0)
    count = len(apart)
    first = round(count * trim)
    time = np.log(np.arange(first + 1, count + 1))
    if apart.min() <= 0.0:
        return LogT(float("nan"), 0.0, float("inf"), 1.0)
    told = np.log(apart[0] / apart[first:]) - 2.0 * np.log(time)
    away = time - time.mean()
    slope = float(away @ told / (away @ away))
    rest = told - told.mean() - slope * away
    error = float(np.sqrt(_long_run(rest) / (away @ away)))
    ratio = float(np.copysign(np.inf, slope)) if error == 0.0 else slope / error
    return LogT(slope, error, ratio, float(stats.norm.cdf(ratio)))


def trend(value: Floats, smoothness: float) -> Floats:
    """Return the trend of a series: near to it, and with little change of growth (Hodrick-Prescott).

    Examples
    --------
    >>> trend(np.array([1.0, 2.0, 3.0, 4.0]), 400.0).round(9).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    bends = np.diff(np.eye(len(value)), n=2, axis=0)
    whole = np.eye(len(value)) + smoothness * bends.T @ bends
    bands = np.zeros((3, len(value)))
    for at in range(3):
        bands[2 - at, at:] = np.diag(whole, at)
    return np.asarray(solveh_banded(bands, value))


def roughness(value: Floats) -> float:
    """Return the middle of how much growth changes from year to year, over how much it varies, ``(regions, years)``."""
    growth = np.diff(np.log(value), axis=1)
    spread = growth.var(axis=1)
    some = spread > 0.0
    return float(np.median(np.diff(growth, axis=1)[some].var(axis=1) / spread[some])) if some.any() else 0.0


class _Gathering:
    """Regions in the order of the last year, and what is found of them, as positions."""

    def __init__(self, level: Floats, trim: float, sieve: float) -> None:
        self._level, self._trim, self._sieve = level, trim, sieve

    def test(self, members: Ints) -> LogT:
        return log_t(self._level[members], self._trim)

    def gather(self) -> tuple[list[tuple[Ints, float]], Ints]:
        """Return clubs with what their sieve was, and who is in none."""
        clubs: list[tuple[Ints, float]] = []
        left = np.arange(len(self._level))
        while len(left) > 1:
            if self.test(left).converges:
                clubs.append((left, self._sieve))
                return clubs, np.empty(0, dtype=np.int64)
            core = self._core(left)
            if not len(core):
                break
            club, cut = self._grow(core, np.setdiff1d(left, core))
            clubs.append((club, cut))
            left = np.setdiff1d(left, club)
        return clubs, left

    def merge(self, clubs: Sequence[Ints]) -> list[tuple[Ints, tuple[int, ...]]]:
        """Return clubs after each was merged with those that follow, as long as all of them converge together."""
        merged: list[tuple[Ints, tuple[int, ...]]] = []
        for number, club in enumerate(clubs, start=1):
            if merged:
                members, of = merged[-1]
                both = np.sort(np.concatenate([members, club]))
                if self.test(both).converges:
                    merged[-1] = both, (*of, number)
                    continue
            merged.append((club, (number,)))
        return merged

    def _core(self, left: Ints) -> Ints:
        """Return the first regions that converge, as many as have the largest t; none where no two do."""
        for first in range(len(left) - 1):
            found = []
            for last in range(first + 2, len(left) + 1):
                test = self.test(left[first:last])
                if not test.converges:
                    break
                found.append(test.t)
            if found:
                return left[first : first + 2 + int(np.argmax(found))]
        return np.empty(0, dtype=np.int64)

    def _grow(self, core: Ints, others: Ints) -> tuple[Ints, float]:
        """Return the core with all that pass the sieve; it is made finer until what passes converges together."""
        told = np.array([self.test(np.sort(np.append(core, one))).t for one in others])
        cut = self._sieve
        while cut <= SIEVE_MOST:
            club = np.sort(np.concatenate([core, others[told > cut]]))
            if self.test(club).converges:
                return club, cut
            cut = round(cut + SIEVE_STEP, 10)
        return core, cut


def _long_run(rest: Floats) -> float:
    """Return the variance of residuals in the long run, nan where it has none.

    As Phillips and Sul have it: products of lagged residuals leave the last one out, and all is over one less than
    there are.
    """
    before = rest[:-1]
    count = len(before)
    total = float(rest @ rest)
    if total == 0.0:
        return 0.0
    along = float(rest[1:] @ before / (before @ before))
    reach = 1.3221 * (4.0 * along**2 / (1.0 - along) ** 4 * len(rest)) ** 0.2
    if reach > 0.0:
        lags = np.arange(1, count)
        turn = 6.0 * np.pi * lags / (5.0 * reach)
        kernel = 3.0 / turn**2 * (np.sin(turn) / turn - np.cos(turn))
        total += 2.0 * sum(float(by * (before[lag:] @ before[:-lag])) for by, lag in zip(kernel, lags, strict=True))
    return total / count if total > 0.0 else float("nan")


def _check(panel: Panel, count: int, trim: float) -> None:
    years = panel.years
    if not 0.0 < trim < 1.0 or len(years) - round(len(years) * trim) < 4:
        raise BadInputError(
            f"The share of years left out must be above 0 and leave 4 years or more, was {trim:g} of {len(years)}.",
            code="trim_unfit",
            hint="Take a third, and a panel that is long enough.",
        )
    if len(years) < YEARS_MIN:
        raise BadInputError(
            f"Clubs must be seen over {YEARS_MIN} years or more, was {len(years)}.",
            code="years_few",
            hint="Give a longer panel; short ones say little about clubs.",
        )
    if len(set(np.diff(years).tolist())) > 1:
        raise BadInputError(
            "Years of clubs must follow one another evenly, did not.",
            code="years_gaps",
            hint="Name a stretch without gaps, with --from and --to.",
        )
    if count < 2:
        raise BadInputError(
            f"Clubs must have 2 regions or more that are there throughout, was {count}.",
            code="points_few",
            hint="Name years in which more regions have figures, with --from and --to.",
        )
