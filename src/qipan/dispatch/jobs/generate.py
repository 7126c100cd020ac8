"""Make a day of jobs from the published shape of real traces; its ids say that it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qipan.dispatch.jobs.columns import from_columns
from qipan.dispatch.jobs.demand import shares_of
from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind
from qipan.kernel.units import S_PER_H

HOURS = 24


@dataclass(frozen=True, slots=True)
class WorkloadShape:
    """How the jobs of a day are spread.

    Attributes
    ----------
    submit_shares
        ``(24,)``, weight of each hour of the day.
    duration_quantiles
        Pairs of a probability and a duration in seconds, both ascending, from probability 0 to 1; between two pairs
        the logarithm of the duration is linear.
    card_shares
        Pairs of a number of cards and its weight.

    Raises
    ------
    BadInputError
        ``shape_out_of_range``.
    """

    submit_shares: tuple[float, ...]
    duration_quantiles: tuple[tuple[float, float], ...]
    card_shares: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        levels, durations_s = np.array(self.duration_quantiles, dtype=float).reshape(-1, 2).T
        cards, weights = np.array(self.card_shares, dtype=float).reshape(-1, 2).T
        hours = np.array(self.submit_shares, dtype=float)
        rules = {
            "submit_shares must be 24 weights, zero or more, not all zero": (
                len(hours) == HOURS and bool((hours >= 0).all()) and 0 < hours.sum() < np.inf
            ),
            "duration_quantiles must ascend from probability 0 to 1, with seconds above zero": (
                len(levels) >= 2
                and (levels[0], levels[-1]) == (0.0, 1.0)
                and bool((np.diff(levels) > 0).all() and (np.diff(durations_s) >= 0).all())
                and 0 < durations_s[0] <= durations_s[-1] < np.inf
            ),
            "card_shares must name cards above zero with weights, zero or more, not all zero": (
                bool((cards > 0).all() and (weights >= 0).all()) and 0 < weights.sum() < np.inf
            ),
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise BadInputError(
                f"A workload shape must be complete, was not: {'; '.join(broken)}.",
                code="shape_out_of_range",
                hint="Give weights of hours and cards, and durations from the shortest to the longest.",
            )


def workload(
    shape: WorkloadShape,
    *,
    day_start_s: float,
    jobs_per_day: int,
    label_weights: Mapping[str, float],
    rng: np.random.Generator,
) -> Jobs:
    """Draw a day of jobs, in the order of their submission, named ``made-00001`` and so on.

    What a job asks for is left missing, for the written rule to fill as in a real trace.

    Parameters
    ----------
    day_start_s
        Start of the day; the hours of the shape follow from there.
    label_weights
        Weight of each label, for example ``{"training": 0.6, "latency_sensitive": 0.4}``.

    Raises
    ------
    BadInputError
        ``weights_not_positive`` for labels without weight; ``jobs_negative``.

    Examples
    --------
    >>> shape = WorkloadShape((1.0,) * 24, ((0.0, 60.0), (1.0, 6000.0)), ((1, 0.9), (8, 0.1)))
    >>> rng = np.random.default_rng(1)
    >>> jobs = workload(shape, day_start_s=0.0, jobs_per_day=2, label_weights={"training": 1.0}, rng=rng)
    >>> jobs.job_id.tolist(), jobs.label.tolist()
    (['made-00001', 'made-00002'], ['training', 'training'])
    """
    if jobs_per_day < 0:
        raise BadInputError(
            f"A day must have zero jobs or more, was {jobs_per_day}.",
            code="jobs_negative",
            hint="Write for example 2000.",
        )
    labels = shares_of(label_weights)
    hour_draw, second_draw, duration_draw, card_draw, label_draw = rng.random((5, jobs_per_day))
    hour = pick(np.array(shape.submit_shares), hour_draw)
    submit_s = day_start_s + (hour + second_draw) * S_PER_H
    levels, durations_s = np.array(shape.duration_quantiles, dtype=float).T
    cards, card_weights = np.array(shape.card_shares, dtype=float).T
    order = np.argsort(submit_s, kind="stable")
    return from_columns(
        {
            "job_id": np.array([f"made-{number:05d}" for number in range(1, jobs_per_day + 1)], dtype=object),
            "label": np.array(list(labels), dtype=object)[pick(np.array(list(labels.values())), label_draw)[order]],
            "submit_s": submit_s[order],
            "kind": np.full(jobs_per_day, KINDS.index(Kind.INTELLIGENT)),
            "quantity": cards[pick(card_weights, card_draw)[order]],
            "actual_s": np.exp(np.interp(duration_draw[order], levels, np.log(durations_s))),
        }
    )


def pick(weights: Floats, draw: Floats) -> Ints:
    """Return the position that each draw in [0, 1) falls on when positions are as wide as their weights.

    Examples
    --------
    >>> pick(np.array([1.0, 0.0, 3.0]), np.array([0.0, 0.2, 0.25, 0.9])).tolist()
    [0, 0, 2, 2]
    """
    edges = np.cumsum(weights)
    place = np.searchsorted(edges, draw * edges[-1], side="right")
    return np.asarray(np.minimum(place, np.flatnonzero(weights)[-1]), dtype=np.int64)
