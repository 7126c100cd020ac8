"""Divide indicators by what they depend on, fill what is missing, and leave regions out that have too little.

Source: `oecd2008` (steps 3 and 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.model.array import Bools, Floats
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.recipe import Step

FILLS: Final = ("none", "mean", "median", "group_mean", "group_median", "latest", "linear")


@dataclass(frozen=True, slots=True)
class Screened:
    """Regions with too little, by year: which, and the share of indicators that they have."""

    left_out: tuple[tuple[int, str, float], ...]


def denominate(table: Indicators, framework: Framework, step: Step) -> Indicators:
    """Return indicators over their denominators; missing where one of the two is, or the denominator is not above 0.

    Settings: ``scale``, what the quotient is multiplied with, by indicator.

    Raises
    ------
    BadInputError
        ``denominator_missing``.
    """
    value = table.value.copy()
    for node in framework.indicators:
        if not node.denominator:
            continue
        if node.denominator not in table.others:
            raise BadInputError(
                f"The denominator {node.denominator} of {node.code} must be a column of the data, was none.",
                code="denominator_missing",
                hint="Give the data that column, or a recipe without the step denominate.",
            )
        by = table.others[node.denominator]
        scale = float(step.setting("scale", 1.0, node.code))
        at = table.column(node.code)
        value[:, :, at] = value[:, :, at] / np.where(by > 0.0, by, np.nan) * scale
    return replace(table, value=value)


def impute(table: Indicators, step: Step) -> Indicators:
    """Return indicators with missing figures filled, each by its method.

    Settings: ``method``, one of ``none, mean, median, group_mean, group_median`` (of the year), ``latest, linear`` (of
    the region over years); ``group``, the partition; ``most_years``, how far back ``latest`` looks.

    Raises
    ------
    BadInputError
        ``method_unknown``, ``partition_unknown``.
    """
    value = table.value.copy()
    for at, code in enumerate(table.codes):
        method = step.setting("method", "mean", code)
        if method not in FILLS:
            raise unknown_method("impute", method, FILLS)
        column = value[:, :, at]
        if method in {"latest", "linear"}:
            years = np.array(table.years, dtype=float)
            most = step.setting("most_years", None, code)
            value[:, :, at] = _along(column, years, is_linear=method == "linear", most=most)
        elif method != "none":
            groups = _groups(table, step, code) if method.startswith("group") else [np.ones(len(table.regions), bool)]
            middle = np.nanmedian if method.endswith("median") else np.nanmean
            for chosen in groups:
                for year in range(len(table.years)):
                    there = column[year, chosen]
                    if np.isfinite(there).any():
                        column[year, chosen] = np.where(np.isfinite(there), there, middle(there))
    return replace(table, value=value)


def screen(table: Indicators, step: Step) -> tuple[Indicators, Screened]:
    """Return indicators without regions that have too few figures in a year, and which these are.

    Settings: ``least``, the share of indicators that a region must have; ``by``, ``missing``, or ``zero`` where a
    figure of 0 counts as none.
    """
    least = float(step.setting("least", 0.9))
    counted = np.isfinite(table.value)
    by = step.setting("by", "missing")
    if by not in {"missing", "zero"}:
        raise unknown_method("screen", by, ("missing", "zero"))
    has = (counted & (table.value != 0.0) if by == "zero" else counted).mean(axis=2)
    out = has < least
    value = np.where(out[:, :, None], np.nan, table.value)
    told = tuple(
        (table.years[year], table.regions[region], float(has[year, region])) for year, region in np.argwhere(out)
    )
    return replace(table, value=value), Screened(told)


def unknown_method(step: str, method: object, known: tuple[str, ...]) -> BadInputError:
    """Return the refusal of a method that a step does not know."""
    return BadInputError(
        f"A method of the step {step} must be one of {', '.join(known)}, was {method}.",
        code="method_unknown",
        hint="Write the recipe as docs/indices.md has it.",
    )


def _groups(table: Indicators, step: Step, code: str) -> list[Bools]:
    name = step.setting("group", "", code)
    if name not in table.groups:
        raise BadInputError(
            f"A partition must be one of {', '.join(sorted(table.groups)) or 'none'}, was {name}.",
            code="partition_unknown",
            hint="Give the data a column of that name with the group of each region.",
        )
    group = np.array(table.groups[name])
    return [group == one for one in sorted({*table.groups[name]} - {""})]


def _along(value: Floats, years: Floats, *, is_linear: bool, most: int | None) -> Floats:
    """Return figures of each region filled over years: by its last one, or on the line between two."""
    filled = value.copy()
    for region in range(value.shape[1]):
        there = np.isfinite(value[:, region])
        if not there.any():
            continue
        if is_linear:
            filled[:, region] = np.interp(years, years[there], value[there, region])
            filled[there, region] = value[there, region]
            continue
        last = np.maximum.accumulate(np.where(there, np.arange(len(years)), -1))
        near = (last >= 0) & (years - years[last] <= (np.inf if most is None else most))
        filled[near, region] = value[last[near], region]
    return filled
