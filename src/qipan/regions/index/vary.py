"""Tell how far ranks depend on choices of method: intervals of ranks, and which choice moves them most.

Choices are drawn at random, each as likely as another. First-order indices say what share of the variance one choice
makes alone, total ones what share it has a part in; the variance is that of the mean shift of ranks against the recipe.
Where every combination can be tried, the exact indices stand beside the estimated ones.

Source: `saisana2005` (of composite indices), `saltelli2010` (first order), `jansen1999` (total).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from qipan.kernel.errors import BadInputError
from qipan.regions.index.build import Prepared, build, finish, prepare
from qipan.regions.model.array import Floats, Ints
from qipan.regions.model.framework import Framework, Indicators
from qipan.regions.model.recipe import Doubt, Recipe, Step

NOISE: Final = "weights.noise"
"""Name of the choice of how weights are off."""
REPLICAS: Final = 100
"""In how many ways weights are off."""
TRIED_MOST: Final = 1000
"""Combinations up to which every one is tried."""
RESAMPLED: Final = 200
"""Times that rows of the design are drawn anew for the intervals of indices."""
USUAL: Final[Mapping[str, tuple[Any, ...]]] = {
    "normalise.method": ("min_max", "z_score", "percent_rank"),
    "weigh.method": ("framework", "equal", "entropy", "critic"),
    "aggregate.method": ("arithmetic", "geometric"),
}
"""Choices where the recipe names none."""


@dataclass(frozen=True, slots=True)
class Sobol:
    """Indices of one choice, estimated with their 5 % and 95 % points, and exact where that can be had."""

    choice: str
    first: float
    total: float
    first_between: tuple[float, float]
    total_between: tuple[float, float]
    first_exact: float
    total_exact: float


@dataclass(frozen=True, slots=True)
class Varied:
    """How ranks vary.

    Attributes
    ----------
    ranks
        ``(draws, years, regions)``; nan where a combination has no answer.
    shift
        Mean of how far ranks are from those of the recipe, over draws.
    failed
        Draws whose combination has no answer.
    """

    ranks: Floats
    shift: float
    failed: int
    indices: tuple[Sobol, ...]


def vary(table: Indicators, framework: Framework, recipe: Recipe, doubt: Doubt) -> Varied:
    """Return how ranks vary with what is open.

    Raises
    ------
    BadInputError
        ``choices_unfit`` where a choice names no step of the recipe, or leaves nothing open; those of `build`.
    """
    runs = _Runs(table, framework, recipe, doubt)
    rng = np.random.default_rng(doubt.seed)
    counts = np.array([len(one) for one in runs.choices.values()])
    drawn = (rng.random((doubt.draws, len(counts))) * counts).astype(np.int64)
    ranks = np.array([runs.ranks(one) for one in drawn])
    shifts = np.array([runs.shift(one) for one in drawn])
    known = shifts[np.isfinite(shifts)]
    indices = _sobol(runs, counts, doubt.base, rng) if len(counts) > 1 else ()
    return Varied(ranks, float(known.mean()) if len(known) else float("nan"), int(np.isnan(shifts).sum()), indices)


def estimate(yes: Floats, other: Floats, mixed: Floats) -> tuple[Floats, Floats]:
    """Return first-order and total indices from a design of two samples and their mixtures.

    Parameters
    ----------
    yes, other
        What came of the two samples, ``(rows,)``.
    mixed
        What came of the first with one column from the other, ``(choices, rows)``.
    """
    both = np.concatenate([yes, other])
    whole = float(both.var(ddof=1))
    if whole == 0.0:
        return np.zeros(len(mixed)), np.zeros(len(mixed))
    # What is subtracted changes no index, only how widely its estimate scatters.
    first = ((other - both.mean()) * (mixed - yes)).mean(axis=1) / whole
    return first, ((yes - mixed) ** 2).mean(axis=1) / (2.0 * whole)


def exact(told: Floats) -> tuple[Floats, Floats]:
    """Return first-order and total indices from what came of every combination, one axis a choice.

    Examples
    --------
    >>> first, total = exact(np.array([[0.0, 1.0], [2.0, 3.0]]))
    >>> first.tolist(), total.tolist()
    ([0.8, 0.2], [0.8, 0.2])
    """
    whole = float(told.var())
    axes = range(told.ndim)
    if whole == 0.0:
        return np.zeros(told.ndim), np.zeros(told.ndim)
    first = [float(told.mean(axis=tuple(other for other in axes if other != at)).var()) / whole for at in axes]
    total = [float(told.var(axis=at).mean()) / whole for at in axes]
    return np.array(first), np.array(total)


class _Runs:
    """Runs of the chain by combination, each made once."""

    def __init__(self, table: Indicators, framework: Framework, recipe: Recipe, doubt: Doubt) -> None:
        self._table, self._framework, self._recipe = table, framework, recipe
        self.choices: dict[str, tuple[Any, ...]] = dict(doubt.choices or USUAL)
        steps = {one.name for one in recipe.steps} | {"weigh"}
        for path, options in self.choices.items():
            name, is_there, setting = path.partition(".")
            if not is_there or not setting or name not in steps or len(options) < 2:
                raise BadInputError(
                    f"A choice must name a step of the recipe and a setting, with two options or more, was {path}.",
                    code="choices_unfit",
                    hint='Write, for example, "normalise.method" = ["min_max", "z_score"] for a step that is there.',
                )
        if doubt.weights_noise:
            self.choices[NOISE] = tuple(range(REPLICAS))
        rng = np.random.default_rng([doubt.seed, 1])
        codes = [one.code for one in framework.nodes]
        noise = 1.0 + doubt.weights_noise * (2.0 * rng.random((REPLICAS, len(codes))) - 1.0)
        self._noise = [dict(zip(codes, row.tolist(), strict=True)) for row in noise]
        self._nominal = build(table, framework, recipe).ranks
        self._ranks: dict[tuple[int, ...], Floats] = {}
        self._prepared: dict[str, Prepared] = {}

    def ranks(self, combination: Ints) -> Floats:
        """Return ranks, nan where the combination has no answer."""
        key = tuple(int(one) for one in combination)
        if key not in self._ranks:
            self._ranks[key] = self._run(key)
        return self._ranks[key]

    def shift(self, combination: Ints) -> float:
        """Return how far ranks are, on average, from those of the recipe."""
        apart = np.abs(self.ranks(combination) - self._nominal)
        return float(np.nanmean(apart)) if np.isfinite(apart).any() else float("nan")

    def _run(self, key: Sequence[int]) -> Floats:
        chosen = {path: self.choices[path][at] for path, at in zip(self.choices, key, strict=True)}
        replica = chosen.pop(NOISE, None)
        steps = _changed(self._recipe.steps, chosen)
        before = repr([one for one in steps if one.name not in {"weigh", "aggregate"}])
        try:
            if before not in self._prepared:
                self._prepared[before] = prepare(self._table, self._framework, steps)
            shaken = None if replica is None else self._noise[replica]
            return finish(self._prepared[before], self._framework, steps, shaken=shaken, lifted=True).ranks
        except BadInputError as error:
            if error.code not in {"aggregate_not_positive", "weights_unfit"}:
                raise
            return np.full(self._nominal.shape, np.nan)


def _changed(steps: Sequence[Step], chosen: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return steps with other settings, for all indicators; a step weigh is added where there is none."""
    named = {one.name for one in steps}
    found = list(steps) if "weigh" in named else [*steps[:-1], Step("weigh"), steps[-1]]
    for path, option in chosen.items():
        name, _, setting = path.partition(".")
        found = [_set(one, setting, option) if one.name == name else one for one in found]
    return tuple(found)


def _set(step: Step, setting: str, option: Any) -> Step:
    single = {
        code: {name: one for name, one in own.items() if name != setting} for code, own in step.of_indicator.items()
    }
    return replace(step, settings={**step.settings, setting: option}, of_indicator=single)


def _sobol(runs: _Runs, counts: Ints, base: int, rng: np.random.Generator) -> tuple[Sobol, ...]:
    one, two = ((rng.random((base, len(counts))) * counts).astype(np.int64) for _ in range(2))
    yes, other = (np.array([runs.shift(row) for row in some]) for some in (one, two))
    mixed = []
    for at in range(len(counts)):
        swapped = one.copy()
        swapped[:, at] = two[:, at]
        mixed.append([runs.shift(row) for row in swapped])
    blended = np.array(mixed)
    known = np.isfinite(yes) & np.isfinite(other) & np.isfinite(blended).all(axis=0)
    yes, other, blended = yes[known], other[known], blended[:, known]
    if len(yes) < 2:
        return ()
    first, total = estimate(yes, other, blended)
    again = rng.integers(0, len(yes), (RESAMPLED, len(yes)))
    spread = np.array([estimate(yes[rows], other[rows], blended[:, rows]) for rows in again])
    between = np.quantile(spread, [0.05, 0.95], axis=0)
    firsts = totals = np.full(len(counts), np.nan)
    if int(np.prod(counts)) <= TRIED_MOST:
        every = np.array([runs.shift(np.array(at)) for at in np.ndindex(*counts)]).reshape(counts)
        if np.isfinite(every).all():
            firsts, totals = exact(every)
    return tuple(
        Sobol(
            path,
            float(first[at]),
            float(total[at]),
            (float(between[0, 0, at]), float(between[1, 0, at])),
            (float(between[0, 1, at]), float(between[1, 1, at])),
            float(firsts[at]),
            float(totals[at]),
        )
        for at, path in enumerate(runs.choices)
    )
