"""Put indicators together level by level: by a mean, by who beats whom, or in the best light for each region.

Source: `oecd2008` (step 7), `cherchye2007` (benefit of the doubt).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from scipy.optimize import linprog

from qipan.kernel.errors import BadInputError
from qipan.regions.index.fill import unknown_method
from qipan.regions.index.weigh import Weights
from qipan.regions.model.array import Floats
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.recipe import Step

WAYS: Final = ("arithmetic", "geometric", "harmonic", "copeland", "outranking", "benefit_of_doubt")


def aggregate(table: Indicators, framework: Framework, weights: Weights, step: Step) -> Mapping[str, Floats]:
    """Return scores of every node by code, ``(years, regions)``, indicators among them.

    Settings: ``method``, one of `WAYS`, or a list with one for each level up; ``least``, the share of what is under a
    node that must be there, else it has no score; ``bounds`` of ``benefit_of_doubt``, the least and most share of each
    indicator in a score. Where something is missing, the weights of the rest count.

    Raises
    ------
    BadInputError
        ``method_unknown``, ``levels_differ``, ``aggregate_not_positive``, ``bounds_unfit``.
    """
    asked, levels = step.setting("method", "arithmetic"), framework.top.level - 1
    ways = [asked] * levels if isinstance(asked, str) else list(asked)
    if len(ways) != levels:
        raise BadInputError(
            f"Methods must be one, or one for each of {levels} levels, was {len(ways)}.",
            code="levels_differ",
            hint="Name as many as the framework has levels above the indicators, the lowest first.",
        )
    for way in ways:
        if way not in WAYS:
            raise unknown_method("aggregate", way, WAYS)
    least = float(step.setting("least", 0.0))
    bounds = step.setting("bounds", None)
    bounds = None if bounds is None else (float(bounds[0]), float(bounds[1]))
    scores = {code: table.value[:, :, at] for at, code in enumerate(table.codes)}
    for group in framework.groups:
        under = framework.under(group.code)
        value = np.stack([scores[one.code] for one in under], axis=-1)
        shares = np.array([weights.of[one.code] for one in under])
        way = ways[group.level - 2]
        if way in MEANS:
            _check_positive(value, way, group.code)
            found = MEANS[way](value, shares)
        elif way == "benefit_of_doubt":
            found = np.array([in_best_light(year, bounds) for year in value])
        else:
            found = np.array([copeland(year, shares, is_sign=way == "copeland") for year in value])
        has = np.isfinite(value).mean(axis=-1)
        scores[group.code] = np.where((has >= least) & (has > 0.0), found, np.nan)
    return scores


def copeland(value: Floats, weights: Floats, *, is_sign: bool = True) -> Floats:
    """Return by how many others a region beats more than beat it; or the sum of the weights with which it does.

    Examples
    --------
    >>> found = np.array([[1.0, 3, 2], [2, 2, 3], [3, 1, 1], [4, 5, 4]])
    >>> copeland(found, np.ones(3)).tolist(), copeland(found, np.ones(3), is_sign=False).round(2).tolist()
    ([-1.0, 1.0, -3.0, 3.0], [1.0, 1.33, 0.67, 3.0])
    """
    share = weights / weights.sum()
    there = np.isfinite(value).any(axis=1)
    with np.errstate(invalid="ignore"):
        above = (value[:, None, :] > value) + (value[:, None, :] == value) / 2.0
    beats = above @ share
    beats[:, ~there] = beats[~there, :] = np.nan
    np.fill_diagonal(beats, np.nan)
    told = np.sign(np.round(beats - beats.T, 12)) if is_sign else beats
    return np.where(there, np.nansum(told, axis=1), np.nan)


def in_best_light(value: Floats, bounds: tuple[float, float] | None = None) -> Floats:
    """Return the score of each region under the weights that are best for it, with none above 1 under these.

    Parameters
    ----------
    value
        ``(regions, indicators)``, 0 or more; regions with a gap have no score.
    bounds
        Least and most share of each indicator in the score of the region that is looked at.

    Raises
    ------
    BadInputError
        ``aggregate_not_positive``, ``bounds_unfit``.

    Examples
    --------
    >>> in_best_light(np.array([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]])).round(4).tolist()
    [1.0, 1.0, 0.8]
    """
    whole = np.isfinite(value).all(axis=1)
    found = np.full(len(value), np.nan)
    there = value[whole]
    if len(there) and there.min() < 0.0:
        raise BadInputError(
            f"Figures that are shown in the best light must be 0 or more, was {there.min():g}.",
            code="aggregate_not_positive",
            hint="Normalise by min_max, or take the arithmetic mean.",
        )
    count = value.shape[1]
    if bounds is not None and not 0.0 <= bounds[0] * count <= 1.0 <= bounds[1] * count:
        raise BadInputError(
            f"Bounds of shares must let the {count} indicators add up to 1, were {list(bounds)}.",
            code="bounds_unfit",
            hint="Write the least share, at most 1 over their number, and the most, at least that.",
        )
    for at in np.flatnonzero(whole):
        rows, limits = [there], [np.ones(len(there))]
        if bounds is not None:
            mine, part = value[at], np.diag(value[at])
            rows += [bounds[0] * mine - part, part - bounds[1] * mine]
            limits += [np.zeros(count), np.zeros(count)]
        best = linprog(-value[at], A_ub=np.vstack(rows), b_ub=np.concatenate(limits), method="highs")
        found[at] = -float(best.fun) if best.success and best.fun is not None else np.nan
    return found


def _arithmetic(value: Floats, weights: Floats) -> Floats:
    return _mean(value, weights)


def _geometric(value: Floats, weights: Floats) -> Floats:
    return np.exp(_mean(np.log(value), weights))


def _harmonic(value: Floats, weights: Floats) -> Floats:
    return 1.0 / _mean(1.0 / value, weights)


MEANS: Final[dict[str, Callable[[Floats, Floats], Floats]]] = {
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "harmonic": _harmonic,
}


def _mean(value: Floats, weights: Floats) -> Floats:
    there = np.isfinite(value)
    heavy = there @ weights
    return np.asarray(np.where(there, value, 0.0) @ weights / np.where(heavy > 0.0, heavy, np.nan))


def _check_positive(value: Floats, way: str, code: str) -> None:
    there = value[np.isfinite(value)]
    if way != "arithmetic" and len(there) and there.min() <= 0.0:
        raise BadInputError(
            f"The {way} mean must have figures above 0, had some of 0 or less under {code}.",
            code="aggregate_not_positive",
            hint="Normalise by min_max with range = [1, 100], or take the arithmetic mean.",
        )
