"""Match experts and posts so that no expert and post would rather sign another contract.

Experts propose: each asks for the best contracts on their list that fit into portions of their time; a post holds the
best of all it was ever asked for that keep its quotas, and turns the rest down for good; who is turned down asks for
the next. Both sides choose by the greedy rule of a matroid (portions: transversal; quotas: laminar), so what is asked
for and held does not depend on who asks first, and no stable matching is better for any expert.

Source: `hatfield2005`, `hatfield2017`, `echenique2006`.
"""

from __future__ import annotations

import numba
import numpy as np

from qipan.talent.lay_out import Layout
from qipan.talent.model.array import Bools, Ints, Marks
from qipan.talent.model.expert import PORTIONS_MOST

OPEN, REFUSED, HELD = 0, 1, 2


def match(layout: Layout, is_open: Bools | None = None) -> Bools:
    """Return which contracts are held.

    Parameters
    ----------
    is_open
        ``(contracts,)``, which may be asked for; else all.
    """
    status = np.zeros(len(layout.expert), dtype=np.int8)
    if is_open is not None:
        status[~is_open] = REFUSED
    _match(layout, status)
    return np.asarray(status == HELD)


@numba.njit(cache=True)
def _match(layout: Layout, status: Marks) -> None:  # pragma: no cover - compiled
    """Let every expert ask until nobody has anything left to ask for."""
    experts = layout.portions.shape[0]
    count = np.zeros(layout.parent.shape[0], dtype=np.int64)
    seats = np.full(layout.seat[-1], -1, dtype=np.int64)
    waiting = np.arange(experts)[::-1].copy()
    is_waiting = np.ones(experts, dtype=np.bool_)
    holder = np.empty(PORTIONS_MOST, dtype=np.int64)
    left = experts
    while left > 0:
        left -= 1
        expert = int(waiting[left])
        is_waiting[expert] = False
        while True:
            asked = next_asked(layout, status, expert, holder)
            if asked < 0:
                break
            turned_down = _answer(layout, seats, count, asked)
            if turned_down != asked:
                status[asked] = HELD
            if turned_down >= 0:
                status[turned_down] = REFUSED
                other = layout.expert[turned_down]
                if other != expert and not is_waiting[other]:
                    waiting[left] = other
                    is_waiting[other] = True
                    left += 1


@numba.njit(cache=True)
def next_asked(layout: Layout, status: Marks, expert: int, holder: Ints) -> int:  # pragma: no cover - compiled
    """Return the best contract that an expert wants and does not hold, or -1."""
    holder[:] = -1
    placed = 0
    for at in range(layout.first[expert], layout.first[expert + 1]):
        if placed == layout.portions[expert]:
            break
        contract = layout.listed[at]
        if status[contract] != REFUSED and place(layout.fits, holder, contract):
            placed += 1
            if status[contract] != HELD:
                return int(contract)
    return -1


@numba.njit(cache=True)
def place(fits: Ints, holder: Ints, contract: int) -> bool:  # pragma: no cover - compiled
    """Put a contract into a portion, others moved if need be; tell whether there was room.

    ``holder`` says what each portion is taken by, or -1.
    """
    came = np.full(PORTIONS_MOST, -1, dtype=np.int64)
    queue = np.empty(PORTIONS_MOST, dtype=np.int64)
    reached, head, tail = 0, 0, 0
    for portion in range(PORTIONS_MOST):
        if fits[contract] >> portion & 1:
            queue[tail] = portion
            tail += 1
            reached |= 1 << portion
    while head < tail:
        portion = queue[head]
        head += 1
        if holder[portion] < 0:
            while came[portion] >= 0:
                holder[portion] = holder[came[portion]]
                portion = came[portion]
            holder[portion] = contract
            return True
        for other in range(PORTIONS_MOST):
            if fits[holder[portion]] >> other & 1 and not reached >> other & 1:
                came[other] = portion
                queue[tail] = other
                tail += 1
                reached |= 1 << other
    return False


@numba.njit(cache=True)
def _answer(layout: Layout, seats: Ints, count: Ints, asked: int) -> int:  # pragma: no cover - compiled
    """Let a post take a contract if it can; return what it turns down for that, the contract itself, or -1."""
    tight = innermost_tight(layout, count, asked)
    first, last = layout.seat[layout.post[asked]], layout.seat[layout.post[asked] + 1]
    if tight < 0:
        for seat in range(first, last):
            if seats[seat] < 0:
                seats[seat] = asked
                break
        add_along(layout, count, asked, 1)
        return -1
    worst, order = -1, layout.order[asked]
    for seat in range(first, last):
        held = seats[seat]
        if held >= 0 and layout.order[held] > order and is_within(layout, held, tight):
            worst, order = seat, layout.order[held]
    if worst < 0:
        return asked
    turned_down = seats[worst]
    seats[worst] = asked
    add_along(layout, count, turned_down, -1)
    add_along(layout, count, asked, 1)
    return int(turned_down)


@numba.njit(cache=True)
def innermost_tight(layout: Layout, count: Ints, contract: int) -> int:  # pragma: no cover - compiled
    """Return the innermost node of a contract that has no room left, or -1."""
    node = layout.leaf[contract]
    while node >= 0:
        if count[node] >= layout.limit[node]:
            return int(node)
        node = layout.parent[node]
    return -1


@numba.njit(cache=True)
def is_within(layout: Layout, contract: int, node: int) -> bool:  # pragma: no cover - compiled
    """Tell whether a node counts a contract."""
    at = layout.leaf[contract]
    while at >= 0 and at != node:
        at = layout.parent[at]
    return bool(at == node)


@numba.njit(cache=True)
def add_along(layout: Layout, count: Ints, contract: int, number: int) -> None:  # pragma: no cover - compiled
    """Add to the count of each node of a contract."""
    node = layout.leaf[contract]
    while node >= 0:
        count[node] += number
        node = layout.parent[node]
