"""Settle reservations at the prices of a plan: use it or sell it.

All work pays its site the LMP of each unit-hour. A site pays the holder of a reservation the LMP of every unit-hour
reserved, whoever uses it and whether anyone does, and gets the contract's price for it. So a holder pays the contract's
price for what its jobs use, whatever the LMP is, and has the LMP less that price for what they leave. Where what is
reserved was kept free for the holder, as in rolling operation, what nobody used is paid to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qipan.dispatch.model.array import Floats, Ints
from qipan.dispatch.model.board import Board
from qipan.dispatch.model.job import Jobs
from qipan.dispatch.model.plan import Placement
from qipan.dispatch.model.reservation import (
    Covered,
    Nomination,
    ReservationDay,
    ReservationsDay,
    SellerDay,
)
from qipan.dispatch.placement.timeline import TICK_S
from qipan.dispatch.reservation.allot import ticks_of, ticks_of_slot

H_PER_TICK = TICK_S / 3600.0


def settle(
    jobs: Jobs,
    board: Board,
    covered: Covered,
    *,
    found: Placement,
    lmp_fen_per_unit_h: Floats,
    step_s: float | None = None,
    was_kept: bool = False,
) -> ReservationsDay:
    """Return what each reservation comes to on the planned day.

    Parameters
    ----------
    board
        With nothing held.
    found
        Of all jobs; what they request counts.
    lmp_fen_per_unit_h
        ``(products, steps)``
    step_s
        How long each price holds, whole minutes; a slot, if nothing else is said.
    was_kept
        Whether it was kept free for the holder, so that the site pays for what was used or sold alone.
    """
    reservations, pools = covered.reservations, covered.pools
    ticks, width = board.day_slots * ticks_of_slot(board), ticks_of_slot(board)
    runs = found.runs(jobs.requested_s)
    begin, length = (runs.start_s - board.start_s) / TICK_S, runs.seconds / TICK_S
    units = found.units(jobs)[runs.job]
    busy = _mean_units(found.pool[runs.job], units, begin, length, (len(board.pools), ticks))
    mine = covered.reservation[runs.job] >= 0
    used = _mean_units(
        covered.reservation[runs.job][mine], units[mine], begin[mine], length[mine], (len(reservations), ticks)
    )
    reserved = np.zeros((len(reservations), ticks))
    for index, one in enumerate(reservations):
        first, last = ticks_of(one, board)
        reserved[index, first:last] = one.units
    sold = _sold(reserved, used, busy, np.repeat(board.capacity[:, : board.day_slots], width, axis=1), pools)
    step = np.arange(ticks) // (width if step_s is None else round(step_s / TICK_S))
    price = lmp_fen_per_unit_h[board.pool_product][:, step]
    here = price[pools] if len(pools) else price[:0]
    hours = {"reserved": reserved * H_PER_TICK, "used": used * H_PER_TICK, "sold": sold * H_PER_TICK}
    fen = {name: (amount * here).sum(axis=1) for name, amount in hours.items()}
    rows = tuple(
        ReservationDay(
            reservation_id=one.reservation_id,
            holder=one.holder,
            site_id=one.site_id,
            kind=one.kind.value,
            card_model=one.card_model,
            reserved_unit_h=float(hours["reserved"][index].sum()),
            used_unit_h=float(hours["used"][index].sum()),
            sold_unit_h=float(hours["sold"][index].sum()),
            covered_jobs=int((covered.reservation == index).sum()),
            nominated_jobs=int((jobs.reservation == one.reservation_id).sum()),
            lmp_fen=float(fen["used"][index] + fen["sold"][index] if was_kept else fen["reserved"][index]),
            covered_fen=float(fen["used"][index]),
            sold_fen=float(fen["sold"][index]),
            contract_fen=one.price_fen_per_unit_h * float(hours["reserved"][index].sum()),
        )
        for index, one in enumerate(reservations)
    )
    earned = np.zeros(len(board.sites))
    np.add.at(earned, board.pool_site, (busy * price).sum(axis=1) * H_PER_TICK)
    told = [str(one) for one in covered.nomination]
    return ReservationsDay(
        rows=rows,
        sellers=_sellers(board, rows, earned),
        nominations={one.value: told.count(one.value) for one in Nomination if one and one.value in told},
    )


def _mean_units(row: Ints, units: Floats, begin: Floats, length: Floats, shape: tuple[int, int]) -> Floats:
    """Return how many units are busy on average in each minute, ``(rows, ticks)``.

    Parameters
    ----------
    row, units, begin, length
        ``(runs,)``, where each runs, how many units it has, and its start and length in ticks.
    """
    change = np.zeros((shape[0], shape[1] + 2))
    for moment, sign in ((begin, 1.0), (begin + length, -1.0)):
        at = np.clip(moment, 0.0, float(shape[1]))
        tick = np.floor(at).astype(np.int64)
        np.add.at(change, (row, tick), sign * units * (1.0 - (at - tick)))
        np.add.at(change, (row, tick + 1), sign * units * (at - tick))
    return np.asarray(np.cumsum(change, axis=1)[:, : shape[1]])


def _sold(reserved: Floats, used: Floats, busy: Floats, capacity: Floats, pools: Ints) -> Floats:
    """Return in how many units left of each reservation other work runs, ``(reservations, ticks)``.

    Other work fills what nobody reserved first; what it takes besides is shared out by what each reservation leaves.
    """
    sold, left = np.zeros_like(reserved), np.maximum(reserved - used, 0.0)
    for pool in np.unique(pools[pools >= 0]):
        mine = pools == pool
        others = busy[pool] - used[mine].sum(axis=0)
        beyond = np.maximum(others - (capacity[pool] - reserved[mine].sum(axis=0)), 0.0)
        whole = left[mine].sum(axis=0)
        share = np.divide(np.minimum(beyond, whole), whole, out=np.zeros_like(whole), where=whole > 0.0)
        sold[mine] = left[mine] * share
    return sold


def _sellers(board: Board, rows: Sequence[ReservationDay], earned_fen: Floats) -> tuple[SellerDay, ...]:
    named = dict.fromkeys(one.site_id for one in rows)
    return tuple(
        SellerDay(
            site_id=site.site_id,
            revenue_fen=float(earned_fen[index]),
            paid_out_fen=sum(one.lmp_fen for one in rows if one.site_id == site.site_id),
            contract_fen=sum(one.contract_fen for one in rows if one.site_id == site.site_id),
        )
        for index, site in enumerate(board.sites)
        if site.site_id in named
    )
