"""Lower work that breaks limits to where it keeps them: what is too much is cut back where it is too much."""

from __future__ import annotations

import numba
import numpy as np

from qipan.dispatch.model.array import Floats
from qipan.dispatch.solver.layout import Layout

TURNS_MOST = 20
ROUNDING = 1e-12


@numba.njit(cache=True)
def cut_back(
    day: Layout, most: Floats, running: Floats, work: Floats, effort: Floats, left: Floats
) -> None:  # pragma: no cover - compiled
    """Lower work and effort to what products, power, links and classes allow, and count what classes have left to do.

    Parameters
    ----------
    most
        ``(products, slots)``
    running
        ``(pools, slots)``, energy included.
    work, effort
        ``(pairs, slots)`` and ``(efforts,)``, lowered in place.
    left
        ``(classes,)``, written on.
    """
    for turn in range(TURNS_MOST):
        # Work that is lowered may have gone against other work on a link, so it is looked at again.
        cut_sites = _cut_sites(day, most, running, work)
        cut_links = _cut_links(day, work, turn == TURNS_MOST - 1)
        if turn > 0 and not cut_sites and not cut_links:
            break
        _match(day, work, effort, left)


@numba.njit(cache=True)
def _cut_sites(day: Layout, most: Floats, running: Floats, work: Floats) -> bool:  # pragma: no cover - compiled
    """Lower what is asked of a product, of a site's power or of a group beyond what there is."""
    given = np.zeros_like(most)
    for pair in range(day.product.shape[0]):
        given[day.product[pair]] += day.takes[pair] * work[pair]
    share = _shares(given, most)
    share *= _power_shares(day, running, given * share)
    if day.spare.shape[0] > 0:
        busy = np.zeros_like(day.spare)
        for product in range(given.shape[0]):
            busy[day.group[product]] += given[product] * share[product]
        free = _shares(busy, day.spare)
        for product in range(given.shape[0]):
            share[product] *= free[day.group[product]]
    if share.min() == 1.0:
        return False
    for pair in range(day.product.shape[0]):
        work[pair] *= share[day.product[pair]]
    return True


@numba.njit(cache=True)
def _power_shares(day: Layout, running: Floats, given: Floats) -> Floats:  # pragma: no cover - compiled
    """Return to which share what products give must be lowered for each site to keep within its power."""
    share = np.ones_like(given)
    for site in range(day.cap_kwh.shape[0]):
        for t in range(given.shape[1]):
            burnt = _burnt(day, running, given, site, t)
            if burnt > day.cap_kwh[site, t] * (1.0 + ROUNDING):
                for k in range(day.first_pool[site], day.first_pool[site + 1]):
                    share[day.pool_product[k], t] = day.cap_kwh[site, t] / burnt
    return share


@numba.njit(cache=True)
def _shares(asked: Floats, most: Floats) -> Floats:  # pragma: no cover - compiled
    """Return to which share each of what is asked must be lowered to be no more than there is."""
    share = np.ones(asked.shape)
    for row in range(asked.shape[0]):
        for t in range(asked.shape[1]):
            if asked[row, t] > most[row, t] * (1.0 + ROUNDING):
                share[row, t] = most[row, t] / asked[row, t]
    return share


@numba.njit(cache=True)
def _burnt(day: Layout, running: Floats, given: Floats, site: int, t: int) -> float:  # pragma: no cover - compiled
    """Return what a site burns in a slot where the cheaper pools of each product give first."""
    burnt = 0.0
    for k in range(day.first_pool[site], day.first_pool[site + 1]):
        rest = given[day.pool_product[k], t]
        for other in range(day.first_alike[k], day.end_alike[k]):
            gap = running[other, t] - running[k, t]
            if gap < 0.0 or (gap == 0.0 and other < k):
                rest -= day.room[other, t]
        burnt += day.kwh[k] * min(day.room[k, t], max(0.0, rest))
    return burnt


@numba.njit(cache=True)
def _cut_links(day: Layout, work: Floats, at_once: bool) -> bool:  # pragma: no cover - compiled
    """Lower what crosses a link in the direction in which too much does.

    Parameters
    ----------
    at_once
        Count no flow against another one, so that nothing need be cut again.
    """
    links, slots = day.link_most.shape
    if links == 0:
        return False
    sites = day.cap_kwh.shape[0]
    along = _along(day, work)
    against = np.zeros(along.shape)
    if not at_once:
        against[0], against[1] = along[1], along[0]
    share = np.ones(along.shape)
    for way in range(2):
        share[way] = _shares(along[way], day.link_most + against[way])
    if share.min() == 1.0:
        return False
    for stream in range(day.first_pair.shape[0] - 1):
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            flow = day.origin[stream] * sites + day.site[pair]
            least = np.ones(slots)
            for k in range(day.first_toll[flow], day.first_toll[flow + 1]):
                way = int(day.gb[stream] * day.toll_factor[k] < 0.0)
                least = np.minimum(least, share[way, day.toll_link[k]])
            work[pair] *= least
    return True


@numba.njit(cache=True)
def _along(day: Layout, work: Floats) -> Floats:  # pragma: no cover - compiled
    """Return what crosses each link one way and the other, ``(ways, links, slots)``."""
    along = np.zeros((2, day.link_most.shape[0], day.link_most.shape[1]))
    for stream in range(day.first_pair.shape[0] - 1):
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            flow = day.origin[stream] * day.cap_kwh.shape[0] + day.site[pair]
            for k in range(day.first_toll[flow], day.first_toll[flow + 1]):
                size = day.gb[stream] * day.toll_factor[k]
                along[int(size < 0.0), day.toll_link[k]] += abs(size) * work[pair]
    return along


@numba.njit(cache=True)
def _match(day: Layout, work: Floats, effort: Floats, left: Floats) -> None:  # pragma: no cover - compiled
    """Lower work or effort of a stream in a slot, whichever is more, and count what classes have left to do."""
    slots = work.shape[1]
    for stream in range(day.first_pair.shape[0] - 1):
        working, trying = np.zeros(slots), np.zeros(slots)
        for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
            working += work[pair]
        for c in range(day.first_class[stream], day.first_class[stream + 1]):
            _try(day, effort, trying, c)
        for c in range(day.first_class[stream], day.first_class[stream + 1]):
            for i in range(day.first_effort[c], day.first_effort[c + 1]):
                t = day.first_slot[c] + i - day.first_effort[c]
                if trying[t] > working[t]:
                    effort[i] *= working[t] / trying[t]
            left[c] = max(0.0, day.demand[c] - effort[day.first_effort[c] : day.first_effort[c + 1]].sum())
        for t in range(slots):
            if working[t] > trying[t]:
                for pair in range(day.first_pair[stream], day.first_pair[stream + 1]):
                    work[pair, t] *= trying[t] / working[t]


@numba.njit(cache=True)
def _try(day: Layout, effort: Floats, trying: Floats, c: int) -> None:  # pragma: no cover - compiled
    """Keep the effort of a class within its width and demand, and add it to that of its stream."""
    begin, end = day.first_effort[c], day.first_effort[c + 1]
    total = 0.0
    for i in range(begin, end):
        effort[i] = min(day.most[c], max(0.0, effort[i]))
        total += effort[i]
    for i in range(begin, end):
        if total > day.demand[c]:
            effort[i] *= day.demand[c] / total
        trying[day.first_slot[c] + i - begin] += effort[i]
