"""Plan the work of lost sites again, on the board as it stands, without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.model.board import Board, Links, Rules
from qipan.dispatch.model.job import KINDS, Jobs
from qipan.dispatch.model.submission import Attempt
from qipan.dispatch.placement.place import place
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
    """Place lost jobs by the same programme as the day, over a board of today: only some sites, less what they hold.

    A job whose window has closed may start within the patience from now on: late is better than never.

    Parameters
    ----------
    lost
        Positions of the jobs to place.
    sites
        Those that may take work.
    """
    inside = np.array([site.site_id in sites for site in board.sites])[board.pool_site]
    free = np.maximum(board.capacity - _busy(board, jobs, busy), 0.0) * inside[:, None]
    wanted = _from_now(jobs.take(np.asarray(lost, dtype=np.int64)), now.timestamp(), patience_s)
    links = board.links
    if links is not None:
        left_gb = links.capacity_gb - _moved_gb(board, links, jobs, busy)
        links = replace(links, capacity_gb=np.maximum(left_gb, 0.0))
    posed = pose(wanted, replace(board, capacity=free, links=links), rules)
    rest = posed.rest
    found = place(rest.jobs, rest.board, rules, rest.reached, refused=rest.refused, plan=plan(*posed.instance))
    return [
        Replanned(
            lost[position],
            board.sites[board.pool_site[found.pool[position]]].site_id,
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


def _busy(board: Board, jobs: Jobs, busy: Sequence[Busy]) -> Floats:
    """Return how many units of each pool are held on average in each slot, ``(pools, slots)``."""
    units = np.zeros_like(board.capacity)
    opens_s = board.start_s + board.slot_s * np.arange(board.slot_count)
    for one in busy:
        pool = _pool_of(board, jobs, one)
        if pool is not None:
            inside_s = np.minimum(one.end_s, opens_s + board.slot_s) - np.maximum(one.start_s, opens_s)
            units[pool] += jobs.quantity[one.index] * np.maximum(inside_s, 0.0) / board.slot_s
    return units


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


def _pool_of(board: Board, jobs: Jobs, one: Busy) -> int | None:
    kind, card_model = KINDS[int(jobs.kind[one.index])], str(jobs.card_model[one.index])
    for position, pool in enumerate(board.pools):
        is_there = board.sites[pool.site].site_id == one.site_id and pool.kind == kind
        if is_there and card_model in ("", pool.card_model):
            return position
    return None
