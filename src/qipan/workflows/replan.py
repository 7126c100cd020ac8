"""Plan the work of lost sites again, on the board as it stands, without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from qipan.dispatch.jobs.reach import reach
from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Held, Links, Rules
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.submission import Attempt
from qipan.dispatch.placement.place import place
from qipan.dispatch.placement.timeline import TICK_S
from qipan.dispatch.plan import plan
from qipan.dispatch.pose import pose


@dataclass(frozen=True, slots=True)
class Busy:
    """Work that a site holds already: the job's position, and since and until when in seconds."""

    site_id: str
    index: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Replanned:
    """Where a job goes now: its position among those that were given, the site, and the start in seconds."""

    index: int
    site_id: str
    start_s: float


def busy_of(attempts: Sequence[Attempt], jobs: Jobs, position: Mapping[str, int]) -> list[Busy]:
    """Return what open attempts hold, as planned.

    Parameters
    ----------
    position
        Position of each job by its name.
    """
    busy = []
    for one in attempts:
        if one.is_open:
            index, start_s = position[one.job_id], one.start.timestamp()
            busy.append(Busy(one.site_id, index, start_s, start_s + float(jobs.requested_s[index])))
    return busy


def replan(
    board: Board,
    rules: Rules,
    *,
    jobs: Jobs,
    lost: Sequence[int],
    busy: Sequence[Busy],
    sites: Collection[str],
    patience_s: float,
    now: datetime,
) -> list[Replanned]:
    """Place lost jobs by the same programme as the day, over a board of today: only some sites, beside what they hold.

    A job whose window has closed may start within the patience from now on: late is better than never.

    Parameters
    ----------
    lost
        Positions of the jobs to place.
    sites
        Those that may take work.
    """
    wanted = _from_now(jobs.take(np.asarray(lost, dtype=np.int64)), now.timestamp(), patience_s)
    links = board.links
    if links is not None:
        left_gb = links.capacity_gb - _moved_gb(board, links, jobs, busy)
        links = replace(links, capacity_gb=np.maximum(left_gb, 0.0))
    inside = np.flatnonzero([site.site_id in sites for site in board.sites])
    left = replace(board, links=links).hold(_held(board, rules, jobs, busy)).take(inside)
    posed = pose(wanted, left, rules)
    rest = posed.rest
    found = place(rest.jobs, rest.board, rules, rest.reached, refused=rest.refused, plan=plan(*posed.instance))
    return [
        Replanned(
            lost[position],
            left.sites[left.pool_site[found.pool[position]]].site_id,
            float(found.start_s[position]),
        )
        for position in np.flatnonzero(found.has_place).tolist()
    ]


def _from_now(jobs: Jobs, now_s: float, patience_s: float) -> Jobs:
    start_by_s = np.maximum(jobs.start_by_s, now_s + patience_s)
    return replace(
        jobs,
        submit_s=np.maximum(jobs.submit_s, now_s),
        start_by_s=start_by_s,
        finish_by_s=np.maximum(jobs.finish_by_s, start_by_s + jobs.requested_s),
    )


def _held(board: Board, rules: Rules, jobs: Jobs, busy: Sequence[Busy]) -> Held:
    """Return what sites hold, each job in the pool with most room of those there that it may run on.

    An engine does not tell the pool, so this is as they would have been filled one after the other.
    """
    reached, site_at = reach(jobs, board, rules), {site.site_id: at for at, site in enumerate(board.sites)}
    width = round(board.slot_s / TICK_S)
    free = np.repeat(board.capacity, width, axis=1)
    rows = []
    for one in sorted(busy, key=lambda one: (one.start_s, one.index)):
        fits = reached.fits_kind[reached.of_job[one.index]][board.pool_product]
        pools = np.flatnonzero(fits & (board.pool_site == site_at.get(one.site_id, -1)))
        first = max(0, int((one.start_s - board.start_s) // TICK_S))
        last = min(free.shape[1], int(-(-(one.end_s - board.start_s) // TICK_S)))
        if len(pools) and first < last:
            pool = int(pools[free[pools, first:last].min(axis=1).argmax()])
            units = float(jobs.quantity[one.index])
            free[pool, first:last] -= units
            rows.append((pool, units, one.start_s, one.end_s - one.start_s))
    table = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Held(table[0].astype(np.int64), *table[1:])


def _moved_gb(board: Board, links: Links, jobs: Jobs, busy: Sequence[Busy]) -> Floats:
    """Return what held work moves over each link in each slot, both directions together, ``(links, slots)``."""
    moved = np.zeros_like(links.capacity_gb)
    origins, sites = [one.origin_id for one in board.origins], [one.site_id for one in board.sites]
    opens_s = board.start_s + board.slot_s * np.arange(board.slot_count)
    for one in busy:
        origin, wanted_s = str(jobs.origin[one.index]), jobs.requested_s[one.index]
        if origin in origins and one.site_id in sites:
            inside_s = np.minimum(one.end_s, opens_s + board.slot_s) - np.maximum(one.start_s, opens_s)
            share = np.abs(links.factor[:, origins.index(origin), sites.index(one.site_id)])
            moved += share[:, None] * np.maximum(inside_s, 0.0) / wanted_s * jobs.data_gb[one.index]
    return moved
