"""Back-test: from every year that the history allows, foresee some years ahead, and hold it against what came.

Source: `gneiting2007` (CRPS), `theil1967`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from qipan.kernel.errors import RuleBrokenError
from qipan.policy.foresee import drift, persist, regress, simulate_history
from qipan.policy.model.array import Floats
from qipan.policy.model.history import FEWEST_YEARS, History
from qipan.policy.model.parameter import Parameters

SIMULATION, PERSISTENCE, DRIFT, PANEL = "simulation", "persistence", "drift", "autoregressive_panel"
COVERED = 0.9


@dataclass(frozen=True, slots=True)
class Origin:
    """What one forecast from one year was worth.

    Attributes
    ----------
    theil
        Theil's T that came; then what was foreseen: median, and the interval of 90 %.
    region_error
        Mean over regions of how far the median of log relative output per head was off.
    covered
        Share of regions inside their interval of 90 %.
    """

    year: int
    theil: float
    median: float
    low: float
    high: float
    crps: float
    region_error: float
    covered: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a way of foreseeing was worth over all origins; coverage is none where it gives one path only."""

    name: str
    origins: tuple[Origin, ...]
    theil_error: float
    theil_crps: float
    region_error: float
    theil_covered: float | None
    region_covered: float | None


@dataclass(frozen=True, slots=True)
class BackTest:
    """All ways of foreseeing, and the better one: lowest CRPS of Theil's T among those that give an interval."""

    ahead: int
    scores: tuple[Score, ...]

    @property
    def best(self) -> str:
        """The name of the way that the path without AI is taken from."""
        able = [one for one in self.scores if one.region_covered is not None]
        return min(able, key=lambda one: one.theil_crps).name

    @property
    def is_simulation_best(self) -> bool:
        """Whether the simulation beats all others by CRPS, those of one path too."""
        return min(self.scores, key=lambda one: one.theil_crps).name == SIMULATION


Forecaster = Callable[[History, np.random.Generator], Floats]
"""Returns paths ``(members, years + 1, regions)`` from a history."""


def back_test(
    history: History, parameters: Parameters, *, ahead: int = 5, members: int = 1000, seed: int = 0
) -> BackTest:
    """Return what each way of foreseeing was worth.

    Raises
    ------
    RuleBrokenError
        ``origins_none`` where the history is too short for one origin.
    """
    ways: Mapping[str, Forecaster] = {
        SIMULATION: lambda known, rng: simulate_history(known, ahead, members, parameters, rng),
        PERSISTENCE: lambda known, _: persist(known, ahead),
        DRIFT: lambda known, _: drift(known, ahead),
        PANEL: lambda known, rng: regress(known, ahead, members, rng),
    }
    first, last = history.years[0] + FEWEST_YEARS, history.years[-1] - ahead
    if last < first:
        raise RuleBrokenError(
            f"A back-test must have {FEWEST_YEARS} years of growth before an origin and {ahead} after, was "
            f"{len(history.years)} years in all.",
            code="origins_none",
            hint="Give a longer history, or look fewer years ahead.",
        )
    return BackTest(
        ahead,
        tuple(
            _score(
                name,
                [
                    judge(history, origin, way(history.until(origin), np.random.default_rng([seed, origin])), ahead)
                    for origin in range(first, last + 1)
                ],
            )
            for name, way in ways.items()
        ),
    )


def judge(history: History, origin: int, path: Floats, ahead: int) -> Origin:
    """Hold a forecast against what came; it weighs regions by the people known at the origin."""
    at = history.years.index(origin)
    came = history.relative[at + ahead]
    truth = float(theil(np.exp(came), history.people[at + ahead]))
    foreseen = path[:, ahead] - path[:, ahead].mean(axis=1, keepdims=True)
    drawn = theil(np.exp(foreseen), history.people[at])
    low, median, high = np.quantile(drawn, [(1 - COVERED) / 2, 0.5, (1 + COVERED) / 2])
    least, middle, most = np.quantile(foreseen, [(1 - COVERED) / 2, 0.5, (1 + COVERED) / 2], axis=0)
    return Origin(
        origin,
        truth,
        float(median),
        float(low),
        float(high),
        crps(drawn, truth),
        float(np.abs(middle - came).mean()),
        float(((least <= came) & (came <= most)).mean()),
    )


def theil(per_head: Floats, people: Floats) -> Floats:
    """Return Theil's T by weight, ``(...)``, of figures ``(..., regions)``.

    Examples
    --------
    >>> round(float(theil(np.array([10.0, 10, 10, 20, 50]), np.ones(5))), 7)
    0.2502012
    """
    share = people / people.sum(axis=-1, keepdims=True)
    ratio = per_head / (share * per_head).sum(axis=-1, keepdims=True)
    return np.asarray((share * ratio * np.log(ratio)).sum(axis=-1))


def crps(drawn: Floats, came: float) -> float:
    """Return the continuous ranked probability score of draws; of one draw it is the absolute error.

    Examples
    --------
    >>> crps(np.array([1.0]), 3.0), crps(np.array([0.0, 2.0]), 1.0)
    (2.0, 0.5)
    """
    ordered, count = np.sort(drawn), len(drawn)
    spread = float((ordered * (2.0 * np.arange(1, count + 1) - count - 1.0)).sum()) / count**2
    return float(np.abs(ordered - came).mean()) - spread


def _score(name: str, origins: list[Origin]) -> Score:
    is_one = name in {PERSISTENCE, DRIFT}

    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    return Score(
        name,
        tuple(origins),
        mean([abs(one.median - one.theil) for one in origins]),
        mean([one.crps for one in origins]),
        mean([one.region_error for one in origins]),
        None if is_one else mean([float(one.low <= one.theil <= one.high) for one in origins]),
        None if is_one else mean([one.covered for one in origins]),
    )
