"""Build an index: take the steps of a recipe in their order, and keep what each one left."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.index.aggregate import aggregate
from qipan.regions.index.fill import Screened, denominate, impute, screen
from qipan.regions.index.normalise import lift, normalise, rank
from qipan.regions.index.treat import Treated, treat
from qipan.regions.index.weigh import Weights, weigh
from qipan.regions.model.array import Floats
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.recipe import Recipe, Step

NEED_POSITIVE: Final = frozenset({"geometric", "harmonic", "benefit_of_doubt", "entropy"})
"""Ways to weigh and to aggregate that need figures above 0."""
DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Prepared:
    """Indicators on one scale, and what came of each step before.

    Attributes
    ----------
    after
        Indicators after each step that changes them, with its name.
    """

    table: Indicators
    after: tuple[tuple[str, Indicators], ...]
    screened: tuple[Screened, ...]
    treated: tuple[Treated, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """An index.

    Attributes
    ----------
    scores
        Of every node by code, ``(years, regions)``.
    ranks
        Of the index, ``(years, regions)``, 1 the best.
    """

    prepared: Prepared
    weights: Weights
    scores: Mapping[str, Floats]
    ranks: Floats


def build(table: Indicators, framework: Framework, recipe: Recipe) -> Built:
    """Return the index.

    Raises
    ------
    BadInputError
        ``steps_unfit`` where the recipe does not end with ``aggregate``; and those of its steps.
    """
    names = [one.name for one in recipe.steps]
    if names.count("aggregate") != 1 or names[-1] != "aggregate" or names.count("weigh") > 1:
        raise BadInputError(
            "Steps of a recipe must end with aggregate, which is there once, and weigh at most once, was "
            f"{', '.join(names) or 'none'}.",
            code="steps_unfit",
            hint="Write, for example, the steps impute, normalise, weigh, aggregate.",
        )
    return finish(prepare(table, framework, recipe.steps), framework, recipe.steps)


def prepare(table: Indicators, framework: Framework, steps: Sequence[Step]) -> Prepared:
    """Return indicators after the steps that change them."""
    after: list[tuple[str, Indicators]] = []
    screened: list[Screened] = []
    treated: list[Treated] = []
    for step in steps:
        if step.name == "screen":
            table, out = screen(table, step)
            screened.append(out)
        elif step.name == "treat":
            table, told = treat(table, step)
            treated.extend(told)
        elif step.name in CHANGES:
            if step.name == "normalise":
                _check_alike(table, treated, step)
            table = CHANGES[step.name](table, framework, step)
        else:
            continue
        after.append((step.name, table))
    return Prepared(table, tuple(after), tuple(screened), tuple(treated))


def _check_alike(table: Indicators, treated: Sequence[Treated], step: Step) -> None:
    """Refuse one scale over years in which an indicator was transformed in different ways."""
    for at, code in enumerate(table.codes):
        years = {year for year, told in zip(table.years, table.value[:, :, at], strict=True) if np.isfinite(told).any()}
        ways = {one.year: one.transform for one in treated if one.code == code and one.transform}
        found = {ways.get(year, "none") for year in years}
        if len(found) > 1 and step.setting("anchor", "all", code) != "each":
            raise BadInputError(
                f"An indicator must be transformed alike in all years that share a scale, {code} was by "
                f"{', '.join(sorted(found))}.",
                code="anchor_unfit",
                hint='Leave anchor of treat as "all", or set that of normalise to "each" too.',
            )


def finish(
    prepared: Prepared,
    framework: Framework,
    steps: Sequence[Step],
    *,
    shaken: Mapping[str, float] | None = None,
    lifted: bool = False,
) -> Built:
    """Return the index of indicators that are prepared.

    Parameters
    ----------
    shaken
        What weights are multiplied with, by code.
    lifted
        Bring figures to 1 to 100 first where a way needs them above 0.
    """
    named = {one.name: one for one in steps}
    to_weigh, to_add = named.get("weigh", Step("weigh")), named["aggregate"]
    asked = to_add.setting("method", "")
    ways = {to_weigh.setting("method", ""), *([asked] if isinstance(asked, str) else asked)}
    table = lift(prepared.table) if lifted and ways & NEED_POSITIVE else prepared.table
    weights = weigh(table, framework, to_weigh)
    if shaken is not None:
        weights = Weights({code: one * shaken[code] for code, one in weights.of.items()}, weights.consistency)
    scores = aggregate(table, framework, weights, to_add)
    return Built(prepared, weights, scores, ranks_of(scores[framework.top.code]))


def ranks_of(score: Floats) -> Floats:
    """Return ranks by year, 1 the best; those alike share the first of theirs.

    Scores are alike where they agree in `DIGITS` digits of the greatest: the order of adding up must break no tie.
    """
    greatest = np.fmax.reduce(np.abs(score), axis=1, initial=0.0)
    digits = [DIGITS - 1 - math.floor(math.log10(one)) if 0.0 < one < math.inf else 0 for one in greatest]
    return np.array([rank(-np.round(year, places)) for year, places in zip(score, digits, strict=True)])


CHANGES: Final[dict[str, Callable[[Indicators, Framework, Step], Indicators]]] = {
    "denominate": denominate,
    "impute": lambda table, _, step: impute(table, step),
    "normalise": normalise,
}
"""Steps that only hand indicators on."""
