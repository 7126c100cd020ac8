"""Bring indicators to one scale, turned so that more is better.

What a scale is anchored in, such as least and greatest figure, is taken over all years of a panel unless the recipe
says otherwise: then scores of one year can be compared with those of another.

Source: `oecd2008` (step 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import stats

from qipan.kernel.errors import BadInputError
from qipan.regions.index.fill import unknown_method
from qipan.regions.model.array import Floats
from qipan.regions.model.framework import Framework, Indicators, Node
from qipan.regions.model.recipe import Step


@dataclass(frozen=True, slots=True)
class _Column:
    """One indicator, turned so that more is better.

    Attributes
    ----------
    value
        ``(years, regions)``
    anchor
        The figures that scales are anchored in, none missing, as the whole of ``value``, or some years of it.
    setting
        Ask the recipe for a setting.
    """

    value: Floats
    anchor: Floats
    node: Node
    setting: Callable[[str, Any], Any]
    regions: tuple[str, ...]

    @property
    def ends(self) -> tuple[float, float]:
        return float(self.anchor.min()), float(self.anchor.max())


def normalise(table: Indicators, framework: Framework, step: Step) -> Indicators:
    """Return indicators on one scale.

    Settings: ``method``, one of `METHODS`; ``range``, where ``min_max`` goes to; ``mean``, ``deviation`` of
    ``z_score``; ``reference``, a region; ``target``, ``goalposts`` (low, high), else those of the framework, as the raw
    figure is measured; ``scale`` of goalposts; ``cap``, whether what is beyond counts as reached; ``anchor``: ``all``
    years, ``each`` year, or a list of years.

    Raises
    ------
    BadInputError
        ``method_unknown``, ``anchor_unfit``, ``scale_unfit``.
    """
    value = np.full(table.value.shape, np.nan)
    for at, node in enumerate(framework.indicators):
        method = step.setting("method", "min_max", node.code)
        if method not in METHODS:
            raise unknown_method("normalise", method, tuple(METHODS))
        turned = table.value[:, :, at] * node.direction

        def setting(name: str, default: Any, code: str = node.code) -> Any:
            return step.setting(name, default, code)

        for chosen, anchors in anchors_of(table.years, step.setting("anchor", "all", node.code)):
            anchor = turned[anchors][np.isfinite(turned[anchors])]
            if not len(anchor):
                continue
            one = _Column(turned[chosen], anchor, node, setting, table.regions)
            value[chosen, :, at] = METHODS[method](one)
    return replace(table, value=value)


def lift(table: Indicators) -> Indicators:
    """Return indicators that are on one scale from 1 to 100, for what needs figures above 0; order stays as it is."""
    low, high = np.fmin.reduce(table.value, axis=(0, 1)), np.fmax.reduce(table.value, axis=(0, 1))
    return replace(table, value=(table.value - low) / _width(high - low) * 99.0 + 1.0)


def rank(value: Floats) -> Floats:
    """Return ranks, 1 the least; those alike share the first of their ranks, and what is missing has none.

    Examples
    --------
    >>> rank(np.array([3.0, np.nan, 1.0, 3.0])).tolist()
    [2.0, nan, 1.0, 2.0]
    """
    ranked = np.full(value.shape, np.nan)
    there = np.isfinite(value)
    ranked[there] = stats.rankdata(value[there], method="min")
    return ranked


def _min_max(one: _Column) -> Floats:
    low, high = _pair(one, "range", (0.0, 100.0))
    least, most = one.ends
    return np.asarray((one.value - least) / _width(most - least) * (high - low) + low)


def _z_score(one: _Column) -> Floats:
    spread = float(one.anchor.std(ddof=1)) if len(one.anchor) > 1 else 0.0
    mean, deviation = float(one.setting("mean", 0.0)), float(one.setting("deviation", 1.0))
    return np.asarray((one.value - one.anchor.mean()) / _width(spread) * deviation + mean)


def _distance_to_max(one: _Column) -> Floats:
    least, most = one.ends
    return np.asarray(1.0 - (most - one.value) / _width(most - least))


def _distance_to_reference(one: _Column) -> Floats:
    name = one.setting("reference", "")
    if name not in one.regions:
        raise BadInputError(
            f"The reference of {one.node.code} must be a region of the data, was {name or 'none'}.",
            code="scale_unfit",
            hint="Set reference in the recipe under normalise.",
        )
    there = one.value[:, one.regions.index(name)][:, None]
    return _capped(one, 1.0 - (there - one.value) / _width(there - one.ends[0]), default=False)


def _distance_to_target(one: _Column) -> Floats:
    target = float(one.setting("target", one.node.target))
    if not np.isfinite(target):
        raise BadInputError(
            f"The target of {one.node.code} must be a number, was none.",
            code="scale_unfit",
            hint="Set target in the recipe under normalise, or in the framework.",
        )
    target *= one.node.direction
    return _capped(one, 1.0 - (target - one.value) / _width(target - one.ends[0]), default=False)


def _goalposts(one: _Column) -> Floats:
    posts = one.setting("goalposts", (one.node.low, one.node.high))
    low, high = (float(number) for number in list(posts)[:2]) if len(posts) >= 2 else (np.nan, np.nan)
    if not (np.isfinite(low) and np.isfinite(high)) or low == high:
        raise _no_pair(one, "goalposts", posts)
    scale = float(one.setting("scale", posts[2] if len(posts) > 2 else 1.0))
    if one.node.direction < 0:
        low, high = -max(low, high), -min(low, high)
    found = (one.value - low) / (high - low)
    return (np.clip(found, 0.0, 1.0) if one.setting("cap", True) else found) * scale


def _scaled(one: _Column) -> Floats:
    low, high = _pair(one, "range", (0.0, 100.0))
    return (one.value - low) / (high - low) * 100.0


def _fraction_of_max(one: _Column) -> Floats:
    """Return the share of the greatest figure; where less is better, that of the least in each."""
    best = one.ends[1] if one.node.direction > 0 else -max(one.ends[1], float(np.nanmax(one.value)))
    if best <= 0.0:
        raise BadInputError(
            f"The best figure of {one.node.code} must be above 0 for others to be a fraction of it, was {best:g}.",
            code="scale_unfit",
            hint="Take another method for it, as min_max.",
        )
    return np.asarray(one.value / best if one.node.direction > 0 else one.ends[1] / one.value)


def _by_rank(one: _Column) -> Floats:
    return np.array([rank(year) for year in one.value])


def _percent_rank(one: _Column) -> Floats:
    count = np.isfinite(one.value).sum(axis=1, keepdims=True)
    return (_by_rank(one) - 1.0) / np.where(count > 1, count - 1, np.nan)


METHODS: Final[dict[str, Callable[[_Column], Floats]]] = {
    "min_max": _min_max,
    "z_score": _z_score,
    "rank": _by_rank,
    "borda": lambda one: _by_rank(one) - 1.0,
    "percent_rank": _percent_rank,
    "distance_to_max": _distance_to_max,
    "distance_to_reference": _distance_to_reference,
    "distance_to_target": _distance_to_target,
    "fraction_of_max": _fraction_of_max,
    "goalposts": _goalposts,
    "scaled": _scaled,
    "none": lambda one: one.value,
}
"""Methods by name; ranks are those of each year."""


def anchors_of(years: tuple[int, ...], anchor: Any) -> list[tuple[list[int], list[int]]]:
    """Return which years are scaled by which: ``all`` by all, ``each`` by itself, or all by a list of them.

    Raises
    ------
    BadInputError
        ``anchor_unfit``.
    """
    everyone = list(range(len(years)))
    if anchor == "all":
        return [(everyone, everyone)]
    if anchor == "each":
        return [([at], [at]) for at in everyone]
    asked = [anchor] if isinstance(anchor, int) else anchor
    if isinstance(asked, list) and asked and set(asked) <= set(years):
        return [(everyone, [years.index(one) for one in asked])]
    raise BadInputError(
        f"Scales must be anchored in all, each, or a list of years that there are, was {anchor}.",
        code="anchor_unfit",
        hint="Write anchor as all, each, or as years of the data.",
    )


def _pair(one: _Column, name: str, default: tuple[float, float]) -> tuple[float, float]:
    found = one.setting(name, default)
    if len(found) != 2 or found[0] == found[1]:
        raise _no_pair(one, name, found)
    return float(found[0]), float(found[1])


def _width(width: Any) -> Any:
    """Return a width, nan where it is 0: where all are alike no scale tells them apart."""
    return np.where(np.asarray(width) == 0.0, np.nan, width)


def _capped(one: _Column, value: Floats, *, default: bool) -> Floats:
    return np.minimum(value, 1.0) if one.setting("cap", default) else value


def _no_pair(one: _Column, name: str, found: Any) -> BadInputError:
    return BadInputError(
        f"The {name} of {one.node.code} must be two numbers that differ, was {list(found)}.",
        code="scale_unfit",
        hint="Set it in the recipe under normalise, or in the framework.",
    )
