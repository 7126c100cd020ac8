"""Hold what a run cost against what perfect foresight could have cost at least.

Any prices of capacity, power and energy bound the cost of all jobs from below, known lengths and arrivals included:
each job takes its cheapest seat as if it were alone, and what the limits earn is taken back. Against such a bound the
cost of a run falls into parts that are never negative: what each job pays beyond its cheapest seat, and what each limit
and each site's supply of energy falls short of at these prices (an inequality of Fenchel and Young). The parts of a day
are its regret.

Sources: `fisher1981` (Lagrangian relaxation), `rockafellar1970` (conjugates).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.special import stdtrit

from qipan.dispatch.jobs.classify import classify, planned_h
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.model.roll import Case, Regret, Rolled
from qipan.dispatch.placement.bound import cheapest_fen
from qipan.dispatch.placement.choose import prices_of
from qipan.dispatch.placement.score import moved_fen, ran_s
from qipan.dispatch.placement.timeline import asks, timeline
from qipan.dispatch.programme.energy import grid_fen_per_kwh
from qipan.dispatch.solver.approach import approach
from qipan.kernel.units import S_PER_DAY

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Offline:
    """A bound for perfect foresight, and the prices that prove it.

    Attributes
    ----------
    jobs
        Those of the run, each asking for what it really runs.
    counts
        ``(jobs,)``, whether some site can take the job.
    price_fen_per_unit_h
        ``(pools, slots)``, of running and all rents.
    capacity_fen_per_unit_h, power_fen_per_kwh, energy_fen_per_kwh
        ``(pools, slots)``, ``(sites, slots)`` and ``(sites, slots)``.
    least_fen
        ``(jobs,)``, the cheapest seat at these prices, or the value of the work.
    bound_fen
        What no run can cost less than.
    """

    jobs: Jobs
    reached: Reach
    counts: Bools
    price_fen_per_unit_h: Floats
    capacity_fen_per_unit_h: Floats
    power_fen_per_kwh: Floats
    energy_fen_per_kwh: Floats
    least_fen: Floats
    bound_fen: float


def foresee_all(case: Case, *, gap: float = 1e-3, steps_most: int = 4000) -> Offline:
    """Return the offline bound of a case.

    Parameters
    ----------
    gap, steps_most
        How near the least cost its prices are sought, as `approach` takes them; the bound holds for any.
    """
    board, rules = case.board, case.rules
    # Whole jobs only: the run does not stop them either.
    jobs = replace(case.jobs, requested_s=np.maximum(ran_s(case.jobs), 1.0), preemptible=np.zeros(len(case.jobs), bool))
    reached = reach(jobs, board, rules)
    # A job that nobody could take in time by its request is in neither cost.
    refused = refusals(case.jobs, board, reached)
    counts = refused == Reason.NONE
    classes = classify(jobs, board, reached, counts)
    takes = reached.takes[classes.streams.sort]
    near = approach(board, classes, rules, takes, gap=gap, steps_most=steps_most)
    capacity, power = near.plan.capacity_rent_fen_per_unit_h, near.plan.power_rent_fen_per_kwh
    energy = _energy_fen(board, rules, near.plan)
    paid = (energy + power)[board.pool_site] * board.kwh_per_unit_h[:, None]
    price = _opex_fen(board) + paid + capacity
    alone = cheapest_fen(asks(jobs, board, reached), prices_of(jobs, board, rules, reached, price), timeline(board))
    least = np.where(counts, np.minimum(alone, _lost_fen(jobs, board, rules)), 0.0)
    earned = (capacity * board.capacity).sum() * board.slot_h + (power * _cap_kwh(board)).sum()
    earned += _conjugate_fen(board, rules, energy).sum()
    return Offline(jobs, reached, counts, price, capacity, power, energy, least, float(least.sum() - earned))


def regret(case: Case, rolled: Rolled, offline: Offline) -> Regret:
    """Hold a run against its offline bound, day by day."""
    board, rules, jobs = case.board, case.rules, offline.jobs
    served = np.flatnonzero(rolled.pool >= 0)
    lost = offline.counts & (rolled.pool < 0)
    held = _held(jobs, board, offline.reached, rolled, served)
    use, late_h = _use(jobs, board, rolled, served, held)
    site = board.pool_site[rolled.pool[served]]
    kwh = np.zeros((len(board.sites), board.slot_count))
    np.add.at(kwh, board.pool_site, use * board.kwh_per_unit_h[:, None])
    moved = moved_fen(jobs, board, rules, offline.reached, at=served, site=site)
    # Hours that a run could not put into the horizon are paid at the mean of the pool.
    mean = offline.price_fen_per_unit_h.mean(axis=1)[rolled.pool[served]]
    moved = moved + mean * late_h * held
    energy = _cost_fen(board, rules, kwh)
    value = _lost_fen(jobs, board, rules)
    by_slot = (offline.capacity_fen_per_unit_h * (board.capacity * board.slot_h - use)).sum(axis=0)
    by_slot += (offline.power_fen_per_kwh * (_cap_kwh(board) - kwh)).sum(axis=0)
    by_slot += (energy - offline.energy_fen_per_kwh * kwh).sum(axis=0)
    by_slot += _conjugate_fen(board, rules, offline.energy_fen_per_kwh).sum(axis=0)
    of_job = np.where(lost, value, 0.0) - offline.least_fen
    of_job[served] += moved + _priced_fen(jobs, board, rolled, served, held, offline.price_fen_per_unit_h)
    slot_s: Floats = board.start_s + board.slot_s * np.arange(board.slot_count, dtype=np.float64)
    slot_day = _day_of(board, slot_s)
    by_day = np.asarray(np.bincount(slot_day, weights=by_slot), dtype=np.float64)
    by_day += np.bincount(_day_of(board, jobs.submit_s), weights=of_job, minlength=len(by_day))
    low, high = _interval(by_day, offline.bound_fen)
    return Regret(
        served_fen=float(moved.sum() + energy.sum() + (_opex_fen(board) * use).sum()),
        unserved_fen=float(value[lost].sum()),
        bound_fen=offline.bound_fen,
        by_day_fen=by_day,
        low=low,
        high=high,
    )


def _opex_fen(board: Board) -> Floats:
    """Return what an hour of a unit costs besides its energy, ``(pools, slots)``."""
    return np.repeat(board.opex_fen_per_unit_h[:, None], board.slot_count, axis=1)


def _day_of(board: Board, moment_s: Floats) -> Ints:
    """Return the day of the run that a moment counts to; what is after the last one counts to it."""
    days = max(1, round((board.day_end_s - board.start_s) / S_PER_DAY))
    return np.minimum((moment_s - board.start_s) // S_PER_DAY, days - 1).astype(np.int64)


def _interval(by_day: Floats, bound: float) -> tuple[float, float]:
    """Return the interval of the regret of all days over the bound, as a mean of days that are independent."""
    days = len(by_day)
    if days < 2 or bound <= 0.0:
        return float("nan"), float("nan")
    half = stdtrit(days - 1, (1.0 + CONFIDENCE) / 2.0) * by_day.std(ddof=1) * np.sqrt(days)
    return float((by_day.sum() - half) / bound), float((by_day.sum() + half) / bound)


def _lost_fen(jobs: Jobs, board: Board, rules: Rules) -> Floats:
    worth = np.array([rule.unserved_fen_per_unit_h for rule in rules.tiers])[jobs.tier]
    return np.asarray(worth * jobs.quantity * planned_h(jobs, board))


def _cap_kwh(board: Board) -> Floats:
    """Return what each site may draw in a slot, 0 where no cap is stated (it has no rent), ``(sites, slots)``."""
    cap = np.where(np.isfinite(board.power_cap_kw), board.power_cap_kw, 0.0)[:, None]
    return np.repeat(cap * board.slot_h, board.slot_count, axis=1)


def _own_kwh(board: Board) -> tuple[Floats, Floats]:
    """Return what own plants could give in a slot and what that costs, ``(sites, slots)``."""
    energy, shape = board.energy, (len(board.sites), board.slot_count)
    if energy is None:
        return np.zeros(shape), np.zeros(shape)
    return energy.renewable_kw * board.slot_h, np.repeat(energy.renewable_fen_per_kwh[:, None], shape[1], axis=1)


def _energy_fen(board: Board, rules: Rules, plan: Plan) -> Floats:
    """Return prices of energy that no site would buy above the grid's."""
    grid = grid_fen_per_kwh(board, rules)
    return grid if plan.energy is None else np.minimum(plan.energy.energy_fen_per_kwh, grid)


def _cost_fen(board: Board, rules: Rules, kwh: Floats) -> Floats:
    """Return what energy costs at least, from own plants where these are cheaper, ``(sites, slots)``."""
    grid = grid_fen_per_kwh(board, rules)
    own_kwh, own_fen = _own_kwh(board)
    own = np.where(own_fen < grid, np.minimum(kwh, own_kwh), 0.0)
    return own * own_fen + (kwh - own) * grid


def _conjugate_fen(board: Board, rules: Rules, price: Floats) -> Floats:
    """Return the most that supplying energy at prices up to the grid's can earn, ``(sites, slots)``."""
    own_kwh, own_fen = _own_kwh(board)
    cheaper = own_fen < grid_fen_per_kwh(board, rules)
    return np.where(cheaper, own_kwh * np.maximum(price - own_fen, 0.0), 0.0)


def _spans(jobs: Jobs, board: Board, rolled: Rolled, served: Ints) -> tuple[Floats, Floats]:
    """Return start of the planned hours in slots, and how many slots they last inside the horizon."""
    start = (rolled.start_s[served] - board.start_s) / board.slot_s
    length = planned_h(jobs, board)[served] / board.slot_h
    return start, np.minimum(length, np.maximum(board.slot_count - start, 0.0))


def _held(jobs: Jobs, board: Board, reached: Reach, rolled: Rolled, served: Ints) -> Floats:
    """Return how many units of its pool each served job holds, ``(served,)``."""
    held = reached.held(jobs, board, rolled.pool)
    return np.asarray((jobs.quantity if held is None else held)[served])


def _use(jobs: Jobs, board: Board, rolled: Rolled, served: Ints, held: Floats) -> tuple[Floats, Floats]:
    """Return unit-hours by pool and slot, and the planned hours of each job that lie past the horizon."""
    start, length = _spans(jobs, board, rolled, served)
    use = np.zeros((len(board.pools), board.slot_count))
    pool = rolled.pool[served]
    for slot in range(board.slot_count):
        inside = np.minimum(start + length, slot + 1) - np.maximum(start, slot)
        busy = np.maximum(inside, 0.0) * board.slot_h * held
        use[:, slot] = np.bincount(pool, weights=busy, minlength=len(board.pools))
    return use, planned_h(jobs, board)[served] - length * board.slot_h


def _priced_fen(jobs: Jobs, board: Board, rolled: Rolled, served: Ints, held: Floats, price: Floats) -> Floats:
    """Return what the planned hours of served jobs come to at prices of their pools, ``(served,)``."""
    start, length = _spans(jobs, board, rolled, served)
    paid = np.concatenate([np.zeros((len(price), 1)), np.cumsum(price, axis=1)], axis=1)
    pool = rolled.pool[served]

    def until(position: Floats) -> Floats:
        whole = np.minimum(position.astype(np.int64), board.slot_count - 1)
        return np.asarray(paid[pool, whole] + (position - whole) * price[pool, whole])

    return np.asarray((until(start + length) - until(start)) * board.slot_h * held)
