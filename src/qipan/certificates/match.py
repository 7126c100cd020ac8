"""Match what was made with what was used: pairs of both, and how green use was by the hour and by the month.

Source: score of carbon-free energy around the clock: what is contracted covers the load of its hour, what is left of
the load takes the share of the grid; by the month, an hour of sun covers a night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from qipan.certificates.model.certificate import Granularity, Holding, Pair, Usage
from qipan.certificates.model.month import Month
from qipan.certificates.model.score import Score
from qipan.certificates.select import oldest_first, take
from qipan.kernel.errors import BadInputError
from qipan.kernel.time import in_utc

_HOUR = timedelta(hours=1)


def fits(holding: Holding, usage: Usage, by: Granularity) -> bool:
    """Tell whether use lies in the hour, or in the month, of what was made."""
    return _key(holding, by) is not None and _key(holding, by) == _key(usage, by)


def hour_of(one: Holding | Usage) -> datetime | None:
    """Return the start of the hour in which something was made or used; ``None`` where it is told by the month."""
    start = in_utc(one.start)
    hour = start.replace(minute=0, second=0, microsecond=0)
    return hour if in_utc(one.end) <= hour + _HOUR else None


def pair(
    holdings: Iterable[Holding],
    usages: Sequence[Usage],
    free: Mapping[str, Sequence[tuple[int, int]]],
    by: Granularity,
) -> tuple[Pair, ...]:
    """Return pairs of what is held and what was used, as many Wh as there are on both sides.

    Rows are covered in the order of their time, each by the oldest Wh that fit it.

    Parameters
    ----------
    free
        By the id of a row, the ranges of its Wh that nothing covers, in their order.
    """
    stock: dict[Month | datetime | None, list[Holding]] = {}
    for one in oldest_first(holdings):
        stock.setdefault(_key(one, by), []).append(one)
    left: dict[Month | datetime, Sequence[Holding]] = {key: some for key, some in stock.items() if key is not None}
    made: list[Pair] = []
    for usage in sorted(usages, key=lambda one: (one.start, one.usage_id)):
        key = _key(usage, by)
        if key is None:
            continue
        for start, end in free[usage.usage_id]:
            taken, left[key] = take(left.get(key, ()), end - start)
            places = accumulate((one.wh for one in taken), initial=start)
            made += [Pair(one, usage, place) for one, place in zip(taken, places, strict=False)]
    return tuple(made)


def score(holdings: Iterable[Holding], usages: Iterable[Usage], grid_share: float = 0.0) -> Score:
    """Return how green use was.

    What is told by the month alone counts for the month and for no hour.

    Parameters
    ----------
    grid_share
        Carbon-free share of what the grid delivers, 0 to 1.

    Raises
    ------
    BadInputError
        ``grid_share_outside``; ``usage_none`` where nothing was used.
    """
    if not 0.0 <= grid_share <= 1.0:
        raise BadInputError(
            f"The carbon-free share of the grid must lie between 0 and 1, was {grid_share}.",
            code="grid_share_outside",
            hint="Give a share, not per cent.",
        )
    by_hour: dict[datetime | None, list[int]] = {}
    by_month: dict[Month, list[int]] = {}
    sides: tuple[Iterable[Holding | Usage], ...] = (holdings, usages)
    for place, side in enumerate(sides):
        for one in side:
            by_hour.setdefault(hour_of(one), [0, 0])[place] += one.wh
            by_month.setdefault(one.month, [0, 0])[place] += one.wh
    made_wh, load_wh = (sum(both[place] for both in by_month.values()) for place in (0, 1))
    if not load_wh:
        raise BadInputError(
            "Something must have been used before it can be matched, was nothing.",
            code="usage_none",
            hint="Enter metered use: qipan certificates usage FILE.",
        )
    hourly_wh = sum(min(both) for hour, both in by_hour.items() if hour is not None)
    monthly_wh = sum(min(both) for both in by_month.values())
    hourly_share = hourly_wh / load_wh
    return Score(
        load_wh=load_wh,
        made_wh=made_wh,
        hourly_wh=hourly_wh,
        monthly_wh=monthly_wh,
        hourly_share=hourly_share,
        monthly_share=monthly_wh / load_wh,
        carbon_free_share=hourly_share + (1.0 - hourly_share) * grid_share,
    )


def _key(one: Holding | Usage, by: Granularity) -> Month | datetime | None:
    return one.month if by is Granularity.MONTH else hour_of(one)
