"""Spread the numbered episodes of a long proof over the cores; each has a seed of its own, whoever plays it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

CHUNKS = 64
"""Parts for each process: the last to end waits for little."""

Played = TypeVar("Played")


def spread(
    play: Callable[[range], Played], first: int, count: int, processes: int = os.cpu_count() or 1
) -> Iterator[Played]:
    """Play episodes ``[first, first + count)`` in parts, and return what each part told, in their order.

    Parameters
    ----------
    play
        A function of a module, or a `functools.partial` of one: it is sent to other processes.
    """
    step = max(1, count // (CHUNKS * processes))
    parts = [range(start, min(start + step, first + count)) for start in range(first, first + count, step)]
    if processes == 1 or len(parts) == 1:
        yield from map(play, parts)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(play, parts)
