"""Requests to a language model as hourly demand for cards, and that demand laid out over its origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from qipan.dispatch.jobs.columns import assumed_bit, from_columns, same_text
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.job import KINDS, Jobs, Tier
from qipan.kernel.errors import BadInputError
from qipan.kernel.resources import Kind
from qipan.kernel.units import S_PER_H

SERVING = "serving"
"""Label of jobs that stand for an hour of requests."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one card serves.

    Attributes
    ----------
    prefill_tokens_per_s, decode_tokens_per_s
        Tokens of context read, and tokens written, by one card that does nothing else.
    utilisation
        Share of that rate to plan with, above 0 and at most 1; the rest is room for bursts.

    Raises
    ------
    BadInputError
        ``throughput_out_of_range``.
    """

    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    utilisation: float

    def __post_init__(self) -> None:
        rates = (self.prefill_tokens_per_s, self.decode_tokens_per_s)
        if not (all(0 < rate < np.inf for rate in rates) and 0 < self.utilisation <= 1):
            raise BadInputError(
                "Throughput must have rates above zero and a utilisation above 0 and at most 1, "
                f"was {rates[0]} and {rates[1]} tokens a second at {self.utilisation}.",
                code="throughput_out_of_range",
                hint="Give for example 8000 and 1000 tokens a second at 0.6.",
            )


def hourly_demand(
    hour_start_s: Floats, *, context_tokens: Floats, generated_tokens: Floats, throughput: Throughput
) -> Jobs:
    """Gather requests into one job for each hour: the cards that serve the hour's tokens.

    A job lasts its whole hour, also where the requests cover only a part of it, so tokens are spread over 3,600 s.
    An hour without tokens is no job. The tier is real-time by definition of the form and marked as assumed.

    Parameters
    ----------
    hour_start_s
        ``(requests,)``, start of the hour of each request in seconds since 1970-01-01 UTC.
    context_tokens, generated_tokens
        ``(requests,)``

    Returns
    -------
    Jobs
        In the order of the hours; ids such as ``serving-2023-11-16T10:00Z``.

    Examples
    --------
    >>> jobs = hourly_demand(
    ...     np.array([0.0, 0.0]),
    ...     context_tokens=np.array([36e5, 0.0]),
    ...     generated_tokens=np.array([0.0, 36e4]),
    ...     throughput=Throughput(1000.0, 100.0, 0.5),
    ... )
    >>> jobs.job_id.tolist(), jobs.quantity.tolist(), jobs.requested_s.tolist()
    (['serving-1970-01-01T00:00Z'], [4.0], [3600.0])
    """
    card_s = context_tokens / throughput.prefill_tokens_per_s + generated_tokens / throughput.decode_tokens_per_s
    hour_s, inverse = np.unique(hour_start_s, return_inverse=True)
    cards = np.bincount(inverse.reshape(-1), weights=card_s, minlength=len(hour_s)) / S_PER_H / throughput.utilisation
    hour_s, cards = hour_s[cards > 0], cards[cards > 0]
    count = len(hour_s)
    name = np.datetime_as_string(hour_s.astype(np.int64).astype("datetime64[s]"), unit="m", timezone="UTC")
    return from_columns(
        {
            "job_id": np.array([f"{SERVING}-{hour}" for hour in name.tolist()], dtype=object),
            "label": same_text(count, SERVING),
            "submit_s": hour_s,
            "kind": np.full(count, KINDS.index(Kind.INTELLIGENT)),
            "quantity": cards,
            "requested_s": np.full(count, S_PER_H),
            "actual_s": np.full(count, S_PER_H),
            "tier": np.full(count, int(Tier.REALTIME)),
            "assumed": np.full(count, assumed_bit("tier")),
        }
    )


def are_hours_of_requests(jobs: Jobs) -> bool:
    """Tell whether jobs are those of `hourly_demand`, whole or split.

    Examples
    --------
    >>> are_hours_of_requests(
    ...     hourly_demand(
    ...         np.array([0.0]),
    ...         context_tokens=np.array([36e5]),
    ...         generated_tokens=np.array([0.0]),
    ...         throughput=Throughput(1000.0, 100.0, 1.0),
    ...     )
    ... )
    True
    """
    return len(jobs) > 0 and bool((jobs.label == SERVING).all())


def split_by_origin(jobs: Jobs, weights: Mapping[str, float]) -> Jobs:
    """Split each job that names no origin into one for each origin; the quantities add up to what they were.

    A part is called ``<job_id>@<origin_id>`` and its origin is marked as assumed. A job that names its origin stays
    as it is. Origins of weight zero get no part.

    Parameters
    ----------
    weights
        Weight of each origin by its id.

    Raises
    ------
    BadInputError
        ``weights_not_positive`` when a weight is negative, or none is above zero.

    Examples
    --------
    >>> whole = hourly_demand(
    ...     np.array([0.0]),
    ...     context_tokens=np.array([36e5]),
    ...     generated_tokens=np.array([0.0]),
    ...     throughput=Throughput(1000.0, 100.0, 1.0),
    ... )
    >>> parts = split_by_origin(whole, {"640000": 3.0, "310000": 1.0})
    >>> parts.job_id.tolist(), parts.quantity.tolist()
    (['serving-1970-01-01T00:00Z@640000', 'serving-1970-01-01T00:00Z@310000'], [0.75, 0.25])
    """
    origins = shares_of(weights)
    parts_of = np.where(jobs.origin == "", len(origins), 1)
    index = np.repeat(np.arange(len(jobs)), parts_of)
    whole = jobs.take(index)
    is_part = whole.origin == ""
    within = np.arange(len(index)) - np.repeat(np.cumsum(parts_of) - parts_of, parts_of)
    name = np.array(list(origins), dtype=object)[within]
    share = np.array(list(origins.values()))[within]
    return replace(
        whole,
        job_id=np.where(is_part, whole.job_id + "@" + name, whole.job_id),
        origin=np.where(is_part, name, whole.origin),
        quantity=np.where(is_part, whole.quantity * share, whole.quantity),
        assumed=np.where(is_part, whole.assumed | assumed_bit("origin"), whole.assumed),
    )


def shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    """Scale weights to shares that sum to one, and leave out those of weight zero.

    Raises
    ------
    BadInputError
        ``weights_not_positive`` when a weight is negative or no number, or none is above zero.

    Examples
    --------
    >>> shares_of({"a": 3.0, "b": 1.0, "c": 0.0})
    {'a': 0.75, 'b': 0.25}
    """
    whole = sum(weights.values())
    wrong = [name for name, weight in weights.items() if not 0 <= weight < np.inf]
    if wrong or whole <= 0:
        raise BadInputError(
            "Weights must be zero or more, and at least one above zero, "
            f"was {', '.join(f'{weights[name]} for {name}' for name in wrong) or 'none above zero'}.",
            code="weights_not_positive",
            hint="Give every origin or label a weight of zero or more.",
        )
    return {name: weight / whole for name, weight in weights.items() if weight > 0}
