"""Lay what was metered out as arrays of pools, sites and hours, beside what the register says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.kernel.places import Region
from qipan.kernel.time import Interval
from qipan.ledger.model.figure import Group
from qipan.ledger.model.fleet import Fleet, Meter, Pool, Site
from qipan.ledger.model.reading import Measure

HOUR_S: Final = 3600

WHOLE: Final = "all"
"""Name of the one group that holds everything."""

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Hourly:
    """Sums by meter and hour; every array has the axis ``(sums,)``.

    Attributes
    ----------
    meter
        Position in ``meters``.
    hour
        Hours since the start of the interval.
    told_s
        Seconds of the hour for which there is a reading; more than 3600 means that some were told twice.
    modelled
        How many of the readings come from a simulation.
    """

    meter: Whole
    hour: Whole
    value: Whole
    told_s: Whole
    modelled: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The pools, sites and meters of some fleets, in one order, over an interval of whole hours."""

    interval: Interval
    hours: int
    pools: tuple[tuple[Site, Pool], ...]
    sites: tuple[Site, ...]
    meters: tuple[tuple[Site, Meter], ...]

    @property
    def meter_ids(self) -> list[str]:
        """Names of the meters."""
        return [meter.meter_id for _, meter in self.meters]

    @property
    def pool_names(self) -> list[str]:
        """A name of each pool that no other has: its id, behind its site's where several sites have one of that id."""
        count = Counter(pool.pool_id for _, pool in self.pools)
        return [
            pool.pool_id if count[pool.pool_id] == 1 else f"{site.site_id}/{pool.pool_id}" for site, pool in self.pools
        ]

    def pools_of(self, site_ids: Collection[str]) -> frozenset[str]:
        """Names of the pools of some sites."""
        named = zip(self.pools, self.pool_names, strict=True)
        return frozenset(name for (site, _), name in named if site.site_id in site_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One measure of pools or sites.

    Attributes
    ----------
    value
        In base units, ``(places, hours)``.
    told_s
        Seconds of each hour that were told, ``(places, hours)``.
    modelled
        Whether some of it was modelled, ``(places, hours)``.
    """

    value: Floats
    told_s: Whole
    modelled: NDArray[np.bool_]


def field_of(fleets: Sequence[Fleet], interval: Interval) -> Field:
    """Return the pools, sites and meters of fleets."""
    sites = tuple(site for fleet in fleets for site in fleet.sites)
    return Field(
        interval=interval,
        hours=round(interval.duration_h),
        pools=tuple((site, pool) for site in sites for pool in site.pools),
        sites=sites,
        meters=tuple((site, meter) for site in sites for meter in site.meters),
    )


def field_within(field: Field, site_ids: Collection[str]) -> Field:
    """Return the field of some of its sites."""
    return replace(
        field,
        pools=tuple((site, pool) for site, pool in field.pools if site.site_id in site_ids),
        sites=tuple(site for site in field.sites if site.site_id in site_ids),
        meters=tuple((site, meter) for site, meter in field.meters if site.site_id in site_ids),
    )


def hourly_within(hourly: Hourly, field: Field, site_ids: Collection[str]) -> Hourly:
    """Return the sums of meters of some of a field's sites, by their positions in `field_within`."""
    is_kept = np.array([site.site_id in site_ids for site, _ in field.meters], dtype=np.bool_)
    position = np.cumsum(is_kept) - 1
    ours = is_kept[hourly.meter]
    columns = (hourly.hour, hourly.value, hourly.told_s, hourly.modelled)
    return Hourly(position[hourly.meter[ours]], *(column[ours] for column in columns))


def of_pools(field: Field, hourly: Hourly, measure: Measure) -> Told:
    """Return one measure of each pool, ``(pools, hours)``."""
    # Two fleets may each hold a site of one name: a meter belongs to the one that it stands in.
    place = {(id(site), pool.pool_id): row for row, (site, pool) in enumerate(field.pools)}
    rows = [
        place.get((id(site), meter.pool_id), -1) if meter.measure is measure else -1 for site, meter in field.meters
    ]
    return _told(field, hourly, rows, len(field.pools))


def of_sites(field: Field, hourly: Hourly, measure: Measure) -> Told:
    """Return one measure of each site, ``(sites, hours)``: of the site as a whole, else the sum over its pools.

    Of a sum over pools an hour is told for as long as its shortest part.
    """
    place = {id(site): row for row, site in enumerate(field.sites)}
    of_whole = [
        place[id(site)] if meter.measure is measure and not meter.pool_id else -1 for site, meter in field.meters
    ]
    whole = _told(field, hourly, of_whole, len(field.sites))
    has_whole = np.isin(np.arange(len(field.sites)), of_whole)
    metered = {(id(site), m.pool_id) for site, m in field.meters if m.measure is measure and m.pool_id}
    parts = of_pools(field, hourly, measure)
    value, told_s, modelled = whole.value, whole.told_s, whole.modelled
    for row, site in enumerate(field.sites):
        pools = [p for p, (at, pool) in enumerate(field.pools) if at is site and (id(site), pool.pool_id) in metered]
        if pools and not has_whole[row]:
            value[row] = parts.value[pools].sum(axis=0)
            told_s[row] = parts.told_s[pools].min(axis=0)
            modelled[row] = parts.modelled[pools].any(axis=0)
    return Told(value, told_s, modelled)


def certified_unit_s(field: Field) -> Floats:
    """Return the certified capacity of each pool in each hour, in unit-seconds, ``(pools, hours)``.

    Certified capacity is a step function; a step within an hour counts by its seconds.
    """
    start_s = field.interval.start.timestamp()
    edges = np.arange(field.hours + 1) * float(HOUR_S)
    found = np.zeros((len(field.pools), field.hours))
    for row, (_, pool) in enumerate(field.pools):
        if not pool.certified:
            found[row] = pool.quantity * HOUR_S
            continue
        at = np.array([step.start.timestamp() - start_s for step in pool.certified])
        held = np.array([step.quantity for step in pool.certified])
        # What had been there until each edge, since the first step.
        until = np.concatenate(([0.0], np.cumsum(held[:-1] * np.diff(at))))
        step = np.clip(np.searchsorted(at, edges, side="right") - 1, 0, None)
        whole = until[step] + held[step] * np.clip(edges - at[step], 0.0, None)
        found[row] = np.diff(whole)
    return found


def group_of(site: Site, pool: str, by: Group, regions: Mapping[str, Region]) -> str:
    """Return the name of the group that a pool of a site is added up in; ``""`` where it has none."""
    region = regions.get(site.adcode)
    return {
        Group.POOL: pool,
        Group.SITE: site.site_id,
        Group.HUB: site.hub_id,
        Group.REGION: site.adcode,
        Group.MACRO3: region.macro3 if region else "",
        Group.MACRO4: region.macro4 if region else "",
        Group.COUNTRY: WHOLE,
    }[by]


def _told(field: Field, hourly: Hourly, rows: list[int], places: int) -> Told:
    """Add sums up by place and hour; an hour that was told more than once counts as not told."""
    row = np.array([*rows, -1], dtype=np.int64)[hourly.meter]
    is_wanted = (row >= 0) & (hourly.hour >= 0) & (hourly.hour < field.hours)
    flat = row[is_wanted] * field.hours + hourly.hour[is_wanted]
    size = places * field.hours
    shape = (places, field.hours)

    def added(column: Whole) -> Floats:
        found = np.bincount(flat, weights=column[is_wanted].astype(np.float64), minlength=size)
        return found.astype(np.float64).reshape(shape)

    value, told_s = added(hourly.value), added(hourly.told_s).astype(np.int64)
    is_twice = told_s > HOUR_S
    value[is_twice], told_s[is_twice] = 0.0, 0
    return Told(value, told_s, added(hourly.modelled) > 0)
