"""One step of a member, compiled: production, compute that moves, learning, effects, talent, what stocks become.

All arrays are of one member. Rows of ``now`` are stocks, in the order of the constants below; ``mid`` holds what is
worked out on the way. Times are years, so a rate by the year times ``dt`` is what happens in a period.
"""

from __future__ import annotations

import math
from typing import Final

import numba
import numpy as np

from qipan.policy.model.array import Floats

A, D, C, H, P, K, K0, Z, U, E, A0, MOVED, SERVED, PAID = range(14)
"""Stocks: knowledge, data, compute, talent, penetration, capital, capital without AI, logarithm of what AI added to
output, displaced, cumulative deployment; then what is only counted: talent that came, compute served to others, money
received less paid. ``A0`` is the deployment at the start."""
STOCKS: Final = 14
Y, HEAD, REL, LOGREL, DEMAND, OUT, IN, SERVICE, PULL, TRANSFER, RISE, LOGA, MIX, PULLED, BASE = range(15)
"""On the way: output, per head, against the mean, its logarithm, demand for compute, served to others and by others,
share of demand served, talent by its pull, money, how penetration rises, logarithm of knowledge, two sums over
neighbours, and the logarithm of output without AI."""
MIDS: Final = 15
EFFECTS: Final = 7
TINY: Final = 1e-12

(
    ALPHA, SAVED, CAPITAL_LOSS, KNOWLEDGE_LOSS, DATA_LOSS, OF_DATA, OF_COMPUTE, OF_TALENT, DATA_SHARED, BREAK_GAIN,
    BREAK_STEEP, BREAK_AT, BREAK_FALL, BREAKS, SPEED, OF_KNOWLEDGE, SPREAD, LEARNING, EARLIER, MOBILITY, TO_INCOME,
    TO_KNOWLEDGE, USED, FOLLOWS, MOVES, COMPENSATION, JOBS, DISPLACES, REEMPLOYS, REMOTE, DIVISION, ADVANTAGE,
    FEATURES, DIVIDEND, UNEVEN, INCLUSION, L_PLUS, L_COORDINATION, L_COMPUTE, L_TALENT, L_SUPPORT, L_ENCLAVE, SHARED,
) = range(43)  # fmt: skip
"""Parameters, in the order of `STRUCTURE`."""
S_PLUS, S_COORDINATION, S_COMPUTE, S_TALENT, S_SUPPORT, S_ENCLAVE = range(6)
"""Levers, in the order of `Lever`."""
CUMULATIVE, SUDDEN, COUPLING, EVOLUTIONARY = range(4)


@numba.njit(cache=True, nogil=True)
def place(mid: Floats, base: Floats, year: float) -> None:  # pragma: no cover - compiled
    """Set the logarithm of output without AI at a time in years, from ``(years + 1, regions)``."""
    before = min(int(year), base.shape[0] - 2)
    part = year - before
    for i in range(base.shape[1]):
        mid[BASE, i] = base[before, i] * (1.0 - part) + base[before + 1, i] * part


@numba.njit(cache=True, nogil=True)
def produce(now: Floats, mid: Floats, people: Floats, q: Floats) -> float:  # pragma: no cover - compiled
    """Work out output, per head, and against the nation's mean; return the output of the nation."""
    total = heads = 0.0
    for i in range(now.shape[1]):
        mid[LOGA, i] = math.log(now[A, i])
        mid[Y, i] = math.exp(mid[BASE, i] + now[Z, i] + q[ALPHA] * math.log(now[K, i] / now[K0, i]))
        mid[HEAD, i] = mid[Y, i] / people[i]
        total += mid[Y, i]
        heads += people[i]
    for i in range(now.shape[1]):
        mid[REL, i] = mid[HEAD, i] * heads / total
        mid[LOGREL, i] = math.log(mid[REL, i])
    return total


@numba.njit(cache=True, nogil=True)
def move_compute(  # pragma: no cover - compiled
    now: Floats, mid: Floats, q: Floats, spend: Floats, total: float, per_use: float
) -> None:
    """Serve work of regions that lack compute where it stands idle; what is served and what is paid sum to zero."""
    regions = now.shape[1]
    idle = lacking = capacity = spent = 0.0
    for i in range(regions):
        mid[DEMAND, i] = per_use * now[P, i] * mid[Y, i]
        idle += max(now[C, i] - mid[DEMAND, i], 0.0)
        lacking += max(mid[DEMAND, i] - now[C, i], 0.0)
        capacity += now[C, i]
        spent += spend[S_COORDINATION, i]
    reach = 1.0 - (1.0 - q[MOVES]) * math.exp(-q[L_COORDINATION] * 1000.0 * spent / total)
    moved = min(reach * idle, lacking)
    pay = q[COMPENSATION] * total * moved / max(capacity, TINY) if spent > 0.0 else 0.0
    for i in range(regions):
        mid[OUT, i] = moved * max(now[C, i] - mid[DEMAND, i], 0.0) / max(idle, TINY)
        mid[IN, i] = moved * max(mid[DEMAND, i] - now[C, i], 0.0) / max(lacking, TINY)
        mid[SERVICE, i] = (min(mid[DEMAND, i], now[C, i]) + mid[IN, i]) / max(mid[DEMAND, i], TINY)
        mid[TRANSFER, i] = pay * (mid[OUT, i] - mid[IN, i]) / max(moved, TINY)


@numba.njit(cache=True, nogil=True)
def share_enclaves(mid: Floats, q: Floats, spend: Floats, total: float) -> None:  # pragma: no cover - compiled
    """Give a share of what enclaves cost back to the regions that have none, by their output; sums to zero."""
    given = without = 0.0
    for i in range(mid.shape[1]):
        given += q[SHARED] * spend[S_ENCLAVE, i]
        if spend[S_ENCLAVE, i] <= 0.0:
            without += mid[Y, i]
    if without <= 0.0 or total <= 0.0:
        return
    for i in range(mid.shape[1]):
        if spend[S_ENCLAVE, i] > 0.0:
            mid[TRANSFER, i] -= q[SHARED] * spend[S_ENCLAVE, i]
        else:
            mid[TRANSFER, i] += given * mid[Y, i] / without


@numba.njit(cache=True, nogil=True)
def learn(  # pragma: no cover - compiled
    now: Floats, mid: Floats, people: Floats, sharing: Floats, q: Floats, on: Floats, spend: Floats, mean: Floats,
    fallen: float, dt: float,
) -> None:  # fmt: skip
    """Let data, knowledge and penetration grow.

    ``sharing`` holds the weights of others' data, each column adding up to 1; ``mean`` the nation's compute and talent
    a head and its use of AI at the start.
    """
    regions = now.shape[1]
    total = front = spread = heads = 0.0
    for i in range(regions):
        total += mid[Y, i]
        front += mid[Y, i] * now[A, i]
        spread += people[i] * now[P, i]
        heads += people[i]
    front, spread = front / total, spread / heads
    for i in range(regions):
        mid[MIX, i] = 0.0
    for j in range(regions):
        for i in range(regions):
            mid[MIX, i] += sharing[j, i] * now[D, j]
    for i in range(regions):
        per_mille = 1000.0 / mid[Y, i]
        c = math.log(max(now[C, i] / people[i] / mean[0], TINY))
        h = math.log(max(now[H, i] / people[i] / mean[1], TINY))
        made, created = 1.0, 1.0
        if on[CUMULATIVE] > 0.0:
            data = max(now[D, i] + q[DATA_SHARED] * (mid[MIX, i] - now[D, i]), TINY)
            created = math.exp(q[OF_DATA] * math.log(data) + q[OF_COMPUTE] * c + q[OF_TALENT] * h)
            made = now[P, i] * now[A, i] * mid[REL, i] / mean[2]
        if on[SUDDEN] > 0.0:
            beyond = 0.5 * (c + h) - q[BREAK_AT] + fallen
            created *= 1.0 + q[BREAK_GAIN] / (1.0 + math.exp(-q[BREAK_STEEP] * beyond))
        faster = 1.0 + q[L_PLUS] * per_mille * spend[S_PLUS, i]
        rise = q[SPEED] * faster * mid[SERVICE, i] * math.exp(q[OF_KNOWLEDGE] * mid[LOGA, i])
        rise = rise * now[P, i] * (1.0 - now[P, i]) + q[SPREAD] * (spread - now[P, i])
        mid[RISE, i] = min(max(now[P, i] + dt * rise, 0.0), 1.0) - now[P, i]
        closes = min(q[L_ENCLAVE] * per_mille * spend[S_ENCLAVE, i] * dt, 1.0)
        now[D, i] += dt * q[DATA_LOSS] * (made - now[D, i])
        now[A, i] += dt * q[KNOWLEDGE_LOSS] * (created - now[A, i]) + closes * max(front - now[A, i], 0.0)
        now[A, i] = max(now[A, i], TINY)


@numba.njit(cache=True, nogil=True)
def weigh(  # pragma: no cover - compiled
    now: Floats, mid: Floats, people: Floats, traits: Floats, q: Floats, on: Floats, effects: Floats, told: Floats,
    total: float, dt: float,
) -> None:  # fmt: skip
    """Add up figure 2's effects on output, and what each adds to the nation's output and to Theil's T.

    ``told`` gets the two, ``(2, effects)``. To first order ``dT = sum s (log r - T) dlog y``, with ``s`` a region's
    share of output and ``r`` its output per head against the mean.
    """
    regions = now.shape[1]
    theil = known = spread = heads = 0.0
    for i in range(regions):
        share = mid[Y, i] / total
        theil += share * mid[LOGREL, i]
        known += share * mid[LOGA, i]
        spread += people[i] * now[P, i]
        heads += people[i]
    spread /= heads
    for i in range(regions):
        share = mid[Y, i] / total
        fit = traits[0, i] if on[COUPLING] > 0.0 else 1.0
        better = 1.0
        if on[EVOLUTIONARY] > 0.0:
            better = math.exp(q[LEARNING] * math.log(now[E, i] / now[A0, i]))
        work = max(now[C, i] + mid[DEMAND, i], TINY)
        gains = (
            q[REMOTE] * now[P, i] * max(-mid[LOGREL, i], 0.0) * dt,
            q[DIVISION] * (mid[OUT, i] + mid[IN, i]) / work * dt,
            q[ADVANTAGE] * traits[1, i] * mid[OUT, i] / max(now[C, i], TINY) * dt,
            q[FEATURES] * fit * better * mid[RISE, i],
            q[DIVIDEND] * spread * (mid[LOGA, i] - known) * dt,
            -q[UNEVEN] * max(spread - now[P, i], 0.0) * dt,
            -q[INCLUSION] * now[U, i] / (q[JOBS] * people[i]) * dt,
        )
        for k in range(EFFECTS):
            gain = gains[k] * effects[k]
            now[Z, i] += gain
            told[0, k] += share * gain
            told[1, k] += share * (mid[LOGREL, i] - theil) * gain


@numba.njit(cache=True, nogil=True)
def move_talent(  # pragma: no cover - compiled
    now: Floats, mid: Floats, near: Floats, q: Floats, dt: float, came: Floats
) -> None:
    """Let talent move by gravity: between each two by their talents, and to where pull is stronger; sums to zero."""
    regions = now.shape[1]
    whole = 0.0
    for i in range(regions):
        mid[PULL, i] = math.exp(q[TO_INCOME] * mid[LOGREL, i] + q[TO_KNOWLEDGE] * mid[LOGA, i])
        mid[MIX, i] = mid[PULLED, i] = 0.0
        whole += mid[PULL, i] * now[H, i]
    for j in range(regions):
        talent = now[H, j]
        pulled = mid[PULL, j] * talent
        for i in range(regions):
            mid[MIX, i] += near[j, i] * talent
            mid[PULLED, i] += near[j, i] * pulled
    for i in range(regions):
        came[i] = dt * q[MOBILITY] * now[H, i] * (mid[PULL, i] * mid[MIX, i] - mid[PULLED, i]) / max(whole, TINY)


@numba.njit(cache=True, nogil=True)
def settle(  # pragma: no cover - compiled
    now: Floats, mid: Floats, people: Floats, traits: Floats, q: Floats, spend: Floats, mean: Floats,
    total: float, dt: float, came: Floats,
) -> None:  # fmt: skip
    """Let stocks of people, compute, capital and deployment become what they are next; all pay for levers by output."""
    spent = 0.0
    for k in range(spend.shape[0]):
        for i in range(spend.shape[1]):
            spent += spend[k, i]
    for i in range(now.shape[1]):
        per_mille = 1000.0 / mid[Y, i]
        now[E, i] += dt * now[P, i] * mid[REL, i]
        now[P, i] += mid[RISE, i]
        now[H, i] += came[i] + dt * q[L_TALENT] * per_mille * spend[S_TALENT, i] * mean[1] * people[i]
        grown = q[FOLLOWS] * max(mid[DEMAND, i] / q[USED] - now[C, i], 0.0)
        now[C, i] += dt * (grown + q[L_COMPUTE] * per_mille * spend[S_COMPUTE, i] * mean[0] * people[i])
        leaves = min(dt * (q[REEMPLOYS] + q[L_SUPPORT] * per_mille * spend[S_SUPPORT, i]), 1.0)
        lost = q[DISPLACES] * traits[2, i] * max(mid[RISE, i], 0.0) * q[JOBS] * people[i]
        now[U, i] += lost - leaves * now[U, i]
        income = mid[Y, i] * (1.0 - spent / total) + mid[TRANSFER, i]
        now[K, i] += dt * (q[SAVED] * max(income, 0.0) - q[CAPITAL_LOSS] * now[K, i])
        now[K0, i] += dt * (q[SAVED] * math.exp(mid[BASE, i]) - q[CAPITAL_LOSS] * now[K0, i])
        now[MOVED, i] += came[i]
        now[SERVED, i] += dt * mid[OUT, i]
        now[PAID, i] += dt * mid[TRANSFER, i]


@numba.njit(cache=True, nogil=True)
def look(  # pragma: no cover - compiled
    now: Floats, mid: Floats, people: Floats, q: Floats, total: float, seen: Floats
) -> None:
    """Measure the nation, in the order of `MEASURES`."""
    heads = theil = out = used = used2 = idle = idle2 = 0.0
    for i in range(now.shape[1]):
        heads += people[i]
    for i in range(now.shape[1]):
        share, part = people[i] / heads, now[U, i] / (q[JOBS] * people[i])
        theil += mid[Y, i] / total * mid[LOGREL, i]
        out += now[U, i]
        used += share * now[P, i]
        used2 += share * now[P, i] ** 2
        idle += share * part
        idle2 += share * part**2
    seen[0], seen[1], seen[2], seen[3] = total, theil, out, used
    seen[4] = math.sqrt(max(used2 - used**2, 0.0)) / max(used, TINY)
    seen[5] = math.sqrt(max(idle2 - idle**2, 0.0))


@numba.njit(cache=True, nogil=True)
def run(  # pragma: no cover - compiled
    base: Floats, parameters: Floats, starts: Floats, people: Floats, traits: Floats, near: Floats, sharing: Floats,
    on: Floats, effects: Floats, spend: Floats, chance: Floats, dt: float, paths: Floats, last: Floats, told: Floats,
    broke: Floats,
) -> None:  # fmt: skip
    """Run members one after the other.

    Parameters
    ----------
    base
        Logarithm of output without AI, ``(members, years + 1, regions)``; within a year a straight line.
    parameters
        ``(members, 43)``
    starts
        Stocks at the start: knowledge, data, compute, talent, penetration, capital, displaced, ``(7, regions)``.
    chance
        Uniform draws that say when breakthroughs come, ``(members, periods)``.
    paths, last, told, broke
        What is filled in: ``(members, periods + 1, 6)``, ``(members, regions, 7)``, ``(members, 2, 7)`` and
        ``(members,)``.
    """
    members, moments, regions = base.shape[0], paths.shape[1], base.shape[2]
    now, mid, came, mean = np.zeros((STOCKS, regions)), np.zeros((MIDS, regions)), np.zeros(regions), np.zeros(3)
    for m in range(members):
        q = parameters[m]
        per_use = begin(now, mid, base[m], starts, people, q, mean)
        fallen = 0.0
        for t in range(moments):
            place(mid, base[m], t * dt)
            total = produce(now, mid, people, q)
            look(now, mid, people, q, total, paths[m, t])
            if t == moments - 1:
                break
            if on[SUDDEN] > 0.0 and chance[m, t] < 1.0 - math.exp(-q[BREAKS] * dt):
                fallen += q[BREAK_FALL]
                broke[m] += 1.0
            move_compute(now, mid, q, spend[t], total, per_use)
            share_enclaves(mid, q, spend[t], total)
            learn(now, mid, people, sharing, q, on, spend[t], mean, fallen, dt)
            weigh(now, mid, people, traits, q, on, effects, told[m], total, dt)
            move_talent(now, mid, near, q, dt, came)
            settle(now, mid, people, traits, q, spend[t], mean, total, dt, came)
        for i in range(regions):
            last[m, i, 0], last[m, i, 1] = mid[HEAD, i], now[P, i]
            last[m, i, 2] = now[U, i] / (q[JOBS] * people[i])
            last[m, i, 3], last[m, i, 4], last[m, i, 5] = now[MOVED, i], now[SERVED, i], now[PAID, i]
            last[m, i, 6] = now[A, i]


@numba.njit(cache=True, nogil=True)
def begin(  # pragma: no cover - compiled
    now: Floats, mid: Floats, base: Floats, starts: Floats, people: Floats, q: Floats, mean: Floats
) -> float:
    """Set stocks to the start; return compute that a unit of use asks for, so that the nation uses its share then."""
    now[:] = 0.0
    mid[:] = 0.0
    rows = (A, D, C, H, P, K, U)
    for k in range(7):
        for i in range(now.shape[1]):
            now[rows[k], i] = starts[k, i]
    now[K0] = now[K]
    place(mid, base, 0.0)
    total = produce(now, mid, people, q)
    use = capacity = talent = heads = made = 0.0
    for i in range(now.shape[1]):
        use += now[P, i] * mid[Y, i]
        made += people[i] * now[P, i] * now[A, i] * mid[REL, i]
        capacity += now[C, i]
        talent += now[H, i]
        heads += people[i]
        now[E, i] = max(now[P, i] * mid[REL, i] * q[EARLIER], TINY)
        now[A0, i] = now[E, i]
    mean[0], mean[1], mean[2] = max(capacity / heads, TINY), max(talent / heads, TINY), max(made / heads, TINY)
    return q[USED] * capacity / max(use, TINY) if total > 0.0 else 0.0
