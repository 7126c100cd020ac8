"""Days of real traces on the national fleet with modelled plants, at a stated load, and hourly carbon as a model.

A load is stated over the *full load* of a day: the least at which energetic reasoning proves that not every job can be
served. In any stretch of time each job must run for at least as long as its earliest and its latest start both leave
inside; where that comes to more than all cards that power allows, some job has no place. Minutes one by one and all
stretches of whole hours are looked at. Sites, latency and data classes are left out, so the true limit lies lower.

Source: `baptiste2001` (energetic reasoning).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from qipan.dispatch.jobs.assume import AssumptionRule, complete, quarantine_origins
from qipan.dispatch.jobs.demand import split_by_origin
from qipan.dispatch.jobs.load import raise_load
from qipan.dispatch.jobs.reach import reach, refusals
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Reason
from qipan.dispatch.placement.timeline import asks
from qipan.dispatch.service import Reading
from qipan.ledger.model.power import Carrier
from qipan.workflows.choose import days_of, jobs_of_day
from qipan.workflows.energy import availability, with_modelled_power
from qipan.workflows.fleet import assumption_rule, national_fleet, rules_of, set_up

SEED = 0
MINUTES = 60
GENERATED = {Carrier.SOLAR: 0.1, Carrier.WIND: 0.1}
"""Share of a region's load that its sun and its wind generate over a day; assumed, to shape carbon hour by hour."""
LEAST_OF_HOUR = 0.05
"""Carbon of an hour over the mean does not fall below; assumed."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A file, the day to plan, and a load at which capacity binds, from which its full load is worked out.

    Without a day its busiest one, which is found in the file.
    """

    file: str
    form: str
    day: date | None
    epoch: datetime | None
    probe: float


TRACES = {
    "philly": Trace("philly.csv.gz", "philly", date(2017, 10, 9), None, 40.0),
    "openb": Trace(
        "openb_pods.csv.gz", "openb", None, datetime(2023, 1, 1, tzinfo=timezone(timedelta(hours=8))), 200.0
    ),
    "llm": Trace("azure_llm_conv.csv.gz", "llm", date(2023, 11, 16), None, 2000.0),
}


@dataclass(frozen=True, slots=True)
class TraceDay:
    """The jobs of a day as the trace has them, its board, and what fills in the rest."""

    name: str
    day: date
    jobs: Jobs
    board: Board
    rules: Rules
    rule: AssumptionRule
    kg_per_kwh: Floats

    def at_load(self, load: float) -> Jobs:
        """Return the jobs at a load, complete."""
        rng = np.random.default_rng(SEED)
        return complete(raise_load(self.jobs, factor=load, rng=rng), self.board, self.rules, self.rule, rng)


def trace_day(services: Any, folder: Path, name: str) -> TraceDay:
    """Read a day of a trace and set its board up."""
    trace, catalog = TRACES[name], services.catalog
    fleet = with_modelled_power(national_fleet(catalog), catalog)
    how = Reading(epoch=trace.epoch, zone_name=fleet.zone_name)
    intake = services.dispatch.read_jobs((folder / trace.file).read_bytes(), form=trace.form, how=how)
    days = days_of(intake.jobs, fleet.zone_name)
    day = trace.day or date.fromisoformat(min(days, key=lambda one: (-days[one], one)))
    board = set_up(fleet, catalog, day).board
    jobs, _ = jobs_of_day(quarantine_origins(intake, board.origins), day, fleet)
    rule = assumption_rule(catalog, fleet)
    if trace.form == "llm":
        jobs = split_by_origin(jobs, rule.origin_weights)
    carbon = modelled_kg_per_kwh(services, fleet, board)
    return TraceDay(name, day, jobs, board, rules_of(catalog), rule, carbon)


def modelled_kg_per_kwh(services: Any, fleet: Any, board: Board) -> Floats:
    """Return a modelled carbon factor of each hour, ``(sites, slots)``; nobody publishes one by region.

    Sun and wind generate their assumed share of the region's load in the shapes of the facts, the rest is as dirty at
    any hour, and over the day the load's mean is the published factor of the year.
    """
    zone = timezone(timedelta(hours=8))
    first = datetime.fromtimestamp(board.start_s, zone)
    hours = (first.hour + np.arange(board.slot_count)) % 24
    areas = board.energy.areas if board.energy is not None else None
    factor = np.empty((len(board.sites), board.slot_count))
    for row, site in enumerate(fleet.sites):
        load = np.ones(board.slot_count)
        if areas is not None and areas.member[:, row].any():
            load = areas.load_kw[int(np.argmax(areas.member[:, row]))]
        rest = np.ones(board.slot_count)
        for carrier, share in GENERATED.items():
            shape = np.array(availability(carrier, site, services.catalog, first))[hours]
            rest -= share * (shape / shape[:24].sum()) * load[:24].sum() / load
        rest = np.maximum(rest, LEAST_OF_HOUR)
        factor[row] = board.location_kg_per_kwh[row] * rest * load[:24].sum() / (rest * load)[:24].sum()
    return factor


def full_load(day: TraceDay) -> float:
    """Return the load at which energetic reasoning first proves that a job is left over."""
    probe = TRACES[day.name].probe
    return probe / pressure(day.at_load(probe), day.board, day.rules)


def pressure(jobs: Jobs, board: Board, rules: Rules) -> float:
    """Return the largest share of all cards that jobs must hold in a minute or a stretch of whole hours."""
    reached = reach(jobs, board, rules)
    able = refusals(jobs, board, reached) == Reason.NONE
    ask = asks(jobs, board, reached)
    first, length, units = ask.start[able], ask.length[able], ask.quantity[able]
    last = np.maximum(ask.latest, ask.start)[able]
    by_site = np.bincount(board.pool_site, weights=board.capacity.min(axis=1), minlength=len(board.sites))
    kwh = np.bincount(board.pool_site, weights=board.kwh_per_unit_h, minlength=len(board.sites))
    cards = float(np.minimum(by_site, board.room_kw.min(axis=1) * np.bincount(board.pool_site) / kwh).sum())
    minutes = board.slot_count * MINUTES
    must = last < first + length
    begin = np.clip(np.ceil(last[must] - 1e-9).astype(np.int64), 0, minutes)
    end = np.maximum(np.clip(np.floor((first + length)[must] + 1e-9).astype(np.int64), 0, minutes), begin)
    change = np.bincount(begin, weights=units[must], minlength=minutes + 1)
    change -= np.bincount(end, weights=units[must], minlength=minutes + 1)
    worst = float(np.cumsum(change).max() / cards)
    for a in range(board.slot_count):
        from_a = np.minimum(length, np.clip(first + length - a * MINUTES, 0.0, None))
        for b in range(a + 1, board.slot_count + 1):
            whole = (b - a) * MINUTES
            inside = np.minimum(from_a, np.clip(b * MINUTES - last, 0.0, whole))
            worst = max(worst, float((units * np.minimum(inside, whole)).sum() / (cards * whole)))
    return worst
