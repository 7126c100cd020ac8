"""Treat outliers: pull the farthest figures in, and if that does not do, take logarithms or a power.

An indicator needs it where both its skewness and its kurtosis are beyond their limits. Both are those of a sample, as
spreadsheets have them.

Source: `becker2022` (winsorisation by skewness and kurtosis), `boxcox1964`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import stats

from qipan.regions.index.fill import unknown_method
from qipan.regions.model.array import Floats, Ints
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
        Skewness and kurtosis.
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
    """Return indicators with their outliers treated, year by year, and what was done.

    Settings: ``skew``, ``kurtosis``, the limits; ``winsorise_most``, how many figures may be pulled in; ``then``, one
    of ``log, log_shift, log_either_way, box_cox, none``; ``power`` of ``box_cox``; ``combine``, whether ``then`` works
    on what was pulled in and not on what was there before; ``method`` ``none`` leaves an indicator as it is.

    Raises
    ------
    BadInputError
        ``method_unknown``.
    """
    value = table.value.copy()
    told = []
    for at, code in enumerate(table.codes):
        if step.setting("method", "winsorise", code) == "none":
            continue
        for year, label in enumerate(table.years):
            column = table.value[year, :, at]
            there = np.isfinite(column)
            limits = float(step.setting("skew", 2.0, code)), float(step.setting("kurtosis", 3.5, code))
            if there.sum() < POINTS_MIN or np.ptp(column[there]) == 0.0 or _passes(column[there], limits):
                continue
            found, pulled, transform = _treat(column[there], limits, step, code)
            value[year, there, at] = found
            places = tuple(np.flatnonzero(there)[pulled].tolist())
            told.append(
                Treated(
                    code, label, shape(column[there]), shape(found), places, transform, _passes(found, limits)
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


def _treat(value: Floats, limits: tuple[float, float], step: Step, code: str) -> tuple[Floats, Ints, str]:
    found, pulled = winsorise(value, int(step.setting("winsorise_most", 5, code)), limits)
    then = step.setting("then", "log", code)
    if then not in TRANSFORMS:
        raise unknown_method("treat", then, TRANSFORMS)
    if _passes(found, limits):
        return found, pulled, ""
    combine = bool(step.setting("combine", False, code))
    if then == "none":
        return found, pulled, ""
    kept = pulled if combine else np.empty(0, dtype=np.int64)
    return _transform(found if combine else value, then, float(step.setting("power", 0.0, code))), kept, then


def _transform(value: Floats, then: str, power: float) -> Floats:
    if then == "log_either_way" and shape(value)[0] < 0.0:
        return -_transform(-value, "log", power)
    away = value - value.min()
    if then in {"log", "log_either_way"}:
        return np.asarray(np.log(away + 0.01 * np.ptp(value)))
    if then == "log_shift" or power == 0.0:
        return np.asarray(np.log(away + 1.0))
    return np.asarray(((away + 1.0) ** power - 1.0) / power)


def _passes(value: Floats, limits: tuple[float, float]) -> bool:
    skew, kurtosis = shape(value)
    return not (abs(skew) > limits[0] and kurtosis > limits[1])
