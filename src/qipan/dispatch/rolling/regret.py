"""Hold what a run cost against what perfect foresight could have cost at least.

Any prices of capacity, power, energy, links and the reserve bound the cost of all jobs from below, known lengths and
arrivals included: each job takes its cheapest seat as if it were alone, and what the limits earn is taken back. Against
such a bound the cost of a run falls into parts that are never negative: what each job pays beyond its cheapest seat,
and what each limit and each site's supply of energy falls short of at these prices (an inequality of Fenchel and
Young). The parts of a day are its regret.

Foresight has to keep what was sold as well: a covered job has one seat, that in which it ran. Data move at the rate
that was asked for, in the bound as in the run.

Sources: `fisher1981` (Lagrangian relaxation), `rockafellar1970` (conjugates).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from scipy.special import stdtrit

from qipan.dispatch.jobs.classify import classify, planned_h
from qipan.dispatch.jobs.reach import Reach, reach, refusals
from qipan.dispatch.model.array import Bools, Floats, Ints
from qipan.dispatch.model.board import Board, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Plan, Reason
from qipan.dispatch.model.reservation import Covered
from qipan.dispatch.model.roll import Case, Regret, Rolled
from qipan.dispatch.placement.bound import cheapest_fen
from qipan.dispatch.placement.choose import prices_of, rents_of
from qipan.dispatch.placement.score import idle_kwh, moved_fen, ran_s
from qipan.dispatch.placement.timeline import asks, timeline
from qipan.dispatch.programme.energy import grid_fen_per_kwh
from qipan.dispatch.programme.formulate import room_kwh
from qipan.dispatch.solver.approach import approach

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
    reserve_fen_per_unit_h
        ``(groups, slots)``, none where no reserve is kept.
    lane_fen_per_gb
        Of each direction of each link, ``(lanes, slots)``; none without links.
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
    reserve_fen_per_unit_h: Floats
    lane_fen_per_gb: Floats
    least_fen: Floats
    bound_fen: float


def foresee_all(case: Case, covered: Covered | None = None, *, gap: float = 1e-3, steps_most: int = 4000) -> Offline:
    """Return the offline bound of a case.

    Parameters
    ----------
    covered
        Which jobs ran on reservations in the run that is held against it; none without any.
    gap, steps_most
        How near the least cost its prices are sought, as `approach` takes them; the bound holds for any.
    """
    board, rules = case.board, case.rules
    # Whole jobs only: the run does not stop them either.
    jobs = replace(case.jobs, requested_s=np.maximum(ran_s(case.jobs), 1.0), preemptible=np.zeros(len(case.jobs), bool))
    moving = replace(jobs, data_gb=jobs.data_gb * jobs.requested_s / case.jobs.requested_s)
    reached = reach(jobs, board, rules)
    # A job that nobody could take in time by its request is in neither cost.
    refused = refusals(case.jobs, board, reached)
    counts = refused == Reason.NONE
    mine = np.zeros(len(jobs), bool) if covered is None else covered.is_covered
    left = board if covered is None else board.hold(covered.held)
    # The programme moves all data of a job, links only what it moves until it ends: on the whole such a share of it.
    share = moving.data_gb.sum() / jobs.data_gb.sum() if jobs.data_gb.any() else 1.0
    if left.links is not None:
        left = replace(left, links=replace(left.links, capacity_gb=left.links.capacity_gb / share))
    classes = classify(jobs, left, reached, counts & ~mine)
    near = approach(left, classes, rules, reached.takes[classes.streams.sort], gap=gap, steps_most=steps_most).plan
    near = replace(near, link_rent_fen_per_gb=near.link_rent_fen_per_gb / share)
    kept, lane = near.reserve_rent_fen_per_unit_h, np.zeros((0, board.slot_count))
    energy = _energy_fen(board, rules, near)
    paid = (energy + near.power_rent_fen_per_kwh)[board.pool_site] * board.kwh_per_unit_h[:, None]
    price = _opex_fen(board) + paid + near.capacity_rent_fen_per_unit_h
    if len(kept):
        price = price + kept[board.product_group[board.pool_product]]
    priced = prices_of(jobs, board, rules, reached, price)
    if board.links is not None:
        lane = np.concatenate([np.maximum(sign * near.link_rent_fen_per_gb, 0.0) for sign in (1.0, -1.0)])
        priced = priced._replace(rents=rents_of(board.links, near))
    alone = cheapest_fen(asks(moving, board, reached), priced, timeline(board))
    found = Offline(
        jobs=jobs,
        reached=reached,
        counts=counts,
        price_fen_per_unit_h=price,
        capacity_fen_per_unit_h=near.capacity_rent_fen_per_unit_h,
        power_fen_per_kwh=near.power_rent_fen_per_kwh,
        energy_fen_per_kwh=energy,
        reserve_fen_per_unit_h=kept,
        lane_fen_per_gb=lane,
        least_fen=np.where(counts, np.minimum(alone, _lost_fen(jobs, board, rules)), 0.0),
        bound_fen=0.0,
    )
    if covered is not None and mine.any():
        start_s = np.full(len(jobs), np.nan)
        start_s[mine] = covered.held.start_s
        ran = _run(case, found, covered.pool, start_s)
        found.least_fen[mine] = ran.moved_fen + ran.priced_fen
    earned = (found.capacity_fen_per_unit_h * board.capacity).sum() * board.slot_h
    earned += (found.power_fen_per_kwh * _room_kwh(board)).sum() + _conjugate_fen(board, rules, energy).sum()
    earned -= (energy * idle_kwh(board)).sum()
    earned += (lane * _lane_gb(board)).sum()
    if len(kept):
        earned += (kept * board.spare_units).sum() * board.slot_h
    return replace(found, bound_fen=float(found.least_fen.sum() - earned))


def regret(case: Case, rolled: Rolled, offline: Offline) -> Regret:
    """Hold a run against its offline bound, day by day."""
    board, rules, jobs = case.board, case.rules, offline.jobs
    ran = _run(case, offline, rolled.pool, rolled.start_s)
    lost = offline.counts & (rolled.pool < 0)
    work_kwh = np.zeros((len(board.sites), board.slot_count))
    np.add.at(work_kwh, board.pool_site, ran.use_unit_h * board.kwh_per_unit_h[:, None])
    drawn_kwh = work_kwh + idle_kwh(board)
    energy = _cost_fen(board, rules, drawn_kwh)
    value = _lost_fen(jobs, board, rules)
    by_slot = (offline.capacity_fen_per_unit_h * (board.capacity * board.slot_h - ran.use_unit_h)).sum(axis=0)
    by_slot += (offline.power_fen_per_kwh * (_room_kwh(board) - work_kwh)).sum(axis=0)
    by_slot += (energy - offline.energy_fen_per_kwh * drawn_kwh).sum(axis=0)
    by_slot += _conjugate_fen(board, rules, offline.energy_fen_per_kwh).sum(axis=0)
    by_slot += (offline.lane_fen_per_gb * (_lane_gb(board) - ran.lane_gb)).sum(axis=0)
    if len(offline.reserve_fen_per_unit_h):
        spare = board.spare_units * board.slot_h
        np.add.at(spare, board.product_group[board.pool_product], -ran.use_unit_h)
        by_slot += (offline.reserve_fen_per_unit_h * spare).sum(axis=0)
    of_job = np.where(lost, value, 0.0) - offline.least_fen
    of_job[ran.at] += ran.moved_fen + ran.priced_fen
    slot_s: Floats = board.start_s + board.slot_s * np.arange(board.slot_count, dtype=np.float64)
    slot_day = case.day_of(slot_s)
    by_day = np.asarray(np.bincount(slot_day, weights=by_slot), dtype=np.float64)
    by_day += np.bincount(case.day_of(jobs.submit_s), weights=of_job, minlength=len(by_day))
    low, high = _interval(by_day, offline.bound_fen)
    return Regret(
        served_fen=float(ran.moved_fen.sum() + energy.sum() + (_opex_fen(board) * ran.use_unit_h).sum()),
        unserved_fen=float(value[lost].sum()),
        bound_fen=offline.bound_fen,
        by_day_fen=by_day,
        low=low,
        high=high,
    )


def _opex_fen(board: Board) -> Floats:
    """Return what an hour of a unit costs besides its energy, ``(pools, slots)``."""
    return np.repeat(board.opex_fen_per_unit_h[:, None], board.slot_count, axis=1)


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


def _room_kwh(board: Board) -> Floats:
    """Return what work may draw in a slot, 0 where no cap is stated (it has no rent), ``(sites, slots)``."""
    room = room_kwh(board)
    return np.where(np.isfinite(room), room, 0.0)


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


def _lane_gb(board: Board) -> Floats:
    """Return what each direction of each link can carry in a slot, ``(lanes, slots)``."""
    return np.zeros((0, board.slot_count)) if board.links is None else board.links.lane_gb


class _Run(NamedTuple):
    """What jobs use and pay where they ran.

    Attributes
    ----------
    at
        Positions of the jobs that ran; the others count nothing.
    use_unit_h, lane_gb
        ``(pools, slots)`` and ``(lanes, slots)``.
    moved_fen, priced_fen
        ``(at,)``, moving and distance, and the planned hours at the prices of pools and links.
    """

    at: Ints
    use_unit_h: Floats
    lane_gb: Floats
    moved_fen: Floats
    priced_fen: Floats


def _run(case: Case, offline: Offline, pool: Ints, start_s: Floats) -> _Run:
    """Add up what jobs use and pay.

    Parameters
    ----------
    pool, start_s
        ``(jobs,)``, -1 and ``nan`` for one that did not run.
    """
    board, jobs, price = case.board, offline.jobs, offline.price_fen_per_unit_h
    at = np.flatnonzero(pool >= 0)
    where, site = pool[at], board.pool_site[pool[at]]
    whole = offline.reached.held(jobs, board, pool)
    held = (jobs.quantity if whole is None else whole)[at]
    start = (start_s[at] - board.start_s) / board.slot_s
    planned = planned_h(jobs, board)[at]
    length = np.minimum(planned / board.slot_h, np.maximum(board.slot_count - start, 0.0))
    share = np.zeros((len(at), 0))
    if board.links is not None:
        share = board.links.lane_share[offline.reached.origin[offline.reached.of_job[at]], site]
    crossing = share * (case.jobs.data_gb / case.jobs.requested_s * 3600.0)[at, None]
    use, lane_gb = np.zeros((len(board.pools), board.slot_count)), np.zeros((share.shape[1], board.slot_count))
    priced = np.zeros(len(at))
    for slot in range(board.slot_count):
        inside = np.minimum(start + length, slot + 1) - np.maximum(start, slot)
        hours = np.maximum(inside, 0.0) * board.slot_h
        use[:, slot] = np.bincount(where, weights=hours * held, minlength=len(board.pools))
        lane_gb[:, slot] = hours @ crossing
        priced += hours * (held * price[where, slot] + crossing @ offline.lane_fen_per_gb[:, slot])
    moved = moved_fen(jobs, board, case.rules, offline.reached, at=at, site=site)
    # Hours that a run could not put into the horizon are paid at the mean of the pool.
    moved = moved + price.mean(axis=1)[where] * (planned - length * board.slot_h) * held
    return _Run(at, use, lane_gb, moved, priced)
