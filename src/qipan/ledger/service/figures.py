"""Ask the ledger: supply, use, energy, idle, completeness, freshness, as known at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
from ibis import Table

from qipan.kernel.errors import BadInputError
from qipan.kernel.places import Region
from qipan.kernel.time import BOARD_ZONE, Interval, in_utc, zone
from qipan.ledger.add_up import burn, complete, supply
from qipan.ledger.focus import Place, Row, charge
from qipan.ledger.lay_out import Field, Hourly, field_of, field_within, hourly_within
from qipan.ledger.model.figure import Burn, Completeness, Freshness, Group, Miscount, Step, Supply
from qipan.ledger.model.fleet import Fleet, Site
from qipan.ledger.service.register import Ledger
from qipan.ledger.store import figure, reading
from qipan.storage.books import UnitOfWork
from qipan.storage.lake import Lake

HOUR: Final = timedelta(hours=1)
READING_HOURS_MAX: Final = 48
"""The longest period of one reading; a query looks so far before its interval."""

Factors = Callable[[Site], tuple[float | None, float | None]]
"""Carbon of a kilowatt-hour at a site, location-based and market-based; ``None`` where nobody knows."""


class Figures:
    """What the ledger tells.

    Parameters
    ----------
    regions
        Regions by adcode.
    factors
        Carbon of a kilowatt-hour at a site.
    """

    def __init__(self, lake: Lake, register: Ledger, regions: Mapping[str, Region], factors: Factors) -> None:
        self._lake = lake
        self._register = register
        self._regions = regions
        self._factors = factors

    def of(
        self,
        unit: UnitOfWork,
        interval: Interval,
        as_of: datetime,
        *,
        fleet_ids: Collection[str] | None = None,
        with_modelled: bool = False,
    ) -> Metered:
        """Return what was metered in an interval, as known at a moment: read once, asked as often as one likes.

        Parameters
        ----------
        fleet_ids
            Fleets that count; all of them, if none are named.
        with_modelled
            Whether readings of a simulation count too.

        Raises
        ------
        BadInputError
            ``interval_not_hours`` unless the interval begins and ends with an hour.
        NotFoundError
            ``fleet_unknown``.
        """
        _check_hours(interval)
        field = field_of(self._fleets(unit, fleet_ids, as_of), interval)
        query = figure.hourly(self._readings(interval), interval, as_of, with_modelled=with_modelled)
        meter, hour, *numbers = figure.columns(query.to_pyarrow(), field.meter_ids)
        is_ours = meter >= 0
        since = hour - int(interval.start.timestamp()) // figure.HOUR_S
        value, told_s, modelled = (number[is_ours] for number in numbers)
        hourly = Hourly(meter[is_ours], since[is_ours], value, told_s, modelled)
        return Metered(field, hourly, self._regions, self._factors)

    def miscounts(self, interval: Interval, as_of: datetime, *, with_modelled: bool = False) -> tuple[Miscount, ...]:
        """Return where counters contradict themselves or the values told beside them, in the order of meter and rule.

        Raises
        ------
        BadInputError
            ``interval_not_hours``, as `of`.
        """
        _check_hours(interval)
        query = figure.miscounts(self._readings(interval), interval, as_of, with_modelled=with_modelled)
        rows = sorted(query.to_pyarrow().to_pylist(), key=lambda row: (row["meter_id"], row["rule"]))
        compared: Counter[str] = Counter()
        for row in rows:
            compared[row["meter_id"]] += row["readings"]
        return tuple(
            Miscount(
                meter_id=row["meter_id"],
                rule=row["rule"],
                period=Interval(*(datetime.fromtimestamp(row[name], UTC) for name in ("opens_s", "closes_s"))),
                broken=row["readings"],
                compared=compared[row["meter_id"]],
                most=row["most"],
                against=row["against"],
            )
            for row in rows
            if row["rule"]
        )

    def usage(
        self,
        unit: UnitOfWork,
        interval: Interval,
        as_of: datetime,
        *,
        step: Step = Step.DAY,
        fleet_ids: Collection[str] | None = None,
        with_modelled: bool = False,
    ) -> tuple[Row, ...]:
        """Return what each pool used as rows of FOCUS; a pool that told nothing over a period has no row.

        Raises
        ------
        BadInputError
            ``interval_not_hours``, as `of`.
        NotFoundError
            ``fleet_unknown``.
        """
        rows = []
        for fleet in self._fleets(unit, fleet_ids, as_of):
            metered = self.of(unit, interval, as_of, fleet_ids=(fleet.fleet_id,), with_modelled=with_modelled)
            for site in fleet.sites:
                region = self._regions.get(site.adcode)
                for one in metered.within({site.site_id}).supply(by=Group.POOL, step=step):
                    pool = next(pool for pool in site.pools if pool.pool_id == one.group)
                    rows.append(charge(one, Place(fleet, site, pool, region.name_en if region else ""), BOARD_ZONE))
        return tuple(row for row in rows if row is not None)

    def freshness(self, unit: UnitOfWork, now: datetime) -> tuple[Freshness, ...]:
        """Return when each source was heard last, whether it is late, and which of its batches never came."""
        heard = reading.heard(unit)
        found = []
        for source_id, where in sorted(self._register.sources(unit).items()):
            source = where.source
            last = heard.get(source_id, reading.Heard())
            due = last.received and last.received + timedelta(seconds=source.cadence_s + source.lateness_s)
            found.append(
                Freshness(
                    source_id=source_id,
                    fleet_id=where.fleet_id,
                    heard=last.received,
                    told_until=last.told_until,
                    due=due,
                    is_late=due is None or due < in_utc(now),
                    has_agreement=source.agreement is not None,
                    missing=last.missing,
                    missing_number=last.missing_number,
                )
            )
        return tuple(found)

    def _readings(self, interval: Interval) -> Table:
        """Return the readings of the days that can tell something of an interval."""
        first = (interval.start - READING_HOURS_MAX * HOUR).date()
        last = (interval.end - timedelta(microseconds=1)).date()
        return self._lake.table(reading.READINGS, least=first, most=last)

    def _fleets(self, unit: UnitOfWork, fleet_ids: Collection[str] | None, as_of: datetime) -> Sequence[Fleet]:
        if fleet_ids is None:
            return self._register.fleets(unit, as_of)
        return [self._register.fleet(unit, fleet_id, as_of) for fleet_id in dict.fromkeys(fleet_ids)]


@dataclass(frozen=True, slots=True, eq=False)
class Metered:
    """What was metered in an interval, laid out beside the register; every figure is made of it."""

    field: Field
    hourly: Hourly
    regions: Mapping[str, Region]
    factors: Factors

    def within(self, site_ids: Collection[str]) -> Metered:
        """Return the same of some of the sites only."""
        kept = frozenset(site_ids)
        field = field_within(self.field, kept)
        return replace(self, field=field, hourly=hourly_within(self.hourly, self.field, kept))

    def supply(self, *, by: Group, step: Step = Step.WHOLE, zone_name: str = BOARD_ZONE) -> tuple[Supply, ...]:
        """Return how much compute groups had and what became of it.

        Parameters
        ----------
        zone_name
            Zone of the civil days where ``step`` is a day.
        """
        periods = periods_of(self.field.interval, step, zone_name)
        return supply(self.field, self.hourly, periods, by=by, regions=self.regions)

    def burn(self, *, by: Group, step: Step = Step.WHOLE, zone_name: str = BOARD_ZONE) -> tuple[Burn, ...]:
        """Return what groups burnt, by both carbon accounts.

        Raises
        ------
        BadInputError
            ``group_without_energy`` by pool, since energy is a site's.
        """
        if by is Group.POOL:
            raise BadInputError(
                "Energy must be asked for by site or above, was by pool.",
                code="group_without_energy",
                hint="Ask by site.",
                field="by",
            )
        factors = [[np.nan if kg is None else kg for kg in self.factors(site)] for site in self.field.sites]
        return burn(
            self.field,
            self.hourly,
            periods_of(self.field.interval, step, zone_name),
            by=by,
            regions=self.regions,
            kg_per_kwh=np.array(factors, dtype=np.float64).reshape(-1, 2).T,
        )

    def top_idle(self, *, by: Group = Group.SITE, limit: int | None = 10) -> tuple[Supply, ...]:
        """Return the groups whose compute stood idle most, in unit-hours; those that told nothing are left out."""
        told = [one for one in self.supply(by=by) if one.idle_unit_h is not None]
        return tuple(sorted(told, key=lambda one: (-(one.idle_unit_h or 0.0), one.group, one.kind))[:limit])

    def completeness(self, *, silences_max: int = 5) -> tuple[Completeness, ...]:
        """Return for each meter how much of its time it has told, and when it was silent."""
        return complete(self.field, self.hourly, silences_max=silences_max)


def periods_of(interval: Interval, step: Step, zone_name: str) -> tuple[Interval, ...]:
    """Cut an interval of whole hours into hours, or into civil days of a zone; the first and last may be part of one.

    Examples
    --------
    >>> day = Interval(datetime(2026, 1, 1, 16, tzinfo=UTC), datetime(2026, 1, 3, 16, tzinfo=UTC))
    >>> [len(periods_of(day, step, "Asia/Shanghai")) for step in Step]
    [48, 2, 1]
    """
    if step is Step.WHOLE:
        return (interval,)
    edges = [interval.start]
    while edges[-1] < interval.end:
        if step is Step.HOUR:
            follows = edges[-1] + HOUR
        else:
            here = edges[-1].astimezone(zone(zone_name))
            midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), tzinfo=here.tzinfo)
            follows = midnight.astimezone(UTC)
        edges.append(min(follows, interval.end))
    return tuple(Interval(one, other) for one, other in pairwise(edges))


def _check_hours(interval: Interval) -> None:
    for moment in (interval.start, interval.end):
        if moment != moment.replace(minute=0, second=0, microsecond=0):
            raise BadInputError(
                f"Figures must be asked for whole hours, was {interval.start.isoformat()} to "
                f"{interval.end.isoformat()}.",
                code="interval_not_hours",
                hint="Begin and end with an hour.",
            )
