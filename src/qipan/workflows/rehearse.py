"""Rehearse the ledger: meters of a fleet as they would tell if a plan were carried out, or a real trace run again.

All of it is modelled and marked so; every figure that rests on it says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qipan.facts.catalog import Catalog
from qipan.kernel.errors import NotFoundError
from qipan.kernel.time import Interval, civil_day, slots
from qipan.ledger.check_readings import us_of
from qipan.ledger.model.fleet import Fleet, Site
from qipan.ledger.model.reading import Acknowledgement, Readings, Statement, Way
from qipan.ledger.model.use import Use
from qipan.ledger.rehearse import Ratios, Stock, dealt, equip, rehearse
from qipan.ledger.seal import seal
from qipan.ledger.service.metering import Metering
from qipan.ledger.service.register import Ledger
from qipan.storage.books import Books, UnitOfWork
from qipan.workflows.fleet import NATIONAL

REAL_FLEET: Final = "real-cards"
DAYS_MAX: Final = 31

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Traces:
    """Adapters of what a rehearsal reads and writes; bootstrap hands them in."""

    read_stock: Callable[[bytes], tuple[Stock, ...]]
    read_busy: Callable[..., Floats]
    write: Callable[[Readings], bytes]
    form: str


class Rehearsal:
    """Fills the ledger with modelled readings."""

    def __init__(self, *, catalog: Catalog, books: Books, ledger: Ledger, metering: Metering, traces: Traces) -> None:
        self._catalog = catalog
        self._books = books
        self._ledger = ledger
        self._metering = metering
        self._traces = traces

    def of_plan(self, fleet_id: str | None, day: date, now: datetime, *, seed: int = 0) -> tuple[Acknowledgement, ...]:
        """Tell what the meters of a fleet would if the day's plan, as entered in the ledger, were carried out.

        Parameters
        ----------
        fleet_id
            Without one, the fleet registered last of those that were planned on the day.

        Raises
        ------
        NotFoundError
            ``plan_unknown`` when the ledger holds no use of the day.
        """
        with self._books.begin() as unit:
            found = self._planned(unit, fleet_id, day, now)
            fleet = self._ledger.register(unit, self._equipped(found), now)
        whole = civil_day(day, fleet.zone_name)
        uses = self._uses(fleet, day, now)
        busy = [_busy_of_plan(site, uses, whole) for site in fleet.sites]
        return self._tell(fleet, busy, whole, now, seed)

    def of_traces(
        self, nodes: bytes, pods: bytes, now: datetime, *, day: date, days: int = 7, seed: int = 0
    ) -> tuple[Acknowledgement, ...]:
        """Deal the machines of a real fleet to the national clusters, and run a real cluster's pods there again.

        The last ``days`` of the trace are told as the days that end with ``day``. Where each machine stands, and so
        what each site is busy with, is a choice; the machines and the shape of their work are real.
        """
        stock = self._traces.read_stock(nodes)
        with self._books.begin() as unit:
            base = self._ledger.fleet(unit, NATIONAL)
            sites = dealt(stock, [replace(s, meters=(), racks=0) for s in base.sites], kw_of_model=self._kw_of_model())
            fleet = self._equipped(
                replace(
                    base,
                    fleet_id=REAL_FLEET,
                    name_en="Real cards on the national clusters (rehearsed)",
                    name_zh="真实机群在国家集群的演练",
                    sites=tuple(_renamed(site) for site in sites),
                    sources=(),
                )
            )
            fleet = self._ledger.register(unit, fleet, now)
        last = civil_day(day, fleet.zone_name)
        whole = Interval(last.end - timedelta(days=days), last.end)
        busy_h = self._traces.read_busy(pods, groups=len(fleet.sites), hours=round(whole.duration_h))
        level = busy_h / np.maximum(busy_h.max(axis=1, keepdims=True), 1e-9)
        busy = [np.repeat(level[place][None, :], len(site.pools), axis=0) for place, site in enumerate(fleet.sites)]
        return self._tell(fleet, busy, whole, now, seed)

    def _planned(self, unit: UnitOfWork, fleet_id: str | None, day: date, now: datetime) -> Fleet:
        known = [self._ledger.fleet(unit, fleet_id)] if fleet_id else self._ledger.fleets(unit)
        planned = [fleet for fleet in known if self._uses(fleet, day, now)]
        if not planned:
            raise NotFoundError(
                f"A plan of {fleet_id or 'some fleet'} on {day.isoformat()} must be there, was none.",
                code="plan_unknown",
                hint=f"Plan the day first: qipan day run --day {day.isoformat()}",
                field="day",
            )
        return max(planned, key=lambda fleet: self._ledger.history(unit, fleet.fleet_id)[-1].released)

    def _uses(self, fleet: Fleet, day: date, now: datetime) -> tuple[Use, ...]:
        return self._ledger.use(civil_day(day, fleet.zone_name), now, [site.site_id for site in fleet.sites])

    def _equipped(self, fleet: Fleet) -> Fleet:
        return equip(fleet, kw_per_rack=self._catalog.number("rehearsal/kw_per_rack"))

    def _kw_of_model(self) -> dict[str, float]:
        return {"": self._catalog.number("board/it_power_w_per_card") / 1000.0}

    def _ratios(self) -> Ratios:
        return Ratios(**{name: self._catalog.number(f"rehearsal/{name}") for name in Ratios.__dataclass_fields__})

    def _tell(
        self, fleet: Fleet, busy: list[Floats], whole: Interval, now: datetime, seed: int
    ) -> tuple[Acknowledgement, ...]:
        """Seal one batch a site, receive all of them in one unit of work, and bring them into the figures.

        Only hours that are over are told: meters know nothing of the future.
        """
        ratios, told = self._ratios(), []
        hours = int((min(now, whole.end) - whole.start) / timedelta(hours=1))
        if hours < 1:
            return ()
        for place, site in enumerate(fleet.sites):
            rng = np.random.default_rng([seed, place])
            readings = rehearse(site, busy[place][:, :hours], start_us=us_of(whole.start), ratios=ratios, rng=rng)
            if not len(readings):
                continue
            data = self._traces.write(readings)
            digest = sha256(data).hexdigest()
            source_id = site.meters[0].source_id
            # Told now: another rehearsal of the same hours corrects this one.
            statement = Statement(source_id, Way.COLLECTED, 0, now, self._traces.form, digest)
            told.append(self._metering.open(seal(statement, b"", data)))
        with self._books.begin() as unit:
            acknowledged = tuple(self._metering.receive(unit, opened, now) for opened in told)
        with self._books.read() as unit:
            self._metering.project(unit)
        return acknowledged


def _busy_of_plan(site: Site, uses: tuple[Use, ...], whole: Interval) -> Floats:
    """Return the share of units that the plan keeps busy, the same for all pools of a kind, ``(pools, hours)``."""
    hours = {slot: place for place, slot in enumerate(slots(whole, 3600))}
    busy = np.zeros((len(site.pools), len(hours)))
    for use in uses:
        if use.site_id == site.site_id and use.period in hours and use.capacity_unit_h:
            of_kind = [row for row, pool in enumerate(site.pools) if pool.kind is use.kind]
            busy[of_kind, hours[use.period]] = use.used_unit_h / use.capacity_unit_h
    return busy


def _renamed(site: Site) -> Site:
    """Return the site under a name of its own, since a meter's name is its own in the whole ledger."""
    site_id = f"{site.site_id}-real"
    pools = tuple(replace(p, pool_id=p.pool_id.replace(site.site_id, site_id, 1)) for p in site.pools)
    return replace(site, site_id=site_id, pools=pools)
