"""Add up what was metered: supply and use of compute, and what it burnt, by group and period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.places import Region
from qipan.kernel.resources import Kind
from qipan.kernel.time import Interval
from qipan.ledger.lay_out import HOUR_S, Field, Floats, Hourly, Told, certified_unit_s, group_of, of_pools, of_sites
from qipan.ledger.model.figure import Burn, Completeness, Group, Supply
from qipan.ledger.model.reading import Measure

J_PER_WH: Final = 3600.0
ML_PER_L: Final = 1000.0
WH_PER_KWH: Final = 1000.0


def supply(
    field: Field, hourly: Hourly, periods: Sequence[Interval], *, by: Group, regions: Mapping[str, Region]
) -> tuple[Supply, ...]:
    """Return supply and use of each group and kind in each period, in the order of period, group and kind.

    Parameters
    ----------
    periods
        Whole hours that fill the field's interval, in order.
    """
    certified = certified_unit_s(field)
    used, allocated, queued = (
        of_pools(field, hourly, measure) for measure in (Measure.USED, Measure.ALLOCATED, Measure.QUEUED)
    )
    capacity = certified * used.told_s / HOUR_S
    named = zip(field.pools, field.pool_names, strict=True)
    keys = [(group_of(site, name, by, regions), pool.kind) for (site, pool), name in named]
    names = sorted(set(keys))
    row = np.array([names.index(key) for key in keys], dtype=np.int64)
    total = _Summed(row, len(names), periods, field)
    sums = {
        "certified": total.of(certified),
        "capacity": total.of(capacity),
        "used": total.of(used.value),
        "allocated": total.of(allocated.value),
        "queued": total.of(queued.value),
        "queue_capacity": total.of(certified * queued.told_s / HOUR_S),
    }
    told = {name: total.any(one.told_s > 0) for name, one in (("allocated", allocated), ("queued", queued))}
    told["used"] = total.any(used.told_s > 0)
    modelled = total.any(used.modelled | allocated.modelled | queued.modelled)

    def unit_h(name: str, g: int, p: int) -> float | None:
        return float(sums[name][g, p]) / HOUR_S if told[name][g, p] else None

    return tuple(
        Supply(
            group=group,
            kind=Kind(kind),
            period=period,
            certified_unit_h=float(sums["certified"][g, p]) / HOUR_S,
            capacity_unit_h=float(sums["capacity"][g, p]) / HOUR_S,
            used_unit_h=unit_h("used", g, p),
            allocated_unit_h=unit_h("allocated", g, p),
            queued_unit_h=unit_h("queued", g, p),
            is_modelled=bool(modelled[g, p]),
            queue_capacity_unit_h=float(sums["queue_capacity"][g, p]) / HOUR_S,
        )
        for p, period in enumerate(periods)
        for g, (group, kind) in enumerate(names)
    )


def burn(
    field: Field,
    hourly: Hourly,
    periods: Sequence[Interval],
    *,
    by: Group,
    regions: Mapping[str, Region],
    kg_per_kwh: Floats,
) -> tuple[Burn, ...]:
    """Return what each group burnt in each period, in the order of period and group.

    Parameters
    ----------
    periods
        Whole hours that fill the field's interval, in order.
    kg_per_kwh
        Carbon of a kilowatt-hour at the grid, location-based and market-based, ``(2, sites)``; ``nan`` for unknown.
    """
    told = {measure: of_sites(field, hourly, measure) for measure in _OF_SITES}
    grid, pdu, host = told[Measure.GRID_ENERGY], told[Measure.PDU_ENERGY], told[Measure.HOST_ENERGY]
    machines = _first_told(pdu, host)
    kg_per_j = kg_per_kwh[:, :, None] / WH_PER_KWH / J_PER_WH
    carbon = [Told(grid.value * kg, np.where(np.isnan(kg), 0, grid.told_s), grid.modelled) for kg in kg_per_j]
    racked = told[Measure.RACKED]
    rooms = _room(field, racked)
    keys = [group_of(site, "", by, regions) for site in field.sites]
    names = sorted(set(keys))
    row = np.array([names.index(key) for key in keys], dtype=np.int64)
    total = _Summed(row, len(names), periods, field)

    def whole(one: Told, per: float) -> Floats:
        return total.or_nan(np.nan_to_num(one.value) / per, one.told_s > 0)

    def ratio(above: Told, below: Told, factor: float = 1.0) -> Floats:
        # Halves of an hour may be different ones.
        both = (above.told_s == HOUR_S) & (below.told_s == HOUR_S)
        upper, lower = total.of(np.where(both, above.value, 0.0)), total.of(np.where(both, below.value, 0.0))
        return np.divide(upper * factor, lower, out=np.full_like(upper, np.nan), where=lower > 0)

    columns = {
        "card_wh": whole(told[Measure.CARD_ENERGY], J_PER_WH),
        "host_wh": whole(host, J_PER_WH),
        "pdu_wh": whole(pdu, J_PER_WH),
        "it_wh": whole(machines, J_PER_WH),
        "grid_wh": whole(grid, J_PER_WH),
        "green_wh": whole(told[Measure.GREEN_ENERGY], J_PER_WH),
        "water_l": whole(told[Measure.WATER], ML_PER_L),
        "location_kg": whole(carbon[0], 1.0),
        "market_kg": whole(carbon[1], 1.0),
        "pue": ratio(grid, machines),
        "wue_l_per_kwh": ratio(told[Measure.WATER], machines, J_PER_WH * WH_PER_KWH / ML_PER_L),
        "cue_kg_per_kwh": ratio(carbon[0], machines, J_PER_WH * WH_PER_KWH),
        "cue_market_kg_per_kwh": ratio(carbon[1], machines, J_PER_WH * WH_PER_KWH),
        "green_share": ratio(told[Measure.GREEN_ENERGY], grid),
        "racked_share": ratio(racked, rooms),
    }
    modelled = total.any(np.any([one.modelled for one in told.values()], axis=0))
    return tuple(
        Burn(
            group=group,
            period=period,
            is_modelled=bool(modelled[g, p]),
            **{name: None if np.isnan(column[g, p]) else float(column[g, p]) for name, column in columns.items()},
        )
        for p, period in enumerate(periods)
        for g, group in enumerate(names)
    )


def complete(field: Field, hourly: Hourly, *, silences_max: int) -> tuple[Completeness, ...]:
    """Return for each meter how much of the time it was valid it has told, and when it was silent longest."""
    told = np.zeros((len(field.meters), field.hours), dtype=np.int64)
    inside = (hourly.meter >= 0) & (hourly.hour >= 0) & (hourly.hour < field.hours)
    np.add.at(told, (hourly.meter[inside], hourly.hour[inside]), hourly.told_s[inside])
    start_s = field.interval.start.timestamp()
    edges = start_s + np.arange(field.hours + 1) * float(HOUR_S)
    found = []
    for row, (site, meter) in enumerate(field.meters):
        opens = meter.start.timestamp() if meter.start else -np.inf
        closes = meter.end.timestamp() if meter.end else np.inf
        valid_s = np.clip(np.minimum(edges[1:], closes) - np.maximum(edges[:-1], opens), 0.0, None)
        if not valid_s.any():
            continue
        is_twice = told[row] > HOUR_S
        spoke_s = np.where(is_twice, 0, told[row])
        runs = _runs(spoke_s < valid_s)
        longest = sorted(sorted(runs, key=lambda run: run[0] - run[1])[:silences_max])
        slot = field.interval.duration_s / field.hours
        found.append(
            Completeness(
                meter_id=meter.meter_id,
                site_id=site.site_id,
                measure=str(meter.measure),
                period=field.interval,
                told_s=float(spoke_s.sum()),
                silences=tuple(_span(field.interval, run, slot) for run in longest),
                is_overlapping=bool(is_twice.any()),
                valid_s=float(valid_s.sum()),
            )
        )
    return tuple(found)


_OF_SITES: Final = (
    Measure.CARD_ENERGY,
    Measure.HOST_ENERGY,
    Measure.PDU_ENERGY,
    Measure.GRID_ENERGY,
    Measure.GREEN_ENERGY,
    Measure.WATER,
    Measure.RACKED,
)


def _first_told(one: Told, other: Told) -> Told:
    """Return one measure in the hours in which it was told, else the other."""
    is_one = one.told_s > 0
    return Told(
        np.where(is_one, one.value, other.value),
        np.where(is_one, one.told_s, other.told_s),
        np.where(is_one, one.modelled, other.modelled),
    )


def _room(field: Field, racked: Told) -> Told:
    """Return the racks that sites have room for, in rack-seconds, while the racked ones were told."""
    racks = np.array([site.racks for site in field.sites], dtype=np.float64)
    room = np.repeat(racks[:, None] * HOUR_S, field.hours, axis=1)
    return Told(room * racked.told_s / HOUR_S, np.where(room > 0, racked.told_s, 0), racked.modelled)


class _Summed:
    """Adds arrays of ``(places, hours)`` up to ``(groups, periods)``."""

    def __init__(self, row: NDArray[np.int64], groups: int, periods: Sequence[Interval], field: Field) -> None:
        start = field.interval.start
        edges = [round((period.start - start).total_seconds() / HOUR_S) for period in periods]
        self._edges, self._row, self._groups = edges, row, groups

    def of(self, values: Floats) -> Floats:
        """Return sums."""
        by_period = np.add.reduceat(values, self._edges, axis=1) if values.size else np.zeros((0, len(self._edges)))
        found = np.zeros((self._groups, len(self._edges)))
        np.add.at(found, self._row, by_period)
        return found

    def any(self, truths: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whether it holds somewhere."""
        return np.asarray(self.of(truths.astype(np.float64)) > 0)

    def or_nan(self, values: Floats, told: NDArray[np.bool_]) -> Floats:
        """Return sums, ``nan`` where nothing was told."""
        return np.where(self.any(told), self.of(values), np.nan)


def _runs(truths: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the half-open runs of truths.

    Examples
    --------
    >>> _runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], truths.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _span(interval: Interval, run: tuple[int, int], slot_s: float) -> Interval:
    opens, closes = (interval.start + timedelta(seconds=edge * slot_s) for edge in run)
    return Interval(opens, closes)
