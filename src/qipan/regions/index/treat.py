"""Treat outliers: pull the farthest figures in, and if that does not do, take logarithms or a power.

An indicator needs it where both its skewness and its kurtosis are beyond their limits. Both are those of a sample, as
spreadsheets have them. What is done is decided once for all years of a panel unless the recipe says otherwise: else
logarithms of one year would stand beside figures of another.

Source: `becker2022` (winsorisation by skewness and kurtosis), `boxcox1964`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import stats

from qipan.regions.index.fill import unknown_method
from qipan.regions.index.normalise import anchors_of
from qipan.regions.model.array import Bools, Floats, Ints
from qipan.regions.model.framework import Indicators
from qipan.regions.model.recipe import Step

TRANSFORMS: Final = ("log", "log_shift", "log_either_way", "box_cox", "none")
POINTS_MIN: Final = 4
"""Figures without which kurtosis has no answer."""


@dataclass(frozen=True, slots=True)
class Treated:
    """What was done to an indicator in a year.

    Attributes
    ----------
    before, after
        Skewness and kurtosis of the figures of the anchor.
    winsorised
        Regions whose figures were pulled in, as positions.
    transform
        Empty where none was needed.
    passes
        Whether it is within the limits now.
    """

    code: str
    year: int
    before: tuple[float, float]
    after: tuple[float, float]
    winsorised: tuple[int, ...]
    transform: str
    passes: bool


def treat(table: Indicators, step: Step) -> tuple[Indicators, tuple[Treated, ...]]:
    """Return indicators with their outliers treated, and what was done.

    Settings: ``skew``, ``kurtosis``, the limits; ``winsorise_most``, how many figures of a year may be pulled in;
    ``then``, one of ``log, log_shift, log_either_way, box_cox, none``; ``power`` of ``box_cox``; ``combine``, whether
    ``then`` works on what was pulled in and not on what was there before; ``anchor``, by which figures all this is
    decided: those of ``all`` years together, of ``each`` year, or of a list of years; ``method`` ``none`` leaves an
    indicator as it is.

    Raises
    ------
    BadInputError
        ``method_unknown``, ``anchor_unfit``.
    """
    value = table.value.copy()
    told = []
    for at, code in enumerate(table.codes):
        if step.setting("method", "winsorise", code) == "none":
            continue
        limits = float(step.setting("skew", 2.0, code)), float(step.setting("kurtosis", 3.5, code))
        for chosen, anchors in anchors_of(table.years, step.setting("anchor", "all", code)):
            pool = table.value[anchors, :, at]
            pool = pool[np.isfinite(pool)]
            if len(pool) < POINTS_MIN or np.ptp(pool) == 0.0 or _passes(pool, limits):
                continue
            most = int(step.setting("winsorise_most", 5, code)) * len(anchors)
            law = _decide(pool, limits, most, step, code)
            after, _ = law.of(pool)
            for year in chosen:
                column = table.value[year, :, at]
                value[year, :, at], pulled = law.of(column)
                if np.isfinite(column).any():
                    places = tuple(np.flatnonzero(pulled).tolist())
                    told.append(
                        Treated(
                            code, table.years[year], shape(pool), shape(after), places, law.then,
                            _passes(after, limits),
                        )
                    )  # fmt: skip
    return replace(table, value=value), tuple(told)


def winsorise(value: Floats, most: int, limits: tuple[float, float]) -> tuple[Floats, Ints]:
    """Return figures with the farthest pulled in to the next one until shape is within limits, and which were pulled.

    Examples
    --------
    >>> found, pulled = winsorise(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100]), 5, (2.0, 3.5))
    >>> found[-2:].tolist(), pulled.tolist()
    ([30.0, 30.0], [11])
    """
    found = value.copy()
    high = low = np.empty(0, dtype=np.int64)
    while len(high) + len(low) < most and not _passes(found, limits):
        if shape(found)[0] >= 0.0:
            high = np.flatnonzero(found == found.max())
            found[high] = np.delete(found, high).max()
        else:
            low = np.flatnonzero(found == found.min())
            found[low] = np.delete(found, low).min()
        if np.ptp(found) == 0.0:
            break
    return found, np.union1d(high, low)


def shape(value: Floats) -> tuple[float, float]:
    """Return skewness and kurtosis (over that of a normal law) of a sample.

    Examples
    --------
    >>> [round(one, 6) for one in shape(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100]))]
    [3.063241, 9.741391]
    """
    if np.ptp(value) == 0.0:
        return float("nan"), float("nan")
    return float(stats.skew(value, bias=False)), float(stats.kurtosis(value, bias=False))


@dataclass(frozen=True, slots=True)
class _Law:
    """What is done to figures, decided by those of the anchor.

    Attributes
    ----------
    low, high
        Where figures beyond are pulled in to.
    then
        Transform, empty for none.
    base
        The figures that the transform is measured by.
    """

    low: float
    high: float
    then: str
    base: Floats
    power: float

    def of(self, value: Floats) -> tuple[Floats, Bools]:
        """Return figures treated, and which were pulled in; what is missing stays so."""
        low, high = self.low, self.high
        if self.then:  # A logarithm has no answer beyond the figures that it was measured by.
            is_turned = self.then == "log_either_way" and shape(self.base)[0] < 0.0
            low, high = (low, float(self.base.max())) if is_turned else (float(self.base.min()), high)
        found = np.clip(value, low, high)
        pulled = np.isfinite(value) & (found != value)
        return (_transform(found, self.base, self.then, self.power) if self.then else found), pulled


def _decide(pool: Floats, limits: tuple[float, float], most: int, step: Step, code: str) -> _Law:
    found, _ = winsorise(pool, most, limits)
    then = step.setting("then", "log", code)
    if then not in TRANSFORMS:
        raise unknown_method("treat", then, TRANSFORMS)
    low = float(found.min()) if found.min() > pool.min() else -np.inf
    high = float(found.max()) if found.max() < pool.max() else np.inf
    power = float(step.setting("power", 0.0, code))
    if then == "none" or _passes(found, limits):
        return _Law(low, high, "", pool, power)
    if bool(step.setting("combine", False, code)):
        return _Law(low, high, then, found, power)
    return _Law(-np.inf, np.inf, then, pool, power)


def _transform(value: Floats, base: Floats, then: str, power: float) -> Floats:
    if then == "log_either_way" and shape(base)[0] < 0.0:
        return -_transform(-value, -base, "log", power)
    away = value - base.min()
    if then in {"log", "log_either_way"}:
        return np.asarray(np.log(away + 0.01 * np.ptp(base)))
    if then == "log_shift" or power == 0.0:
        return np.asarray(np.log(away + 1.0))
    return np.asarray(((away + 1.0) ** power - 1.0) / power)


def _passes(value: Floats, limits: tuple[float, float]) -> bool:
    skew, kurtosis = shape(value)
    return not (abs(skew) > limits[0] and kurtosis > limits[1])
